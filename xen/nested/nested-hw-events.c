/* SPDX-License-Identifier: MIT */
/* Before an entry of L2: exits that became due, events to inject. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"

/* Is what the base wants to inject the event that the exit interrupted? */
static bool is_requeued(const struct vcpu *v)
{
    const struct hvm_event *ev = &v->arch.inject;
    uint32_t info = v->arch.vmx.idt_vectoring;

    return (info & INTR_INFO_VALID) &&
           ev->vector == (info & INTR_INFO_VECTOR_MASK) &&
           ev->type == (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;
}

/* An exception that L0 found for L2, and that L1 asked for. */
static bool exception_due(struct vcpu *v, const struct vmcs12 *v12,
                          struct l2_exit *e)
{
    const struct hvm_event *ev = &v->arch.inject;

    if ( !ev->pending || ev->type != INTR_TYPE_HW_EXCEPTION || is_requeued(v) ||
         !l1_wants_exception(v12, ev->vector, ev->error_code) )
        return false;
    *e = reflect_exception(ev->vector, ev->has_error, ev->error_code,
                           ev->vector == X86_EXC_PF ? read_cr2() : 0);
    v->arch.inject.pending = false;

    return true;
}

/* An exit that became due for L1 while L2 ran or waited. */
static bool exit_due(struct vcpu *v, const struct vmcs12 *v12,
                     struct l2_exit *e)
{
    int vector;

    if ( v->arch.nmi_pending && (v12->pin_ctrl & PIN_NMI) )
    {
        v->arch.nmi_pending = false;
        *e = reflect_nmi();
        return true;
    }
    if ( !(v12->pin_ctrl & PIN_EXT_INTR) )
        return false;
    vector = vmx_pending_vector(v);
    if ( vector < 0 )
        return false;
    *e = reflect_ext_intr(v12, vector);
    if ( v12->exit_ctrl & EXIT_CTL_ACK_INTR )
        vmx_ack_vector(v, vector);

    return true;
}

/*
 * A window that L1 asked for and that is open exits even a halted L2; with
 * one that runs the processor sees to it.
 */
static bool halted_window(const struct vmcs12 *v12, struct l2_exit *e)
{
    uint32_t blocking = vmread(VMCS_guest_interruptibility);
    bool mov_ss = blocking & INTR_STATE_MOV_SS;

    if ( v12->guest_activity != ACTIVITY_ACTIVE &&
         v12->guest_activity != ACTIVITY_HLT )
        return false;
    if ( (v12->proc_ctrl & PROC_NMI_WINDOW) && !mov_ss &&
         !(blocking & INTR_STATE_NMI) )
        *e = reflect_simple(EXIT_REASON_NMI_WINDOW);
    else if ( (v12->proc_ctrl & PROC_INTR_WINDOW) && !mov_ss &&
              !(blocking & INTR_STATE_STI) &&
              (vmread(VMCS_guest_rflags) & X86_EFLAGS_IF) )
        *e = reflect_simple(EXIT_REASON_INTR_WINDOW);
    else
        return false;

    return true;
}

/* Does something want an exit for L1, or, if L1 takes it so, go into L2? */
static bool event_waits(struct vcpu *v)
{
    return v->arch.nested->notes.init || v->arch.nmi_pending ||
           vmx_pending_vector(v) >= 0;
}

/*
 * What L1 takes without exits goes into L2 as it would into L1: NMIs, and
 * vectors unless those exit. The windows that L1 opened stay open.
 */
static void assist_without_exits(struct vcpu *v, const struct nested_ctx *ctx)
{
    const uint32_t windows = PROC_INTR_WINDOW | PROC_NMI_WINDOW;

    vmx_intr_assist(v, !(ctx->v12.pin_ctrl & PIN_EXT_INTR));
    vmx_set_proc(v, ctx->v12.proc_ctrl & windows, 0);
    if ( ctx->v12.proc_ctrl & PROC_TPR_SHADOW )
        vmwrite(VMCS_tpr_threshold, ctx->v12.tpr_threshold);
}

/* Nothing else reaches an L2 that waits for a start-up IPI. */
static bool wait_for_sipi(struct vcpu *v)
{
    struct nested_notes *n = &v->arch.nested->notes;
    struct l2_exit e = reflect_simple(EXIT_REASON_SIPI);

    if ( !__atomic_exchange_n(&n->sipi, false, __ATOMIC_ACQUIRE) )
        return true;
    e.qual = n->sipi_vector;
    nested_vmexit(v, &e);

    return false;
}

/*
 * Pending interrupts do not keep it awake, or it would be looked at for ever;
 * each wakes it once when it comes.
 */
static void block_until_sipi(struct vcpu *v)
{
    __atomic_fetch_or(&v->pause_flags, VPF_blocked, __ATOMIC_SEQ_CST);
    if ( v->arch.nested->notes.sipi )
        vcpu_unblock(v);
    else
        this_cpu()->need_resched = true;
}

/*
 * An entry that comes first, because of what it delivers: no exit for L1 lies
 * between two halves of a delivery. What waits is served right behind it.
 */
static void enter_first(struct vcpu *v, const struct vmcs12 *v12)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    hv->exit_soon = event_waits(v);
    if ( !hv->exit_soon || !(v->arch.vmx.pin & PIN_PREEMPT) )
        nested_vapic_offer(v, v12, hv->nv.state.delivers);
}

