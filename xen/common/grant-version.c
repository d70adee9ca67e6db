/* SPDX-License-Identifier: MIT */
/* The version of a grant table, and exchanging entries of either. */
#include <xen/grant-table.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

static bool any_in_use(const struct grant_table *gt)
{
    /* The toolstack's entries may be: they are taken along. */
    for ( uint32_t i = GNTTAB_NR_RESERVED_ENTRIES; i < grant_nr_refs(gt); i++ )
        if ( grant_in_use(grant_active(gt, i)) )
            return true;
    return false;
}

static void clear_frames(struct grant_table *gt)
{
    for ( uint32_t i = 0; i < gt->nr_frames; i++ )
        memset(gt->frame[i], 0, PAGE_SIZE);
    for ( uint32_t i = 0; i < gt->nr_status; i++ )
        memset(gt->status[i], 0, PAGE_SIZE);
}

static int to_v2(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    grant_entry_v1_t kept[GNTTAB_NR_RESERVED_ENTRIES];
    int rc = grant_table_grow_status(d);

    if ( rc )
        return rc;
    memcpy(kept, gt->frame[0], sizeof(kept));
    clear_frames(gt);
    gt->version = 2;
    for ( unsigned int i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++ )
        grant_v1_to_v2(&kept[i], grant_entry_v2(gt, i), grant_status(gt, i));
    return 0;
}

static int to_v1(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    grant_entry_v1_t kept[GNTTAB_NR_RESERVED_ENTRIES];
    grant_entry_v2_t entry;
    int rc;

    for ( unsigned int i = 0; i < GNTTAB_NR_RESERVED_ENTRIES; i++ )
    {
        entry = *grant_entry_v2(gt, i);
        rc = grant_v2_to_v1(&entry, *grant_status(gt, i), &kept[i]);
        if ( rc )
            return rc;
    }
    clear_frames(gt);
    gt->version = 1;
    memcpy(gt->frame[0], kept, sizeof(kept));
    return 0;
}

/* Set the caller's; the version there is then goes back, also on error. */
int gnttab_set_version(void *arg)
{
    struct gnttab_set_version *op = arg;
    struct domain *d = current->domain;
    struct grant_table *gt = d->grant_table;
    int rc = 0;

    if ( op->version != 1 && op->version != 2 )
        return -EINVAL;
    spin_lock(&gt->lock);
    if ( op->version > gt->max_version )
        rc = -ENOSYS;
    else if ( op->version != gt->version )
        rc = any_in_use(gt) ? -EBUSY : op->version == 2 ? to_v2(d) : to_v1(d);
    op->version = gt->version;
    spin_unlock(&gt->lock);
    return rc;
}

int gnttab_get_version(void *arg)
{
    struct gnttab_get_version *op = arg;
    struct domain *d;
    int rc = domain_get_target(op->dom, &d);

    if ( rc )
        return rc;
    op->version = d->grant_table->version;
    put_domain(d);
    return 0;
}

static int swap_entries(grant_ref_t a, grant_ref_t b)
{
    struct grant_table *gt = current->domain->grant_table;
    int status = GNTST_okay;

    spin_lock(&gt->lock);
    if ( a >= grant_nr_refs(gt) || b >= grant_nr_refs(gt) )
        status = GNTST_bad_gntref;
    else if ( grant_in_use(grant_active(gt, a)) ||
              grant_in_use(grant_active(gt, b)) )
        status = GNTST_eagain;
    else if ( gt->version == 1 )
    {
        grant_entry_v1_t tmp = *grant_entry_v1(gt, a);

        *grant_entry_v1(gt, a) = *grant_entry_v1(gt, b);
        *grant_entry_v1(gt, b) = tmp;
    }
    else
    {
        grant_entry_v2_t tmp = *grant_entry_v2(gt, a);

        *grant_entry_v2(gt, a) = *grant_entry_v2(gt, b);
        *grant_entry_v2(gt, b) = tmp;
    }
    spin_unlock(&gt->lock);
    return status;
}

int gnttab_swap(void *arg)
{
    struct gnttab_swap_grant_ref *op = arg;

    op->status = swap_entries(op->ref_a, op->ref_b);
    return 0;
}
