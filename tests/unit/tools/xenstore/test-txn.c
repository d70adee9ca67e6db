/* SPDX-License-Identifier: MIT */
/* Transactions and watches, as clients see them. */
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
static struct client a, b, guest;

static int setup(void **state)
{
    hv_reset();
    hv_states[1].exists = hv_states[2].exists = true;
    assert_true(store_init(&store));
    client_open(&a, &store, 0);
    client_open(&b, &store, 0);
    client_open(&guest, &store, 1);

    return 0;
}

static int teardown(void **state)
{
    store_destroy(&store);
    return 0;
}

static uint32_t start(struct client *client)
{
    assert_int_equal(REQ(client, TRANSACTION_START, 0, ""), 0);
    return strtoul(client->reply, NULL, 10);
}

static void test_changes_show_at_the_end(void **state)
{
    uint32_t t = start(&a);

    assert_int_equal(REQ_CUT(&a, WRITE, t, "/x/y\0v"), 0);
    assert_int_equal(REQ(&a, READ, t, "/x/y"), 0);
    assert_string_equal(a.reply, "v");
    assert_int_equal(REQ(&a, READ, 0, "/x/y"), ENOENT);
    assert_int_equal(REQ(&b, READ, 0, "/x"), ENOENT);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), 0);
    assert_int_equal(REQ(&b, READ, 0, "/x/y"), 0);
    assert_string_equal(b.reply, "v");
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), ENOENT);
    assert_int_equal(nodes_check(&store), 0);
}

static void test_abort_changes_nothing(void **state)
{
    uint32_t t = start(&a);

    assert_int_equal(REQ(&a, MKDIR, t, "/x"), 0);
    assert_int_equal(REQ(&a, RM, t, "/tool"), 0);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "F"), 0);
    assert_int_equal(REQ(&a, READ, 0, "/x"), ENOENT);
    assert_int_equal(REQ(&a, READ, 0, "/tool/xenstored"), 0);
    assert_int_equal(nodes_check(&store), 0);
}

static void test_transactions_belong_to_clients(void **state)
{
    uint32_t t = start(&a);

    assert_int_equal(REQ(&b, READ, t, "/tool"), ENOENT);
    assert_int_equal(REQ(&a, TRANSACTION_START, t, ""), EBUSY);
    assert_int_equal(REQ(&a, READ, t + 1, "/tool"), ENOENT);
    /* Watches are outside of transactions. */
    assert_int_equal(REQ(&a, WATCH, 999, "/tool\0t"), 0);
    assert_int_equal(REQ(&a, RESET_WATCHES, 0, ""), 0);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), ENOENT);
}

/* What one does in a transaction, and another at the same time. */
static const struct
{
    const char *name;
    uint32_t type; /* in the transaction, on /n/x */
    uint32_t other_type;
    const char *other_path;
    int result;
} conflicts[] = {
    { "read, written", XS_READ, XS_WRITE, "/n/x", EAGAIN },
    { "read, another written", XS_READ, XS_WRITE, "/n/z", 0 },
    { "read, removed", XS_READ, XS_RM, "/n/x", EAGAIN },
    { "read, child made", XS_READ, XS_MKDIR, "/n/x/c", EAGAIN },
    { "read, sibling made", XS_READ, XS_MKDIR, "/n/c", 0 },
    { "written, written", XS_WRITE, XS_WRITE, "/n/x", EAGAIN },
    { "written, read", XS_WRITE, XS_READ, "/n/x", 0 },
    { "removed, written", XS_RM, XS_WRITE, "/n/x", EAGAIN },
    { "removed, sibling made", XS_RM, XS_MKDIR, "/n/c", EAGAIN },
    { "listed, child made", XS_DIRECTORY, XS_MKDIR, "/n/x/c", EAGAIN },
};

static void test_conflicts(void **state)
{
    for ( unsigned int i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]);
          i++ )
    {
        const char *path = conflicts[i].other_path;
        uint32_t t;
        int rc;

        REQ(&a, RM, 0, "/n");
        assert_int_equal(REQ(&a, MKDIR, 0, "/n/x"), 0);
        assert_int_equal(REQ(&a, MKDIR, 0, "/n/z"), 0);
        t = start(&a);
        assert_int_equal(client_send(&a, conflicts[i].type, t, "/n/x", 5), 0);
        assert_int_equal(
            client_send(&b, conflicts[i].other_type, 0, path, strlen(path) + 1),
            0);
        rc = REQ(&a, TRANSACTION_END, t, "T");
        if ( rc != conflicts[i].result )
            fail_msg("%s: %d", conflicts[i].name, rc);
        assert_int_equal(nodes_check(&store), 0);
    }
}

