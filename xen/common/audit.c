/* SPDX-License-Identifier: MIT */
/*
 * Does what the hypervisor notes in one place agree with the others? Pages
 * and the references on them, mappings by grants, pairs of event channels,
 * locks. Asked for by a debug key, after tests that try to upset it.
 *
 * What changes hands meanwhile would look wrong: the other pCPUs are held
 * outside of hypercalls for as long as it takes.
 */
#include <xen/audit.h>
#include <xen/console.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/lib.h>
#include <xen/smp.h>

#define MAX_MESSAGES 20

static unsigned int faults;

static void __printf(1, 2) fault(const char *fmt, ...)
{
    char text[100];
    va_list args;

    if ( ++faults > MAX_MESSAGES )
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    printk("audit: %s\n", text);
}

/* --- Pages: refs[mfn] is how many references we can account for. --- */

static void count_ref(uint16_t *refs, mfn_t mfn)
{
    if ( mfn_valid(mfn) && refs[mfn_x(mfn)] != UINT16_MAX )
        refs[mfn_x(mfn)]++;
}

static void audit_page_list(const struct domain *d, uint16_t *refs)
{
    const struct page_info *pg;
    uint64_t nr = 0;

    page_list_for_each(pg, &d->page_list)
    {
        nr++;
        if ( pg->owner != d->domain_id + 1 )
            fault("mfn %#lx on the list of d%u has owner %d",
                  mfn_x(page_to_mfn(pg)), d->domain_id, pg->owner - 1);
        if ( pg->flags & PGF_ALLOCATED )
            count_ref(refs, page_to_mfn(pg));
    }
    if ( nr != d->tot_pages )
        fault("d%u has %lu pages and is charged for %lu", d->domain_id, nr,
              d->tot_pages);
}

/* One leaf of d's p2m. */
static void audit_leaf(const struct domain *d, gfn_t gfn, mfn_t mfn,
                       p2m_type_t t, uint16_t *refs)
{
    const struct page_info *pg;

    if ( t == p2m_mmio_direct || t == p2m_apic_access )
        return;
    if ( !mfn_valid(mfn) )
    {
        fault("gfn %#lx of d%u is mfn %#lx, which is no RAM", gfn_x(gfn),
              d->domain_id, mfn_x(mfn));
        return;
    }
    pg = mfn_to_page(mfn);
    if ( pg->count == 0 )
        fault("gfn %#lx of d%u is mfn %#lx, which is free", gfn_x(gfn),
              d->domain_id, mfn_x(mfn));
    else if ( p2m_is_ram(t) && pg->owner != d->domain_id + 1 )
        fault("gfn %#lx of d%u is RAM of d%d", gfn_x(gfn), d->domain_id,
              pg->owner - 1);
    else if ( p2m_is_ram(t) && !(pg->flags & PGF_ALLOCATED) )
        fault("gfn %#lx of d%u is a page given up", gfn_x(gfn), d->domain_id);
    if ( !p2m_is_ram(t) )
        count_ref(refs, mfn);
}

static void audit_p2m(struct domain *d, uint16_t *refs)
{
    unsigned int order;
    uint64_t gfn, nr;
    p2m_type_t t;
    mfn_t mfn;

    if ( !d->p2m.root )
        return;
    for ( gfn = 0; gfn <= d->p2m.max_mapped_gfn; gfn += nr )
    {
        mfn = p2m_get_entry(d, _gfn(gfn), &t, &order);
        nr = (1ul << order) - (gfn & ((1ul << order) - 1));
        for ( uint64_t i = 0; t != p2m_invalid && i < nr; i++ )
            audit_leaf(d, _gfn(gfn + i), mfn_add(mfn, i), t, refs);
    }
}

/* What the hypervisor itself keeps at hand of the guest's memory. */
static void audit_pins(const struct domain *d, uint16_t *refs)
{
    const struct evtchn_fifo_array *fifo = d->evtchn ? d->evtchn->fifo : NULL;
    const struct vcpu *v;

    for_each_vcpu (d, v)
    {
        count_ref(refs, v->vcpu_info_mfn);
        if ( v->evtchn )
            count_ref(refs, v->evtchn->fifo_mfn);
    }
    for ( uint32_t i = 0; fifo && i < fifo->nr_pages; i++ )
        count_ref(refs, virt_to_mfn(fifo->page[i]));
}

