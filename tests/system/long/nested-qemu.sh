#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's QEMU with KVM in an L1: firmware, a boot loader and Linux start in an
# L2 from a disk image, with QEMU's PC around them.
. "$(dirname "$0")/../lib.sh"

type -p qemu-system-x86_64 grub-mkrescue >/dev/null ||
    skip 'QEMU and GRUB are needed'
kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
files=$WORK/files
rm -rf "$files"
mkdir -p "$files"/{bin,share,proc,dev,tmp}
ln -s "$kernel/vmlinux" "$guests/vmlinux"

# The L2: a disk that the firmware starts GRUB from, and GRUB the kernel.
linux_initramfs l2.initramfs "$kernel" \
    drivers/virtio/virtio{_ring,,_pci_modern_dev,_pci_legacy_dev,_pci} \
    drivers/block/virtio_blk <<'END'
until [ -b /dev/vda ]; do usleep 100000; done
echo "L2: disk $(head -c 1048576 /dev/vda | md5sum | cut -c1-16)," \
    "cpus $(nproc), MSI of the disk $(grep -c virtio0-req /proc/interrupts)," \
    "firmware $(cat /sys/class/dmi/id/bios_vendor)"
poweroff -f
END
mv "$guests/l2.initramfs" "$WORK/"
quick="loglevel=4 nokaslr mitigations=off cryptomgr.notests"
cat >"$WORK/grub.cfg" <<END
serial --unit=0 --speed=115200
terminal_output serial
set timeout=0
echo "GRUB: from the disk image"
linux /boot/vmlinuz console=ttyS0 $quick
initrd /boot/initramfs
boot
END
grub-mkrescue -d /usr/lib/grub/i386-pc -o "$files/disk.img" \
    --install-modules="normal iso9660 biosdisk serial terminal echo linux
        configfile search test" --fonts= --locales= --themes= \
    "boot/grub/grub.cfg=$WORK/grub.cfg" "boot/vmlinuz=$kernel/vmlinuz" \
    "boot/initramfs=$WORK/l2.initramfs" >"$WORK/mkrescue.log" 2>&1 ||
    { cat "$WORK/mkrescue.log" && exit 1; }
sum=$(head -c 1048576 "$files/disk.img" | md5sum | cut -c1-16)

# What the L1 mounts: QEMU, its libraries and firmware, and that disk.
cp /usr/bin/qemu-system-x86_64 "$files/bin/"
copy_with_libraries "$files" /usr/bin/qemu-system-x86_64
for file in bios-256k.bin kvmvapic.bin linuxboot_dma.bin; do
    cp -L "$(find /usr/share/qemu /usr/share/seabios -name $file | head -n 1)" \
        "$files/share/"
done
mib=$(($(du -sm --apparent-size "$files" | cut -f1) * 11 / 10 + 4))
rm -f "$WORK/disk"
truncate -s "${mib}M" "$WORK/disk"
/sbin/mke2fs -q -t ext2 -b 4096 -O ^resize_inode -d "$files" "$WORK/disk"

linux_initramfs initramfs "$kernel" drivers/block/xen-blkfront lib/crc16 \
    crypto/crc32c_generic fs/mbcache fs/jbd2/jbd2 fs/ext4/ext4 \
    virt/lib/irqbypass arch/x86/kvm/kvm{,-intel} <<'END'
until [ -b /dev/xvda ]; do usleep 100000; done
mkdir /mnt
mount -o ro /dev/xvda /mnt
mount -t proc proc /mnt/proc
mount -t devtmpfs dev /mnt/dev
mount -t tmpfs tmp /mnt/tmp
echo "L1: QEMU starts"
chroot /mnt /bin/qemu-system-x86_64 -L /share -accel kvm -cpu host \
    -smp 1 -m 192 -nodefaults -display none -serial stdio -no-reboot \
    -drive file=/disk.img,format=raw,if=none,id=disk,readonly=on \
    -device virtio-blk-pci,drive=disk </dev/null
echo "L1: QEMU ended with status $?"
poweroff -f
END
cat >"$guests/l1.cfg" <<END
type = "pvh"
name = "l1"
kernel = "/guests/vmlinux"
ramdisk = "/guests/initramfs"
cmdline = "console=hvc0 tsc=reliable $quick"
memory = 512
vcpus = 2
nestedhvm = 1
disk = [ "phy:/dev/sda,xvda,r" ]
END

boot --guests "$guests" --disk "$WORK/disk" --cpu-limit 600 --cmd '
    modprobe xen-blkback
    xl create -c /guests/l1.cfg </dev/null' | tr -d '\r' | tee "$WORK/output"

grep -q "GRUB: from the disk image" "$WORK/output"
grep -qE "^L2: disk $sum, cpus 1, MSI of the disk [1-9], firmware SeaBIOS" \
    "$WORK/output"
grep -q "^L1: QEMU ended with status 0" "$WORK/output"
