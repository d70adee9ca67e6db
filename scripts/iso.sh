#!/bin/bash
# SPDX-License-Identifier: MIT
# Make a bootable ISO image: GRUB, the hypervisor, Dom0's kernel and initramfs.
#
# usage: iso.sh OUTPUT nidus|xen HYPERVISOR HV-ARGS KERNEL KERNEL-ARGS INITRD \
#            bios|uefi
set -euo pipefail
. "$(dirname "$0")/lib.sh"

[ $# -eq 8 ] || die "wrong number of arguments"
output=$1 hv=$2 hypervisor=$3 hv_args=$4 kernel=$5 kernel_args=$6 initrd=$7

# GRUB 2.06 in this emulator loads Debian's Xen only by the older protocol.
case $hv in
    nidus) load=multiboot2 module=module2 ;;
    xen) load=multiboot module=module ;;
    *) die "hypervisor is 'nidus' or 'xen', not '$hv'" ;;
esac

case $8 in
    bios) platform=i386-pc disk=biosdisk ;;
    uefi) platform=x86_64-efi disk= ;;
    *) die "firmware is 'bios' or 'uefi', not '$8'" ;;
esac
[ -d /usr/lib/grub/$platform ] || die "GRUB for $platform is not installed"

work=$(mktemp -d "$output.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/grub.cfg" <<END
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
echo "GRUB: loading $hv, its Dom0 kernel and initramfs"
if $load /boot/hypervisor.gz $hv_args; then
    $module /boot/vmlinux $kernel_args
    $module --nounzip /boot/initrd
    boot
fi
echo "GRUB: nothing was booted"
halt
END
# Only what the configuration above uses: the medium is read at each boot.
if ! grub-mkrescue -d /usr/lib/grub/$platform -o "$work/iso" \
    --install-modules="normal iso9660 $disk serial terminal echo gzio
        $load configfile search test halt" \
    --fonts= --locales= --themes= \
    "boot/grub/grub.cfg=$work/grub.cfg" \
    "boot/hypervisor.gz=$hypervisor" \
    "boot/vmlinux=$kernel" "boot/initrd=$initrd" >"$work/log" 2>&1; then
    cat "$work/log" >&2
    die "grub-mkrescue failed"
fi
mv "$work/iso" "$output"
