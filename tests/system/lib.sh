# SPDX-License-Identifier: MIT
# What the system tests share. Each sources this file first.
# shellcheck shell=bash
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

# Which hypervisor and tools are tested; the peer's prove the tests themselves.
HV=${HV:-nidus}
TOOLS=${TOOLS:-ours}
WORK=$BUILD/check/$(basename "$0" .sh)
mkdir -p "$WORK"
export HV TOOLS

skip()
{
    echo "$*"
    exit 77
}

# Boot what is tested; options as scripts/boot has them.
boot()
{
    "$NIDUS_TOP/scripts/boot" --hv "$HV" --tools "$TOOLS" --dir "$WORK" "$@"
}

# Build tests/system/programs/$1.c, for any Linux of the machine, at $2.
build_program()
{
    "${CC:-cc}" -std=gnu11 -O2 -Wall -Wextra -Werror -static -s -o "$2" \
        "$NIDUS_TOP/tests/system/programs/$1.c"
}

# Note a result of a script that runs many tests.
result()
{
    echo "$*"
    [ -z "${RESULTS:-}" ] || echo "$*" >>"$RESULTS"
}

# check NAME LINE: a line of what Dom0 printed must match all of LINE, or $bad
# is 1 at the end.
bad=0
check()
{
    if grep -qE "^$2"$'\r?$' "$WORK/output"; then
        result PASS "$(basename "$0" .sh)/$1"
    else
        result FAIL "$(basename "$0" .sh)/$1: expected: $2"
        bad=1
    fi
}

# Start over with $guests, which is /guests in Dom0, and what steps there share.
new_guests()
{
    guests=$WORK/guests
    rm -rf "$guests" "$WORK/root"
    mkdir -p "$guests"
    cp "$NIDUS_TOP/tests/system/programs/guests.sh" "$guests/"
}

# linux_initramfs NAME KERNEL [MODULE...]: put an initramfs at $guests/NAME, with
# busybox ($busybox, if that is set) and modules of the kernel unpacked in KERNEL
# ("drivers/net/..."), where standard input goes on as /init.
linux_initramfs()
{
    local name=$1 kernel=$2 root=$WORK/root/$1 module
    shift 2
    mkdir -p "$root"
    add_busybox "$root" "${busybox:-}"
    for module; do
        cp "$kernel"/lib/modules/*/kernel/"$module.ko" "$root/"
    done
    {
        echo '#!/bin/sh'
        echo 'mount -t proc proc /proc'
        echo 'mount -t sysfs sys /sys'
        echo 'mount -t devtmpfs dev /dev'
        for module; do
            echo "insmod /${module##*/}.ko"
        done
        cat
    } >"$root/init"
    # The kernel runs it when XenStore asks; there is no init to be told.
    rm "$root/sbin/poweroff"
    printf '#!/bin/sh\nexec /bin/busybox poweroff -f\n' >"$root/sbin/poweroff"
    chmod +x "$root/init" "$root/sbin/poweroff"
    pack_initramfs "$root" "$guests/$name"
}

# linux_guest NAME VCPUS: NAME.cfg, for $guests/vmlinux and $guests/initramfs.
linux_guest()
{
    cat >"$guests/$1.cfg" <<END
type = "pvh"
name = "$1"
kernel = "/guests/vmlinux"
ramdisk = "/guests/initramfs"
memory = 128
vcpus = $2
cmdline = "console=hvc0 loglevel=4 nokaslr mitigations=off cryptomgr.notests clearcpuid=smap"
END
}

# A disk of 16 MiB at $disk, of which Dom0 reads the first half, whose sum is
# $first, and writes it to the second; disk_is_copied says whether it did.
disk_to_copy()
{
    disk=$WORK/disk
    # Every sector differs, so that a wrong or stale page shows.
    dd if=/dev/urandom of="$disk" bs=1M count=16 status=none
    first=$(head -c 8M "$disk" | sha256sum | cut -d' ' -f1)
}

disk_is_copied()
{
    [ "$(tail -c 8M "$disk" | sha256sum | cut -d' ' -f1)" = "$first" ] || {
        echo "what Dom0 wrote is not what is on the disk"
        return 1
    }
}

# The text must be in what the machine printed.
expect()
{
    if ! grep -qE -- "$1" "$WORK/serial"; then
        echo "not printed by the machine: $1"
        return 1
    fi
}

# Note the results "PASS NAME" and "FAIL NAME: WHY" in $WORK/output, for the
# script of this name; fails if one has, or if "end of tests" is not there.
note_results()
{
    local status=0 verdict test why

    while read -r verdict test why; do
        result "$verdict $1/$test $why"
        [ "$verdict" = PASS ] || status=1
    done < <(tr -d '\r' <"$WORK/output" | grep -aE '^(PASS|FAIL) ')
    grep -aq '^end of tests' "$WORK/output" && return $status
}

