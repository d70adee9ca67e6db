/* SPDX-License-Identifier: MIT */
/* Shadow EPT tables: fill, invalidate, give back. */
#include "ept02.h"

/*
 * A leaf carries, in bits 62:52 that the processor ignores, the low bits of
 * the L1 frame number it maps, counted in pages of its own size; a link to a
 * lower table carries that table's number in bits 63:52. So an invalidation
 * by gfn needs no reverse map: it scans the tables whose summary of gfns
 * matches, and drops the leaves whose tag does. A tag may match wrongly (one
 * in 2048), which costs a refill, and never misses.
 */
#define TAG_SHIFT      52
#define TAG_BITS       11
#define TAG_MASK       ((1ULL << TAG_BITS) - 1)

#define LEVEL_TOP      4
#define LEVEL_BITS     9
#define LEVEL_ORDER(l) (LEVEL_BITS * ((l)-1))
#define LEVEL_SHIFT(l) (12 + LEVEL_ORDER(l))
#define ENTRIES        512
#define INDEX(gpa, l)  ((gpa) >> LEVEL_SHIFT(l) & (ENTRIES - 1))

#define EPTP12_KEY     (EPT_ADDR_MASK | EPTP_AD | EPTP_WALK_MASK | EPTP_MBEC)

static bool is_leaf(uint64_t e, unsigned int level)
{
    return e && (level == 1 || (e & EPT_LEAF));
}

static uint16_t link_number(uint64_t e)
{
    return e >> TAG_SHIFT;
}

/* --- Table pages --- */
static uint16_t page_alloc(struct ept02 *e, unsigned int level)
{
    uint16_t n = e->free;
    struct ept02_page *pg = &e->page[n];

    if ( !n )
        return 0;
    pg->table = e->ops.alloc(e->ops.priv, &pg->pa);
    if ( !pg->table )
        return 0;

    e->free = pg->next;
    e->used_pages++;
    pg->level = level;
    pg->gfns = 0;
    pg->next = 0;

    return n;
}

static void page_free(struct ept02 *e, uint16_t n)
{
    struct ept02_page *pg = &e->page[n];

    e->ops.free(e->ops.priv, pg->table, pg->pa);
    pg->table = NULL;
    pg->next = e->free;
    e->free = n;
    e->used_pages--;
}

static void page_kill(struct ept02 *e, uint16_t n)
{
    e->page[n].dead_gen = e->gen;
    e->page[n].next = e->dead;
    e->dead = n;
}

void ept02_init(struct ept02 *e, const struct ept02_ops *ops,
                struct ept02_page *page, uint32_t max_pages,
                struct ept02_root *root, uint32_t nr_roots)
{
    *e = (struct ept02){
        .ops = *ops,
        .page = page,
        .max_pages = min(max_pages, (uint32_t)EPT02_PAGES_LIMIT),
        .root = root,
        .nr_roots = nr_roots,
        .gen = 1,
    };
    for ( uint32_t n = e->max_pages - 1; n; n-- )
    {
        e->page[n] = (struct ept02_page){ .next = e->free };
        e->free = n;
    }
}

void ept02_destroy(struct ept02 *e)
{
    for ( uint32_t n = 1; n < e->max_pages; n++ )
        if ( e->page[n].table )
            page_free(e, n);
    for ( unsigned int i = 0; i < e->used_roots; i++ )
        e->root[i].top = 0;
}

void ept02_reap(struct ept02 *e, uint64_t seen)
{
    uint16_t *link = &e->dead;

    while ( *link )
    {
        uint16_t n = *link;

        if ( e->page[n].dead_gen > seen )
        {
            link = &e->page[n].next;
            continue;
        }
        *link = e->page[n].next;
        page_free(e, n);
    }
}

/* --- Roots --- */

/* Unlink the lower tables; they stay allocated until reaped. */
static void unlink_tables(struct ept02 *e, struct ept02_root *r)
{
    uint64_t *top = e->page[r->top].table;

    e->gen++;
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        top[i] = 0;
    while ( r->pages )
    {
        uint16_t n = r->pages;

        r->pages = e->page[n].next;
        page_kill(e, n);
    }
}

