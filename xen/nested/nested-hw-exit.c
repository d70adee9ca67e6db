/* SPDX-License-Identifier: MIT */
/* VM exits of L2: collect what the processor says, and route it. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"

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
static void resume_interrupted(struct vcpu *v, const struct l2_exit *e)
{
    v->arch.vmx.idt_vectoring = e->idt_info;
    if ( e->idt_info & INTR_INFO_VALID )
        vmx_requeue_event(v);
    else if ( l2_exit_basic(e) == EXIT_REASON_EPT_VIOLATION )
        vmx_reblock_nmi(v, e->qual);
}

/* The processor found what our checks did not: L1's fault as well. */
static void entry_refused(struct vcpu *v, const struct l2_exit *e)
{
    vmx_clear_vmcs(&v->arch.vmx);
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
    guest_printk(v->domain, "d%uv%u: the processor refused L2: %#x\n",
                 v->domain->domain_id, v->vcpu_id, e->reason);
    nested_entry_failure(v, l2_exit_basic(e), e->qual);
}

/* An exit that is L0's. False: the base serves it. */
static bool take_l0_exit(struct vcpu *v, struct l2_exit *e, bool exit_soon)
{
    switch ( l2_exit_basic(e) )
    {
    case EXIT_REASON_EPT_VIOLATION:
    case EXIT_REASON_EPT_MISCONFIG:
        if ( !nested_ept_exit(v, e) )
            return false;
        if ( nested_guest_mode(v) )
            resume_interrupted(v, e);
        return true;

    case EXIT_REASON_PREEMPT_TIMER:
        if ( !nested_timer_expired(v, exit_soon) )
            return false;
        nested_vmexit(v, e);
        return true;

    case EXIT_REASON_VMFUNC:
        return nested_serve_exit(v, e);

    default:
        return false;
    }
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
        .l2_64bit = (vmread(VMCS_entry_ctrl) & ENTRY_CTL_GUEST_64),
    };
    bool exit_soon = hv->exit_soon, mtf_for_timer = hv->mtf_for_timer;
    struct l2_exit e;
    unsigned int basic;

    collect_exit(reason, &e);
    basic = l2_exit_basic(&e);
    if ( unlikely(basic >= EXIT_REASON_COUNT) )
        return false; /* no control is set that makes one; the base says so */
    if ( unlikely(reason & EXIT_REASON_ENTRY_FAILED) )
    {
        entry_refused(v, &e);
        return true;
    }
    hv->nv.state.run_pending = hv->exit_soon = hv->nv.state.delivers = false;
    hv->mtf_for_timer = false;
    v->arch.vmx.idt_vectoring = 0;
    if ( exit_soon ) /* whatever it exits for */
        vmx_intr_dirty(v);
    if ( hw_ctx(ctx)->ctrl.proc2 & PROC2_VINTR )
        nested_vapic_fetch(v);
    if ( basic == EXIT_REASON_CR_ACCESS )
        v->arch.gprs.rsp = vmread(VMCS_guest_rsp);

    if ( l0_wants_exit(&e, &cpu) )
    {
        hv->nv.stats.exits_l0[basic]++;
        return take_l0_exit(v, &e, exit_soon);
    }
    if ( basic == EXIT_REASON_MTF && !(v12->proc_ctrl & PROC_MTF) )
    {
        /* L0's own: the event is delivered, and the timer is due. */
        if ( mtf_for_timer )
        {
            e = reflect_simple(EXIT_REASON_PREEMPT_TIMER);
            nested_vmexit(v, &e);
        }
        return true;
    }
    if ( basic == EXIT_REASON_APIC_ACCESS && nested_vapic_access(v, &e) )
        return true;
    if ( basic == EXIT_REASON_APIC_WRITE && nested_vapic_written(v, &e) )
        return true;
    if ( l1_wants_exit(&e, v12, &cpu) )
    {
        nested_vmexit(v, &e);
        return true;
    }

    hv->nv.stats.exits_l0[basic]++;
    if ( unlikely(v12->proc_ctrl & PROC_MTF) )
    {
        hv->watch_rip = true;
        hv->watched_rip = vmread(VMCS_guest_rip);
    }

    return nested_serve_exit(v, &e);
}

void nested_triple_fault(struct vcpu *v)
{
    struct l2_exit e = reflect_simple(EXIT_REASON_TRIPLE_FAULT);

    nested_vmexit(v, &e);
}
