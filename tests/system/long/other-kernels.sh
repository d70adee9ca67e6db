#!/bin/bash
# SPDX-License-Identifier: MIT
# Kernels besides Debian 12's stock one, each as Debian ships it: Debian 13's
# as Dom0 and as a guest, the cloud kernel as a guest, and GRUB as a guest's
# "kernel", booting the one that is on the guest's disk.
. "$(dirname "$0")/../lib.sh"

newest=$("$NIDUS_TOP/scripts/kernel.sh" image-trixie)
cloud=$("$NIDUS_TOP/scripts/kernel.sh" image-cloud)
grub=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-grub)
new_guests
cp "$grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$guests/grub"

# guest NAME KERNEL: an initramfs with the kernel's own front-ends.
guest()
{
    linux_initramfs "$1.initramfs" "$2" drivers/block/xen-blkfront \
        drivers/net/xen-netfront <<'END'
until [ -b /dev/xvda ]; do usleep 100000; done
echo "$(sed 's/.*job=\([^ ]*\).*/\1/' /proc/cmdline): $(uname -r)," \
    "disk $(head -c 1048576 /dev/xvda | md5sum | cut -c1-16)," \
    "cpus $(nproc), clock $(cat /sys/devices/system/clocksource/*/current_clocksource)"
poweroff -f
END
}
guest newest "$newest"
guest cloud "$cloud"
ln -s "$newest/vmlinux" "$guests/newest"
ln -s "$cloud/vmlinux" "$guests/cloud"

# The disk that GRUB finds its configuration and the cloud kernel on.
mkdir -p "$WORK/root/disk/boot/grub"
cp "$cloud/vmlinuz" "$guests/cloud.initramfs" "$WORK/root/disk/boot/"
args="console=hvc0 loglevel=4 nokaslr mitigations=off cryptomgr.notests"
cat >"$WORK/root/disk/boot/grub/grub.cfg" <<END
linux /boot/vmlinuz $args job=grub
initrd /boot/cloud.initramfs
boot
END
truncate -s 32M "$guests/disk"
/sbin/mke2fs -q -t ext2 -O ^resize_inode -d "$WORK/root/disk" "$guests/disk"
sum=$(head -c 1048576 "$guests/disk" | md5sum | cut -c1-16)

for name in newest cloud grub; do
    cat >"$guests/$name.cfg" <<END
type = "pvh"
name = "$name"
kernel = "/guests/$name"
memory = 192
vcpus = 1
disk = [ "/guests/disk,raw,xvda,r" ]
END
    [ $name = grub ] || cat >>"$guests/$name.cfg" <<END
ramdisk = "/guests/$name.initramfs"
cmdline = "$args job=$name"
END
done

boot --guests "$guests" --cpu-limit 400 --kernel "$newest" --cmd '
    . /guests/guests.sh
    echo "dom0: $(uname -r)"
    modprobe loop
    modprobe xen-blkback
    for name in newest cloud grub; do
        xl create -c /guests/$name.cfg </dev/null
        wait_for gone $name
    done
    dmesg | grep -E "WARNING|BUG" || echo "dom0 has nothing to complain of"' |
    tee "$WORK/output"

check dom0 'dom0: 6\.1[2-9].*'
check complaints 'dom0 has nothing to complain of'
check newest "newest: 6\.1[2-9].*, disk $sum, cpus 1, clock (xen|tsc)"
check cloud "cloud: .*-cloud-amd64, disk $sum, cpus 1, clock (xen|tsc)"
check grub "grub: .*-cloud-amd64, disk $sum, cpus 1, clock (xen|tsc)"
exit $bad
