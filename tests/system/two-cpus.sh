#!/bin/bash
# SPDX-License-Identifier: MIT
# A machine of two CPUs: both are used, by Dom0 and by a guest of two vCPUs, and
# both count their exits; nobody is taken for hung by the watchdog.
. "$(dirname "$0")/lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"

make -s --no-print-directory -C "$NIDUS_TOP/tests/guest" BUILD="$BUILD" >&2
boot --cpus 2 --cpu-limit 300 --hv-args 'watchdog exit-counters' --guests "$BUILD/tests/guest" --cmd '
    xl info | grep nr_cpus
    grep -c ^processor /proc/cpuinfo
    xl vcpu-list 0
    /guests/run-cases -v smp
    xl debug-keys d
    xl debug-keys p
' | tee "$WORK/output"

expect '^\(NIDUS\).*CPUs in the machine: 2,'
expect '^\(NIDUS\).*CPUs in use: 2'
grep -qE '^nr_cpus *: 2$' "$WORK/output"
grep -qxE '2' "$WORK/output"
for vcpu in 0 1; do
    grep -qE "^Domain-0 +0 +$vcpu " "$WORK/output"
done
for cpu in 0 1; do
    expect "^\\(NIDUS\\) +CPU$cpu (VMCALL|HLT) +[1-9]"
    expect "^\\(NIDUS\\) CPU$cpu: (left this guest|idle)"
done