# Run programs/NAME.sh in Dom0, and note the results it prints. What else it
# wants below /guests is in $WORK/guests; a domain that starts and ends at once
# is there as /guests/p1.cfg, one that lives as /guests/suspend/default.cfg.
programs_test()
{
    local name=$1 guests=$WORK/guests status=0

    make --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
    mkdir -p "$guests"
    cp -r "$BUILD/tests/guest/"{triple-fault,suspend} "$guests/"
    cp "$NIDUS_TOP/tests/system/programs/"{lib,guests,suspend,"$name"}.sh "$guests/"
    cat >"$guests/p1.cfg" <<'END'
type = "pvh"
name = "p1"
uuid = "11111111-2222-3333-4444-666666666666"
kernel = "/guests/triple-fault/kernel.elf"
memory = 32
vcpus = 2
END
    boot --guests "$guests" --cpu-limit 300 \
        --cmd "sh /guests/$name.sh; echo 'end of tests'" |
        tee "$WORK/output" || status=$?
    note_results "$name" && return $status
}

# Xen's own checker of images reads one of SIZE bytes that starts AT (MiB) on
# the disk that Dom0 put it on: DISK AT SIZE, for the result NAME.
verify_image()
{
    local disk=$1 at=$2 size=$3 name=$4 debs image=$WORK/image

    debs=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-xen)/usr/lib/xen-4.17
    tail -c +$((at * 1048576 + 1)) "$disk" | head -c "$size" >"$image" || true
    if PYTHONPATH=$debs/lib/python python3 "$debs/bin/verify-stream-v2" \
        -f xl -v -i "$image" >"$image.log" 2>&1; then
        result PASS "$name"
        rm -f "$image"
    else
        result FAIL "$name: $(tail -n 1 "$image.log")"
        return 1
    fi
}

# An L1 with KVM that starts two Linux guests at once, for each set of options
# of kvm_intel in $1: "OPTION=VALUE,...:...", "," for none. All three run the
# kernel that scripts/kernel.sh has for the package in $2, or the usual one.
kvm_options_test()
{
    local guests=$WORK/guests sets options n status=0 kernel

    IFS=: read -r -a sets <<<"$1"
    kernel=$("$NIDUS_TOP/scripts/kernel.sh" ${2:+"$2"})
    make --no-print-directory -C "$NIDUS_TOP/examples" >&2
    mkdir -p "$guests"
    ln -sf "$kernel/vmlinux" "$guests/vmlinux"
    "$NIDUS_TOP/examples/nested-demo/mkinitramfs" "$kernel" "$guests/initramfs"
    sed -e 's/^vcpus.*/vcpus = 2/' -e 's/^memory.*/memory = 704/' \
        -e "s/^cmdline = \"/&l2s=2 kvm_intel=$1 /" \
        "$NIDUS_TOP/examples/nested-demo/nested.cfg" >"$guests/nested.cfg"
    boot --guests "$guests" --cpu-limit "$((200 + 200 * ${#sets[@]}))" \
        --cmd 'xl create -c /guests/nested.cfg </dev/null' |
        tr -d '\r' | tee "$WORK/output"

    # The lines of each set follow its "kvm_intel is loaded".
    n=0
    for options in "${sets[@]}"; do
        n=$((n + 1))
        awk -v want=$n '/^L1: kvm_intel is loaded/ { n++ } n == want' \
            "$WORK/output" >"$WORK/part"
        if [ "$(grep -c '^L2: .* is up, uptime' "$WORK/part")" = 2 ] &&
            [ "$(grep -c '^L1: my guest ended with status 0' \
                "$WORK/part")" = 2 ]; then
            result PASS "kvm-options/${options/#,/default}"
        else
            result FAIL "kvm-options/${options/#,/default}"
            status=1
        fi
    done
    return $status
}

# make_hogs DIR KIND: guests that only burn time, of weight 256 and 512, and
# what Dom0 needs to say how much of it they had: light.cfg, heavy.cfg, hogs.sh.
# KIND: hog, or deaf-hog for light to have interrupts off.
make_hogs()
{
    make -s --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
    rm -rf "$1"
    mkdir -p "$1"
    cp "$BUILD/tests/guest/sched/kernel.elf" "$1/"
    for name in light heavy; do
        cat >"$1/$name.cfg" <<END
type = "pvh"
name = "$name"
kernel = "/guests/kernel.elf"
cmdline = "$([ $name = light ] && echo "$2" || echo hog)"
memory = 32
END
    done
    echo 'cpu_weight = 512' >>"$1/heavy.cfg"
    cat >"$1/hogs.sh" <<'END'
# Time that a domain has had, in tenths of a second.
had() { xl list "$1" | awk 'NR == 2 { print int($6 * 10 + 0.5) }'; }
# measure SECONDS LABEL: what both had meanwhile.
measure()
{
    light=$(had light) heavy=$(had heavy)
    sleep "$1"
    echo "$2: light $(($(had light) - light)) heavy $(($(had heavy) - heavy))"
}
# The exit status of a command that is to fail.
says() { "$@" >/tmp/out 2>&1; echo "$1 $2: $?"; }
END
}
