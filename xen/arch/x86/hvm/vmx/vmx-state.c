/* SPDX-License-Identifier: MIT */
/* Single pieces of guest state in the VMCS, for vendor-neutral code. */

#include <xen/domain.h>
#include <asm/hvm-io.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
    vmx_vmcs_enter(v);
    vmwrite(VMCS_tsc_offset, offset);
    vmx_vmcs_exit(v);
}

uint64_t hvm_get_guest_pat(struct vcpu *v)
{
    uint64_t pat;

    vmx_vmcs_enter(v);
    pat = vmread(VMCS_guest_pat);
    vmx_vmcs_exit(v);
    return pat;
}

void hvm_set_guest_pat(struct vcpu *v, uint64_t pat)
{
    vmx_vmcs_enter(v);
    vmwrite(VMCS_guest_pat, pat);
    vmx_vmcs_exit(v);
}
