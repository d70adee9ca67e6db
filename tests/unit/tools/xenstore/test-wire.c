/* SPDX-License-Identifier: MIT */
/* Requests as clients send them: replies, errors, permissions. */
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

static void test_control_find(void **state)
{
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/d/1/name\0web"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/d/2/name\0webs"), 0);
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/3/name"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/d/4/other\0web"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/d/5/name\0web"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/top\0web"), 0);

    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/d\0name\0web"), 0);
    assert_string_equal(dom0.reply, "1\n5\n");
    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/d\0name\0we"), 0);
    assert_string_equal(dom0.reply, "");
    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/d\0name\0"), 0);
    assert_string_equal(dom0.reply, "3\n");
    /* The root's children are found, too. */
    assert_int_equal(REQ(&dom0, MKDIR, 0, "/d/name"), 0);
    assert_int_equal(REQ_CUT(&dom0, WRITE, 0, "/d/name\0it"), 0);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/\0name\0it"), 0);
    assert_string_equal(dom0.reply, "d\n");

    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/none\0name\0x"), ENOENT);
    assert_int_equal(REQ(&dom0, CONTROL, 0, "find\0/d\0name"), EINVAL);
    assert_int_equal(REQ(&guest, CONTROL, 0, "find\0/d\0name\0web"), EACCES);
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
    const struct CMUnitTest tests[] = {
        CASE(test_write_read),
        CASE(test_directory_in_order_of_creation),
        CASE(test_relative_paths_are_below_home),
        CASE(test_malformed_requests),
        CASE(test_privileged_requests),
        CASE(test_permissions),
        CASE(test_target),
        CASE(test_directory_part),
        CASE(test_control),
        CASE(test_control_find),
        CASE(test_check_repairs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
