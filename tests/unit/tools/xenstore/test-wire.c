/* SPDX-License-Identifier: MIT */
/* Requests as clients send them: replies, errors, quotas, domains. */
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

static int setup(void **state)
{
    hv_reset();
    hv_states[1].exists = hv_states[2].exists = true;
    assert_true(store_init(&store));
    client_open(&dom0, &store, 0);
    client_open(&guest, &store, 1);
    client_open(&other, &store, 2);

    return 0;
}

static int teardown(void **state)
{
    store_destroy(&store);
    return 0;
}

static void test_write_read(void **state)
{
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/a/b\0value"), 0);
    assert_string_equal(dom0.reply, "OK");
    assert_int_equal(dom0.reply_len, 3);

    assert_int_equal(REQ(&dom0, READ, 0, "/a/b"), 0);
    assert_int_equal(dom0.reply_len, 5);
    assert_string_equal(dom0.reply, "value");

    assert_int_equal(REQ(&dom0, READ, 0, "/a"), 0);
    assert_int_equal(dom0.reply_len, 0);
    assert_int_equal(REQ(&dom0, READ, 0, "/c"), ENOENT);
    assert_string_equal(dom0.reply, "ENOENT");

    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/a/b\0x\0y"), 0);
    assert_int_equal(REQ(&dom0, READ, 0, "/a/b"), 0);
    assert_int_equal(dom0.reply_len, 3);
    assert_memory_equal(dom0.reply, "x\0y", 3);
}

static void test_directory_in_order_of_creation(void **state)
{
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/z"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/a"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/m"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/a"), 0);
    assert_int_equal(REQ(&dom0, RM, 0, "/d/a"), 0);
    assert_int_equal(REQ(&dom0, DIRECTORY, 0, "/d"), 0);
    assert_int_equal(dom0.reply_len, 4);
    assert_memory_equal(dom0.reply, "z\0m", 4);
    assert_int_equal(REQ(&dom0, DIRECTORY, 0, "/d/z"), 0);
    assert_int_equal(dom0.reply_len, 0);
}

static void test_relative_paths_are_below_home(void **state)
{
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/local/domain/1/x\0v"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/local/domain/1/x\0n1"), 0);
    assert_int_equal(REQ(&guest, READ, 0, "x"), 0);
    assert_string_equal(guest.reply, "v");
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "rel\0w"), 0);
    assert_int_equal(REQ(&dom0, READ, 0, "/local/domain/0/rel"), 0);
    assert_string_equal(dom0.reply, "w");
}

static const struct
{
    uint32_t type;
    const char *body;
    size_t len;
    int error;
} malformed[] = {
    { XS_READ, "", 0, EINVAL },
    { XS_READ, "/a", 2, EINVAL },
    { XS_READ, "\0", 1, EINVAL },
    { XS_READ, "/a/\0", 4, EINVAL },
    { XS_READ, "//a\0", 4, EINVAL },
    { XS_READ, "/a b\0", 5, EINVAL },
    { XS_READ, "/a\0/b\0", 6, EINVAL },
    { XS_READ, "@releaseDomain\0", 15, EINVAL },
    { XS_WRITE, "/a", 2, EINVAL },
    { XS_WRITE, "", 0, EINVAL },
    { XS_WATCH, "/a\0", 3, EINVAL },
    { XS_WATCH, "/a\0t\0u\0", 7, EINVAL },
    { XS_UNWATCH, "/a\0t\0", 5, ENOENT },
    { XS_RM, "/\0", 2, EINVAL },
    { XS_SET_PERMS, "/tool\0", 6, EINVAL },
    { XS_SET_PERMS, "/tool\0x0\0", 9, EINVAL },
    { XS_SET_PERMS, "/tool\0n\0", 8, EINVAL },
    { XS_SET_PERMS, "/tool\0n7\0", 9, ENOENT },
    { XS_TRANSACTION_END, "T\0", 2, ENOENT },
    { XS_TRANSACTION_END, "X\0", 2, EINVAL },
    { XS_INTRODUCE, "1\0002\0", 4, EINVAL },
    { XS_INTRODUCE, "1\0002\0000\0", 6, EINVAL },
    { XS_INTRODUCE, "7\0002\0003\0", 6, ENOENT },
    { XS_INTRODUCE, "1\0002\000666\0", 8, EINVAL },
    { XS_RELEASE, "1\0", 2, ENOENT },
    { XS_RELEASE, "0\0", 2, EINVAL },
    { XS_RESUME, "x\0", 2, EINVAL },
    { XS_SET_TARGET, "1\0002\0", 4, ENOENT },
    { XS_DIRECTORY_PART, "/tool\0", 6, EINVAL },
    { XS_DIRECTORY_PART, "/tool\0x\0", 8, EINVAL },
    { XS_CONTROL, "nonsense\0", 9, EINVAL },
    { XS_CONTROL, "", 0, EINVAL },
    { XS_WATCH_EVENT, "/a\0", 3, ENOSYS },
    { XS_ERROR, "/a\0", 3, ENOSYS },
    { 20, "/a\0", 3, ENOSYS },
    { XS_TYPE_COUNT, "/a\0", 3, ENOSYS },
    { XS_INVALID, "/a\0", 3, ENOSYS },
};

