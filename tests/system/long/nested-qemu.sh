#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's QEMU with KVM in an L1: firmware, a boot loader and Linux start in an
# L2 from a disk image, with QEMU's PC around them.
. "$(dirname "$0")/../lib.sh"

type -p qemu-system-x86_64 grub-mkrescue >/dev/null ||
    skip 'QEMU and GRUB are needed'
kernel=$("$NIDUS_TOP/scripts/kernel.sh")
guests=$WORK/guests
rm -rf "$guests" "$WORK/l2" "$WORK/l1" "$WORK/files"
mkdir -p "$guests" "$WORK"/{l2,l1,files}
ln -s "$kernel/vmlinux" "$guests/vmlinux"

# copy_modules ROOT MODULE...: with what they need, in the order of loading,
# which is in ROOT/modules.
copy_modules()
{
    local root=$1 file module
    shift
    for module in "$@"; do
        modprobe -d "$kernel" -S "$(basename "$kernel"/lib/modules/*)" \
            --show-depends "$module" | awk '$1 == "insmod" { print $2 }'
    done | awk '!seen[$0]++' | while read -r file; do
        cp "$file" "$root/"
        echo "/${file##*/}"
    done >"$root/modules"
}

# The L2: a disk that the firmware starts GRUB from, and GRUB the kernel.
add_busybox "$WORK/l2"
copy_modules "$WORK/l2" virtio_pci virtio_blk
cat >"$WORK/l2/init" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod $module; done
until [ -b /dev/vda ]; do usleep 100000; done
echo "L2: disk $(head -c 1048576 /dev/vda | md5sum | cut -c1-16)," \
    "cpus $(nproc), MSI of the disk $(grep -c virtio0-req /proc/interrupts)," \
    "firmware $(cat /sys/class/dmi/id/bios_vendor)"
poweroff -f
END
chmod +x "$WORK/l2/init"
pack_initramfs "$WORK/l2" "$WORK/l2.initramfs"
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
grub-mkrescue -d /usr/lib/grub/i386-pc -o "$WORK/files/disk.img" \
    --install-modules="normal iso9660 biosdisk serial terminal echo linux
        configfile search test" --fonts= --locales= --themes= \
    "boot/grub/grub.cfg=$WORK/grub.cfg" "boot/vmlinuz=$kernel/vmlinuz" \
    "boot/initramfs=$WORK/l2.initramfs" >"$WORK/mkrescue.log" 2>&1 ||
    { cat "$WORK/mkrescue.log" && exit 1; }
sum=$(head -c 1048576 "$WORK/files/disk.img" | md5sum | cut -c1-16)

# What the L1 mounts: QEMU, its libraries and firmware, and that disk.
mkdir -p "$WORK/files"/{bin,share,proc,dev,tmp}
cp /usr/bin/qemu-system-x86_64 "$WORK/files/bin/"
copy_with_libraries "$WORK/files" /usr/bin/qemu-system-x86_64
for file in bios-256k.bin kvmvapic.bin linuxboot_dma.bin; do
    cp -L "$(find /usr/share/qemu /usr/share/seabios -name $file | head -n 1)" \
        "$WORK/files/share/"
done
mib=$(($(du -sm --apparent-size "$WORK/files" | cut -f1) * 11 / 10 + 4))
rm -f "$WORK/disk"
truncate -s "${mib}M" "$WORK/disk"
/sbin/mke2fs -q -t ext2 -b 4096 -O ^resize_inode -d "$WORK/files" "$WORK/disk"

add_busybox "$WORK/l1"
copy_modules "$WORK/l1" xen-blkfront ext4 kvm-intel
cat >"$WORK/l1/init" <<'END'
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod $module; done
until [ -b /dev/xvda ]; do usleep 100000; done
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
chmod +x "$WORK/l1/init"
mkdir -p "$WORK"/l1/mnt
pack_initramfs "$WORK/l1" "$guests/initramfs"
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
