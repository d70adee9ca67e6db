/* SPDX-License-Identifier: MIT */
/* The p2m of a domain, kept in its EPT. */

/*
 * One radix tree of 4 levels serves the processor and the hypervisor: an
 * entry carries the p2m type in four bits that the processor ignores. RAM
 * entries do not hold references (the page is on its owner's list); foreign,
 * grant and hypervisor pages do, and whoever removes the entry drops them.
 * Tables are hypervisor pages and die with the domain.
 *
 * Changes never flush at once: they bump flush_gen, and every vCPU compares
 * it before it is entered (vmx_prepare_entry). What leaves the p2m is freed
 * when no pCPU can use it any more: see p2m-flush.c. The lock protects
 * changes; reading one entry needs none, but what was read may be old then.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/log-dirty.h>
#include <asm/vmx.h>
#include "p2m-limbo.h"
#include "p2m-private.h"

/* Tables for a domain whose pool size nobody set: plenty, but bounded. */
#define TABLES_BASE     256
#define PAGES_PER_TABLE 128
/* How many table pages a teardown frees before it lets others run. */
#define TEARDOWN_BATCH 64

uint64_t p2m_leaf_rights(const struct p2m_domain *p2m, p2m_type_t t,
                         unsigned int order)
{
    switch ( t )
    {
    case p2m_ram_rw:
    case p2m_map_foreign:
    case p2m_grant_map_rw:
    case p2m_xen:
    case p2m_mmio_direct:
    case p2m_apic_access:
        return EPT_RWX;
    case p2m_ram_logdirty:
        /* The processor logs single pages by their dirty flag. */
        return p2m_logs_by_pml(p2m) && !order ? EPT_RWX : EPT_R | EPT_X;
    case p2m_ram_ro:
        return EPT_R | EPT_X;
    case p2m_grant_map_ro:
        return EPT_R;
    case p2m_invalid:
        break;
    }
    return 0;
}

static uint64_t make_leaf(const struct p2m_domain *p2m, mfn_t mfn,
                          unsigned int order, p2m_type_t t)
{
    /* Devices: the guest's PAT may weaken UC to WC, nothing else. */
    uint64_t memtype = t == p2m_mmio_direct ? EPT_MEMTYPE_UC : EPT_MEMTYPE_WB;

    if ( t == p2m_invalid )
        return 0;
    return (mfn_x(mfn) << PAGE_SHIFT) | p2m_leaf_rights(p2m, t, order) |
           (memtype << EPT_MEMTYPE_SHIFT) | (order ? EPT_LEAF : 0) |
           ((uint64_t)t << EPT_TYPE_SHIFT);
}

static bool holds_reference(p2m_type_t t)
{
    return t == p2m_map_foreign || t == p2m_grant_map_rw ||
           t == p2m_grant_map_ro || t == p2m_xen;
}

/*
 * How many table pages a domain may have. A guest decides where in its map
 * things go, and each far-off place costs tables that stay.
 */
static uint64_t table_limit(const struct p2m_domain *p2m)
{
    const struct domain *d = p2m->domain;

    if ( d->is_hwdom )
        return UINT64_MAX;
    if ( p2m->paging_pool_pages )
        return p2m->paging_pool_pages;
    return TABLES_BASE + d->max_pages / PAGES_PER_TABLE;
}

static bool charge(struct p2m_domain *p2m, unsigned int pages, uint64_t limit)
{
    if ( __atomic_add_fetch(&p2m->nr_table_pages, pages, __ATOMIC_RELAXED) <=
         limit )
        return true;
    __atomic_sub_fetch(&p2m->nr_table_pages, pages, __ATOMIC_RELAXED);
    return false;
}

/* What the p2m itself can always have is a fraction of the limit. */
#define P2M_SHARE 4

bool p2m_charge(struct domain *d, unsigned int pages)
{
    uint64_t limit = table_limit(&d->p2m);

    return charge(&d->p2m, pages, limit - limit / P2M_SHARE);
}

void p2m_uncharge(struct domain *d, unsigned int pages)
{
    __atomic_sub_fetch(&d->p2m.nr_table_pages, pages, __ATOMIC_RELAXED);
}

