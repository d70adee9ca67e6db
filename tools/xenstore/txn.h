/* SPDX-License-Identifier: MIT */
/* Views of the tree: the store itself, or the store as a transaction has it. */

/*
 * A transaction works on copies, taken when it first touches a node.  With
 * each copy it remembers the generation that the store's node had then, also
 * "absent".  At the end it conflicts if any of them has another generation by
 * then; otherwise its changed copies replace the store's nodes.
 *
 * Requests change nodes through a view only, between view_edit() and
 * view_done(), so that the owners' accounts follow.
 */

#ifndef NIDUS_XENSTORE_TXN_H
#define NIDUS_XENSTORE_TXN_H

#include "store.h"
#include "watch.h"

struct txn
{
    struct list link; /* the connection's */
    uint32_t id;
    struct actor actor;
    struct tree touched;
    /* To be fired at the end. */
    struct list events;
    /* Nodes of the actor's own domain, more or fewer than at the start. */
    int own_nodes;
    /* What copies and events take of the actor's memory quota. */
    size_t memory;
};

struct view
{
    struct store *store;
    const struct actor *actor;
    struct txn *txn; /* NULL: the store itself */
};

/* NULL: out of memory. */
struct txn *txn_start(struct store *store, const struct actor *actor);
void txn_free(struct store *store, struct txn *txn);
/*
 * Make the changes the store's.  -EAGAIN: conflict, -ENOSPC: quota; in both
 * cases nothing has changed.  The events are the caller's to fire.
 */
int txn_commit(struct store *store, struct txn *txn);

/* The node as the view has it: 0, -ENOENT, -ENOMEM, or -ENOSPC by quota. */
int view_get(struct view *view, const char *path, const struct node **out);

/* A node that view_get() returned, for changes. */
struct node *view_edit(struct view *view, const struct node *node);
void view_done(struct view *view, struct node *node);

/* A node at a path for which view_get() said -ENOENT.  Takes the node over. */
void view_add(struct view *view, struct node *node);
/* Only this node; children and the parent's list are the caller's. */
void view_remove(struct view *view, const struct node *node);

/* Bytes that a transaction keeps, or no longer does; without one no-op. */
void view_book(struct view *view, ptrdiff_t bytes);

/* How many nodes the actor's own domain has in this view. */
unsigned int view_own_nodes(struct view *view);

#endif /* NIDUS_XENSTORE_TXN_H */
