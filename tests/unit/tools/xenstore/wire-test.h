/* SPDX-License-Identifier: MIT */
/* A store with three clients, for the tests of what they send. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static struct store store;
static struct client dom0, guest, other;

static inline int setup(void **state)
{
    hv_reset();
    hv_states[1].exists = hv_states[2].exists = true;
    assert_true(store_init(&store));
    client_open(&dom0, &store, 0);
    client_open(&guest, &store, 1);
    client_open(&other, &store, 2);

    return 0;
}

static inline int teardown(void **state)
{
    store_destroy(&store);
    return 0;
}

static inline void put_request(unsigned int domid, uint32_t type,
                               const char *body, size_t len)
{
    struct xenstore_domain_interface *ring = &hv_rings[domid];
    struct xsd_sockmsg hdr = { .type = type, .len = len };
    char bytes[256];

    memcpy(bytes, &hdr, sizeof(hdr));
    memcpy(bytes + sizeof(hdr), body, len);
    for ( size_t i = 0; i < sizeof(hdr) + len; i++ )
        ring->req[MASK_XENSTORE_IDX(ring->req_prod++)] = bytes[i];
}

/* One round of the loop for a domain. */
static inline void serve_ring(unsigned int domid)
{
    struct conn *conn = domain_find(&store, domid)->conn;

    domain_event(&store, HV_PORT(domid));
    if ( conn_receive(conn) == CONN_REQUEST )
        request_process(&store, conn);
    conn_flush(conn);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
