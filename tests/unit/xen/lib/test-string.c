/* TEST-SOURCES: xen/lib/string.c */
/* TEST-CFLAGS: -include tests/unit/xen/lib/rename-string.h */
/* TEST-CFLAGS: -fno-builtin -fno-sanitize=address */
/* SPDX-License-Identifier: MIT */
/* Memory and string functions, against plain expectations. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/lib.h>

static void copies_every_length(void **state)
{
    uint8_t src[80], dst[80];

    for ( size_t i = 0; i < sizeof(src); i++ )
        src[i] = i + 1;
    for ( size_t n = 0; n <= 64; n++ )
    {
        memset(dst, 0xee, sizeof(dst));
        assert_ptr_equal(memcpy(dst + 3, src + 1, n), dst + 3);
        for ( size_t i = 0; i < sizeof(dst); i++ )
            assert_int_equal(dst[i], i >= 3 && i < 3 + n ? i - 1 : 0xee);
    }
}

static void fills_every_length(void **state)
{
    uint8_t dst[80];

    for ( size_t n = 0; n <= 64; n++ )
    {
        for ( size_t i = 0; i < sizeof(dst); i++ )
            dst[i] = 1;
        assert_ptr_equal(memset(dst + 5, 0x1a7, n), dst + 5);
        for ( size_t i = 0; i < sizeof(dst); i++ )
            assert_int_equal(dst[i], i >= 5 && i < 5 + n ? 0xa7 : 1);
    }
}

static void moves_overlapping(void **state)
{
    char up[] = "0123456789", down[] = "0123456789";

    memmove(up + 2, up, 8);
    assert_memory_equal(up, "0101234567", 10);
    memmove(down, down + 2, 8);
    assert_memory_equal(down, "2345678989", 10);
    memmove(down, down, 10);
    assert_memory_equal(down, "2345678989", 10);
    memmove(down + 1, down, 0);
    assert_memory_equal(down, "2345678989", 10);
}

static void compares(void **state)
{
    assert_int_equal(memcmp("abc", "abd", 2), 0);
    assert_true(memcmp("abc", "abd", 3) < 0);
    assert_true(memcmp("\xff", "\x01", 1) > 0);
    assert_true(strcmp("a", "ab") < 0);
    assert_true(strcmp("\xff", "a") > 0);
    assert_int_equal(strcmp("same", "same"), 0);
    assert_int_equal(strncmp("same", "sand", 2), 0);
    assert_true(strncmp("same", "sand", 3) < 0);
    assert_int_equal(strncmp("ab", "ab\0x", 4), 0);
}

static void searches(void **state)
{
    const char *s = "hypervisor";

    assert_ptr_equal(strchr(s, 'r'), s + 4);
    assert_ptr_equal(strchr(s, 0), s + 10);
    assert_null(strchr(s, 'z'));
    assert_ptr_equal(strstr(s, "visor"), s + 5);
    assert_ptr_equal(strstr(s, ""), s);
    assert_null(strstr(s, "visors"));
    assert_ptr_equal(memchr(s, 'v', 10), s + 5);
    assert_null(memchr(s, 'v', 5));
}

static void lengths(void **state)
{
    char buf[4];

    assert_int_equal(strlen(""), 0);
    assert_int_equal(strnlen("abcdef", 3), 3);
    assert_int_equal(strnlen("ab", 3), 2);
    assert_int_equal(strlcpy(buf, "abcdef", sizeof(buf)), 6);
    assert_string_equal(buf, "abc");
    assert_int_equal(strlcpy(buf, "x", sizeof(buf)), 1);
    assert_string_equal(buf, "x");
    assert_int_equal(strlcpy(buf, "yyy", 0), 3);
    assert_string_equal(buf, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies_every_length),
        cmocka_unit_test(fills_every_length),
        cmocka_unit_test(moves_overlapping),
        cmocka_unit_test(compares),
        cmocka_unit_test(searches),
        cmocka_unit_test(lengths),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
