/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/pvclock.c */
/* Where a domain finds the wall clock: in either form of shared_info. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/pvclock.h>
#include <xen/time.h>

#define SECONDS_THEN (3ull << 32 | 1000)

struct time_scale tsc_scale;

uint64_t wallclock_base_sec(void)
{
    return SECONDS_THEN;
}

uint32_t wallclock_base_nsec(void)
{
    return 77;
}

static uint32_t page[1024];
static struct domain dom = { .shared_info = (void *)page };

static int setup(void **state)
{
    (void)state;
    memset(page, 0, sizeof(page));
    dom.time_offset_seconds = 5;
    return 0;
}

/* The words of the page that are not zero, in their order. */
static unsigned int words_written(unsigned int *at, unsigned int room)
{
    unsigned int n = 0;

    for ( unsigned int i = 0; i < 1024; i++ )
        if ( page[i] && n < room )
            at[n++] = i * 4;
    return n;
}

static void of_64bit_code(void **state)
{
    unsigned int at[8];

    (void)state;
    dom.arch.has_32bit_shinfo = false;
    wallclock_update(&dom);
    assert_int_equal(words_written(at, 8), 4);
    assert_int_equal(at[0], 3072);
    assert_int_equal(page[3072 / 4], 2); /* version: even, and not the first */
    assert_int_equal(page[3076 / 4], 1005);
    assert_int_equal(page[3080 / 4], 77);
    assert_int_equal(page[3084 / 4], 3);
}

static void of_32bit_code(void **state)
{
    unsigned int at[8];

    (void)state;
    dom.arch.has_32bit_shinfo = true;
    wallclock_update(&dom);
    assert_int_equal(words_written(at, 8), 4);
    assert_int_equal(at[0], 2304);
    assert_int_equal(page[2304 / 4], 2);
    assert_int_equal(page[2308 / 4], 1005);
    assert_int_equal(page[2312 / 4], 77);
    assert_int_equal(page[2340 / 4], 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(of_64bit_code, setup),
        cmocka_unit_test_setup(of_32bit_code, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
