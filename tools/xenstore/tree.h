/* SPDX-License-Identifier: MIT */
/* The nodes of the store by their paths. */

/*
 * A tree is a hash table from absolute paths to nodes; a node lists the names
 * of its children in the order of their creation.  Whoever adds or removes a
 * node keeps its parent's list right.  Transactions keep what they touched in
 * a tree of their own, with the same nodes.
 */

#ifndef NIDUS_XENSTORE_TREE_H
#define NIDUS_XENSTORE_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "perms.h"

/* The generation of a node that is not there. */
#define GENERATION_ABSENT 0

struct node
{
    struct node *hash_next;
    uint64_t hash;

    char *path;
    /* Changes with every change of the node. */
    uint64_t generation;
    struct perms perms;
    char *data;
    size_t data_len;
    /* Names, each with its NUL. */
    char *children;
    size_t children_len;

    /* In a transaction only. */
    uint64_t base_generation; /* of the store's node when first seen */
    bool absent;              /* the transaction sees no node here */
    bool modified;
};

struct tree
{
    struct node **buckets;
    size_t nr_buckets;
    size_t nr_nodes;
};

/*
 * A hash that differs from run to run: guests choose paths, and could choose
 * all of them to fall into one bucket.
 */
uint64_t store_hash(const char *bytes, size_t len);
/* Which one of a power of two: the low bits of the hash mix the least. */
#define STORE_HASH_SLOT(hash, nr_slots) ((hash) >> 32 & ((nr_slots)-1))

bool tree_init(struct tree *tree);
/* Frees the nodes too. */
void tree_destroy(struct tree *tree);
struct node *tree_find(const struct tree *tree, const char *path);
/* The child of a node of this tree, by its name. */
struct node *tree_find_child(const struct tree *tree, const struct node *node,
                             const char *name);
/* The path must not be in the tree yet. */
void tree_insert(struct tree *tree, struct node *node);
/* Takes the node out, for the caller to free. */
void tree_remove(struct tree *tree, struct node *node);
/* Any order; the callback may not change the tree. */
void tree_for_each(const struct tree *tree,
                   void (*fn)(struct node *node, void *opaque), void *opaque);

struct node *node_new(const char *path, const struct perms *perms);
struct node *node_clone(const struct node *node);
void node_free(struct node *node);
bool node_set_data(struct node *node, const void *data, size_t len);
bool node_add_child(struct node *node, const char *name);
void node_remove_child(struct node *node, const char *name);
bool node_has_child(const struct node *node, const char *name);
/* What counts against the node size quota. */
size_t node_size(const struct node *node);
/* What the node takes of its owner's memory quota. */
size_t node_memory(const struct node *node);

/* The next name in a list of children; start with NULL, ends with NULL. */
const char *node_next_child(const struct node *node, const char *name);

/*
 * Is this the canonical path of a node?  Special names ("@releaseDomain") are
 * accepted where allowed.  The maximum length does not count the way to a
 * domain's home.
 */
bool path_valid(const char *path, bool allow_special, size_t max);
bool path_is_special(const char *path);
/* Is path the same as above, or below it? */
bool path_is_below(const char *path, const char *above);
/* The part behind the last slash. */
const char *path_name(const char *path);
/* The path's parent in memory of its own; "/" has itself. */
char *path_parent(const char *path);
char *path_join(const char *parent, const char *name);

#endif /* NIDUS_XENSTORE_TREE_H */
