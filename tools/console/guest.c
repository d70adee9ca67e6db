/* SPDX-License-Identifier: MIT */
/* A domain and its console: page, event channel, terminal, log. */

/*
 * A guest comes into being when its domain is first seen, and waits for the
 * toolstack to write the console's nodes; then the page is mapped, a terminal
 * opened and its name written to the store.
 *
 *   guest -> ring "out" -> buffer (bounded) -> terminal -> xenconsole
 *                      \-> log file
 *   guest <- ring "in"  <------------------- terminal <- xenconsole
 *
 * When the domain dies the page is unmapped at once, as a mapped page keeps
 * the domain from going away.  The terminal stays until a client that reads
 * has got all of it, but no longer than LINGER_MS.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <syslog.h>
#include <unistd.h>

#include "conring.h"
#include "guest.h"

/* At most so many events per period; then the channel stays masked for it. */
#define RATE_PERIOD_MS  200
#define RATE_EVENTS     30

#define LINGER_MS       2000
#define LINGER_CHECK_MS 20

#define TOKEN_PREFIX    "guest:"

/* Domains asked for at a time. */
#define BATCH 256

static int by_domid(const void *a, const void *b)
{
    const xc_domaininfo_t *x = a, *y = b;

    return x->domain < y->domain ? -1 : x->domain > y->domain;
}

static struct guest *new_guest(struct daemon *daemon, uint32_t domid)
{
    struct guest *guest = calloc(1, sizeof(*guest));
    char token[32], *home;

    if ( !guest )
        return NULL;

    guest->domid = domid;
    guest->port = -1;
    tty_init(&guest->tty);
    logfile_init(&guest->log);

    home = xs_get_domain_path(daemon->xs, domid);
    if ( !home || asprintf(&guest->path, "%s/console", home) < 0 )
        guest->path = NULL;
    free(home);

    snprintf(token, sizeof(token), TOKEN_PREFIX "%u", domid);
    if ( !guest->path || !xs_watch(daemon->xs, guest->path, token) )
    {
        syslog(LOG_ERR, "domain %u: cannot watch its console: %m", domid);
        free(guest->path);
        free(guest);
        return NULL;
    }

    guest->next = daemon->guests;
    daemon->guests = guest;

    return guest;
}

static void free_guest(struct daemon *daemon, struct guest *guest)
{
    struct guest **link = &daemon->guests;

    while ( *link != guest )
        link = &(*link)->next;
    *link = guest->next;

    guest_unmap(daemon, guest);
    tty_close(&guest->tty);
    logfile_close(&guest->log);
    outbuf_free(&guest->out);
    free(guest->path);
    free(guest);
}

static void guest_died(struct daemon *daemon, struct guest *guest)
{
    char token[32];

    guest_take_output(daemon, guest);
    guest_unmap(daemon, guest);

    snprintf(token, sizeof(token), TOKEN_PREFIX "%u", guest->domid);
    xs_unwatch(daemon->xs, guest->path, token);

    guest->dead = true;
    guest->linger_end = now_ms() + LINGER_MS;
    guest->linger_check = now_ms();
}

/* False: the domains could not be listed. */
static bool mark_seen(struct daemon *daemon)
{
    xc_domaininfo_t info[BATCH];
    struct guest *guest;
    uint32_t next = 0;
    int nr;

    do
    {
        bool known[BATCH] = { false };

        nr = xc_domain_getinfolist(daemon->xc, next, BATCH, info);
        for ( guest = daemon->guests; guest && nr > 0; guest = guest->next )
        {
            const xc_domaininfo_t key = { .domain = guest->domid };
            const xc_domaininfo_t *found =
                bsearch(&key, info, nr, sizeof(key), by_domid);

            if ( !found || guest->dead )
                continue;
            known[found - info] = true;
            guest->seen = !(found->flags & XEN_DOMINF_dying);
        }
        for ( int i = 0; i < nr; i++ )
        {
            next = info[i].domain + 1u;
            if ( known[i] || !info[i].domain ||
                 (info[i].flags & XEN_DOMINF_dying) )
                continue;
            guest = new_guest(daemon, info[i].domain);
            if ( guest )
                guest->seen = true;
        }
    } while ( nr == BATCH );

    return nr >= 0;
}

void guests_update(struct daemon *daemon)
{
    struct guest *guest, *next;

    for ( guest = daemon->guests; guest; guest = guest->next )
        guest->seen = false;

    if ( !mark_seen(daemon) )
    {
        syslog(LOG_ERR, "cannot list the domains: %m");
        return;
    }

    for ( guest = daemon->guests; guest; guest = next )
    {
        next = guest->next;
        if ( !guest->seen && !guest->dead )
            guest_died(daemon, guest);
    }
}

bool guests_watch_event(struct daemon *daemon, const char *token)
{
    const size_t prefix = strlen(TOKEN_PREFIX);
    struct guest *guest;

    if ( strncmp(token, TOKEN_PREFIX, prefix) )
        return false;

    for ( guest = daemon->guests; guest; guest = guest->next )
        if ( !guest->dead && guest->domid == strtoul(token + prefix, NULL, 10) )
            guest_connect(daemon, guest);

    return true;
}

static bool buffer_full(const struct daemon *daemon, const struct guest *guest)
{
    return daemon->options.keep_overflow && !outbuf_room(&guest->out);
}

