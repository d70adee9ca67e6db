/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/hypfs.c xen/common/hypfs-tree.c */
/* TEST-SOURCES: xen/common/cmdline.c xen/lib/parse.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-SOURCES: xen/common/event-port.c xen/common/event-send.c */
/* TEST-SOURCES: xen/common/event-2l.c xen/common/event-fifo.c */
/* TEST-SOURCES: xen/common/event-fifo-queue.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h -Dstrlcpy=hv_strlcpy */
/* hypfs_op: walking the tree, its listings, run-time options, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/hypercalls.h>
#include <xen/hypfs.h>
#include <xen/lib.h>
#include <xen/version.h>

const char nidus_commit[] = "0123456789ab";

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

static bool busy, inside;

bool control_op_enter(void)
{
    if ( busy )
        return false;
    return inside = true;
}

void control_op_leave(void)
{
    inside = false;
}

static char setting[32] = "old";

static int set_setting(const char *value)
{
    assert_true(inside);
    if ( !strcmp(value, "bad") )
        return -EINVAL;
    strlcpy(setting, value, sizeof(setting));
    return 0;
}

static void show_setting(char *buf, size_t size)
{
    strlcpy(buf, setting, size);
}
runtime_param("setting", set_setting, show_setting);

static void show_other(char *buf, size_t size)
{
    strlcpy(buf, "x", size);
}
static int set_other(const char *value)
{
    (void)value;
    return 0;
}
runtime_param("another", set_other, show_other);

static bool boot_only;
boolean_param("boot-only", boot_only);

static struct domain *d0, *guest;

static int setup(void **state)
{
    (void)state;
    d0 = dom0 = test_domain_create(0, 1, true);
    guest = test_domain_create(5, 1, false);
    test_become(d0);
    strcpy(setting, "old");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_domains_destroy();
    dom0 = NULL;
    return 0;
}

static uint64_t buf[512];

static long hypfs(unsigned int op, const char *path, size_t room)
{
    return do_hypfs_op(op, (unsigned long)path, path ? strlen(path) + 1 : 0,
                       (unsigned long)buf, room);
}

static const char *value(const char *path)
{
    memset(buf, 0xff, sizeof(buf));
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, path, sizeof(buf)), 0);
    return (const char *)buf + sizeof(struct xen_hypfs_direntry);
}

static const struct xen_hypfs_direntry *entry = (const void *)buf;

static void test_version(void **state)
{
    (void)state;
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_get_version, 0, 0, 0, 0), 1);
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_get_version, 1, 0, 0, 0),
                     -EINVAL);
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_get_version, 0, 0, 0, 1),
                     -EINVAL);
    test_become(guest);
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_get_version, 0, 0, 0, 0), -EPERM);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/", sizeof(buf)), -EPERM);
}

static void test_values(void **state)
{
    (void)state;
    assert_string_equal(value("/buildinfo/changeset"), nidus_commit);
    assert_int_equal(entry->type, XEN_HYPFS_TYPE_STRING);
    assert_int_equal(entry->encoding, XEN_HYPFS_ENC_PLAIN);
    assert_int_equal(entry->content_len, sizeof(nidus_commit));
    assert_int_equal(entry->max_write_len, 0);

    assert_int_equal(*(const uint32_t *)value("/buildinfo/version/minor"), 17);
    assert_int_equal(entry->type, XEN_HYPFS_TYPE_UINT);
    assert_int_equal(entry->content_len, sizeof(uint32_t));

    assert_string_equal(value("/cpupool/0/sched-gran"), "cpu");
    assert_string_equal(value("//params//setting"), "old");
    assert_int_not_equal(entry->max_write_len, 0);
}

/* Names and number of the entries that a directory lists. */
static unsigned int names(const char *path, char *out)
{
    const char *at = value(path);
    const struct xen_hypfs_dirlistentry *e;
    unsigned int nr = 0;

    *out = 0;
    assert_int_equal(entry->type, XEN_HYPFS_TYPE_DIR);
    if ( !entry->content_len )
        return 0;
    for ( ;; )
    {
        e = (const void *)at;
        assert_int_equal((uintptr_t)at % _Alignof(uint32_t), 0);
        sprintf(out + strlen(out), "%s ", e->name);
        nr++;
        if ( !e->off_next )
            break;
        at += e->off_next;
    }
    assert_true(at < (const char *)(entry + 1) + entry->content_len);
    return nr;
}

bool cpupool_nth(unsigned int n, uint32_t *id)
{
    static const uint32_t ids[] = { 0, 5 };

    if ( n >= ARRAY_SIZE(ids) )
        return false;
    *id = ids[n];
    return true;
}

