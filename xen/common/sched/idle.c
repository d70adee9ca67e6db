/* SPDX-License-Identifier: MIT */
/* Idling: MWAIT where the processor has it, else HLT. */

/*
 * MWAIT is told how deep the processor may sleep. Beyond C1 the local APIC's
 * timer stops in many processors, and then nothing would end the sleep in
 * time: deeper states need both the processor's word that it does not and
 * max_cstate= on the command line.
 * SDM "Improving Performance/Power of Intel Core Microarchitecture Idle
 * Loops", CPUID leaves 5 and 6.
 */

#include <xen/cmdline.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <asm/processor.h>

#define CPUID1_ECX_MONITOR (1u << 3)
#define CPUID6_EAX_ARAT    (1u << 2) /* the APIC's timer always runs */
#define CSTATE_MAX         7
#define MWAIT_HINT(cstate) (((cstate)-1) << 4)

static bool opt_mwait = true;
boolean_param("mwait-idle", opt_mwait);
static unsigned int opt_max_cstate = 1;
integer_param("max_cstate", opt_max_cstate);

static bool use_mwait;
static uint32_t hint;

/* The deepest state up to max that the processor has; 0: none at all. */
static unsigned int deepest_cstate(unsigned int max)
{
    uint32_t sub_states = cpuid_count(5, 0).d;

    if ( !(cpuid_count(6, 0).a & CPUID6_EAX_ARAT) )
        max = min(max, 1u);
    for ( unsigned int c = min(max, (unsigned int)CSTATE_MAX); c; c-- )
        if ( (sub_states >> (4 * c)) & 0xf )
            return c;
    return 0;
}

void cpu_idle_init(void)
{
    unsigned int cstate;

    if ( !opt_mwait || cpuid_count(0, 0).a < 6 ||
         !(cpuid_count(1, 0).c & CPUID1_ECX_MONITOR) )
        return;
    cstate = deepest_cstate(opt_max_cstate);
    if ( !cstate )
        return;
    use_mwait = true;
    hint = MWAIT_HINT(cstate);
    printk(XENLOG_INFO "Idle CPUs: MWAIT, C%u\n", cstate);
}

void cpu_idle(void)
{
    bool *wakes = &this_cpu()->need_resched;

    if ( !use_mwait )
    {
        safe_halt();
        return;
    }
    __asm__ volatile("monitor" : : "a"(wakes), "c"(0), "d"(0) : "memory");
    /* STI takes effect behind the instruction that follows it. */
    if ( !READ_ONCE(*wakes) )
        __asm__ volatile("sti; mwait; cli" : : "a"(hint), "c"(0) : "memory");
}
