#!/bin/bash
# SPDX-License-Identifier: MIT
# A machine of two CPUs: both are found, the one that booted runs everything.
. "$(dirname "$0")/lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"
[[ $("$NIDUS_TOP/scripts/emu" --which) != *bochs* ]] ||
    skip "Bochs with several CPUs loses guests' exceptions, see docs/limits.md"

boot --cpus 2 --cpu-limit 700 --cmd 'xl info | grep nr_cpus; xl list' |
    tee "$WORK/output"
expect '^\(NIDUS\).*CPUs in the machine: 2,'
grep -qE '^nr_cpus *: 1$' "$WORK/output"
grep -qE '^Domain-0 ' "$WORK/output"
