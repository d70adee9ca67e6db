/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: letting another domain use a page.
 *
 * A domain offers a page by writing an entry (who, which frame, how) into
 * its table, pages shared with the hypervisor (grant-frames.c). The other
 * domain maps the page at a guest frame of its own choice, or copies to or
 * from it (grant-copy.c). While an entry is in use it is marked so, and an
 * active record counts the uses and remembers the machine frame, so the
 * owner cannot change what is mapped (grant-entry.c). The mapping domain
 * names its mappings by handles (grant-maptrack.c).
 *
 * A mapping holds a reference on the page through the p2m entry, and one on
 * the owner's struct domain through the handle.
 * A table's entries are of version 1 or 2, as its domain likes
 * (grant-version.c).
 */
#include <xen/compat.h>
#include <xen/grant-table.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <asm/log-dirty.h>

/* The page at gfn of rd, if it may offer it: GNTST_*. */
static int offered_page(struct domain *rd, uint64_t gfn, bool readonly,
                        struct page_info **pg)
{
    p2m_type_t t;

    *pg = get_page_from_gfn(rd, _gfn(gfn), &t);
    if ( !*pg )
        return GNTST_bad_page;
    /* Not what it has from others itself, and nothing of the hypervisor. */
    if ( p2m_is_ram(t) && (readonly || !p2m_is_readonly(t)) &&
         (*pg)->owner == rd->domain_id + 1 )
        return GNTST_okay;
    put_page(*pg);
    *pg = NULL;
    return GNTST_bad_page;
}

/* An entry that was just claimed: what it offers. first: nobody else did. */
static int claimed_page(struct domain *rd, struct grant_active *act, bool first,
                        bool readonly, struct grant_offer *offer,
                        struct page_info **pg)
{
    int rc;

    if ( offer->transitive )
        return GNTST_okay;
    if ( first )
    {
        rc = offered_page(rd, offer->frame, readonly, pg);
        if ( rc != GNTST_okay )
            return rc;
        act->mfn = (uint32_t)mfn_x(page_to_mfn(*pg));
        act->offset = offer->offset;
        act->length = offer->length;
        return GNTST_okay;
    }
    /* In use: page and part are those that it was claimed with. */
    offer->offset = act->offset;
    offer->length = act->length;
    *pg = mfn_to_page(_mfn(act->mfn));
    if ( get_page(*pg, rd) )
        return GNTST_okay;
    *pg = NULL;
    return GNTST_bad_page;
}

int grant_acquire(struct domain *rd, grant_ref_t ref, const struct domain *ld,
                  bool readonly, bool mapping, struct grant_offer *offer,
                  struct page_info **pg)
{
    struct grant_table *gt = rd->grant_table;
    struct grant_active *act;
    struct grant_slot slot;
    bool first;
    int rc;

    *pg = NULL;
    if ( rd->is_dying )
        return GNTST_bad_domain;
    spin_lock(&gt->lock);
    if ( ref >= grant_nr_refs(gt) )
    {
        spin_unlock(&gt->lock);
        return GNTST_bad_gntref;
    }
    slot = grant_slot(gt, ref);
    act = grant_active(gt, ref);
    first = !grant_in_use(act);
    rc = grant_claim(&slot, act, ld->domain_id, readonly, mapping);
    if ( rc == GNTST_okay )
    {
        if ( slot.status )
            grant_read_v2(grant_entry_v2(gt, ref), offer);
        else
            grant_read_v1(grant_entry_v1(gt, ref), offer);
        /* Its owner may have made it so since it was claimed. */
        rc = mapping && (offer->transitive || offer->length != PAGE_SIZE)
                 ? GNTST_general_error
                 : claimed_page(rd, act, first, readonly, offer, pg);
        if ( rc != GNTST_okay )
            grant_release(&slot, act, readonly);
    }
    spin_unlock(&gt->lock);
    if ( *pg && !readonly )
        p2m_mark_page_dirty(rd, *pg);
    return rc;
}

void grant_drop(struct domain *rd, grant_ref_t ref, bool readonly)
{
    struct grant_table *gt = rd->grant_table;
    struct grant_slot slot;

    spin_lock(&gt->lock);
    if ( ref < grant_nr_refs(gt) )
    {
        slot = grant_slot(gt, ref);
        if ( !readonly )
            p2m_mark_page_dirty(rd,
                                mfn_to_page(_mfn(grant_active(gt, ref)->mfn)));
        grant_release(&slot, grant_active(gt, ref), readonly);
    }
    spin_unlock(&gt->lock);
}