static uint64_t *alloc_table(struct p2m_domain *p2m)
{
    uint64_t *t;

    if ( !charge(p2m, 1, table_limit(p2m)) )
        return NULL;
    t = alloc_xenheap_page();
    if ( !t )
        p2m_uncharge(p2m->domain, 1);
    return t;
}

static void free_table(struct p2m_domain *p2m, uint64_t *t)
{
    p2m_uncharge(p2m->domain, 1);
    free_xenheap_page(t);
}

static void drop_leaf(uint64_t e)
{
    if ( holds_reference(ept_type(e)) )
        put_page(mfn_to_page(_mfn((e & EPT_ADDR_MASK) >> PAGE_SHIFT)));
}

void p2m_free_subtree(struct p2m_domain *p2m, uint64_t maddr,
                      unsigned int level)
{
    uint64_t *t = maddr_to_virt(maddr);

    for ( unsigned int i = 0; i < EPT_ENTRIES; i++ )
    {
        if ( !ept_present(t[i]) )
            continue;
        if ( ept_is_leaf(t[i], level - 1) )
            drop_leaf(t[i]);
        else
            p2m_free_subtree(p2m, t[i] & EPT_ADDR_MASK, level - 1);
    }
    free_table(p2m, t);
}

/* Others read entries without the lock. */
static void write_entry(uint64_t *e, uint64_t val)
{
    __atomic_store_n(e, val, __ATOMIC_RELEASE);
}

/* Replace the superpage in *e by a table that maps the same. */
static int split(struct p2m_domain *p2m, uint64_t *e, unsigned int level)
{
    uint64_t *t = alloc_table(p2m);
    uint64_t step = PAGE_SIZE << ((level - 2) * EPT_INDEX_BITS);
    uint64_t child = *e;

    if ( !t )
        return -ENOMEM;
    if ( level == 2 )
        child &= ~EPT_LEAF;
    child &= ~EPT_RWX;
    child |= p2m_leaf_rights(p2m, ept_type(*e), (level - 2) * EPT_INDEX_BITS);
    for ( unsigned int i = 0; i < EPT_ENTRIES; i++ )
        t[i] = child + i * step;
    write_entry(e, virt_to_maddr(t) | EPT_RWX);
    return 0;
}

int p2m_walk_alloc(struct p2m_domain *p2m, gfn_t gfn, unsigned int target,
                   uint64_t **out)
{
    uint64_t *t = p2m->root;

    for ( unsigned int level = EPT_LEVELS; level > target; level-- )
    {
        uint64_t *e = &t[ept_index(gfn, level)];

        if ( !ept_present(*e) )
        {
            uint64_t *next = alloc_table(p2m);

            if ( !next )
                return -ENOMEM;
            write_entry(e, virt_to_maddr(next) | EPT_RWX);
        }
        else if ( ept_is_leaf(*e, level) )
        {
            int rc = split(p2m, e, level);

            if ( rc )
                return rc;
            p2m->flush_gen++;
        }
        t = ept_table(*e);
    }
    *out = &t[ept_index(gfn, target)];
    return 0;
}

static bool order_usable(unsigned int order)
{
    return order == PAGE_ORDER_4K ||
           (order == PAGE_ORDER_2M && vmx_caps.ept_2m) ||
           (order == PAGE_ORDER_1G && vmx_caps.ept_1g);
}

/* Where RAM is, for who has the page and needs its place. */
static void note_gfns(mfn_t mfn, unsigned int order, gfn_t gfn)
{
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
        if ( mfn_valid(mfn_add(mfn, i)) )
            page_set_gfn(mfn_to_page(mfn_add(mfn, i)), gfn_add(gfn, i));
}

