#!/bin/bash
# SPDX-License-Identifier: MIT
# Debian's 32-bit kernel as a guest: processors, disk, network, balloon, pausing,
# saving and shutting down, with 2-level event channels. GRUB starts it: by its
# PVH entry point it ends at once, on Xen too (it uses FS, which nobody set).
. "$(dirname "$0")/../lib.sh"

kernel=$("$NIDUS_TOP/scripts/kernel.sh" image-i386)
busybox=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-i386)/bin/busybox
grub=$("$NIDUS_TOP/scripts/unpack-debs.sh" image-grub)
new_guests
cp "$grub/usr/lib/grub-xen/grub-i386-xen_pvh.bin" "$guests/grub"
dd if=/dev/urandom of="$guests/data" bs=1M count=1 status=none
sum=$(md5sum <"$guests/data" | cut -c1-16)

linux_initramfs initramfs "$kernel" drivers/block/xen-blkfront \
    drivers/net/xen-netfront <<'END'
say() { echo "guest: $*"; }
has() { until test "$@"; do usleep 100000; done; }
# What a guest does to show that its devices work.
devices()
{
    has -b /dev/xvdb
    echo 3 >/proc/sys/vm/drop_caches
    say "$1 disk $(md5sum </dev/xvdb | cut -c1-16)"
    has -d /sys/class/net/eth0
    ifconfig eth0 10.0.0.2 netmask 255.255.255.0 up
    say "$1 ping $(ping -c 2 -w 30 10.0.0.1 |
        sed -n 's/.*, \([0-9]\) packets received.*/\1/p')"
}
memory() { awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo; }

say "$(uname -m) $(uname -r), cpus $(nproc)," \
    "clock $(cat /sys/devices/system/clocksource/*/current_clocksource)," \
    "2-level $(dmesg | grep -c 'Using 2-level ABI')"
devices first
say "year $(date +%Y)"
before=$(memory)
say ready
until [ "$(memory)" -le $((before - 32)) ]; do usleep 100000; done
say "ballooned"
until dmesg | grep -q 'Restarting tasks'; do usleep 100000; done
devices second
say "restored, cpus $(nproc)"
exec sleep 100000
END

# What GRUB finds on the first disk. As to nopvspin: with 2-level channels Linux
# takes the events of its lock kickers, where it must not, once it was restored.
mkdir -p "$WORK/root/disk/boot/grub"
cp "$kernel/vmlinuz" "$guests/initramfs" "$WORK/root/disk/boot/"
cat >"$WORK/root/disk/boot/grub/grub.cfg" <<'END'
linux /boot/vmlinuz console=hvc0 loglevel=4 nokaslr mitigations=off cryptomgr.notests nopvspin xen.fifo_events=0
initrd /boot/initramfs
boot
END
truncate -s 16M "$guests/boot"
/sbin/mke2fs -q -t ext2 -O ^resize_inode -d "$WORK/root/disk" "$guests/boot"

cat >"$guests/guest.cfg" <<'END'
type = "pvh"
name = "guest"
kernel = "/guests/grub"
memory = 160
vcpus = 2
disk = [ "/guests/boot,raw,xvda,r", "/guests/data,raw,xvdb,r" ]
vif = [ "bridge=xenbr0" ]
END

cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
# did WHAT COMMAND: say so, or what went wrong.
did()
{
    what=$1 && shift
    "$@" >/tmp/log 2>&1 && echo "$what" || cat /tmp/log
}
watch()
{
    xl console guest </dev/null >/tmp/console 2>&1 &
    exec 3</tmp/console
}

for module in loop bridge xen-blkback xen-netback; do modprobe $module; done
ip link add name xenbr0 type bridge
ip addr add 10.0.0.1/24 dev xenbr0
ip link set xenbr0 up
mkfifo /tmp/console

echo "dom0: year $(date +%Y)"
xl create -q /guests/guest.cfg
watch
hear "guest: ready"
xl mem-set guest 128
hear "guest: ballooned"
xl pause guest && echo "paused $(xl list guest | awk 'NR == 2 { print $5 }')"
xl unpause guest
did saved xl save guest /tmp/image
exec 3<&-
did restored xl restore -p /tmp/image
rm /tmp/image
watch
xl unpause guest
hear "guest: restored"
did "shut down" xl shutdown -w guest
echo "end of steps"
END

boot --guests "$guests" --cpu-limit 200 --cmd 'sh /guests/steps.sh' |
    tee "$WORK/output"

check boots "guest: i686 .*-686-pae, cpus 2, clock (xen|tsc), 2-level 1"
check wall-clock "guest: year $(sed -n 's/^dom0: year //p' "$WORK/output" | tr -d '\r')"
check disk "guest: first disk $sum"
check network 'guest: first ping 2'
check balloon 'guest: ballooned'
check pause 'paused --p---'
check save saved
check restore restored
check restored-disk "guest: second disk $sum"
check restored-network 'guest: second ping 2'
check restored-cpus 'guest: restored, cpus 2'
check shutdown 'shut down'
check ends 'end of steps'
exit $bad
