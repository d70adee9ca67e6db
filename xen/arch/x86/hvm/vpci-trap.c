/* SPDX-License-Identifier: MIT */
/* Which device pages of Dom0 exit instead of reaching the device. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/p2m.h>
#include "vpci-private.h"

/* Above this, Dom0's device pages are mapped when they are touched. */
#define MAPPED_END GB(4)

static bool plain_device_page(struct domain *d, paddr_t gpa)
{
    unsigned int order;
    p2m_type_t t;

    if ( mfn_valid(_mfn(gpa >> PAGE_SHIFT)) )
        return false;
    p2m_get_entry(d, gaddr_to_gfn(gpa), &t, &order);
    return t == p2m_mmio_direct || (t == p2m_invalid && gpa >= MAPPED_END);
}

/* As much as goes into one entry: whole windows are 2 MiB and more. */
static unsigned int entry_order(paddr_t gpa, paddr_t end)
{
    return IS_ALIGNED(gpa, MB(2)) && end - gpa >= MB(2) ? PAGE_ORDER_2M
                                                        : PAGE_ORDER_4K;
}

int vpci_trap_pages(struct domain *d, paddr_t start, uint64_t size)
{
    paddr_t end = start + size;

    for ( paddr_t gpa = start; gpa < end; gpa += PAGE_SIZE )
        if ( !plain_device_page(d, gpa) )
            return -EBUSY;
    for ( paddr_t gpa = start; gpa < end; )
    {
        unsigned int order = entry_order(gpa, end);
        int rc = p2m_set_entry(d, gaddr_to_gfn(gpa), INVALID_MFN, order,
                               p2m_invalid);

        if ( rc )
        {
            vpci_untrap_pages(d, start, gpa - start);
            return rc;
        }
        gpa += PAGE_SIZE << order;
    }
    return 0;
}

void vpci_untrap_pages(struct domain *d, paddr_t start, uint64_t size)
{
    paddr_t end = start + size;

    for ( paddr_t gpa = start; gpa < end && gpa < MAPPED_END; gpa += PAGE_SIZE )
        if ( p2m_set_entry(d, gaddr_to_gfn(gpa), _mfn(gpa >> PAGE_SHIFT),
                           PAGE_ORDER_4K, p2m_mmio_direct) )
            printk(XENLOG_WARNING "PCI: %#lx is lost to Dom0: no memory for "
                                  "its p2m\n",
                   gpa);
}
