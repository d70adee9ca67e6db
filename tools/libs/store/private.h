/* SPDX-License-Identifier: MIT */
/* What the parts of the XenStore client library share. */

#ifndef NIDUS_STORE_PRIVATE_H
#define NIDUS_STORE_PRIVATE_H

#include <stdint.h>
#include <sys/uio.h>

#include "xenstore.h"

/* A received message; the body has a NUL behind it. */
struct xs_message
{
    struct xs_message *next;
    struct xsd_sockmsg hdr;
    char body[];
};

/* A descriptor that takes and gives messages; negative, and errno. */
int xs_connect(void);

/* Send one request and wait for its answer; NULL and errno on failure. */
struct xs_message *xs_request(struct xs_handle *h, xs_transaction_t t,
                              enum xsd_sockmsg_type type,
                              const struct iovec *parts, unsigned int nr);

/* Make sure that events are received while nobody waits for them. */
bool xs_start_receiver(struct xs_handle *h);

/* Forget the queued events of a watch. */
void xs_filter_events(struct xs_handle *h, const char *path, const char *token);

#endif /* NIDUS_STORE_PRIVATE_H */
