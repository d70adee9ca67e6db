/* SPDX-License-Identifier: MIT */
/* The pages of a grant table: making, growing, showing, freeing them. */
#include <xen/compat.h>
#include <xen/grant-table.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/domctl.h>

static uint32_t limit_or_default(int32_t wanted, uint32_t def)
{
    return wanted < 0 ? def : (uint32_t)wanted;
}

static bool add_frame(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    uint32_t first = gt->nr_frames * ACTIVE_PAGES;
    void *frame = alloc_xenheap_page();
    unsigned int i;

    for ( i = 0; frame && i < ACTIVE_PAGES; i++ )
    {
        gt->active[first + i] = alloc_xenheap_page();
        if ( gt->active[first + i] )
            continue;
        while ( i-- )
            free_xenheap_page(gt->active[first + i]);
        free_xenheap_page(frame);
        frame = NULL;
        break;
    }
    if ( !frame )
        return false;
    share_xen_page_with_guest(frame, d);
    gt->frame[gt->nr_frames] = frame;
    __atomic_store_n(&gt->nr_frames, gt->nr_frames + 1, __ATOMIC_RELEASE);
    return true;
}

int grant_table_grow_status(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    void *page;

    while ( gt->nr_status < grant_status_frames(gt->nr_frames) )
    {
        page = alloc_xenheap_page();
        if ( !page )
            return -ENOMEM;
        share_xen_page_with_guest(page, d);
        gt->status[gt->nr_status++] = page;
    }
    return 0;
}

int grant_table_grow(struct domain *d, uint32_t nr)
{
    struct grant_table *gt = d->grant_table;

    if ( nr > gt->max_frames )
        return -EINVAL;
    while ( gt->nr_frames < nr )
        if ( !add_frame(d) )
            return -ENOMEM;
    return gt->version == 1 ? 0 : grant_table_grow_status(d);
}

int grant_table_init(struct domain *d,
                     const struct xen_domctl_createdomain *config)
{
    uint32_t frames =
        limit_or_default(config->max_grant_frames, DEFAULT_GRANT_FRAMES);
    uint32_t maps =
        limit_or_default(config->max_maptrack_frames, DEFAULT_MAPTRACK_FRAMES);
    struct grant_table *gt;

    if ( frames == 0 || frames > LIMIT_GRANT_FRAMES ||
         maps > LIMIT_MAPTRACK_FRAMES ||
         (config->grant_opts & ~XEN_DOMCTL_GRANT_version_mask) ||
         XEN_DOMCTL_GRANT_version(config->grant_opts) < 1 ||
         XEN_DOMCTL_GRANT_version(config->grant_opts) > 2 )
        return -EINVAL;
    gt = xzalloc(struct grant_table);
    if ( !gt )
        return -ENOMEM;
    spin_lock_init(&gt->lock);
    spin_lock_init(&gt->map_lock);
    gt->version = 1;
    gt->max_version = XEN_DOMCTL_GRANT_version(config->grant_opts);
    gt->max_frames = frames;
    gt->max_map_frames = maps;
    gt->map_free = MAPTRACK_END;
    gt->frame = xzalloc_array(void *, frames);
    gt->status = xzalloc_array(grant_status_t *, grant_status_frames(frames));
    gt->active = xzalloc_array(struct grant_active *, frames * ACTIVE_PAGES);
    gt->map = xzalloc_array(struct maptrack *, maps ? maps : 1);
    d->grant_table = gt;
    d->max_grant_frames = frames;
    d->max_maptrack_frames = maps;
    /* domain_create() destroys a half-made table too. */
    if ( !gt->frame || !gt->status || !gt->active || !gt->map )
        return -ENOMEM;
    return grant_table_grow(d, 1);
}

void grant_table_destroy(struct domain *d)
{
    struct grant_table *gt = d->grant_table;
    uint32_t i;

    if ( !gt )
        return;
    for ( i = 0; i < gt->nr_frames; i++ )
        free_xenheap_page(gt->frame[i]);
    for ( i = 0; i < gt->nr_status; i++ )
        free_xenheap_page(gt->status[i]);
    for ( i = 0; i < gt->nr_frames * ACTIVE_PAGES; i++ )
        free_xenheap_page(gt->active[i]);
    for ( i = 0; i < gt->nr_map_frames; i++ )
        free_xenheap_page(gt->map[i]);
    xfree(gt->frame);
    xfree(gt->status);
    xfree(gt->active);
    xfree(gt->map);
    xfree(gt);
    d->grant_table = NULL;
}

/* Have frames up to idx, the lock held. */
static int grow_for(struct domain *d, bool status, uint64_t idx)
{
    struct grant_table *gt = d->grant_table;
    uint32_t nr = idx + 1;

    if ( status )
    {
        if ( gt->version == 1 )
            return -EINVAL;
        if ( idx < gt->nr_status )
            return 0;
        /* Status frames come with frames, so ask for the first of its own. */
        nr = idx * FRAMES_PER_STATUS + 1;
    }
    return grant_table_grow(d, max(nr, gt->nr_frames));
}

int grant_table_get_frame(struct domain *d, bool status, uint64_t idx,
                          mfn_t *mfn)
{
    struct grant_table *gt = d->grant_table;
    int rc;

    if ( idx >= gt->max_frames )
        return -EINVAL;
    spin_lock(&gt->lock);
    rc = grow_for(d, status, idx);
    if ( !rc )
    {
        *mfn = virt_to_mfn(status ? (void *)gt->status[idx] : gt->frame[idx]);
        if ( !get_page(mfn_to_page(*mfn), NULL) )
            rc = -EINVAL;
    }
    spin_unlock(&gt->lock);
    return rc;
}

/* Status for a domain id that an operation of grant_table_op names. */
static int get_gnttab_domain(domid_t domid, struct domain **d)
{
    switch ( domain_get_target(domid, d) )
    {
    case 0:
        return GNTST_okay;
    case -EPERM:
        return GNTST_permission_denied;
    }
    return GNTST_bad_domain;
}

int gnttab_setup_table(void *arg)
{
    struct gnttab_setup_table *op = arg;
    struct grant_table *gt;
    struct domain *d;
    xen_pfn_t gfn;
    uint32_t i;
    int rc;

    op->status = get_gnttab_domain(op->dom, &d);
    if ( op->status != GNTST_okay )
        return 0;
    gt = d->grant_table;
    if ( op->nr_frames > gt->max_frames )
    {
        op->status = GNTST_general_error;
        put_domain(d);
        return 0;
    }
    spin_lock(&gt->lock);
    rc = grant_table_grow(d, op->nr_frames);
    spin_unlock(&gt->lock);
    if ( rc )
        op->status = GNTST_general_error;
    for ( i = 0; !rc && i < op->nr_frames; i++ )
    {
        /* Where the guest has mapped the frame; all ones if nowhere. */
        gfn = gfn_x(page_gfn(mfn_to_page(virt_to_mfn(gt->frame[i]))));
        if ( copy_word_to_guest(op->frame_list, i, gfn) )
        {
            op->status = GNTST_bad_virt_addr;
            break;
        }
    }
    put_domain(d);
    return 0;
}

int gnttab_query_size(void *arg)
{
    struct gnttab_query_size *op = arg;
    struct domain *d;

    op->status = get_gnttab_domain(op->dom, &d);
    if ( op->status != GNTST_okay )
        return 0;
    op->nr_frames = d->grant_table->nr_frames;
    op->max_nr_frames = d->grant_table->max_frames;
    put_domain(d);
    return 0;
}
