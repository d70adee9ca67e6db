#!/bin/bash
# SPDX-License-Identifier: MIT
# A Dom0 kernel with dom0-kernel-patches/ runs the demonstration; it bounces
# RAM that it gave up and got back, and none else.
. "$(dirname "$0")/../lib.sh"
DOM0_KERNEL=$("$NIDUS_TOP/scripts/dom0-kernel.sh" --built) ||
    skip "its kernel is not built: make dom0-kernel"
export DOM0_KERNEL

RUN_DIR=$WORK/run "$NIDUS_TOP/scripts/run" </dev/null

disk_to_copy

boot --kernel "$DOM0_KERNEL" --disk "$disk" --cmd '
    set -e
    mount -t tracefs tracefs /sys/kernel/tracing
    cd /sys/kernel/tracing
    echo 1 >events/swiotlb/swiotlb_bounced/enable
    # What was bounced since the last time.
    bounced() { grep -c swiotlb_bounced: trace || true; : >trace; }
    memory() { xl list 0 | awk "NR == 2 { print \$3 }"; }
    until [ -b /dev/sda ]; do usleep 50000; done

    echo "read $(dd if=/dev/sda bs=1M count=8 2>/dev/null | sha256sum)"
    echo "bounced at first: $(bounced)"

    # Everything that is free goes and comes back.
    echo 3 >/proc/sys/vm/drop_caches
    full=$(memory)
    xl mem-set 0 $((full - 320))
    until [ $(memory) -le $((full - 320)) ]; do usleep 200000; done
    xl mem-set 0 $full
    until [ $(memory) -ge $full ]; do usleep 200000; done
    dd if=/dev/sda of=/dev/sda bs=1M count=8 seek=8 2>/dev/null
    sync
    echo "bounced after mem-set: $(bounced)"' >"$WORK/output"
cat "$WORK/output"

grep -q "^read $first" "$WORK/output"
grep -q '^bounced at first: 0' "$WORK/output"
grep -q '^bounced after mem-set: [1-9]' "$WORK/output"
disk_is_copied
