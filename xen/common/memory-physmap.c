/* SPDX-License-Identifier: MIT */
/* What is where in a domain's physical address map, other than its RAM. */
#include <xen/compat.h>
#include <xen/grant-table.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include "memory.h"

/*
 * Make room at gfn for something that is not the domain's RAM. Dom0 sees all of
 * the machine's addresses that are not RAM, and Linux puts pages of others
 * where it knows of no device, which may be one of these.
 */
static int vacate(struct domain *d, gfn_t gfn)
{
    unsigned int order;
    p2m_type_t t;

    p2m_get_entry(d, gfn, &t, &order);
    if ( t == p2m_mmio_direct )
        return d->is_hwdom ? 0 : -EPERM;
    /* Mappings are replaced by the new one; RAM would be lost. */
    return p2m_is_ram(t) ? p2m_remove_ram(d, gfn) : 0;
}

/*
 * A page of the hypervisor that d is to see at gfn, and nowhere else. The
 * reference on it goes to the p2m entry, or back.
 */
static int map_xen_page(struct domain *d, mfn_t mfn, gfn_t gfn)
{
    struct page_info *pg = mfn_to_page(mfn);
    gfn_t old = page_gfn(pg);
    unsigned int order;
    p2m_type_t t;
    int rc;

    rc = vacate(d, gfn);
    if ( !rc && !gfn_eq(old, gfn) &&
         mfn_eq(p2m_get_entry(d, old, &t, &order), mfn) && t == p2m_xen )
        rc = p2m_remove_entry(d, old);
    if ( !rc )
        rc = p2m_set_entry(d, gfn, mfn, PAGE_ORDER_4K, p2m_xen);
    if ( rc )
        put_page(pg);
    else
        page_set_gfn(pg, gfn);
    return rc;
}

static int map_shared_info(struct domain *d, uint64_t idx, gfn_t gfn)
{
    mfn_t mfn = virt_to_mfn(d->shared_info);
    struct vcpu *v;
    int rc;

    if ( idx || !get_page(mfn_to_page(mfn), NULL) )
        return -EINVAL;
    rc = map_xen_page(d, mfn, gfn);
    if ( rc )
        return rc;
    wallclock_update(d);
    for_each_vcpu (d, v)
        pvclock_update(v);
    return 0;
}

static int map_grant_frame(struct domain *d, uint64_t idx, gfn_t gfn)
{
    mfn_t mfn;
    int rc;

    rc = grant_table_get_frame(d, idx & XENMAPIDX_grant_table_status,
                               idx & ~XENMAPIDX_grant_table_status, &mfn);
    return rc ? rc : map_xen_page(d, mfn, gfn);
}

static int move_page(struct domain *d, uint64_t idx, gfn_t gfn)
{
    unsigned int order;
    p2m_type_t t;
    int rc;

    p2m_get_entry(d, _gfn(idx), &t, &order);
    if ( !p2m_is_ram(t) )
        return -EINVAL;
    if ( gfn_x(gfn) == idx )
        return 0;
    rc = vacate(d, gfn);
    return rc ? rc : p2m_move_ram(d, _gfn(idx), gfn);
}

/* The page of fd at fgfn, mapped into d: privilege is checked before. */
static int map_foreign(struct domain *d, struct domain *fd, uint64_t fgfn,
                       gfn_t gfn)
{
    struct page_info *pg;
    p2m_type_t t;
    int rc;

    pg = get_page_from_gfn(fd, _gfn(fgfn), &t);
    if ( !pg )
        return -EINVAL;
    /* Pages that fd shares with the hypervisor are saved with its RAM. */
    rc = p2m_is_ram(t) || t == p2m_xen ? vacate(d, gfn) : -EINVAL;
    if ( !rc )
        rc = p2m_set_entry(d, gfn, page_to_mfn(pg), PAGE_ORDER_4K,
                           p2m_map_foreign);
    if ( rc )
        put_page(pg);
    return rc;
}

