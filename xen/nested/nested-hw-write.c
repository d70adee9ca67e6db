/* SPDX-License-Identifier: MIT */
/* Writing the vmcs02: what changed of the vmcs12, merged with L0's wishes. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/spec-ctrl.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"
#include "vpid02.h"

/* --- L0's side of the merge --- */
#define ENTRY_LOADS_ALL \
    (ENTRY_CTL_LOAD_DEBUG | ENTRY_CTL_LOAD_PAT | ENTRY_CTL_LOAD_EFER)
/* Groups whose merge depends on more of L0 than the TSC offset. */
#define GROUPS_MERGED                                                       \
    (VMCS12_GB(CTRL) | VMCS12_GB(LOOSE) | VMCS12_GB(PROC) | VMCS12_GB(CR) | \
     VMCS12_GB(MASK) | VMCS12_GB(GMSR))

/*
 * Loads of this entry (ENTRY_CTL_LOAD_*) of values that the last exit saved, so
 * the vmcs02 has them. What is not loaded is L1's; and what the exit did not
 * save L2 may have changed since it was loaded.
 */
static uint32_t loads_in_place(const struct nested_ctx *ctx)
{
    uint32_t saved = hw_ctx(ctx)->exit_ctrl;

    return ctx->v12.entry_ctrl &
           ((saved & EXIT_CTL_SAVE_DEBUG ? ENTRY_CTL_LOAD_DEBUG : 0) |
            (saved & EXIT_CTL_SAVE_PAT ? ENTRY_CTL_LOAD_PAT : 0) |
            (saved & EXIT_CTL_SAVE_EFER ? ENTRY_CTL_LOAD_EFER : 0));
}

static bool all_in_place(const struct nested_ctx *ctx)
{
    return loads_in_place(ctx) == ENTRY_LOADS_ALL;
}

void nested_l0_controls(const struct vcpu *v, const struct nested_ctx *ctx,
                        struct merge_l0 *l0)
{
    const struct vmx_vcpu *vmx01 = &v->arch.vmx;
    bool merges =
        !hw_ctx(ctx)->constants_written || (ctx->unmerged & GROUPS_MERGED);

    l0->tsc_offset = v->arch.tsc_offset;
    if ( merges || !all_in_place(ctx) )
    {
        l0->efer = vmread(VMCS_guest_efer);
        l0->pat = vmread(VMCS_guest_pat);
        l0->debugctl = vmread(VMCS_guest_debugctl);
        l0->dr7 = vmread(VMCS_guest_dr7);
    }
    if ( !merges )
        return;

    l0->tsc_multiplier = hvm_tsc_multiplier(v->domain);
    l0->pin = vmx01->pin;
    l0->proc = vmx01->proc;
    l0->proc2 = vmx01->proc2;
    l0->exit = vmx01->exit;
    l0->entry = vmx01->entry;
    l0->vapic = domain_nested(v)->vapic;
    l0->exception_bitmap = vmx_exception_bitmap();
    l0->cr0_mask = vmx01->cr0_mask;
    l0->cr4_mask = vmx01->cr4_mask;
    l0->cr0_forced0 = L0_CR0_FORCED0;
    l0->cr0_forced1 = L0_CR0_FORCED1;
    l0->cr4_forced1 = L0_CR4_FORCED1;
}

/* --- Pages of L1 that the vmcs02 names --- */
static paddr_t pin_page(struct vcpu *v, struct nested_hw_ctx *hw,
                        enum nested_pin which, bool wanted, uint64_t gpa,
                        bool moved)
{
    p2m_type_t t;
    struct page_info **pg = &hw->pin[which];
    uint64_t gfn = gpa >> PAGE_SHIFT;

    if ( *pg && (!wanted || hw->pin_gfn[which] != gfn || moved) )
    {
        put_page(*pg);
        *pg = NULL;
    }
    if ( !wanted )
        return 0;
    if ( !*pg )
    {
        *pg = get_page_from_gfn(v->domain, _gfn(gfn), &t);
        hw->pin_gfn[which] = gfn;
        /* The processor writes to it past all p2m rights. */
        if ( *pg && which == PIN_PAGE_VAPIC && t != p2m_ram_rw &&
             t != p2m_ram_logdirty )
        {
            put_page(*pg);
            *pg = NULL;
        }
    }

    return virt_to_maddr(*pg ? page_to_virt(*pg) : nested_hw(v)->scratch);
}

