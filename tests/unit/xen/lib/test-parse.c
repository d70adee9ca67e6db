/* TEST-SOURCES: xen/lib/parse.c */
/* SPDX-License-Identifier: MIT */
/* Numbers and sizes in text. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/lib.h>

static const struct
{
    const char *text;
    unsigned int base;
    unsigned long value;
    size_t used;
} numbers[] = {
    { "0", 0, 0, 1 },
    { "42", 0, 42, 2 },
    { "0x1F", 0, 0x1f, 4 },
    { "0X1fg", 0, 0x1f, 4 },
    { "017", 0, 15, 3 },
    { "08", 0, 0, 1 },
    { "0x", 0, 0, 1 },
    { "0xg", 0, 0, 1 },
    { "ff", 16, 255, 2 },
    { "0xff", 16, 255, 4 },
    { "12ab", 10, 12, 2 },
    { "", 0, 0, 0 },
    { "-1", 0, 0, 0 },
    { "18446744073709551615", 0, ~0UL, 20 },
    { "18446744073709551616", 0, ~0UL, 20 },
    { "99999999999999999999999", 0, ~0UL, 23 },
    { "0xfffffffffffffffff", 0, ~0UL, 19 },
};

static void numbers_by_table(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(numbers); i++ )
    {
        const char *end;

        assert_int_equal(simple_strtoul(numbers[i].text, &end, numbers[i].base),
                         numbers[i].value);
        assert_int_equal(end - numbers[i].text, numbers[i].used);
    }
    assert_int_equal(simple_strtoul("7", NULL, 0), 7);
}

static const struct
{
    const char *text;
    uint64_t value;
    size_t used;
} sizes[] = {
    { "512M", 512UL << 20, 4 },
    { "512m,max", 512UL << 20, 4 },
    { "1G", 1UL << 30, 2 },
    { "2t", 2UL << 40, 2 },
    { "100k", 100UL << 10, 4 },
    { "100", 100UL << 10, 3 },
    { "4096b", 4096, 5 },
    { "0x10M", 16UL << 20, 5 },
    { "M", 0, 0 },
    { "", 0, 0 },
    { "99999999999999G", ~0UL, 15 },
};

static void sizes_by_table(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(sizes); i++ )
    {
        const char *end;

        assert_int_equal(parse_size_and_unit(sizes[i].text, &end),
                         sizes[i].value);
        assert_int_equal(end - sizes[i].text, sizes[i].used);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_by_table),
        cmocka_unit_test(sizes_by_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
