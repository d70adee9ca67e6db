/* SPDX-License-Identifier: MIT */
/* VM exits of L2: collect, route, and put L1 back where it wants to be. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "msr-list.h"
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
    if ( hw->constants_written )
        vmx_vmptrld(mfn_x(hw->vmx.vmcs) << PAGE_SHIFT);
    else
        vmx_load_vmcs(v); /* with the host state, which stays then */
}

void nested_switch_to_vmcs01(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    hw_ctx(hv->nv.cur)->vmx = v->arch.vmx;
    hv->vmx01.ept_gen = v->arch.vmx.ept_gen;
    v->arch.vmx = hv->vmx01;
    hv->nv.state.guest_mode = false;
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
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
        (&v12->guest_es_base)[i] = vmread(VMCS_guest_es_base + 2 * i);
    }
    v12->guest_gdtr_base = vmread(VMCS_guest_gdtr_base);
    v12->guest_gdtr_limit = vmread(VMCS_guest_gdtr_limit);
    v12->guest_idtr_base = vmread(VMCS_guest_idtr_base);
    v12->guest_idtr_limit = vmread(VMCS_guest_idtr_limit);
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
    if ( !hv->l2_halted )
        v12->guest_activity = ACTIVITY_ACTIVE;
    else if ( v12->guest_activity == ACTIVITY_ACTIVE )
        v12->guest_activity = ACTIVITY_HLT;
    v12->guest_cs_ar = vmread(VMCS_guest_cs_ar);
    v12->guest_ss_ar = vmread(VMCS_guest_ss_ar);
    save_cr(ctx, efer);
    ctx->stale = VMCS12_GB(SEG) | VMCS12_GB(GMSR);

    reflect_lma(v12, efer);
    if ( v12->entry_ctrl != entry_ctrl )
    {
        /* The processor moved the vmcs02's control along. */
        hw->ctrl.entry ^= ENTRY_CTL_GUEST_64;
        ctx->unchecked |= VMCS12_GB(CTRL);
    }
    if ( hv->timer_active && (v12->exit_ctrl & EXIT_CTL_SAVE_PREEMPT) )
        v12->preemption_timer = hv->timer_total;
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
    vmwrite(VMCS_guest_cr0, (h->cr0 & ~(X86_CR0_CD | X86_CR0_NW)) | X86_CR0_NE);
    vmwrite(VMCS_guest_cr3, h->cr3);
    vmwrite(VMCS_cr4_read_shadow, h->cr4);
    vmwrite(VMCS_guest_cr4, h->cr4 | X86_CR4_VMXE);
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

extern const struct msr_access nested_msr_access;

/* The vmcs02 is loaded; load host state as an exit does. */
static void load_host_state(struct vcpu *v, const struct l2_exit *e,
                            uint64_t l2_efer, uint64_t l2_pat)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    const struct vmcs12 *v12 = &ctx->v12;
    const struct l1_kept kept = { .cr0 = hv->l1_cr0,
                                  .efer = l2_efer,
                                  .pat = l2_pat };
    struct l1_host_state *h = &hw_ctx(ctx)->host;

    if ( !hw_ctx(ctx)->host_valid )
        reflect_host_fixed(v12, h);
    hw_ctx(ctx)->host_valid = true;
    reflect_host_kept(v12, &kept, e, h);
    nested_switch_to_vmcs01(v);
    nested_shadow_export(v, ctx);
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
    if ( msr_list_load(&hv->nv, &nested_msr_access, v12->exit_msr_load_addr,
                       v12->exit_msr_load_count) )
        nested_abort(v, VMX_ABORT_MSR_LOAD);
}

void nested_entry_failure(struct vcpu *v, uint32_t basic_reason, uint64_t qual)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    const struct l2_exit e = { .reason = basic_reason };

    hv->nv.stats.entry_failures++;
    vmwrite(VMCS_entry_intr_info, 0);
    hv->l2_halted = hv->run_pending = hv->exit_soon = false;
    reflect_entry_failure(&hv->nv.cur->v12, basic_reason, qual);
    load_host_state(v, &e, hv->l1_efer, hv->l1_pat);
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

