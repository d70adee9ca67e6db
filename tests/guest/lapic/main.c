/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: by memory, then by MSRs.
 *
 * Expect: identity and version; IRR, ISR, TPR and PPR as interrupts come and
 * go; self-IPIs, the timer once, periodically and by TSC deadline; x2APIC mode
 * with its stricter rules.
 */
#include "lib.h"

#define VEC_LOW  0x41
#define VEC_HIGH 0x61

static volatile unsigned int hits[256];
static volatile bool isr_was_set;

static bool vector_bit(unsigned int base, uint8_t vec)
{
    return apic_read(base + vec / 32 * 16) >> vec % 32 & 1;
}

static void handle(struct regs *regs)
{
    uint8_t vec = (uint8_t)regs->vec;

    isr_was_set = vector_bit(APIC_ISR, vec);
    hits[vec]++;
    apic_eoi();
}

static void check_identity(void)
{
    uint32_t version = apic_read(APIC_VERSION);

    check_eq("APIC id", apic_id(), 0);
    check((version & 0xff) >= 0x10 && (version & 0xff) <= 0x1f,
          "an integrated APIC's version");
    check((version >> 16 & 0xff) >= 3, "as many LVT entries as a timer needs");
    test_success("%s version %#x", x2apic_on() ? "x2APIC" : "xAPIC", version);
}

static void self_ipi(uint8_t vec)
{
    apic_icr(0, APIC_ICR_SELF | APIC_ICR_FIXED | APIC_ICR_ASSERT | vec);
}

static void check_self_ipi(void)
{
    unsigned int low = hits[VEC_LOW], high = hits[VEC_HIGH];

    irq_disable();
    self_ipi(VEC_LOW);
    check(vector_bit(APIC_IRR, VEC_LOW), "IRR has what waits");
    check_eq("not taken with IF clear", hits[VEC_LOW], low);
    irq_enable();
    check(wait_for(hits[VEC_LOW] == low + 1, MS(10)), "taken with IF set");
    check(isr_was_set, "ISR had it inside the handler");
    check(!vector_bit(APIC_ISR, VEC_LOW), "ISR is clear after EOI");
    check(!vector_bit(APIC_IRR, VEC_LOW), "IRR is clear after delivery");

    /* The task priority holds back its own class and all below. */
    apic_write(APIC_TPR, VEC_LOW & 0xf0);
    check_eq("TPR reads back", apic_read(APIC_TPR), VEC_LOW & 0xf0);
    check_eq("PPR follows it", apic_read(APIC_PPR), VEC_LOW & 0xf0);
    self_ipi(VEC_LOW);
    self_ipi(VEC_HIGH);
    check(wait_for(hits[VEC_HIGH] == high + 1, MS(10)),
          "a higher class passes the TPR");
    check_eq("the same class does not", hits[VEC_LOW], low + 1);
    apic_write(APIC_TPR, 0);
    check(wait_for(hits[VEC_LOW] == low + 2, MS(10)),
          "lowering the TPR lets it in");
    irq_disable();
}

static void check_timer(void)
{
    unsigned int n = hits[VEC_LOW];
    uint32_t first;

    irq_enable();
    apic_write(APIC_TIMER_DIV, APIC_DIV_1);
    apic_write(APIC_LVT_TIMER, VEC_LOW);
    apic_write(APIC_TIMER_INIT, 200000);
    first = apic_read(APIC_TIMER_COUNT);
    check(first > 0 && first <= 200000, "the count starts at the top");
    check(wait_for(hits[VEC_LOW] == n + 1, MS(200)), "one shot fires");
    check_eq("then the count is zero", apic_read(APIC_TIMER_COUNT), 0);
    check(!wait_for(hits[VEC_LOW] != n + 1, MS(10)), "only once");

    n = hits[VEC_LOW];
    apic_write(APIC_LVT_TIMER, VEC_LOW | APIC_LVT_PERIODIC);
    apic_write(APIC_TIMER_INIT, 200000);
    check(wait_for(hits[VEC_LOW] >= n + 3, MS(500)), "periodic goes on");
    apic_write(APIC_LVT_TIMER, VEC_LOW | APIC_LVT_PERIODIC | APIC_LVT_MASKED);
    n = hits[VEC_LOW];
    check(!wait_for(hits[VEC_LOW] > n + 1, MS(10)), "masked, it is silent");
    apic_write(APIC_TIMER_INIT, 0);
    irq_disable();
}

