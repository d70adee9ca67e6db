#!/bin/bash
# SPDX-License-Identifier: MIT
# Guests on a machine of two CPUs: one changes the map under the other's writes.
. "$(dirname "$0")/../lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"

make -s --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
boot --cpus 2 --cpu-limit 600 --guests "$BUILD/tests/guest" --cmd '
    /guests/run-cases -v smp-memory evtchn-fifo gnttab memory nested-vmx
' | tee "$WORK/output"

# Handed to and fro by two CPUs: when both run, neither has to give way.
met=$(sed -nE 's/.*the CPUs met at once ([0-9]+) times.*/\1/p' "$WORK/output")
echo "guest's CPUs met at once $met times of 400"
[ "$met" -gt 200 ]
