/* SPDX-License-Identifier: MIT */
/*
 * Counters of VM exits, VMX instructions and time halted, for `make bench`.
 *
 * Bochs compiles the files of this directory in by its own configure option
 * --enable-instrumentation; its source stays as it is. All hypervisors are
 * counted alike, and none of them takes part. A guest on any level reads the
 * counters by a prefetch of an address that nobody uses, which is a no-op
 * everywhere else and exits nowhere: see tests/guest/lib/bench.h.
 */

/* Defined by the emulator: 1 where this directory is compiled in. */
#if BX_INSTRUMENTATION

#include "cpu/decoder/ia_opcodes.h"

void nidus_count_insn(unsigned cpu);
void nidus_count_exit(unsigned cpu);
void nidus_prefetch(unsigned cpu, unsigned long long address);

/* The machine waits for an event; it has one CPU. */
extern bool nidus_halted;
void nidus_count_halt(void);
void nidus_count_wake(void);

/* VMCALL of a guest is among these; the function sorts it out. */
#define BX_INSTR_BEFORE_EXECUTION(cpu_id, i)                    \
    do                                                          \
    {                                                           \
        if ( nidus_halted )                                     \
            nidus_count_wake();                                 \
        if ( (unsigned)((i)->getIaOpcode() - BX_IA_VMXON_Mq) <= \
             (unsigned)(BX_IA_INVVPID - BX_IA_VMXON_Mq) )       \
            nidus_count_insn(cpu_id);                           \
    } while ( 0 )
#define BX_INSTR_VMEXIT(cpu_id, reason, qualification) nidus_count_exit(cpu_id)
#define BX_INSTR_PREFETCH_HINT(cpu_id, what, seg, offset) \
    nidus_prefetch(cpu_id, offset)
#define BX_INSTR_HLT(cpu_id)                     nidus_count_halt()
#define BX_INSTR_MWAIT(cpu_id, addr, len, flags) nidus_count_halt()

#else

#define BX_INSTR_BEFORE_EXECUTION(cpu_id, i)
#define BX_INSTR_VMEXIT(cpu_id, reason, qualification)
#define BX_INSTR_PREFETCH_HINT(cpu_id, what, seg, offset)
#define BX_INSTR_HLT(cpu_id)
#define BX_INSTR_MWAIT(cpu_id, addr, len, flags)

#endif

/* The rest of what the emulator offers is of no use here. */
#define BX_INSTR_INIT_ENV()
#define BX_INSTR_EXIT_ENV()
#define BX_INSTR_INITIALIZE(cpu_id)
#define BX_INSTR_EXIT(cpu_id)
#define BX_INSTR_RESET(cpu_id, type)
#define BX_INSTR_DEBUG_PROMPT()
#define BX_INSTR_DEBUG_CMD(cmd)
#define BX_INSTR_CNEAR_BRANCH_TAKEN(cpu_id, branch_eip, new_eip)
#define BX_INSTR_CNEAR_BRANCH_NOT_TAKEN(cpu_id, branch_eip)
#define BX_INSTR_UCNEAR_BRANCH(cpu_id, what, branch_eip, new_eip)
#define BX_INSTR_FAR_BRANCH(cpu_id, what, prev_cs, prev_eip, new_cs, new_eip)
#define BX_INSTR_OPCODE(cpu_id, i, opcode, len, is32, is64)
#define BX_INSTR_EXCEPTION(cpu_id, vector, error_code)
#define BX_INSTR_INTERRUPT(cpu_id, vector)
#define BX_INSTR_HWINTERRUPT(cpu_id, vector, cs, eip)
#define BX_INSTR_CLFLUSH(cpu_id, laddr, paddr)
#define BX_INSTR_CACHE_CNTRL(cpu_id, what)
#define BX_INSTR_TLB_CNTRL(cpu_id, what, new_cr3)
#define BX_INSTR_AFTER_EXECUTION(cpu_id, i)
#define BX_INSTR_REPEAT_ITERATION(cpu_id, i)
#define BX_INSTR_LIN_ACCESS(cpu_id, lin, phy, len, memtype, rw)
#define BX_INSTR_PHY_ACCESS(cpu_id, phy, len, memtype, rw)
#define BX_INSTR_INP(addr, len)
#define BX_INSTR_INP2(addr, len, val)
#define BX_INSTR_OUTP(addr, len, val)
#define BX_INSTR_WRMSR(cpu_id, addr, value)