static void test_malformed_requests(void **state)
{
    for ( unsigned int i = 0; i < sizeof(malformed) / sizeof(malformed[0]);
          i++ )
        assert_int_equal(client_send(&dom0, malformed[i].type, 0,
                                     malformed[i].body, malformed[i].len),
                         malformed[i].error);
}

static void test_privileged_requests(void **state)
{
    assert_int_equal(REQ(&guest, INTRODUCE, 0, "1\0002\0003"), EACCES);
    assert_int_equal(REQ(&guest, RELEASE, 0, "1"), EACCES);
    assert_int_equal(REQ(&guest, RESUME, 0, "1"), EACCES);
    assert_int_equal(REQ(&guest, SET_TARGET, 0, "1\0002"), EACCES);
    assert_int_equal(REQ(&guest, IS_DOMAIN_INTRODUCED, 0, "1"), EACCES);
    assert_int_equal(REQ(&guest, CONTROL, 0, "check"), EACCES);
    assert_int_equal(REQ(&guest, GET_DOMAIN_PATH, 0, "7"), 0);
    assert_string_equal(guest.reply, "/local/domain/7");
}

static void test_permissions(void **state)
{
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/p\0v"), 0);
    assert_int_equal(REQ(&guest, READ, 0, "/p"), EACCES);
    assert_int_equal(REQ_CUT(&guest, WRITE, 0, "/p\0w"), EACCES);
    /* What is missing is not told to who could not see it. */
    assert_int_equal(REQ(&guest, READ, 0, "/q"), EACCES);

    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/p\0n0\0r1\0w2"), 0);
    assert_int_equal(REQ(&dom0, GET_PERMS, 0, "/p"), 0);
    assert_memory_equal(dom0.reply, "n0\0r1\0w2", 9);
    assert_int_equal(REQ(&guest, READ, 0, "/p"), 0);
    assert_int_equal(REQ_CUT(&guest, WRITE, 0, "/p\0w"), EACCES);
    assert_int_equal(REQ(&guest, SET_PERMS, 0, "/p\0n1"), EACCES);
    assert_int_equal(REQ(&guest, READ, 0, "/p/q"), ENOENT);
    assert_int_equal(REQ(&other, READ, 0, "/p"), EACCES);
    assert_int_equal(REQ_CUT(&other, WRITE, 0, "/p\0w"), 0);

    /* Who makes a node owns it, and cannot give it away. */
    assert_int_equal(REQ_CUT(&other, WRITE, 0, "/p/mine\0w"), 0);
    assert_int_equal(REQ(&dom0, GET_PERMS, 0, "/p/mine"), 0);
    assert_memory_equal(dom0.reply, "n2\0r1\0w2", 9);
    assert_int_equal(REQ(&other, SET_PERMS, 0, "/p/mine\0n1"), EPERM);
    assert_int_equal(REQ(&other, SET_PERMS, 0, "/p/mine\0b2"), 0);
    assert_int_equal(REQ(&guest, READ, 0, "/p/mine"), 0);
    assert_int_equal(REQ(&guest, RM, 0, "/p/mine"), 0);
}

