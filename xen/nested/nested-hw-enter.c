/* SPDX-License-Identifier: MIT */
/* VM entry to L2: check the vmcs12, write the vmcs02, and what comes later. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"

/* MSRs that the base lets guests have as they are: v's are loaded. */
static bool is_live(uint32_t msr)
{
    switch ( msr )
    {
    case MSR_STAR:
    case MSR_LSTAR:
    case MSR_CSTAR:
    case MSR_SYSCALL_MASK:
    case MSR_SHADOW_GS_BASE:
        return true;

    case MSR_TSC_AUX:
        return vmx_caps.rdtscp;

    default:
        return false;
    }
}

static int msr_read(void *priv, uint32_t msr, uint64_t *val)
{
    return is_live(msr)
               ? rdmsr_safe(msr, val)
               : vmx_msr_read(((struct nested_hw_vcpu *)priv)->v, msr, val);
}

/* The processor refuses what it would refuse a guest. */
static int msr_write(void *priv, uint32_t msr, uint64_t val)
{
    return is_live(msr)
               ? wrmsr_safe(msr, val)
               : vmx_msr_write(((struct nested_hw_vcpu *)priv)->v, msr, val);
}

const struct msr_access nested_msr_access = { msr_read, msr_write };

/* --- The checks --- */

/* Which VMfail number, or 0. */
static uint32_t check_before_guest(const struct nested_ctx *ctx,
                                   const struct entry_check *c,
                                   const struct check_row **row)
{
    uint32_t groups = ctx->unchecked | CHECK_ALWAYS;

    *row = check_controls(c, groups);
    if ( *row )
        return VMX_ERR_ENTRY_CONTROLS;
    *row = check_host_state(c, groups);
    if ( *row )
        return VMX_ERR_ENTRY_HOST_STATE;

    return 0;
}

/* Groups that the rows to be run will read, but only the vmcs02 has now. */
static void fetch_for_checks(struct nested_vcpu *nv, struct nested_ctx *ctx)
{
    const uint32_t far_reaching =
        VMCS12_GB(CTRL) | VMCS12_GB(CR) | VMCS12_GROUPS_LAZY;
    bool blocked = ctx->v12.guest_interruptibility &
                       (INTR_STATE_STI | INTR_STATE_MOV_SS) ||
                   ctx->v12.guest_activity != ACTIVITY_ACTIVE;

    if ( ctx->stale && ((ctx->unchecked & far_reaching) || blocked) )
    {
        nv->env->ctx_sync(nv->priv, ctx, ctx->stale);
        ctx->stale = 0;
    }
}

static void log_failed_check(struct vcpu *v, const struct check_row *row)
{
    guest_printk(v->domain, "d%uv%u: VM entry to L2 refused: %s\n",
                 v->domain->domain_id, v->vcpu_id, row->name);
}

/* Of the event types this one delivers nothing: L2 exits before it runs. */
static bool injects_mtf(const struct vmcs12 *v12)
{
    return (v12->entry_intr_info & (INTR_INFO_VALID | INTR_INFO_TYPE_MASK)) ==
           (INTR_INFO_VALID | INTR_TYPE_OTHER << INTR_INFO_TYPE_SHIFT);
}

/* The entry has passed: what is to become of this run of L2. */
static void begin_run(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_state *s = &hv->nv.state;
    struct vmcs12 *v12 = &ctx->v12;
    bool event;

    v12->launch_state = VMCS12_LAUNCH_LAUNCHED;
    hv->nv.stats.entries++;
    hv->nv.notes.sipi = false;
    s->mtf_pending = injects_mtf(v12);
    event = (v12->entry_intr_info & INTR_INFO_VALID) && !s->mtf_pending;
    s->run_pending = true;
    s->delivers = event || v12->guest_pending_dbg;
    s->l2_halted = v12->guest_activity != ACTIVITY_ACTIVE && !event;
    nested_vapic_enter(v, v12);
    s->timer_active = v12->pin_ctrl & PIN_PREEMPT;
    s->timer_left = v12->preemption_timer;
    hv->timer_deadline = 0;
    if ( !s->timer_active && (hw_ctx(ctx)->ctrl.pin & PIN_PREEMPT) )
        vmwrite(VMCS_preemption_timer, vmx_preemption_ticks());
    if ( hw_ctx(ctx)->refill )
        nested_refill_ept(v, ctx);
    vmx_intr_dirty(v);
}

enum nested_entry nested_enter(struct vcpu *v, uint32_t *error)
{
    struct nested_vcpu *nv = v->arch.nested;
    struct nested_ctx *ctx = nv->cur;
    const struct vmcs12 *v12 = &ctx->v12;
    const struct check_row *row;
    struct merge_l0 l0;
    struct entry_check c = {
        .v = v12,
        .caps = nv->caps,
        .env = nv->env,
        .priv = nv->priv,
        .vmcs12_gpa = ctx->gpa,
        .l1_long_mode = hvm_long_mode_active(),
    };
    uint32_t failed;

    nested_shadow_import(v, ctx);
    fetch_for_checks(nv, ctx);
    *error = check_before_guest(ctx, &c, &row);
    if ( *error )
    {
        nv->stats.entry_failures++;
        log_failed_check(v, row);
        return NESTED_FAILED;
    }

    /* From here on a failure is a VM exit: L1 goes on at its host RIP. */
    if ( ctx->unmerged &
         (VMCS12_GB(HOST) | VMCS12_GB(HBASE) | VMCS12_GB(CTRL)) )
        hw_ctx(ctx)->host_valid = false;
    nested_l0_controls(v, ctx, &l0);

    row = check_guest_state(&c, ctx->unchecked | CHECK_ALWAYS);
    nested_switch_to_vmcs02(v, ctx);
    if ( row )
    {
        log_failed_check(v, row);
        nested_entry_failure(v, EXIT_REASON_ENTRY_GUEST_STATE, row->qual);
        return NESTED_ENTERED;
    }
    ctx->unchecked = 0;

    if ( nested_set_ept(v, ctx) )
    {
        domain_crash(v->domain, "no memory left for nested EPT");
        return NESTED_ENTERED;
    }
    nested_write_vmcs02(v, ctx, &l0);
    failed =
        !v12->entry_msr_load_count
            ? 0
            : msr_list_load(nv, &nested_msr_access, v12->entry_msr_load_addr,
                            v12->entry_msr_load_count);
    if ( failed )
    {
        nested_entry_failure(v, EXIT_REASON_ENTRY_MSR_LOAD, failed);
        return NESTED_ENTERED;
    }

    begin_run(v, ctx);

    return NESTED_ENTERED;
}
