/* SPDX-License-Identifier: MIT */
/* One client: its identity, what it has sent so far, what it is to be sent. */

#ifndef NIDUS_XENSTORE_CONN_H
#define NIDUS_XENSTORE_CONN_H

#include <sys/types.h>

#include "store.h"

struct conn;
struct domain;

/* How the bytes travel; sockets and rings have one each. */
struct transport
{
    /* Bytes moved, 0 when there is nothing (or no room) now, negative errno. */
    ssize_t (*read)(struct conn *conn, void *buf, size_t len);
    ssize_t (*write)(struct conn *conn, const void *buf, size_t len);
    /* After a round of reads and writes. */
    void (*flush)(struct conn *conn);
    /* The client broke the protocol; an XENSTORE_ERROR_* code. */
    void (*report)(struct conn *conn, unsigned int error);
    void (*close)(struct conn *conn);
};

struct message
{
    struct list link;
    /* Events: in the connection's table while nothing of it is sent. */
    struct list same_hash;
    uint64_t hash;
    size_t len, sent;
    bool is_event;
    char data[];
};

#define EVENT_BUCKETS 128

struct conn
{
    struct list link;   /* the store's */
    struct list active; /* the store's, if there may be something to do */
    struct store *store;
    unsigned int id; /* for the log */
    struct actor actor;
    const struct transport *transport;

    int fd;                /* a socket's; -1 for rings */
    struct domain *domain; /* a ring's */
    size_t poll_slot;      /* a socket's place in the poll, 0: none */
    /* A ring that may have something to read. */
    bool ready;
    /* To be freed by the main loop. */
    bool dead;
    /* A domain that broke the protocol: no longer listened to. */
    bool ignored;
    /* Lost events, as it does not fetch them: to be told and ignored. */
    bool overflowed;

    /* The request that is coming in. */
    struct xsd_sockmsg hdr;
    char *body;
    size_t received; /* of header and body together */

    struct list out;
    unsigned int nr_replies; /* in out */
    size_t out_bytes;        /* with the messages' own structures */
    /* The events in out by their hashes: there may be ten thousands. */
    struct list events[EVENT_BUCKETS];

    struct list watches;
    struct list txns;

    /* When the changes made so far are paid for, in microseconds. */
    int64_t paid_at;
};

struct conn *conn_new(struct store *store, const struct transport *transport,
                      unsigned int domid);
void conn_free(struct store *store, struct conn *conn);
/* As if the client had just connected. */
void conn_reset(struct store *store, struct conn *conn);

/* There may be something to do. */
void conn_activate(struct conn *conn);
/* The loop is done with it: a domain needs no look until it sends an event. */
void conn_rest(struct conn *conn);

/*
 * The client has changed something.  A domain that does so too often is not
 * listened to for a while: others could not get a transaction through.
 */
void conn_charge_change(struct conn *conn);
/* Milliseconds until it is listened to again; 0: it is. */
int64_t conn_delay(const struct conn *conn);

/* Answer a request; conn->dead is set when there is no memory for it. */
void conn_reply(struct conn *conn, const struct xsd_sockmsg *hdr, uint32_t type,
                const void *body, size_t len);
void conn_send_event(struct conn *conn, const void *body, size_t len);

/* Is a request to be read, given how many answers wait to be fetched? */
bool conn_wants_input(struct store *store, struct conn *conn);

enum conn_input
{
    CONN_NOTHING, /* no complete request yet */
    CONN_REQUEST, /* conn->hdr and conn->body hold one */
    CONN_GONE,
};

/* Read at most one request. */
enum conn_input conn_receive(struct conn *conn);
/* The request has been dealt with. */
void conn_next(struct conn *conn);
/* Send what can be sent. */
void conn_flush(struct conn *conn);

#endif /* NIDUS_XENSTORE_CONN_H */