static void test_listing(void **state)
{
    char all[256];

    (void)state;
    assert_int_equal(names("/", all), 3);
    assert_string_equal(all, "buildinfo cpupool params ");
    assert_int_equal(names("/params", all), 2);
    assert_string_equal(all, "another setting ");
    assert_int_equal(names("/params/", all), 2);
    assert_int_equal(names("/cpupool", all), 2);
    assert_string_equal(all, "0 5 ");
    assert_string_equal(value("/cpupool/5/sched-gran"), "cpu");
    assert_int_equal(names("/buildinfo/compileinfo", all), 4);
}

static void test_room(void **state)
{
    size_t head = sizeof(struct xen_hypfs_direntry);

    (void)state;
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/buildinfo/changeset", head - 1),
                     -EINVAL);
    memset(buf, 0, sizeof(buf));
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/buildinfo/changeset", head),
                     -ENOBUFS);
    assert_int_equal(entry->content_len, sizeof(nidus_commit));
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/buildinfo/changeset",
                           head + sizeof(nidus_commit) - 1),
                     -ENOBUFS);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/buildinfo/changeset",
                           head + sizeof(nidus_commit)),
                     0);
}

static void test_bad_paths(void **state)
{
    static char longest[XEN_HYPFS_MAX_PATHLEN + 2];

    (void)state;
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/nosuch", sizeof(buf)), -ENOENT);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/build", sizeof(buf)), -ENOENT);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/params/boot-only", sizeof(buf)),
                     -ENOENT);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "/params/setting/x", sizeof(buf)),
                     -ENOENT);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, "params", sizeof(buf)), -EINVAL);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, NULL, sizeof(buf)), -EINVAL);
    /* No NUL at the end, or one before it. */
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_read, (unsigned long)"/params", 7,
                                 (unsigned long)buf, sizeof(buf)),
                     -EINVAL);
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_read, (unsigned long)"/\0x", 4,
                                 (unsigned long)buf, sizeof(buf)),
                     -EINVAL);
    memset(longest, '/', sizeof(longest) - 1);
    assert_int_equal(hypfs(XEN_HYPFS_OP_read, longest, sizeof(buf)), -EINVAL);
    assert_int_equal(hypfs(77, "/params", sizeof(buf)), -EOPNOTSUPP);
}

static long set(const char *path, const char *text, size_t size)
{
    return do_hypfs_op(XEN_HYPFS_OP_write_contents, (unsigned long)path,
                       strlen(path) + 1, (unsigned long)text, size);
}

static void test_write(void **state)
{
    static char big[4096];

    (void)state;
    /* Another pCPU may be changing what there is to list. */
    busy = true;
    assert_int_equal(set("/params/setting", "no", 3), -ERESTART);
    busy = false;
    assert_int_equal(set("/params/setting", "new", 4), 0);
    assert_false(inside);
    assert_string_equal(setting, "new");
    assert_string_equal(value("/params/setting"), "new");
    assert_int_equal(set("/params/setting", "bad", 4), -EINVAL);
    assert_int_equal(set("/params/setting", "new", 3), -EINVAL);
    assert_int_equal(set("/params/setting", "", 0), -EINVAL);
    assert_int_equal(set("/params/setting", big, 129), -ENOSPC);
    assert_int_equal(set("/params/setting", big, sizeof(big)), -ENOSPC);
    assert_int_equal(set("/buildinfo/changeset", "x", 2), -EACCES);
    assert_int_equal(set("/buildinfo/changeset", big, sizeof(big)), -EACCES);
    assert_int_equal(set("/params", "x", 2), -EACCES);
    assert_string_equal(setting, "new");
}

static void test_wild_pointers(void **state)
{
    static char window[64] = "/params/setting";

    (void)state;
    test_guest_window(window, sizeof(window));
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_read, 0x1000, 8,
                                 (unsigned long)window, sizeof(window)),
                     -EFAULT);
    assert_int_equal(
        do_hypfs_op(XEN_HYPFS_OP_read, (unsigned long)window, 16, 0x1000, 4096),
        -EFAULT);
    assert_int_equal(do_hypfs_op(XEN_HYPFS_OP_write_contents,
                                 (unsigned long)window, 16, 0x1000, 4),
                     -EFAULT);
    assert_string_equal(setting, "old");
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CASE(test_version),       CASE(test_values),    CASE(test_listing),
        CASE(test_room),          CASE(test_bad_paths), CASE(test_write),
        CASE(test_wild_pointers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
