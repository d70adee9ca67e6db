/* TEST-SOURCES: xen/common/console.c xen/common/keyhandler.c */
/* TEST-SOURCES: xen/common/cmdline.c xen/lib/parse.c xen/common/conring.c */
/* TEST-CFLAGS: -Dstrlcpy=hv_strlcpy */
/* SPDX-License-Identifier: MIT */
/* Channels by name; input for Dom0 or for the debug keys. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/mm.h>

static char out_a[256], out_b[256], said[2048];
static int flushes, hooks;
static char pressed[32];

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + strlen(said), sizeof(said) - strlen(said), fmt, ap);
    va_end(ap);
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

static char ring[16384] __aligned(4096);
static unsigned int ring_order;

void *alloc_xenheap_pages(unsigned int order)
{
    ring_order = order;
    return order <= 2 ? ring : NULL;
}

bool console_is_broken(void)
{
    return false;
}

static bool there(void)
{
    return true;
}

static bool absent(void)
{
    return false;
}

static void write_a(const char *s, size_t n)
{
    strncat(out_a, s, n);
}

static void write_b(const char *s, size_t n)
{
    strncat(out_b, s, n);
}

static void flush(void)
{
    flushes++;
}

static const struct console_channel a = { "a", there, write_a, flush };
static const struct console_channel b = { "bb", there, write_b, flush };
static const struct console_channel c = { "gone", absent, write_b, flush };
const struct console_channel *const console_channels[] = { &a, &b, &c, NULL };

static void key(unsigned char k)
{
    pressed[strlen(pressed)] = k;
}

static void hook(void)
{
    hooks++;
}

static void channels_by_name(void **state)
{
    cmdline_parse("console=a,nonsense,gone,bb");
    console_init();
    console_write("hello", 5);
    assert_string_equal(said, XENLOG_WARNING
                        "There is no such console: nonsense,gone,bb\n");
    assert_string_equal(out_a, "hello");
    assert_string_equal(out_b, "hello");
    assert_int_equal(flushes, 0);
    console_flush();
    assert_int_equal(flushes, 2);
}

static void hwdom_text_goes_through(void **state)
{
    char buf[64];
    uint32_t index = 0;

    out_a[0] = '\0';
    console_hwdom_write("dom0\n", 5);
    assert_string_equal(out_a, "dom0\n");
    assert_int_equal(console_ring_read(buf, 64, false, true, &index), 0);
    cmdline_parse("console_to_ring");
    console_hwdom_write("kept", 4);
    assert_int_equal(console_ring_read(buf, 64, false, true, &index), 4);
}

static void type(const char *s)
{
    while ( *s )
        console_input(*s++);
}

static size_t dom0_reads(char *buf, size_t size)
{
    size_t n = console_hwdom_read(buf, size - 1);

    buf[n] = '\0';
    return n;
}

static void input_is_dom0s(void **state)
{
    char buf[64];

    console_set_input_hook(hook);
    type("ls\r");
    assert_int_equal(hooks, 3);
    assert_int_equal(console_hwdom_read(buf, 2), 2);
    assert_int_equal(dom0_reads(buf, sizeof(buf)), 1);
    assert_int_equal(dom0_reads(buf, sizeof(buf)), 0);
}

static void three_switch_characters(void **state)
{
    char buf[64];

    register_keyhandler('q', key, "test");
    register_keyhandler(200, key, "out of range");
    type("\1\1q");
    assert_string_equal(pressed, "");
    dom0_reads(buf, sizeof(buf));
    assert_string_equal(buf, "\1\1q");
    type("\1\1\1qz");
    assert_string_equal(pressed, "q");
    assert_int_equal(console_hwdom_read(buf, sizeof(buf)), 2);
    said[0] = '\0';
    type("h");
    assert_non_null(strstr(said, "'q'"));
    handle_keypress(255);
    type("\1\1\1x");
    dom0_reads(buf, sizeof(buf));
    assert_string_equal(buf, "x");
    assert_string_equal(pressed, "q");
}

static void another_switch_character(void **state)
{
    char buf[64];

    cmdline_parse("conswitch=b");
    type("\1\1\1q");
    dom0_reads(buf, sizeof(buf));
    assert_string_equal(buf, "\1\1\1q");
    pressed[0] = '\0';
    type("\2\2\2q\2\2\2");
    assert_string_equal(pressed, "q");
    dom0_reads(buf, sizeof(buf));
    said[0] = '\0';
    cmdline_parse("conswitch=? conswitch=abc");
    cmdline_report();
    assert_non_null(strstr(said, "conswitch=?"));
    assert_non_null(strstr(said, "conswitch=abc"));
}

static void too_much_input(void **state)
{
    static char buf[1000];

    for ( int i = 0; i < 900; i++ )
        console_input('a' + i % 26);
    assert_int_equal(console_hwdom_read(buf, sizeof(buf)), 256);
    assert_int_equal(buf[255], 'a' + 255 % 26);
}

static void ring_of_a_size(void **state)
{
    console_init_ring(); /* none asked for */
    cmdline_parse("conring_size=16k");
    console_init_ring();
    assert_int_equal(ring_order, 2);
    cmdline_parse("conring_size=9000b");
    console_init_ring();
    assert_int_equal(ring_order, 2);
    /* More than there is: the ring stays as it was. */
    cmdline_parse("conring_size=1t");
    console_init_ring();
    assert_true(ring_order <= 18);
}

static void sync_flushes_each(void **state)
{
    flushes = 0;
    console_start_sync();
    assert_int_equal(flushes, 2);
    console_write("x", 1);
    assert_int_equal(flushes, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_by_name),
        cmocka_unit_test(hwdom_text_goes_through),
        cmocka_unit_test(input_is_dom0s),
        cmocka_unit_test(three_switch_characters),
        cmocka_unit_test(another_switch_character),
        cmocka_unit_test(too_much_input),
        cmocka_unit_test(ring_of_a_size),
        cmocka_unit_test(sync_flushes_each),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
