/* SPDX-License-Identifier: MIT */
/* One client: its identity, what it has sent so far, what it is to be sent. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "conn.h"
#include "txn.h"
#include "watch.h"

struct conn *conn_new(struct store *store, const struct transport *transport,
                      unsigned int domid)
{
    static unsigned int last_id;
    struct conn *conn = calloc(1, sizeof(*conn));

    if ( !conn )
        return NULL;

    conn->store = store;
    conn->id = ++last_id;
    conn->transport = transport;
    conn->fd = -1;
    conn->actor.domid = domid;
    conn->actor.privileged =
        !domid || (store->priv_domid && domid == store->priv_domid);
    list_init(&conn->out);
    for ( unsigned int i = 0; i < EVENT_BUCKETS; i++ )
        list_init(&conn->events[i]);
    list_init(&conn->watches);
    list_init(&conn->txns);
    list_add_tail(&store->conns, &conn->link);
    list_init(&conn->active);
    conn_activate(conn);

    return conn;
}

void conn_activate(struct conn *conn)
{
    if ( list_empty(&conn->active) )
        list_add_tail(&conn->store->active, &conn->active);
}

void conn_rest(struct conn *conn)
{
    if ( conn->domain && (!conn->ready || conn->ignored) &&
         list_empty(&conn->out) )
        list_del(&conn->active);
}

static void drop_output(struct conn *conn)
{
    struct message *msg, *tmp;

    list_for_each_entry_safe (msg, tmp, &conn->out, link)
    {
        list_del(&msg->link);
        list_del(&msg->same_hash);
        free(msg);
    }
    conn->nr_replies = 0;
    conn->out_bytes = 0;
}

void conn_reset(struct store *store, struct conn *conn)
{
    struct txn *txn, *tmp;

    list_for_each_entry_safe (txn, tmp, &conn->txns, link)
        txn_free(store, txn);
    watches_remove_all(store, conn);
    drop_output(conn);
    conn_next(conn);
    conn->ignored = conn->overflowed = false;
}

void conn_free(struct store *store, struct conn *conn)
{
    conn_reset(store, conn);
    if ( conn->transport->close )
        conn->transport->close(conn);
    if ( store->cursor == &conn->active )
        store->cursor = conn->active.next;
    list_del(&conn->active);
    list_del(&conn->link);
    free(conn);
}

static struct message *message_new(const struct xsd_sockmsg *hdr, uint32_t type,
                                   const void *body, size_t len)
{
    struct xsd_sockmsg out = *hdr;
    struct message *msg = malloc(sizeof(*msg) + sizeof(out) + len);

    if ( !msg )
        return NULL;

    out.type = type;
    out.len = len;
    list_init(&msg->same_hash);
    msg->hash = 0;
    msg->len = sizeof(out) + len;
    msg->sent = 0;
    msg->is_event = type == XS_WATCH_EVENT;
    memcpy(msg->data, &out, sizeof(out));
    if ( len )
        memcpy(msg->data + sizeof(out), body, len);

    return msg;
}

static void enqueue(struct conn *conn, struct message *msg)
{
    conn_activate(conn);
    if ( !msg )
    {
        /* A client that misses a message cannot go on. */
        conn->dead = true;
        return;
    }

    list_add_tail(&conn->out, &msg->link);
    conn->out_bytes += sizeof(*msg) + msg->len;
    if ( !msg->is_event )
        conn->nr_replies++;
}

void conn_reply(struct conn *conn, const struct xsd_sockmsg *hdr, uint32_t type,
                const void *body, size_t len)
{
    enqueue(conn, message_new(hdr, type, body, len));
}

static struct list *bucket_of(struct conn *conn, const struct message *msg)
{
    return &conn->events[STORE_HASH_SLOT(msg->hash, EVENT_BUCKETS)];
}

/*
 * A client that does not fetch its events must not pile them up: one that
 * waits unsent says it already.  Special events are counted by some clients.
 */
static bool already_queued(struct conn *conn, const struct message *msg)
{
    const char *body = msg->data + sizeof(struct xsd_sockmsg);
    struct message *old;

    if ( path_is_special(body) )
        return false;

    list_for_each_entry (old, bucket_of(conn, msg), same_hash)
        if ( old->hash == msg->hash && old->len == msg->len &&
             !memcmp(old->data, msg->data, msg->len) )
            return true;

    return false;
}

/* What a domain does not fetch counts as its memory. */
static bool queue_allowed(struct conn *conn, size_t more)
{
    struct quotas *quotas = &conn->store->quotas;
    const struct account *account = quota_account(quotas, conn->actor.domid);

    return quota_allows(quotas, &conn->actor, QUOTA_MEMORY,
                        account->memory + conn->out_bytes + more);
}

