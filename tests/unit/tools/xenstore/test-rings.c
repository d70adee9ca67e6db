/* SPDX-License-Identifier: MIT */
/* Clients that are domains: their rings, and their end. */
/* TEST-SOURCES: tools/xenstore/domain.c tools/xenstore/ring.c */
/* TEST-SOURCES: tools/xenstore/conn.c tools/xenstore/wire.c */
/* TEST-SOURCES: tools/xenstore/request-node.c tools/xenstore/request-conn.c */
/* TEST-SOURCES: tools/xenstore/request-domain.c tools/xenstore/control.c */
/* TEST-SOURCES: tools/xenstore/store.c tools/xenstore/nodes.c */
/* TEST-SOURCES: tools/xenstore/nodes-upkeep.c tools/xenstore/node-array.c */
/* TEST-SOURCES: tools/xenstore/txn.c tools/xenstore/watch.c */
/* TEST-SOURCES: tools/xenstore/quota.c tools/xenstore/perms.c */
/* TEST-SOURCES: tools/xenstore/tree.c tools/libs/store/xs-lib.c */
/* TEST-SOURCES: tests/unit/tools/xenstore/harness.c */
#include "wire-test.h"

static unsigned int nr_logged;

void syslog(int priority, const char *fmt, ...)
{
    nr_logged++;
}

static void test_ring_client(void **state)
{
    struct xenstore_domain_interface *ring = &hv_rings[1];
    struct xsd_sockmsg hdr;

    assert_int_equal(REQ(&dom0, WATCH, 0, "@introduceDomain\0i"), 0);
    assert_string_equal(client_event(&dom0), "@introduceDomain i");
    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001044476\0001"), 0);
    assert_string_equal(client_event(&dom0), "@introduceDomain i");
    assert_null(client_event(&dom0));
    assert_int_equal(REQ(&dom0, IS_DOMAIN_INTRODUCED, 0, "1"), 0);
    assert_string_equal(dom0.reply, "T");
    assert_int_equal(REQ(&dom0, IS_DOMAIN_INTRODUCED, 0, "2"), 0);
    assert_string_equal(dom0.reply, "F");
    assert_int_equal(ring->server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION |
                         XENSTORE_SERVER_FEATURE_ERROR);

    /* Across the ring's end. */
    ring->req_cons = ring->req_prod = 1020;
    ring->rsp_cons = ring->rsp_prod = 1020;
    hv_notified[1] = 0;
    put_request(1, XS_GET_DOMAIN_PATH, "1", 2);
    serve_ring(1);
    assert_int_equal(ring->req_cons, 1020 + sizeof(hdr) + 2);
    assert_int_equal(ring->rsp_prod, 1020 + sizeof(hdr) + 16);
    for ( unsigned int i = 0; i < sizeof(hdr); i++ )
        ((char *)&hdr)[i] = ring->rsp[MASK_XENSTORE_IDX(1020 + i)];
    assert_int_equal(hdr.type, XS_GET_DOMAIN_PATH);
    assert_int_equal(hdr.len, 16);
    assert_string_equal(ring->rsp + 12, "/local/domain/1");
    assert_int_equal(hv_notified[1], 1);
}

static void test_ring_with_bad_index(void **state)
{
    struct xenstore_domain_interface *ring = &hv_rings[1];

    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    ring->req_prod = 5000;
    serve_ring(1);
    assert_int_equal(ring->error, XENSTORE_ERROR_RINGIDX);
    assert_true(domain_find(&store, 1)->conn->ignored);

    /* Introducing it once more starts afresh. */
    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    assert_int_equal(ring->error, XENSTORE_ERROR_NONE);
    assert_int_equal(ring->req_prod, 0);
    put_request(1, XS_GET_DOMAIN_PATH, "1", 2);
    serve_ring(1);
    assert_int_equal(ring->rsp_prod, sizeof(struct xsd_sockmsg) + 16);

    /* It may do so for ever, but not fill Dom0's log with it. */
    nr_logged = 0;
    for ( unsigned int i = 0; i < 100; i++ )
    {
        ring->connection = XENSTORE_RECONNECT;
        serve_ring(1);
        ring->req_prod = 5000;
        serve_ring(1);
        assert_int_equal(ring->error, XENSTORE_ERROR_RINGIDX);
    }
    assert_int_equal(nr_logged, 0);
}

