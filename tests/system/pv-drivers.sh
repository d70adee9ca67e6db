#!/bin/bash
# SPDX-License-Identifier: MIT
# Disks and network interfaces of guests, end to end: stock front-ends, stock
# back-ends in Dom0, a real (emulated) disk, image files, bridges, hotplug.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
ln -s "$kernel/vmlinux" "$guests/vmlinux"

# Every sector differs, so that a wrong or stale page shows. The first half of
# the disk is for the guest to read, the second to write.
disk=$WORK/disk
dd if=/dev/urandom of="$disk" bs=1M count=8 status=none
dd if=/dev/urandom of="$guests/image" bs=1M count=4 status=none
dd if=/dev/urandom of="$guests/late" bs=1M count=1 status=none
sum() { md5sum | cut -c1-16; }
disk_sum=$(head -c 4M "$disk" | sum)
image_sum=$(sum <"$guests/image")
late_sum=$(sum <"$guests/late")

linux_initramfs initramfs "$kernel" drivers/block/xen-blkfront \
    drivers/net/xen-netfront <<'END'
dmesg -n 4
ifconfig lo 127.0.0.1 up
say() { echo "$name: $*"; }
sum() { md5sum | cut -c1-16; }
has() { until test "$@"; do usleep 200000; done; }
up() { has -d /sys/class/net/$1; ifconfig $1 $2 netmask 255.255.255.0 up; }
# Echoes that came back, of three.
echoes() { ping -c 3 -w 30 "$@" | sed -n 's/.*, \([0-9]\) packets received.*/\1/p'; }
name=$(sed 's/.*job=//' /proc/cmdline)
case $name in
main)
    has -b /dev/xvda; has -b /dev/xvdb; has -b /dev/xvdc
    say "read disk $(dd if=/dev/xvda bs=1M count=4 2>/dev/null | sum)"
    say "read image $(sum </dev/xvdb)"
    say "read only $(cat /sys/block/xvdc/ro) $(sum </dev/xvdc)"
    dd if=/dev/xvdb of=/dev/xvda bs=1M seek=4 conv=fsync 2>/dev/null
    # Not only whole pages: single sectors, in reverse.
    i=8; while [ $i -gt 0 ]; do
        i=$((i - 1))
        dd if=/dev/xvdc of=/dev/xvdb bs=512 count=1 skip=$i seek=$((i * 9)) \
            conv=notrunc,fsync 2>/dev/null
    done
    up eth0 10.0.0.2; up eth1 10.0.1.2
    say "ping eth0 $(echoes 10.0.0.1)"
    say "ping eth1 $(echoes -s 1400 10.0.1.1)"
    say "got $(wget -q -O - http://10.0.0.1/late | sum)"
    dd if=/dev/xvdc of=/tmp/late bs=1M 2>/dev/null
    httpd -h /tmp
    say "serving"
    has -b /dev/xvdd
    say "attached disk $(sum </dev/xvdd)"
    until ! test -e /dev/xvdd; do usleep 200000; done
    say "detached disk"
    up eth2 10.0.1.3
    say "ping eth2 $(echoes -I eth2 10.0.1.1)"
    until ! test -d /sys/class/net/eth2; do usleep 200000; done
    say "detached vif"
    ;;
peer)
    up eth0 10.0.0.3
    say "ping main $(echoes -s 1000 10.0.0.2)"
    ;;
esac
poweroff -f
END

# What the kernel would do at its start besides.
quick="console=hvc0 loglevel=4 nokaslr mitigations=off cryptomgr.notests"
for name in main peer; do
    cat >"$guests/$name.cfg" <<END
type = "pvh"
name = "$name"
kernel = "/guests/vmlinux"
ramdisk = "/guests/initramfs"
cmdline = "$quick job=$name"
memory = 128
END
done
cat >>"$guests/main.cfg" <<'END'
vcpus = 2
disk = [ "phy:/dev/sda,xvda,w", "file:/guests/image,xvdb,w",
         "format=raw, vdev=xvdc, access=ro, target=/guests/late" ]
vif = [ "bridge=xenbr0,mac=00:16:3e:00:00:01", "bridge=xenbr1,vifname=second" ]
END
echo 'vif = [ "bridge=xenbr0" ]' >>"$guests/peer.cfg"

cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
pause=250000
sum() { md5sum | cut -c1-16; }
get() { xenstore-read "$1" 2>/dev/null || echo none; }

# All that devices read or write through a copy of the kernel's.
mount -t tracefs tracefs /sys/kernel/tracing
echo 1 >/sys/kernel/tracing/events/swiotlb/swiotlb_bounced/enable
modprobe loop
modprobe bridge
modprobe xen-blkback
modprobe xen-netback
echo 2 >/sys/module/xen_blkback/parameters/max_queues
echo 2 >/sys/module/xen_netback/parameters/max_queues
for n in 0 1; do
    ip link add name xenbr$n type bridge
    ip addr add 10.0.$n.1/24 dev xenbr$n
    ip link set xenbr$n up
