/* SPDX-License-Identifier: MIT */
/* Requests as they come over the wire, and the table of who handles which. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "wire.h"

/* clang-format off */
static const struct request_type types[XS_TYPE_COUNT] = {
    [XS_CONTROL] = { "CONTROL", request_control, REQUEST_PRIVILEGED },
    [XS_DIRECTORY] = { "DIRECTORY", request_directory, 0 },
    [XS_READ] = { "READ", request_read, 0 },
    [XS_GET_PERMS] = { "GET_PERMS", request_get_perms, 0 },
    [XS_WATCH] = { "WATCH", request_watch, REQUEST_NO_TXN },
    [XS_UNWATCH] = { "UNWATCH", request_unwatch, REQUEST_NO_TXN },
    [XS_TRANSACTION_START] = { "TRANSACTION_START",
                               request_transaction_start, 0 },
    [XS_TRANSACTION_END] = { "TRANSACTION_END", request_transaction_end,
                             REQUEST_CHANGES },
    [XS_INTRODUCE] = { "INTRODUCE", request_introduce, REQUEST_PRIVILEGED },
    [XS_RELEASE] = { "RELEASE", request_release, REQUEST_PRIVILEGED },
    [XS_GET_DOMAIN_PATH] = { "GET_DOMAIN_PATH", request_get_domain_path, 0 },
    [XS_WRITE] = { "WRITE", request_write, REQUEST_CHANGES },
    [XS_MKDIR] = { "MKDIR", request_mkdir, REQUEST_CHANGES },
    [XS_RM] = { "RM", request_rm, REQUEST_CHANGES },
    [XS_SET_PERMS] = { "SET_PERMS", request_set_perms, REQUEST_CHANGES },
    [XS_WATCH_EVENT] = { "WATCH_EVENT", NULL, 0 },
    [XS_ERROR] = { "ERROR", NULL, 0 },
    [XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED",
                                  request_is_introduced,
                                  REQUEST_PRIVILEGED },
    [XS_RESUME] = { "RESUME", request_resume, REQUEST_PRIVILEGED },
    [XS_SET_TARGET] = { "SET_TARGET", request_set_target, REQUEST_PRIVILEGED },
    [XS_RESET_WATCHES] = { "RESET_WATCHES", request_reset_watches, 0 },
    [XS_DIRECTORY_PART] = { "DIRECTORY_PART", request_directory_part, 0 },
};
/* clang-format on */

/* NULL for types that are not requests. */
static const struct request_type *request_type(uint32_t type)
{
    return type < XS_TYPE_COUNT && types[type].handler ? &types[type] : NULL;
}

static void reply_error(struct request *req, int error)
{
    const char *text = "EINVAL";

    for ( unsigned int i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]);
          i++ )
        if ( xsd_errors[i].errnum == error )
            text = xsd_errors[i].errstring;

    req->replied = true;
    if ( req->store->trace )
        syslog(LOG_DEBUG, "client %u: error %s", req->conn->id, text);
    conn_reply(req->conn, &req->hdr, XS_ERROR, text, strlen(text) + 1);
}

void request_reply(struct request *req, const void *body, size_t len)
{
    if ( len > XENSTORE_PAYLOAD_MAX )
    {
        reply_error(req, E2BIG);
        return;
    }

    req->replied = true;
    conn_reply(req->conn, &req->hdr, req->hdr.type, body, len);
}

void request_reply_string(struct request *req, const char *text)
{
    request_reply(req, text, strlen(text) + 1);
}

const char *request_string(const struct request *req)
{
    if ( !req->hdr.len || strlen(req->body) != req->hdr.len - 1 )
        return NULL;

    return req->body;
}

unsigned int request_strings(const struct request *req, const char **strings,
                             unsigned int max)
{
    unsigned int nr = 0;
    size_t start = 0;

    for ( size_t i = 0; i < req->hdr.len; i++ )
    {
        if ( req->body[i] )
            continue;
        if ( nr < max )
            strings[nr] = req->body + start;
        start = i + 1;
        nr++;
    }

    return nr;
}

int request_path(struct request *req, const char *name, bool allow_special,
                 size_t *implied)
{
    const struct quotas *quotas = &req->store->quotas;
    unsigned int domid = req->conn->actor.domid;
    int len = 0;

    if ( !name )
        return -EINVAL;

    if ( name[0] != '/' && !path_is_special(name) )
        len =
            snprintf(req->path, sizeof(req->path), "/local/domain/%u/", domid);
    if ( strlen(name) >= sizeof(req->path) - len )
        return -EINVAL;
    strcpy(req->path + len, name);
    if ( implied )
        *implied = len;

    return path_valid(req->path, allow_special, quotas->limit[QUOTA_PATH_MAX])
               ? 0
               : -EINVAL;
}

bool parse_number(const char *text, uint64_t *number)
{
    char *end;

    if ( text[0] < '0' || text[0] > '9' )
        return false;

    errno = 0;
    *number = strtoull(text, &end, 0);

    return !*end && !errno;
}

bool parse_domid(const char *text, unsigned int *domid)
{
    uint64_t number;

    if ( !parse_number(text, &number) || number > 0xffff )
        return false;

    *domid = number;
    return true;
}

static struct txn *find_txn(struct conn *conn, uint32_t id)
{
    struct txn *txn;

    list_for_each_entry (txn, &conn->txns, link)
        if ( txn->id == id )
            return txn;

    return NULL;
}

static int dispatch(struct request *req, struct list *events)
{
    const struct request_type *type = request_type(req->hdr.type);
    struct txn *txn = NULL;

    if ( !type )
        return -ENOSYS;

    if ( (type->flags & REQUEST_PRIVILEGED) && !req->conn->actor.privileged )
        return -EACCES;

    if ( req->hdr.tx_id && !(type->flags & REQUEST_NO_TXN) )
    {
        txn = find_txn(req->conn, req->hdr.tx_id);
        if ( !txn )
            return -ENOENT;
    }

    if ( req->store->trace )
        syslog(LOG_DEBUG, "client %u (domain %u): %s %s", req->conn->id,
               req->conn->actor.domid, type->name, req->body);

    req->op.view.txn = txn;
    req->op.events = txn ? &txn->events : events;

    /* Within a transaction only its end is seen by others. */
    if ( (type->flags & REQUEST_CHANGES) &&
         (!txn || req->hdr.type == XS_TRANSACTION_END) )
        conn_charge_change(req->conn);

    return type->handler(req);
}

void request_process(struct store *store, struct conn *conn)
{
    struct request req = {
        .store = store,
        .conn = conn,
        .hdr = conn->hdr,
        .body = conn->body,
        .op.view = { .store = store, .actor = &conn->actor },
    };
    struct list events;
    int rc;

    list_init(&events);
    rc = dispatch(&req, &events);

    /* What a client hears about its own change comes before the "OK". */
    if ( rc )
        events_drop(&events);
    else
        events_fire(store, &events);

    if ( rc )
        reply_error(&req, -rc);
    else if ( !req.replied )
        request_reply_string(&req, "OK");

    conn_next(conn);
}
