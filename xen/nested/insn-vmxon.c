/* SPDX-License-Identifier: MIT */
/* VMXON and VMXOFF. */
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "insn.h"

static bool fixed_bits_ok(uint64_t val, uint64_t fixed0, uint64_t fixed1)
{
    return (val & fixed0) == fixed0 && !(val & ~fixed1);
}

/* SDM "VMXON": the conditions that raise #GP outside VMX operation. */
static bool may_enter_vmx(const struct nested_vcpu *nv,
                          const struct insn_cpu *cpu)
{
    const struct nested_caps *caps = nv->caps;
    const uint64_t need = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;

    return fixed_bits_ok(cpu->cr0, caps->cr0_fixed0, caps->cr0_fixed1) &&
           fixed_bits_ok(cpu->cr4, caps->cr4_fixed0, caps->cr4_fixed1) &&
           (nv->state.feature_control & need) == need;
}

struct insn_outcome insn_vmxon(struct nested_vcpu *nv,
                               const struct insn_cpu *cpu,
                               const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAULT };
    uint32_t revision;
    uint64_t gpa;

    if ( nv->state.vmx_on )
        return insn_fail(nv, VMX_ERR_VMXON_IN_ROOT);
    if ( !may_enter_vmx(nv, cpu) )
        return insn_fault(X86_EXC_GP, true, 0);

    if ( !insn_read_mem(nv, cpu, exit, &gpa, sizeof(gpa), &out.fault) )
        return out;

    out.result = INSN_FAIL_INVALID;
    if ( (gpa & (VMCS_REGION_SIZE - 1)) || !nested_caps_addr_ok(nv->caps, gpa) )
        return out;
    /* The comparison also refuses the shadow-VMCS indicator. */
    if ( nv->env->read_phys(nv->priv, gpa, &revision, sizeof(revision)) ||
         revision != VMCS12_REVISION )
        return out;

    nested_state_reset(nv);
    nv->state.vmx_on = true;
    nv->state.vmxon_ptr = gpa;

    return insn_succeed();
}

struct insn_outcome insn_vmxoff(struct nested_vcpu *nv,
                                const struct insn_cpu *cpu __maybe_unused,
                                const struct insn_exit *exit __maybe_unused)
{
    nested_set_current(nv, NULL);
    nested_ctx_flush_all(nv);
    nested_state_reset(nv);

    return insn_succeed();
}
