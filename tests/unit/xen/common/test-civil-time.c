/* TEST-SOURCES: xen/common/civil-time.c */
/* SPDX-License-Identifier: MIT */
/* Dates, against the C library's. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <cmocka.h>
#include <xen/time.h>

static void as_gmtime(void **state)
{
    /* A step that is no multiple of a day or a year, to the year 2500. */
    for ( int64_t s = 0; s < 530LL * 31557600; s += 1234567 )
    {
        time_t t = s;
        struct tm tm;
        struct civil_time c = civil_from_seconds(s);

        gmtime_r(&t, &tm);
        assert_int_equal(c.year, tm.tm_year + 1900);
        assert_int_equal(c.month, tm.tm_mon + 1);
        assert_int_equal(c.day, tm.tm_mday);
        assert_int_equal(c.hour, tm.tm_hour);
        assert_int_equal(c.minute, tm.tm_min);
        assert_int_equal(c.second, tm.tm_sec);
        assert_int_equal(civil_to_seconds(&c), s);
    }
}

static void leap_days(void **state)
{
    struct civil_time c = { 2000, 2, 29, 12, 0, 0 };

    assert_int_equal(civil_to_seconds(&c), 951825600);
    c = civil_from_seconds(951825600 + 86400);
    assert_int_equal(c.month, 3);
    assert_int_equal(c.day, 1);
    c = (struct civil_time){ 2100, 2, 28, 0, 0, 0 };
    c = civil_from_seconds(civil_to_seconds(&c) + 86400);
    assert_int_equal(c.month, 3);
    assert_int_equal(c.day, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_gmtime),
        cmocka_unit_test(leap_days),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
