/* TEST-SOURCES: xen/arch/x86/e820.c */
/* SPDX-License-Identifier: MIT */
/* Memory map arithmetic. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/e820.h>
#include <xen/lib.h>

#define P 4096UL

static void sorts_and_joins(void **state)
{
    struct boot_region r[8] = {
        { 0x100000, 0x100000, E820_RAM }, { 0, 0x9f000, E820_RAM },
        { 0x200000, 0x100000, E820_RAM }, { 0x9f000, 0x1000, E820_RESERVED },
        { 0x5000, 0, E820_ACPI },
    };
    unsigned int nr = 5;

    e820_sanitize(r, &nr, 8);
    assert_int_equal(nr, 3);
    assert_int_equal(r[0].base, 0);
    assert_int_equal(r[1].type, E820_RESERVED);
    assert_int_equal(r[2].base, 0x100000);
    assert_int_equal(r[2].size, 0x200000);
}

static void overlap_takes_the_higher_type(void **state)
{
    struct boot_region r[8] = {
        { 0, 0x10000, E820_RAM },
        { 0x4000, 0x2000, E820_RESERVED },
        { 0x5000, 0x3000, E820_NVS },
    };
    unsigned int nr = 3;

    e820_sanitize(r, &nr, 8);
    assert_int_equal(nr, 4);
    assert_int_equal(r[0].size, 0x4000);
    assert_int_equal(r[1].base, 0x4000);
    assert_int_equal(r[1].size, 0x1000);
    assert_int_equal(r[1].type, E820_RESERVED);
    assert_int_equal(r[2].base, 0x5000);
    assert_int_equal(r[2].size, 0x3000);
    assert_int_equal(r[2].type, E820_NVS);
    assert_int_equal(r[3].base, 0x8000);
    assert_int_equal(r[3].type, E820_RAM);
}

static void absurd_regions(void **state)
{
    struct boot_region r[4] = {
        { (1UL << 52) - P, 0x10000, E820_RAM }, /* beyond what can be */
        { ~0UL - P, ~0UL, E820_RAM },           /* wraps */
        { 0x1000, 0x1000, 0 },                  /* no type */
        { 0, 0x1000, E820_RAM },
    };
    unsigned int nr = 4;

    e820_sanitize(r, &nr, 4);
    assert_int_equal(nr, 2);
    assert_int_equal(r[1].base, (1UL << 52) - P);
    assert_int_equal(r[1].size, P);
    nr = 0;
    e820_sanitize(r, &nr, 4);
    assert_int_equal(nr, 0);
}

/* Any map becomes one that is sorted, disjoint, and says the same. */
static void random_maps(void **state)
{
    srand(7);
    for ( int round = 0; round < 300; round++ )
    {
        struct boot_region r[40];
        uint8_t expect[64] = { 0 };
        unsigned int nr = rand() % 12;

        for ( unsigned int i = 0; i < nr; i++ )
        {
            r[i] = (struct boot_region){ rand() % 50, rand() % 14,
                                         1 + rand() % 5 };
            for ( unsigned int k = 0; k < r[i].size; k++ )
                if ( expect[r[i].base + k] < r[i].type )
                    expect[r[i].base + k] = r[i].type;
        }
        e820_sanitize(r, &nr, 40);
        for ( unsigned int i = 0; i < nr; i++ )
        {
            if ( i )
                assert_true(r[i].base >= r[i - 1].base + r[i - 1].size);
            for ( unsigned int k = 0; k < r[i].size; k++ )
            {
                assert_int_equal(expect[r[i].base + k], r[i].type);
                expect[r[i].base + k] = 0;
            }
        }
        for ( unsigned int k = 0; k < 64; k++ )
            assert_int_equal(expect[k], 0);
    }
}

static void type_of_a_range(void **state)
{
    struct boot_region r[] = { { 0, 0x1000, E820_RAM },
                               { 0x1000, 0x1000, E820_ACPI } };

    assert_int_equal(e820_type(r, 2, 0, 0x1000), E820_RAM);
    assert_int_equal(e820_type(r, 2, 0x1000, 0x1800), E820_ACPI);
    assert_int_equal(e820_type(r, 2, 0x800, 0x1800), 0);
    assert_int_equal(e820_type(r, 2, 0x2000, 0x2001), 0);
}

static void ranges_by_page_bitmap(void **state)
{
    srand(11);
    for ( int round = 0; round < 200; round++ )
    {
        struct ram_map m = { 0 };
        uint8_t page[100] = { 0 };

        for ( int step = 0; step < 40; step++ )
        {
            uint64_t start = rand() % 90, n = rand() % 10;

            if ( rand() % 2 )
            {
                ram_map_add(&m, start * P, (start + n) * P);
                memset(page + start, 1, n);
            }
            else
            {
                ram_map_remove(&m, start * P, (start + n) * P);
                memset(page + start, 0, n);
            }
            for ( int i = 0; i < 100; i++ )
                assert_int_equal(ram_map_contains(&m, i * P, (i + 1) * P),
                                 page[i]);
            for ( unsigned int i = 1; i < m.nr; i++ )
                assert_true(m.r[i].start > m.r[i - 1].end);
        }
    }
}

static void only_whole_pages(void **state)
{
    struct ram_map m = { 0 };

    ram_map_add(&m, 1, 2 * P - 1);
    assert_int_equal(m.nr, 0);
    ram_map_add(&m, 1, 3 * P + 5);
    assert_int_equal(ram_map_total(&m), 2 * P);
    /* What is removed is rounded the other way. */
    ram_map_remove(&m, 2 * P - 1, 2 * P);
    assert_int_equal(ram_map_total(&m), P);
    ram_map_add(&m, ~0UL - 5, ~0UL);
    assert_int_equal(ram_map_total(&m), P);
}

static void takes_from_the_top(void **state)
{
    struct ram_map m = { 0 };

    ram_map_add(&m, 16 * P, 32 * P);
    ram_map_add(&m, 64 * P, 100 * P);
    assert_int_equal(ram_map_take_top(&m, 2 * P, P, ~0UL), 98 * P);
    assert_int_equal(ram_map_take_top(&m, 8 * P, 8 * P, ~0UL), 88 * P);
    assert_int_equal(ram_map_take_top(&m, P, P, 64 * P), 31 * P);
    assert_int_equal(ram_map_take_top(&m, 100 * P, P, ~0UL), 0);
    assert_int_equal(ram_map_take_top(&m, 4 * P, P, 66 * P), 27 * P);
    assert_int_equal(ram_map_total(&m), (16 + 36 - 2 - 8 - 1 - 4) * P);
}

static void never_gives_zero(void **state)
{
    struct ram_map m = { 0 };

    ram_map_add(&m, 0, P);
    assert_int_equal(ram_map_take_top(&m, P, P, ~0UL), 0);
    assert_int_equal(ram_map_total(&m), P);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_and_joins),
        cmocka_unit_test(overlap_takes_the_higher_type),
        cmocka_unit_test(absurd_regions),
        cmocka_unit_test(random_maps),
        cmocka_unit_test(type_of_a_range),
        cmocka_unit_test(ranges_by_page_bitmap),
        cmocka_unit_test(only_whole_pages),
        cmocka_unit_test(takes_from_the_top),
        cmocka_unit_test(never_gives_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
