/* SPDX-License-Identifier: MIT */
/* The page heap: a buddy allocator over the frame table. */

/*
 * Free memory is kept in blocks of 2^order pages, aligned to their size, on
 * one list per order. Only the first page of a free block says so (PGF_FREE
 * and its order); what the frame table holds of the others is stale. A block
 * that is freed joins its buddy as long as that is free and whole.
 */
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/page-list.h>
#include <xen/spinlock.h>

struct page_info *frame_table;
uint64_t max_page;
uint64_t total_pages;

static spinlock_t heap_lock = SPIN_LOCK_UNLOCKED; /* lists, free_pages */
static struct page_list free_lists[HEAP_MAX_ORDER + 1];
static uint64_t free_pages;

/* Written whole, once: there are hundreds of thousands of entries. */
void frame_table_mark_ram(uint64_t start_mfn, uint64_t nr)
{
    struct page_info *pg = &frame_table[start_mfn];

#pragma GCC unroll 8
    for ( uint64_t i = 0; i < nr; i++ )
        pg[i] = (struct page_info){ .flags = PGF_RAM };
    total_pages += nr;
}

void frame_table_mark_hole(uint64_t start_mfn, uint64_t nr)
{
    memset(&frame_table[start_mfn], 0, nr * sizeof(struct page_info));
}

static void block_insert(uint64_t mfn, unsigned int order)
{
    struct page_info *pg = &frame_table[mfn];

    pg->flags |= PGF_FREE;
    pg->order = order;
    pg->count = 0;
    pg->owner = 0;
    page_list_add(&free_lists[order], pg);
}

static void block_remove(struct page_info *pg)
{
    pg->flags &= ~PGF_FREE;
    page_list_del(&free_lists[pg->order], pg);
}

static bool is_free_block(uint64_t mfn, unsigned int order)
{
    const struct page_info *pg = &frame_table[mfn];

    return mfn < max_page && (pg->flags & PGF_FREE) && pg->order == order;
}

static void free_locked(uint64_t mfn, unsigned int order)
{
    free_pages += 1UL << order;
    while ( order < HEAP_MAX_ORDER )
    {
        uint64_t buddy = mfn ^ (1UL << order);

        if ( !is_free_block(buddy, order) )
            break;
        block_remove(&frame_table[buddy]);
        mfn &= ~(1UL << order);
        order++;
    }
    block_insert(mfn, order);
}

void heap_add(uint64_t start_mfn, uint64_t nr)
{
    spin_lock(&heap_lock);
    while ( nr != 0 )
    {
        unsigned int order = 0;

        while ( order < HEAP_MAX_ORDER && IS_ALIGNED(start_mfn, 2UL << order) &&
                nr >= 2UL << order )
            order++;
        free_locked(start_mfn, order);
        start_mfn += 1UL << order;
        nr -= 1UL << order;
    }
    spin_unlock(&heap_lock);
}

struct page_info *heap_alloc(unsigned int order)
{
    struct page_info *pg = NULL;
    unsigned int have = order;

    spin_lock(&heap_lock);
    while ( have <= HEAP_MAX_ORDER && page_list_empty(&free_lists[have]) )
        have++;
    if ( have <= HEAP_MAX_ORDER )
    {
        pg = page_list_first(&free_lists[have]);
        block_remove(pg);
        /* Keep the lower half, give the upper one back, until it fits. */
        while ( have > order )
        {
            have--;
            block_insert((pg - frame_table) + (1UL << have), have);
        }
        free_pages -= 1UL << order;
    }
    spin_unlock(&heap_lock);
    return pg;
}

void heap_free(struct page_info *pg, unsigned int order)
{
    spin_lock(&heap_lock);
    ASSERT(!(pg->flags & PGF_FREE));
    free_locked(pg - frame_table, order);
    spin_unlock(&heap_lock);
}

uint64_t avail_pages(void)
{
    return free_pages;
}
