/* SPDX-License-Identifier: MIT */
/* The shared page between the daemon and a domain's kernel. */

#ifndef NIDUS_XENSTORE_RING_H
#define NIDUS_XENSTORE_RING_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <xen/io/xs_wire.h>

/*
 * Take from the requests, add to the responses: how many bytes, 0 when there
 * are none or there is no room, -EPROTO when the other side's index is absurd.
 */
ssize_t ring_take(struct xenstore_domain_interface *ring, void *buf,
                  size_t len);
ssize_t ring_put(struct xenstore_domain_interface *ring, const void *buf,
                 size_t len);

/* Does the other side ask for a new start? */
int ring_wants_reconnect(const struct xenstore_domain_interface *ring);

/* Empty, with the features that this daemon has. */
void ring_reset(struct xenstore_domain_interface *ring);
void ring_set_features(struct xenstore_domain_interface *ring);

#endif /* NIDUS_XENSTORE_RING_H */
