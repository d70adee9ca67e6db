/* SPDX-License-Identifier: MIT */
/* Suspending, saving and loading the nested part of vCPUs. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/nested-hvm.h>
#include <asm/vmx.h>

#include "nested-hw.h"
#include "nested-save.h"

void nested_suspend(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v)
    {
        /* One that runs an L2 cannot be saved, see nested_can_save(). */
        if ( !v->arch.nested || nested_guest_mode(v) )
            continue;
        vmx_vmcs_enter(v);
        nested_save_contexts(v->arch.nested);
        vmx_vmcs_exit(v);
    }
}

bool nested_can_save(const struct vcpu *v)
{
    return !v->arch.nested || !nested_guest_mode(v);
}

size_t nested_save_record(struct vcpu *v, void *out)
{
    if ( !v->arch.nested || !nested_save_needed(v->arch.nested) )
        return 0;
    if ( out )
        nested_save_fill(v->arch.nested, out);
    return sizeof(struct nested_save);
}

int nested_load_record(struct vcpu *v, const void *in, size_t len)
{
    int rc;

    (void)len;
    if ( !v->arch.nested )
        return -EINVAL;
    nested_domain_caps(v->domain);
    vmx_vmcs_enter(v);
    rc = nested_save_load(v->arch.nested, in);
    vmx_vmcs_exit(v);
    return rc;
}