static void test_absence_is_read_too(void **state)
{
    uint32_t t = start(&a);

    assert_int_equal(REQ(&a, READ, t, "/new"), ENOENT);
    assert_int_equal(REQ(&b, MKDIR, 0, "/new"), 0);
    assert_int_equal(REQ(&a, READ, t, "/new"), ENOENT);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), EAGAIN);
}

static void test_remove_and_make_again(void **state)
{
    uint32_t t;

    assert_int_equal(REQ_CUT(&a, WRITE, 0, "/r/s\0old"), 0);
    t = start(&a);
    assert_int_equal(REQ(&a, RM, t, "/r"), 0);
    assert_int_equal(REQ(&a, READ, t, "/r/s"), ENOENT);
    assert_int_equal(REQ_CUT(&a, WRITE, t, "/r/q\0new"), 0);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), 0);
    assert_int_equal(REQ(&a, DIRECTORY, 0, "/r"), 0);
    assert_memory_equal(a.reply, "q", 2);
    assert_int_equal(REQ(&a, READ, 0, "/r/s"), ENOENT);
    assert_int_equal(nodes_check(&store), 0);
}

static void test_quota_holds_at_the_end(void **state)
{
    uint32_t t;

    assert_int_equal(REQ(&a, MKDIR, 0, "/g"), 0);
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/g\0n1"), 0);
    assert_int_equal(REQ(&a, CONTROL, 0, "quota\0set\0nodes\0003"), 0);
    t = start(&guest);
    assert_int_equal(REQ(&guest, MKDIR, t, "/g/1"), 0);
    assert_int_equal(REQ(&guest, MKDIR, t, "/g/2"), 0);
    assert_int_equal(REQ(&guest, MKDIR, t, "/g/3"), ENOSPC);
    /* Elsewhere, so that it is no conflict. */
    assert_int_equal(REQ(&a, MKDIR, 0, "/h"), 0);
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/h\0n1"), 0);
    assert_int_equal(REQ(&guest, TRANSACTION_END, t, "T"), ENOSPC);
    assert_int_equal(REQ(&a, READ, 0, "/g/1"), ENOENT);

    assert_int_equal(REQ(&a, CONTROL, 0, "quota\0set\0transaction-nodes\0002"),
                     0);
    t = start(&guest);
    assert_int_equal(REQ(&guest, READ, t, "/g"), 0);
    assert_int_equal(REQ(&guest, READ, t, "/h"), 0);
    assert_int_equal(REQ(&guest, READ, t, "/g/1"), ENOSPC);
}

static void test_watch_fires_at_once_and_below(void **state)
{
    assert_int_equal(REQ(&a, WATCH, 0, "/w\0tok"), 0);
    assert_string_equal(client_event(&a), "/w tok");
    assert_null(client_event(&a));

    assert_int_equal(REQ_CUT(&b, WRITE, 0, "/w/x/y\0v"), 0);
    assert_string_equal(client_event(&a), "/w/x/y tok");
    assert_null(client_event(&a));
    assert_int_equal(REQ(&b, MKDIR, 0, "/wx"), 0);
    assert_null(client_event(&a));
    assert_int_equal(REQ(&b, SET_PERMS, 0, "/w/x\0n1"), 0);
    assert_string_equal(client_event(&a), "/w/x tok");

    assert_int_equal(REQ(&a, UNWATCH, 0, "/w\0other"), ENOENT);
    assert_int_equal(REQ(&a, UNWATCH, 0, "/w\0tok"), 0);
    assert_int_equal(REQ_CUT(&b, WRITE, 0, "/w\0v"), 0);
    assert_null(client_event(&a));
}

static void test_own_event_comes_before_the_reply(void **state)
{
    assert_int_equal(REQ(&a, WATCH, 0, "/w\0t"), 0);
    assert_string_equal(client_event(&a), "/w t");
    assert_null(client_event(&a));
    assert_int_equal(REQ(&a, MKDIR, 0, "/w"), 0);
    assert_int_equal(a.nr_events, 1);
    assert_string_equal(client_event(&a), "/w t");
}

static void test_removal_events(void **state)
{
    assert_int_equal(REQ(&a, MKDIR, 0, "/d/e/f"), 0);
    assert_int_equal(REQ(&a, MKDIR, 0, "/d/e/g"), 0);
    assert_int_equal(REQ(&b, WATCH, 0, "/d\0above"), 0);
    assert_int_equal(REQ(&b, WATCH, 0, "/d/e\0root"), 0);
    assert_int_equal(REQ(&b, WATCH, 0, "/d/e/g\0leaf"), 0);
    while ( client_event(&b) )
        ;

    /* Those below the root of what goes are told of themselves only. */
    assert_int_equal(REQ(&a, RM, 0, "/d/e"), 0);
    assert_string_equal(client_event(&b), "/d/e/g leaf");
    assert_string_equal(client_event(&b), "/d/e above");
    assert_string_equal(client_event(&b), "/d/e root");
    assert_null(client_event(&b));
}

