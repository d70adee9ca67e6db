/* SPDX-License-Identifier: MIT */
/* Requests as they come over the wire, and the table of who handles which. */

#ifndef NIDUS_XENSTORE_WIRE_H
#define NIDUS_XENSTORE_WIRE_H

#include "conn.h"
#include "nodes.h"

struct request
{
    struct store *store;
    struct conn *conn;
    struct xsd_sockmsg hdr;
    /* hdr.len bytes and a NUL behind them that does not count. */
    const char *body;
    struct op op;
    bool replied;
    /* Room for the canonical path that request_path() makes. */
    char path[XENSTORE_ABS_PATH_MAX];
};

/*
 * A handler returns 0 or a negative errno for the client.  After 0 the client
 * gets "OK", unless the handler has replied itself.
 */
typedef int request_handler(struct request *req);

struct request_type
{
    const char *name;
    request_handler *handler;
    unsigned int flags;
};

/* Not part of transactions: an id given is not looked at. */
#define REQUEST_NO_TXN (1u << 0)
/* Changes what others see, and counts against the write rate. */
#define REQUEST_CHANGES (1u << 2)
/* Refused to unprivileged domains. */
#define REQUEST_PRIVILEGED (1u << 1)

/* Deal with the request that conn_receive() got. */
void request_process(struct store *store, struct conn *conn);

void request_reply(struct request *req, const void *body, size_t len);
/* A string with its NUL. */
void request_reply_string(struct request *req, const char *text);

/* The body's one string; NULL when the body is not one string and its NUL. */
const char *request_string(const struct request *req);

/*
 * The body as consecutive strings: fills up to max pointers and returns how
 * many strings there are.
 */
unsigned int request_strings(const struct request *req, const char **strings,
                             unsigned int max);

/*
 * The absolute path for a name that the client gave, in req->path, and how
 * much was put in front of it.  0 or -EINVAL.
 */
int request_path(struct request *req, const char *name, bool allow_special,
                 size_t *implied);

/* A decimal domain id; false when it is none. */
bool parse_domid(const char *text, unsigned int *domid);
bool parse_number(const char *text, uint64_t *number);

request_handler request_directory, request_directory_part, request_read,
    request_write, request_mkdir, request_rm, request_get_perms,
    request_set_perms;
request_handler request_watch, request_unwatch, request_reset_watches,
    request_transaction_start, request_transaction_end;
request_handler request_introduce, request_release, request_resume,
    request_set_target, request_get_domain_path, request_is_introduced;
request_handler request_control;

#endif /* NIDUS_XENSTORE_WIRE_H */
