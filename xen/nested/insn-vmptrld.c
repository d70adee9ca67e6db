/* SPDX-License-Identifier: MIT */
/* VMCLEAR, VMPTRLD and VMPTRST: which vmcs12 is active and current. */
#include "insn.h"

/* The pointer operand of VMCLEAR and VMPTRLD, checked. */
static bool read_pointer(struct nested_vcpu *nv, const struct insn_cpu *cpu,
                         const struct insn_exit *exit, uint32_t err_addr,
                         uint32_t err_vmxon, uint64_t *gpa,
                         struct insn_outcome *out)
{
    *out = (struct insn_outcome){ .result = INSN_FAULT };
    if ( !insn_read_mem(nv, cpu, exit, gpa, sizeof(*gpa), &out->fault) )
        return false;

    if ( (*gpa & (VMCS_REGION_SIZE - 1)) ||
         !nested_caps_addr_ok(nv->caps, *gpa) )
        *out = insn_fail(nv, err_addr);
    else if ( *gpa == nv->state.vmxon_ptr )
        *out = insn_fail(nv, err_vmxon);
    else
        return true;

    return false;
}

struct insn_outcome insn_vmclear(struct nested_vcpu *nv,
                                 const struct insn_cpu *cpu,
                                 const struct insn_exit *exit)
{
    struct insn_outcome out;
    struct nested_ctx *ctx;
    uint64_t gpa;

    if ( !read_pointer(nv, cpu, exit, VMX_ERR_VMCLEAR_ADDR,
                       VMX_ERR_VMCLEAR_VMXON_PTR, &gpa, &out) )
        return out;

    ctx = nested_ctx_find(nv, gpa);
    if ( ctx )
    {
        ctx->v12.launch_state = VMCS12_LAUNCH_CLEAR;
        if ( ctx == nv->cur )
            nested_set_current(nv, NULL);
        nested_ctx_flush(nv, ctx);
    }
    else
    {
        const uint32_t clear = VMCS12_LAUNCH_CLEAR;

        /* Where no memory is, hardware's write would be lost as well. */
        (void)nv->env->write_phys(nv->priv,
                                  gpa + offsetof(struct vmcs12, launch_state),
                                  &clear, sizeof(clear));
    }

    return insn_succeed();
}

struct insn_outcome insn_vmptrld(struct nested_vcpu *nv,
                                 const struct insn_cpu *cpu,
                                 const struct insn_exit *exit)
{
    struct insn_outcome out;
    struct nested_ctx *ctx;
    uint32_t revision;
    uint64_t gpa;
    int err;

    if ( !read_pointer(nv, cpu, exit, VMX_ERR_VMPTRLD_ADDR,
                       VMX_ERR_VMPTRLD_VMXON_PTR, &gpa, &out) )
        return out;

    /* The region in memory counts, also for a vmcs12 that is active here. */
    if ( nv->env->read_phys(nv->priv, gpa, &revision, sizeof(revision)) ||
         !nested_caps_revision_ok(nv->caps, revision) )
        return insn_fail(nv, VMX_ERR_VMPTRLD_REVISION);

    if ( nv->cur && nv->cur->gpa == gpa )
        return insn_succeed();

    ctx = nested_ctx_load(nv, gpa, &err);
    if ( !ctx )
        return err == -ENOMEM ? (struct insn_outcome){ .result = INSN_CRASH }
                              : insn_fail(nv, VMX_ERR_VMPTRLD_REVISION);

    /* Between our two reads L1 may have changed it; what we hold counts. */
    ctx->v12.revision = revision;
    nested_set_current(nv, ctx);

    return insn_succeed();
}

struct insn_outcome insn_vmptrst(struct nested_vcpu *nv,
                                 const struct insn_cpu *cpu,
                                 const struct insn_exit *exit)
{
    struct insn_outcome out = { .result = INSN_FAULT };

    if ( !insn_write_mem(nv, cpu, exit, &nv->state.current_ptr,
                         sizeof(nv->state.current_ptr), &out.fault) )
        return out;

    return insn_succeed();
}
