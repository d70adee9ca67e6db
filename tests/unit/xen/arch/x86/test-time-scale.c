/* TEST-SOURCES: xen/arch/x86/time-scale.c */
/* SPDX-License-Identifier: MIT */
/* Ticks to nanoseconds and back, for clocks from slow to fast. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <asm/time-scale.h>

static const uint64_t rates[] = {
    1000000,    49999123,   50000000,   999999999,  1000000000, 1000000001,
    1999999999, 2000000000, 2000000001, 2451158000, 3500000000, 8000000000,
};

static void one_second_is_one(void **state)
{
    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
    {
        s_time_t ns;

        time_scale_set(&tsc_scale, rates[i]);
        /* The factor is used to the full, as guests expect it. */
        assert_true(tsc_scale.mul_frac & 0x80000000);
        ns = tsc_to_ns(rates[i]);
        assert_true(ns > SECONDS(1) - 10 && ns <= SECONDS(1));
        ns = tsc_to_ns(rates[i] * 3600);
        assert_true(ns > SECONDS(3600) - MICROSECS(5) && ns <= SECONDS(3600));
    }
}

/* When the deadline's tick comes, the clock has reached the deadline. */
static void deadlines_are_not_early(void **state)
{
    static const s_time_t deadlines[] = {
        0,
        1,
        19,
        20,
        999,
        MICROSECS(7),
        MILLISECS(20),
        SECONDS(1),
        SECONDS(86400),
        SECONDS(86400) * 365 + 1,
    };

    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
    {
        s_time_t tick;

        time_scale_set(&tsc_scale, rates[i]);
        tick = SECONDS(1) / rates[i] + 1;
        for ( size_t k = 0; k < ARRAY_SIZE(deadlines); k++ )
        {
            uint64_t tsc = ns_to_tsc(deadlines[k]);

            assert_true(tsc_to_ns(tsc) >= deadlines[k]);
            assert_true(tsc_to_ns(tsc) <= deadlines[k] + 5 * tick);
        }
    }
}

/* What guests may ask for must not wrap into the past. */
static void far_deadlines_stay_far(void **state)
{
    static const s_time_t far[] = { STIME_MAX, STIME_MAX - 1, (s_time_t)1 << 62,
                                    (s_time_t)1 << 60 };

    for ( size_t i = 0; i < ARRAY_SIZE(rates); i++ )
        for ( size_t k = 0; k < ARRAY_SIZE(far); k++ )
        {
            time_scale_set(&tsc_scale, rates[i]);
            /* Ten years of ticks at least, with room to add a base. */
            assert_true(ns_to_tsc(far[k]) > rates[i] * 86400 * 3650);
            assert_true(ns_to_tsc(far[k]) < ~0UL / 2);
        }
}

/* The TSC of a deadline has that time come, and one before boot is long over.
 */
static void deadlines_by_the_tsc(void **state)
{
    time_scale_set(&tsc_scale, 2400000000);
    tsc_scale.tsc_base = 5000;
    assert_in_range(tsc_at(1000), 5000 + 2400, 5000 + 2405);
    assert_in_range(tsc_at(0), 5000, 5005);
    assert_in_range(tsc_at(-SECONDS(1)), 5000, 5005);
    tsc_scale.tsc_base = 0;
}

static void products_of_128_bits(void **state)
{
    assert_int_equal(muldiv64(~0UL, ~0UL, ~0UL), ~0UL);
    assert_int_equal(muldiv64(1UL << 63, 6, 4), 3UL << 62);
    assert_int_equal(muldiv64(7, 3, 2), 10);
    assert_int_equal(muldiv64(0, ~0UL, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_second_is_one),
        cmocka_unit_test(deadlines_are_not_early),
        cmocka_unit_test(far_deadlines_stay_far),
        cmocka_unit_test(deadlines_by_the_tsc),
        cmocka_unit_test(products_of_128_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
