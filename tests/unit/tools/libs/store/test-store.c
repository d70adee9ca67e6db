/* SPDX-License-Identifier: MIT */
/* The client library against the daemon, over a socket and two processes. */
/* TEST-SOURCES: tools/libs/store/xs.c tools/libs/store/xs-conn.c */
/* TEST-SOURCES: tools/libs/store/xs-lib.c tools/libs/store/xs-connect.c */
/* TEST-SOURCES: tools/xenstore/loop.c tools/xenstore/socket.c */
/* TEST-SOURCES: tools/xenstore/domain.c tools/xenstore/ring.c */
/* TEST-SOURCES: tools/xenstore/conn.c tools/xenstore/wire.c */
/* TEST-SOURCES: tools/xenstore/request-node.c tools/xenstore/request-conn.c */
/* TEST-SOURCES: tools/xenstore/request-domain.c tools/xenstore/control.c */
/* TEST-SOURCES: tools/xenstore/store.c tools/xenstore/nodes.c */
/* TEST-SOURCES: tools/xenstore/nodes-upkeep.c tools/xenstore/node-array.c */
/* TEST-SOURCES: tools/xenstore/txn.c tools/xenstore/watch.c */
/* TEST-SOURCES: tools/xenstore/quota.c tools/xenstore/perms.c */
/* TEST-SOURCES: tools/xenstore/tree.c tests/unit/tools/xenstore/harness.c */
/* TEST-LIBS: -pthread */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenstore.h>

#include "../../../../../tools/xenstore/loop.h"
#include "../../../../../tools/xenstore/socket.h"
#include "../../xenstore/harness.h"

#define WAIT_MS 20000

static char dir[] = "/tmp/nidus-store-XXXXXX";
static char path[64];
static int stop_fds[2];
static pid_t daemon_pid;
static struct xs_handle *xs;

static int start_daemon(void **state)
{
    struct store store;
    int listener;

    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/socket", dir);
    setenv("XENSTORED_PATH", path, 1);
    listener = socket_listen(path);
    assert_true(listener >= 0);
    assert_int_equal(pipe(stop_fds), 0);

    daemon_pid = fork();
    if ( !daemon_pid )
    {
        close(stop_fds[1]);
        hv_reset();
        hv_is_open = false;
        if ( store_init(&store) )
            loop_run(&store, listener, stop_fds[0]);
        store_destroy(&store);
        _exit(0);
    }
    close(listener);
    close(stop_fds[0]);

    return 0;
}

static int stop_daemon(void **state)
{
    int status;

    close(stop_fds[1]);
    assert_int_equal(waitpid(daemon_pid, &status, 0), daemon_pid);
    assert_int_equal(status, 0);
    unlink(path);
    rmdir(dir);

    return 0;
}

static int open_client(void **state)
{
    xs = xs_open(0);
    assert_non_null(xs);
    return 0;
}

static int close_client(void **state)
{
    xs_rm(xs, XBT_NULL, "/t");
    xs_close(xs);
    return 0;
}

static bool put(const char *node, const char *value)
{
    return xs_write(xs, XBT_NULL, node, value, strlen(value));
}

static void test_values(void **state)
{
    unsigned int len;
    char *value;

    errno = EIO;
    assert_true(put("/t/a", "value"));
    assert_int_equal(errno, 0);
    value = xs_read(xs, XBT_NULL, "/t/a", &len);
    assert_string_equal(value, "value");
    assert_int_equal(len, 5);
    free(value);

    assert_null(xs_read(xs, XBT_NULL, "/t/b", &len));
    assert_int_equal(errno, ENOENT);
    assert_false(put("bad//path", ""));
    assert_int_equal(errno, EINVAL);
    assert_false(xs_rm(xs, XBT_NULL, "/t/x/y"));
    assert_int_equal(errno, ENOENT);
    assert_true(xs_rm(xs, XBT_NULL, "/t/b"));
}

static void test_too_much(void **state)
{
    static char big[5000];

    assert_false(xs_write(xs, XBT_NULL, "/t/a", big, sizeof(big)));
    assert_int_equal(errno, E2BIG);
    assert_true(xs_write(xs, XBT_NULL, "/t/a", big, 4096 - 5));
}

