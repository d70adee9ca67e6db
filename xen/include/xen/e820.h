/* SPDX-License-Identifier: MIT */
/* Arithmetic on memory maps: the machine's, and what is free of it. */
#pragma once

#include <xen/bootinfo.h>

/* Sort, resolve overlaps (the higher type wins) and join neighbours. */
void e820_sanitize(struct boot_region *r, unsigned int *nr, unsigned int max);
/* Type of the region that holds all of [start, end), or 0. */
uint32_t e820_type(const struct boot_region *r, unsigned int nr, paddr_t start,
                   paddr_t end);

/* Sets of page-aligned ranges, sorted and disjoint. */
#define RAM_MAP_MAX 128

struct ram_range
{
    paddr_t start, end; /* end is not part of it */
};

struct ram_map
{
    unsigned int nr;
    struct ram_range r[RAM_MAP_MAX];
};

void ram_map_add(struct ram_map *m, paddr_t start, paddr_t end);
/* Remove what there is of [start, end). */
void ram_map_remove(struct ram_map *m, paddr_t start, paddr_t end);
bool ram_map_contains(const struct ram_map *m, paddr_t start, paddr_t end);
uint64_t ram_map_total(const struct ram_map *m);
/*
 * Take size bytes, aligned, as high as possible below limit; 0 if there is
 * no such range (0 itself is never given out).
 */
paddr_t ram_map_take_top(struct ram_map *m, uint64_t size, uint64_t align,
                         paddr_t limit);

/*
 * RAM that nobody has taken yet, in bytes: without the image, the modules,
 * the hypervisor's tables. Until heap_init_done the boot code carves from
 * it; what is left becomes the heap.
 */
extern struct ram_map boot_ram_map;