void guest_take_output(struct daemon *daemon, struct guest *guest)
{
    char buf[sizeof(guest->ring->out)];
    /* No more than a ring's worth: a busy guest must not keep us here. */
    size_t len, total = 0, max = sizeof(buf);

    if ( !guest->ring )
        return;

    if ( daemon->options.keep_overflow && outbuf_room(&guest->out) < max )
        max = outbuf_room(&guest->out);

    while ( total < max && (len = conring_take(guest->ring, buf, max - total)) )
    {
        logfile_write(&guest->log, buf, len);
        if ( !outbuf_add(&guest->out, buf, len) )
            syslog(LOG_ERR, "domain %u: out of memory, output lost",
                   guest->domid);
        total += len;
    }

    if ( total && guest->port >= 0 )
        xenevtchn_notify(daemon->evtchn, guest->port);
}

static void unmask(struct daemon *daemon, struct guest *guest)
{
    guest->masked = false;
    if ( guest->port >= 0 )
        xenevtchn_unmask(daemon->evtchn, guest->port);
}

bool guests_port_event(struct daemon *daemon, int port)
{
    int64_t now = now_ms();
    struct guest *guest;

    for ( guest = daemon->guests; guest; guest = guest->next )
        if ( guest->port == port )
            break;
    if ( !guest )
        return false;

    if ( now >= guest->period_end )
    {
        guest->period_end = now + RATE_PERIOD_MS;
        guest->period_events = 0;
    }

    guest_take_output(daemon, guest);

    if ( ++guest->period_events > RATE_EVENTS || buffer_full(daemon, guest) )
        guest->masked = true;
    else
        unmask(daemon, guest);

    return true;
}

/* A hang-up is told for ever unless the terminal is taken out. */
static void poll_for(struct guest *guest, int epoll_fd, uint32_t wanted)
{
    struct epoll_event event = { .events = wanted, .data.ptr = guest };
    int op = !wanted          ? EPOLL_CTL_DEL
             : !guest->polled ? EPOLL_CTL_ADD
                              : EPOLL_CTL_MOD;

    if ( epoll_ctl(epoll_fd, op, guest->tty.master, &event) )
        syslog(LOG_ERR, "domain %u: cannot wait for its terminal: %m",
               guest->domid);
    else
        guest->polled = wanted;
}

void guests_poll(struct daemon *daemon, int epoll_fd)
{
    for ( struct guest *guest = daemon->guests; guest; guest = guest->next )
    {
        uint32_t wanted = 0;

        if ( guest->tty.master < 0 )
            continue;
        if ( guest->out.len )
            wanted |= EPOLLOUT;
        if ( guest->ring && conring_room(guest->ring) )
            wanted |= EPOLLIN;
        if ( wanted != guest->polled )
            poll_for(guest, epoll_fd, wanted);
    }
}

static void send_input(struct daemon *daemon, struct guest *guest)
{
    char buf[sizeof(guest->ring->in)];
    size_t room = conring_room(guest->ring);
    ssize_t len = room ? read(guest->tty.master, buf, room) : 0;

    if ( len <= 0 )
        return;

    conring_put(guest->ring, buf, len);
    xenevtchn_notify(daemon->evtchn, guest->port);
}

static void write_output(struct daemon *daemon, struct guest *guest)
{
    bool was_full = buffer_full(daemon, guest);
    const char *data;
    size_t len;
    ssize_t done;

    data = outbuf_peek(&guest->out, &len);
    done = write(guest->tty.master, data, len);
    if ( done > 0 )
        outbuf_drop(&guest->out, done);

    if ( was_full && !buffer_full(daemon, guest) )
    {
        guest_take_output(daemon, guest);
        unmask(daemon, guest);
    }
}

void guest_serve(struct daemon *daemon, struct guest *guest, uint32_t events)
{
    if ( (events & EPOLLIN) && guest->ring )
        send_input(daemon, guest);
    if ( (events & EPOLLOUT) && guest->out.len )
        write_output(daemon, guest);
}

static int64_t next_timer(const struct daemon *daemon,
                          const struct guest *guest)
{
    if ( guest->dead )
        return guest->linger_check;
    if ( guest->masked && !buffer_full(daemon, guest) )
        return guest->period_end;

    return INT64_MAX;
}

int guests_timeout(const struct daemon *daemon)
{
    int64_t now = now_ms(), next = INT64_MAX;

    for ( struct guest *guest = daemon->guests; guest; guest = guest->next )
    {
        int64_t timer = next_timer(daemon, guest);

        if ( timer < next )
            next = timer;
    }

    if ( next == INT64_MAX )
        return -1;
    return next <= now ? 0 : (int)(next - now);
}

/*
 * The kernel passes what we write on to the readers' side in its own time, so
 * that only the second look at an empty terminal counts.
 */
static bool may_go(struct guest *guest, int64_t now)
{
    bool drained = guest->tty.master < 0 ||
                   (!guest->out.len && tty_is_drained(&guest->tty));

    if ( now >= guest->linger_end || guest->tty.master < 0 ||
         (drained && guest->drained_once) )
        return true;

    guest->drained_once = drained;
    guest->linger_check = now + LINGER_CHECK_MS;

    return false;
}

void guests_run_timers(struct daemon *daemon)
{
    struct guest *guest, *next;
    int64_t now = now_ms();

    for ( guest = daemon->guests; guest; guest = next )
    {
        next = guest->next;
        if ( next_timer(daemon, guest) > now )
            continue;

        if ( !guest->dead )
        {
            guest_take_output(daemon, guest);
            unmask(daemon, guest);
        }
        else if ( may_go(guest, now) )
            free_guest(daemon, guest);
    }
}

void guests_reopen_logs(struct daemon *daemon)
{
    for ( struct guest *guest = daemon->guests; guest; guest = guest->next )
        logfile_reopen(&guest->log);
}
