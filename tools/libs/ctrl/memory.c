/* SPDX-License-Identifier: MIT */
/* Memory of domains. */

#include <errno.h>
#include <string.h>

#include "private.h"

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_max_mem,
        .domain = domid,
        .u.max_mem.max_memkb = max_memkb,
    };

    return xc_domctl(xch, &domctl);
}

int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns)
{
    domid_t arg = domid;
    long rc = xc_memory_op(xch, XENMEM_maximum_gpfn, &arg, sizeof(arg));

    if ( rc < 0 )
        return -1;
    *gpfns = rc;
    return 0;
}

/* The extents done, which may be fewer than asked for. */
static long reservation_op(xc_interface *xch, unsigned int cmd, uint32_t domid,
                           unsigned long nr_extents, unsigned int extent_order,
                           unsigned int mem_flags, xen_pfn_t *extent_start)
{
    struct xen_memory_reservation arg = {
        .nr_extents = nr_extents,
        .extent_order = extent_order,
        .mem_flags = mem_flags,
        .domid = domid,
    };
    size_t size = nr_extents * sizeof(*extent_start);
    xen_pfn_t *buf = xencall_alloc_buffer(xch->xcall, size);
    long rc;

    if ( !buf )
        return -1;
    memcpy(buf, extent_start, size);
    set_xen_guest_handle(arg.extent_start, buf);
    rc = xc_memory_op(xch, cmd, &arg, sizeof(arg));
    if ( rc >= 0 )
        memcpy(extent_start, buf, size);
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long nr_extents,
                               unsigned int extent_order,
                               unsigned int mem_flags, xen_pfn_t *extent_start)
{
    return reservation_op(xch, XENMEM_populate_physmap, domid, nr_extents,
                          extent_order, mem_flags, extent_start);
}

static int all_or_enomem(long done, unsigned long wanted)
{
    if ( done < 0 )
        return -1;
    if ( (unsigned long)done != wanted )
    {
        errno = ENOMEM;
        return -1;
    }
    return 0;
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long nr_extents,
                                     unsigned int extent_order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extent_start)
{
    long done = reservation_op(xch, XENMEM_populate_physmap, domid, nr_extents,
                               extent_order, mem_flags, extent_start);

    return all_or_enomem(done, nr_extents);
}

int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents,
                                         unsigned int extent_order,
                                         xen_pfn_t *extent_start)
{
    long done = reservation_op(xch, XENMEM_decrease_reservation, domid,
                               nr_extents, extent_order, 0, extent_start);

    return all_or_enomem(done, nr_extents);
}

int xc_domain_claim_pages(xc_interface *xch, uint32_t domid,
                          unsigned long nr_pages)
{
    struct xen_memory_reservation arg = {
        .nr_extents = nr_pages,
        .domid = domid,
    };

    return xc_memory_op(xch, XENMEM_claim_pages, &arg, sizeof(arg)) < 0 ? -1
                                                                        : 0;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid,
                             uint64_t target_pages, uint64_t *tot_pages,
                             uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
    struct xen_pod_target arg = {
        .target_pages = target_pages,
        .domid = domid,
    };

    if ( xc_memory_op(xch, XENMEM_set_pod_target, &arg, sizeof(arg)) < 0 )
        return -1;
    if ( tot_pages )
        *tot_pages = arg.tot_pages;
    if ( pod_cache_pages )
        *pod_cache_pages = arg.pod_cache_pages;
    if ( pod_entries )
        *pod_entries = arg.pod_entries;
    return 0;
}

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
                             struct e820entry entries[], uint32_t nr_entries)
{
    struct xen_foreign_memory_map arg = {
        .domid = domid,
        .map.nr_entries = nr_entries,
    };
    size_t size = nr_entries * sizeof(entries[0]);
    void *buf = xencall_alloc_buffer(xch->xcall, size);
    long rc;

    if ( !buf )
        return -1;
    memcpy(buf, entries, size);
    set_xen_guest_handle(arg.map.buffer, buf);
    rc = xc_memory_op(xch, XENMEM_set_memory_map, &arg, sizeof(arg));
    xc_buffer_free(xch, buf, size);
    return rc < 0 ? -1 : 0;
}
