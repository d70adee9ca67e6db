/* SPDX-License-Identifier: MIT */
/* Machine pages and p2m for hypercall code on the host: small, and counted. */
#include <stdlib.h>
#include <string.h>

#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <asm/log-dirty.h>

#include "host.h"
#include "host-mm.h"

#define NR_PAGES   256
#define NR_ENTRIES 128
#define MAX_GFN    (1ULL << 36)

static struct page_info pages[NR_PAGES];
static uint8_t content[NR_PAGES][PAGE_SIZE] __aligned(4096);
static bool taken[NR_PAGES];
/* Was in a map until now: vCPUs may still have the translation. */
static bool stale[NR_PAGES];

struct entry
{
    struct domain *d;
    uint64_t gfn;
    struct page_info *pg;
    p2m_type_t t;
};
static struct entry p2m[NR_ENTRIES];

uint64_t max_page = NR_PAGES;
struct page_info *frame_table = pages;

/* --- Pages. --- */

struct page_info *test_mfn_to_page(mfn_t mfn)
{
    if ( mfn_x(mfn) >= NR_PAGES )
        abort();
    return &pages[mfn_x(mfn)];
}

mfn_t test_page_to_mfn(const struct page_info *pg)
{
    return _mfn(pg - pages);
}

void *test_page_to_virt(const struct page_info *pg)
{
    return content[pg - pages];
}

mfn_t test_virt_to_mfn(const void *va)
{
    return _mfn(((const uint8_t *)va - content[0]) / PAGE_SIZE);
}

unsigned int test_pages_in_use(void)
{
    unsigned int n = 0;

    for ( unsigned int i = 0; i < NR_PAGES; i++ )
        n += taken[i];
    return n;
}

static bool all_free(unsigned int first, unsigned int nr)
{
    for ( unsigned int i = first; i < first + nr; i++ )
        if ( taken[i] )
            return false;
    return true;
}

static struct page_info *take(unsigned int order)
{
    const unsigned int nr = 1u << order;
    unsigned int i = 0;

    while ( i + nr <= NR_PAGES && !all_free(i, nr) )
        i += nr;
    if ( i + nr > NR_PAGES )
        return NULL;
    for ( unsigned int n = i; n < i + nr; n++ )
    {
        taken[n] = true;
        stale[n] = false;
        memset(content[n], 0, PAGE_SIZE);
        memset(&pages[n], 0, sizeof(pages[n]));
        pages[n].flags = PGF_RAM;
    }
    return &pages[i];
}

void *alloc_xenheap_page(void)
{
    struct page_info *pg = take(0);

    return pg ? page_to_virt(pg) : NULL;
}

void free_xenheap_page(void *va)
{
    struct page_info *pg = mfn_to_page(virt_to_mfn(va));

    if ( pg->flags & PGF_XEN )
        put_page(pg);
    else
        taken[pg - pages] = false;
}

void share_xen_page_with_guest(void *va, struct domain *d)
{
    struct page_info *pg = mfn_to_page(virt_to_mfn(va));

    pg->flags |= PGF_XEN;
    pg->owner = d->domain_id + 1;
    page_set_gfn(pg, INVALID_GFN);
    pg->count = 1;
}

/* No domain here has its writes recorded. */
void __attribute__((weak))
log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    abort();
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags)
{
    const uint64_t nr = 1ULL << order;
    bool room = (memflags & MEMF_no_limit) || d->tot_pages + nr <= d->max_pages;
    struct page_info *pg;

    if ( order > 1 || !room || !(pg = take(order)) )
        return NULL;
    for ( uint64_t i = 0; i < nr; i++ )
    {
        pg[i].owner = d->domain_id + 1;
        pg[i].flags |= PGF_ALLOCATED;
        pg[i].count = 1;
        page_list_add(&d->page_list, &pg[i]);
        d->tot_pages++;
    }
    return pg;
}

bool get_page(struct page_info *pg, const struct domain *d)
{
    if ( pg->count == 0 || (d && pg->owner != d->domain_id + 1) )
        return false;
    pg->count++;
    return true;
}

void put_page(struct page_info *pg)
{
    if ( pg->count == 0 )
        abort();
    if ( --pg->count )
        return;
    if ( !(pg->flags & PGF_XEN) )
    {
        if ( stale[pg - pages] )
            abort(); /* freed while a vCPU may reach it */
        page_get_owner(pg)->tot_pages--;
        page_list_del(&page_get_owner(pg)->page_list, pg);
    }
    pg->owner = 0;
    taken[pg - pages] = false;
}

void put_page_alloc_ref(struct page_info *pg)
{
    if ( pg->flags & PGF_ALLOCATED )
    {
        pg->flags &= ~PGF_ALLOCATED;
        put_page(pg);
    }
}

