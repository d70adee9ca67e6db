/* SPDX-License-Identifier: MIT */
/* The counters that instrument.h describes, and how a guest reads them. */

#include "bochs.h"
#include "cpu/cpu.h"
#include "pc_system.h"

/*
 * "NIDUSCNT", as tests/guest/lib/bench.h spells it, and "NIDUSHLT"; no
 * canonical addresses.
 */
#define COUNTERS_ADDRESS 0x4e49445553434e54ULL
#define HALTED_ADDRESS   0x4e49445553484c54ULL

static Bit64u vm_exits, vmx_instructions;
static Bit64u halted_at, ticks_halted;
bool nidus_halted;

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

void nidus_count_halt(void)
{
    nidus_halted = true;
    halted_at = bx_pc_system.time_ticks();
}

void nidus_count_wake(void)
{
    nidus_halted = false;
    ticks_halted += bx_pc_system.time_ticks() - halted_at;
}

void nidus_prefetch(unsigned cpu, unsigned long long address)
{
    if ( address == COUNTERS_ADDRESS )
    {
        BX_CPU(cpu)->gen_reg[BX_64BIT_REG_RAX].rrx = vm_exits;
        BX_CPU(cpu)->gen_reg[BX_64BIT_REG_RDX].rrx = vmx_instructions;
    }
    else if ( address == HALTED_ADDRESS )
        BX_CPU(cpu)->gen_reg[BX_64BIT_REG_RAX].rrx = ticks_halted;
}
