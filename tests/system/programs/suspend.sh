# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs in Dom0: what the tests of saving and migrating share. The guest is
# tests/guest/suspend, called "suspend"; its consoles go to /tmp/console.

. /guests/guests.sh

seen=0
: >/tmp/console
: >/tmp/log # what the last command said

# The console of whatever is called "suspend" now.
watch_console()
{
    xl console suspend </dev/null >>/tmp/console 2>&1 &
}
# A new one by XL CONFIG, up to where it can be suspended.
start_guest()
{
    seen=0
    : >/tmp/console
    $1 create -q "$2" || return
    watch_console
    wait_for grep -q 'ready 1' /tmp/console || { cat /tmp/console && false; }
}
# How often the guest has come back, and been ready for more.
rounds() { grep -a -c "suspend: $1" /tmp/console; }
again_ready() { [ "$(rounds ready)" -gt "$seen" ]; }
more() { [ "$(rounds round)" -gt "$seen" ] && [ "$(rounds ready)" -gt $((seen + 1)) ]; }
# The result of the last step: NAME, and how the guest is to have come back.
went()
{
    if wait_for more && grep -a 'suspend: round' /tmp/console | tail -n 1 |
        grep -q " $2"; then
        echo "PASS $1"
    else
        echo "FAIL $1: $(grep -a round /tmp/console | tail -n 1)"
        tail -n 3 /tmp/log
    fi
    seen=$(rounds round)
}
# FROM TO NAME: the sender's transport is the receiver itself.
migrate()
{
    id=$(xl domid suspend)
    $1 migrate -s '' suspend "$2 migrate-receive" >/tmp/log 2>&1
    [ "$(domains)" -eq 2 ] && [ "$(xl domid suspend)" != "$id" ] ||
        echo "FAIL $3-one-left"
    watch_console
    went "$3" resumed
}
# NAME COMMAND...: must fail, say something of one line or a few, and leave
# no domain.
refused()
{
    name=$1 && shift
    count=$(domains)
    if "$@" >/tmp/log 2>&1; then
        echo "FAIL $name: it was accepted"
    elif [ "$(domains)" -ne "$count" ]; then
        echo "FAIL $name: domains $count before, $(domains) after"
    elif [ ! -s /tmp/log ]; then
        echo "FAIL $name: no reason is given"
    else
        echo "PASS $name ($(grep -v '^Loading' /tmp/log | head -n 1))"
    fi
}
# NAME: the guest ends, and has found nothing wrong.
ends_content()
{
    xl shutdown -w suspend >/tmp/log 2>&1
    wait_for grep -a 'Test result' /tmp/console
    if grep -a -q 'Test result: SUCCESS' /tmp/console; then
        echo "PASS $1"
    else
        echo "FAIL $1"
        grep -a -E 'Fail|Error|away|result' /tmp/console
    fi
    for d in $(xl list | awk 'NR > 2 { print $2 }'); do xl destroy "$d"; done
}
# MIB: that much memory is free again, and nothing of a domain is left.
nothing_left()
{
    before=$1
    same() { [ "$(free)" = "$before" ]; }
    if wait_for same; then
        echo "PASS memory-back"
    else
        echo "FAIL memory-back: before $before after $(free)"
    fi
    xenstore-ls -f | sed 's/ =.*//' |
        grep -E '/local/domain/[1-9]|/libxl/|/vm/|/backend' >/tmp/nodes
    if [ -s /tmp/nodes ]; then
        echo "FAIL nodes-gone: $(head -n 3 /tmp/nodes | xargs)"
    else
        echo "PASS nodes-gone"
    fi
}
