/* SPDX-License-Identifier: MIT */
/* How much RAM a domain has: giving it pages and taking them back. */
#include <xen/compat.h>
#include <xen/guest-access.h>
#include <xen/heap.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include "memory.h"

/* Largest extent: a guest's own wishes, and what builds guests. */
#define MAX_ORDER_GUEST PAGE_ORDER_2M
#define MAX_ORDER_PRIV  PAGE_ORDER_1G

/* struct xen_memory_reservation: see xen/compat.h. */
#define RESERVATION "ww442"

static unsigned int max_order(void)
{
    return current->domain->is_privileged ? MAX_ORDER_PRIV : MAX_ORDER_GUEST;
}

int guest_remove_page(struct domain *d, gfn_t gfn)
{
    unsigned int order;
    p2m_type_t t;

    p2m_get_entry(d, gfn, &t, &order);
    if ( p2m_is_ram(t) )
        return p2m_remove_ram(d, gfn);
    if ( t == p2m_mmio_direct || t == p2m_xen )
        return p2m_remove_entry(d, gfn);
    /* What others lent is given back by other means. */
    return t == p2m_invalid ? -EINVAL : -ENXIO;
}

/* Extent number i of a request that was checked; false: it cannot be done. */
typedef bool extent_fn_t(struct domain *d,
                         const struct xen_memory_reservation *r,
                         unsigned long i);

/*
 * The three operations report trouble by doing fewer extents than asked for,
 * never by an errno.
 */
static long each_extent(uint64_t arg, unsigned long start, unsigned long *done,
                        extent_fn_t *fn)
{
    struct xen_memory_reservation r;
    struct domain *d;
    unsigned long i;
    long rc = 0;

    if ( copy_struct_from_guest(&r, arg, RESERVATION) ||
         r.nr_extents > MEMOP_MAX_EXTENTS || start >= r.nr_extents ||
         domain_get_target(r.domid, &d) )
        return start;
    for ( i = start; i < r.nr_extents && r.extent_order <= max_order(); i++ )
    {
        if ( i != start && hypercall_preempt_check() )
        {
            *done = i;
            rc = -ERESTART;
            break;
        }
        if ( !fn(d, &r, i) )
            break;
    }
    p2m_flush_sync(d); /* what was given up counts as free from now on */
    put_domain(d);
    return rc ? rc : (long)i;
}

/* Take the pages out of d's map that got into it, and free all of them. */
static void undo_populate(struct domain *d, gfn_t gfn, struct page_info *pg,
                          uint64_t nr)
{
    unsigned int order;
    p2m_type_t t;

    for ( uint64_t i = 0; i < nr; i++ )
        if ( mfn_eq(p2m_get_entry(d, gfn_add(gfn, i), &t, &order),
                    page_to_mfn(&pg[i])) )
            p2m_remove_entry(d, gfn_add(gfn, i));
    /* Other vCPUs may have used them in the meantime. */
    p2m_flush_sync(d);
    for ( uint64_t i = 0; i < nr; i++ )
        put_page_alloc_ref(&pg[i]);
}

static bool populate_one(struct domain *d, gfn_t gfn, unsigned int order,
                         unsigned int memflags)
{
    struct page_info *pg = alloc_domheap_pages(d, order, memflags);
    uint64_t i, held = 0, nr = 1ull << order;
    mfn_t mfn;
    int rc = 0;

    if ( !pg )
        return false;
    mfn = page_to_mfn(pg);
    /*
     * The guest may take the first away while the last are being mapped:
     * held, they cannot be somebody else's by then. One that cannot be held
     * is on its way out with the domain.
     */
    while ( held < nr && get_page(&pg[held], NULL) )
        held++;
    if ( held < nr )
        rc = -ESRCH;
    else if ( IS_ALIGNED(gfn_x(gfn), nr) )
        rc = p2m_set_entry(d, gfn, mfn, order, p2m_ram_rw);
    else
        for ( i = 0; i < nr && !rc; i++ )
            rc = p2m_set_entry(d, gfn_add(gfn, i), mfn_add(mfn, i),
                               PAGE_ORDER_4K, p2m_ram_rw);
    if ( rc )
        undo_populate(d, gfn, pg, held);
    for ( i = 0; i < held; i++ )
        put_page(&pg[i]);
    return !rc;
}

