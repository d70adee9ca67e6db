/* SPDX-License-Identifier: MIT */
/* Pages that belong to domains: allocation, references, the way back. */
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>

static spinlock_t claim_lock = SPIN_LOCK_UNLOCKED; /* all domains' claims */
static uint64_t claimed_pages;

uint64_t outstanding_claims(void)
{
    return claimed_pages;
}

/* XENMEM_claim_pages: set what d may still allocate with certainty. */
int domain_set_outstanding_pages(struct domain *d, uint64_t pages)
{
    uint64_t wanted;
    int rc = 0;

    spin_lock(&claim_lock);
    wanted = pages > d->tot_pages ? pages - d->tot_pages : 0;
    if ( pages > d->max_pages )
        rc = -EINVAL;
    /* To ask for less is fine at any time. */
    else if ( wanted > d->outstanding_claim &&
              claimed_pages - d->outstanding_claim + wanted > avail_pages() )
        rc = -ENOMEM;
    else
    {
        claimed_pages += wanted - d->outstanding_claim;
        d->outstanding_claim = wanted;
    }
    spin_unlock(&claim_lock);
    return rc;
}

/* Count nr pages to d, against its limit and others' claims. */
static bool account(struct domain *d, uint64_t nr, unsigned int memflags)
{
    bool ok = false;

    spin_lock(&claim_lock);
    if ( (memflags & MEMF_no_limit) ||
         (d->tot_pages <= d->max_pages && nr <= d->max_pages - d->tot_pages) )
    {
        uint64_t own = min(nr, d->outstanding_claim);

        ok = avail_pages() >= claimed_pages - own + nr - own;
        if ( ok )
        {
            d->outstanding_claim -= own;
            claimed_pages -= own;
            /* Owning pages is a reference: see common/domain.c. */
            if ( d->tot_pages == 0 )
                get_knownalive_domain(d);
            d->tot_pages += nr;
        }
    }
    spin_unlock(&claim_lock);
    return ok;
}

static void unaccount(struct domain *d, uint64_t nr)
{
    bool last;

    spin_lock(&claim_lock);
    d->tot_pages -= nr;
    last = d->tot_pages == 0;
    spin_unlock(&claim_lock);
    if ( last )
        put_domain(d);
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags)
{
    uint64_t nr = 1UL << order;
    struct page_info *pg;
    bool dying;

    if ( d->is_dying || !account(d, nr, memflags) )
        return NULL;
    pg = heap_alloc(order);
    if ( pg == NULL )
    {
        unaccount(d, nr);
        return NULL;
    }
    if ( !(memflags & MEMF_no_scrub) )
        memset(page_to_virt(pg), 0, PAGE_SIZE << order);
    spin_lock(&d->page_lock);
    /* Who takes its pages away has the lock after it was made to die. */
    dying = d->is_dying;
    for ( uint64_t i = 0; i < nr && !dying; i++ )
    {
        page_set_gfn(&pg[i], INVALID_GFN);
        pg[i].owner = d->domain_id + 1;
        pg[i].flags |= PGF_ALLOCATED;
        page_list_add(&d->page_list, &pg[i]);
        __atomic_store_n(&pg[i].count, 1, __ATOMIC_RELEASE);
    }
    spin_unlock(&d->page_lock);
    if ( likely(!dying) )
        return pg;
    heap_free(pg, order);
    unaccount(d, nr);
    return NULL;
}

struct domain *page_get_owner(const struct page_info *pg)
{
    struct domain *d;
    uint16_t owner = pg->owner;

    if ( owner == 0 )
        return NULL;
    d = get_domain_by_id(owner - 1);
    /* A domain outlives its pages, so the reference is not needed. */
    if ( d != NULL )
        put_domain(d);
    return d;
}

bool get_page(struct page_info *pg, const struct domain *d)
{
    uint32_t count = __atomic_load_n(&pg->count, __ATOMIC_RELAXED);

    do
    {
        if ( count == 0 || count == UINT32_MAX )
            return false;
    } while ( !__atomic_compare_exchange_n(&pg->count, &count, count + 1, true,
                                           __ATOMIC_ACQ_REL,
                                           __ATOMIC_RELAXED) );
    /* Now it cannot change hands. */
    if ( d == NULL || pg->owner == d->domain_id + 1 )
        return true;
    put_page(pg);
    return false;
}

static void free_domain_page(struct page_info *pg)
{
    struct domain *d = page_get_owner(pg);

    BUG_ON(d == NULL);
    spin_lock(&d->page_lock);
    /* Only as the first one of a list it matters which that is. */
    page_list_del(page_list_first(&d->dying_pages) == pg ? &d->dying_pages
                                                         : &d->page_list,
                  pg);
    spin_unlock(&d->page_lock);
    pg->owner = 0;
    unaccount(d, 1);
    /* Dom0's 1:1 memory waits for Dom0 to want it back. */
    if ( !(pg->flags & PGF_STATIC) )
        heap_free(pg, 0);
}

void put_page_alloc_ref(struct page_info *pg)
{
    if ( __atomic_fetch_and(&pg->flags, (uint8_t)~PGF_ALLOCATED,
                            __ATOMIC_ACQ_REL) &
         PGF_ALLOCATED )
        put_page(pg);
}

void put_page(struct page_info *pg)
{
    uint32_t before = __atomic_fetch_sub(&pg->count, 1, __ATOMIC_ACQ_REL);

    BUG_ON(before == 0);
    if ( before != 1 )
        return;
    if ( pg->flags & PGF_XEN )
    {
        pg->flags &= ~PGF_XEN;
        pg->owner = 0;
        heap_free(pg, 0);
        return;
    }
    free_domain_page(pg);
}

/* The reference is the hypervisor's own; free_xenheap_page() drops it. */
void share_xen_page_with_guest(void *va, struct domain *d)
{
    struct page_info *pg = mfn_to_page(virt_to_mfn(va));

    if ( pg->flags & PGF_XEN )
        return;
    pg->flags |= PGF_XEN;
    pg->owner = d->domain_id + 1;
    page_set_gfn(pg, INVALID_GFN);
    __atomic_store_n(&pg->count, 1, __ATOMIC_RELEASE);
}

void adopt_static_page(struct page_info *pg, struct domain *d)
{
    pg->flags |= PGF_STATIC | PGF_ALLOCATED;
    pg->owner = d->domain_id + 1;
    page_list_add(&d->page_list, pg);
    pg->count = 1;
    if ( d->tot_pages++ == 0 )
        get_knownalive_domain(d);
}