/* The vmcs02 is loaded. */
void nested_refresh_pins(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    const struct vmcs12 *v12 = &ctx->v12;
    bool vapic = v12->proc_ctrl & PROC_TPR_SHADOW;
    bool apic_access = vmcs12_proc2(v12) & PROC2_APIC_ACCESS;
    /* Read first: what changes from here on is looked at next time. */
    uint64_t gen = READ_ONCE(domain_nested(v)->p2m_gen);
    bool moved = hw->pin_gen != gen;
    paddr_t pa;

    hw->pin_gen = gen;
    (void)pin_page(v, hw, PIN_PAGE_MSR_BITMAP,
                   v12->proc_ctrl & PROC_MSR_BITMAPS, v12->msr_bitmap, moved);
    pa = pin_page(v, hw, PIN_PAGE_VAPIC, vapic, v12->virtual_apic_addr, moved);
    if ( vapic )
        vmwrite(VMCS_virtual_apic_addr, pa);
    pa = pin_page(v, hw, PIN_PAGE_APIC_ACCESS, apic_access,
                  v12->apic_access_addr, moved);
    if ( !apic_access )
        pa = vmx_apic_access_page(v->domain);
    if ( pa != INVALID_PADDR )
        vmwrite(VMCS_apic_access_addr, pa);
}

/* L1 may have changed its bitmap since the last entry. */
static void merge_msrs_allowed(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    const struct page_info *pg = hw->pin[PIN_PAGE_MSR_BITMAP];

    if ( hw->ctrl.proc & PROC_MSR_BITMAPS )
        merge_msr_bitmap(hw->vmx.msr_bitmap, nested_hw(v)->vmx01.msr_bitmap,
                         pg ? page_to_virt(pg) : NULL, &hw->words);
    if ( likely(!(hw->ctrl.proc2 & PROC2_X2APIC) && !hw->x2apic_open) )
        return;
    hw->x2apic_open = pg && (hw->ctrl.proc2 & PROC2_X2APIC);
    merge_x2apic(hw->vmx.msr_bitmap, pg ? page_to_virt(pg) : NULL,
                 hw->ctrl.proc2);
}

/* --- Writing the vmcs02 --- */

/* Fields that stay as they are as long as the vmcs02 lives. */
static void write_constants(struct nested_hw_ctx *hw)
{
    vmwrite(VMCS_vmcs_link_ptr, VMCS_LINK_PTR_NONE);
    vmwrite(VMCS_exit_msr_store_count, 0);
    vmwrite(VMCS_exit_msr_load_count, 0);
    spec_ctrl_write_entry_msrs();
    vmwrite(VMCS_msr_bitmap, virt_to_maddr(hw->vmx.msr_bitmap));
    vmwrite(VMCS_entry_intr_info, 0);
    vmwrite(VMCS_vpid, hw->vmx.vpid);
}

/* Write a control unless the vmcs02 has this value. */
#define SET(field, member)                       \
    do                                           \
    {                                            \
        if ( all || now->member != old->member ) \
            vmwrite(VMCS_##field, now->member);  \
    } while ( 0 )

static void write_controls(struct vmx_vcpu *vmx, struct nested_hw_ctx *hw,
                           const struct vmcs02_ctrl *now, bool all)
{
    const struct vmcs02_ctrl *old = &hw->ctrl;

    SET(pin_ctrl, pin);
    SET(proc_ctrl, proc);
    SET(proc2_ctrl, proc2);
    SET(exit_ctrl, exit);
    SET(entry_ctrl, entry);
    SET(exception_bitmap, exception_bitmap);
    SET(pf_error_mask, pf_error_mask);
    SET(pf_error_match, pf_error_match);
    SET(cr3_target_count, cr3_target_count);
    SET(tsc_offset, tsc_offset);
    if ( now->proc & PROC_TPR_SHADOW )
        SET(tpr_threshold, tpr_threshold);
    if ( now->proc2 & PROC2_PLE )
    {
        SET(ple_gap, ple_gap);
        SET(ple_window, ple_window);
    }
    if ( now->proc2 & PROC2_TSC_SCALING )
        SET(tsc_multiplier, tsc_multiplier);
    if ( now->proc2 & PROC2_XSAVES )
        SET(xss_exit_bitmap, xss_exit_bitmap);
    hw->ctrl = *now;
    vmx->pin = now->pin;
    vmx->proc = now->proc;
    vmx->proc2 = now->proc2;
    vmx->exit = now->exit;
    vmx->entry = now->entry;
}

/* L1 changed none of them; what L0 did since the last entry is undone. */
static void keep_controls(struct vmx_vcpu *vmx, struct nested_hw_ctx *hw,
                          uint64_t tsc_offset)
{
    /* A window that L0 opened: L1's wishes count now. */
    if ( vmx->proc != hw->ctrl.proc )
    {
        vmwrite(VMCS_proc_ctrl, hw->ctrl.proc);
        vmx->proc = hw->ctrl.proc;
    }
    /* L1's own TSC may be another. */
    if ( hw->ctrl.tsc_offset != tsc_offset )
    {
        vmwrite(VMCS_tsc_offset, tsc_offset);
        hw->ctrl.tsc_offset = tsc_offset;
    }
}

/* The VMCS of v that is loaded is the vmcs02, and it stays so. */
void nested_tsc_moved(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    uint64_t offset = merge_tsc_offset(v->arch.tsc_offset, &ctx->v12);

    vmwrite(VMCS_tsc_offset, offset);
    hw_ctx(ctx)->ctrl.tsc_offset = offset;
    vmx_vmptrld(mfn_x(hv->vmx01.vmcs) << PAGE_SHIFT);
    vmwrite(VMCS_tsc_offset, v->arch.tsc_offset);
    vmx_clear_vmcs(&hv->vmx01);
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
}

void nested_tsc_changed(struct vcpu *v)
{
    struct nested_vcpu *nv = v->arch.nested;

    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] )
            nv->ctx[i]->unmerged |= VMCS12_GB(PROC);
}