static void root_evict(struct ept02 *e, struct ept02_root *r)
{
    unlink_tables(e, r);
    page_kill(e, r->top);
    r->top = 0;
    e->evictions++;
}

static struct ept02_root *oldest_unused(struct ept02 *e)
{
    struct ept02_root *old = NULL;

    for ( unsigned int i = 0; i < e->used_roots; i++ )
    {
        struct ept02_root *r = &e->root[i];

        if ( r->top && !r->users && (!old || r->last_use < old->last_use) )
            old = r;
    }

    return old;
}

struct ept02_root *ept02_get(struct ept02 *e, uint64_t eptp12)
{
    uint64_t key = eptp12 & EPTP12_KEY;
    struct ept02_root *r = NULL;

    for ( unsigned int i = 0; i < e->used_roots; i++ )
    {
        if ( e->root[i].top && e->root[i].eptp12 == key )
        {
            r = &e->root[i];
            e->hits++;
            goto found;
        }
        if ( !e->root[i].top && !r )
            r = &e->root[i];
    }

    e->misses++;
    if ( !r && e->used_roots < e->nr_roots )
        r = &e->root[e->used_roots++];
    if ( !r )
    {
        r = oldest_unused(e);
        if ( !r )
            return NULL;
        root_evict(e, r);
    }
    *r = (struct ept02_root){ .eptp12 = key, .top = page_alloc(e, LEVEL_TOP) };
    if ( !r->top )
        return NULL;
    /* Its page may have been another root's: nobody may trust old caches. */
    e->gen++;

found:
    r->users++;
    r->last_use = ++e->clock;
    return r;
}

void ept02_put(struct ept02 *e __maybe_unused, struct ept02_root *r)
{
    r->users--;
}

bool ept02_root_is(const struct ept02_root *r, uint64_t eptp12)
{
    return r->eptp12 == (eptp12 & EPTP12_KEY);
}

uint64_t ept02_eptp(const struct ept02 *e, const struct ept02_root *r)
{
    return e->page[r->top].pa | EPTP_MEMTYPE_WB |
           (LEVEL_TOP - 1) << EPTP_WALK_SHIFT | (r->eptp12 & EPTP_AD);
}

void ept02_shrink(struct ept02 *e)
{
    struct ept02_root *r = oldest_unused(e);

    if ( r )
    {
        root_evict(e, r);
        return;
    }
    for ( unsigned int i = 0; i < e->used_roots; i++ )
        if ( e->root[i].top )
            unlink_tables(e, &e->root[i]);
}

/* --- Fill --- */

/* Summary bits for the 2^order frames at gfn. */
static uint64_t gfn_summary(uint64_t gfn, unsigned int order)
{
    unsigned int first = (gfn >> LEVEL_BITS) % 64;
    unsigned int span = order > LEVEL_BITS ? order - LEVEL_BITS : 0;
    uint64_t run;

    if ( span >= 6 )
        return ~0ULL;
    run = (1ULL << (1u << span)) - 1;

    return run << first | (first ? run >> (64 - first) : 0);
}

static uint64_t leaf_entry(const struct ept02_map *map, unsigned int level)
{
    uint64_t size_mask = (1ULL << LEVEL_SHIFT(level)) - 1;
    uint64_t tag = map->gfn >> LEVEL_ORDER(level) & TAG_MASK;

    return (map->pa & EPT_ADDR_MASK & ~size_mask) | map->bits |
           tag << TAG_SHIFT | (level > 1 ? EPT_LEAF : 0) | EPT_ACCESSED |
           (map->bits & EPT_W ? EPT_DIRTY : 0);
}

/* The table below *slot, made if there is none; 0 when no page is left. */
static uint16_t lower_table(struct ept02 *e, struct ept02_root *r,
                            uint64_t *slot, unsigned int level)
{
    uint16_t n;

    if ( *slot && !is_leaf(*slot, level) )
        return link_number(*slot);

    n = page_alloc(e, level - 1);
    if ( !n )
        return 0;
    e->page[n].next = r->pages;
    r->pages = n;
    if ( *slot )
        e->gen++; /* a larger page goes */
    *slot = e->page[n].pa | (uint64_t)n << TAG_SHIFT | EPT_RWX | EPT_XU |
            EPT_ACCESSED;

    return n;
}

