/* SPDX-License-Identifier: MIT */
/* The daemon's loop: wait for clients, serve each a request at a time. */

#ifndef NIDUS_XENSTORE_LOOP_H
#define NIDUS_XENSTORE_LOOP_H

#include "store.h"

/* Until a byte comes from stop_fd.  Listener or stop_fd may be -1. */
int loop_run(struct store *store, int listener, int stop_fd);

#endif /* NIDUS_XENSTORE_LOOP_H */