static void test_target(void **state)
{
    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "2\0001\0001"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/t\0v"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/t\0n2"), 0);
    assert_int_equal(REQ(&guest, READ, 0, "/t"), EACCES);
    assert_int_equal(REQ(&dom0, SET_TARGET, 0, "1\0002"), 0);

    /* The target is the ring's, which is domain 1's other connection. */
    guest.conn->actor = domain_find(&store, 1)->conn->actor;
    assert_int_equal(REQ(&guest, READ, 0, "/t"), 0);
}

static void test_quotas(void **state)
{
    static char big[XENSTORE_PAYLOAD_MAX];
    char path[64];
    int rc = 0;
    unsigned int i;

    assert_int_equal(REQ(&dom0, MKDIR, 0, "/g"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/g\0n1"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0nodes\00010"), 0);

    /* /g itself is one of the ten. */
    for ( i = 0; !rc && i < 20; i++ )
    {
        int len = snprintf(path, sizeof(path), "/g/%u", i) + 1;

        rc = client_send(&guest, XS_MKDIR, 0, path, len);
    }
    assert_int_equal(rc, ENOSPC);
    assert_int_equal(i, 10);
    assert_int_equal(REQ(&guest, RM, 0, "/g/3"), 0);
    assert_int_equal(REQ(&guest, MKDIR, 0, "/g/again"), 0);
    assert_int_equal(REQ(&guest, MKDIR, 0, "/g/more"), ENOSPC);
    /* Dom0 may. */
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/g/dom0"), 0);

    memset(big, 'x', sizeof(big));
    memcpy(big, "/g/again", 9);
    assert_int_equal(client_send(&guest, XS_WRITE, 0, big, 9 + 2048 - 24 - 9),
                     0);
    assert_int_equal(client_send(&guest, XS_WRITE, 0, big, 9 + 2048 - 24 - 8),
                     ENOSPC);
    assert_int_equal(client_send(&dom0, XS_WRITE, 0, big, sizeof(big)), 0);

    assert_int_equal(REQ(&guest, SET_PERMS, 0, "/g\0n1\0n2\0r2\0w2\0b2\0b2"),
                     ENOSPC);

    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0watches\0002"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/a\0t"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/b\0t"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/b\0t"), EEXIST);
    assert_int_equal(REQ(&guest, WATCH, 0, "/c\0t"), E2BIG);
    assert_int_equal(REQ(&guest, UNWATCH, 0, "/a\0t"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/c\0t"), 0);

    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0001\0watches\0003"),
                     0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/d\0t"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "/e\0t"), E2BIG);

    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0transactions\0001"),
                     0);
    assert_int_equal(REQ(&guest, TRANSACTION_START, 0, ""), 0);
    assert_int_equal(REQ(&guest, TRANSACTION_START, 0, ""), ENOSPC);
}

static void test_memory_quota(void **state)
{
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/g"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/g\0n1"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0memory\000200"), 0);
    assert_int_equal(REQ_CUT(&guest, WRITE, 0, "/g/a\0value"), 0);
    assert_int_equal(
        REQ_CUT(&guest, WRITE, 0,
                "/g/b\0a value that is too long for what is left of the two "
                "hundred bytes, as there are the others and the records"),
        ENOMEM);
    assert_int_equal(REQ_CUT(&guest, WRITE, 0, "/g/a\0VALUE"), 0);
}

