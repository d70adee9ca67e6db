#!/bin/bash
# SPDX-License-Identifier: MIT
# Make a disk image from which GRUB's PVH image, as a guest's kernel, boots a
# hypervisor with Dom0's kernel and initramfs.
#
# usage: guest-disk.sh OUTPUT HYPERVISOR HV-ARGS KERNEL KERNEL-ARGS INITRD
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ $# -eq 6 ] || die "wrong number of arguments"
output=$1 hypervisor=$2 hv_args=$3 kernel=$4 kernel_args=$5 initrd=$6

work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work" "$work.image"' EXIT
mkdir -p "$work/boot/grub"
cp -L "$hypervisor" "$work/boot/hypervisor.gz"
cp -L "$kernel" "$work/boot/vmlinux"
cp "$initrd" "$work/boot/initrd"
cat >"$work/boot/grub/grub.cfg" <<END
echo "GRUB: loading a hypervisor, its Dom0 kernel and initramfs"
if multiboot2 /boot/hypervisor.gz $hv_args; then
    module2 /boot/vmlinux $kernel_args
    module2 --nounzip /boot/initrd
    boot
fi
echo "GRUB: nothing was booted"
halt
END
mib=$(($(du -sm --apparent-size "$work" | cut -f1) * 11 / 10 + 4))
truncate -s "${mib}M" "$work.image"
/sbin/mke2fs -q -t ext2 -b 4096 -O ^resize_inode -d "$work" "$work.image"
mv "$work.image" "$output"
