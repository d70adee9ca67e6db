/* SPDX-License-Identifier: MIT */
/* What a domain may take of the store, and what it has taken. */

/*
 * Every domain has an account, from the first time something is booked on it
 * until the domain is gone.  Nodes and their memory are booked on the owner,
 * watches and transactions on who made them.  The limits bind unprivileged
 * domains only; the books are kept for all.
 */

#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "quota.h"

#define QUOTA_NAME(id, name, value, text) [QUOTA_##id] = name,
#define QUOTA_TEXT(id, name, value, text) [QUOTA_##id] = text,
const char *const quota_name[NR_QUOTAS] = { QUOTA_LIST(QUOTA_NAME) };
const char *const quota_text[NR_QUOTAS] = { QUOTA_LIST(QUOTA_TEXT) };

void quotas_init(struct quotas *quotas)
{
#define QUOTA_VALUE(id, name, value, text) [QUOTA_##id] = value,
    static const unsigned int defaults[NR_QUOTAS] = { QUOTA_LIST(QUOTA_VALUE) };

    memset(quotas, 0, sizeof(*quotas));
    memcpy(quotas->limit, defaults, sizeof(defaults));
    list_init(&quotas->accounts);
}

void quotas_destroy(struct quotas *quotas)
{
    struct account *account, *tmp;

    list_for_each_entry_safe (account, tmp, &quotas->accounts, link)
    {
        list_del(&account->link);
        free(account);
    }
}

enum quota quota_find(const char *name)
{
    unsigned int quota;

    for ( quota = 0; quota < NR_QUOTAS; quota++ )
        if ( !strcmp(quota_name[quota], name) )
            break;

    return quota;
}

static void init_account(struct account *account, unsigned int domid)
{
    memset(account, 0, sizeof(*account));
    account->domid = domid;
    for ( unsigned int i = 0; i < NR_QUOTAS; i++ )
        account->own_limit[i] = QUOTA_DEFAULT;
}

struct account *quota_account(struct quotas *quotas, unsigned int domid)
{
    static struct account shared;
    struct account *account;

    list_for_each_entry (account, &quotas->accounts, link)
        if ( account->domid == domid )
            return account;

    account = malloc(sizeof(*account));
    if ( !account )
    {
        init_account(&shared, domid);
        return &shared;
    }

    init_account(account, domid);
    list_add_tail(&quotas->accounts, &account->link);

    return account;
}

void quota_forget_domain(struct quotas *quotas, unsigned int domid)
{
    struct account *account = quota_account(quotas, domid);

    if ( !list_empty(&quotas->accounts) && account->link.next )
    {
        list_del(&account->link);
        free(account);
    }
}

unsigned int quota_limit(const struct quotas *quotas,
                         const struct account *account, enum quota quota)
{
    return account->own_limit[quota] == QUOTA_DEFAULT
               ? quotas->limit[quota]
               : (unsigned int)account->own_limit[quota];
}

bool quota_allows(struct quotas *quotas, const struct actor *actor,
                  enum quota quota, size_t value)
{
    if ( actor->privileged )
        return true;

    return value <=
           quota_limit(quotas, quota_account(quotas, actor->domid), quota);
}

static void book(unsigned int *count, unsigned int *max, unsigned int domid,
                 int nr)
{
    *count = nr < 0 && *count < (unsigned int)-nr ? 0 : *count + nr;
    if ( domid && *count > *max )
        *max = *count;
}

void quota_book_nodes(struct quotas *quotas, unsigned int domid, int nr)
{
    book(&quota_account(quotas, domid)->nodes, &quotas->max_nodes, domid, nr);
}

void quota_book_watches(struct quotas *quotas, unsigned int domid, int nr)
{
    book(&quota_account(quotas, domid)->watches, &quotas->max_watches, domid,
         nr);
}

void quota_book_transactions(struct quotas *quotas, unsigned int domid, int nr)
{
    book(&quota_account(quotas, domid)->transactions, &quotas->max_transactions,
         domid, nr);
}

void quota_book_memory(struct quotas *quotas, unsigned int domid,
                       ptrdiff_t bytes)
{
    struct account *account = quota_account(quotas, domid);
    unsigned int soft;

    if ( bytes < 0 && account->memory < (size_t)-bytes )
        account->memory = 0;
    else
        account->memory += bytes;

    if ( !domid )
        return;

    if ( account->memory > quotas->max_memory )
        quotas->max_memory = account->memory;

    soft = quota_limit(quotas, account, QUOTA_MEMORY_SOFT);
    if ( soft && account->memory > soft && !account->warned )
    {
        account->warned = true;
        syslog(LOG_WARNING, "domain %u uses %zu bytes, more than %u", domid,
               account->memory, soft);
    }
    else if ( account->memory < soft / 2 )
        account->warned = false;
}