/*
 * A halted L2 does not enter the vmcs02, so its timer is one of L0's. That it
 * woke the vCPU shows by the time gone.
 */
static void start_halt_timer(struct nested_hw_vcpu *hv)
{
    uint64_t tsc = ((uint64_t)hv->timer_total + 1) << vmx_caps.preemption_shift;

    hv->halt_start = rdtsc();
    set_timer(&hv->halt_timer, NOW() + tsc_to_ns(tsc));
}

/* True when the timer expired while L2 was halted. */
static bool halt_timer_expired(struct nested_hw_vcpu *hv)
{
    uint64_t ticks = (rdtsc() - hv->halt_start) >> vmx_caps.preemption_shift;

    if ( !hv->halt_start )
        return false;
    stop_timer(&hv->halt_timer);
    hv->halt_start = 0;
    hv->timer_total -= min(ticks, (uint64_t)hv->timer_total);

    return !hv->timer_total;
}

void nested_vmexit(struct vcpu *v, struct l2_exit *e)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    struct vmcs12 *v12 = &ctx->v12;
    uint64_t efer = vmread(VMCS_guest_efer);
    /* Only an exit that does not load PAT leaves L2's behind. */
    uint64_t pat =
        v12->exit_ctrl & EXIT_CTL_LOAD_PAT ? 0 : vmread(VMCS_guest_pat);
    bool store_failed;

    hv->nv.stats.exits_l1[l2_exit_basic(e)]++;
    if ( unlikely(hv->halt_start) )
        (void)halt_timer_expired(hv); /* accounts and stops it */
    return_pending_event(v, e);
    save_guest_state(v, ctx, efer);
    reflect_exit_info(v12, e);
    hv->l2_halted = hv->run_pending = hv->exit_soon = false;
    store_failed =
        msr_list_store(&hv->nv, &nested_msr_access, v12->exit_msr_store_addr,
                       v12->exit_msr_store_count);
    load_host_state(v, e, efer, pat);
    if ( store_failed )
        nested_abort(v, VMX_ABORT_MSR_STORE);
}

/* --- Exits as they come --- */
/* Instruction information exists for these, apart from INS and OUTS. */
static bool has_insn_info(unsigned int basic)
{
    switch ( basic )
    {
    case EXIT_REASON_IO:
    case EXIT_REASON_VMCLEAR ... EXIT_REASON_VMPTRST:
    case EXIT_REASON_VMREAD:
    case EXIT_REASON_VMWRITE:
    case EXIT_REASON_VMXON:
    case EXIT_REASON_GDTR_IDTR:
    case EXIT_REASON_LDTR_TR:
    case EXIT_REASON_INVEPT:
    case EXIT_REASON_INVVPID:
    case EXIT_REASON_RDRAND:
    case EXIT_REASON_INVPCID:
    case EXIT_REASON_RDSEED:
    case EXIT_REASON_XSAVES:
    case EXIT_REASON_XRSTORS:
    case EXIT_REASON_UMWAIT:
    case EXIT_REASON_TPAUSE:
        return true;

    default:
        return false;
    }
}

static void collect_exit(uint32_t reason, struct l2_exit *e)
{
    unsigned int basic = reason & EXIT_REASON_BASIC_MASK;

    *e = (struct l2_exit){
        .reason = reason,
        .qual = vmread(VMCS_exit_qualification),
        .idt_info = vmread(VMCS_idt_vectoring_info),
        .insn_len = vmread(VMCS_exit_insn_len),
    };
    if ( e->idt_info & INTR_INFO_VALID )
        e->idt_error_code = vmread(VMCS_idt_vectoring_error_code);
    if ( has_insn_info(basic) )
        e->insn_info = vmread(VMCS_exit_insn_info);

    switch ( basic )
    {
    case EXIT_REASON_EXCEPTION_NMI:
        e->intr_info = vmread(VMCS_exit_intr_info);
        e->intr_error_code = vmread(VMCS_exit_intr_error_code);
        break;

    case EXIT_REASON_EPT_VIOLATION:
    case EXIT_REASON_EPT_MISCONFIG:
        e->gpa = vmread(VMCS_guest_phys_addr);
        e->gla = vmread(VMCS_guest_linear_addr);
        break;

    case EXIT_REASON_CR_ACCESS:
        e->gla = vmread(VMCS_guest_linear_addr);
        break;

    case EXIT_REASON_IO:
        if ( !(e->qual & IO_QUAL_STRING) )
            break;
        e->gla = vmread(VMCS_guest_linear_addr);
        e->io_rcx = vmread(VMCS_io_rcx);
        e->io_rsi = vmread(VMCS_io_rsi);
        e->io_rdi = vmread(VMCS_io_rdi);
        e->io_rip = vmread(VMCS_io_rip);
        break;

    default:
        break;
    }
}

