#!/bin/bash
# SPDX-License-Identifier: MIT
# A machine of two CPUs: both are brought up, Dom0 gets both.
. "$(dirname "$0")/lib.sh"

boot --cpus 2 --cmd 'xl info | grep nr_cpus; grep -c ^processor /proc/cpuinfo;
    xl list' | tee "$WORK/output"
grep -qE '^nr_cpus *: 2$' "$WORK/output"
grep -qx 2 "$WORK/output"