static bool populate_extent(struct domain *d,
                            const struct xen_memory_reservation *r,
                            unsigned long i)
{
    /*
     * LIMIT: populate-on-demand is not offered; where it is asked for, the
     * memory is simply there from the start. What is beyond the domain's
     * target raises its limit, which the toolstack has set without it.
     */
    unsigned int memflags = (r->mem_flags & XENMEMF_populate_on_demand) &&
                                    current->domain->is_privileged
                                ? MEMF_no_limit
                                : 0;
    xen_pfn_t gfn;

    if ( copy_word_from_guest(&gfn, r->extent_start, i) ||
         !populate_one(d, _gfn(gfn), r->extent_order, memflags) )
        return false;
    if ( memflags && d->tot_pages > d->pod_target )
        d->max_pages +=
            min(1ull << r->extent_order, d->tot_pages - d->pod_target);
    return true;
}

long mem_populate_physmap(uint64_t arg, unsigned long start,
                          unsigned long *done)
{
    return each_extent(arg, start, done, populate_extent);
}

static bool decrease_extent(struct domain *d,
                            const struct xen_memory_reservation *r,
                            unsigned long i)
{
    xen_pfn_t gfn;

    if ( copy_word_from_guest(&gfn, r->extent_start, i) )
        return false;
    for ( uint64_t p = 0; p < 1ull << r->extent_order; p++ )
        if ( guest_remove_page(d, _gfn(gfn + p)) )
            return false;
    return true;
}

long mem_decrease_reservation(uint64_t arg, unsigned long start,
                              unsigned long *done)
{
    return each_extent(arg, start, done, decrease_extent);
}

/* Pages that are nowhere in the map are of use to PV guests only. */
static bool increase_extent(struct domain *d,
                            const struct xen_memory_reservation *r,
                            unsigned long i)
{
    (void)i;
    return guest_handle_is_null(r->extent_start) &&
           alloc_domheap_pages(d, r->extent_order, 0);
}

long mem_increase_reservation(uint64_t arg, unsigned long start,
                              unsigned long *done)
{
    return each_extent(arg, start, done, increase_extent);
}

long mem_exchange(uint64_t arg, unsigned long start, unsigned long *done)
{
    struct xen_memory_exchange e;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&e, arg, RESERVATION "|" RESERVATION "|w") )
        return -EFAULT;
    /* Trading frames is for those who see machine frames: PV. */
    return -EOPNOTSUPP;
}

long mem_claim_pages(uint64_t arg, unsigned long start, unsigned long *done)
{
    struct xen_memory_reservation r;
    struct domain *d;
    int rc;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&r, arg, RESERVATION) )
        return -EFAULT;
    if ( !guest_handle_is_null(r.extent_start) || r.extent_order ||
         r.mem_flags )
        return -EINVAL;
    d = get_domain_by_id(r.domid);
    if ( !d )
        return -EINVAL;
    rc = current->domain->is_privileged
             ? domain_set_outstanding_pages(d, r.nr_extents)
             : -EPERM;
    put_domain(d);
    return rc;
}

/* Set and get; the former has nothing to set. */
static long pod_target(uint64_t arg, unsigned long start, bool set)
{
    static const char layout[] = "88882";
    xen_pod_target_t t;
    struct domain *d;
    int rc;

    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&t, arg, layout) )
        return -EFAULT;
    rc = domain_get_target(t.domid, &d);
    if ( rc )
        return rc;
    if ( !current->domain->is_privileged )
    {
        put_domain(d);
        return -EPERM;
    }
    if ( set )
        d->pod_target = t.target_pages;
    t.tot_pages = d->tot_pages;
    t.pod_cache_pages = 0;
    t.pod_entries = 0;
    put_domain(d);
    return copy_struct_to_guest(arg, &t, layout) ? -EFAULT : 0;
}

long mem_set_pod_target(uint64_t arg, unsigned long start, unsigned long *done)
{
    (void)done;
    return pod_target(arg, start, true);
}

long mem_get_pod_target(uint64_t arg, unsigned long start, unsigned long *done)
{
    (void)done;
    return pod_target(arg, start, false);
}