static bool serve_events(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_state *s = &hv->nv.state;
    struct nested_notes *n = &hv->nv.notes;
    struct nested_ctx *ctx = hv->nv.cur;
    struct l2_exit e;

    v->arch.vmx.intr_dirty = false;
    if ( nested_waits_for_sipi(hv) )
    {
        n->init = false; /* this state blocks INIT */
        return wait_for_sipi(v);
    }
    n->sipi = false; /* it does nothing to others */
    if ( exception_due(v, &ctx->v12, &e) )
    {
        nested_vmexit(v, &e);
        return false;
    }
    if ( v->arch.inject.pending )
    {
        vmx_inject_event(v);
        v->arch.vmx.idt_vectoring = 0;
        s->run_pending = s->delivers = true;
        s->l2_halted = false;
    }
    if ( unlikely(n->init) && !s->run_pending )
    {
        n->init = false;
        e = reflect_simple(EXIT_REASON_INIT);
        nested_vmexit(v, &e);
        return false;
    }
    nested_vapic_take_posted(v, &ctx->v12);
    if ( s->run_pending )
    {
        if ( !s->l2_halted )
        {
            enter_first(v, &ctx->v12);
            return true;
        }
        s->run_pending = false; /* nothing to deliver to a halted L2 */
    }

    if ( s->l2_halted && s->timer_active && !nested_timer_left(hv) )
    {
        e = reflect_simple(EXIT_REASON_PREEMPT_TIMER);
        nested_vmexit(v, &e);
        return false;
    }
    if ( (s->l2_halted && halted_window(&ctx->v12, &e)) ||
         exit_due(v, &ctx->v12, &e) )
    {
        nested_vmexit(v, &e);
        return false;
    }
    if ( !(ctx->v12.pin_ctrl & PIN_EXT_INTR) ||
         (v->arch.nmi_pending && !(ctx->v12.pin_ctrl & PIN_NMI)) )
    {
        bool woken = hvm_vcpu_has_pending_irq(v);

        assist_without_exits(v, ctx);
        if ( woken )
            s->l2_halted = false;
        return true;
    }
    nested_vapic_offer(v, &ctx->v12, s->delivers);

    return true;
}

/*
 * Exits that are due before L2's next instruction and that the processor
 * does not make: MTF after an instruction that L0 carried out for L2 or that
 * L1 injected, and a preemption timer of 0. That one comes behind what the
 * entry delivers, for which MTF is made to exit, where the processor has it.
 */
static bool exit_at_once(struct vcpu *v, const struct vmcs12 *v12,
                         struct l2_exit *e)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_state *s = &hv->nv.state;

    if ( s->mtf_pending )
    {
        s->mtf_pending = false;
        *e = reflect_simple(EXIT_REASON_MTF);
        return true;
    }
    if ( hv->watch_rip )
    {
        hv->watch_rip = false;
        if ( vmread(VMCS_guest_rip) != hv->watched_rip )
        {
            *e = reflect_simple(EXIT_REASON_MTF);
            return v12->proc_ctrl & PROC_MTF;
        }
    }
    if ( !s->timer_active || nested_timer_left(hv) )
        return false;
    if ( s->delivers || v->arch.inject.pending )
    {
        hv->mtf_for_timer = vmx_caps.raw.proc >> 32 & PROC_MTF;
        if ( hv->mtf_for_timer )
            vmx_set_proc(v, PROC_MTF, 0);
        return false;
    }
    *e = reflect_simple(EXIT_REASON_PREEMPT_TIMER);

    return true;
}

/* MTF was L0's for one entry only. */
static void end_own_mtf(struct vcpu *v, const struct vmcs12 *v12)
{
    if ( !nested_hw(v)->mtf_for_timer )
        vmx_set_proc(v, 0, PROC_MTF & ~v12->proc_ctrl);
}

static __attribute__((noinline)) bool prepare_l2(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_state *s = &hv->nv.state;
    struct nested_hw_ctx *hw;
    struct l2_exit e;

    if ( unlikely(hv->watch_rip || s->timer_active || s->mtf_pending) )
    {
        end_own_mtf(v, &hv->nv.cur->v12);
        if ( exit_at_once(v, &hv->nv.cur->v12, &e) )
        {
            nested_vmexit(v, &e);
            return false;
        }
    }
    if ( v->arch.vmx.intr_dirty && !serve_events(v) )
        return false;
    if ( unlikely(s->l2_halted) )
    {
        /* Whatever wakes it is to be looked at. */
        vmx_intr_dirty(v);
        if ( s->timer_active && !hv->halt_timer_on )
            nested_start_halt_timer(hv);
        if ( nested_waits_for_sipi(hv) )
            block_until_sipi(v);
        else
            vcpu_block();
        /* One that came while it fell asleep: the base knows nothing of it. */
        if ( hv->nv.notes.init )
            vcpu_unblock(v);
        return false;
    }

    hw = hw_ctx(hv->nv.cur);
    if ( v->arch.vmx.pin & PIN_PREEMPT && (s->timer_active || hv->exit_soon) )
        nested_write_timer(v);
    if ( unlikely(hw->pin_gen != READ_ONCE(domain_nested(v)->p2m_gen)) )
        nested_refresh_pins(v, hv->nv.cur);
    nested_flush_ept(v, hw);
    if ( hw->ctrl.proc2 & PROC2_VINTR )
        nested_vapic_store(v);
    if ( unlikely(opt_nested_audit) )
        nested_audit_entry(v);

    return true;
}

bool nested_prepare_entry(struct vcpu *v)
{
    return likely(!v->arch.nested->state.guest_mode) || prepare_l2(v);
}
