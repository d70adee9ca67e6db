/* SPDX-License-Identifier: MIT */
/* A VM exit to L1: state of L2 into the vmcs12, of L1 into the vmcs01. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"

/* --- Which VMCS is current --- */
void nested_switch_to_vmcs02(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_hw_ctx *hw = hw_ctx(ctx);

    hv->vmx01 = v->arch.vmx;
    hw->vmx.ept_gen = hv->vmx01.ept_gen;
    v->arch.vmx = hw->vmx;
    hv->nv.state.guest_mode = true;
    vmx_load_vmcs(v);
}

void nested_switch_to_vmcs01(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    hw_ctx(hv->nv.cur)->vmx = v->arch.vmx;
    hv->vmx01.ept_gen = v->arch.vmx.ept_gen;
    v->arch.vmx = hv->vmx01;
    hv->nv.state.guest_mode = false;
    vmx_load_vmcs(v);
    vmx_intr_dirty(v);
}

/* --- L2's state, from the vmcs02 to the vmcs12 --- */
static void save_segments(struct vmcs12 *v12)
{
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
    {
        (&v12->guest_es_selector)[i] = vmread(VMCS_guest_es_selector + 2 * i);
        (&v12->guest_es_limit)[i] = vmread(VMCS_guest_es_limit + 2 * i);
        (&v12->guest_es_ar)[i] = vmread(VMCS_guest_es_ar + 2 * i);
    }
    v12->guest_gdtr_limit = vmread(VMCS_guest_gdtr_limit);
    v12->guest_idtr_limit = vmread(VMCS_guest_idtr_limit);
}

static void save_bases(struct vmcs12 *v12)
{
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
        (&v12->guest_es_base)[i] = vmread(VMCS_guest_es_base + 2 * i);
    v12->guest_gdtr_base = vmread(VMCS_guest_gdtr_base);
    v12->guest_idtr_base = vmread(VMCS_guest_idtr_base);
}

static void save_msrs(struct nested_ctx *ctx)
{
    struct vmcs12 *v12 = &ctx->v12;
    uint32_t exit_ctrl = hw_ctx(ctx)->exit_ctrl;

    v12->guest_sysenter_cs = vmread(VMCS_guest_sysenter_cs);
    v12->guest_sysenter_esp = vmread(VMCS_guest_sysenter_esp);
    v12->guest_sysenter_eip = vmread(VMCS_guest_sysenter_eip);
    if ( exit_ctrl & EXIT_CTL_SAVE_PAT )
        v12->guest_pat = vmread(VMCS_guest_pat);
    if ( exit_ctrl & EXIT_CTL_SAVE_DEBUG )
    {
        v12->guest_debugctl =
            unmerge_debugctl(vmread(VMCS_guest_debugctl), v12->guest_debugctl);
        v12->guest_dr7 = vmread(VMCS_guest_dr7);
    }
}

void nested_save_groups(struct nested_ctx *ctx, uint32_t groups)
{
    if ( groups & VMCS12_GB(SEG) )
        save_segments(&ctx->v12);
    if ( groups & VMCS12_GB(BASE) )
        save_bases(&ctx->v12);
    if ( groups & VMCS12_GB(GMSR) )
        save_msrs(ctx);
}

static void save_cr(struct nested_ctx *ctx, uint64_t efer)
{
    const struct vmcs02_cr *cr = &hw_ctx(ctx)->cr;
    struct vmcs12 *v12 = &ctx->v12;
    uint64_t l0_cr0 = cr->cr0_mask & ~v12->cr0_mask;
    uint64_t l0_cr4 = cr->cr4_mask & ~v12->cr4_mask;

    v12->guest_cr0 =
        unmerge_cr(vmread(VMCS_guest_cr0), vmread(VMCS_cr0_read_shadow), l0_cr0,
                   v12->cr0_mask, v12->guest_cr0);
    v12->guest_cr4 =
        unmerge_cr(vmread(VMCS_guest_cr4), vmread(VMCS_cr4_read_shadow), l0_cr4,
                   v12->cr4_mask, v12->guest_cr4);
    v12->guest_cr3 = vmread(VMCS_guest_cr3);
    if ( hw_ctx(ctx)->exit_ctrl & EXIT_CTL_SAVE_EFER )
        v12->guest_efer = efer;
    if ( (v12->guest_cr0 & X86_CR0_PG) && (v12->guest_cr4 & X86_CR4_PAE) &&
         !(efer & EFER_LMA) && (vmcs12_proc2(v12) & PROC2_EPT) )
        for ( unsigned int i = 0; i < 4; i++ )
            (&v12->guest_pdpte0)[i] = vmread(VMCS_guest_pdpte0 + 2 * i);
}

