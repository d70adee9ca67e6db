/* SPDX-License-Identifier: MIT */
/* Sparse bitmap of guest frames: pages of bits below a tree of pointers. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

/* How many frames one page of bits covers. */
#define DIRTY_LEAF_BITS   15
#define DIRTY_LEAF_FRAMES (1ULL << DIRTY_LEAF_BITS)

/* All zero is the empty bitmap. The owner's lock protects it. */
struct dirty_bitmap
{
    void *root;
    uint64_t nr_pages; /* of the tree, for accounting */
};

/* Set a bit: 1 it was clear, 0 it was set, -ENOMEM, -EINVAL beyond 2^42. */
int dirty_bitmap_set(struct dirty_bitmap *b, uint64_t bit);
/* The page of bits that bit lies in; NULL: all of them are clear. */
uint64_t *dirty_bitmap_leaf(const struct dirty_bitmap *b, uint64_t bit);
void dirty_bitmap_free(struct dirty_bitmap *b);