static void test_oversized_request_ends_the_client(void **state)
{
    static char body[XENSTORE_PAYLOAD_MAX + 1];

    assert_int_equal(client_send(&dom0, XS_READ, 0, body, sizeof(body)), -1);
}

static void test_directory_part(void **state)
{
    char path[64], names[8192];
    size_t total = 0, offset = 0;

    for ( unsigned int i = 0; i < 800; i++ )
    {
        int len = snprintf(path, sizeof(path), "/big/node-%u", i) + 1;

        assert_int_equal(client_send(&dom0, XS_MKDIR, 0, path, len), 0);
        total += len - 5;
    }
    assert_int_equal(REQ(&dom0, DIRECTORY, 0, "/big"), E2BIG);

    for ( ;; )
    {
        const char *part;
        size_t len;

        memcpy(path, "/big", 5);
        len = 5 + snprintf(path + 5, 20, "%zu", offset) + 1;
        assert_int_equal(client_send(&dom0, XS_DIRECTORY_PART, 0, path, len),
                         0);
        part = dom0.reply + strlen(dom0.reply) + 1;
        len = dom0.reply_len - (part - dom0.reply);
        memcpy(names + offset, part, len);
        offset += len;
        if ( len < 2 || !part[len - 2] )
            break;
    }
    assert_int_equal(offset, total + 1);
    assert_string_equal(names, "node-0");
    assert_memory_equal(names + total - 9, "node-799\0\0", 10);

    /* Behind the end there is the end. */
    assert_int_equal(REQ(&dom0, DIRECTORY_PART, 0, "/big\00099999"), 0);
    assert_int_equal(dom0.reply[dom0.reply_len - 1], 0);
    assert_int_equal(dom0.reply_len, strlen(dom0.reply) + 2);
}

