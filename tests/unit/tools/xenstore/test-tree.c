/* SPDX-License-Identifier: MIT */
/* Nodes by path, lists of children, valid paths, permissions. */
/* TEST-SOURCES: tools/xenstore/tree.c tools/xenstore/perms.c */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../tools/xenstore/tree.h"

static struct xs_permissions owner = { .id = 0 };
static const struct perms perms = { .nr = 1, .entry = &owner };

static void test_find_among_many(void **state)
{
    struct tree tree;
    char path[32];

    assert_true(tree_init(&tree));
    for ( unsigned int i = 0; i < 1000; i++ )
    {
        snprintf(path, sizeof(path), "/n/%u", i);
        tree_insert(&tree, node_new(path, &perms));
    }
    assert_int_equal(tree.nr_nodes, 1000);
    for ( unsigned int i = 0; i < 1000; i += 2 )
    {
        struct node *node;

        snprintf(path, sizeof(path), "/n/%u", i);
        node = tree_find(&tree, path);
        assert_non_null(node);
        tree_remove(&tree, node);
        node_free(node);
    }
    for ( unsigned int i = 0; i < 1000; i++ )
    {
        snprintf(path, sizeof(path), "/n/%u", i);
        assert_int_equal(!tree_find(&tree, path), i % 2 == 0);
    }
    tree_destroy(&tree);
}

static void test_children(void **state)
{
    struct node *node = node_new("/a", &perms), *copy;

    assert_null(node_next_child(node, NULL));
    assert_true(node_add_child(node, "one"));
    assert_true(node_add_child(node, "on"));
    assert_true(node_add_child(node, "three"));
    assert_true(node_set_data(node, "data", 4));
    assert_true(node_has_child(node, "on"));
    assert_false(node_has_child(node, "o"));
    node_remove_child(node, "one");
    node_remove_child(node, "absent");
    assert_int_equal(node->children_len, 9);
    assert_memory_equal(node->children, "on\0three", 9);

    copy = node_clone(node);
    assert_string_equal(copy->path, "/a");
    assert_memory_equal(copy->data, "data", 4);
    assert_string_equal(node_next_child(copy, NULL), "on");
    assert_string_equal(node_next_child(copy, copy->children), "three");
    assert_null(node_next_child(copy, copy->children + 3));
    /* Xen's record: header 24, an entry of permissions 8. */
    assert_int_equal(node_size(copy), 24 + 8 + 4 + 9);
    node_free(copy);
    node_free(node);
}

static const struct
{
    const char *path;
    bool valid, valid_special;
} paths[] = {
    { "/", true, true },
    { "/a", true, true },
    { "/a-b_c/0/Z@", true, true },
    { "", false, false },
    { "a", false, false },
    { "/a/", false, false },
    { "//", false, false },
    { "/a//b", false, false },
    { "/a b", false, false },
    { "/a.b", false, false },
    { "/a\\b", false, false },
    { "/\xc3\xa4", false, false },
    { "@releaseDomain", false, true },
    { "@", false, true },
};

static void test_path_characters(void **state)
{
    for ( unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++ )
    {
        assert_int_equal(path_valid(paths[i].path, false, 2048),
                         paths[i].valid);
        assert_int_equal(path_valid(paths[i].path, true, 2048),
                         paths[i].valid_special);
    }
}

static void test_path_lengths(void **state)
{
    char path[4000];

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[2048] = '\0';
    assert_true(path_valid(path, false, 2048));
    path[2048] = 'x';
    path[2049] = '\0';
    assert_false(path_valid(path, false, 2048));

    /* The way home does not count. */
    memcpy(path, "/local/domain/12/", 17);
    path[2049] = 'x';
    path[17 + 2048] = '\0';
    assert_true(path_valid(path, false, 2048));
    path[17 + 2048] = 'x';
    path[17 + 2049] = '\0';
    assert_false(path_valid(path, false, 2048));

    path[17 + 2049] = 'x';
    path[3071] = '\0';
    assert_true(path_valid(path, false, 4000));
    path[3071] = 'x';
    path[3072] = '\0';
    assert_false(path_valid(path, false, 4000));
}

static void test_path_relations(void **state)
{
    char *parent;

    assert_true(path_is_below("/a/b", "/a"));
    assert_true(path_is_below("/a", "/a"));
    assert_true(path_is_below("/a", "/"));
    assert_true(path_is_below("@releaseDomain", "/"));
    assert_false(path_is_below("/ab", "/a"));
    assert_false(path_is_below("/a", "/a/b"));
    assert_string_equal(path_name("/a/b"), "b");

    parent = path_parent("/a/b");
    assert_string_equal(parent, "/a");
    free(parent);
    parent = path_parent("/a");
    assert_string_equal(parent, "/");
    free(parent);
    parent = path_join("/", "a");
    assert_string_equal(parent, "/a");
    free(parent);
}

/* Entries of a node, and what domain 5 may do with it. */
static const struct
{
    struct xs_permissions entry[3];
    unsigned int nr, domid, target, allowed;
} grants[] = {
#define ALL (XS_PERM_READ | XS_PERM_WRITE | XS_PERM_OWNER)
    { { { 5, XS_PERM_NONE } }, 1, 5, 0, ALL },
    { { { 6, XS_PERM_NONE } }, 1, 5, 0, XS_PERM_NONE },
    { { { 6, XS_PERM_READ } }, 1, 5, 0, XS_PERM_READ },
    { { { 6, XS_PERM_READ }, { 5, XS_PERM_WRITE } }, 2, 5, 0, XS_PERM_WRITE },
    { { { 6, XS_PERM_READ }, { 5, XS_PERM_NONE } }, 2, 5, 0, XS_PERM_NONE },
    { { { 6, XS_PERM_NONE }, { 5, XS_PERM_READ }, { 5, XS_PERM_WRITE } },
      3,
      5,
      0,
      XS_PERM_READ },
    { { { 6, XS_PERM_NONE }, { 5, XS_PERM_READ | XS_PERM_IGNORE } },
      2,
      5,
      0,
      XS_PERM_NONE },
    { { { 6, XS_PERM_NONE } }, 1, 5, 6, ALL },
    { { { 7, XS_PERM_NONE }, { 6, XS_PERM_READ } }, 2, 5, 6, XS_PERM_READ },
    { { { 7, XS_PERM_NONE } }, 1, 0, 0, ALL },
};

static void test_permissions(void **state)
{
    for ( unsigned int i = 0; i < sizeof(grants) / sizeof(grants[0]); i++ )
    {
        const struct perms node = {
            .nr = grants[i].nr,
            .entry = (struct xs_permissions *)grants[i].entry,
        };
        const struct actor actor = {
            .domid = grants[i].domid,
            .privileged = !grants[i].domid,
            .has_target = grants[i].target,
            .target = grants[i].target,
        };

        assert_int_equal(perms_of_actor(&node, &actor), grants[i].allowed);
    }
}

static void test_permission_strings(void **state)
{
    struct xs_permissions entry[] = {
        { 0, XS_PERM_NONE },
        { 12, XS_PERM_READ | XS_PERM_WRITE | XS_PERM_IGNORE },
    };
    const struct perms two = { .nr = 2, .entry = entry };
    char buf[16];

    assert_int_equal(perms_to_strings(&two, buf, sizeof(buf)), 7);
    assert_memory_equal(buf, "n0\0b12", 7);
    assert_int_equal(perms_to_strings(&two, buf, 4), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find_among_many),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_path_characters),
        cmocka_unit_test(test_path_lengths),
        cmocka_unit_test(test_path_relations),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_permission_strings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