static void audit_counts(const uint16_t *refs)
{
    const struct domain *d;
    struct page_info *pg;
    uint32_t known;

    for ( uint64_t i = 0; i < max_page; i++ )
    {
        pg = mfn_to_page(_mfn(i));
        if ( !(pg->flags & PGF_RAM) || pg->owner == 0 )
            continue;
        known = refs[i] + !!(pg->flags & PGF_XEN);
        d = page_get_owner(pg);
        if ( !d )
            fault("mfn %#lx belongs to d%d, which is not there", i,
                  pg->owner - 1);
        else if ( pg->count < known )
            fault("mfn %#lx of d%u has %u references too few", i, d->domain_id,
                  known - pg->count);
        /* Nested VMX keeps pages of an L1 that runs. */
        else if ( pg->count > known && !d->nested )
            fault("mfn %#lx of d%u has %u references too many", i, d->domain_id,
                  pg->count - known);
    }
}

static void audit_pages(void)
{
    unsigned int order = 0;
    struct domain *d;
    uint16_t *refs;

    while ( (PAGE_SIZE << order) < max_page * sizeof(*refs) )
        order++;
    refs = alloc_xenheap_pages(order);
    if ( !refs )
    {
        fault("no memory to count references in");
        return;
    }
    memset(refs, 0, PAGE_SIZE << order);
    for_each_domain (d)
    {
        audit_page_list(d, refs);
        audit_p2m(d, refs);
        audit_pins(d, refs);
    }
    audit_counts(refs);
    free_xenheap_pages(refs, order);
}

/* --- Grants: users that the tables know of, and those that have handles. */

static void audit_grants(const struct domain *d)
{
    const struct grant_table *gt = d->grant_table;
    const struct domain *ld;
    const struct maptrack *m;
    uint64_t users = 0, handles = 0;

    if ( !gt )
        return;
    for ( uint32_t i = 0; i < grant_nr_refs(gt); i++ )
        users += grant_active(gt, i)->readers + grant_active(gt, i)->writers;
    for_each_domain (ld)
    {
        const struct grant_table *lt = ld->grant_table;

        for ( uint32_t i = 0; lt && i < lt->nr_map_frames * MAPTRACK_PER_PAGE;
              i++ )
        {
            m = maptrack_find(lt, i);
            handles += m && m->domid == d->domain_id;
        }
    }
    if ( users != handles )
        fault("grants of d%u have %lu users and %lu handles", d->domain_id,
              users, handles);
}

/* --- Event channels --- */

static void audit_events(const struct domain *d)
{
    const struct evtchn_domain *ed = d->evtchn, *rd;
    const struct evtchn *chn, *peer;
    uint32_t in_use = 0, port;

    for ( uint32_t i = 0; ed && i < ed->nr_ports; i++ )
    {
        chn = &ed->bucket[i / EVTCHNS_PER_BUCKET][i % EVTCHNS_PER_BUCKET];
        in_use += chn->state != ECS_FREE;
        if ( chn->state != ECS_INTERDOMAIN )
            continue;
        rd = chn->u.interdomain.remote_dom->evtchn;
        port = chn->u.interdomain.remote_port;
        peer = port < rd->nr_ports ? &rd->bucket[port / EVTCHNS_PER_BUCKET]
                                                [port % EVTCHNS_PER_BUCKET]
                                   : NULL;
        if ( !peer || peer == chn || peer->state != ECS_INTERDOMAIN ||
             peer->u.interdomain.remote_dom != d ||
             peer->u.interdomain.remote_port != i )
            fault("port %u of d%u is joined to one that is not to it", i,
                  d->domain_id);
    }
    if ( ed && in_use != ed->nr_in_use )
        fault("d%u uses %u ports and is charged for %u", d->domain_id, in_use,
              ed->nr_in_use);
}

/* --- Locks: nobody who is outside of a hypercall holds one. --- */

static void audit_locks(const struct domain *d)
{
    const struct
    {
        const spinlock_t *lock;
        const char *name;
    } locks[] = {
        { &d->lock, "domain" },
        { &d->page_lock, "page" },
        { &d->p2m.lock, "p2m" },
        { d->evtchn ? &d->evtchn->lock : NULL, "event channel" },
        { d->evtchn ? &d->evtchn->queue_lock : NULL, "event queue" },
        { d->grant_table ? &d->grant_table->lock : NULL, "grant" },
        { d->grant_table ? &d->grant_table->map_lock : NULL, "maptrack" },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(locks); i++ )
        if ( locks[i].lock && spin_is_locked(locks[i].lock) )
            fault("the %s lock of d%u is held", locks[i].name, d->domain_id);
}

unsigned int audit_all(void)
{
    struct domain *d;

    /* Pages that wait for processors to forget them are in nobody's books. */
    for_each_domain_held(d) p2m_flush_sync(d);
    smp_hold_others();
    faults = 0;
    audit_pages();
    for_each_domain (d)
    {
        audit_grants(d);
        audit_events(d);
        audit_locks(d);
    }
    smp_release_others();
    return faults;
}
