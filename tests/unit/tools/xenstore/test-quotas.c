/* SPDX-License-Identifier: MIT */
/* What clients may take of the daemon: quotas, sizes, rates. */
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

/* The sanitizer's, whose header not every gcc brings along. */
size_t __sanitizer_get_current_allocated_bytes(void);

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

/* 128 watches see 100 nodes come: what is asked for again is found quickly. */
static void test_long_queues_are_searched_quickly(void **state)
{
    struct conn *conn = other.conn;
    unsigned int nr = 0, longest = 0;
    struct message *msg;
    char body[64];

    for ( unsigned int twice = 0; twice < 2; twice++ )
        for ( unsigned int i = 0; i < 12800; i++ )
        {
            int len = snprintf(body, sizeof(body), "/local/domain/2/%u%c%u",
                               i / 128, '\0', i % 128);

            conn_send_event(conn, body, len + 1);
        }
    list_for_each_entry (msg, &conn->out, link)
        nr++;
    assert_int_equal(nr, 12800);
    for ( unsigned int i = 0; i < EVENT_BUCKETS; i++ )
    {
        nr = 0;
        list_for_each_entry (msg, &conn->events[i], same_hash)
            nr++;
        if ( nr > longest )
            longest = nr;
    }
    assert_in_range(longest, 1, 400);
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

static uint32_t start_transaction(struct client *client)
{
    assert_int_equal(REQ(client, TRANSACTION_START, 0, ""), 0);
    return strtoul(client->reply, NULL, 10);
}

static void test_transactions_pay_for_what_they_write(void **state)
{
    static char big[1500];
    struct account *account = quota_account(&store.quotas, 1);
    uint32_t t = start_transaction(&guest);
    int rc = 0;

    assert_int_equal(REQ(&dom0, MKDIR, 0, "/g"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/g\0n1"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "quota\0set\0memory\00010000"), 0);

    /* Each with a name of its own, and then one again with a longer value. */
    memset(big, 'x', sizeof(big));
    memcpy(big, "/g/a", 5);
    for ( unsigned int i = 0; i < 5; i++, big[3]++ )
        assert_int_equal(client_send(&guest, XS_WRITE, t, big, sizeof(big)), 0);
    assert_in_range(account->memory, 7500, 10000);
    for ( unsigned int i = 0; i < 5 && !rc; i++, big[3]++ )
        rc = client_send(&guest, XS_WRITE, t, big, sizeof(big));
    assert_int_equal(rc, ENOMEM);

    assert_int_equal(REQ_CUT(&guest, WRITE, t, "/g/a\0"), 0);
    assert_in_range(account->memory, 6000, 8500);
    assert_int_equal(REQ(&guest, TRANSACTION_END, t, "F"), 0);
    assert_in_range(account->memory, 1, 100);
}

static void test_transactions_do_not_grow_for_ever(void **state)
{
    uint32_t t = start_transaction(&guest);
    size_t before = 0;

    assert_int_equal(REQ(&dom0, MKDIR, 0, "/g"), 0);
    assert_int_equal(REQ(&dom0, SET_PERMS, 0, "/g\0n1"), 0);

    for ( unsigned int i = 0; i < 1000; i++ )
    {
        assert_int_equal(REQ(&guest, SET_PERMS, t, "/g\0n1\0r2"), 0);
        assert_int_equal(REQ(&guest, SET_PERMS, t, "/g\0n1\0w2"), 0);
        assert_int_equal(REQ(&guest, MKDIR, t, "/g/a"), 0);
        assert_int_equal(REQ(&guest, RM, t, "/g/a"), 0);
        if ( i == 1 )
            before = __sanitizer_get_current_allocated_bytes();
    }
    assert_in_range(__sanitizer_get_current_allocated_bytes(), 0,
                    before + 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_quotas),
        CASE(test_memory_quota),
        CASE(test_oversized_request_ends_the_client),
        CASE(test_slow_client_is_not_read),
        CASE(test_busy_writer_has_to_wait),
        CASE(test_events_not_fetched_are_bounded),
        CASE(test_long_queues_are_searched_quickly),
        CASE(test_transactions_take_memory),
        CASE(test_transactions_pay_for_what_they_write),
        CASE(test_transactions_do_not_grow_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
