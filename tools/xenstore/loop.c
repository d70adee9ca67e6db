/* SPDX-License-Identifier: MIT */
/* The daemon's loop: wait for clients, serve each a request at a time. */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "domain.h"
#include "hv.h"
#include "loop.h"
#include "ring.h"
#include "socket.h"
#include "wire.h"

enum
{
    POLL_STOP,
    POLL_LISTENER,
    POLL_EVTCHN,
    POLL_CONNS,
};

struct poller
{
    struct pollfd *fds;
    size_t max;
};

static bool make_room(struct poller *poller, size_t nr)
{
    size_t max = poller->max ? poller->max : 32;
    void *grown;

    if ( nr <= poller->max )
        return true;

    while ( max < nr )
        max *= 2;
    grown = realloc(poller->fds, max * sizeof(*poller->fds));
    if ( !grown )
        return false;
    poller->fds = grown;
    poller->max = max;

    return true;
}

/* A ring with unread requests lets us not sleep. */
static bool can_go_on(struct store *store, struct conn *conn)
{
    return conn->domain && conn->ready && conn_wants_input(store, conn);
}

static int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static int wait_for_work(struct store *store, struct poller *poller)
{
    size_t nr = POLL_CONNS;
    int64_t timeout = -1;
    struct conn *conn;
    int rc;

    list_for_each_entry (conn, &store->active, active)
    {
        struct pollfd *fd;

        int64_t delay = conn_delay(conn);

        if ( can_go_on(store, conn) )
            timeout = 0;
        else if ( delay && conn->ready && (timeout < 0 || delay < timeout) )
            timeout = delay;
        conn->poll_slot = 0;
        if ( conn->fd < 0 || !make_room(poller, nr + 1) )
            continue;

        fd = &poller->fds[nr];
        fd->fd = conn->fd;
        fd->revents = 0;
        fd->events = (conn_wants_input(store, conn) ? POLLIN : 0) |
                     (list_empty(&conn->out) ? 0 : POLLOUT);
        conn->poll_slot = nr++;
    }

    rc = poll(poller->fds, nr, timeout);
    store->now = clock_ms();
    if ( rc < 0 && errno == EINTR )
    {
        for ( size_t i = 0; i < nr; i++ )
            poller->fds[i].revents = 0;
        return 0;
    }

    return rc < 0 ? -errno : 0;
}

static bool has_input(const struct poller *poller, const struct conn *conn)
{
    if ( conn->domain )
        return conn->ready;

    return conn->poll_slot && poller->fds[conn->poll_slot].revents;
}

static void serve(struct store *store, struct conn *conn)
{
    switch ( conn_receive(conn) )
    {
    case CONN_REQUEST:
        request_process(store, conn);
        break;

    case CONN_GONE:
        conn->dead = true;
        break;

    case CONN_NOTHING:
        conn->ready = false;
        break;
    }
}

static void serve_all(struct store *store, const struct poller *poller)
{
    struct conn *conn;

    /* Serving one may free others: the store knows where we are. */
    store->cursor = store->active.next;
    while ( store->cursor != &store->active )
    {
        conn = list_entry(store->cursor, struct conn, active);
        store->cursor = conn->active.next;
        if ( has_input(poller, conn) && conn_wants_input(store, conn) )
            serve(store, conn);
    }

    list_for_each_entry (conn, &store->active, active)
        if ( !list_empty(&conn->out) || conn->domain )
            conn_flush(conn);
}

static void bury_dead(struct store *store)
{
    struct conn *conn;

    store->cursor = store->active.next;
    while ( store->cursor != &store->active )
    {
        conn = list_entry(store->cursor, struct conn, active);
        store->cursor = conn->active.next;
        if ( !conn->dead )
        {
            conn_rest(conn);
            continue;
        }
        /* A domain stays known, but is not talked to any more. */
        if ( conn->domain )
        {
            conn->dead = false;
            conn_reset(store, conn);
            conn->ignored = true;
        }
        else
            conn_free(store, conn);
    }
}

int loop_run(struct store *store, int listener, int stop_fd)
{
    struct poller poller = { 0 };
    int rc = make_room(&poller, POLL_CONNS) ? 0 : -ENOMEM;

    while ( !rc )
    {
        poller.fds[POLL_STOP] =
            (struct pollfd){ .fd = stop_fd, .events = POLLIN };
        poller.fds[POLL_LISTENER] =
            (struct pollfd){ .fd = listener, .events = POLLIN };
        poller.fds[POLL_EVTCHN] =
            (struct pollfd){ .fd = hv_fd(), .events = POLLIN };

        rc = wait_for_work(store, &poller);
        if ( rc )
            break;

        if ( poller.fds[POLL_STOP].revents )
            break;

        if ( poller.fds[POLL_EVTCHN].revents )
        {
            int port = hv_pending();

            if ( port >= 0 )
            {
                domain_event(store, port);
                hv_unmask(port);
            }
        }

        serve_all(store, &poller);
        bury_dead(store);

        if ( poller.fds[POLL_LISTENER].revents )
            socket_accept(store, listener);
    }

    free(poller.fds);
    return rc;
}
