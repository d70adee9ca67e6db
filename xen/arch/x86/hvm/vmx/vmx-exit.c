/* SPDX-License-Identifier: MIT */
/* The exit table, the dispatcher, and the way back into the guest. */

/*
 * One pass of the loop in vmx-entry.S: vmx_prepare_entry() decides who runs
 * and what is injected, the guest runs until it exits, vmx_handle_exit()
 * serves the exit. Handlers run to completion on the pCPU's only stack with
 * interrupts off; whatever has to wait (blocking, preemption) is noted in
 * the vCPU or in need_resched and acted upon in vmx_prepare_entry(). Only
 * the dispatcher moves RIP.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <asm/irq.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include <asm/nested-hvm.h>
#include "vmx-ops.h"

static const struct
{
    exit_handler_t *handler;
    const char *name;
} exit_table[EXIT_REASON_COUNT] = {
#define ROW(reason, fn) [EXIT_REASON_##reason] = { vmx_exit_##fn, #reason }
    ROW(EXCEPTION_NMI, exception_nmi),
    ROW(EXT_INTR, ext_intr),
    ROW(TRIPLE_FAULT, triple_fault),
    ROW(INTR_WINDOW, intr_window),
    ROW(NMI_WINDOW, nmi_window),
    ROW(TASK_SWITCH, task_switch),
    ROW(CPUID, cpuid),
    ROW(GETSEC, ud),
    ROW(HLT, hlt),
    ROW(INVD, invd),
    ROW(RDPMC, gp),
    ROW(RDTSC, rdtsc),
    ROW(VMCALL, vmcall),
    ROW(VMCLEAR, vmx_insn),
    ROW(VMLAUNCH, vmx_insn),
    ROW(VMPTRLD, vmx_insn),
    ROW(VMPTRST, vmx_insn),
    ROW(VMREAD, vmx_insn),
    ROW(VMRESUME, vmx_insn),
    ROW(VMWRITE, vmx_insn),
    ROW(VMXOFF, vmx_insn),
    ROW(VMXON, vmx_insn),
    ROW(CR_ACCESS, cr),
    ROW(IO, io),
    ROW(RDMSR, rdmsr),
    ROW(WRMSR, wrmsr),
    ROW(ENTRY_GUEST_STATE, entry_failure),
    ROW(ENTRY_MSR_LOAD, entry_failure),
    ROW(MWAIT, ud),
    ROW(MTF, mtf),
    ROW(MONITOR, ud),
    ROW(PAUSE, pause),
    ROW(ENTRY_MCE, entry_failure),
    ROW(TPR_BELOW, tpr_below),
    ROW(APIC_ACCESS, apic_access),
    ROW(EPT_VIOLATION, ept_violation),
    ROW(EPT_MISCONFIG, ept_misconfig),
    ROW(INVEPT, vmx_insn),
    ROW(RDTSCP, rdtscp),
    ROW(PREEMPT_TIMER, preempt_timer),
    ROW(INVVPID, vmx_insn),
    ROW(WBINVD, wbinvd),
    ROW(XSETBV, xsetbv),
    ROW(APIC_WRITE, apic_write),
    ROW(VMFUNC, ud),
    ROW(PML_FULL, pml_full),
#undef ROW
};

const char *vmx_exit_reason_name(uint32_t reason)
{
    reason &= EXIT_REASON_BASIC_MASK;
    if ( reason < EXIT_REASON_COUNT && exit_table[reason].name )
        return exit_table[reason].name;
    return "?";
}

#define DEBUGCTL_BTF (1ULL << 1)

void hvm_insn_done(void)
{
    uint32_t blocking = vmread(VMCS_guest_interruptibility);

    if ( unlikely(blocking & (INTR_STATE_STI | INTR_STATE_MOV_SS)) )
        vmwrite(VMCS_guest_interruptibility,
                blocking & ~(INTR_STATE_STI | INTR_STATE_MOV_SS));
    /* It ends in a trap as any other would under TF. */
    if ( unlikely(vmread(VMCS_guest_rflags) & X86_EFLAGS_TF) &&
         !(vmread(VMCS_guest_debugctl) & DEBUGCTL_BTF) )
        vmwrite(VMCS_guest_pending_dbg,
                vmread(VMCS_guest_pending_dbg) | PENDING_DBG_BS);
}

void vmx_skip_insn(void)
{
    vmwrite(VMCS_guest_rip,
            vmread(VMCS_guest_rip) + vmread(VMCS_exit_insn_len));
    hvm_insn_done();
}

void vmx_dispatch_exit(struct vcpu *v, uint32_t reason)
{
    uint32_t basic = reason & EXIT_REASON_BASIC_MASK;

    if ( unlikely(basic >= EXIT_REASON_COUNT || !exit_table[basic].handler) )
    {
        domain_crash(v->domain, "unhandled VM exit %u (%s) qualification %#lx",
                     basic, vmx_exit_reason_name(basic),
                     vmread(VMCS_exit_qualification));
        return;
    }
    if ( exit_table[basic].handler(v) == EXIT_SKIP )
        vmx_skip_insn();
}

void vmx_handle_exit(struct vcpu *v)
{
    uint32_t reason = vmread(VMCS_exit_reason);

    v->arch.vmx.launched = true;
    if ( unlikely(v->arch.nested) && nested_guest_mode(v) )
    {
        if ( nested_handle_exit(v, reason) )
            return;
    }
    v->arch.vmx.idt_vectoring = vmread(VMCS_idt_vectoring_info);
    if ( unlikely(v->arch.vmx.idt_vectoring & INTR_INFO_VALID) )
        vmx_requeue_event(v);
    vmx_dispatch_exit(v, reason);
}

static void flush_stale_translations(struct vcpu *v)
{
    struct p2m_domain *p2m = &v->domain->p2m;

    v->arch.vmx.ept_gen = READ_ONCE(p2m->flush_gen);
    p2m->cpu_gen[smp_processor_id()] = v->arch.vmx.ept_gen;
    vmx_invept(vmx_caps.invept_single ? INVEPT_SINGLE : INVEPT_ALL, p2m->eptp);
}

struct entry_choice
{
    struct vcpu *v;
    uint64_t launched;
};

struct entry_choice vmx_prepare_entry_c(void) __asm__("vmx_prepare_entry");

struct entry_choice vmx_prepare_entry_c(void)
{
    struct percpu *cpu = this_cpu();
    struct vcpu *v;

    for ( ;; )
    {
        if ( unlikely(cpu->need_resched) )
            schedule();
        v = cpu->curr;
        if ( unlikely(v->arch.nested) && !nested_prepare_entry(v) )
            continue;
        if ( unlikely(v->arch.vmx.intr_dirty) )
            vmx_intr_assist(v, true);
        if ( unlikely(v->arch.vmx.ept_gen !=
                      READ_ONCE(v->domain->p2m.flush_gen)) )
            flush_stale_translations(v);
        cpu->preempt_tsc = 0;
        if ( likely(!cpu->need_resched) )
            return (struct entry_choice){ v, v->arch.vmx.launched };
    }
}

void noreturn vmx_entry_failed(struct vcpu *v)
{
    uint64_t error = vmread(VMCS_insn_error);

    printk(XENLOG_ERR "%s failed for d%uv%u: VM-instruction error %lu\n",
           v->arch.vmx.launched ? "VMRESUME" : "VMLAUNCH", v->domain->domain_id,
           v->vcpu_id, error);
    domain_crash(v->domain, "VM entry refused, VM-instruction error %lu",
                 error);
    vmx_run_loop();
}
