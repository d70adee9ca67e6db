/* SPDX-License-Identifier: MIT */
/*
 * Lists of machine pages: doubly linked by frame numbers, half as large as
 * pointers. Zeroed memory is an empty list.
 */
#pragma once

#include <xen/mm.h>

struct page_list
{
    uint32_t first; /* as in struct page_info */
};

static inline uint32_t page_list_ref(const struct page_info *pg)
{
    return (uint32_t)(pg - frame_table) + 1;
}

static inline struct page_info *page_list_at(uint32_t ref)
{
    return ref ? &frame_table[ref - 1] : NULL;
}

static inline bool page_list_empty(const struct page_list *l)
{
    return !l->first;
}

static inline struct page_info *page_list_first(const struct page_list *l)
{
    return page_list_at(l->first);
}

static inline struct page_info *page_list_next(const struct page_info *pg)
{
    return page_list_at(pg->next);
}

static inline void page_list_add(struct page_list *l, struct page_info *pg)
{
    pg->prev = 0;
    pg->next = l->first;
    l->first = page_list_ref(pg);
    if ( pg->next )
        page_list_at(pg->next)->prev = l->first;
}

/* pg is on l. */
static inline void page_list_del(struct page_list *l, struct page_info *pg)
{
    if ( pg->prev )
        page_list_at(pg->prev)->next = pg->next;
    else
        l->first = pg->next;
    if ( pg->next )
        page_list_at(pg->next)->prev = pg->prev;
}

#define page_list_for_each(pg, l) \
    for ( pg = page_list_first(l); pg; pg = page_list_next(pg) )
