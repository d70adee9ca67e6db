/* SPDX-License-Identifier: MIT */
/* The page heap below alloc_xenheap_pages() and alloc_domheap_pages(). */
#pragma once

#include <xen/mm.h>

#define HEAP_MAX_ORDER 18

/* Frame table entries for the RAM [start, start + nr), before heap_add(). */
void frame_table_mark_ram(uint64_t start_mfn, uint64_t nr);
/* ... and for what is no RAM in between. */
void frame_table_mark_hole(uint64_t start_mfn, uint64_t nr);
/* Give free RAM to the heap. */
void heap_add(uint64_t start_mfn, uint64_t nr);
/* A block of 2^order pages, or NULL; the caller sets owner and count. */
struct page_info *heap_alloc(unsigned int order);
void heap_free(struct page_info *pg, unsigned int order);

/* Pages that domains may still claim without being refused. */
int domain_set_outstanding_pages(struct domain *d, uint64_t pages);
uint64_t outstanding_claims(void);

/* Boot: the frame table for everything in boot_info, then the heap. */
void frame_table_init(void);
void heap_init(void);