void conn_send_event(struct conn *conn, const void *body, size_t len)
{
    static const struct xsd_sockmsg no_request;
    struct message *msg;

    if ( conn->ignored || conn->overflowed || conn->dead )
        return;

    msg = message_new(&no_request, XS_WATCH_EVENT, body, len);
    if ( msg )
    {
        msg->hash = store_hash(msg->data, msg->len);
        if ( already_queued(conn, msg) )
        {
            free(msg);
            return;
        }
        if ( !queue_allowed(conn, sizeof(*msg) + msg->len) )
        {
            free(msg);
            conn->overflowed = true;
            return;
        }
        list_add_tail(bucket_of(conn, msg), &msg->same_hash);
    }
    enqueue(conn, msg);
}

/* What may be changed at once, after a pause, before the rate counts. */
#define BURST         50

#define US_PER_MS     1000
#define US_PER_SECOND 1000000

void conn_charge_change(struct conn *conn)
{
    struct quotas *quotas = &conn->store->quotas;
    unsigned int rate;
    int64_t cost, earliest;

    if ( conn->actor.privileged )
        return;

    rate = quota_limit(quotas, quota_account(quotas, conn->actor.domid),
                       QUOTA_WRITE_RATE);
    if ( !rate )
        return;

    cost = US_PER_SECOND / rate;
    earliest = conn->store->now * US_PER_MS - BURST * cost;
    if ( conn->paid_at < earliest )
        conn->paid_at = earliest;
    conn->paid_at += cost;
}

int64_t conn_delay(const struct conn *conn)
{
    int64_t delay = conn->paid_at - conn->store->now * US_PER_MS;

    if ( conn->actor.privileged || delay <= 0 )
        return 0;

    return (delay + US_PER_MS - 1) / US_PER_MS;
}

bool conn_wants_input(struct store *store, struct conn *conn)
{
    return !conn->dead && !conn->ignored && !conn_delay(conn) &&
           quota_allows(&store->quotas, &conn->actor, QUOTA_OUTSTANDING,
                        conn->nr_replies + 1);
}

/* The protocol has no way back from a request of unknown length. */
static enum conn_input protocol_error(struct conn *conn, unsigned int error)
{
    if ( !conn->transport->report )
        return CONN_GONE;

    conn->transport->report(conn, error);
    conn->ignored = true;
    drop_output(conn);

    return CONN_NOTHING;
}

static ssize_t read_some(struct conn *conn, void *buf, size_t len)
{
    ssize_t done = conn->transport->read(conn, buf, len);

    if ( done > 0 )
        conn->received += done;

    return done;
}

enum conn_input conn_receive(struct conn *conn)
{
    const size_t hdr_len = sizeof(conn->hdr);
    ssize_t done;

    if ( conn->overflowed )
        return protocol_error(conn, XENSTORE_ERROR_COMM);

    while ( conn->received < hdr_len )
    {
        done = read_some(conn, (char *)&conn->hdr + conn->received,
                         hdr_len - conn->received);
        if ( done == -EPROTO )
            return protocol_error(conn, XENSTORE_ERROR_RINGIDX);
        if ( done < 0 )
            return CONN_GONE;
        if ( !done )
            return CONN_NOTHING;
    }

    if ( !conn->body )
    {
        if ( conn->hdr.len > XENSTORE_PAYLOAD_MAX )
        {
            if ( !conn->domain )
                syslog(LOG_ERR, "client %u sent a request of %u bytes",
                       conn->id, conn->hdr.len);
            return protocol_error(conn, XENSTORE_ERROR_PROTO);
        }
        conn->body = malloc(conn->hdr.len + 1);
        if ( !conn->body )
            return protocol_error(conn, XENSTORE_ERROR_COMM);
    }

    while ( conn->received < hdr_len + conn->hdr.len )
    {
        done = read_some(conn, conn->body + (conn->received - hdr_len),
                         hdr_len + conn->hdr.len - conn->received);
        if ( done == -EPROTO )
            return protocol_error(conn, XENSTORE_ERROR_RINGIDX);
        if ( done < 0 )
            return CONN_GONE;
        if ( !done )
            return CONN_NOTHING;
    }

    conn->body[conn->hdr.len] = '\0';
    return CONN_REQUEST;
}

void conn_next(struct conn *conn)
{
    free(conn->body);
    conn->body = NULL;
    conn->received = 0;
}

void conn_flush(struct conn *conn)
{
    while ( !list_empty(&conn->out) && !conn->dead && !conn->ignored )
    {
        struct message *msg = list_first(&conn->out, struct message, link);
        ssize_t done = conn->transport->write(conn, msg->data + msg->sent,
                                              msg->len - msg->sent);

        if ( done == -EPROTO )
        {
            if ( protocol_error(conn, XENSTORE_ERROR_RINGIDX) == CONN_GONE )
                conn->dead = true;
            break;
        }
        if ( done < 0 )
            conn->dead = true;
        if ( done <= 0 )
            break;

        msg->sent += done;
        list_del(&msg->same_hash);
        if ( msg->sent < msg->len )
            continue;

        list_del(&msg->link);
        conn->out_bytes -= sizeof(*msg) + msg->len;
        if ( !msg->is_event )
            conn->nr_replies--;
        free(msg);
    }

    if ( conn->transport->flush )
        conn->transport->flush(conn);
}
