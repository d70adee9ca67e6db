/* SPDX-License-Identifier: MIT */
/*
 * Single-stepping over instructions that the hypervisor carries out.
 *
 * Expect: each ends in a trap, also one that makes an interrupt pending, which
 * comes behind the trap, and HLT, which the trap ends.
 */
#include "lib.h"

#define VEC_DB  1
#define VEC_IPI 0x41

static unsigned long trap_at[8];
static unsigned int traps, interrupts, traps_before_interrupt;

static void note_trap(struct regs *r)
{
    if ( traps < ARRAY_SIZE(trap_at) )
        trap_at[traps] = r->rip;
    traps++;
}

static void note_interrupt(struct regs *r)
{
    (void)r;
    interrupts++;
    traps_before_interrupt = traps;
    apic_eoi();
}

/* Step over an instruction and the NOP behind it; the address of that. */
#define STEP(insn, ...)                                  \
    ({                                                   \
        unsigned long behind_;                           \
        traps = interrupts = traps_before_interrupt = 0; \
        asm volatile("pushf\n\t"                         \
                     "orq $0x100, (%%rsp)\n\t"           \
                     "popf\n\t" insn "\n"                \
                     "1: nop\n\t"                        \
                     "pushf\n\t"                         \
                     "andq $~0x100, (%%rsp)\n\t"         \
                     "popf\n\t"                          \
                     "lea 1b(%%rip), %0"                 \
                     : "=&b"(behind_)                    \
                     : __VA_ARGS__                       \
                     : "memory", "cc");                  \
        behind_;                                         \
    })

static void check_steps(const char *what, unsigned long behind)
{
    check(traps >= 2 && trap_at[0] == behind, what);
    check_eq("and the instruction behind it", trap_at[1] - behind, 1);
}

void test_main(void)
{
    irq_set_handler(VEC_DB, note_trap);
    irq_set_handler(VEC_IPI, note_interrupt);
    check_steps("NOP ends in a trap", STEP("nop"));
    check_steps("WBINVD does", STEP("wbinvd"));
    irq_enable();
    check_steps("HLT does, and does not wait for an interrupt", STEP("hlt"));

    if ( !x2apic_enable() )
    {
        test_skip("no x2APIC");
        return;
    }
    apic_enable();
    check_steps("WRMSR does that sends an interrupt",
                STEP("wrmsr", "c"(MSR_X2APIC_SELF), "a"(VEC_IPI), "d"(0)));
    check_eq("which comes", interrupts, 1);
    check_eq("behind the trap", traps_before_interrupt, 1);
}
