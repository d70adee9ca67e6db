/* SPDX-License-Identifier: MIT */
/* APIC virtualization: the xAPIC's register window without emulation. */

/*
 * The window at its default address is mapped to a page of the domain's own,
 * the APIC-access page: the processor recognizes it, and turns accesses into
 * such to the vCPU's register page. The task priority is then read and written
 * without an exit. With APIC-register virtualization most registers are read
 * so, and a write exits only after it was done. The rest exits before, and is
 * emulated as an EPT violation is.
 *
 * No access of a guest reaches the page itself, except by an L2 that its L1
 * gave another such page and no EPT. A domain gets the mapping when it first
 * uses the window, which guests in x2APIC mode never do, and loses it for good
 * when a vCPU of it moves the window or leaves the mode.
 *
 * Not used: virtual-interrupt delivery (a vCPU's interrupts are injected) and
 * the virtualization of x2APIC MSRs, which some processors' models get wrong.
 */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/emulate.h>
#include <asm/p2m.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

static bool opt_apicv = true;
boolean_param("apicv", opt_apicv);

#define APIC_GFN _gfn(APIC_DEFAULT_PHYS_BASE >> PAGE_SHIFT)

uint32_t vmx_apic_controls(void)
{
    if ( !opt_apicv || !vmx_caps.apic_access )
        return 0;

    return PROC2_APIC_ACCESS | (vmx_caps.apic_reg_virt ? PROC2_APIC_REG : 0);
}

int vmx_apic_domain_init(struct domain *d)
{
    if ( !vmx_apic_controls() )
        return 0;
    d->arch.apic_page = alloc_xenheap_page();

    return d->arch.apic_page ? 0 : -ENOMEM;
}

void vmx_apic_domain_destroy(struct domain *d)
{
    free_xenheap_page(d->arch.apic_page);
    d->arch.apic_page = NULL;
}

paddr_t vmx_apic_access_page(const struct domain *d)
{
    return d->arch.apic_page ? virt_to_maddr(d->arch.apic_page) : INVALID_PADDR;
}

/* Enabled, in xAPIC mode, and where it is after a reset. */
static bool window_in_place(const struct vcpu *v)
{
    return vlapic_mmio_covers(v, APIC_DEFAULT_PHYS_BASE);
}

bool vmx_apic_map_window(struct vcpu *v, paddr_t gpa)
{
    struct domain *d = v->domain;

    if ( !d->arch.apic_page || READ_ONCE(d->arch.apic_moved) ||
         gpa >> PAGE_SHIFT != gfn_x(APIC_GFN) || !window_in_place(v) ||
         p2m_set_entry(d, APIC_GFN, virt_to_mfn(d->arch.apic_page),
                       PAGE_ORDER_4K, p2m_apic_access) )
        return false;
    /* Another vCPU may have left meanwhile, and found nothing to unmap. */
    if ( READ_ONCE(d->arch.apic_moved) )
    {
        p2m_remove_entry(d, APIC_GFN);
        return false;
    }

    return true;
}

void vmx_apic_base_changed(struct vcpu *v)
{
    struct domain *d = v->domain;
    unsigned int order;
    p2m_type_t t;

    if ( window_in_place(v) || d->arch.apic_moved )
        return;
    __atomic_store_n(&d->arch.apic_moved, true, __ATOMIC_SEQ_CST);
    p2m_get_entry(d, APIC_GFN, &t, &order);
    if ( t == p2m_apic_access )
        p2m_remove_entry(d, APIC_GFN);
}

/* SDM "APIC-Access VM Exits": an access that the processor leaves to us. */
enum exit_result vmx_exit_apic_access(struct vcpu *v)
{
    uint64_t qual = vmread(VMCS_exit_qualification);
    paddr_t gpa = APIC_DEFAULT_PHYS_BASE | (qual & APIC_QUAL_OFFSET_MASK);

    switch ( qual >> APIC_QUAL_TYPE_SHIFT & APIC_QUAL_TYPE_MASK )
    {
    case APIC_QUAL_LINEAR_READ:
    case APIC_QUAL_LINEAR_WRITE:
        /* The linear address is not told, but what it translated to. */
        hvm_emulate_mmio(v, gpa, 0, EMUL_OPERAND);
        local_irq_take();
        break;

    default:
        domain_crash(v->domain,
                     "code, page tables or a stack in the local APIC's "
                     "registers: qualification %#lx",
                     qual);
        break;
    }

    return EXIT_RESUME;
}

/* SDM "APIC-Write VM Exits": the write is done, its effect is ours. */
enum exit_result vmx_exit_apic_write(struct vcpu *v)
{
    vlapic_page_written(v, vmread(VMCS_exit_qualification) &
                               APIC_QUAL_OFFSET_MASK);

    return EXIT_RESUME;
}
