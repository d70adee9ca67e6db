/* SPDX-License-Identifier: MIT */
/* The domains that were introduced to the daemon. */

#ifndef NIDUS_XENSTORE_DOMAIN_H
#define NIDUS_XENSTORE_DOMAIN_H

#include "conn.h"

struct domain
{
    struct list link;
    unsigned int domid;
    struct conn *conn;
    struct xenstore_domain_interface *ring;
    /* Our end of the event channel; negative: none. */
    int port;
    /* Has been reported as shut down. */
    bool shutdown;
    /* That it breaks the protocol was logged; it may do so again and again. */
    bool complained;
    /* Bytes went through the ring since the other side was last told. */
    bool moved;
};

struct domain *domain_find(struct store *store, unsigned int domid);

/* Known to the hypervisor, introduced or not; without one all are. */
bool domain_exists(struct store *store, unsigned int domid);

/* 0 or a negative errno. */
int domain_introduce(struct store *store, unsigned int domid, uint64_t gfn,
                     unsigned int remote_port);
/* Its nodes go too. */
void domain_release(struct store *store, struct domain *domain);
/* An event channel has fired. */
void domain_event(struct store *store, int port);

#endif /* NIDUS_XENSTORE_DOMAIN_H */
