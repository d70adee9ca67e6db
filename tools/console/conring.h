/* SPDX-License-Identifier: MIT */
/* The PV console's page, from the back end's side. */

#ifndef NIDUS_CONSOLE_CONRING_H
#define NIDUS_CONSOLE_CONRING_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/console.h>

/*
 * Take the guest's output.  A guest whose indexes make no sense gets them put
 * right, and loses what it meant to say.
 */
size_t conring_take(struct xencons_interface *ring, void *buf, size_t len);

/* How many bytes of input the guest has room for. */
size_t conring_room(const struct xencons_interface *ring);
/* At most conring_room() of them; how many it were. */
size_t conring_put(struct xencons_interface *ring, const void *buf, size_t len);

#endif /* NIDUS_CONSOLE_CONRING_H */