static void put_request(unsigned int domid, uint32_t type, const char *body,
                        size_t len)
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
static void serve_ring(unsigned int domid)
{
    struct conn *conn = domain_find(&store, domid)->conn;

    domain_event(&store, HV_PORT(domid));
    if ( conn_receive(conn) == CONN_REQUEST )
        request_process(&store, conn);
    conn_flush(conn);
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

static void test_slow_client_is_not_read(void **state)
{
    unsigned int i;

    for ( i = 0; i < 19; i++ )
        conn_reply(guest.conn, &guest.conn->hdr, XS_READ, "x", 1);
    assert_true(conn_wants_input(&store, guest.conn));
    conn_reply(guest.conn, &guest.conn->hdr, XS_READ, "x", 1);
    assert_false(conn_wants_input(&store, guest.conn));

    /* Dom0's clients have no such limit. */
    for ( i = 0; i < 100; i++ )
        conn_reply(dom0.conn, &dom0.conn->hdr, XS_READ, "x", 1);
    assert_true(conn_wants_input(&store, dom0.conn));
}

static void test_busy_writer_has_to_wait(void **state)
{
    unsigned int made = 0;

    store.now = 100000;
    while ( conn_wants_input(&store, guest.conn) && made < 1000 )
    {
        assert_int_equal(REQ(&guest, MKDIR, 0, "/x"), EACCES);
        made++;
    }
    assert_int_equal(made, 51);
    assert_int_equal(conn_delay(guest.conn), 5);
    store.now += 4;
    assert_false(conn_wants_input(&store, guest.conn));
    store.now += 1;
    assert_true(conn_wants_input(&store, guest.conn));

    /* Reading is free, and so is all that Dom0 does. */
    for ( unsigned int i = 0; i < 1000; i++ )
    {
        assert_int_equal(REQ(&other, READ, 0, "/x"), EACCES);
        assert_int_equal(REQ(&dom0, MKDIR, 0, "/x"), 0);
    }
    assert_int_equal(conn_delay(other.conn), 0);
    assert_int_equal(conn_delay(dom0.conn), 0);
}

static void test_events_not_fetched_are_bounded(void **state)
{
    struct xenstore_domain_interface *ring = &hv_rings[1];
    char path[64];

    assert_int_equal(REQ(&dom0, INTRODUCE, 0, "1\0001\0001"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/ev"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/ev\0r0"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0memory\0005000"), 0);
    put_request(1, XS_WATCH, "/ev\0t", 6);
    serve_ring(1);

    for ( unsigned int i = 0; i < 1000; i++ )
    {
        int len = snprintf(path, sizeof(path), "/ev/%u", i) + 1;

        assert_int_equal(client_send(&dom0, XS_MKDIR, 0, path, len), 0);
    }
    assert_in_range(domain_find(&store, 1)->conn->out_bytes, 1000, 5000);
    put_request(1, XS_GET_DOMAIN_PATH, "1", 2);
    serve_ring(1);
    assert_int_equal(ring->error, XENSTORE_ERROR_COMM);
    assert_true(domain_find(&store, 1)->conn->ignored);
}

static void test_transactions_take_memory(void **state)
{
    struct account *account = quota_account(&store.quotas, 1);
    char id[16], path[64];
    uint32_t t;
    int rc = 0;

    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0memory\0005000"), 0);
    assert_int_equal(REQ(&guest, TRANSACTION_START, 0, ""), 0);
    snprintf(id, sizeof(id), "%s", guest.reply);
    t = strtoul(id, NULL, 10);
    for ( unsigned int i = 0; i < 100 && rc != ENOMEM; i++ )
    {
        int len = snprintf(path, sizeof(path), "/absent/%u", i) + 1;

        rc = client_send(&guest, XS_READ, t, path, len);
    }
    assert_int_equal(rc, ENOMEM);
    assert_in_range(account->memory, 4000, 5000);
    assert_int_equal(REQ(&guest, TRANSACTION_END, t, "F"), 0);
    assert_int_equal(account->memory, 0);
}

static void test_control(void **state)
{
    assert_int_equal(REQ(&dom0, CONTROL, 0, "check"), 0);
    assert_string_equal(dom0.reply, "OK");
    assert_int_equal(REQ(&dom0, CONTROL, 0, "check\0x"), EINVAL);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "log\0on"), 0);
    assert_true(store.trace);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "log\0maybe"), EINVAL);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "log\0off"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota"), 0);
    assert_non_null(strstr(dom0.reply, "nodes            :     1000 "));
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0nodes\00077"), 0);
    assert_int_equal(store.quotas.limit[QUOTA_NODES], 77);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0nope\00077"), EINVAL);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0nodes\0x"), EINVAL);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0001"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota-soft"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "help"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "memreport"), 0);
}

static void test_check_repairs(void **state)
{
    struct node *node;

    assert_int_equal(REQ(&dom0, MKDIR, 0, "/a/b/c"), 0);
    assert_int_equal(nodes_check(&store), 0);

    node = tree_find(&store.tree, "/a");
    node_remove_child(node, "b");
    node_add_child(node, "ghost");
    assert_int_equal(nodes_check(&store), 3);
    assert_null(tree_find(&store.tree, "/a/b"));
    assert_null(tree_find(&store.tree, "/a/b/c"));
    assert_int_equal(nodes_check(&store), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_write_read),
        TEST(test_directory_in_order_of_creation),
        TEST(test_relative_paths_are_below_home),
        TEST(test_malformed_requests),
        TEST(test_privileged_requests),
        TEST(test_permissions),
        TEST(test_target),
        TEST(test_quotas),
        TEST(test_memory_quota),
        TEST(test_oversized_request_ends_the_client),
        TEST(test_directory_part),
        TEST(test_ring_client),
        TEST(test_ring_with_bad_index),
        TEST(test_ring_reconnects),
        TEST(test_ring_with_oversized_request),
        TEST(test_death_of_a_domain),
        TEST(test_slow_client_is_not_read),
        TEST(test_busy_writer_has_to_wait),
        TEST(test_events_not_fetched_are_bounded),
        TEST(test_transactions_take_memory),
        TEST(test_control),
        TEST(test_check_repairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
