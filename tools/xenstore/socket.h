/* SPDX-License-Identifier: MIT */
/* Clients in the daemon's own domain, over a unix socket. */

#ifndef NIDUS_XENSTORE_SOCKET_H
#define NIDUS_XENSTORE_SOCKET_H

#include "conn.h"

/* The listening socket, or a negative errno. */
int socket_listen(const char *path);
/* Take the clients that wait. */
void socket_accept(struct store *store, int listener);

#endif /* NIDUS_XENSTORE_SOCKET_H */
