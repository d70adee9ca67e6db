/* SPDX-License-Identifier: MIT */
/* GNTTABOP_unmap_grant_ref: giving mappings back. */

/*
 * Done in batches of three steps. First each handle is claimed, so that of
 * two vCPUs which unmap the same one only one goes on, and its p2m entry is
 * removed. Then no pCPU may use the removed entries any more. Only then does
 * the owner of a page see that it is not in use by others.
 */
#include <xen/grant-table.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

#define UNMAP_BATCH 16

struct unmapping
{
    struct gnttab_unmap_grant_ref op;
    struct maptrack m;
    struct domain *rd; /* NULL: nothing more to do */
};

static void begin(struct domain *ld, struct unmapping *u)
{
    struct grant_table *gt = ld->grant_table;
    unsigned int order;
    p2m_type_t t;
    mfn_t mfn;

    u->rd = NULL;
    if ( !u->op.host_addr )
    {
        /* Only a device mapping, of which there is none. */
        u->op.status =
            maptrack_find(gt, u->op.handle) ? GNTST_okay : GNTST_bad_handle;
        return;
    }
    u->op.status = maptrack_claim(gt, u->op.handle,
                                  gfn_x(gaddr_to_gfn(u->op.host_addr)), &u->m);
    if ( u->op.status != GNTST_okay )
        return;
    u->rd = maptrack_domain(&u->m);
    /* The guest may have put something else there in the meantime. */
    mfn = p2m_get_entry(ld, _gfn(u->m.gfn), &t, &order);
    if ( p2m_is_grant(t) &&
         mfn_x(mfn) == grant_active(u->rd->grant_table, u->m.ref)->mfn &&
         p2m_remove_entry(ld, _gfn(u->m.gfn)) )
    {
        maptrack_return(gt, u->op.handle, &u->m);
        u->rd = NULL;
        u->op.status = GNTST_general_error;
    }
}

static void finish(struct domain *ld, struct unmapping *u)
{
    if ( !u->rd )
        return;
    grant_drop(u->rd, u->m.ref, u->m.flags & GNTMAP_readonly);
    maptrack_free(ld->grant_table, u->op.handle);
    put_domain(u->rd);
}

int gnttab_unmap_batch(uint64_t arg, uint32_t count, uint32_t *done)
{
    const size_t size = sizeof(struct gnttab_unmap_grant_ref);
    struct unmapping u[UNMAP_BATCH];
    struct domain *ld = current->domain;
    uint32_t i, n = 0;
    int rc = 0;

    while ( n < UNMAP_BATCH && n < count )
    {
        if ( copy_from_guest_va(&u[n].op, arg + n * size, size) )
        {
            rc = -EFAULT;
            break;
        }
        begin(ld, &u[n++]);
    }
    p2m_flush_sync(ld);
    for ( i = 0; i < n; i++ )
        finish(ld, &u[i]);
    for ( i = 0; i < n; i++ )
        if ( copy_to_guest_va(arg + i * size, &u[i].op, size) )
            rc = -EFAULT;
    *done = n;
    return rc;
}
