/* SPDX-License-Identifier: MIT */
/* Page-modification logging: the processor lists the pages it dirties. */

/*
 * SDM "Page-Modification Logging": with EPT dirty flags on, setting one writes
 * the page's address into a log of 512 entries that is filled from the end;
 * when the index has gone below zero the next write exits instead. LIMIT: not
 * for domains with nested VMX, whose L2s run on other EPTs: these are
 * write-protected instead (mm/log-dirty.c).
 */
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/log-dirty.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

#define PML_INDEX_TOP (PML_ENTRIES - 1)

bool vmx_pml_possible(const struct domain *d)
{
    if ( !vmx_caps.pml || !vmx_caps.ept_ad || d->nested )
        return false;
    /* Those that are made later would not log. */
    for ( uint32_t i = 0; i < d->max_vcpus; i++ )
        if ( !d->vcpu[i] )
            return false;
    return true;
}

static void set_controls(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;

    if ( vmx->pml )
        vmx->proc2 |= PROC2_PML;
    else
        vmx->proc2 &= ~PROC2_PML;
    vmx_vmcs_enter(v);
    if ( vmx->pml )
    {
        vmwrite(VMCS_pml_address, virt_to_maddr(vmx->pml));
        vmwrite(VMCS_guest_pml_index, PML_INDEX_TOP);
    }
    vmwrite(VMCS_proc2_ctrl, vmx->proc2);
    vmwrite(VMCS_ept_pointer, v->domain->p2m.eptp);
    vmx_vmcs_exit(v);
}

int vmx_pml_enable(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v)
    {
        v->arch.vmx.pml = alloc_xenheap_page();
        if ( !v->arch.vmx.pml )
        {
            vmx_pml_disable(d);
            return -ENOMEM;
        }
    }
    d->p2m.eptp |= EPTP_AD;
    for_each_vcpu (d, v)
        set_controls(v);
    return 0;
}

void vmx_pml_disable(struct domain *d)
{
    struct vcpu *v;

    d->p2m.eptp &= ~EPTP_AD;
    for_each_vcpu (d, v)
    {
        uint64_t *log = v->arch.vmx.pml;

        v->arch.vmx.pml = NULL;
        if ( log )
            set_controls(v);
        free_xenheap_page(log);
    }
}

void vmx_pml_drain(struct vcpu *v)
{
    if ( !v->arch.vmx.pml )
        return;
    vmx_vmcs_enter(v);
    log_dirty_from_pml(v->domain, v->arch.vmx.pml,
                       vmread(VMCS_guest_pml_index));
    vmwrite(VMCS_guest_pml_index, PML_INDEX_TOP);
    vmx_vmcs_exit(v);
}

/* The write that found the log full is done again. */
enum exit_result vmx_exit_pml_full(struct vcpu *v)
{
    vmx_reblock_nmi(v, vmread(VMCS_exit_qualification));
    vmx_pml_drain(v);
    return EXIT_RESUME;
}
