/* SPDX-License-Identifier: MIT */
/* The console daemon: rings that guests may spoil, bounded output, logs. */
/* TEST-SOURCES: tools/console/conring.c tools/console/outbuf.c */
/* TEST-SOURCES: tools/console/logfile.c tools/libs/store/xs-lib.c */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include "../../../../tools/console/conring.h"
#include "../../../../tools/console/logfile.h"
#include "../../../../tools/console/outbuf.h"

static struct xencons_interface ring;

static void test_take_around_the_end(void **state)
{
    char buf[4096];

    memset(&ring, 0, sizeof(ring));
    ring.out_cons = 0xfffffffe;
    ring.out_prod = 0xfffffffe;
    for ( unsigned int i = 0; i < 2048; i++ )
        ring.out[MASK_XENCONS_IDX(ring.out_prod++, ring.out)] = i * 7;

    assert_int_equal(conring_take(&ring, buf, 100), 100);
    assert_int_equal(conring_take(&ring, buf + 100, sizeof(buf) - 100), 1948);
    assert_int_equal(conring_take(&ring, buf, 1), 0);
    for ( unsigned int i = 0; i < 2048; i++ )
        assert_int_equal((unsigned char)buf[i], (unsigned char)(i * 7));
}

static void test_take_with_absurd_indexes(void **state)
{
    char buf[16];

    memset(&ring, 0, sizeof(ring));
    ring.out_prod = 2049;
    assert_int_equal(conring_take(&ring, buf, sizeof(buf)), 0);
    assert_int_equal(ring.out_cons, 2049);
    ring.out[1] = 'x';
    ring.out_prod++;
    assert_int_equal(conring_take(&ring, buf, sizeof(buf)), 1);
    assert_int_equal(buf[0], 'x');
}

static void test_put_only_as_much_as_fits(void **state)
{
    char buf[2000];

    memset(&ring, 0, sizeof(ring));
    memset(buf, 'y', sizeof(buf));
    ring.in_prod = ring.in_cons = 1000;
    assert_int_equal(conring_room(&ring), 1024);
    assert_int_equal(conring_put(&ring, buf, sizeof(buf)), 1024);
    assert_int_equal(ring.in_prod, 2024);
    assert_int_equal(conring_room(&ring), 0);
    ring.in_cons += 10;
    assert_int_equal(conring_put(&ring, buf, 4), 4);
    assert_int_equal(conring_room(&ring), 6);
    /* A guest that claims to have read what was never written. */
    ring.in_cons = ring.in_prod + 5;
    assert_int_equal(conring_room(&ring), 0);
    assert_int_equal(conring_put(&ring, buf, 4), 0);
}

static void expect(const struct outbuf *buf, const char *text)
{
    size_t len;
    const char *data = outbuf_peek(buf, &len);

    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
}

static void test_buffer_keeps_the_newest(void **state)
{
    struct outbuf buf = { .limit = 10 };

    assert_true(outbuf_add(&buf, "01234", 5));
    assert_true(outbuf_add(&buf, "56789", 5));
    expect(&buf, "0123456789");
    assert_true(outbuf_add(&buf, "abc", 3));
    expect(&buf, "3456789abc");
    outbuf_drop(&buf, 8);
    expect(&buf, "bc");
    assert_true(outbuf_add(&buf, "a text of its own length", 24));
    expect(&buf, "own length");
    outbuf_free(&buf);
}

static void test_buffer_without_limit(void **state)
{
    struct outbuf buf = { .limit = 0 };
    size_t len;

    for ( unsigned int i = 0; i < 10000; i++ )
    {
        assert_true(outbuf_add(&buf, "0123456789", 10));
        if ( i % 3 == 0 )
            outbuf_drop(&buf, 7);
    }
    outbuf_peek(&buf, &len);
    assert_int_equal(len, 100000 - 3334 * 7);
    outbuf_free(&buf);
}

static void test_log_lines_have_times(void **state)
{
    char path[] = "/tmp/nidus-log-XXXXXX", text[256] = "";
    int fd = mkstemp(path);
    struct logfile log;

    assert_true(fd >= 0);
    logfile_init(&log);
    log.replace_escape = true;
    assert_true(logfile_open(&log, strdup(path), true));
    logfile_write(&log, "one\ntw", 6);
    logfile_write(&log, "o\033[1m\n\n", 7);
    logfile_close(&log);

    assert_true(read(fd, text, sizeof(text) - 1) > 0);
    close(fd);
    unlink(path);
    /* "[YYYY-MM-DD HH:MM:SS] " takes 22 characters. */
    assert_memory_equal(text + 22, "one\n[", 5);
    assert_memory_equal(text + 26 + 22, "two.[1m\n[", 9);
    assert_string_equal(text + 26 + 22 + 8 + 22, "\n");
}

static void test_full_buffer_seldom_moves(void **state)
{
    static char page[2048];
    struct outbuf buf = { .limit = 1u << 20 };
    unsigned int at_start = 0;

    for ( unsigned int i = 0; i < 5000; i++ )
    {
        assert_true(outbuf_add(&buf, page, sizeof(page)));
        at_start += i > 1000 && !buf.start;
    }
    assert_in_range(at_start, 0, 20);
    assert_in_range(buf.size, 0, 2u << 20);
    outbuf_free(&buf);
}

static void test_room(void **state)
{
    struct outbuf buf = { .limit = 10 }, endless = { .limit = 0 };

    assert_int_equal(outbuf_room(&buf), 10);
    assert_true(outbuf_add(&buf, "0123456", 7));
    assert_int_equal(outbuf_room(&buf), 3);
    assert_true(outbuf_add(&buf, "01234", 5));
    assert_int_equal(outbuf_room(&buf), 0);
    assert_int_equal(outbuf_room(&endless), SIZE_MAX);
    outbuf_free(&buf);
}

static unsigned int nr_told;

void syslog(int priority, const char *fmt, ...)
{
    nr_told++;
}

static void test_full_disk_is_told_once(void **state)
{
    struct logfile log;

    logfile_init(&log);
    assert_true(logfile_open(&log, strdup("/dev/full"), false));
    for ( unsigned int i = 0; i < 100; i++ )
        logfile_write(&log, "flood\n", 6);
    assert_int_equal(nr_told, 1);
    logfile_close(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_around_the_end),
        cmocka_unit_test(test_take_with_absurd_indexes),
        cmocka_unit_test(test_put_only_as_much_as_fits),
        cmocka_unit_test(test_buffer_keeps_the_newest),
        cmocka_unit_test(test_buffer_without_limit),
        cmocka_unit_test(test_log_lines_have_times),
        cmocka_unit_test(test_full_buffer_seldom_moves),
        cmocka_unit_test(test_room),
        cmocka_unit_test(test_full_disk_is_told_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
