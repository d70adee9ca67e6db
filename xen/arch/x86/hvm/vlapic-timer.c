/* SPDX-License-Identifier: MIT */
/* The timer of the virtual local APIC: counting down in system time. */
#include <xen/lib.h>
#include <asm/hvm-tsc.h>
#include "vlapic-private.h"

/*
 * LIMIT: a periodic timer faster than this fires at this rate, so that a
 * guest cannot keep a pCPU busy with timer interrupts alone.
 */
#define MIN_PERIOD MICROSECS(50)

/* Longest TSC distance converted at once (days); then it is armed again. */
#define MAX_TSC_DELTA (1ULL << 50)

/* A deadline this near has come: system time and TSC round differently. */
#define DEADLINE_SLACK MICROSECS(5)

/* SDM "Divide Configuration Register": bits 3, 1, 0; 7 divides by 1. */
static uint32_t tdcr_divisor(uint32_t tdcr)
{
    uint32_t code = (tdcr & 3) | ((tdcr >> 1) & 4);

    return 1u << ((code + 1) & 7);
}

static s_time_t tick_ns(const struct vlapic *s)
{
    return (s_time_t)VLAPIC_BUS_CYCLE_NS * s->timer_divisor;
}

static s_time_t period_ns(const struct vlapic *s)
{
    return vlapic_reg(s, APIC_TMICT) * tick_ns(s);
}

static void arm(struct vlapic *s, s_time_t when)
{
    timer_follow(&s->timer, s->vcpu->processor);
    set_timer(&s->timer, when);
}

/* Time until the guest's TSC has the deadline; <= 0: it has. */
static s_time_t until_deadline(const struct vlapic *s)
{
    uint64_t now = hvm_guest_tsc(s->vcpu);

    if ( s->tsc_deadline <= now )
        return 0;
    return hvm_tsc_to_ns(s->vcpu->domain,
                         min(s->tsc_deadline - now, (uint64_t)MAX_TSC_DELTA));
}

static void raise_irq(struct vlapic *s)
{
    uint32_t lvtt = vlapic_reg(s, APIC_LVTT);

    if ( !(lvtt & APIC_LVT_MASKED) )
        vlapic_set_irq(s->vcpu, lvtt & 0xff, false);
}

static void timer_expired(void *data)
{
    struct vlapic *s = data;

    switch ( s->timer_mode )
    {
    case APIC_LVT_TIMER_TSCDL:
    {
        uint64_t deadline = READ_ONCE(s->tsc_deadline);
        s_time_t left = until_deadline(s);

        if ( !deadline )
            return;
        /* Too far for one go, or the guest's TSC was set back. */
        if ( left > DEADLINE_SLACK )
        {
            arm(s, NOW() + left);
            return;
        }
        /* Not one that the vCPU has just set instead, on another pCPU. */
        if ( !__atomic_compare_exchange_n(&s->tsc_deadline, &deadline, 0, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_RELAXED) )
            return;
        break;
    }

    case APIC_LVT_TIMER_PERIOD:
    {
        s_time_t period = max(period_ns(s), MIN_PERIOD), now = NOW();

        s->timer_start += period;
        /* Whole periods missed are lost, the phase is kept. */
        if ( s->timer_start + period <= now )
            s->timer_start = now - (now - s->timer_start) % period;
        arm(s, s->timer_start + period);
        break;
    }
    }
    raise_irq(s);
}

void vlapic_timer_init(struct vlapic *s)
{
    init_timer(&s->timer, timer_expired, s, s->vcpu->processor);
    s->timer_divisor = tdcr_divisor(0);
}

void vlapic_timer_stop(struct vlapic *s)
{
    stop_timer(&s->timer);
    s->tsc_deadline = 0;
}

/* Current count, from the time since the count was loaded. */
uint32_t vlapic_timer_tmcct(const struct vlapic *s)
{
    uint32_t tmict = vlapic_reg(s, APIC_TMICT);
    uint64_t ticks;

    if ( !tmict || s->timer_mode == APIC_LVT_TIMER_TSCDL )
        return 0;

    ticks = (uint64_t)(NOW() - s->timer_start) / tick_ns(s);
    if ( s->timer_mode == APIC_LVT_TIMER_PERIOD )
        return tmict - ticks % tmict;
    return ticks >= tmict ? 0 : tmict - ticks;
}

void vlapic_timer_set_tmict(struct vlapic *s, uint32_t tmict)
{
    if ( s->timer_mode == APIC_LVT_TIMER_TSCDL )
        return;

    vlapic_reg_set(s, APIC_TMICT, tmict);
    if ( !tmict )
    {
        stop_timer(&s->timer);
        return;
    }
    s->timer_start = NOW();
    arm(s, s->timer_start + period_ns(s));
}

/* Count on from count with what the registers say now. */
static void restart_at(struct vlapic *s, uint32_t count)
{
    uint32_t done = vlapic_reg(s, APIC_TMICT) - count;

    s->timer_start = NOW() - done * tick_ns(s);
    arm(s, s->timer_start + period_ns(s));
}

void vlapic_timer_set_tdcr(struct vlapic *s, uint32_t tdcr)
{
    uint32_t count = vlapic_timer_tmcct(s);

    vlapic_reg_set(s, APIC_TDCR, tdcr & 0xb);
    s->timer_divisor = tdcr_divisor(tdcr);
    if ( count )
        restart_at(s, count);
}

void vlapic_timer_set_lvtt(struct vlapic *s, uint32_t lvtt)
{
    uint32_t old = s->timer_mode, new = lvtt &APIC_LVT_TIMER_MODE;
    bool was_deadline = old == APIC_LVT_TIMER_TSCDL;

    /* SDM "TSC-Deadline Mode": changing from or to it disarms the timer. */
    if ( was_deadline != (new == APIC_LVT_TIMER_TSCDL) )
    {
        vlapic_timer_stop(s);
        vlapic_reg_set(s, APIC_TMICT, 0);
    }
    vlapic_reg_set(s, APIC_LVTT, lvtt);
    s->timer_mode = new;
}

void vlapic_timer_set_deadline(struct vlapic *s, uint64_t deadline)
{
    s_time_t left;

    if ( s->timer_mode != APIC_LVT_TIMER_TSCDL )
        return;

    s->tsc_deadline = deadline;
    left = until_deadline(s);
    if ( left > 0 )
    {
        arm(s, NOW() + left);
        return;
    }
    stop_timer(&s->timer);
    if ( deadline )
    {
        s->tsc_deadline = 0;
        raise_irq(s);
    }
}

void vlapic_tsc_changed(struct vcpu *v)
{
    struct vlapic *s = vcpu_vlapic(v);

    if ( s->tsc_deadline )
        vlapic_timer_set_deadline(s, s->tsc_deadline);
}

void vlapic_timer_resume(struct vlapic *s)
{
    uint32_t count;

    if ( s->timer_mode == APIC_LVT_TIMER_TSCDL )
    {
        vlapic_timer_set_deadline(s, s->tsc_deadline);
        return;
    }
    s->timer_divisor = tdcr_divisor(vlapic_reg(s, APIC_TDCR));
    count = vlapic_reg(s, APIC_TMCCT);
    if ( vlapic_reg(s, APIC_TMICT) && count &&
         count <= vlapic_reg(s, APIC_TMICT) )
        restart_at(s, count);
}
