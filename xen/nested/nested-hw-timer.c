/* SPDX-License-Identifier: MIT */
/* L1's preemption timer, which shares the processor's with L0. */

/*
 * It counts at the rate of L1's TSC from the moment L2 first runs, and on while
 * L0 serves an exit or another vCPU has the processor: to L1 there is nothing
 * in between, and L2's own TSC goes on, too. So what counts is a deadline, and
 * the vmcs02's timer is loaded with the time up to it at each entry.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"

/* L1's clock in ticks of the timer. */
static uint64_t ticks_now(const struct nested_hw_vcpu *hv)
{
    return hvm_guest_tsc(hv->v) >> vmx_caps.preemption_shift;
}

uint32_t nested_timer_left(const struct nested_hw_vcpu *hv)
{
    uint64_t now;

    if ( !hv->timer_deadline )
        return hv->nv.state.timer_left;
    /* Part of the present tick is over, and the processor's begin elsewhere. */
    now = ticks_now(hv) + 1;

    return now < hv->timer_deadline ? hv->timer_deadline - now : 0;
}

static void start(struct nested_hw_vcpu *hv)
{
    if ( !hv->timer_deadline )
        hv->timer_deadline = ticks_now(hv) + hv->nv.state.timer_left;
}

void nested_timer_stop(struct nested_hw_vcpu *hv)
{
    hv->nv.state.timer_left = nested_timer_left(hv);
    hv->timer_deadline = 0;
    if ( hv->halt_timer_on )
        stop_timer(&hv->halt_timer);
    hv->halt_timer_on = false;
}

/* A halted L2 does not enter the vmcs02, so one of L0's timers wakes it. */
void nested_start_halt_timer(struct nested_hw_vcpu *hv)
{
    uint64_t tsc;

    start(hv);
    tsc = (uint64_t)nested_timer_left(hv) << vmx_caps.preemption_shift;
    set_timer(&hv->halt_timer, NOW() + hvm_tsc_to_ns(hv->v->domain, tsc));
    hv->halt_timer_on = true;
}

/* The processor's timer counts the machine's TSC, whatever L1's rate is. */
static uint64_t ticks_left_here(const struct nested_hw_vcpu *hv)
{
    uint64_t left = nested_timer_left(hv);
    unsigned int shift = vmx_caps.preemption_shift;

    if ( likely(!hv->v->domain->arch.tsc.ratio) || !left )
        return left;
    return (hvm_tsc_to_host(hv->v->domain, left << shift) >> shift) + 1;
}

/*
 * The preemption timer serves three: L0's backstop, L1's own timer, and an
 * entry that is to come back at once. The vmcs02 runs with the smallest.
 */
void nested_write_timer(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    uint32_t ticks = vmx_preemption_ticks();

    if ( hv->nv.state.timer_active )
    {
        start(hv);
        ticks = min((uint64_t)ticks, ticks_left_here(hv));
    }
    if ( hv->exit_soon )
        ticks = 0;
    vmwrite(VMCS_preemption_timer, ticks);
}

/* True if this was L1's timer; L0's backstop is the base's to serve. */
bool nested_timer_expired(struct vcpu *v, bool exit_soon)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    return !exit_soon && hv->nv.state.timer_active && !nested_timer_left(hv);
}
