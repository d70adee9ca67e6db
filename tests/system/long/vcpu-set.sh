#!/bin/bash
# SPDX-License-Identifier: MIT
# A stock Linux gives a CPU up when xl vcpu-set says so, and takes it back.
. "$(dirname "$0")/../lib.sh"
[ "$HV" = nidus ] || skip "real Xen is not preempted in the emulator"

kernel=$("$NIDUS_TOP/scripts/kernel.sh")
new_guests
ln -s "$kernel/vmlinux" "$guests/vmlinux"
# The kernel announces a CPU that is back; to use it is up to user space.
linux_initramfs initramfs "$kernel" <<'END'
cpus=/sys/devices/system/cpu
echo "guest: cpus $(cat $cpus/online)"
while [ -e $cpus/cpu1 ]; do usleep 200000; done
echo "guest: one is left: $(cat $cpus/online)"
until [ -e $cpus/cpu1/online ]; do usleep 200000; done
echo 1 >$cpus/cpu1/online
echo "guest: back: $(cat $cpus/online)"
poweroff -f
END
linux_guest smp 2
cat >"$guests/steps.sh" <<'END'
. /guests/guests.sh
xl create -q /guests/smp.cfg
xl console smp </dev/null >/tmp/smp.out 2>&1 &
wait_for grep -q 'guest: cpus' /tmp/smp.out
xl vcpu-set smp 1
wait_for grep -q 'guest: one' /tmp/smp.out
xl vcpu-list smp
xl vcpu-set smp 2
wait_for gone smp
cat /tmp/smp.out
END

boot --guests "$guests" --cpu-limit 300 --cmd 'sh /guests/steps.sh' |
    tr -d '\r' | tee "$WORK/output"
check several 'guest: cpus 0-1'
check listed-down 'smp +[0-9]+ +1 +- +--p .*'
check down 'guest: one is left: 0'
check up 'guest: back: 0-1'
exit $bad
