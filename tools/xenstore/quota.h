/* SPDX-License-Identifier: MIT */
/* What a domain may take of the store, and what it has taken. */

#ifndef NIDUS_XENSTORE_QUOTA_H
#define NIDUS_XENSTORE_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "list.h"
#include "perms.h"

/* One list: identifier, the name xenstore-control uses, default, meaning. */
/* clang-format off */
#define QUOTA_LIST(row)                                                    \
    row(NODES, "nodes", 1000, "Nodes per domain")                          \
    row(WATCHES, "watches", 128, "Watches per domain")                     \
    row(TRANSACTIONS, "transactions", 10, "Transactions per domain")       \
    row(OUTSTANDING, "outstanding", 20, "Outstanding requests per domain") \
    row(TXN_NODES, "transaction-nodes", 1024, "Nodes per transaction")     \
    row(MEMORY, "memory", (2u << 20) + (512u << 10), "Memory per domain")  \
    row(NODE_SIZE, "node-size", 2048, "Size of a node")                    \
    row(PATH_MAX, "path-max", 2048, "Length of a node's path")             \
    row(PERMS, "permissions", 5, "Permissions per node")                   \
    row(WRITE_RATE, "write-rate", 200, "Changes per second and domain")    \
    row(MEMORY_SOFT, "memory-soft", 2u << 20, "Memory before a warning")

enum quota
{
#define QUOTA_ID(id, name, value, text) QUOTA_##id,
    QUOTA_LIST(QUOTA_ID)
#undef QUOTA_ID
    NR_QUOTAS
};
/* clang-format on */

extern const char *const quota_name[NR_QUOTAS];
extern const char *const quota_text[NR_QUOTAS];

struct account
{
    struct list link;
    unsigned int domid;
    /* Limits of this domain's own; QUOTA_DEFAULT: the daemon's. */
    int64_t own_limit[NR_QUOTAS];
    unsigned int nodes, watches, transactions;
    size_t memory;
    bool warned;
};

#define QUOTA_DEFAULT (-1)

struct quotas
{
    unsigned int limit[NR_QUOTAS];
    /* The highest that any domain but Dom0 got to. */
    unsigned int max_nodes, max_watches, max_transactions;
    size_t max_memory;
    struct list accounts;
};

void quotas_init(struct quotas *quotas);
void quotas_destroy(struct quotas *quotas);

/* NR_QUOTAS when there is none of that name. */
enum quota quota_find(const char *name);

/*
 * The account of a domain, made if needed; never NULL: without memory for
 * one the caller gets an account that all such domains share.
 */
struct account *quota_account(struct quotas *quotas, unsigned int domid);
void quota_forget_domain(struct quotas *quotas, unsigned int domid);

unsigned int quota_limit(const struct quotas *quotas,
                         const struct account *account, enum quota quota);

/* Does value stay within what the actor's domain may use? */
bool quota_allows(struct quotas *quotas, const struct actor *actor,
                  enum quota quota, size_t value);

/* Book changes; amounts may be negative. */
void quota_book_nodes(struct quotas *quotas, unsigned int domid, int nr);
void quota_book_watches(struct quotas *quotas, unsigned int domid, int nr);
void quota_book_transactions(struct quotas *quotas, unsigned int domid, int nr);
void quota_book_memory(struct quotas *quotas, unsigned int domid,
                       ptrdiff_t bytes);

#endif /* NIDUS_XENSTORE_QUOTA_H */
