/* SPDX-License-Identifier: MIT */
/*
 * The VMX-preemption timer of an L1 that does not have the processor all the
 * time: a second vCPU wants it, too. And that of the hypervisor, which takes
 * over where L2 leaves interrupts off and L1 has none.
 *
 * Expect: the timer counts as L2's TSC does, also while something else runs. L2
 * gets no further than the deadline, and what an exit saves is what is left. An
 * L2 without exits takes no longer for its work than L1 does.
 */
#include "vmx.h"

#define TIMER_TSC 20000000ul /* far longer than a turn of a vCPU */
#define SOME_TSC  10000000ul /* after which L2 exits by itself */
#define TURN_TSC  2000000ul  /* the other's turn may come at any moment */
#define EXIT_SAVE (1u << 22) /* save the timer's value */
#define MISC_RATE 0x1f

static struct l2_regs regs;
static volatile uint64_t turns;
static volatile bool stop;

static void others_turn(void)
{
    while ( !stop )
        turns++;
}

/* RDX:RAX is the TSC that L2 saw last. */
void l2_watch(void);
void l2_exit_after(void);
asm(".text\n"
    "l2_watch:\n\t"
    "rdtsc\n\t"
    "jmp l2_watch\n"
    /* RCX ticks from the first one it sees. */
    "l2_exit_after:\n\t"
    "rdtsc\n\t"
    "mov %eax, %ebx\n"
    "1: rdtsc\n\t"
    "mov %eax, %esi\n\t"
    "sub %ebx, %esi\n\t"
    "cmp %ecx, %esi\n\t"
    "jb 1b\n\t"
    "cpuid\n\t"
    "jmp 1b\n");

static unsigned int rate;

static void run(void (*fn)(void), uint32_t reason)
{
    vmx_set_l2(fn);
    vmwrite(PREEMPTION_TIMER, TIMER_TSC >> rate);
    if ( !check_eq("the entry", vmx_enter(&regs, true), 0) )
        test_exit();
    check_eq("exit reason", vmget(EXIT_REASON), reason);
}

#define WORK      4000000u
#define PERIOD    100000u /* of an APIC timer: many times in that */
#define VEC_TIMER 0x61

static void work(void)
{
    for ( unsigned int i = WORK; i; i-- )
        asm volatile("");
}

static void l2_work(void)
{
    work();
    for ( ;; )
        asm volatile("vmcall");
}

static void handle_timer(struct regs *r)
{
    (void)r;
    apic_eoi();
}

/*
 * L1's APIC timer goes on meanwhile, which makes timers of the hypervisor
 * expire. Its interrupts stay pending: L2 has them off.
 */
static void check_work(void)
{
    uint64_t start, own, l2s;

    irq_set_handler(VEC_TIMER, handle_timer);
    apic_enable();
    apic_write(APIC_TIMER_DIV, APIC_DIV_1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_PERIODIC | VEC_TIMER);
    apic_write(APIC_TIMER_INIT, PERIOD);
    start = rdtsc();
    work();
    own = rdtsc() - start;
    vmx_set_l2(l2_work);
    start = rdtsc();
    check_eq("L2 works", vmx_enter(&regs, false), 0);
    check_eq("and is done", vmget(EXIT_REASON), REASON_VMCALL);
    l2s = rdtsc() - start;
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    asm volatile("sti; nop; cli" ::: "memory");
    if ( l2s > 2 * own + TURN_TSC )
        test_failure("L2 took %lu ticks for what L1 does in %lu", l2s, own);
}

static void check_deadline(void)
{
    uint64_t before = turns, start = rdtsc(), last;

    run(l2_watch, REASON_PREEMPT);
    last = regs.rdx << 32 | regs.rax;
    check(turns != before, "the other vCPU had a turn meanwhile");
    check(last > start, "L2 ran");
    if ( last > start + TIMER_TSC + TURN_TSC )
        test_failure("L2 ran for %lu ticks more than the timer allows",
                     last - start - TIMER_TSC);
    check_eq("what is left of the timer", vmget(PREEMPTION_TIMER), 0);
}

static void check_what_is_saved(void)
{
    uint64_t start, gone, left;

    regs.rcx = SOME_TSC;
    start = rdtsc();
    run(l2_exit_after, REASON_CPUID);
    gone = rdtsc() - start;
    left = vmget(PREEMPTION_TIMER) << rate;
    if ( left + gone < TIMER_TSC || left + gone > TIMER_TSC + TURN_TSC )
        test_failure("%lu of %lu ticks are left after %lu", left, TIMER_TSC,
                     gone);
}

void test_main(void)
{
    if ( !vmx_here() )
    {
        test_skip("no VMX: this case wants nestedhvm=1");
        return;
    }
    if ( !vmx_control_can(MSR_VMX_PINBASED, PIN_PREEMPT) || cpu_count() < 2 )
    {
        test_skip("no preemption timer, or one CPU only");
        return;
    }
    if ( !vmx_on() || !vmx_vmcs(l2_watch) )
        return;
    check_work();
    rate = rdmsr(MSR_VMX_MISC) & MISC_RATE;
    vmwrite(PIN_CONTROLS, vmget(PIN_CONTROLS) | PIN_PREEMPT);
    vmwrite(EXIT_CONTROLS, vmget(EXIT_CONTROLS) | EXIT_SAVE);
    /* While nobody else wants the processor. */
    run(l2_watch, REASON_PREEMPT);
    check(cpu_start(1, others_turn), "a second vCPU");
    check(wait_for(turns != 0, MS(1000)), "it runs");
    check_deadline();
    check_what_is_saved();
    stop = true;
    check_eq("VMXOFF", vmxoff(), VMX_OK);
}