static int add_one(struct domain *d, unsigned int space, struct domain *fd,
                   uint64_t idx, gfn_t gfn)
{
    switch ( space )
    {
    case XENMAPSPACE_shared_info:
        return map_shared_info(d, idx, gfn);
    case XENMAPSPACE_grant_table:
        return map_grant_frame(d, idx, gfn);
    case XENMAPSPACE_gmfn:
    case XENMAPSPACE_gmfn_range:
        return move_page(d, idx, gfn);
    case XENMAPSPACE_gmfn_foreign:
        return map_foreign(d, fd, idx, gfn);
    }
    return -EINVAL;
}

long mem_add_to_physmap(uint64_t arg, unsigned long start, unsigned long *done)
{
    unsigned long i = start, nr = 1;
    struct xen_add_to_physmap a;
    struct domain *d;
    long rc;

    if ( start > UINT16_MAX )
        return -EDOM;
    if ( copy_struct_from_guest(&a, arg, "224ww") )
        return -EFAULT;
    if ( a.space == XENMAPSPACE_gmfn_foreign )
        return -ENOSYS;
    if ( a.space == XENMAPSPACE_dev_mmio )
        return -EACCES;
    rc = domain_get_target(a.domid, &d);
    if ( rc )
        return rc;

    if ( a.space == XENMAPSPACE_gmfn_range )
        nr = a.size;
    for ( ; i < nr && !rc; i++ )
    {
        if ( i != start && hypercall_preempt_check() )
        {
            *done = i;
            rc = -ERESTART;
            break;
        }
        rc = add_one(d, a.space, NULL, a.idx + i, _gfn(a.gpfn + i));
    }
    put_domain(d);
    return rc;
}

/* The domain whose pages are to be mapped, for a caller that may. */
static int get_foreign(const struct domain *d, domid_t domid,
                       struct domain **fd)
{
    if ( domid == DOMID_SELF || domid == d->domain_id )
        return -EINVAL;
    *fd = get_domain_by_id(domid);
    if ( !*fd )
        return -ESRCH;
    if ( current->domain->is_privileged )
        return 0;
    put_domain(*fd);
    *fd = NULL;
    return -EPERM;
}

/* A foreign domain out of reach is every entry's error, not the call's. */
static long add_batch(struct domain *d,
                      const struct xen_add_to_physmap_batch *b,
                      struct domain *fd, int foreign_rc, unsigned long start,
                      unsigned long *done)
{
    unsigned long i;
    xen_ulong_t idx;
    xen_pfn_t gfn;
    int rc;

    for ( i = start; i < b->size; i++ )
    {
        if ( i != start && hypercall_preempt_check() )
        {
            *done = i;
            return -ERESTART;
        }
        if ( copy_word_from_guest(&idx, b->idxs, i) ||
             copy_word_from_guest(&gfn, b->gpfns, i) )
            return -EFAULT;
        rc = foreign_rc ?: add_one(d, b->space, fd, idx, _gfn(gfn));
        if ( copy_to_guest_offset(b->errs, i, &rc, 1) )
            return -EFAULT;
    }
    return 0;
}

long mem_add_to_physmap_batch(uint64_t arg, unsigned long start,
                              unsigned long *done)
{
    struct xen_add_to_physmap_batch b;
    struct domain *d, *fd = NULL;
    int foreign_rc = 0;
    long rc;

    if ( start > UINT16_MAX )
        return -EDOM;
    if ( copy_struct_from_guest(&b, arg, "2222www") )
        return -EFAULT;
    if ( b.space == XENMAPSPACE_gmfn_range || b.space == XENMAPSPACE_dev_mmio )
        return -EOPNOTSUPP;
    if ( start >= b.size )
        return b.size < start || start ? -EILSEQ : 0;
    rc = domain_get_target(b.domid, &d);
    if ( rc )
        return rc;
    if ( b.space == XENMAPSPACE_gmfn_foreign )
        foreign_rc = get_foreign(d, b.u.foreign_domid, &fd);
    rc = add_batch(d, &b, fd, foreign_rc, start, done);
    if ( fd )
        put_domain(fd);
    put_domain(d);
    return rc;
}