static void write_cr(struct vmx_vcpu *vmx, struct nested_hw_ctx *hw,
                     const struct vmcs02_cr *now, bool all)
{
    const struct vmcs02_cr *old = &hw->cr;

    /* L2 changes the registers by itself: what was written last is stale. */
    vmwrite(VMCS_guest_cr0, now->cr0);
    vmwrite(VMCS_guest_cr4, now->cr4);
    vmwrite(VMCS_cr0_read_shadow, now->cr0_shadow);
    vmwrite(VMCS_cr4_read_shadow, now->cr4_shadow);
    SET(cr0_mask, cr0_mask);
    SET(cr4_mask, cr4_mask);
    hw->cr = *now;
    vmx->cr0_mask = now->cr0_mask;
    vmx->cr4_mask = now->cr4_mask;
}
#undef SET

static void write_segments(const struct vmcs12 *v12)
{
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
    {
        vmwrite(VMCS_guest_es_selector + 2 * i, (&v12->guest_es_selector)[i]);
        vmwrite(VMCS_guest_es_limit + 2 * i, (&v12->guest_es_limit)[i]);
        vmwrite(VMCS_guest_es_ar + 2 * i, (&v12->guest_es_ar)[i]);
    }
    vmwrite(VMCS_guest_gdtr_limit, v12->guest_gdtr_limit);
    vmwrite(VMCS_guest_idtr_limit, v12->guest_idtr_limit);
}

static void write_bases(const struct vmcs12 *v12)
{
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
        vmwrite(VMCS_guest_es_base + 2 * i, (&v12->guest_es_base)[i]);
    vmwrite(VMCS_guest_gdtr_base, v12->guest_gdtr_base);
    vmwrite(VMCS_guest_idtr_base, v12->guest_idtr_base);
}

/*
 * PDPTEs: with EPT12 those of the vmcs12, without it those that CR3 points
 * to. The check of guest state saw that they are good; memory may change
 * until we read it, so a bad one becomes not-present here.
 */
static void write_pdptes(struct vcpu *v, const struct vmcs12 *v12)
{
    const struct nested_caps *caps = v->arch.nested->caps;
    uint64_t pdpte[4] = { v12->guest_pdpte0, v12->guest_pdpte1,
                          v12->guest_pdpte2, v12->guest_pdpte3 };

    if ( !(v12->guest_cr0 & X86_CR0_PG) || !(v12->guest_cr4 & X86_CR4_PAE) ||
         (v12->entry_ctrl & ENTRY_CTL_GUEST_64) )
        return;
    if ( !(vmcs12_proc2(v12) & PROC2_EPT) &&
         nested_hw_env.read_phys(nested_hw(v), v12->guest_cr3 & ~0x1fULL, pdpte,
                                 sizeof(pdpte)) )
        pdpte[0] = pdpte[1] = pdpte[2] = pdpte[3] = 0;
    for ( unsigned int i = 0; i < 4; i++ )
        vmwrite(VMCS_guest_pdpte0 + 2 * i,
                check_pdpte(caps, pdpte[i]) ? pdpte[i] : 0);
}

/* All but those that are in place. */
static void write_msrs(const struct vmcs12 *v12, const struct merge_l0 *l0,
                       uint32_t in_place)
{
    struct vmcs02_msrs msrs;

    merge_msrs(l0, v12, &msrs);
    if ( !(in_place & ENTRY_CTL_LOAD_EFER) )
        vmwrite(VMCS_guest_efer, msrs.efer);
    if ( !(in_place & ENTRY_CTL_LOAD_PAT) )
        vmwrite(VMCS_guest_pat, msrs.pat);
    if ( !(in_place & ENTRY_CTL_LOAD_DEBUG) )
    {
        vmwrite(VMCS_guest_debugctl, msrs.debugctl);
        vmwrite(VMCS_guest_dr7, msrs.dr7);
    }
}

