#!/bin/sh
# SPDX-License-Identifier: MIT
# The main job, seen from Dom0: a nested guest that runs a guest of its own,
# and the same guest without nested virtualization.
#
# Every verdict below is read from what the guests or xl printed. Exit status:
# how many steps were not seen.

missing=0

title()
{
    printf '\n== %s\n' "$*"
}

# seen TEXT COMMAND...: say whether the command agrees that TEXT happened.
seen()
{
    text=$1
    shift
    if "$@" >/dev/null 2>&1; then
        echo "   ok: $text"
    else
        echo "   NOT SEEN: $text"
        missing=$((missing + 1))
    fi
}

free_memory()
{
    xl info | sed -n 's/^free_memory *: *//p'
}

is_gone()
{
    ! xl list | awk 'NR > 1 { print $1 }' | grep -qx "$1"
}

# The toolstack tears a domain down after its console has closed, and the
# hypervisor gives back memory a little at a time.
wait_gone()
{
    tries=300
    until is_gone "$1" || [ $tries -eq 0 ]; do
        tries=$((tries - 1))
        usleep 100000
    done
}

wait_free_memory()
{
    tries=100
    until [ "$(free_memory)" = "$1" ] || [ $tries -eq 0 ]; do
        tries=$((tries - 1))
        usleep 100000
    done
}

# Run the guest of a configuration with its console here, to its end.
run_guest()
{
    name=$1
    xl create -c "/guests/$name.cfg" </dev/console 2>&1 | tee "/run/$name.log"
    wait_gone "$name"
}

# One word for each line of the table, out of what guest $1 printed.
fact()
{
    log=/run/$1.log
    case $2 in
        vmx)
            n=$(sed -n 's/.*vmx is in .proc.cpuinfo for \([0-9]*\) of.*/\1/p' \
                "$log")
            case $n in
                '') echo unknown ;;
                0) echo absent ;;
                *) echo present ;;
            esac
            ;;
        kvm_intel)
            if grep -q 'L1: kvm_intel is loaded' "$log"; then
                echo loaded
            elif grep -q 'L1: kvm-intel refuses to load' "$log"; then
                echo refused
            else
                echo unknown
            fi
            ;;
        dev_kvm)
            if grep -q 'L1: /dev/kvm is there' "$log"; then
                echo there
            elif grep -q 'L1: /dev/kvm is missing' "$log"; then
                echo missing
            else
                echo unknown
            fi
            ;;
        l2)
            if grep -q '^L2: .* is up, uptime .* hypervisor leaf: KVMKVMKVM' \
                "$log"; then
                echo "Linux ran"
            else
                echo none
            fi
            ;;
    esac
}

is()
{
    [ "$(fact "$1" "$2")" = "$3" ]
}

title "xl info"
xl info || missing=$((missing + 1))
title "xl list"
xl list || missing=$((missing + 1))
before=$(free_memory)

title "xl create -c nested.cfg (nestedhvm = 1)"
run_guest nested
title "xl list, after the nested guest powered off"
xl list
wait_free_memory "$before"
after=$(free_memory)

title "xl create -c plain.cfg (the same guest without nestedhvm)"
run_guest plain
wait_free_memory "$before"
last=$(free_memory)

title "What the guests said"
row()
{
    printf '   %-24s %-12s %s\n' "$@"
}
row "" "nestedhvm=1" "without"
row "vmx in /proc/cpuinfo" "$(fact nested vmx)" "$(fact plain vmx)"
row "kvm_intel" "$(fact nested kvm_intel)" "$(fact plain kvm_intel)"
row "/dev/kvm" "$(fact nested dev_kvm)" "$(fact plain dev_kvm)"
row "guest inside (L2)" "$(fact nested l2)" "$(fact plain l2)"
row "free MiB, before $before" "$after" "$last"

title "Steps"
seen "xl info and xl list answer" test -n "$before"
seen "the nested guest has vmx" is nested vmx present
seen "KVM loads in it" is nested kvm_intel loaded
seen "/dev/kvm is in it" is nested dev_kvm there
seen "its own Linux guest ran, and named KVM below it" is nested l2 "Linux ran"
seen "it powered off and is gone" is_gone nested
seen "its memory came back" test "$after" = "$before"
seen "the plain guest has no vmx" is plain vmx absent
seen "KVM refuses to load in it" is plain kvm_intel refused
seen "it powered off and is gone" is_gone plain
seen "its memory came back" test "$last" = "$before"
exit $missing
