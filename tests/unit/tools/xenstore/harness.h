/* SPDX-License-Identifier: MIT */
/* The store with clients in memory, and a hypervisor of the test's making. */

#ifndef NIDUS_TEST_XENSTORE_HARNESS_H
#define NIDUS_TEST_XENSTORE_HARNESS_H

#include "../../../../tools/xenstore/conn.h"
#include "../../../../tools/xenstore/domain.h"
#include "../../../../tools/xenstore/hv.h"
#include "../../../../tools/xenstore/nodes.h"
#include "../../../../tools/xenstore/ring.h"
#include "../../../../tools/xenstore/wire.h"

/* A client whose bytes go through memory. */
struct client
{
    struct store *store;
    struct conn *conn;
    /* The last reply, with a NUL behind it. */
    char reply[XENSTORE_PAYLOAD_MAX + 1];
    size_t reply_len;
    /* Received and not yet asked for. */
    char events[64][256];
    unsigned int nr_events, next_event;
};

void client_open(struct client *client, struct store *store,
                 unsigned int domid);

/* 0, or the positive errno that the reply names; -1: connection gone. */
int client_send(struct client *client, uint32_t type, uint32_t txn,
                const void *body, size_t len);
/* Bodies are string literals: the last NUL counts unless cut off with CUT. */
#define REQ(client, type, txn, body) \
    client_send(client, XS_##type, txn, body, sizeof(body))
#define REQ_CUT(client, type, txn, body) \
    client_send(client, XS_##type, txn, body, sizeof(body) - 1)

/* "path token" of the next event, or NULL. */
const char *client_event(struct client *client);

/* What the hypervisor knows. */
#define HV_DOMAINS 8
extern struct hv_domain_state hv_states[HV_DOMAINS];
extern struct xenstore_domain_interface hv_rings[HV_DOMAINS];
extern unsigned int hv_notified[HV_DOMAINS];
extern bool hv_is_open;
#define HV_DEATH_PORT  5
#define HV_PORT(domid) (100 + (domid))
void hv_reset(void);

#endif /* NIDUS_TEST_XENSTORE_HARNESS_H */
