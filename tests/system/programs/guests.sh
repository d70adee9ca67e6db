# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Runs in Dom0: what the tests that start guests share.

# In MiB, as both hypervisors say it.
free() { xl info | sed -n 's/^free_memory *: *//p'; }
# How many there are, Dom0 included.
domains() { xl list | tail -n +2 | wc -l; }
gone() { ! xl domid "$1"; }
# Wait for a command to succeed, 90 seconds of machine time at the most, and
# look again after so many microseconds.
pause=100000
wait_for()
{
    tries=$((90000000 / pause))
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || { echo "waited in vain: $*" && return 1; }
        usleep $pause
    done
}
# Show what the guest says whose console is file descriptor 3, until it says
# that.
hear()
{
    while read -r line; do
        echo "$line"
        case $line in *"$1"*) return ;; esac
    done <&3
    echo "it never said: $1"
}
