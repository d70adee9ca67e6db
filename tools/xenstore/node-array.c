/* SPDX-License-Identifier: MIT */
/* Nodes in a row, as many as there are. */

#include <stdlib.h>

#include "node-array.h"

bool array_add(struct node_array *array, const struct node *node)
{
    if ( array->nr == array->max )
    {
        size_t max = array->max ? array->max * 2 : 16;
        void *grown = realloc(array->nodes, max * sizeof(*array->nodes));

        if ( !grown )
            return false;
        array->nodes = grown;
        array->max = max;
    }

    array->nodes[array->nr++] = node;
    return true;
}
