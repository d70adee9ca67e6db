/* SPDX-License-Identifier: MIT */
/* Commands for the daemon itself, as xenstore-control sends them. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "wire.h"

#define MAX_ARGS 5

/* Text that grows up to what one reply holds. */
struct text
{
    char buf[XENSTORE_PAYLOAD_MAX];
    size_t len;
};

struct command
{
    const char *name;
    int (*handler)(struct request *req, const char **args, unsigned int nr);
    unsigned int min_args, max_args;
    const char *parameters;
};

static void text_add(struct text *text, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void text_add(struct text *text, const char *fmt, ...)
{
    size_t room = sizeof(text->buf) - text->len;
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(text->buf + text->len, room, fmt, args);
    va_end(args);

    if ( len > 0 )
        text->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void reply_text(struct request *req, const struct text *text)
{
    request_reply(req, text->buf, text->len + 1);
}

static int control_check(struct request *req, const char **args,
                         unsigned int nr)
{
    unsigned int wrong = nodes_check(req->store);

    (void)args;
    (void)nr;
    if ( wrong )
        syslog(LOG_ERR, "check: repaired %u inconsistencies", wrong);
    else
        syslog(LOG_INFO, "check: the store is consistent");

    return 0;
}

/* The children of a node that have a value: "find NODE KEY VALUE". */
static int control_find(struct request *req, const char **args, unsigned int nr)
{
    const struct tree *tree = &req->store->tree;
    const struct node *parent = tree_find(tree, args[0]);
    const char *name = NULL, *key = args[1], *value = args[2];
    struct text text = { .len = 0 };

    (void)nr;
    if ( !parent )
        return -ENOENT;

    while ( (name = node_next_child(parent, name)) )
    {
        const struct node *child = tree_find_child(tree, parent, name);
        const struct node *node =
            child ? tree_find_child(tree, child, key) : NULL;

        if ( node && node->data_len == strlen(value) &&
             (!*value || !memcmp(node->data, value, node->data_len)) )
            text_add(&text, "%s\n", name);
    }
    reply_text(req, &text);

    return 0;
}

static int control_log(struct request *req, const char **args, unsigned int nr)
{
    (void)nr;
    if ( !strcmp(args[0], "on") )
        req->store->trace = true;
    else if ( !strcmp(args[0], "off") )
        req->store->trace = false;
    else
        return -EINVAL;

    return 0;
}

static void count_memory(struct node *node, void *opaque)
{
    size_t *memory = opaque;

    *memory += node_memory(node) + sizeof(*node);
}

static int control_memreport(struct request *req, const char **args,
                             unsigned int nr)
{
    struct store *store = req->store;
    const struct account *account;
    const struct conn *conn;
    unsigned int conns = 0;
    struct text text = { .len = 0 };
    size_t memory = 0, queued = 0;

    (void)args;
    (void)nr;
    tree_for_each(&store->tree, count_memory, &memory);
    list_for_each_entry (conn, &store->conns, link)
    {
        conns++;
        queued += conn->out_bytes;
    }

    text_add(&text, "%zu nodes in %zu bytes\n", store->tree.nr_nodes, memory);
    text_add(&text, "%u connections with %zu bytes to be sent\n", conns,
             queued);
    list_for_each_entry (account, &store->quotas.accounts, link)
        text_add(&text,
                 "domain %u: %u nodes, %u watches, %u transactions, "
                 "%zu bytes\n",
                 account->domid, account->nodes, account->watches,
                 account->transactions, account->memory);
    reply_text(req, &text);

    return 0;
}

static int control_print(struct request *req, const char **args,
                         unsigned int nr)
{
    (void)req;
    (void)nr;
    syslog(LOG_INFO, "%s", args[0]);

    return 0;
}

static void list_quotas(struct request *req, bool soft)
{
    struct text text = { .len = 0 };

    for ( unsigned int i = 0; i < NR_QUOTAS; i++ )
        if ( soft == (i == QUOTA_MEMORY_SOFT) )
            text_add(&text, "%-17s: %8u %s\n", soft ? "memory" : quota_name[i],
                     req->store->quotas.limit[i], quota_text[i]);
    reply_text(req, &text);
}

static void list_maxima(struct request *req)
{
    const struct quotas *quotas = &req->store->quotas;
    struct text text = { .len = 0 };

    text_add(&text, "Max used ever:\n");
    text_add(&text, "nodes       : %8u\n", quotas->max_nodes);
    text_add(&text, "watches     : %8u\n", quotas->max_watches);
    text_add(&text, "transactions: %8u\n", quotas->max_transactions);
    text_add(&text, "memory      : %8zu\n", quotas->max_memory);
    reply_text(req, &text);
}

static int list_domain(struct request *req, const char *name)
{
    struct quotas *quotas = &req->store->quotas;
    const struct account *account;
    struct text text = { .len = 0 };
    unsigned int domid;

    if ( !parse_domid(name, &domid) )
        return -EINVAL;

    account = quota_account(quotas, domid);
    text_add(&text, "Domain %u:\n", domid);
    text_add(&text, "nodes       : %8u of %u\n", account->nodes,
             quota_limit(quotas, account, QUOTA_NODES));
    text_add(&text, "watches     : %8u of %u\n", account->watches,
             quota_limit(quotas, account, QUOTA_WATCHES));
    text_add(&text, "transactions: %8u of %u\n", account->transactions,
             quota_limit(quotas, account, QUOTA_TRANSACTIONS));
    text_add(&text, "memory      : %8zu of %u\n", account->memory,
             quota_limit(quotas, account, QUOTA_MEMORY));
    reply_text(req, &text);

    return 0;
}

/* "set NAME VALUE" for all domains, "set DOMID NAME VALUE" for one. */
static int set_quota(struct request *req, const char **args, unsigned int nr,
                     bool soft)
{
    struct quotas *quotas = &req->store->quotas;
    unsigned int domid = 0;
    enum quota quota;
    uint64_t value;

    if ( nr == 4 && !parse_domid(args[1], &domid) )
        return -EINVAL;
    if ( nr < 3 || nr > 4 || !parse_number(args[nr - 1], &value) ||
         value > INT32_MAX )
        return -EINVAL;

    quota = quota_find(args[nr - 2]);
    if ( soft )
        quota = quota == QUOTA_MEMORY ? QUOTA_MEMORY_SOFT : NR_QUOTAS;
    if ( quota == NR_QUOTAS || (quota == QUOTA_MEMORY_SOFT && !soft) )
        return -EINVAL;

    if ( nr == 4 )
        quota_account(quotas, domid)->own_limit[quota] = value;
    else
        quotas->limit[quota] = value;

    return 0;
}

static int control_quota(struct request *req, const char **args,
                         unsigned int nr)
{
    struct quotas *quotas = &req->store->quotas;

    if ( !nr )
    {
        list_quotas(req, false);
        return 0;
    }

    if ( !strcmp(args[0], "set") )
        return set_quota(req, args, nr, false);

    if ( !strcmp(args[0], "max") )
    {
        if ( nr > 2 || (nr == 2 && strcmp(args[1], "-r")) )
            return -EINVAL;
        list_maxima(req);
        if ( nr == 2 )
        {
            quotas->max_nodes = quotas->max_watches = 0;
            quotas->max_transactions = 0;
            quotas->max_memory = 0;
        }
        return 0;
    }

    return nr == 1 ? list_domain(req, args[0]) : -EINVAL;
}

static int control_quota_soft(struct request *req, const char **args,
                              unsigned int nr)
{
    if ( nr && !strcmp(args[0], "set") )
        return set_quota(req, args, nr, true);
    if ( nr )
        return -EINVAL;

    list_quotas(req, true);
    return 0;
}

static int control_help(struct request *req, const char **args,
                        unsigned int nr);

static const struct command commands[] = {
    { "check", control_check, 0, 0, "" },
    { "find", control_find, 3, 3, "<node> <key> <value>" },
    { "log", control_log, 1, 1, "on|off" },
    { "memreport", control_memreport, 0, 0, "" },
    { "print", control_print, 1, 1, "<string>" },
    { "quota", control_quota, 0, 4,
      "[set [<domid>] <name> <val>|<domid>|max [-r]]" },
    { "quota-soft", control_quota_soft, 0, 4, "[set <name> <val>]" },
    { "help", control_help, 0, 0, "" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int control_help(struct request *req, const char **args, unsigned int nr)
{
    struct text text = { .len = 0 };

    (void)args;
    (void)nr;
    for ( unsigned int i = 0; i < NR_COMMANDS; i++ )
        text_add(&text, "%-11s %s\n", commands[i].name, commands[i].parameters);
    reply_text(req, &text);

    return 0;
}

int request_control(struct request *req)
{
    const char *args[MAX_ARGS];
    unsigned int nr = request_strings(req, args, MAX_ARGS);

    if ( !nr || nr > MAX_ARGS )
        return -EINVAL;

    for ( unsigned int i = 0; i < NR_COMMANDS; i++ )
    {
        const struct command *command = &commands[i];

        if ( strcmp(args[0], command->name) )
            continue;
        if ( nr - 1 < command->min_args || nr - 1 > command->max_args )
            return -EINVAL;
        return command->handler(req, args + 1, nr - 1);
    }

    return -EINVAL;
}
