/* SPDX-License-Identifier: MIT */
/* The domains that were introduced to the daemon. */

#include <errno.h>
#include <stdlib.h>
#include <syslog.h>

#include "domain.h"
#include "hv.h"
#include "nodes.h"
#include "ring.h"

struct domain *domain_find(struct store *store, unsigned int domid)
{
    struct domain *domain;

    list_for_each_entry (domain, &store->domains, link)
        if ( domain->domid == domid )
            return domain;

    return NULL;
}

bool domain_exists(struct store *store, unsigned int domid)
{
    return !domid || domain_find(store, domid) || hv_fd() < 0 ||
           hv_domain_state(domid).exists;
}

static ssize_t domain_read(struct conn *conn, void *buf, size_t len)
{
    ssize_t done = ring_take(conn->domain->ring, buf, len);

    conn->domain->moved |= done > 0;
    return done;
}

static ssize_t domain_write(struct conn *conn, const void *buf, size_t len)
{
    ssize_t done = ring_put(conn->domain->ring, buf, len);

    conn->domain->moved |= done > 0;
    return done;
}

static void domain_flush(struct conn *conn)
{
    struct domain *domain = conn->domain;

    if ( domain->moved )
    {
        domain->moved = false;
        hv_notify(domain->port);
    }
}

static void domain_report(struct conn *conn, unsigned int error)
{
    if ( !conn->domain->complained )
        syslog(LOG_ERR,
               "domain %u: bad ring or request (%u), not served until it "
               "reconnects; said once",
               conn->actor.domid, error);
    conn->domain->complained = true;
    conn->domain->ring->error = error;
    hv_notify(conn->domain->port);
}

static const struct transport ring_transport = {
    .read = domain_read,
    .write = domain_write,
    .flush = domain_flush,
    .report = domain_report,
};

/* Drop what the connection has set up and start with an empty page. */
static void reconnect(struct store *store, struct domain *domain)
{
    conn_reset(store, domain->conn);
    ring_reset(domain->ring);
    ring_set_features(domain->ring);
    hv_notify(domain->port);
    conn_activate(domain->conn);
}

/* The domain may be new in its ring: a resumed guest, a fresh kernel. */
static int reintroduce(struct store *store, struct domain *domain,
                       unsigned int remote_port)
{
    int port = hv_bind(domain->domid, remote_port);

    if ( port < 0 )
        return port;

    hv_unbind(domain->port);
    domain->port = port;
    domain->shutdown = false;
    reconnect(store, domain);

    return 0;
}

int domain_introduce(struct store *store, unsigned int domid, uint64_t gfn,
                     unsigned int remote_port)
{
    struct domain *domain = domain_find(store, domid);
    int rc = -ENOMEM;

    if ( domain )
        return reintroduce(store, domain, remote_port);

    if ( !domain_exists(store, domid) )
        return -ENOENT;

    domain = calloc(1, sizeof(*domain));
    if ( !domain )
        return -ENOMEM;
    domain->domid = domid;

    domain->ring = domid ? hv_map_ring(domid, gfn) : hv_map_own_ring();
    if ( !domain->ring )
    {
        rc = -EINVAL;
        goto free_domain;
    }

    domain->port = hv_bind(domid, remote_port);
    if ( domain->port < 0 )
    {
        rc = domain->port;
        goto unmap;
    }

    domain->conn = conn_new(store, &ring_transport, domid);
    if ( !domain->conn )
        goto unbind;

    domain->conn->domain = domain;
    /* Requests may be there already. */
    domain->conn->ready = true;
    list_add_tail(&store->domains, &domain->link);
    ring_set_features(domain->ring);
    hv_notify(domain->port);
    if ( domid )
        event_fire_path(store, INTRODUCED);

    return 0;

unbind:
    hv_unbind(domain->port);
unmap:
    hv_unmap_ring(domid, domain->ring);
free_domain:
    free(domain);
    return rc;
}

void domain_release(struct store *store, struct domain *domain)
{
    unsigned int domid = domain->domid;
    struct conn *conn;

    /* Device models have no business in it any more. */
    list_for_each_entry (conn, &store->conns, link)
        if ( conn->actor.has_target && conn->actor.target == domid )
            conn->actor.has_target = false;

    conn_free(store, domain->conn);
    hv_unbind(domain->port);
    hv_unmap_ring(domid, domain->ring);
    list_del(&domain->link);
    free(domain);

    nodes_forget_domain(store, domid);
    quota_forget_domain(&store->quotas, domid);
    event_fire_path(store, RELEASED);
}

/* Some domain has died or shut down: find out which. */
static void domains_check(struct store *store)
{
    struct hv_domain_state *states;
    struct domain *domain, *tmp;
    bool notify = false;

    states = hv_domain_states();
    if ( !states )
        return;

    list_for_each_entry_safe (domain, tmp, &store->domains, link)
    {
        struct hv_domain_state state = states[domain->domid];

        if ( !domain->domid )
            continue;

        if ( !state.exists || state.dying )
        {
            domain_release(store, domain);
            continue;
        }
        if ( state.shutdown && !domain->shutdown )
        {
            domain->shutdown = true;
            notify = true;
        }
    }
    free(states);

    if ( notify )
        event_fire_path(store, RELEASED);
}

void domain_event(struct store *store, int port)
{
    struct domain *domain;

    if ( port == hv_death_port() )
    {
        domains_check(store);
        return;
    }

    list_for_each_entry (domain, &store->domains, link)
    {
        if ( domain->port != port )
            continue;
        if ( ring_wants_reconnect(domain->ring) )
            reconnect(store, domain);
        domain->conn->ready = true;
        conn_activate(domain->conn);
    }
}