static void test_transaction_events(void **state)
{
    uint32_t t;

    assert_int_equal(REQ(&b, WATCH, 0, "/t\0w"), 0);
    assert_string_equal(client_event(&b), "/t w");
    t = start(&a);
    assert_int_equal(REQ_CUT(&a, WRITE, t, "/t/1\0v"), 0);
    assert_int_equal(REQ_CUT(&a, WRITE, t, "/t/1\0w"), 0);
    assert_int_equal(REQ_CUT(&a, WRITE, t, "/t/2\0v"), 0);
    assert_null(client_event(&b));
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "T"), 0);
    assert_string_equal(client_event(&b), "/t/1 w");
    assert_string_equal(client_event(&b), "/t/2 w");
    assert_null(client_event(&b));

    t = start(&a);
    assert_int_equal(REQ(&a, RM, t, "/t"), 0);
    assert_int_equal(REQ(&a, TRANSACTION_END, t, "F"), 0);
    assert_null(client_event(&b));
}

static void test_relative_watch(void **state)
{
    assert_int_equal(REQ(&a, MKDIR, 0, "/local/domain/1/dev"), 0);
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/local/domain/1/dev\0n1"), 0);
    assert_int_equal(REQ(&guest, WATCH, 0, "dev\0t"), 0);
    assert_string_equal(client_event(&guest), "dev t");
    assert_int_equal(REQ(&a, MKDIR, 0, "/local/domain/1/dev/vif"), 0);
    assert_string_equal(client_event(&guest), "dev/vif t");
    /* The same path in full is another watch. */
    assert_int_equal(REQ(&guest, WATCH, 0, "/local/domain/1/dev\0u"), 0);
    assert_string_equal(client_event(&guest), "/local/domain/1/dev u");
}

static void test_guests_hear_of_what_they_may_read(void **state)
{
    assert_int_equal(REQ(&guest, WATCH, 0, "/s\0t"), 0);
    assert_string_equal(client_event(&guest), "/s t");
    assert_int_equal(REQ(&a, MKDIR, 0, "/s"), 0);
    assert_int_equal(REQ(&a, MKDIR, 0, "/s/x"), 0);
    assert_null(client_event(&guest));

    /* Given or taken: both are told. */
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/s\0n0\0r1"), 0);
    assert_string_equal(client_event(&guest), "/s t");
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/s\0n0"), 0);
    assert_string_equal(client_event(&guest), "/s t");
    assert_int_equal(REQ_CUT(&a, WRITE, 0, "/s\0v"), 0);
    assert_null(client_event(&guest));

    /* A child's coming and going changes what the parent lists. */
    assert_int_equal(REQ(&a, SET_PERMS, 0, "/s\0r0"), 0);
    assert_string_equal(client_event(&guest), "/s t");
    assert_int_equal(REQ(&a, RM, 0, "/s/x"), 0);
    assert_string_equal(client_event(&guest), "/s/x t");

    assert_int_equal(REQ(&guest, WATCH, 0, "@releaseDomain\0r"), 0);
    assert_string_equal(client_event(&guest), "@releaseDomain r");
    event_fire_path(&store, RELEASED);
    assert_null(client_event(&guest));
    assert_int_equal(REQ(&a, SET_PERMS, 0, "@releaseDomain\0n0\0r1"), 0);
    event_fire_path(&store, RELEASED);
    assert_string_equal(client_event(&guest), "@releaseDomain r");
}

static void test_unfetched_events_do_not_pile_up(void **state)
{
    assert_int_equal(REQ(&b, WATCH, 0, "/w\0t"), 0);
    assert_int_equal(REQ(&b, WATCH, 0, "@releaseDomain\0r"), 0);
    while ( client_event(&b) )
        ;

    for ( unsigned int i = 0; i < 5; i++ )
    {
        assert_int_equal(REQ_CUT(&a, WRITE, 0, "/w\0v"), 0);
        event_fire_path(&store, RELEASED);
    }
    assert_string_equal(client_event(&b), "/w t");
    for ( unsigned int i = 0; i < 5; i++ )
        assert_string_equal(client_event(&b), "@releaseDomain r");
    assert_null(client_event(&b));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_changes_show_at_the_end),
        TEST(test_abort_changes_nothing),
        TEST(test_transactions_belong_to_clients),
        TEST(test_conflicts),
        TEST(test_absence_is_read_too),
        TEST(test_remove_and_make_again),
        TEST(test_quota_holds_at_the_end),
        TEST(test_watch_fires_at_once_and_below),
        TEST(test_own_event_comes_before_the_reply),
        TEST(test_removal_events),
        TEST(test_transaction_events),
        TEST(test_relative_watch),
        TEST(test_guests_hear_of_what_they_may_read),
        TEST(test_unfetched_events_do_not_pile_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
