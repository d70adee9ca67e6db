#!/bin/bash
# SPDX-License-Identifier: MIT
# Options as Xen spells them are understood, an unknown one is named, and what
# follows "--" is Dom0's.
. "$(dirname "$0")/lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"

boot --hv-args 'console_timestamps=raw frobnicate=3 no-such-thing -- swiotlb=8192' \
    --cmd 'xl dmesg | head -n 3; xl info | grep xen_commandline' \
    >"$WORK/output"
cat "$WORK/output"
expect '^\(NIDUS\).*nknown option.*frobnicate'
expect '^\(NIDUS\).*nknown option.*no-such-thing'
expect '^\(NIDUS\) \[[0-9a-f]{16}\]'
! grep -E 'nknown option.*(console_timestamps|dom0_mem|conring_size)' \
    "$WORK/serial"
grep -q 'frobnicate=3' "$WORK/output"
# What is said of DMA bounces there is not overruled.
expect '^\(NIDUS\).*Dom0 command line: .*swiotlb=8192.?$'
