/* SPDX-License-Identifier: MIT */
/* VMREAD and VMWRITE. */
#include "insn.h"

/* The field that the second register operand names, or NULL. */
static const struct vmcs12_field *operand_field(const struct nested_vcpu *nv,
                                                const struct insn_cpu *cpu,
                                                const struct insn_exit *exit,
                                                uint32_t *enc)
{
    uint64_t reg = cpu->gpr[insn_reg2(exit)];

    *enc = reg;
    if ( insn_is_64bit(cpu) && reg >> 32 )
        return NULL;

    return vmcs12_field_supported(&nv->caps->fields, *enc)
               ? vmcs12_find_field(*enc)
               : NULL;
}

void nested_ctx_write(struct nested_vcpu *nv, struct nested_ctx *ctx,
                      uint32_t enc, uint64_t val)
{
    const struct vmcs12_field *field = vmcs12_find_field(enc);
    uint64_t old = vmcs12_read_field(&ctx->v12, enc);

    vmcs12_write_field(&ctx->v12, enc, val);
    val = vmcs12_read_field(&ctx->v12, enc);
    if ( val == old )
        return;
    nested_ctx_touch(ctx, vmcs12_write_groups(enc, field, old, val));
    nv->env->ctx_written(nv->priv, ctx, enc);
}

static void sync_group(struct nested_vcpu *nv, struct nested_ctx *ctx,
                       unsigned int group)
{
    uint32_t stale = ctx->stale & (1u << group);

    if ( stale )
    {
        nv->env->ctx_sync(nv->priv, ctx, stale);
        ctx->stale &= ~stale;
    }
}

struct insn_outcome insn_vmread(struct nested_vcpu *nv,
                                const struct insn_cpu *cpu,
                                const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAIL_INVALID };
    struct nested_ctx *ctx = nv->cur;
    const struct vmcs12_field *field;
    uint64_t val;
    uint32_t enc;

    if ( !ctx )
        return out;

    field = operand_field(nv, cpu, exit, &enc);
    if ( !field )
        return insn_fail(nv, VMX_ERR_UNSUPPORTED_FIELD);

    sync_group(nv, ctx, field->group);
    val = vmcs12_read_field(&ctx->v12, enc);
    if ( !insn_is_64bit(cpu) )
        val = (uint32_t)val;

    if ( insn_operand_is_reg(exit) )
        cpu->gpr[insn_reg1(exit)] = val;
    else if ( !insn_write_mem(nv, cpu, exit, &val, insn_is_64bit(cpu) ? 8 : 4,
                              &out.fault) )
    {
        out.result = INSN_FAULT;
        return out;
    }

    return insn_succeed();
}

struct insn_outcome insn_vmwrite(struct nested_vcpu *nv,
                                 const struct insn_cpu *cpu,
                                 const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAIL_INVALID };
    struct nested_ctx *ctx = nv->cur;
    const struct vmcs12_field *field;
    uint64_t val = 0;
    uint32_t enc;

    if ( !ctx )
        return out;

    if ( insn_operand_is_reg(exit) )
        val = cpu->gpr[insn_reg1(exit)];
    else if ( !insn_read_mem(nv, cpu, exit, &val, insn_is_64bit(cpu) ? 8 : 4,
                             &out.fault) )
    {
        out.result = INSN_FAULT;
        return out;
    }
    if ( !insn_is_64bit(cpu) )
        val = (uint32_t)val;

    field = operand_field(nv, cpu, exit, &enc);
    if ( !field )
        return insn_fail(nv, VMX_ERR_UNSUPPORTED_FIELD);
    if ( vmcs_enc_area(enc) == VMCS_AREA_INFO &&
         !(nv->caps->misc & VMX_MISC_VMWRITE_ALL) )
        return insn_fail(nv, VMX_ERR_VMWRITE_READ_ONLY);

    sync_group(nv, ctx, field->group);
    nested_ctx_write(nv, ctx, enc, val);

    return insn_succeed();
}
