/* SPDX-License-Identifier: MIT */
/* Ratios of TSC rates: exact, consistent with pvclock, without overflow. */
/* TEST-SOURCES: xen/arch/x86/tsc-ratio.c */
/* TEST-SOURCES: xen/arch/x86/time-scale.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <asm/time-scale.h>
#include <asm/tsc-ratio.h>

#define YEAR_S (365UL * 86400)

static const uint64_t rates[] = {
    1000000,    49999000,   50000000,   999999000,  1000000000, 1000001000,
    1999999000, 2000000000, 2000001000, 2451158000, 3500000000, 8000000000,
};

static uint64_t ratio_of(uint64_t from, uint64_t to)
{
    struct time_scale a, b;

    time_scale_set(&a, from);
    time_scale_set(&b, to);
    return tsc_ratio(&a, &b);
}

static void one_is_one(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
        assert_true(ratio_of(rates[i], rates[i]) == TSC_RATIO_ONE);
    assert_true(ratio_of(50000000, 100000000) == 2 * TSC_RATIO_ONE);
    assert_true(ratio_of(100000000, 50000000) == TSC_RATIO_ONE / 2);
    assert_true(tsc_times(~0UL, TSC_RATIO_ONE) == ~0UL);
    assert_true(tsc_times(~0UL, 0) == 0);
}

/* A second of the one is a second of the other, up to what pvclock rounds. */
static void rates_come_out(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
        for ( size_t k = 0; k < ARRAY_SIZE(rates); k++ )
        {
            uint64_t ticks =
                tsc_times(rates[i] * 1000, ratio_of(rates[i], rates[k]));
            uint64_t want = rates[k] * 1000, off;

            off = ticks > want ? ticks - want : want - ticks;
            assert_true(off <= want / 1000000000 + 1);
        }
}

/* The time by either TSC, after a year: less than a microsecond apart. */
static void clocks_agree_for_a_year(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
        for ( size_t k = 0; k < ARRAY_SIZE(rates); k++ )
        {
            struct time_scale host, guest;
            uint64_t tsc = rates[i] * YEAR_S;
            s_time_t ours, theirs, tick;

            time_scale_set(&host, rates[i]);
            time_scale_set(&guest, rates[k]);
            ours = time_scale_ns(&host, tsc);
            theirs =
                time_scale_ns(&guest, tsc_times(tsc, tsc_ratio(&host, &guest)));
            tick = SECONDS(1) / rates[k] + 1;
            /* A ratio far below 1 has fewer bits. */
            assert_true(theirs <= ours + tick);
            assert_true(ours - theirs <=
                        MICROSECS(1) + (s_time_t)(rates[i] / rates[k]) * 1000);
        }
}

static void what_does_not_fit_is_none(void **state)
{
    assert_true(ratio_of(1000000, 40000UL * 1000000) >> 40 == 40000UL << 8);
    assert_true(ratio_of(1000000, 200000UL * 1000000) == 0);
    assert_true(ratio_of(1000, 1UL << 62) == 0);
    assert_true(ratio_of(1UL << 62, 1) == 0);
    assert_true(ratio_of(8000000000, 1000) > 0);
}

static void signed_products_round_down(void **state)
{
    const uint64_t half = TSC_RATIO_ONE / 2;

    assert_true((int64_t)tsc_times_signed(-3, half) == -2);
    assert_true((int64_t)tsc_times_signed(3, half) == 1);
    assert_true((int64_t)tsc_times_signed(-1000, 3 * TSC_RATIO_ONE) == -3000);
    assert_true((int64_t)tsc_times_signed(INT64_MIN, TSC_RATIO_ONE) ==
                INT64_MIN);
    /* 128-bit products wrap in the result, as the processor's do. */
    assert_true(tsc_times(1UL << 63, 3 * TSC_RATIO_ONE) == 1UL << 63);
    assert_true(tsc_times(~0UL, ~0UL) == 0xfffffffffffe0000UL);
}

static void products_of_ratios(void **state)
{
    const uint64_t one = TSC_RATIO_ONE;

    assert_true(tsc_ratio_product(one, one) == one);
    assert_true(tsc_ratio_product(3 * one, one / 2) == one + one / 2);
    assert_true(tsc_ratio_product(~0UL, one) == ~0UL);
    assert_true(tsc_ratio_product(one, 1) == 1);
    /* Nothing that a VMCS could hold. */
    assert_true(tsc_ratio_product(~0UL, 2 * one) == 0);
    assert_true(tsc_ratio_product(~0UL, ~0UL) == 0);
    assert_true(tsc_ratio_product(one / 2, 1) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_one),
        cmocka_unit_test(rates_come_out),
        cmocka_unit_test(clocks_agree_for_a_year),
        cmocka_unit_test(what_does_not_fit_is_none),
        cmocka_unit_test(signed_products_round_down),
        cmocka_unit_test(products_of_ratios),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