/* As the base does it for exits that it dispatches itself. */
static void requeue_event(struct vcpu *v, const struct l2_exit *e)
{
    struct hvm_event *ev = &v->arch.inject;

    v->arch.vmx.idt_vectoring = e->idt_info;
    if ( !(e->idt_info & INTR_INFO_VALID) )
        return;
    *ev = (struct hvm_event){
        .pending = true,
        .vector = e->idt_info & INTR_INFO_VECTOR_MASK,
        .type = (e->idt_info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT,
        .has_error = e->idt_info & INTR_INFO_ERROR_CODE,
        .error_code = e->idt_error_code,
        .insn_len = e->insn_len,
    };
    vmx_intr_dirty(v);
}

/*
 * MOV to CR0 or CR4, or LMSW, that touches bits of L0's only. The base checks
 * and writes it; L1's bits keep their real values and their shadows.
 */
static void handle_cr(struct vcpu *v, const struct l2_exit *e,
                      const struct vmcs12 *v12)
{
    bool is_cr4 = (e->qual & CR_QUAL_NUM_MASK) == 4;
    uint64_t mask = is_cr4 ? v12->cr4_mask : v12->cr0_mask;
    uint64_t shadow = is_cr4 ? v12->cr4_read_shadow : v12->cr0_read_shadow;
    uint32_t hw_field = is_cr4 ? VMCS_guest_cr4 : VMCS_guest_cr0;
    uint32_t shadow_field =
        is_cr4 ? VMCS_cr4_read_shadow : VMCS_cr0_read_shadow;
    uint64_t real = vmread(hw_field), val, merged;

    if ( (e->qual >> CR_QUAL_TYPE_SHIFT & CR_QUAL_TYPE_MASK) ==
         CR_QUAL_TYPE_LMSW )
        val = (hvm_get_cr0() & ~(X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)) |
              (e->qual >> CR_QUAL_LMSW_SHIFT &
               (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS));
    else
        val = v->arch.gprs.r[e->qual >> CR_QUAL_GPR_SHIFT & CR_QUAL_GPR_MASK];

    merged = (val & ~mask) | (real & mask);
    if ( is_cr4 ? vmx_set_cr4(v, merged) : vmx_set_cr0(v, merged) )
    {
        hvm_inject_gp0();
        return;
    }
    vmwrite(shadow_field, (val & ~mask) | (shadow & mask));
    vmx_skip_insn();
}

static void handle_hlt(struct vcpu *v)
{
    nested_hw(v)->l2_halted = true;
    vmx_skip_insn();
    vcpu_block();
}

/* RDMSR of the TSC shows it with the offset that L1 gives L2. */
static void handle_rdtsc_msr(struct vcpu *v, const struct vmcs12 *v12)
{
    uint64_t tsc;

    if ( vmx_msr_read(v, MSR_TSC, &tsc) )
        return;
    if ( v12->proc_ctrl & PROC_TSC_OFFSET )
        tsc += v12->tsc_offset;
    v->arch.gprs.rax = (uint32_t)tsc;
    v->arch.gprs.rdx = tsc >> 32;
    vmx_skip_insn();
}

/*
 * The preemption timer serves three: L0's backstop, L1's own timer, and an
 * entry that is to come back at once. The vmcs02 runs with the smallest.
 */
static void write_timer(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    uint32_t ticks = vmx_preemption_ticks();

    if ( hv->timer_active )
        ticks = min(ticks, hv->timer_total);
    if ( hv->exit_soon )
        ticks = 0;
    hv->timer_loaded = ticks;
    vmwrite(VMCS_preemption_timer, ticks);
}

/* L2 has run: that much of L1's timer is gone. */
static void account_timer(struct nested_hw_vcpu *hv)
{
    if ( hv->timer_active )
        hv->timer_total -= hv->timer_loaded - vmread(VMCS_preemption_timer);
}

/* True if this was L1's timer; L0's backstop is the base's to serve. */
static bool timer_expired(struct vcpu *v, bool exit_soon)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    if ( exit_soon )
        vmx_intr_dirty(v);

    return !exit_soon && hv->timer_active && !hv->timer_total;
}

