/* SPDX-License-Identifier: MIT */
/* Handles: what a domain has mapped by grants of others. */
#include <xen/grant-table.h>
#include <xen/lib.h>

struct maptrack *maptrack_find(const struct grant_table *gt, uint32_t handle)
{
    struct maptrack *m;

    if ( handle >= READ_ONCE(gt->nr_map_frames) * MAPTRACK_PER_PAGE )
        return NULL;
    m = &gt->map[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
    return m->flags ? m : NULL;
}

struct domain *maptrack_domain(const struct maptrack *m)
{
    struct domain *rd = get_domain_by_id(m->domid);

    BUG_ON(!rd); /* the handle has a reference */
    put_domain(rd);
    return rd;
}

int maptrack_claim(struct grant_table *gt, uint32_t handle, uint64_t gfn,
                   struct maptrack *out)
{
    struct maptrack *m;
    int rc = GNTST_bad_handle;

    spin_lock(&gt->map_lock);
    m = maptrack_find(gt, handle);
    if ( m )
        rc = m->gfn == gfn ? GNTST_okay : GNTST_general_error;
    if ( rc == GNTST_okay )
    {
        *out = *m;
        m->flags = 0; /* not found any more, and not free yet */
    }
    spin_unlock(&gt->map_lock);
    return rc;
}

void maptrack_return(struct grant_table *gt, uint32_t handle,
                     const struct maptrack *m)
{
    spin_lock(&gt->map_lock);
    gt->map[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE] = *m;
    spin_unlock(&gt->map_lock);
}

static void put_free(struct grant_table *gt, struct maptrack *m,
                     uint32_t handle)
{
    m->flags = 0;
    m->ref = gt->map_free;
    gt->map_free = handle;
}

static void add_page(struct grant_table *gt)
{
    uint32_t base = gt->nr_map_frames * MAPTRACK_PER_PAGE;
    struct maptrack *page;
    uint32_t i;

    if ( gt->nr_map_frames >= gt->max_map_frames )
        return;
    page = alloc_xenheap_page();
    if ( !page )
        return;
    gt->map[gt->nr_map_frames] = page;
    /* Who looks for a handle without the lock must find the page then. */
    __atomic_store_n(&gt->nr_map_frames, gt->nr_map_frames + 1,
                     __ATOMIC_RELEASE);
    /* The lowest handle is to be given first. */
    for ( i = MAPTRACK_PER_PAGE; i--; )
        put_free(gt, &page[i], base + i);
}

uint32_t maptrack_alloc(struct grant_table *gt)
{
    struct maptrack *m;
    uint32_t handle;

    spin_lock(&gt->map_lock);
    if ( gt->map_free == MAPTRACK_END )
        add_page(gt);
    handle = gt->map_free;
    if ( handle != MAPTRACK_END )
    {
        m = &gt->map[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE];
        gt->map_free = m->ref;
    }
    spin_unlock(&gt->map_lock);
    return handle;
}

void maptrack_free(struct grant_table *gt, uint32_t handle)
{
    spin_lock(&gt->map_lock);
    put_free(gt,
             &gt->map[handle / MAPTRACK_PER_PAGE][handle % MAPTRACK_PER_PAGE],
             handle);
    spin_unlock(&gt->map_lock);
}

int grant_table_relinquish(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    struct maptrack *m;
    struct domain *rd;

    if ( !gt )
        return 0;
    for ( ; gt->release_next < gt->nr_map_frames * MAPTRACK_PER_PAGE;
          gt->release_next++ )
    {
        m = maptrack_find(gt, gt->release_next);
        if ( !m )
            continue;
        if ( hypercall_preempt_check() )
            return -ERESTART;
        /* The p2m entry itself goes with the p2m. */
        rd = maptrack_domain(m);
        grant_drop(rd, m->ref, m->flags & GNTMAP_readonly);
        maptrack_free(gt, gt->release_next);
        put_domain(rd);
    }
    return 0;
}