/* What L1 looks at after nearly every exit; the rest when it asks. */
static void save_guest_state(struct vcpu *v, struct nested_ctx *ctx,
                             uint64_t efer)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    struct vmcs12 *v12 = &ctx->v12;
    uint32_t entry_ctrl = v12->entry_ctrl;

    hw->exit_ctrl = v12->exit_ctrl;
    v12->guest_rip = vmread(VMCS_guest_rip);
    v12->guest_rsp = vmread(VMCS_guest_rsp);
    v12->guest_rflags = vmread(VMCS_guest_rflags);
    v12->guest_interruptibility = vmread(VMCS_guest_interruptibility);
    v12->guest_pending_dbg = vmread(VMCS_guest_pending_dbg);
    if ( !hv->nv.state.l2_halted )
        v12->guest_activity = ACTIVITY_ACTIVE;
    else if ( v12->guest_activity == ACTIVITY_ACTIVE )
        v12->guest_activity = ACTIVITY_HLT;
    v12->guest_cs_ar = vmread(VMCS_guest_cs_ar);
    v12->guest_ss_ar = vmread(VMCS_guest_ss_ar);
    save_cr(ctx, efer);
    ctx->stale = VMCS12_GROUPS_LAZY;

    reflect_lma(v12, efer);
    if ( v12->entry_ctrl != entry_ctrl )
    {
        /* The processor moved the vmcs02's control along. */
        hw->ctrl.entry ^= ENTRY_CTL_GUEST_64;
        ctx->unchecked |= VMCS12_GB(CTRL);
    }
    if ( hv->nv.state.timer_active && (v12->exit_ctrl & EXIT_CTL_SAVE_PREEMPT) )
        v12->preemption_timer = hv->nv.state.timer_left;
}

/* --- L1's host state, to the vmcs01 --- */
static void write_host_segments(const struct l1_host_state *h)
{
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
    {
        vmwrite(VMCS_guest_es_selector + 2 * i, h->selector[i]);
        vmwrite(VMCS_guest_es_limit + 2 * i, h->limit[i]);
        vmwrite(VMCS_guest_es_ar + 2 * i, h->ar[i]);
    }
    vmwrite(VMCS_guest_es_base, 0);
    vmwrite(VMCS_guest_cs_base, 0);
    vmwrite(VMCS_guest_ss_base, 0);
    vmwrite(VMCS_guest_ds_base, 0);
    vmwrite(VMCS_guest_fs_base, h->fs_base);
    vmwrite(VMCS_guest_gs_base, h->gs_base);
    vmwrite(VMCS_guest_tr_base, h->tr_base);
    vmwrite(VMCS_guest_ldtr_base, 0);
    vmwrite(VMCS_guest_gdtr_base, h->gdtr_base);
    vmwrite(VMCS_guest_idtr_base, h->idtr_base);
    vmwrite(VMCS_guest_gdtr_limit, h->table_limit);
    vmwrite(VMCS_guest_idtr_limit, h->table_limit);
}

#define DR7_RESET 0x400ULL

static void write_host_state(struct vcpu *v, const struct l1_host_state *h)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;
    uint32_t entry = h->ia32e ? vmx->entry | ENTRY_CTL_GUEST_64
                              : vmx->entry & ~ENTRY_CTL_GUEST_64;

    vmwrite(VMCS_guest_rip, h->rip);
    vmwrite(VMCS_guest_rsp, h->rsp);
    vmwrite(VMCS_guest_rflags, X86_EFLAGS_MBS);
    vmwrite(VMCS_guest_interruptibility, h->nmi_blocked ? INTR_STATE_NMI : 0);
    vmwrite(VMCS_guest_activity, ACTIVITY_ACTIVE);
    vmwrite(VMCS_guest_pending_dbg, 0);
    vmwrite(VMCS_guest_dr7, DR7_RESET);
    vmwrite(VMCS_guest_debugctl, 0);
    vmwrite(VMCS_cr0_read_shadow, h->cr0);
    vmwrite(VMCS_guest_cr0, (h->cr0 & ~L0_CR0_FORCED0) | L0_CR0_FORCED1);
    vmwrite(VMCS_guest_cr3, h->cr3);
    vmwrite(VMCS_cr4_read_shadow, h->cr4);
    vmwrite(VMCS_guest_cr4, h->cr4 | L0_CR4_FORCED1);
    vmwrite(VMCS_guest_efer, h->efer);
    /* The base changes this control behind its copy's back. */
    vmx->entry = entry;
    vmwrite(VMCS_entry_ctrl, entry);
    vmwrite(VMCS_guest_pat, h->pat);
    vmwrite(VMCS_guest_sysenter_cs, h->sysenter_cs);
    vmwrite(VMCS_guest_sysenter_esp, h->sysenter_esp);
    vmwrite(VMCS_guest_sysenter_eip, h->sysenter_eip);
    write_host_segments(h);
}

