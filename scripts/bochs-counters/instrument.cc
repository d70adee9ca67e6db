/* SPDX-License-Identifier: MIT */
/* The counters that instrument.h describes, and how a guest reads them. */

#include "bochs.h"
#include "cpu/cpu.h"

/* "NIDUSCNT", as tests/guest/lib/bench.h spells it; not a canonical one. */
#define COUNTERS_ADDRESS 0x4e49445553434e54ULL

static Bit64u vm_exits, vmx_instructions;

void nidus_count_exit(unsigned cpu)
{
    vm_exits++;
}

/* What a guest executes is either emulated by an exit or costs its host none.
 */
void nidus_count_insn(unsigned cpu)
{
    if ( BX_CPU(cpu)->in_vmx && !BX_CPU(cpu)->in_vmx_guest )
        vmx_instructions++;
}

void nidus_prefetch(unsigned cpu, unsigned long long address)
{
    if ( address != COUNTERS_ADDRESS )
        return;
    BX_CPU(cpu)->gen_reg[BX_64BIT_REG_RAX].rrx = vm_exits;
    BX_CPU(cpu)->gen_reg[BX_64BIT_REG_RDX].rrx = vmx_instructions;
}
