/* TEST-SOURCES: xen/common/conring.c */
/* SPDX-License-Identifier: MIT */
/* The console ring: wrapping, clearing, following. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <xen/console.h>

#define SIZE 16

bool console_is_broken(void)
{
    return false;
}

static char written[64];

void console_write(const char *s, size_t n)
{
    strncat(written, s, n);
    /* As a channel may: what is logged meanwhile must not be dumped too. */
    console_ring_write("+", 1);
}

static char buffer[2][64];
static char out[128];

/* The ring keeps its state: begin each test with a small empty one. */
static int fresh(void **state)
{
    static int turn;
    uint32_t index = 0;

    turn ^= 1;
    console_ring_resize(buffer[turn], SIZE);
    console_ring_read(out, sizeof(out), false, true, &index);
    return 0;
}

static size_t read_all(bool incremental, bool clear, uint32_t *index)
{
    size_t n;

    memset(out, 0, sizeof(out));
    n = console_ring_read(out, sizeof(out) - 1, incremental, clear, index);
    assert_int_equal(n, strlen(out));
    return n;
}

static void keeps_what_was_written(void **state)
{
    uint32_t index = 0;

    console_ring_write("hello", 5);
    read_all(false, false, &index);
    assert_string_equal(out, "hello");
    /* Reading does not consume. */
    read_all(false, false, &index);
    assert_string_equal(out, "hello");
}

static void keeps_the_last_bytes(void **state)
{
    uint32_t index = 0;

    console_ring_write("0123456789abcdefXYZ", 19);
    read_all(false, false, &index);
    assert_string_equal(out, "3456789abcdefXYZ");
}

static void incremental_follows(void **state)
{
    uint32_t index = 0;

    console_ring_write("one ", 4);
    read_all(false, false, &index);
    console_ring_write("two", 3);
    assert_int_equal(read_all(true, false, &index), 3);
    assert_string_equal(out, "two");
    assert_int_equal(read_all(true, false, &index), 0);
}

static void incremental_after_overrun(void **state)
{
    uint32_t index = 0;

    console_ring_write("a", 1);
    read_all(false, false, &index);
    console_ring_write("0123456789abcdefghij", 20);
    read_all(true, false, &index);
    assert_string_equal(out, "456789abcdefghij");
}

static void index_of_the_future(void **state)
{
    uint32_t index = 0x7fffffff;

    console_ring_write("abc", 3);
    read_all(true, false, &index);
    assert_string_equal(out, "abc");
}

static void clear_forgets(void **state)
{
    uint32_t index = 0;

    console_ring_write("abc", 3);
    read_all(false, true, &index);
    assert_string_equal(out, "abc");
    assert_int_equal(read_all(false, false, &index), 0);
    console_ring_write("def", 3);
    read_all(false, false, &index);
    assert_string_equal(out, "def");
}

static void clear_of_a_part(void **state)
{
    uint32_t index = 0;

    console_ring_write("abcdef", 6);
    assert_int_equal(console_ring_read(out, 2, false, true, &index), 2);
    read_all(false, false, &index);
    assert_string_equal(out, "cdef");
}

static void resize_keeps_content(void **state)
{
    static char big[64], small[8];
    uint32_t index = 0;

    console_ring_write("0123456789", 10);
    console_ring_resize(big, sizeof(big));
    console_ring_write("abcdefghijkl", 12);
    read_all(false, false, &index);
    assert_string_equal(out, "0123456789abcdefghijkl");
    console_ring_resize(small, sizeof(small));
    read_all(false, false, &index);
    assert_string_equal(out, "efghijkl");
}

static void dump_writes_what_was_there(void **state)
{
    (void)state;
    written[0] = 0;
    console_ring_write("abc\ndef\n", 8);
    console_ring_dump();
    assert_string_equal(written, "abc\ndef\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(keeps_what_was_written, fresh),
        cmocka_unit_test_setup(keeps_the_last_bytes, fresh),
        cmocka_unit_test_setup(incremental_follows, fresh),
        cmocka_unit_test_setup(incremental_after_overrun, fresh),
        cmocka_unit_test_setup(index_of_the_future, fresh),
        cmocka_unit_test_setup(clear_forgets, fresh),
        cmocka_unit_test_setup(clear_of_a_part, fresh),
        cmocka_unit_test_setup(resize_keeps_content, fresh),
        cmocka_unit_test_setup(dump_writes_what_was_there, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
