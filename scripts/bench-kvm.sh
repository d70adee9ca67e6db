#!/bin/bash
# SPDX-License-Identifier: MIT
# Pack the initramfs of the Linux that `make bench` measures KVM in.
#
# usage: bench-kvm.sh KERNEL-DIRECTORY OUTPUT [L1-INITRAMFS]
#   KERNEL-DIRECTORY is what scripts/kernel.sh prints. With an initramfs for a
#   Linux in a guest, that guest's kernel goes along.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

kernel=$1 output=$2 inner=${3:-}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/bin "$root"/dev "$root"/lib "$root"/proc
cp /bin/busybox "$root/bin/"
for applet in cat echo insmod mount poweroff reboot sed sh; do
    ln -s busybox "$root/bin/$applet"
done
cp "$NIDUS_TOP/scripts/bench-kvm-init" "$root/init"
cp "$BUILD/examples/kvm-vmm" "$root/bin/"
cp "$BUILD/tests/guest/bench/kernel.elf" "$root/bench.elf"
for module in virt/lib/irqbypass arch/x86/kvm/kvm arch/x86/kvm/kvm-intel; do
    cp "$kernel"/lib/modules/*/kernel/$module.ko "$root/lib/"
done
if [ -n "$inner" ]; then
    cp "$kernel/vmlinux" "$root/vmlinux"
    cp "$inner" "$root/initramfs"
fi
pack_initramfs "$root" "$output"
