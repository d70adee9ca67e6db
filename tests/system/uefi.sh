#!/bin/bash
# SPDX-License-Identifier: MIT
# Boot by UEFI. There is no emulator with both UEFI firmware and VMX, so this
# gets as far as the message that VMX is required: console, memory map and ACPI
# tables are in use by then.
. "$(dirname "$0")/lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"

boot --uefi --tools none --kernel /bin/true --show all --cpu-limit 60 \
    >"$WORK/output" 2>&1 || true
cat "$WORK/output"
expect 'GRUB: loading nidus'
expect 'Panic: .*VMX is required'