long mem_remove_from_physmap(uint64_t arg, unsigned long start,
                             unsigned long *done)
{
    struct xen_remove_from_physmap r;
    unsigned int order;
    struct domain *d;
    p2m_type_t t;
    long rc;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&r, arg, "2w") )
        return -EFAULT;
    rc = domain_get_target(r.domid, &d);
    if ( rc )
        return rc;
    p2m_get_entry(d, _gfn(r.gpfn), &t, &order);
    /* RAM stays the domain's although it cannot be reached any more. */
    rc = p2m_is_any_ram(t) ? p2m_remove_entry(d, _gfn(r.gpfn)) : -ENOENT;
    put_domain(d);
    return rc;
}

/* How many frames the resource may have at most; 0: there is none such. */
static uint32_t resource_size(const struct domain *d, uint16_t type,
                              uint32_t id)
{
    const struct grant_table *gt = d->grant_table;

    if ( type != XENMEM_resource_grant_table )
        return 0;
    if ( id == XENMEM_resource_grant_table_id_shared )
        return gt->max_frames;
    return id == XENMEM_resource_grant_table_id_status && gt->max_version > 1
               ? grant_status_frames(gt->max_frames)
               : 0;
}

static long acquire_frames(struct domain *d,
                           const struct xen_mem_acquire_resource *r,
                           unsigned long start, unsigned long *done)
{
    struct domain *cd = current->domain;
    unsigned long i;
    xen_pfn_t gfn;
    mfn_t mfn;
    long rc;

    for ( i = start; i < r->nr_frames; i++ )
    {
        if ( i != start && hypercall_preempt_check() )
        {
            *done = i;
            return -ERESTART;
        }
        if ( copy_word_from_guest(&gfn, r->frame_list, i) )
            return -EFAULT;
        rc = grant_table_get_frame(
            d, r->id == XENMEM_resource_grant_table_id_status, r->frame + i,
            &mfn);
        if ( !rc && (rc = vacate(cd, _gfn(gfn))) != 0 )
            put_page(mfn_to_page(mfn));
        if ( rc )
            return i ? -EIO : rc;
        rc = p2m_set_entry(cd, _gfn(gfn), mfn, PAGE_ORDER_4K, p2m_map_foreign);
        if ( rc )
        {
            put_page(mfn_to_page(mfn));
            return i ? -EIO : rc;
        }
    }
    return 0;
}

long mem_acquire_resource(uint64_t arg, unsigned long start,
                          unsigned long *done)
{
    struct xen_mem_acquire_resource r;
    struct domain *d;
    uint32_t size;
    long rc;

    if ( !current->domain->is_hwdom )
        return -EACCES;
    if ( copy_struct_from_guest(&r, arg, "224448w") )
        return -EFAULT;
    if ( r.pad || (r.frame >> 32) || ((r.frame + r.nr_frames) >> 32) )
        return -EINVAL;
    if ( r.domid == current->domain->domain_id )
        return -EPERM;
    if ( r.domid == DOMID_SELF )
        return -ESRCH; /* only others have an id here */
    rc = domain_get_target(r.domid, &d);
    if ( rc )
        return rc;

    size = resource_size(d, r.type, r.id);
    if ( !size )
        rc = -EINVAL;
    else if ( guest_handle_is_null(r.frame_list) )
    {
        if ( r.nr_frames || start )
            rc = -EINVAL;
        else if ( copy_to_guest_va(
                      arg +
                          offsetof(struct xen_mem_acquire_resource, nr_frames),
                      &size, sizeof(size)) )
            rc = -EFAULT;
    }
    else if ( start >= r.nr_frames || r.nr_frames > MEMOP_MAX_EXTENTS )
        rc = -EINVAL;
    else
        rc = acquire_frames(d, &r, start, done);
    put_domain(d);
    return rc;
}
