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

static struct page_info pages[NR_PAGES];
static uint8_t content[NR_PAGES][PAGE_SIZE] __aligned(4096);
static bool taken[NR_PAGES];

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

static struct page_info *take(void)
{
    for ( unsigned int i = 0; i < NR_PAGES; i++ )
        if ( !taken[i] )
        {
            taken[i] = true;
            memset(content[i], 0, PAGE_SIZE);
            memset(&pages[i], 0, sizeof(pages[i]));
            pages[i].flags = PGF_RAM;
            return &pages[i];
        }
    return NULL;
}

void *alloc_xenheap_page(void)
{
    struct page_info *pg = take();

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
    pg->gfn = gfn_x(INVALID_GFN);
    pg->count = 1;
}

/* No domain here has its writes recorded. */
void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    abort();
}

struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags)
{
    struct page_info *pg;

    bool room = (memflags & MEMF_no_limit) || d->tot_pages < d->max_pages;

    if ( order || !room || !(pg = take()) )
        return NULL;
    pg->owner = d->domain_id + 1;
    pg->flags |= PGF_ALLOCATED;
    pg->count = 1;
    list_add_tail(&pg->list, &d->page_list);
    d->tot_pages++;
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
        page_get_owner(pg)->tot_pages--;
        list_del(&pg->list);
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

int p2m_set_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( order )
        abort();
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

int p2m_remove_entry(struct domain *d, gfn_t gfn)
{
    struct entry *e = find(d, gfn_x(gfn));

    if ( !e )
        return -ENOENT;
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
