/* SPDX-License-Identifier: MIT */
/* Doubly linked circular lists with a head. */
#pragma once

#include <xen/compiler.h>

struct list_head
{
    struct list_head *next, *prev;
};

#define LIST_HEAD_INIT(name) \
    {                        \
        &(name), &(name)     \
    }

static inline void list_init(struct list_head *h)
{
    h->next = h->prev = h;
}

static inline bool list_empty(const struct list_head *h)
{
    return h->next == h;
}

static inline void list_insert(struct list_head *e, struct list_head *prev,
                               struct list_head *next)
{
    e->next = next;
    e->prev = prev;
    next->prev = e;
    /* Last, and whole, for those that walk the list without a lock. */
    __atomic_store_n(&prev->next, e, __ATOMIC_RELEASE);
}

static inline void list_add(struct list_head *e, struct list_head *head)
{
    list_insert(e, head, head->next);
}

static inline void list_add_tail(struct list_head *e, struct list_head *head)
{
    list_insert(e, head->prev, head);
}

/* Unlink e, which still leads those that walk the list without a lock on. */
static inline void list_unlink(struct list_head *e)
{
    e->next->prev = e->prev;
    __atomic_store_n(&e->prev->next, e->next, __ATOMIC_RELEASE);
}

/* Unlink e and leave it as an empty list of its own. */
static inline void list_del_init(struct list_head *e)
{
    e->prev->next = e->next;
    e->next->prev = e->prev;
    list_init(e);
}

#define list_del(e)                       list_del_init(e)
#define list_entry(ptr, type, member)     container_of(ptr, type, member)
#define list_first_entry(h, type, member) list_entry((h)->next, type, member)
#define list_for_each_entry(pos, head, member)                      \
    for ( pos = list_entry((head)->next, __typeof__(*pos), member); \
          &pos->member != (head);                                   \
          pos = list_entry(pos->member.next, __typeof__(*pos), member) )
#define list_for_each_entry_safe(pos, n, head, member)                \
    for ( pos = list_entry((head)->next, __typeof__(*pos), member),   \
          n = list_entry(pos->member.next, __typeof__(*pos), member); \
          &pos->member != (head);                                     \
          pos = n, n = list_entry(n->member.next, __typeof__(*n), member) )
