/* SPDX-License-Identifier: MIT */
/* Option bochs-smp: getting along with an emulator of several CPUs. */

/*
 * With more than one CPU, Bochs 3.0 commits the new RIP of a guest's
 * exception only with the first instruction of the handler. A VM exit for an
 * outside reason (interrupt, preemption timer, window) that comes before that
 * instruction saves the RIP of before the exception with the RSP of after it,
 * and the guest is lost. Events injected by a VM entry are committed by the
 * entry. So with this option every exception of a guest exits, and is
 * injected as it came: the guest sees the same, some hundred ticks later.
 *
 * It also takes no interrupt while a guest has them off that was entered with
 * them off, also none from another CPU. So the guest is left every now and
 * then, and whoever waits for this pCPU gets on.
 */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

static bool opt_bochs_smp;
boolean_param("bochs-smp", opt_bochs_smp);

/* INT3 and INTO are instructions to Bochs, and committed as such. */
#define NOT_FROM_FAULTS \
    (1u << X86_EXC_NMI | 1u << X86_EXC_BP | 1u << X86_EXC_OF)

uint32_t vmx_exception_bitmap(void)
{
    return opt_bochs_smp ? ~NOT_FROM_FAULTS : 1u << X86_EXC_MC;
}

uint64_t vmx_backstop_max(void)
{
    return (uint64_t)cpu_khz * (opt_bochs_smp ? 2 : 100);
}

/* SDM "Debug Exceptions": what delivery does and the exit left undone. */
static void commit_debug_exception(void)
{
    const uint64_t causes = DR6_TRAPS | DR6_BD | DR6_BS;
    uint64_t pending = vmread(VMCS_exit_qualification);

    write_dr6((read_dr6() & ~(uint64_t)DR6_TRAPS) | (pending & causes));
    vmwrite(VMCS_guest_dr7, vmread(VMCS_guest_dr7) & ~(uint64_t)DR7_GD);
}

/* Did it come while a double fault was being delivered? */
static bool is_triple_fault(const struct vcpu *v)
{
    const uint32_t df = INTR_INFO_VALID |
                        (INTR_TYPE_HW_EXCEPTION << INTR_INFO_TYPE_SHIFT) |
                        X86_EXC_DF;

    return (v->arch.vmx.idt_vectoring & (INTR_INFO_VALID | INTR_INFO_TYPE_MASK |
                                         INTR_INFO_VECTOR_MASK)) == df;
}

static void triple_fault(struct vcpu *v)
{
    v->arch.inject.pending = false;
    if ( v->arch.nested && nested_guest_mode(v) )
        nested_triple_fault(v);
    else
        (void)vmx_exit_triple_fault(v);
}

bool vmx_reflect_exception(struct vcpu *v, uint32_t info)
{
    uint32_t type = (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;
    unsigned int vector = info & INTR_INFO_VECTOR_MASK;

    if ( !opt_bochs_smp || vector == X86_EXC_MC )
        return false;
    if ( is_triple_fault(v) )
    {
        triple_fault(v);
        return true;
    }
    vmx_reblock_nmi(v, info);
    if ( vector == X86_EXC_DB )
        commit_debug_exception();

    if ( vector == X86_EXC_PF )
        hvm_inject_page_fault(vmread(VMCS_exit_qualification),
                              vmread(VMCS_exit_intr_error_code));
    else
        hvm_inject_exception(vector,
                             info & INTR_INFO_ERROR_CODE
                                 ? (int)vmread(VMCS_exit_intr_error_code)
                                 : -1);
    if ( type != INTR_TYPE_HW_EXCEPTION )
    {
        /* INT1. */
        v->arch.inject.type = type;
        v->arch.inject.insn_len = vmread(VMCS_exit_insn_len);
    }
    return true;
}