bool nested_handle_exit(struct vcpu *v, uint32_t reason)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    const struct vmcs12 *v12 = &ctx->v12;
    const struct route_cpu cpu = {
        .gpr = v->arch.gprs.r,
        .env = &nested_hw_env,
        .priv = hv,
        .l0_apic_access = !(vmcs12_proc2(v12) & PROC2_APIC_ACCESS),
    };
    bool exit_soon = hv->exit_soon;
    struct l2_exit e;
    unsigned int basic;

    collect_exit(reason, &e);
    basic = l2_exit_basic(&e);
    if ( unlikely(reason & EXIT_REASON_ENTRY_FAILED) )
    {
        /* The processor found what our checks did not: L1's fault as well. */
        v->arch.vmx.launched = false;
        vmx_vmclear(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
        vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
        guest_printk(v->domain, "d%uv%u: the processor refused L2: %#x\n",
                     v->domain->domain_id, v->vcpu_id, reason);
        nested_entry_failure(v, basic, e.qual);
        return true;
    }
    hv->run_pending = hv->exit_soon = false;
    v->arch.vmx.idt_vectoring = 0;
    account_timer(hv);
    if ( basic == EXIT_REASON_CR_ACCESS )
        v->arch.gprs.rsp = vmread(VMCS_guest_rsp);

    if ( l0_wants_exit(&e, &cpu) )
    {
        hv->nv.stats.exits_l0[basic]++;
        switch ( basic )
        {
        case EXIT_REASON_EPT_VIOLATION:
        case EXIT_REASON_EPT_MISCONFIG:
            if ( !nested_ept_exit(v, &e) )
                return false;
            if ( nested_guest_mode(v) )
                requeue_event(v, &e);
            return true;

        case EXIT_REASON_PREEMPT_TIMER:
            if ( !timer_expired(v, exit_soon) )
                return false;
            nested_vmexit(v, &e);
            return true;

        default:
            return false;
        }
    }
    if ( l1_wants_exit(&e, v12, &cpu) )
    {
        nested_vmexit(v, &e);
        return true;
    }

    hv->nv.stats.exits_l0[basic]++;
    if ( basic == EXIT_REASON_CR_ACCESS && (e.qual & CR_QUAL_NUM_MASK) != 8 )
        handle_cr(v, &e, v12);
    else if ( basic == EXIT_REASON_HLT )
        handle_hlt(v);
    else if ( basic == EXIT_REASON_RDMSR &&
              (uint32_t)v->arch.gprs.rcx == MSR_TSC )
        handle_rdtsc_msr(v, v12);
    else
        return false;

    return true;
}

/* --- Before an entry --- */

