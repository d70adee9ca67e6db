/* SPDX-License-Identifier: MIT */
/* The timer of the virtual local APIC. */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-regs.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-icr.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-timer.c */
/* TEST-SOURCES: xen/arch/x86/hvm/vlapic-save.c */
#include "vlapic-test.h"
#include <asm/tsc-ratio.h>

static void timer_oneshot(void **state)
{
    struct vcpu *v = &vcpus[0];

    enable(v);
    wr(v, APIC_TDCR, 0xb); /* by one */
    wr(v, APIC_LVTT, 0xec);
    wr(v, APIC_TMICT, 1000);
    assert_int_equal(armed->expires, now + 1000 * VLAPIC_BUS_CYCLE_NS);
    now += 400 * VLAPIC_BUS_CYCLE_NS;
    assert_int_equal(rd(v, APIC_TMCCT), 600);
    /* A new divisor stretches what is left. */
    wr(v, APIC_TDCR, 0x3); /* by 16 */
    assert_int_equal(rd(v, APIC_TMCCT), 600);
    assert_int_equal(armed->expires, now + 600 * 16 * VLAPIC_BUS_CYCLE_NS);
    fire();
    assert_int_equal(vlapic_pending_irq(v), 0xec);
    assert_null(armed);
    assert_int_equal(rd(v, APIC_TMCCT), 0);
    /* Masked: counts, but does not interrupt. */
    vlapic_ack_irq(v, 0xec);
    vlapic_eoi(v);
    wr(v, APIC_LVTT, 0xec | APIC_LVT_MASKED);
    wr(v, APIC_TMICT, 10);
    fire();
    assert_int_equal(vlapic_pending_irq(v), -1);
    wr(v, APIC_TMICT, 10);
    wr(v, APIC_TMICT, 0);
    assert_null(armed);
}

static void timer_periodic(void **state)
{
    struct vcpu *v = &vcpus[0];
    s_time_t start = now, period = 100000 * VLAPIC_BUS_CYCLE_NS;

    enable(v);
    wr(v, APIC_TDCR, 0xb);
    wr(v, APIC_LVTT, APIC_LVT_TIMER_PERIOD | 0x30);
    wr(v, APIC_TMICT, 100000);
    fire();
    assert_int_equal(armed->expires, start + 2 * period);
    /* Late: the phase stays, missed periods are not made up for. */
    now = start + 5 * period + 7;
    fire();
    assert_int_equal(armed->expires, start + 6 * period);
    assert_int_equal(rd(v, APIC_TMCCT), 100000);
    /* Too fast a period is slowed down. */
    wr(v, APIC_TMICT, 1);
    fire();
    assert_true(armed->expires - now >= MICROSECS(50));
}

static void timer_deadline(void **state)
{
    struct vcpu *v = &vcpus[0];
    uint64_t val, tsc;

    enable(v);
    /* Not in this mode: the write is dropped. */
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, 1ULL << 62), 0);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);

    wr(v, APIC_LVTT, APIC_LVT_TIMER_TSCDL | 0x31);
    v->arch.tsc_offset = 1ULL << 50;
    tsc = rdtsc() + v->arch.tsc_offset;
    assert_int_equal(vlapic_wrmsr(v, MSR_TSC_DEADLINE, tsc + (1ULL << 40)), 0);
    assert_true(armed->expires - now <= 1LL << 40);
    assert_true(armed->expires - now > (1LL << 40) - (1LL << 36));
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, tsc + (1ULL << 40));
    wr(v, APIC_TMICT, 5);
    assert_int_equal(rd(v, APIC_TMCCT), 0);
    /* The guest's TSC is not there yet: armed for the rest. */
    v->arch.tsc_offset += 1ULL << 39;
    fire();
    assert_int_equal(vlapic_pending_irq(v), -1);
    assert_true(armed->expires - now <= 1LL << 39);
    v->arch.tsc_offset += 1ULL << 39;
    fire();
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);
    vlapic_ack_irq(v, 0x31);
    vlapic_eoi(v);
    /* In the past: at once. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE, tsc - 1);
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    assert_null(armed);
    vlapic_ack_irq(v, 0x31);
    vlapic_eoi(v);
    /* Moving the TSC moves the deadline. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE,
                 rdtsc() + v->arch.tsc_offset + (1ULL << 45));
    v->arch.tsc_offset += 1ULL << 44;
    vlapic_tsc_changed(v);
    assert_true(armed->expires - now <= 1LL << 44);
    v->arch.tsc_offset += 1ULL << 45;
    vlapic_tsc_changed(v);
    assert_int_equal(vlapic_pending_irq(v), 0x31);
    vlapic_tsc_changed(v);
    assert_null(armed);
    /* A TSC that makes four ticks in a nanosecond. */
    dom.arch.tsc.ratio = 4 * TSC_RATIO_ONE;
    dom.arch.tsc.scale = (struct time_scale){ .mul_frac = 1u << 30 };
    tsc = 4 * rdtsc() + v->arch.tsc_offset;
    vlapic_wrmsr(v, MSR_TSC_DEADLINE, tsc + (1ULL << 42));
    assert_true(armed->expires - now <= 1LL << 40);
    assert_true(armed->expires - now > (1LL << 40) - (1LL << 36));
    dom.arch.tsc.ratio = 0;
    /* Changing the mode disarms. */
    vlapic_wrmsr(v, MSR_TSC_DEADLINE, ~0ULL);
    assert_non_null(armed);
    wr(v, APIC_LVTT, 0x31);
    assert_null(armed);
    vlapic_rdmsr(v, MSR_TSC_DEADLINE, &val);
    assert_int_equal(val, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(timer_oneshot),
        CASE(timer_periodic),
        CASE(timer_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