static void test_big_directory(void **state)
{
    char node[64], **names;
    unsigned int nr;

    for ( unsigned int i = 0; i < 1000; i++ )
    {
        snprintf(node, sizeof(node), "/t/some-longer-name-%u", i);
        assert_true(xs_mkdir(xs, XBT_NULL, node));
    }
    names = xs_directory(xs, XBT_NULL, "/t", &nr);
    assert_non_null(names);
    assert_int_equal(nr, 1000);
    assert_string_equal(names[0], "some-longer-name-0");
    assert_string_equal(names[999], "some-longer-name-999");
    free(names);

    assert_true(xs_mkdir(xs, XBT_NULL, "/t/some-longer-name-5/x"));
    names = xs_directory(xs, XBT_NULL, "/t/some-longer-name-5", &nr);
    assert_int_equal(nr, 1);
    free(names);
    names = xs_directory(xs, XBT_NULL, "/t/some-longer-name-6", &nr);
    assert_non_null(names);
    assert_int_equal(nr, 0);
    free(names);
}

static void test_permissions(void **state)
{
    struct xs_permissions perms[] = { { 3, XS_PERM_NONE },
                                      { 4, XS_PERM_READ | XS_PERM_WRITE } };
    struct xs_permissions *got;
    unsigned int nr;

    assert_true(xs_mkdir(xs, XBT_NULL, "/t"));
    assert_true(xs_set_permissions(xs, XBT_NULL, "/t", perms, 2));
    got = xs_get_permissions(xs, XBT_NULL, "/t", &nr);
    assert_int_equal(nr, 2);
    assert_memory_equal(got, perms, sizeof(perms));
    free(got);
}

static void test_transactions(void **state)
{
    xs_transaction_t t = xs_transaction_start(xs);
    char *value;

    assert_int_not_equal(t, XBT_NULL);
    assert_true(xs_write(xs, t, "/t/x", "1", 1));
    assert_null(xs_read(xs, XBT_NULL, "/t/x", NULL));
    assert_true(xs_transaction_end(xs, t, true));
    assert_null(xs_read(xs, XBT_NULL, "/t/x", NULL));

    t = xs_transaction_start(xs);
    free(xs_read(xs, t, "/t/x", NULL));
    assert_true(put("/t/x", "2"));
    assert_true(xs_write(xs, t, "/t/y", "1", 1));
    assert_false(xs_transaction_end(xs, t, false));
    assert_int_equal(errno, EAGAIN);

    t = xs_transaction_start(xs);
    assert_true(xs_write(xs, t, "/t/y", "1", 1));
    assert_true(xs_transaction_end(xs, t, false));
    value = xs_read(xs, XBT_NULL, "/t/y", NULL);
    assert_string_equal(value, "1");
    free(value);
}

static bool readable(void)
{
    struct pollfd fd = { .fd = xs_fileno(xs), .events = POLLIN };

    return poll(&fd, 1, WAIT_MS) == 1;
}

/* The next event, which the file descriptor has announced. */
static void expect_event(const char *node, const char *token)
{
    char **event;

    assert_true(readable());
    event = xs_check_watch(xs);
    assert_non_null(event);
    assert_string_equal(event[XS_WATCH_PATH], node);
    assert_string_equal(event[XS_WATCH_TOKEN], token);
    free(event);
}

static void test_watch_by_poll(void **state)
{
    struct pollfd fd = { .fd = xs_fileno(xs), .events = POLLIN };

    assert_null(xs_check_watch(xs));
    assert_int_equal(errno, EAGAIN);
    assert_true(xs_watch(xs, "/t", "one"));
    assert_true(xs_watch(xs, "/t/x", "two"));
    assert_false(xs_watch(xs, "/t/x", "two"));
    assert_int_equal(errno, EEXIST);
    expect_event("/t", "one");
    expect_event("/t/x", "two");

    assert_true(put("/t/x/y", "v"));
    expect_event("/t/x/y", "one");
    expect_event("/t/x/y", "two");
    assert_null(xs_check_watch(xs));
    /* The descriptor is quiet again. */
    assert_int_equal(poll(&fd, 1, 0), 0);

    assert_true(xs_unwatch(xs, "/t", "one"));
    assert_false(xs_unwatch(xs, "/t", "one"));
    assert_int_equal(errno, ENOENT);
    assert_true(put("/t/x", "v"));
    expect_event("/t/x", "two");
}

static void test_unwatch_filter(void **state)
{
    struct xs_handle *filtered = xs_open(XS_UNWATCH_FILTER);

    assert_true(xs_watch(filtered, "/t", "a"));
    assert_true(xs_watch(filtered, "/u", "b"));
    assert_true(xs_unwatch(filtered, "/t", "a"));
    /* Only the other watch's first event is left. */
    for ( char **event; (event = xs_check_watch(filtered)); free(event) )
        assert_string_equal(event[XS_WATCH_TOKEN], "b");
    xs_close(filtered);
}

