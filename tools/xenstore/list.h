/* SPDX-License-Identifier: MIT */
/* Doubly linked lists through a member of the listed structures. */

#ifndef NIDUS_XENSTORE_LIST_H
#define NIDUS_XENSTORE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list
{
    struct list *next, *prev;
};

#define LIST_INIT(head)  \
    {                    \
        &(head), &(head) \
    }

static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_add_tail(struct list *head, struct list *entry)
{
    entry->prev = head->prev;
    entry->next = head;
    head->prev->next = entry;
    head->prev = entry;
}

/* The entry may be removed again without harm. */
static inline void list_del(struct list *entry)
{
    entry->prev->next = entry->next;
    entry->next->prev = entry->prev;
    list_init(entry);
}

#define list_entry(ptr, type, member) \
    ((type *)((char *)(ptr)-offsetof(type, member)))

#define list_first(head, type, member) list_entry((head)->next, type, member)

#define list_for_each_entry(pos, head, member)                      \
    for ( pos = list_entry((head)->next, __typeof__(*pos), member); \
          &pos->member != (head);                                   \
          pos = list_entry(pos->member.next, __typeof__(*pos), member) )

#define list_for_each_entry_safe(pos, tmp, head, member)                \
    for ( pos = list_entry((head)->next, __typeof__(*pos), member),     \
          tmp = list_entry(pos->member.next, __typeof__(*pos), member); \
          &pos->member != (head); pos = tmp,                            \
          tmp = list_entry(pos->member.next, __typeof__(*pos), member) )

#endif /* NIDUS_XENSTORE_LIST_H */