/* Is what the base wants to inject the event that the exit interrupted? */
static bool is_requeued(const struct vcpu *v)
{
    const struct hvm_event *ev = &v->arch.inject;
    uint32_t info = v->arch.vmx.idt_vectoring;

    return (info & INTR_INFO_VALID) &&
           ev->vector == (info & INTR_INFO_VECTOR_MASK) &&
           ev->type == (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;
}

static void inject_into_l2(struct vcpu *v)
{
    struct hvm_event *ev = &v->arch.inject;

    ev->pending = false;
    v->arch.vmx.idt_vectoring = 0;
    vmwrite(VMCS_entry_intr_info,
            INTR_INFO_VALID | ev->vector |
                (uint32_t)ev->type << INTR_INFO_TYPE_SHIFT |
                (ev->has_error ? INTR_INFO_ERROR_CODE : 0));
    if ( ev->has_error )
        vmwrite(VMCS_entry_error_code, ev->error_code);
    if ( ev->type >= INTR_TYPE_SW_INTR )
        vmwrite(VMCS_entry_insn_len, ev->insn_len);
}

/* An exit that became due for L1 while L2 ran or waited. */
static bool exit_due(struct vcpu *v, const struct vmcs12 *v12,
                     struct l2_exit *e)
{
    const struct hvm_event *ev = &v->arch.inject;
    int vector;

    if ( ev->pending && ev->type == INTR_TYPE_HW_EXCEPTION && !is_requeued(v) &&
         l1_wants_exception(v12, ev->vector, ev->error_code) )
    {
        *e = reflect_exception(ev->vector, ev->has_error, ev->error_code,
                               ev->vector == X86_EXC_PF ? read_cr2() : 0);
        v->arch.inject.pending = false;
        return true;
    }
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

static bool l1_event_waits(struct vcpu *v, const struct vmcs12 *v12)
{
    return (v->arch.nmi_pending && (v12->pin_ctrl & PIN_NMI)) ||
           ((v12->pin_ctrl & PIN_EXT_INTR) && vmx_pending_vector(v) >= 0);
}

/*
 * L1 takes its interrupts without exits: they go into L2 as they would into
 * L1. The windows that L1 opened stay open.
 */
static void assist_without_exits(struct vcpu *v, const struct nested_ctx *ctx)
{
    const uint32_t windows = PROC_INTR_WINDOW | PROC_NMI_WINDOW;

    vmx_intr_assist(v);
    vmx_set_proc(v, ctx->v12.proc_ctrl & windows, 0);
    if ( ctx->v12.proc_ctrl & PROC_TPR_SHADOW )
        vmwrite(VMCS_tpr_threshold, ctx->v12.tpr_threshold);
}

static bool serve_events(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    struct l2_exit e;

    v->arch.vmx.intr_dirty = false;
    if ( hv->run_pending )
    {
        /* The entry comes first; then at once back here, if need be. */
        if ( l1_event_waits(v, &ctx->v12) && (v->arch.vmx.pin & PIN_PREEMPT) &&
             !hv->l2_halted )
        {
            hv->exit_soon = true;
            return true;
        }
        if ( !hv->l2_halted )
            return true;
        hv->run_pending = false; /* nothing to deliver to a halted L2 */
    }

    if ( hv->l2_halted && hv->timer_active && halt_timer_expired(hv) )
    {
        e = reflect_simple(EXIT_REASON_PREEMPT_TIMER);
        nested_vmexit(v, &e);
        return false;
    }
    if ( exit_due(v, &ctx->v12, &e) )
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
            hv->l2_halted = false;
        return true;
    }
    if ( v->arch.inject.pending )
    {
        inject_into_l2(v);
        hv->run_pending = true;
        hv->l2_halted = false;
    }

    return true;
}

bool nested_prepare_entry(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_hw_ctx *hw;

    if ( !hv->nv.state.guest_mode )
        return true;

    if ( v->arch.vmx.intr_dirty && !serve_events(v) )
        return false;
    if ( unlikely(hv->l2_halted) )
    {
        /* Whatever wakes it is to be looked at. */
        vmx_intr_dirty(v);
        if ( hv->timer_active && !hv->halt_start )
            start_halt_timer(hv);
        vcpu_block();
        return false;
    }

    hw = hw_ctx(hv->nv.cur);
    if ( hv->timer_active || hv->exit_soon )
        write_timer(v);
    if ( unlikely(hw->repin) )
        nested_refresh_pins(v, hv->nv.cur);
    nested_flush_ept(v, hw);

    return true;
}
