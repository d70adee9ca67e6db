/* SPDX-License-Identifier: MIT */
/* Requests about the connection's own watches and transactions. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "wire.h"

int request_watch(struct request *req)
{
    const char *strings[2];
    struct watch *watch;
    size_t implied;
    int rc;

    if ( request_strings(req, strings, 2) != 2 )
        return -EINVAL;

    if ( path_is_special(strings[0]) &&
         strlen(strings[0]) > XENSTORE_REL_PATH_MAX )
        return -EINVAL;

    rc = request_path(req, strings[0], true, &implied);
    if ( !rc )
        rc = watch_add(req->store, req->conn, req->path, implied, strings[1],
                       &watch);
    if ( rc )
        return rc;

    /* The first event tells the client to look at what is there already. */
    request_reply_string(req, "OK");
    watch_send(req->conn, watch, watch->path);

    return 0;
}

int request_unwatch(struct request *req)
{
    const char *strings[2];
    struct watch *watch;

    if ( request_strings(req, strings, 2) != 2 )
        return -EINVAL;

    /* There is no watch of what is no path. */
    if ( request_path(req, strings[0], true, NULL) )
        return -ENOENT;

    watch = watch_find(req->conn, req->path, strings[1]);
    if ( !watch )
        return -ENOENT;

    watch_remove(req->store, req->conn, watch);
    return 0;
}

int request_reset_watches(struct request *req)
{
    struct txn *txn, *tmp;

    list_for_each_entry_safe (txn, tmp, &req->conn->txns, link)
        txn_free(req->store, txn);
    watches_remove_all(req->store, req->conn);

    return 0;
}

int request_transaction_start(struct request *req)
{
    struct quotas *quotas = &req->store->quotas;
    const struct actor *actor = &req->conn->actor;
    char text[MAX_STRLEN(uint32_t)];
    struct txn *txn;

    /* There are no transactions within transactions. */
    if ( req->op.view.txn )
        return -EBUSY;

    if ( !quota_allows(quotas, actor, QUOTA_TRANSACTIONS,
                       quota_account(quotas, actor->domid)->transactions + 1) )
        return -ENOSPC;

    txn = txn_start(req->store, actor);
    if ( !txn )
        return -ENOMEM;

    list_add_tail(&req->conn->txns, &txn->link);
    snprintf(text, sizeof(text), "%u", txn->id);
    request_reply_string(req, text);

    return 0;
}

int request_transaction_end(struct request *req)
{
    const char *how = request_string(req);
    struct txn *txn = req->op.view.txn;
    int rc = 0;

    if ( !how || (strcmp(how, "T") && strcmp(how, "F")) )
        return -EINVAL;
    if ( !txn )
        return -ENOENT;

    if ( *how == 'T' )
        rc = txn_commit(req->store, txn);
    if ( *how == 'T' && !rc )
        events_fire(req->store, &txn->events);
    txn_free(req->store, txn);

    return rc;
}