done
httpd -h /guests
wait_for test -b /dev/sda

xl create -q /guests/main.cfg && echo "created main"
mkfifo /tmp/main
xl console main </dev/null >/tmp/main 2>&1 &
exec 3</tmp/main
hear "main: serving"
id=$(xl domid main)
front=/local/domain/$id/device back=/local/domain/0/backend
echo "persistent $(get $front/vbd/51712/feature-persistent)"
echo "indirect $(get $back/vbd/$id/51712/feature-max-indirect-segments)"
echo "disk queues $(get $front/vbd/51712/multi-queue-num-queues)"
echo "net queues $(get $front/vif/0/multi-queue-num-queues)"
stat=/sys/bus/xen-backend/devices/vbd-$id-51712/statistics
echo "sectors a request $(($(cat $stat/rd_sect) / $(cat $stat/rd_req)))"
echo "bridge $(ls /sys/class/net/xenbr0/brif) $(ls /sys/class/net/xenbr1/brif)"
echo "fetched $(wget -q -O - http://10.0.0.2/late | sum)"
echo "dom0 ping $(ping -c 3 -w 30 10.0.1.2 | sed -n 's/.*, \([0-9]\) packets rec.*/\1/p')"

xl create -q /guests/peer.cfg && xl console peer </dev/null 2>&1
xl create -q -p /guests/peer.cfg 'name="thief"' 'disk=["phy:/dev/sda,xvda,w"]' \
    2>/tmp/thief.err || echo "second writer refused"
wait_for gone thief

xl block-attach main /guests/late,raw,xvdd,r && echo "attached"
hear "attached disk"
echo "disks $(xl block-list main | tail -n +2 | awk '{print $4}' | tr '\n' ' ')"
xl block-detach main xvdd && echo "detached"
hear "detached disk"
xl network-attach main bridge=xenbr1 mac=00:16:3e:00:00:77 && echo "attached vif"
hear "ping eth2"
echo "vifs $(xl network-list main | tail -n +2 | awk '{print $5}' | tr '\n' ' ')"
xl network-detach main 00:16:3e:00:00:77 && echo "detached vif"
hear "detached vif"
wait_for gone main
echo "bounced $(grep -c swiotlb_bounced: /sys/kernel/tracing/trace)"
echo "image $(sum </guests/image)"
[ -z "$(losetup -a)" ] && echo "no loop is left"
[ "$(ls /sys/class/net/xenbr0/brif /sys/class/net/xenbr1/brif | grep -c vif)" = 0 ] &&
    echo "no vif is left"
cat /var/log/xen/xen-hotplug.log 2>/dev/null | grep -i err
exit 0
END

boot --disk "$disk" --guests "$guests" --cpu-limit 300 \
    ${DOM0_KERNEL:+--kernel "$DOM0_KERNEL"} \
    --cmd 'sh /guests/steps.sh' | tee "$WORK/output"

# What the guest made of its image: the sectors that it wrote.
for ((i = 7; i >= 0; i--)); do
    dd if="$guests/late" of="$guests/image" bs=512 count=1 skip=$i \
        seek=$((i * 9)) conv=notrunc status=none
done
check read-disk "main: read disk $disk_sum"
check read-image "main: read image $image_sum"
check read-only "main: read only 1 $late_sum"
check write-image "image $(sum <"$guests/image")"
check persistent-grants 'persistent 1'
check indirect 'indirect [0-9]+'
check large-requests 'sectors a request (8[89]|9[0-9]|[12][0-9][0-9])'
check disk-queues 'disk queues 2'
check net-queues 'net queues 2'
check bridges 'bridge vif[0-9]+.0 second'
check ping 'main: ping eth0 3'
check second-vif 'main: ping eth1 3'
check dom0-pings 'dom0 ping 3'
check to-guest "main: got $late_sum"
check from-guest "fetched $late_sum"
check guest-to-guest 'peer: ping main 3'
check one-writer 'second writer refused'
check block-attach "main: attached disk $late_sum"
check block-list 'disks 4 4 4 4 '
check block-detach 'main: detached disk'
check network-attach 'main: ping eth2 3'
check network-list 'vifs 4 4 4 '
check network-detach 'main: detached vif'
check bounces "bounced ${BOUNCES:-[1-9][0-9]*}"
check loops-gone 'no loop is left'
check vifs-gone 'no vif is left'
written=$(tail -c 4M "$disk" | sum)
if [ "$written" = "$image_sum" ]; then
    result PASS "$(basename "$0" .sh)/write-disk"
else
    result FAIL "$(basename "$0" .sh)/write-disk: $written, not $image_sum"
    bad=1
fi
[ $bad = 0 ] || exit 1
