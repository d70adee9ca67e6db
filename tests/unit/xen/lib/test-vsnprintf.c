/* TEST-SOURCES: xen/lib/vsnprintf.c */
/* TEST-CFLAGS: -Dsnprintf=hv_snprintf -Dvsnprintf=hv_vsnprintf */
/* TEST-CFLAGS: -Wno-format -fno-builtin */
/* SPDX-License-Identifier: MIT */
/* Formatted output against what the C library makes of the same format. */
#include <stdarg.h>
#include <stdbool.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

int hv_snprintf(char *buf, size_t size, const char *fmt, ...);
int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
#undef snprintf
#undef vsnprintf
#include <stdio.h>

static void same(const char *fmt, ...)
{
    char ours[256], theirs[256];
    va_list a, b;
    int n, m;

    va_start(a, fmt);
    va_copy(b, a);
    n = hv_vsnprintf(ours, sizeof(ours), fmt, a);
    m = vsnprintf(theirs, sizeof(theirs), fmt, b);
    va_end(a);
    va_end(b);
    assert_string_equal(ours, theirs);
    assert_int_equal(n, m);
}

static void integers_as_libc(void **state)
{
    static const char *const formats[] = {
        "%d",  "%5d",   "%-5d|", "%05d", "%+d",    "% d", "%.3d", "%8.3d",
        "%u",  "%x",    "%#x",   "%08x", "%#010x", "%X",  "%#X",  "%o",
        "%#o", "%-8x|", "%hhd",  "%hd",  "%hhx",   "%hx", "%.0d", "%-08d|",
    };
    static const int values[] = { 0,   1,    -1,     9,         10,
                                  255, 4096, -32769, INT32_MAX, INT32_MIN };

    for ( size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++ )
        for ( size_t v = 0; v < sizeof(values) / sizeof(*values); v++ )
            same(formats[f], values[v]);
}

static void longs_as_libc(void **state)
{
    static const char *const formats[] = { "%ld",  "%lld",   "%lu", "%lx",
                                           "%#lx", "%016lx", "%zu", "%zx",
                                           "%jd",  "%20ld" };
    static const long values[] = { 0, -1, INT64_MAX, INT64_MIN, 1L << 40 };

    for ( size_t f = 0; f < sizeof(formats) / sizeof(*formats); f++ )
        for ( size_t v = 0; v < sizeof(values) / sizeof(*values); v++ )
            same(formats[f], values[v]);
}

static void strings_as_libc(void **state)
{
    same("%s", "text");
    same("%10s|%-10s|", "right", "left");
    same("%.3s|%.0s|%.10s", "truncated", "gone", "short");
    same("%*s|%-*s|%.*s", 6, "abc", 6, "abc", 2, "abc");
    same("%*d|", -6, 42);
    same("%c%c%c", 'a', 'b', 'c');
    same("%3c|%-3c|", 'x', 'y');
    same("100%% of %s", "it");
    same("plain");
    same("");
    same("%d %s %lx %u", 1, "two", 3L, 4u);
}

static void precision_bounds_reading(void **state)
{
    char unterminated[4] = { 'a', 'b', 'c', 'd' };
    char buf[16];

    hv_snprintf(buf, sizeof(buf), "%.4s", unterminated);
    assert_string_equal(buf, "abcd");
}

static void truncation_terminates(void **state)
{
    char buf[8];

    memset(buf, '#', sizeof(buf));
    assert_int_equal(hv_snprintf(buf, 5, "%s", "longer"), 6);
    assert_memory_equal(buf, "long\0###", 8);
    assert_int_equal(hv_snprintf(buf, 1, "%d", 1234), 4);
    assert_int_equal(buf[0], 0);
    assert_int_equal(hv_snprintf(NULL, 0, "%d", 1234), 4);
}

static void null_and_unknown(void **state)
{
    char buf[32];

    hv_snprintf(buf, sizeof(buf), "%s", (char *)NULL);
    assert_string_equal(buf, "(null)");
    hv_snprintf(buf, sizeof(buf), "%q|%");
    assert_string_equal(buf, "%q|");
    hv_snprintf(buf, sizeof(buf), "%p", (void *)0xabc);
    assert_string_equal(buf, "0000000000000abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_as_libc),
        cmocka_unit_test(longs_as_libc),
        cmocka_unit_test(strings_as_libc),
        cmocka_unit_test(precision_bounds_reading),
        cmocka_unit_test(truncation_terminates),
        cmocka_unit_test(null_and_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
