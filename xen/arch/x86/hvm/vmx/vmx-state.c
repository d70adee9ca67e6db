/* SPDX-License-Identifier: MIT */
/* Single pieces of guest state in the VMCS, for vendor-neutral code. */

#include <xen/domain.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
    vmx_vmcs_enter(v);
    if ( unlikely(v->arch.nested) && nested_guest_mode(v) )
        nested_tsc_moved(v);
    else
        vmwrite(VMCS_tsc_offset, offset);
    vmx_vmcs_exit(v);
}

void hvm_tsc_controls(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;
    uint64_t multiplier = hvm_tsc_multiplier(v->domain);

    vmx_vmcs_enter(v);
    if ( v->domain->arch.tsc.emulated )
        vmx_set_proc(v, PROC_RDTSC, 0);
    else
        vmx_set_proc(v, 0, PROC_RDTSC);
    vmx->proc2 &= ~PROC2_TSC_SCALING;
    if ( multiplier != TSC_RATIO_ONE )
    {
        vmx->proc2 |= PROC2_TSC_SCALING;
        vmwrite(VMCS_tsc_multiplier, multiplier);
    }
    vmwrite(VMCS_proc2_ctrl, vmx->proc2);
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