static int map_one(struct gnttab_map_grant_ref *op)
{
    struct domain *ld = current->domain;
    bool readonly = op->flags & GNTMAP_readonly;
    struct page_info *pg = NULL;
    struct grant_offer offer;
    struct maptrack *m;
    struct domain *rd;
    uint32_t handle;
    int status;

    if ( !(op->flags & (GNTMAP_device_map | GNTMAP_host_map)) )
        return GNTST_bad_gntref;
    /* There are no page tables of the guest's to write, and no IOMMU. */
    if ( (op->flags & ~GNTMAP_readonly) != GNTMAP_host_map )
        return GNTST_general_error;
    if ( op->host_addr & (PAGE_SIZE - 1) )
        return GNTST_bad_virt_addr;
    rd = get_domain_by_id(op->dom);
    if ( !rd )
        return GNTST_bad_domain;
    handle = maptrack_alloc(ld->grant_table);
    if ( handle == MAPTRACK_END )
    {
        put_domain(rd);
        return GNTST_no_device_space;
    }
    status = grant_acquire(rd, op->ref, ld, readonly, true, &offer, &pg);
    if ( status != GNTST_okay )
        goto fail;
    /* The reference on the page goes to the p2m entry. */
    if ( p2m_set_entry(ld, gaddr_to_gfn(op->host_addr), page_to_mfn(pg),
                       PAGE_ORDER_4K,
                       readonly ? p2m_grant_map_ro : p2m_grant_map_rw) )
    {
        put_page(pg);
        grant_drop(rd, op->ref, readonly);
        status = GNTST_general_error;
        goto fail;
    }

    m = &ld->grant_table
             ->map[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
    m->ref = op->ref;
    m->domid = rd->domain_id;
    m->gfn = gfn_x(gaddr_to_gfn(op->host_addr));
    __atomic_store_n(&m->flags, op->flags, __ATOMIC_RELEASE);
    op->handle = handle;
    op->dev_bus_addr = mfn_x(page_to_mfn(pg)) << PAGE_SHIFT;
    return GNTST_okay; /* the reference on rd is the handle's now */

fail:
    maptrack_free(ld->grant_table, handle);
    put_domain(rd);
    return status;
}

static int gnttab_map(void *arg)
{
    struct gnttab_map_grant_ref *op = arg;

    op->status = map_one(op);
    return 0;
}

static int unmap_all(uint64_t arg, uint32_t count)
{
    uint32_t done;
    int rc;

    while ( count )
    {
        rc = gnttab_unmap_batch(arg, count, &done);
        if ( rc )
            return rc;
        arg += done * sizeof(struct gnttab_unmap_grant_ref);
        count -= done;
        if ( count && hypercall_preempt_check() )
        {
            hypercall_continue(GNTTABOP_unmap_grant_ref, arg, count, 0, 0);
            return -ERESTART;
        }
    }
    return 0;
}

/*
 * only_one: the operation takes a single element, count must be 1. layout:
 * see xen/compat.h.
 */
#define OP(cmd, handler, type, one, layout) \
    [GNTTABOP_##cmd] = { handler, layout, sizeof(struct type), one }

static const struct
{
    int (*fn)(void *op);
    const char *layout;
    uint8_t size;
    bool only_one;
} ops[] = {
    OP(map_grant_ref, gnttab_map, gnttab_map_grant_ref, false, NULL),
    OP(setup_table, gnttab_setup_table, gnttab_setup_table, true, "242w"),
    OP(copy, gnttab_copy_one, gnttab_copy, false, "w22|w22|222"),
    OP(query_size, gnttab_query_size, gnttab_query_size, true, NULL),
    OP(set_version, gnttab_set_version, gnttab_set_version, true, NULL),
    OP(get_version, gnttab_get_version, gnttab_get_version, true, NULL),
    OP(swap_grant_ref, gnttab_swap, gnttab_swap_grant_ref, false, NULL),
};

#define OP_MAX_BYTES 48

/* grant_table_op(cmd, array, count) */
long do_grant_table_op(unsigned long cmd, unsigned long arg,
                       unsigned long count, unsigned long a4, unsigned long a5)
{
    uint64_t op[OP_MAX_BYTES / sizeof(uint64_t)];
    const char *layout;
    size_t size;
    uint32_t i;
    int rc;

    cmd = (uint32_t)cmd;
    count = (uint32_t)count;
    if ( (int32_t)count < 0 )
        return -EINVAL;
    if ( cmd == GNTTABOP_unmap_grant_ref )
        return unmap_all(arg, count);
    if ( cmd >= ARRAY_SIZE(ops) || !ops[cmd].fn )
        return -ENOSYS;
    if ( ops[cmd].only_one && count != 1 )
        return -EINVAL;

    layout = ops[cmd].layout;
    size = ops[cmd].size;
    for ( i = 0; i < count; i++, arg += layout_stride(layout, size) )
    {
        if ( i && hypercall_preempt_check() )
        {
            hypercall_continue(cmd, arg, count - i, a4, a5);
            return -ERESTART;
        }
        if ( copy_layout_from_guest(op, arg, layout, size) )
            return -EFAULT;
        rc = ops[cmd].fn(op);
        if ( copy_layout_to_guest(arg, op, layout, size) && !rc )
            rc = -EFAULT;
        if ( rc )
            return rc;
    }
    return 0;
}
