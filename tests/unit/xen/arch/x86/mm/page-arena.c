/* SPDX-License-Identifier: MIT */
/* An arena of pages for tests of the p2m: the heap, the direct map, the frames.
 */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/mm.h>

#include "page-arena.h"

unsigned long host_directmap;
struct page_info *frame_table;
uint64_t max_page = ARENA_PAGES;
unsigned int pages_out, fail_after;

static unsigned int next_page;

void arena_init(void)
{
    host_directmap =
        (unsigned long)aligned_alloc(PAGE_SIZE, ARENA_PAGES * PAGE_SIZE);
    frame_table = calloc(ARENA_PAGES, sizeof(*frame_table));
    assert_non_null(frame_table);
    for ( unsigned int i = 0; i < ARENA_PAGES; i++ )
    {
        frame_table[i].flags = PGF_RAM;
        page_set_gfn(&frame_table[i], INVALID_GFN);
    }
    next_page = 1; /* frame 0 is nobody's */
    pages_out = fail_after = 0;
}

void arena_destroy(void)
{
    assert_int_equal(pages_out, 0);
    free((void *)host_directmap);
    free(frame_table);
}

void *alloc_xenheap_page(void)
{
    void *p;

    if ( fail_after && --fail_after == 0 )
        return NULL;
    assert_true(next_page < ARENA_PAGES);
    p = (void *)(host_directmap + PAGE_SIZE * next_page++);
    memset(p, 0, PAGE_SIZE);
    pages_out++;
    return p;
}

void free_xenheap_page(void *va)
{
    if ( va )
        pages_out--;
}