static int set_one(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                   p2m_type_t t)
{
    struct p2m_domain *p2m = &d->p2m;
    unsigned int level = order / EPT_INDEX_BITS + 1;
    uint64_t *e, old;
    int rc;

    if ( unlikely(!p2m->root) )
        return -ESRCH; /* it was torn down */
    rc = p2m_walk_alloc(p2m, gfn, level, &e);
    if ( rc )
        return rc;
    old = *e;
    write_entry(e, make_leaf(p2m, mfn, order, t));
    if ( ept_present(old) )
    {
        p2m->flush_gen++;
        if ( d->nested )
            nested_p2m_invalidate(d, gfn, order);
        if ( !ept_is_leaf(old, level) )
            p2m_limbo_add(p2m, LIMBO_TABLE, old & EPT_ADDR_MASK, level);
        else if ( holds_reference(ept_type(old)) )
            p2m_limbo_add(p2m, LIMBO_REF, old & EPT_ADDR_MASK, 0);
    }
    else if ( d->nested )
        nested_p2m_filled(d);
    if ( t != p2m_invalid )
        p2m->max_mapped_gfn =
            max(p2m->max_mapped_gfn, gfn_x(gfn) + (1ULL << order) - 1);
    if ( p2m_is_ram(t) )
        note_gfns(mfn, order, gfn);
    /* RAM came or went: either way what is at gfn is not what it was. */
    if ( unlikely(p2m->log_dirty) )
        log_dirty_mark(d, gfn, order);
    return 0;
}

int p2m_set_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t)
{
    unsigned int use = order;
    int rc = 0;

    if ( gfn_x(gfn) >= MAX_GFN || MAX_GFN - gfn_x(gfn) < (1ULL << order) )
        return -EINVAL;
    while ( !order_usable(use) )
        use = use > PAGE_ORDER_2M ? PAGE_ORDER_2M : PAGE_ORDER_4K;
    for ( uint64_t i = 0; !rc && i < (1ULL << order); i += 1ULL << use )
    {
        p2m_make_room(d);
        rc = set_one(d, gfn_add(gfn, i),
                     t == p2m_invalid ? INVALID_MFN : mfn_add(mfn, i), use, t);
        spin_unlock(&d->p2m.lock);
    }
    p2m_settle(d, t != p2m_invalid);
    return rc;
}

int p2m_remove_entry(struct domain *d, gfn_t gfn)
{
    p2m_type_t t;
    unsigned int order;

    p2m_get_entry(d, gfn, &t, &order);
    if ( t == p2m_invalid )
        return -ENOENT;
    return p2m_set_entry(d, gfn, INVALID_MFN, PAGE_ORDER_4K, p2m_invalid);
}

int p2m_remove_ram(struct domain *d, gfn_t gfn)
{
    p2m_type_t t;
    unsigned int order;
    mfn_t mfn;
    int rc = -ENOENT;

    p2m_make_room(d);
    mfn = p2m_get_entry(d, gfn, &t, &order);
    if ( p2m_is_ram(t) )
        rc = set_one(d, gfn, INVALID_MFN, PAGE_ORDER_4K, p2m_invalid);
    if ( !rc )
        p2m_limbo_add(&d->p2m, LIMBO_RAM, mfn_x(mfn) << PAGE_SHIFT, 0);
    spin_unlock(&d->p2m.lock);
    p2m_settle(d, false);
    return rc;
}

int p2m_move_ram(struct domain *d, gfn_t from, gfn_t to)
{
    p2m_type_t t;
    unsigned int order;
    mfn_t mfn;
    int rc = -EINVAL;

    if ( gfn_x(to) >= MAX_GFN )
        return rc;
    p2m_make_room(d);
    mfn = p2m_get_entry(d, from, &t, &order);
    if ( p2m_is_ram(t) )
        rc = set_one(d, from, INVALID_MFN, PAGE_ORDER_4K, p2m_invalid);
    if ( !rc && (rc = set_one(d, to, mfn, PAGE_ORDER_4K, t)) != 0 )
        /* Back where it was: the tables for that are there. */
        (void)set_one(d, from, mfn, PAGE_ORDER_4K, t);
    spin_unlock(&d->p2m.lock);
    p2m_settle(d, true);
    return rc;
}

void p2m_find_region(struct p2m_domain *p2m, uint64_t gfn, struct p2m_region *r)
{
    const uint64_t *table = READ_ONCE(p2m->root);
    uint64_t e = 0;

    *r = (struct p2m_region){ .gfn = gfn };
    if ( unlikely(gfn >= MAX_GFN || !table) )
        return;
#pragma GCC unroll 4
    for ( unsigned int level = EPT_LEVELS; level > 1; level-- )
    {
        e = READ_ONCE(table[ept_index(_gfn(gfn), level)]);
        if ( !ept_present(e) || ept_is_leaf(e, level) )
        {
            r->order = (level - 1) * EPT_INDEX_BITS;
            r->entry = ept_present(e) ? e : 0;
            goto out;
        }
        table = ept_table(e);
    }
    r->order = EPT_INDEX_BITS;
    r->table = table;
out:
    r->gfn = gfn & ~((1ULL << r->order) - 1);
}

