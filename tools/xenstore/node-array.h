/* SPDX-License-Identifier: MIT */
/* Nodes in a row, as many as there are. */

#ifndef NIDUS_XENSTORE_NODE_ARRAY_H
#define NIDUS_XENSTORE_NODE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

struct node;

/* The nodes are not its own; free(nodes) when done. */
struct node_array
{
    const struct node **nodes;
    size_t nr, max;
};

/* False: out of memory. */
bool array_add(struct node_array *array, const struct node *node);

#endif /* NIDUS_XENSTORE_NODE_ARRAY_H */
