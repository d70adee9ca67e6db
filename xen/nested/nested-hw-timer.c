/* SPDX-License-Identifier: MIT */
/* L1's preemption timer, which shares the processor's with L0. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"

/*
 * A halted L2 does not enter the vmcs02, so its timer is one of L0's. That it
 * woke the vCPU shows by the time gone.
 */
void nested_start_halt_timer(struct nested_hw_vcpu *hv)
{
    uint64_t tsc = ((uint64_t)hv->nv.state.timer_total + 1)
                   << vmx_caps.preemption_shift;

    hv->halt_start = rdtsc();
    set_timer(&hv->halt_timer, NOW() + tsc_to_ns(tsc));
}

/* True when the timer expired while L2 was halted. */
bool nested_halt_timer_expired(struct nested_hw_vcpu *hv)
{
    uint64_t ticks = (rdtsc() - hv->halt_start) >> vmx_caps.preemption_shift;

    if ( !hv->halt_start )
        return false;
    stop_timer(&hv->halt_timer);
    hv->halt_start = 0;
    hv->nv.state.timer_total -= min(ticks, (uint64_t)hv->nv.state.timer_total);

    return !hv->nv.state.timer_total;
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
        ticks = min(ticks, hv->nv.state.timer_total);
    if ( hv->exit_soon )
        ticks = 0;
    hv->timer_loaded = ticks;
    vmwrite(VMCS_preemption_timer, ticks);
}

/* L2 has run: that much of L1's timer is gone. */
void nested_account_timer(struct nested_hw_vcpu *hv)
{
    if ( hv->nv.state.timer_active )
        hv->nv.state.timer_total -=
            hv->timer_loaded - vmread(VMCS_preemption_timer);
}

/* True if this was L1's timer; L0's backstop is the base's to serve. */
bool nested_timer_expired(struct vcpu *v, bool exit_soon)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    if ( exit_soon )
        vmx_intr_dirty(v);

    return !exit_soon && hv->nv.state.timer_active && !hv->nv.state.timer_total;
}
