/* SPDX-License-Identifier: MIT */
/* An L1's VMX operation as a record that is saved with its vCPU. */

/*
 * An L1 that suspends itself has stopped its L2s: what is left is that it is
 * in VMX operation, and its vmcs12s. These go back into L1's memory, of which
 * they are a part, launch state and all; the record only says where. vmcs02s
 * and EPT02s are made again when they are needed.
 */
#include <xen/mm.h>

#include "nested-save.h"

bool nested_save_needed(const struct nested_vcpu *nv)
{
    return nv->state.vmx_on;
}

void nested_save_fill(const struct nested_vcpu *nv, struct nested_save *rec)
{
    *rec = (struct nested_save){
        .version = NESTED_SAVE_VERSION,
        .vmxon_ptr = nv->state.vmxon_ptr,
        .current_ptr = nv->state.current_ptr,
    };
}

/* SDM "VMXON", "VMPTRLD": what their operands may be. */
static bool pointer_ok(const struct nested_vcpu *nv, uint64_t gpa)
{
    return !(gpa & ~PAGE_MASK) && nested_caps_addr_ok(nv->caps, gpa);
}

int nested_save_load(struct nested_vcpu *nv, const struct nested_save *rec)
{
    struct nested_ctx *ctx = NULL;
    uint32_t revision;
    int err;

    if ( nv->state.vmx_on || rec->version != NESTED_SAVE_VERSION ||
         rec->flags || !pointer_ok(nv, rec->vmxon_ptr) ||
         rec->vmxon_ptr == rec->current_ptr )
        return -EINVAL;
    if ( rec->current_ptr != VMX_NO_CURRENT_VMCS )
    {
        if ( !pointer_ok(nv, rec->current_ptr) ||
             nv->env->read_phys(nv->priv, rec->current_ptr, &revision,
                                sizeof(revision)) ||
             !nested_caps_revision_ok(nv->caps, revision) )
            return -EINVAL;
        ctx = nested_ctx_load(nv, rec->current_ptr, &err);
        if ( !ctx )
            return err;
    }
    nv->state.vmx_on = true;
    nv->state.vmxon_ptr = rec->vmxon_ptr;
    nested_set_current(nv, ctx);
    return 0;
}

void nested_save_contexts(struct nested_vcpu *nv)
{
    if ( nv->cur )
        nv->env->ctx_current(nv->priv, nv->cur, nv->cur);
    nested_ctx_write_all(nv);
}
