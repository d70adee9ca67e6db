/* SPDX-License-Identifier: MIT */
/* Life cycle of the x86 part of domains and vCPUs. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/pvclock.h>
#include <public/domctl.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>

int hvm_domain_init(struct domain *d)
{
    int rc;

    hvm_tsc_init(d);
    spin_lock_init(&d->arch.task_lock);
    if ( (rc = p2m_init(d)) || (rc = cpu_policy_init_domain(d)) ||
         (rc = hvm_io_bitmap_init(d)) || (rc = vmx_apic_domain_init(d)) )
        return rc;
    if ( d->create_flags & XEN_DOMCTL_CDF_nested_virt )
        return nested_domain_init(d);
    return 0;
}

void hvm_domain_relinquish(struct domain *d)
{
    struct vcpu *v;

    /* What L1 gave for its L2s to use (bitmaps, APIC pages) is pinned. */
    for_each_vcpu (d, v)
        if ( v->arch.nested )
            nested_vcpu_reset(v);
}

void hvm_domain_destroy(struct domain *d)
{
    if ( d->nested )
        nested_domain_destroy(d);
    if ( d->arch.vioapic )
        vioapic_destroy(d);
    hvm_io_bitmap_destroy(d);
    cpu_policy_destroy_domain(d);
    /* Nothing is left to do unless creation failed: then it is short. */
    while ( p2m_teardown(d) )
        ;
    vmx_apic_domain_destroy(d);
    xfree(d->arch.e820);
}

void hvm_latch_shinfo_size(struct domain *d)
{
    if ( d != current->domain )
        return;
    d->arch.has_32bit_shinfo = !hvm_code_is_64bit();
    wallclock_update(d); /* it is elsewhere in the other form */
}

int hvm_vcpu_init(struct vcpu *v)
{
    int rc;

    v->arch.vmcs_cpu = v->arch.tlb_cpu = NR_CPUS;
    v->arch.tsc_offset = v->domain->arch.tsc_offset;
    if ( (rc = fpu_init_vcpu(v)) || (rc = vlapic_init(v)) ||
         (rc = vmx_vcpu_init(v)) )
        return rc;
    if ( v->domain->nested && (rc = nested_vcpu_init(v)) )
        return rc;
    hvm_msr_reset(v);
    hvm_vcpu_reset_state(v, 0xf000, 0xfff0);
    return 0;
}

void hvm_vcpu_destroy(struct vcpu *v)
{
    if ( v->arch.nested )
        nested_vcpu_destroy(v);
    if ( v->arch.vlapic )
        vlapic_destroy(v);
    vmx_forget_state(v);
    vmx_vcpu_destroy(v);
    fpu_destroy_vcpu(v);
}
