#!/bin/bash
# SPDX-License-Identifier: MIT
# What cannot boot says why, in one clear line, and stops.
. "$(dirname "$0")/lib.sh"
[ "$HV" = nidus ] || skip "these are our messages"

bad=0

# refuses NAME PATTERN OPTIONS...: a boot that must end with such a message.
refuses()
{
    local name=$1 pattern=$2
    shift 2
    boot --tools none --show all --cpu-limit 60 "$@" >"$WORK/$name.out" 2>&1 ||
        true
    if grep -qE "^\(NIDUS\).*Panic: .*$pattern" "$WORK/$name.out"; then
        result PASS "boot-errors/$name"
    else
        tail -n 12 "$WORK/$name.out"
        result FAIL "boot-errors/$name: no message with: $pattern"
        bad=1
    fi
}

# Any small ELF file will do where the kernel is not got to.
small=/bin/true
refuses no-vmx 'VMX is required' --model p4_prescott_celeron_336 --kernel $small
refuses no-ept 'VMX: .*EPT' --model core2_penryn_t9600 --kernel $small
refuses no-pvh-note 'Dom0 kernel cannot be used' --kernel $small
refuses bzimage 'nidus-unpack-kernel' \
    --kernel "$("$NIDUS_TOP/scripts/kernel.sh")/vmlinuz"
refuses little-memory 'dom0_mem=16M is too little' --dom0-mem 16
refuses much-memory 'dom0_mem=4000M' --dom0-mem 4000 --kernel $small

# A processor that the emulator does not have is not even started.
if [[ $("$NIDUS_TOP/scripts/emu" --which) == bochs* ]]; then
    if ! boot --model no-such-cpu --kernel $small >"$WORK/no-model.out" 2>&1 &&
        grep -q "no CPU model 'no-such-cpu'" "$WORK/no-model.out"; then
        result PASS boot-errors/no-model
    else
        cat "$WORK/no-model.out"
        result FAIL boot-errors/no-model
        bad=1
    fi
fi
exit $bad