mfn_t p2m_get_entry(struct domain *d, gfn_t gfn, p2m_type_t *t,
                    unsigned int *order)
{
    struct p2m_region r;
    uint64_t e;

    p2m_find_region(&d->p2m, gfn_x(gfn), &r);
    e = p2m_region_entry(&r, gfn_x(gfn));
    *order = r.table ? PAGE_ORDER_4K : r.order;
    *t = p2m_invalid;
    if ( !ept_present(e) )
        return INVALID_MFN;
    *t = ept_type(e);
    return _mfn((e & EPT_ADDR_MASK) >> PAGE_SHIFT);
}

struct page_info *get_page_from_gfn(struct domain *d, gfn_t gfn, p2m_type_t *t)
{
    struct page_info *pg = NULL;
    p2m_type_t type;
    unsigned int order;
    mfn_t mfn;

    spin_lock(&d->p2m.lock);
    mfn = p2m_get_entry(d, gfn, &type, &order);
    if ( p2m_is_any_ram(type) )
    {
        pg = mfn_to_page(mfn);
        if ( !get_page(pg, NULL) )
            pg = NULL;
    }
    spin_unlock(&d->p2m.lock);
    if ( t )
        *t = type;
    return pg;
}

int p2m_init(struct domain *d)
{
    struct p2m_domain *p2m = &d->p2m;

    spin_lock_init(&p2m->lock);
    p2m->domain = d;
    p2m->flush_gen = p2m->flushed_gen = 1;
    p2m_limbo_init(d);
    p2m->root = alloc_table(p2m);
    if ( !p2m->root )
        return -ENOMEM;
    p2m->eptp = virt_to_maddr(p2m->root) | EPTP_MEMTYPE_WB |
                ((EPT_LEVELS - 1) << EPTP_WALK_SHIFT);
    return 0;
}

/* Nobody finds the tables any more, and who was in them has left. */
static void detach_tables(struct domain *d)
{
    struct p2m_domain *p2m = &d->p2m;

    spin_lock(&p2m->lock);
    p2m->dead_root = p2m->root;
    WRITE_ONCE(p2m->root, NULL);
    p2m->flush_gen++;
    spin_unlock(&p2m->lock);
    p2m_limbo_destroy(d);
}

/*
 * Teardown works from the top-level entry downwards and forgets what it has
 * freed, so it can stop after any subtree of level 2 and be called again.
 */
int p2m_teardown(struct domain *d)
{
    struct p2m_domain *p2m = &d->p2m;
    unsigned int freed = 0;

    if ( p2m->root )
        detach_tables(d);
    if ( !p2m->dead_root )
        return 0;
    log_dirty_destroy(d);
    for ( unsigned int i = 0; i < EPT_ENTRIES; i++ )
    {
        uint64_t *l3;

        if ( !ept_present(p2m->dead_root[i]) )
            continue;
        l3 = ept_table(p2m->dead_root[i]);
        for ( unsigned int j = 0; j < EPT_ENTRIES; j++ )
        {
            uint64_t *l2, e = l3[j];

            if ( !ept_present(e) )
                continue;
            if ( ept_is_leaf(e, 3) )
            {
                drop_leaf(e);
                l3[j] = 0;
                continue;
            }
            l2 = ept_table(e);
            for ( unsigned int k = 0; k < EPT_ENTRIES; k++ )
            {
                e = l2[k];
                l2[k] = 0;
                if ( !ept_present(e) )
                    continue;
                if ( ept_is_leaf(e, 2) )
                    drop_leaf(e);
                else
                    p2m_free_subtree(p2m, e & EPT_ADDR_MASK, 2);
                if ( ++freed >= TEARDOWN_BATCH && hypercall_preempt_check() )
                    return -ERESTART;
            }
            l3[j] = 0;
            free_table(p2m, l2);
        }
        p2m->dead_root[i] = 0;
        free_table(p2m, l3);
    }
    free_table(p2m, p2m->dead_root);
    p2m->dead_root = NULL;
    return 0;
}
