/* SPDX-License-Identifier: MIT */
/* What requests do to nodes: permission, quota and parents looked after. */

/*
 * The functions return 0 or the negative errno that the client is told.  They
 * change nothing when they fail.  What watches have to hear is added to the
 * events, for the caller to fire.
 */

#ifndef NIDUS_XENSTORE_NODES_H
#define NIDUS_XENSTORE_NODES_H

#include "txn.h"

/* Nodes that stand for events; their permissions say who hears of them. */
#define INTRODUCED "@introduceDomain"
#define RELEASED   "@releaseDomain"

struct op
{
    struct view view;
    struct list *events;
};

/* A node on which the actor has all of the permissions. */
int node_access(struct op *op, const char *path, unsigned int perm,
                const struct node **out);

int node_write(struct op *op, const char *path, const void *data, size_t len);
int node_mkdir(struct op *op, const char *path);
int node_rm(struct op *op, const char *path);
int node_set_perms(struct op *op, const char *path,
                   const struct xs_permissions *entry, unsigned int nr);

/* Remove a node with all below it, whoever owns them. */
int node_remove_tree(struct op *op, const struct node *node);

/* A domain is gone: remove its nodes, and it from others' permissions. */
void nodes_forget_domain(struct store *store, unsigned int domid);

/*
 * Compare every parent's list with the nodes there are, and the books with
 * the owners; repair what differs and return how much did.
 */
unsigned int nodes_check(struct store *store);

#endif /* NIDUS_XENSTORE_NODES_H */