void nested_abort(struct vcpu *v, uint32_t code)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    (void)nested_hw_env.write_phys(hv, hv->nv.cur->gpa + VMCS_ABORT_OFFSET,
                                   &code, sizeof(code));
    domain_crash(v->domain, "VMX abort %u in d%uv%u", code,
                 v->domain->domain_id, v->vcpu_id);
}

/*
 * The vmcs02 is loaded; load host state as an exit does. kept has L2's EFER
 * and PAT, or is NULL when L2 has not run and L1's own are still in place.
 */
static void load_host_state(struct vcpu *v, const struct l2_exit *e,
                            struct l1_kept *kept)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    const struct vmcs12 *v12 = &ctx->v12;
    struct l1_host_state *h = &hw_ctx(ctx)->host;
    struct l1_kept own;

    nested_shadow_export(v, ctx);
    nested_switch_to_vmcs01(v);
    if ( !kept )
    {
        kept = &own;
        kept->efer = vmread(VMCS_guest_efer);
        kept->pat = vmread(VMCS_guest_pat);
    }
    kept->cr0 = vmread(VMCS_cr0_read_shadow);
    if ( !hw_ctx(ctx)->host_valid )
        reflect_host_fixed(v12, h);
    hw_ctx(ctx)->host_valid = true;
    reflect_host_kept(v12, kept, e, h);
    write_host_state(v, h);
    if ( !h->ia32e && (h->cr0 & X86_CR0_PG) && (h->cr4 & X86_CR4_PAE) &&
         vmx_load_pdptes(v, h->cr3) )
    {
        nested_abort(v, VMX_ABORT_HOST_PDPTE);
        return;
    }
    /* Without VPIDs an exit starts with empty TLBs as an entry does. */
    if ( !(vmcs12_proc2(v12) & PROC2_VPID) )
        vmx_flush_guest_tlb(v);
    if ( v12->exit_msr_load_count &&
         msr_list_load(&hv->nv, &nested_msr_access, v12->exit_msr_load_addr,
                       v12->exit_msr_load_count) )
        nested_abort(v, VMX_ABORT_MSR_LOAD);
}

/* What was noted for the next run of L2 is void: there is none. */
static void forget_entry(struct nested_hw_vcpu *hv)
{
    hv->nv.state.l2_halted = hv->nv.state.run_pending = hv->exit_soon = false;
    hv->nv.state.delivers = hv->watch_rip = hv->mtf_for_timer = false;
    hv->nv.state.mtf_pending = false;
}

void nested_entry_failure(struct vcpu *v, uint32_t basic_reason, uint64_t qual)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    const struct l2_exit e = { .reason = basic_reason };

    hv->nv.stats.entry_failures++;
    vmwrite(VMCS_entry_intr_info, 0);
    forget_entry(hv);
    reflect_entry_failure(&hv->nv.cur->v12, basic_reason, qual);
    load_host_state(v, &e, NULL);
}

/* An event for L2 that L0 holds goes back to L1 with the exit. */
static void return_pending_event(struct vcpu *v, struct l2_exit *e)
{
    struct hvm_event *ev = &v->arch.inject;

    if ( !ev->pending )
        return;
    ev->pending = false;
    if ( !(e->idt_info & INTR_INFO_VALID) )
        reflect_pending_event(e,
                              INTR_INFO_VALID | ev->vector |
                                  (uint32_t)ev->type << INTR_INFO_TYPE_SHIFT |
                                  (ev->has_error ? INTR_INFO_ERROR_CODE : 0),
                              ev->error_code, ev->insn_len);
}

void nested_vmexit(struct vcpu *v, struct l2_exit *e)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    struct vmcs12 *v12 = &ctx->v12;
    struct l1_kept kept = { .efer = vmread(VMCS_guest_efer) };
    bool store_failed;

    /* Only an exit that does not load PAT leaves L2's behind. */
    if ( !(v12->exit_ctrl & EXIT_CTL_LOAD_PAT) )
        kept.pat = vmread(VMCS_guest_pat);
    hv->nv.stats.exits_l1[l2_exit_basic(e)]++;
    if ( unlikely(hv->nv.state.timer_active) )
        nested_timer_stop(hv);
    return_pending_event(v, e);
    nested_vapic_exit(v, v12);
    save_guest_state(v, ctx, kept.efer);
    reflect_exit_info(v12, e);
    forget_entry(hv);
    store_failed =
        v12->exit_msr_store_count &&
        msr_list_store(&hv->nv, &nested_msr_access, v12->exit_msr_store_addr,
                       v12->exit_msr_store_count);
    load_host_state(v, e, &kept);
    if ( store_failed )
        nested_abort(v, VMX_ABORT_MSR_STORE);
}
