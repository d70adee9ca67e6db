/* SPDX-License-Identifier: MIT */
/* VMLAUNCH and VMRESUME, up to the checks on the vmcs12's contents. */
#include "insn.h"

static struct insn_outcome launch(struct nested_vcpu *nv,
                                  const struct insn_cpu *cpu,
                                  uint32_t want_state, uint32_t err_state)
{
    struct nested_ctx *ctx = nv->cur;

    if ( !ctx || (ctx->v12.revision & VMCS_SHADOW_BIT) )
        return (struct insn_outcome){ .result = INSN_FAIL_INVALID };
    if ( cpu->mov_ss )
        return insn_fail(nv, VMX_ERR_ENTRY_MOV_SS);
    if ( ctx->v12.launch_state != want_state )
        return insn_fail(nv, err_state);

    return (struct insn_outcome){ .result = INSN_ENTER };
}

struct insn_outcome insn_vmlaunch(struct nested_vcpu *nv,
                                  const struct insn_cpu *cpu,
                                  const struct insn_exit *exit __maybe_unused)
{
    return launch(nv, cpu, VMCS12_LAUNCH_CLEAR, VMX_ERR_VMLAUNCH_NOT_CLEAR);
}

struct insn_outcome insn_vmresume(struct nested_vcpu *nv,
                                  const struct insn_cpu *cpu,
                                  const struct insn_exit *exit __maybe_unused)
{
    return launch(nv, cpu, VMCS12_LAUNCH_LAUNCHED,
                  VMX_ERR_VMRESUME_NOT_LAUNCHED);
}
