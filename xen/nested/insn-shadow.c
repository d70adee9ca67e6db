/* SPDX-License-Identifier: MIT */
/* VMREAD and VMWRITE of an L2 to the shadow VMCS that L1 gave it. */
#include "insn.h"

/*
 * The shadow VMCS is an image in L1's memory, at the link pointer of the
 * current vmcs12; only the field in question is touched. One that is active
 * in L1 at the same time (which it should not be) counts as it is here.
 */
static bool read_field(struct nested_vcpu *nv, uint64_t gpa, uint32_t enc,
                       uint64_t *val)
{
    const struct vmcs12_field *f = vmcs12_find_field(enc);
    const struct nested_ctx *ctx = nested_ctx_find(nv, gpa);
    uint64_t raw = 0;

    if ( ctx )
        *val = vmcs12_read_field(&ctx->v12, enc);
    else
    {
        if ( nv->env->read_phys(nv->priv, gpa + f->offset, &raw,
                                vmcs12_field_size(f)) )
            return false;
        *val = raw >> (vmcs_enc_is_high(enc) ? 32 : 0);
    }

    return true;
}

static void write_field(struct nested_vcpu *nv, uint64_t gpa, uint32_t enc,
                        uint64_t val)
{
    const struct vmcs12_field *f = vmcs12_find_field(enc);
    struct nested_ctx *ctx = nested_ctx_find(nv, gpa);
    unsigned int size = vmcs12_field_size(f), skip = 0;

    if ( ctx )
    {
        nested_ctx_write(nv, ctx, enc, val);
        return;
    }
    if ( vmcs_enc_is_high(enc) )
        size = skip = sizeof(uint32_t);
    /* Where no memory is, hardware's write would be lost as well. */
    (void)nv->env->write_phys(nv->priv, gpa + f->offset + skip, &val, size);
}

struct insn_outcome insn_shadow_access(struct nested_vcpu *nv,
                                       const struct insn_cpu *cpu,
                                       const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAIL_INVALID };
    uint64_t gpa = nv->cur->v12.vmcs_link_ptr, val = 0;
    unsigned int size = insn_is_64bit(cpu) ? 8 : 4;
    bool write = exit->reason == EXIT_REASON_VMWRITE;
    uint32_t enc = cpu->gpr[insn_reg2(exit)];

    if ( gpa == VMCS_LINK_PTR_NONE )
        return out;

    if ( write && insn_operand_is_reg(exit) )
        val = cpu->gpr[insn_reg1(exit)];
    else if ( write && !insn_read_mem(nv, cpu, exit, &val, size, &out.fault) )
        goto fault;

    if ( !vmcs12_field_supported(&nv->caps->fields, enc) )
        return insn_fail(nv, VMX_ERR_UNSUPPORTED_FIELD);
    if ( write )
    {
        write_field(nv, gpa, enc, size == 4 ? (uint32_t)val : val);
        return insn_succeed();
    }

    if ( !read_field(nv, gpa, enc, &val) )
        return out;
    if ( size == 4 )
        val = (uint32_t)val;
    if ( insn_operand_is_reg(exit) )
        cpu->gpr[insn_reg1(exit)] = val;
    else if ( !insn_write_mem(nv, cpu, exit, &val, size, &out.fault) )
        goto fault;

    return insn_succeed();

fault:
    out.result = INSN_FAULT;
    return out;
}