struct domain *page_get_owner(const struct page_info *pg)
{
    struct domain *d = get_domain_by_id(pg->owner - 1);

    if ( d )
        put_domain(d);
    return d;
}

int domain_set_outstanding_pages(struct domain *d, uint64_t nr)
{
    d->outstanding_claim = nr;
    return 0;
}

/* --- P2M. --- */

static struct entry *find(struct domain *d, uint64_t gfn)
{
    for ( unsigned int i = 0; i < NR_ENTRIES; i++ )
        if ( p2m[i].d == d && p2m[i].gfn == gfn )
            return &p2m[i];
    return NULL;
}

static void drop(struct entry *e)
{
    if ( !p2m_is_ram(e->t) )
        put_page(e->pg);
    e->d = NULL;
}

static int set_one(struct domain *d, gfn_t gfn, mfn_t mfn, p2m_type_t t)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( gfn_x(gfn) >= MAX_GFN )
        return -EINVAL;
    if ( e )
        drop(e);
    else
        e = find(NULL, 0);
    for ( unsigned int i = 0; !e && i < NR_ENTRIES; i++ )
        if ( !p2m[i].d )
            e = &p2m[i];
    if ( !e )
        return -ENOMEM;
    *e = (struct entry){ d, gfn_x(gfn), mfn_to_page(mfn), t };
    d->p2m.max_mapped_gfn = max(d->p2m.max_mapped_gfn, gfn_x(gfn));
    return 0;
}

int p2m_set_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t)
{
    int rc = 0;

    for ( uint64_t i = 0; !rc && i < 1ULL << order; i++ )
        rc = set_one(d, gfn_add(gfn, i), mfn_add(mfn, i), t);
    return rc;
}

int p2m_remove_entry(struct domain *d, gfn_t gfn)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( !e )
        return -ENOENT;
    stale[e->pg - pages] = p2m_is_ram(e->t);
    drop(e);
    return 0;
}

int p2m_remove_ram(struct domain *d, gfn_t gfn)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( !e || !p2m_is_ram(e->t) )
        return -ENOENT;
    put_page_alloc_ref(e->pg);
    e->d = NULL;
    return 0;
}

void p2m_flush_sync(struct domain *d)
{
    (void)d;
    memset(stale, 0, sizeof(stale));
}

void p2m_flush_all(struct domain *d)
{
    (void)d;
}

int p2m_move_ram(struct domain *d, gfn_t from, gfn_t to)
{
    struct entry *e = find(d, gfn_x(from)), *at = find(d, gfn_x(to));

    if ( !e || !p2m_is_ram(e->t) )
        return -EINVAL;
    if ( at )
        drop(at);
    e->gfn = gfn_x(to);
    return 0;
}

mfn_t p2m_get_entry(struct domain *d, gfn_t gfn, p2m_type_t *t,
                    unsigned int *order)
{
    struct entry *e = find(d, gfn_x(gfn));

    *order = 0;
    *t = e ? e->t : p2m_invalid;
    return e ? page_to_mfn(e->pg) : INVALID_MFN;
}

struct page_info *get_page_from_gfn(struct domain *d, gfn_t gfn, p2m_type_t *t)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( t )
        *t = e ? e->t : p2m_invalid;
    return e && p2m_is_any_ram(e->t) && get_page(e->pg, NULL) ? e->pg : NULL;
}

void test_p2m_destroy(struct domain *d)
{
    p2m_flush_sync(d);
    for ( unsigned int i = 0; i < NR_ENTRIES; i++ )
    {
        if ( p2m[i].d != d )
            continue;
        if ( p2m_is_ram(p2m[i].t) )
            put_page_alloc_ref(p2m[i].pg);
        drop(&p2m[i]);
    }
}

/* RAM that is in no map any more is still its owner's. */
void test_release_pages(struct domain *d)
{
    for ( unsigned int i = 0; i < NR_PAGES; i++ )
        if ( taken[i] && pages[i].owner == d->domain_id + 1 &&
             !(pages[i].flags & PGF_XEN) )
            put_page_alloc_ref(&pages[i]);
}

void test_add_ram(struct domain *d, uint64_t gfn)
{
    struct page_info *pg = alloc_domheap_pages(d, 0, 0);

    if ( !pg || p2m_set_entry(d, _gfn(gfn), page_to_mfn(pg), 0, p2m_ram_rw) )
        abort();
}

void *test_guest_memory(struct domain *d, uint64_t gfn)
{
    struct entry *e = find(d, gfn);

    return e ? page_to_virt(e->pg) : NULL;
}