static void write_guest_state(struct vcpu *v, struct nested_ctx *ctx,
                              const struct merge_l0 *l0, uint32_t groups,
                              bool all)
{
    const struct vmcs12 *v12 = &ctx->v12;
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    struct vmcs02_cr cr;

    if ( groups & VMCS12_GB(RIP) )
    {
        vmwrite(VMCS_guest_rip, v12->guest_rip);
        vmwrite(VMCS_guest_rsp, v12->guest_rsp);
        vmwrite(VMCS_guest_rflags, v12->guest_rflags);
    }
    if ( groups & VMCS12_GB(ACTIV) )
    {
        /* Halted states are L0's to keep: the vCPU blocks instead. */
        vmwrite(VMCS_guest_activity, ACTIVITY_ACTIVE);
        vmwrite(VMCS_guest_interruptibility, v12->guest_interruptibility);
        vmwrite(VMCS_guest_pending_dbg, v12->guest_pending_dbg);
    }
    if ( groups & (VMCS12_GB(CR) | VMCS12_GB(MASK) | VMCS12_GB(CTRL)) )
    {
        merge_cr(l0, v12, &cr);
        write_cr(&v->arch.vmx, hw, &cr, all);
        vmwrite(VMCS_guest_cr3, v12->guest_cr3);
        write_pdptes(v, v12);
    }
    /* An entry without EPT12 reads them from memory each time. */
    else if ( !(vmcs12_proc2(v12) & PROC2_EPT) )
        write_pdptes(v, v12);
    if ( groups & VMCS12_GB(SEG) )
        write_segments(v12);
    if ( groups & VMCS12_GB(BASE) )
        write_bases(v12);
    if ( groups & (VMCS12_GB(GMSR) | VMCS12_GB(CR) | VMCS12_GB(CTRL)) )
    {
        write_msrs(v12, l0, 0);
        vmwrite(VMCS_guest_sysenter_cs, v12->guest_sysenter_cs);
        vmwrite(VMCS_guest_sysenter_esp, v12->guest_sysenter_esp);
        vmwrite(VMCS_guest_sysenter_eip, v12->guest_sysenter_eip);
    }
    else if ( !all_in_place(ctx) )
        write_msrs(v12, l0, loads_in_place(ctx));
}

static void write_event(const struct vmcs12 *v12)
{
    uint32_t info = v12->entry_intr_info;
    unsigned int type = (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;

    /* A pending MTF exit, "other event", is made by us. */
    if ( !(info & INTR_INFO_VALID) || type == INTR_TYPE_OTHER )
        return;
    vmwrite(VMCS_entry_intr_info, info);
    if ( info & INTR_INFO_ERROR_CODE )
        vmwrite(VMCS_entry_error_code, v12->entry_error_code);
    if ( type >= INTR_TYPE_SW_INTR )
        vmwrite(VMCS_entry_insn_len, v12->entry_insn_len);
}

void nested_write_vmcs02(struct vcpu *v, struct nested_ctx *ctx,
                         const struct merge_l0 *l0)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    struct vmx_vcpu *vmx = &v->arch.vmx; /* of the vmcs02 */
    const struct vmcs12 *v12 = &ctx->v12;
    bool all = !hw->constants_written;
    uint32_t groups = all ? VMCS12_GROUPS_ALL : ctx->unmerged;

    if ( all )
    {
        write_constants(hw);
        hw->constants_written = true;
    }
    if ( groups & (VMCS12_GB(CTRL) | VMCS12_GB(LOOSE) | VMCS12_GB(PROC)) )
    {
        struct vmcs02_ctrl ctrl;

        merge_controls(l0, v12, &ctrl);
        ASSERT(merge_is_safe(l0, v12, &ctrl));
        write_controls(vmx, hw, &ctrl, all);
        for ( unsigned int i = 0; i < ctrl.cr3_target_count; i++ )
            vmwrite(VMCS_cr3_target0 + 2 * i, (&v12->cr3_target0)[i]);
        for ( unsigned int i = 0; i < 4 && (ctrl.proc2 & PROC2_VINTR); i++ )
            vmwrite(VMCS_eoi_exit_bitmap0 + 2 * i, (&v12->eoi_exit_bitmap0)[i]);
        if ( ctrl.proc2 & PROC2_VMFUNC )
            vmwrite(VMCS_vm_function_ctrl, 0);
        nested_refresh_pins(v, ctx);
    }
    else
        keep_controls(vmx, hw, merge_tsc_offset(l0->tsc_offset, v12));
    write_guest_state(v, ctx, l0, groups, all);
    write_event(v12);
    ctx->unmerged = 0;

    merge_msrs_allowed(v, ctx);
    if ( hw->flush_vpid || vpid02_flush_on_entry(v12, hw->vpid12) )
    {
        vmx_flush_guest_tlb(v);
        hw->flush_vpid = false;
        hw->vpid12 = v12->vpid;
    }
}