static void check_deadline(void)
{
    unsigned int n = hits[VEC_LOW];
    uint64_t when;

    if ( !(cpuid(1, 0).c & CPUID_1_ECX_TSC_DEADLINE) )
    {
        printf("no TSC deadline timer here\n");
        return;
    }

    irq_enable();
    apic_write(APIC_LVT_TIMER, VEC_LOW | APIC_LVT_DEADLINE);
    when = rdtsc() + 100000;
    wrmsr(MSR_TSC_DEADLINE, when);
    check_eq("the deadline reads back", rdmsr(MSR_TSC_DEADLINE), when);
    check(wait_for(hits[VEC_LOW] == n + 1, MS(100)), "the deadline fires");
    check(rdtsc() >= when, "not early");
    check_eq("then it reads zero", rdmsr(MSR_TSC_DEADLINE), 0);

    wrmsr(MSR_TSC_DEADLINE, rdtsc() + 100000);
    wrmsr(MSR_TSC_DEADLINE, 0);
    check(!wait_for(hits[VEC_LOW] != n + 1, MS(10)), "zero disarms it");
    apic_write(APIC_LVT_TIMER, VEC_LOW | APIC_LVT_MASKED);
    irq_disable();
}

static void check_halt(void)
{
    unsigned int n = hits[VEC_LOW];

    apic_write(APIC_TIMER_DIV, APIC_DIV_1);
    apic_write(APIC_LVT_TIMER, VEC_LOW);
    apic_write(APIC_TIMER_INIT, 200000);
    while ( hits[VEC_LOW] == n )
        irq_enable_halt_disable();
    check_eq("the timer ends a halt", hits[VEC_LOW], n + 1);
}

static void check_x2apic_rules(void)
{
    uint64_t val;

    check_eq("the id is read only",
             wrmsr_safe(MSR_X2APIC_BASE + APIC_ID / 16, 0), FAULT_GP);
    check_eq("there is no second ICR half",
             rdmsr_safe(MSR_X2APIC_BASE + APIC_ICR2 / 16, &val), FAULT_GP);
    check_eq("EOI takes only zero",
             wrmsr_safe(MSR_X2APIC_BASE + APIC_EOI / 16, 1), FAULT_GP);
    check_eq("EOI cannot be read",
             rdmsr_safe(MSR_X2APIC_BASE + APIC_EOI / 16, &val), FAULT_GP);
    check_eq("the TPR has eight bits",
             wrmsr_safe(MSR_X2APIC_BASE + APIC_TPR / 16, 0x100), FAULT_GP);
    check_eq("no way straight back to xAPIC mode",
             wrmsr_safe(MSR_APIC_BASE,
                        rdmsr(MSR_APIC_BASE) & ~(uint64_t)APIC_BASE_X2APIC),
             FAULT_GP);
}

#define X2APIC_SELF_IPI 0x83f

static void check_x2apic_self_ipi(void)
{
    unsigned int n = hits[VEC_HIGH];

    irq_enable();
    wrmsr(X2APIC_SELF_IPI, VEC_HIGH);
    check(wait_for(hits[VEC_HIGH] == n + 1, MS(10)), "the self-IPI register");
    irq_disable();
}

static void check_all(void)
{
    apic_enable();
    check_identity();
    check_self_ipi();
    check_timer();
    check_deadline();
    check_halt();
}

/* SDM "Enabling or Disabling the Local APIC": CPUID has no APIC then. */
static void check_disabled(uint64_t base)
{
    wrmsr(MSR_APIC_BASE, base & ~(uint64_t)APIC_BASE_ENABLE);
    check(!(cpuid(1, 0).d & CPUID_1_EDX_APIC), "CPUID has no disabled APIC");
    wrmsr(MSR_APIC_BASE, base);
    check(cpuid(1, 0).d & CPUID_1_EDX_APIC, "and that one again");
    apic_enable();
}

void test_main(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    irq_set_handler(VEC_LOW, handle);
    irq_set_handler(VEC_HIGH, handle);

    check_eq("the APIC's base", base & ~0xffful, APIC_DEFAULT_BASE);
    check(base & APIC_BASE_ENABLE, "it is enabled");
    check_all();
    check_disabled(base);

    if ( !x2apic_enable() )
    {
        test_skip("no x2APIC");
        return;
    }
    check_all();
    check_x2apic_rules();
    check_x2apic_self_ipi();
}
