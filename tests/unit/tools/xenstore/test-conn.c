/* SPDX-License-Identifier: MIT */
/* Which connections the loop looks at: idle domains cost nothing. */
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

#include <string.h>

#include "harness.h"

static struct store store;

static int setup(void **state)
{
    hv_reset();
    hv_is_open = true;
    hv_states[1].exists = true;
    return store_init(&store) ? 0 : -1;
}

static int teardown(void **state)
{
    store_destroy(&store);
    return 0;
}

static bool is_active(const struct conn *conn)
{
    return !list_empty(&conn->active);
}

static struct domain *introduce(void)
{
    memset(&hv_rings[1], 0, sizeof(hv_rings[1]));
    assert_int_equal(domain_introduce(&store, 1, 0, 7), 0);
    return domain_find(&store, 1);
}

static void socket_is_always_looked_at(void **state)
{
    struct client client;

    client_open(&client, &store, 0);
    conn_rest(client.conn);
    assert_true(is_active(client.conn));
}

static void domain_rests_between_events(void **state)
{
    struct domain *domain = introduce();

    /* There may be requests from before. */
    conn_rest(domain->conn);
    assert_true(is_active(domain->conn));
    domain->conn->ready = false;
    conn_rest(domain->conn);
    assert_false(is_active(domain->conn));

    domain_event(&store, HV_PORT(1));
    assert_true(is_active(domain->conn));
    conn_rest(domain->conn);
    assert_true(is_active(domain->conn));
}

static void domain_with_output_does_not_rest(void **state)
{
    struct domain *domain = introduce();

    domain->conn->ready = false;
    conn_rest(domain->conn);
    conn_send_event(domain->conn, "a\0b", 4);
    assert_true(is_active(domain->conn));
    conn_rest(domain->conn);
    assert_true(is_active(domain->conn));
    conn_flush(domain->conn);
    conn_rest(domain->conn);
    assert_false(is_active(domain->conn));
}

static void ignored_domain_rests_until_it_reconnects(void **state)
{
    struct domain *domain = introduce();

    domain->conn->ignored = true;
    conn_rest(domain->conn);
    assert_false(is_active(domain->conn));
    assert_int_equal(domain_introduce(&store, 1, 0, 8), 0);
    assert_true(is_active(domain->conn));
    assert_false(domain->conn->ignored);
}

/* A walk that frees the next one goes on behind that. */
static void walk_survives_release(void **state)
{
    struct domain *domain = introduce();
    struct client client;

    client_open(&client, &store, 0);
    store.cursor = &domain->conn->active;
    domain_release(&store, domain);
    assert_ptr_equal(store.cursor, &client.conn->active);
    store.cursor = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(socket_is_always_looked_at, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(domain_rests_between_events, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(domain_with_output_does_not_rest, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            ignored_domain_rests_until_it_reconnects, setup, teardown),
        cmocka_unit_test_setup_teardown(walk_survives_release, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
