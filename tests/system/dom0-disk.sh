#!/bin/bash
# SPDX-License-Identifier: MIT
# Dom0 drives real devices: a disk by DMA, both ways, and the NIC is there.
. "$(dirname "$0")/lib.sh"

disk_to_copy

boot --disk "$disk" --cmd '
    set -e
    until [ -b /dev/sda ]; do usleep 50000; done
    echo "read $(dd if=/dev/sda bs=1M count=8 2>/dev/null | sha256sum)"
    dd if=/dev/sda of=/dev/sda bs=1M count=8 seek=8 2>/dev/null
    sync
    echo "modes $(cat /sys/class/ata_device/*/xfer_mode)"
    echo "interrupts $(grep -c ata_piix /proc/interrupts)"
    echo "pci $(ls /sys/bus/pci/devices | wc -l)"
    ip link show eth0' >"$WORK/output"
cat "$WORK/output"

grep -q "^read $first" "$WORK/output"
grep -q 'DMA' "$WORK/output"
grep -q 'eth0' "$WORK/output"
disk_is_copied