static void *write_later(void *opaque)
{
    struct xs_handle *other = xs_open(0);

    xs_write(other, XBT_NULL, "/t/from-thread", "v", 1);
    xs_close(other);
    return NULL;
}

static void test_watch_by_waiting(void **state)
{
    pthread_t thread;
    unsigned int nr;
    char **event;

    assert_true(xs_watch(xs, "/t", "tok"));
    event = xs_read_watch(xs, &nr);
    assert_int_equal(nr, 2);
    free(event);

    assert_int_equal(pthread_create(&thread, NULL, write_later, NULL), 0);
    event = xs_read_watch(xs, &nr);
    assert_string_equal(event[XS_WATCH_PATH], "/t/from-thread");
    free(event);
    pthread_join(thread, NULL);
}

static void *many_requests(void *opaque)
{
    char node[32];

    for ( unsigned int i = 0; i < 200; i++ )
    {
        char *value;

        snprintf(node, sizeof(node), "/t/%s/%u", (char *)opaque, i);
        if ( !put(node, node) )
            return "write";
        value = xs_read(xs, XBT_NULL, node, NULL);
        if ( !value || strcmp(value, node) )
            return "read";
        free(value);
    }

    return NULL;
}

static void test_threads_share_a_handle(void **state)
{
    static char *const names[] = { "a", "b", "c", "d" };
    pthread_t threads[4];
    unsigned int seen = 0;

    assert_true(xs_watch(xs, "/t", "t"));
    for ( unsigned int i = 0; i < 4; i++ )
        pthread_create(&threads[i], NULL, many_requests, names[i]);
    while ( seen < 801 )
    {
        char **event = xs_read_watch(xs, NULL);

        assert_non_null(event);
        free(event);
        seen++;
    }
    for ( unsigned int i = 0; i < 4; i++ )
    {
        void *result;

        pthread_join(threads[i], &result);
        assert_null(result);
    }
}

static void test_domains(void **state)
{
    char *home = xs_get_domain_path(xs, 5);

    assert_string_equal(home, "/local/domain/5");
    free(home);
    assert_false(xs_is_domain_introduced(xs, 5));
    assert_false(xs_release_domain(xs, 5));
    assert_int_equal(errno, ENOENT);
    assert_false(xs_restrict(xs, 5));

    assert_int_equal(xs_suspend_evtchn_port(5), -1);
    assert_true(put("/local/domain/5/device/suspend/event-channel", "12"));
    assert_int_equal(xs_suspend_evtchn_port(5), 12);
}

static void test_control(void **state)
{
    char *answer = xs_control_command(xs, "check", NULL, 0);

    assert_string_equal(answer, "OK");
    free(answer);
    assert_null(xs_control_command(xs, "unknown", NULL, 0));
    assert_int_equal(errno, EINVAL);
}

static void test_no_daemon(void **state)
{
    setenv("XENSTORED_PATH", "/nonexistent/socket", 1);
    assert_null(xs_open(0));
    assert_int_equal(errno, ENOENT);
    setenv("XENSTORED_PATH", path, 1);
}

static void test_strings_and_paths(void **state)
{
    struct xs_permissions perms[2];

    assert_true(xs_strings_to_perms(perms, 2, "b0\0r12"));
    assert_int_equal(perms[0].perms, XS_PERM_READ | XS_PERM_WRITE);
    assert_int_equal(perms[1].id, 12);
    assert_false(xs_strings_to_perms(perms, 1, "x0"));
    assert_false(xs_strings_to_perms(perms, 1, "r"));
    assert_false(xs_strings_to_perms(perms, 1, "r1z"));
    assert_true(xs_path_is_subpath("/a", "/a/b"));
    assert_true(xs_path_is_subpath("/a", "/a"));
    assert_false(xs_path_is_subpath("/a", "/ab"));
    assert_string_equal(xs_daemon_socket(), path);
}

int main(void)
{
#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, open_client, close_client)
    const struct CMUnitTest tests[] = {
        TEST(test_values),
        TEST(test_too_much),
        TEST(test_big_directory),
        TEST(test_permissions),
        TEST(test_transactions),
        TEST(test_watch_by_poll),
        TEST(test_unwatch_filter),
        TEST(test_watch_by_waiting),
        TEST(test_threads_share_a_handle),
        TEST(test_domains),
        TEST(test_control),
        TEST(test_no_daemon),
        TEST(test_strings_and_paths),
    };

    return cmocka_run_group_tests(tests, start_daemon, stop_daemon);
}
