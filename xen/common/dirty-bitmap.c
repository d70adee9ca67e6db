/* SPDX-License-Identifier: MIT */
/* Sparse bitmap of guest frames: pages of bits below a tree of pointers. */
#include <xen/dirty-bitmap.h>
#include <xen/errno.h>
#include <xen/mm.h>

#define FANOUT_BITS 9
#define FANOUT      (1u << FANOUT_BITS)
#define LEVELS      3 /* of pointers, above the pages of bits */
#define MAX_BITS    (DIRTY_LEAF_BITS + LEVELS * FANOUT_BITS)

static unsigned int index_at(uint64_t bit, unsigned int level)
{
    return (bit >> (DIRTY_LEAF_BITS + (level - 1) * FANOUT_BITS)) &
           (FANOUT - 1);
}

static void *new_page(struct dirty_bitmap *b)
{
    void *p = alloc_xenheap_page();

    if ( p )
        b->nr_pages++;
    return p;
}

int dirty_bitmap_set(struct dirty_bitmap *b, uint64_t bit)
{
    void **at = &b->root;
    uint64_t *word, mask;

    if ( bit >> MAX_BITS )
        return -EINVAL;
    for ( unsigned int level = LEVELS;; level-- )
    {
        if ( !*at && !(*at = new_page(b)) )
            return -ENOMEM;
        if ( !level )
            break;
        at = (void **)*at + index_at(bit, level);
    }
    bit &= DIRTY_LEAF_FRAMES - 1;
    word = (uint64_t *)*at + bit / 64;
    mask = 1ULL << (bit % 64);
    if ( *word & mask )
        return 0;
    *word |= mask;
    return 1;
}

uint64_t *dirty_bitmap_leaf(const struct dirty_bitmap *b, uint64_t bit)
{
    void *p = b->root;

    if ( bit >> MAX_BITS )
        return NULL;
    for ( unsigned int level = LEVELS; p && level; level-- )
        p = ((void **)p)[index_at(bit, level)];
    return p;
}

static void free_tree(void *p, unsigned int level)
{
    if ( !p )
        return;
    for ( unsigned int i = 0; level && i < FANOUT; i++ )
        free_tree(((void **)p)[i], level - 1);
    free_xenheap_page(p);
}

void dirty_bitmap_free(struct dirty_bitmap *b)
{
    free_tree(b->root, LEVELS);
    b->root = NULL;
    b->nr_pages = 0;
}
