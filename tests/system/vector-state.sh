#!/bin/bash
# SPDX-License-Identifier: MIT
# Vector registers stay what they are while processes and vCPUs take turns.
. "$(dirname "$0")/lib.sh"

guests=$WORK/guests
rm -rf "$guests" "$WORK/root"
mkdir -p "$guests" "$WORK/root/dev"
ln -s "$("$NIDUS_TOP/scripts/kernel.sh")/vmlinux" "$guests/vmlinux"
build_program vector-state "$guests/vector-state"
cp "$guests/vector-state" "$WORK/root/init"
mknod "$WORK/root/dev/console" c 5 1
pack_initramfs "$WORK/root" "$guests/initramfs"
cat >"$guests/vectors.cfg" <<'END'
name = "vectors"
type = "pvh"
kernel = "/guests/vmlinux"
ramdisk = "/guests/initramfs"
cmdline = "console=hvc0 loglevel=2 cryptomgr.notests rodata=off"
memory = 160
END

# Dom0's processes run before, during and after the life of the guest, whose
# only program is the same one.
boot --guests "$guests" --cmd '
    /guests/vector-state 40
    (until [ -e /run/over ]; do
        /guests/vector-state 20 >>/run/dom0.log || exit
    done) &
    xl create -c /guests/vectors.cfg </dev/console
    touch /run/over
    wait
    sort /run/dom0.log | uniq -c' | tee "$WORK/output"

text='vector-state: [-A-Z0-9]+, [0-9]+ rounds:'
! grep -E "$text LOST" "$WORK/output"
# At the start, in the guest, and beside it.
[ "$(grep -cE "$text kept" "$WORK/output")" -eq 3 ]
