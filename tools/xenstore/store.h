/* SPDX-License-Identifier: MIT */
/* The daemon's state: the tree and who is connected to it. */

#ifndef NIDUS_XENSTORE_STORE_H
#define NIDUS_XENSTORE_STORE_H

#include "list.h"
#include "quota.h"
#include "tree.h"

struct store
{
    struct tree tree;
    struct quotas quotas;
    /* Given to the last change; the next one gets one more. */
    uint64_t generation;
    uint32_t last_txn_id;
    struct list conns;
    /* Those that the loop looks at; idle domains are not among them. */
    struct list active;
    /* Where a walk over active is that may free any of them, or NULL. */
    struct list *cursor;
    struct list domains;
    /* The domain that may do everything besides Dom0, or 0. */
    unsigned int priv_domid;
    /* Milliseconds of a clock that is never set; the loop keeps it. */
    int64_t now;
    /* Log requests and replies. */
    bool trace;
};

/* The nodes that are there from the start. */
bool store_init(struct store *store);
void store_destroy(struct store *store);

#endif /* NIDUS_XENSTORE_STORE_H */