static void test_ring_reconnects(void **state)
{
    struct xenstore_domain_interface *ring = &hv_rings[1];
    struct account *account = quota_account(&store.quotas, 1);

    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    put_request(1, XS_WATCH, "/a\0t", 5);
    serve_ring(1);
    assert_int_equal(account->watches, 1);
    put_request(1, XS_TRANSACTION_START, "", 1);
    serve_ring(1);
    assert_int_equal(account->transactions, 1);

    /* In the middle of a request. */
    ring->req_prod += 3;
    ring->connection = XENSTORE_RECONNECT;
    serve_ring(1);
    assert_int_equal(ring->connection, XENSTORE_CONNECTED);
    assert_int_equal(ring->req_prod, 0);
    assert_int_equal(ring->rsp_prod, 0);
    assert_int_equal(account->watches, 0);
    assert_int_equal(account->transactions, 0);
    put_request(1, XS_GET_DOMAIN_PATH, "1", 2);
    serve_ring(1);
    assert_int_equal(ring->rsp_prod, sizeof(struct xsd_sockmsg) + 16);
}

static void test_ring_with_oversized_request(void **state)
{
    struct xsd_sockmsg hdr = { .type = XS_READ, .len = 5000 };

    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    memcpy(hv_rings[1].req, &hdr, sizeof(hdr));
    hv_rings[1].req_prod = sizeof(hdr);
    serve_ring(1);
    assert_int_equal(hv_rings[1].error, XENSTORE_ERROR_PROTO);
    assert_true(domain_find(&store, 1)->conn->ignored);
}

static void test_death_of_a_domain(void **state)
{
    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/local/domain/1/a/b"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/keep/c"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/local/domain/1/a\0n1"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/keep\0n0\0b1"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "@releaseDomain\0n1\0r2"), 0);
    assert_int_equal(REQ(&dom0, WATCH, 0, "@releaseDomain\0r"), 0);
    assert_int_equal(REQ(&dom0, WATCH, 0, "/local/domain/1/a/b\0w"), 0);
    while ( client_event(&dom0) )
        ;

    /* A shutdown is told once, and changes nothing. */
    hv_states[1].shutdown = true;
    domain_event(&store, HV_DEATH_PORT);
    domain_event(&store, HV_DEATH_PORT);
    assert_string_equal(client_event(&dom0), "@releaseDomain r");
    assert_null(client_event(&dom0));
    assert_int_equal(REQ(&dom0, READ, 0, "/local/domain/1/a/b"), 0);

    hv_states[1].dying = true;
    domain_event(&store, HV_DEATH_PORT);
    assert_string_equal(client_event(&dom0), "/local/domain/1/a/b w");
    assert_string_equal(client_event(&dom0), "@releaseDomain r");
    assert_null(client_event(&dom0));
    assert_null(domain_find(&store, 1));
    assert_int_equal(REQ(&dom0, READ, 0, "/local/domain/1/a"), ENOENT);
    assert_int_equal(REQ(&dom0, READ, 0, "/local/domain/1"), 0);
    assert_int_equal(REQ(&dom0, READ, 0, "/keep/c"), 0);

    /* Special nodes stay, whoever got them. */
    assert_int_equal(tree_find(&store.tree, RELEASED)->perms.entry[0].id, 0);

    /* The next domain with its id has nothing from it. */
    client_open(&guest, &store, 1);
    assert_int_equal(REQ(&guest, READ, 0, "/keep"), EACCES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_ring_client),       CASE(test_ring_with_bad_index),
        CASE(test_ring_reconnects),   CASE(test_ring_with_oversized_request),
        CASE(test_death_of_a_domain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
