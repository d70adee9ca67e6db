#!/bin/bash
# SPDX-License-Identifier: MIT
# 200 domains made and destroyed: idle ones, with disk requests under way, while
# they are saved, while they call the hypervisor with whatever comes to mind,
# and half made. Free memory is what it was after each kind, to the KiB, and
# the hypervisor's books are clean. CYCLES=N: ten times N (default 20); KINDS: only
# these of idle, busy, saved, fuzzing, half_made.
. "$(dirname "$0")/../lib.sh"

make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
kinds=${KINDS:-idle busy saved fuzzing half_made}
new_guests
for case in busy-disk suspend hypercall-fuzz; do
    cp -r "$BUILD/tests/guest/$case" "$guests/"
done

cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
pause=25000
# Real Xen does not say it by KiB.
free()
{
    kib=$(xl debug-keys m && xl dmesg | sed -n 's/.*, free \([0-9]*\) KiB.*/\1/p' | tail -n 1)
    [ -n "$kib" ] || kib=$(xl info | sed -n 's/^free_memory *: *//p')
    echo "$kib"
}
alone() { [ "$(domains)" -eq 1 ]; }
same() { now=$(free); [ "$now" = "$before" ]; }
longer() { [ "$(stat -c %s "$1")" -gt "$2" ]; }
said() { grep -q "$1" /tmp/console; }
destroy() { xl destroy "$1" || echo "FAIL $1: xl destroy: $?"; }
# Start a domain, with its console in a file; until it has said something.
start()
{
    name=$1 words=$2
    shift 2
    : >/tmp/console
    xl create -q -c "$@" "name='$name'" </dev/null >/tmp/console 2>&1 &
    wait_for said "$words" || { echo "FAIL $name: did not say '$words':"; cat /tmp/console; }
}
# Whoever showed the console or saved the domain ends with it.
wait_all()
{
    wait
    ! grep -qE 'FAILURE|ERROR' /tmp/console || { echo "FAIL $name:"; cat /tmp/console; }
}

idle()
{
    xl create -q -p /guests/suspend/default.cfg 'name="idle"' || echo "FAIL idle: xl create"
    [ $(($1 % 2)) -eq 0 ] || xl unpause idle
    destroy idle
}
busy()
{
    start busy "busy: $(($1 % 3 + 1))" /guests/busy-disk/default.cfg
    usleep $(($1 * 1300))
    destroy busy
    wait_all
}
saved()
{
    start saved 'ready 1' /guests/suspend/default.cfg
    : >/tmp/image
    xl save saved /tmp/image >/tmp/save 2>&1 &
    # The image is of 17 MB, the last of which is the rest of the hardware.
    wait_for longer /tmp/image $(($1 * 850000))
    destroy saved
    wait_all
    rm -f /tmp/image
}
fuzzing()
{
    start fuzzing 'rounds on' /guests/hypercall-fuzz/racing.cfg \
        "cmdline='seed=$1 rounds=100000000'"
    usleep $(($1 % 10 * 3100))
    destroy fuzzing
    wait_all
}
half_made()
{
    xl create -q -p /guests/suspend/default.cfg 'name="half"' >/dev/null 2>&1 &
    usleep $((100000 + $1 * 30000))
    kill -KILL $! 2>/dev/null
    wait
    ! xl domid half >/dev/null 2>&1 || destroy half
    # It may have no name yet.
    for id in $(xl list | awk 'NR > 2 { print $2 }'); do
        xl destroy "$id" 2>/dev/null
    done
}

# So many times; is everything back?
cycles()
{
    kind=$1 n=$2
    i=0
    while [ $i -lt "$n" ]; do
        $kind $i
        i=$((i + 1))
    done
    wait_for alone || { echo "FAIL $kind: still there:"; xl list; }
    wait_for same
    xl debug-keys O
    verdict=$(xl dmesg | sed -n 's/.*audit: //p' | tail -n 1)
    echo "done $kind $n times: free $before then $now, audit ${verdict:-none}"
}

modprobe xen-blkback
modprobe loop
dd if=/dev/zero of=/tmp/busy bs=1M count=2 2>/dev/null
before=0
for kind in $2; do
    $kind 1
done
wait_for alone
before=$(free)
for kind in $2; do
    case $kind in
        idle) cycles idle $(($1 * 5)) ;;
        busy) cycles busy $(($1 * 2)) ;;
        *) cycles $kind "$1" ;;
    esac
done
echo "loops $(losetup -a | wc -l) xl $(pidof xl | wc -w)"
echo "complaints $(dmesg | grep -cE 'BUG:|Oops|soft lockup|rcu.*stall|Call Trace')"
END

boot --guests "$guests" --cpu-limit 1200 \
    --cmd "sh /guests/steps.sh ${CYCLES:-20} '$kinds'" |
    tee "$WORK/output"
for kind in $kinds; do
    if grep -qE "^done $kind .*: free ([0-9]+) then \1, audit (clean|none)" \
        "$WORK/output" && ! grep -q "^FAIL $kind" "$WORK/output"; then
        result PASS "create-destroy/$kind"
    else
        result FAIL "create-destroy/$kind: $(grep -E " $kind" "$WORK/output")"
        bad=1
    fi
done
check processes-gone 'loops 0 xl 0'
check complaints 'complaints 0'
exit $bad
