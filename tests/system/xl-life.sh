#!/bin/bash
# SPDX-License-Identifier: MIT
# The life of domains under xl: disk, network, reboot, vcpus, growth, shutdown,
# destruction, an interrupted creation; and that nothing of them is left.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
ln -s "$kernel/vmlinux" "$guests/vmlinux"

# One guest for all cases: its command line says what to do.
linux_initramfs initramfs "$kernel" drivers/block/xen-blkfront \
    drivers/net/xen-netfront <<'END'
job=$(sed 's/.*job=//' /proc/cmdline)
echo "guest: $job"
case $job in
reboot)
    until [ -b /dev/xvda ]; do usleep 50000; done
    if [ "$(head -c 6 /dev/xvda)" = second ]; then
        printf 'done!!' | dd of=/dev/xvda conv=notrunc 2>/dev/null
        sync
        poweroff -f
    fi
    printf 'second' | dd of=/dev/xvda conv=notrunc 2>/dev/null
    sync
    reboot -f
    ;;
net)
    until [ -d /sys/class/net/eth0 ]; do usleep 50000; done
    ifconfig eth0 10.0.0.2 up
    ping -c 3 -w 20 10.0.0.1 && echo "guest: net works"
    poweroff -f
    ;;
smp)
    echo "guest: cpus $(nproc)"
    poweroff -f
    ;;
esac
exec sleep 100000
END

cat >"$guests/base.cfg" <<'END'
type = "pvh"
name = "base"
kernel = "/guests/vmlinux"
ramdisk = "/guests/initramfs"
memory = 160
END
cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
state() { xl list "$1" 2>/dev/null | tail -n 1 | awk '{print $5}'; }
start() { name=$1 job=$2; shift 2; xl create -q /guests/base.cfg "name='$name'" "cmdline='console=hvc0 loglevel=4 job=$job'" "$@"; }

before=$(free)
for m in xen-blkback xen-netback bridge loop; do modprobe $m; done
ip link add name xenbr0 type bridge
ip addr add 10.0.0.1/24 dev xenbr0
ip link set xenbr0 up
dd if=/dev/zero of=/tmp/disk bs=1M count=4 2>/dev/null

start reboot reboot 'disk=["/tmp/disk,raw,xvda,rw"]' && echo "created reboot"
wait_for grep -q 'reason code 0' /var/log/xen/xl-reboot.log
wait_for gone reboot
cat /var/log/xen/xl-reboot.log
echo "disk: $(head -c 6 /tmp/disk) restarts: $(grep -c Restarting /var/log/xen/xl-reboot.log)"

start net net 'vif=["bridge=xenbr0"]' && echo "created net"
xl console net </dev/null >/tmp/net.out 2>&1
wait_for gone net
cat /tmp/net.out

# Real Xen does not get through this in the emulator: a spin with interrupts
# off is never preempted there.
if [ -z "$(xl info | sed -n 's/^xen_extra.*nidus.*/x/p')" ]; then
    echo "guest: cpus 2, skipped"
else
    start smp smp vcpus=2 && xl console smp </dev/null >/tmp/smp.out 2>&1
    wait_for gone smp
    cat /tmp/smp.out
fi

start wait wait maxmem=224 && echo "created wait"
xl console wait </dev/null >/tmp/wait.out 2>&1 &
wait_for grep -q 'guest: wait' /tmp/wait.out
mem() { [ "$(xl list wait | tail -n 1 | awk '{print $3}')" = "$1" ]; }
wait_for mem 160 && echo "memory is 160"
xl mem-set wait 200; wait_for mem 200 && echo "memory is 200"
xl pause wait; echo "paused: $(state wait)"
xl unpause wait
xl rename wait other; xl domid other >/dev/null && echo "renamed"
xl block-attach other /tmp/disk,raw,xvdb,r && echo "attached"
connected() { xl block-list other | awk '{print $4}' | grep -qx 4; }
wait_for connected && echo "connected"
xl block-detach other xvdb && echo "detached"
xl list -l other | grep -c '"name": "other"'
xl shutdown -w other && echo "shut down"
wait_for gone other

start doomed wait && xl destroy doomed && echo "destroyed"
(usleep 300000; kill -INT "$(pidof xl)") &
start cut wait || echo "interrupted"

wait_for gone doomed
same() { [ "$(free)" = "$before" ]; }
wait_for same
echo "memory before $before after $(free)"
echo "domains $(xl list | tail -n +2 | wc -l)"
echo "loops $(losetup -a | wc -l) xl $(pidof xl | wc -w)"
xenstore-ls -f | sed 's/ =.*//' >/tmp/nodes
grep -E '/local/domain/[1-9]|/libxl/|/vm/|/backend' /tmp/nodes
echo "nodes $(grep -cE '/local/domain/[1-9]|/libxl/|/vm/|/backend' /tmp/nodes)"
ls /var/lib/xen
END

boot --guests "$guests" --cpu-limit 600 --cmd 'sh /guests/steps.sh' |
    tee "$WORK/output"

check disk-and-reboot 'disk: done!! restarts: 1'
check network 'guest: net works.?'
check several-vcpus 'guest: cpus 2.*'
check less-than-maxmem 'memory is 160'
check grow 'memory is 200'
check pause 'paused: .*p.*'
check rename renamed
check block-attach connected
check block-detach detached
check list-json 1
check shutdown 'shut down'
check destroy destroyed
check interrupt interrupted
check memory-back 'memory before ([0-9]+) after \1'
check domains-gone 'domains 1'
check loops-gone 'loops 0 xl 0'
check nodes-gone 'nodes 0'
exit $bad