int ept02_fill(struct ept02 *e, struct ept02_root *r,
               const struct ept02_map *map)
{
    unsigned int target = map->order / LEVEL_BITS + 1, level;
    uint16_t n = r->top;
    uint64_t *slot, entry;

    for ( level = LEVEL_TOP;; level-- )
    {
        slot = &e->page[n].table[INDEX(map->l2_gpa, level)];
        /* Where smaller pages are known already, stay with them. */
        if ( level == 1 ||
             (level <= target && (!*slot || is_leaf(*slot, level))) )
            break;
        n = lower_table(e, r, slot, level);
        if ( !n )
            return -ENOMEM;
    }

    entry = leaf_entry(map, level);
    if ( *slot && ((*slot ^ entry) & EPT_ADDR_MASK) )
        e->gen++;
    WRITE_ONCE(*slot, entry);
    e->page[n].gfns |= gfn_summary(
        map->gfn & ~((1ULL << LEVEL_ORDER(level)) - 1), LEVEL_ORDER(level));
    e->fills++;

    return 0;
}

/* --- Invalidation --- */

/* Drop all leaves, keep the tables: they will be filled again. */
static void drop_leaves(struct ept02 *e, struct ept02_root *r)
{
    e->gen++;
    e->invalidations++;
    for ( uint16_t n = r->pages; n; n = e->page[n].next )
    {
        struct ept02_page *pg = &e->page[n];

        if ( !pg->gfns )
            continue;
        pg->gfns = 0;
        for ( unsigned int i = 0; i < ENTRIES; i++ )
            if ( is_leaf(pg->table[i], pg->level) )
                WRITE_ONCE(pg->table[i], 0);
    }
}

void ept02_invalidate(struct ept02 *e, uint64_t eptp12)
{
    for ( unsigned int i = 0; i < e->used_roots; i++ )
        if ( e->root[i].top && !((e->root[i].eptp12 ^ eptp12) & EPT_ADDR_MASK) )
            drop_leaves(e, &e->root[i]);
}

void ept02_invalidate_all(struct ept02 *e)
{
    for ( unsigned int i = 0; i < e->used_roots; i++ )
        if ( e->root[i].top )
            drop_leaves(e, &e->root[i]);
}

/* May the leaf map one of 2^order frames at gfn? */
static bool tag_matches(uint64_t leaf, unsigned int level, uint64_t gfn,
                        unsigned int order)
{
    unsigned int lorder = LEVEL_ORDER(level);
    uint64_t tag = leaf >> TAG_SHIFT & TAG_MASK;
    uint64_t count = order > lorder ? 1ULL << (order - lorder) : 1;

    return ((tag - (gfn >> lorder)) & TAG_MASK) < count;
}

static bool page_invalidate_gfn(struct ept02_page *pg, uint64_t gfn,
                                unsigned int order)
{
    bool found = false;

    for ( unsigned int i = 0; i < ENTRIES; i++ )
        if ( is_leaf(pg->table[i], pg->level) &&
             tag_matches(pg->table[i], pg->level, gfn, order) )
        {
            WRITE_ONCE(pg->table[i], 0);
            found = true;
        }

    return found;
}

bool ept02_invalidate_gfn(struct ept02 *e, uint64_t gfn, unsigned int order)
{
    uint64_t summary;
    bool found = false;

    gfn &= ~((1ULL << order) - 1);
    summary = gfn_summary(gfn, order);
    for ( uint32_t n = 1; n < e->max_pages && e->used_pages; n++ )
    {
        struct ept02_page *pg = &e->page[n];

        if ( pg->table && (pg->gfns & summary) )
            found |= page_invalidate_gfn(pg, gfn, order);
    }
    if ( found )
        e->gen++;

    return found;
}
