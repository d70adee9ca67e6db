/* SPDX-License-Identifier: MIT */
/* A pairing heap of timers, the earliest at the root. */
#include <xen/compiler.h>
#include <xen/timer.h>

/* Both are roots; the later one becomes the first child of the other. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if ( a == NULL || b == NULL )
        return a ? a : b;
    if ( b->expires < a->expires )
    {
        struct timer *t = a;

        a = b;
        b = t;
    }
    b->prev = a;
    b->next = a->child;
    if ( b->next != NULL )
        b->next->prev = b;
    a->child = b;
    return a;
}

struct timer *timer_heap_insert(struct timer *root, struct timer *t)
{
    t->child = t->next = t->prev = NULL;
    return meld(root, t);
}

/* Join a list of siblings in pairs, then the pairs from the last on. */
static struct timer *meld_siblings(struct timer *first)
{
    struct timer *pairs = NULL, *root = NULL;

    while ( first != NULL )
    {
        struct timer *a = first, *b = a->next;

        first = b ? b->next : NULL;
        a->next = a->prev = NULL;
        if ( b != NULL )
            b->next = b->prev = NULL;
        a = meld(a, b);
        a->next = pairs;
        pairs = a;
    }
    while ( pairs != NULL )
    {
        struct timer *t = pairs;

        pairs = t->next;
        t->next = NULL;
        root = meld(root, t);
    }
    return root;
}

struct timer *timer_heap_remove(struct timer *root, struct timer *t)
{
    struct timer *sub = meld_siblings(t->child);

    if ( t != root )
    {
        if ( t->prev->child == t )
            t->prev->child = t->next;
        else
            t->prev->next = t->next;
        if ( t->next != NULL )
            t->next->prev = t->prev;
        sub = meld(root, sub);
    }
    t->child = t->next = t->prev = NULL;
    return sub;
}
