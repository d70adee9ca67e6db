/* SPDX-License-Identifier: MIT */
/* Exits that need a line or a few: faults, windows, caches, timers. */

#include <xen/domain.h>
#include <xen/hypercall.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <public/sched.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/irq.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/smp.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include <asm/nested-hvm.h>
#include "vmx-ops.h"

enum exit_result vmx_exit_ud(struct vcpu *v)
{
    hvm_inject_ud();
    return EXIT_RESUME;
}

enum exit_result vmx_exit_gp(struct vcpu *v)
{
    hvm_inject_gp0();
    return EXIT_RESUME;
}

enum exit_result vmx_exit_pause(struct vcpu *v)
{
    vcpu_yield();
    return EXIT_SKIP;
}

enum exit_result vmx_exit_cpuid(struct vcpu *v)
{
    struct guest_gprs *g = &v->arch.gprs;
    struct cpuid_leaf l;

    /* LIMIT: not asked for in L2, whose CPUID always exits to L1. */
    if ( unlikely(v->arch.misc_features & MISC_CPUID_FAULTING) &&
         hvm_get_cpl() )
    {
        hvm_inject_exception(X86_EXC_GP, 0);
        return EXIT_RESUME;
    }
    hvm_cpuid(v, g->rax, g->rcx, &l);
    g->rax = l.a;
    g->rbx = l.b;
    g->rcx = l.c;
    g->rdx = l.d;
    return EXIT_SKIP;
}

void vmx_return_tsc(struct vcpu *v, uint64_t tsc)
{
    v->arch.gprs.rax = (uint32_t)tsc;
    v->arch.gprs.rdx = tsc >> 32;
}

/* These exit where the domain's TSC is emulated. */
enum exit_result vmx_exit_rdtsc(struct vcpu *v)
{
    vmx_return_tsc(v, hvm_guest_tsc(v));
    return EXIT_SKIP;
}

enum exit_result vmx_exit_rdtscp(struct vcpu *v)
{
    v->arch.gprs.rcx = rdmsr(MSR_TSC_AUX); /* the guest's: v is loaded */
    return vmx_exit_rdtsc(v);
}

enum exit_result vmx_exit_hlt(struct vcpu *v)
{
    /* RIP first: the wake-up may come from within. */
    vmx_skip_insn();
    if ( vmx_debug_trap_pending() ) /* single-stepping: that ends the halt */
        return EXIT_RESUME;
    if ( !(vmread(VMCS_guest_rflags) & X86_EFLAGS_IF) && !v->arch.nmi_pending )
    {
        /*
         * Only INIT starts it again. All in this state is how PVH guests
         * without ACPI sleep registers switch themselves off.
         * LIMIT: an NMI that comes later does not end the halt.
         */
        if ( vcpu_down(v) )
        {
            guest_printk(v->domain, "halted with interrupts off\n");
            vmx_dump_vcpu(v);
        }
        return EXIT_RESUME;
    }
    vcpu_block();
    return EXIT_RESUME;
}

enum exit_result vmx_exit_vmcall(struct vcpu *v)
{
    if ( unlikely(hvm_get_cpl() != 0) )
    {
        v->arch.gprs.rax = -EPERM;
        return EXIT_SKIP;
    }
    if ( likely(hypercall_dispatch()) )
        return EXIT_SKIP;
    local_irq_take();
    return EXIT_RESUME;
}

/* SDM "XSETBV": bits must be supported, x87 set, AVX only with SSE. */
enum exit_result vmx_exit_xsetbv(struct vcpu *v)
{
    struct guest_gprs *g = &v->arch.gprs;
    uint64_t val = (uint32_t)g->rax | (g->rdx << 32);

    if ( (uint32_t)g->rcx != 0 || hvm_get_cpl() != 0 ||
         !xcr0_valid(v->domain->arch.policy, val) )
    {
        hvm_inject_gp0();
        return EXIT_RESUME;
    }
    v->arch.xcr0 = val;
    xsetbv(0, val);
    return EXIT_SKIP;
}

/* Memory is coherent and guests have no devices that need it: Dom0 only. */
enum exit_result vmx_exit_wbinvd(struct vcpu *v)
{
    if ( v->domain->is_hwdom )
        __asm__ volatile("wbinvd" ::: "memory");
    return EXIT_SKIP;
}

/* Writing back is a correct way of invalidating, dropping data is not. */
enum exit_result vmx_exit_invd(struct vcpu *v)
{
    return vmx_exit_wbinvd(v);
}

enum exit_result vmx_exit_ext_intr(struct vcpu *v)
{
    irq_dispatch(vmread(VMCS_exit_intr_info) & INTR_INFO_VECTOR_MASK);
    return EXIT_RESUME;
}

/* The backstop: a timer was due, and no interrupt came. Sets it anew. */
enum exit_result vmx_exit_preempt_timer(struct vcpu *v)
{
    local_irq_take();
    timers_run();
    return EXIT_RESUME;
}

enum exit_result vmx_exit_exception_nmi(struct vcpu *v)
{
    uint32_t info = vmread(VMCS_exit_intr_info);

    if ( (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT == INTR_TYPE_NMI )
    {
        smp_stop_if_asked();
        printk(XENLOG_WARNING "NMI while d%uv%u ran, nobody wants it\n",
               v->domain->domain_id, v->vcpu_id);
        return EXIT_RESUME;
    }
    if ( vmx_reflect_exception(v, info) )
        return EXIT_RESUME;
    if ( (info & INTR_INFO_VECTOR_MASK) == X86_EXC_MC )
        panic("machine check while d%uv%u ran\n", v->domain->domain_id,
              v->vcpu_id);
    domain_crash(v->domain, "unexpected exception exit %#x", info);
    return EXIT_RESUME;
}

enum exit_result vmx_exit_triple_fault(struct vcpu *v)
{
    guest_printk(v->domain, "triple fault in d%uv%u\n", v->domain->domain_id,
                 v->vcpu_id);
    vmx_dump_vcpu(v);
    /* What a PC does: it resets. The toolstack decides by on_reboot. */
    domain_shutdown(v->domain, SHUTDOWN_reboot);
    return EXIT_RESUME;
}

enum exit_result vmx_exit_intr_window(struct vcpu *v)
{
    vmx_intr_dirty(v);
    return EXIT_RESUME;
}

enum exit_result vmx_exit_nmi_window(struct vcpu *v)
{
    vmx_intr_dirty(v);
    return EXIT_RESUME;
}

/* The guest lowered its TPR: a pending interrupt may go in now. */
enum exit_result vmx_exit_tpr_below(struct vcpu *v)
{
    vmx_intr_dirty(v);
    return EXIT_RESUME;
}

enum exit_result vmx_exit_mtf(struct vcpu *v)
{
    vmx_set_proc(v, 0, PROC_MTF);
    return EXIT_RESUME;
}

enum exit_result vmx_exit_vmx_insn(struct vcpu *v)
{
    if ( !v->arch.nested )
    {
        hvm_inject_ud();
        return EXIT_RESUME;
    }
    nested_handle_vmx_insn(v,
                           vmread(VMCS_exit_reason) & EXIT_REASON_BASIC_MASK);
    return EXIT_RESUME;
}

/* SDM "VM-Entry Failures During or After Loading Guest State". */
enum exit_result vmx_exit_entry_failure(struct vcpu *v)
{
    domain_crash(v->domain, "VM entry failed: reason %#lx qualification %#lx",
                 vmread(VMCS_exit_reason), vmread(VMCS_exit_qualification));
    return EXIT_RESUME;
}
