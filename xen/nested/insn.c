/* SPDX-License-Identifier: MIT */
/* Dispatch of L1's VMX instructions, and what they have in common. */
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "insn.h"

#define RFLAGS_ARITH                                                 \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
     X86_EFLAGS_SF | X86_EFLAGS_OF)

static const struct
{
    insn_handler_t *handler;
    bool outside_vmx; /* VMXON: legal when not in VMX operation */
} insns[EXIT_REASON_COUNT] = {
    [EXIT_REASON_VMXON] = { insn_vmxon, true },
    [EXIT_REASON_VMXOFF] = { insn_vmxoff, false },
    [EXIT_REASON_VMCLEAR] = { insn_vmclear, false },
    [EXIT_REASON_VMPTRLD] = { insn_vmptrld, false },
    [EXIT_REASON_VMPTRST] = { insn_vmptrst, false },
    [EXIT_REASON_VMREAD] = { insn_vmread, false },
    [EXIT_REASON_VMWRITE] = { insn_vmwrite, false },
    [EXIT_REASON_VMLAUNCH] = { insn_vmlaunch, false },
    [EXIT_REASON_VMRESUME] = { insn_vmresume, false },
    [EXIT_REASON_INVEPT] = { insn_invept, false },
    [EXIT_REASON_INVVPID] = { insn_invvpid, false },
};

struct insn_outcome insn_fail(struct nested_vcpu *nv, uint32_t error)
{
    if ( !nv->cur )
        return (struct insn_outcome){ .result = INSN_FAIL_INVALID };

    nv->cur->v12.insn_error = error;
    return (struct insn_outcome){ .result = INSN_FAIL_VALID, .error = error };
}

uint64_t insn_rflags(uint64_t rflags, const struct insn_outcome *out)
{
    rflags &= ~RFLAGS_ARITH;
    if ( out->result == INSN_FAIL_INVALID )
        rflags |= X86_EFLAGS_CF;
    else if ( out->result == INSN_FAIL_VALID )
        rflags |= X86_EFLAGS_ZF;

    return rflags;
}

/* The modes in which no VMX instruction exists. */
static bool mode_is_wrong(const struct insn_cpu *cpu)
{
    return !(cpu->cr0 & X86_CR0_PE) || (cpu->rflags & X86_EFLAGS_VM) ||
           ((cpu->efer & EFER_LMA) && !cpu->cs_l);
}

struct insn_outcome nested_emulate_insn(struct nested_vcpu *nv,
                                        const struct insn_cpu *cpu,
                                        const struct insn_exit *exit)
{
    if ( exit->reason >= ARRAY_SIZE(insns) || !insns[exit->reason].handler ||
         mode_is_wrong(cpu) )
        return insn_fault(X86_EXC_UD, false, 0);

    if ( insns[exit->reason].outside_vmx ? !(cpu->cr4 & X86_CR4_VMXE)
                                         : !nv->state.vmx_on )
        return insn_fault(X86_EXC_UD, false, 0);

    if ( cpu->cpl )
        return insn_fault(X86_EXC_GP, true, 0);

    nv->stats.insns++;
    return insns[exit->reason].handler(nv, cpu, exit);
}
