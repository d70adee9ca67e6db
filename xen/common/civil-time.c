/* SPDX-License-Identifier: MIT */
/* Calendar dates from seconds, and back. */
#include <xen/time.h>

#define SECONDS_PER_DAY 86400
#define DAYS_PER_ERA    146097 /* 400 years */

/*
 * Years are counted from March, so that the leap day is the last one: then
 * the days before a month follow from one linear formula.
 */
uint64_t civil_to_seconds(const struct civil_time *t)
{
    unsigned int month = t->month > 2 ? t->month - 3 : t->month + 9;
    uint64_t year = t->year - (t->month <= 2);
    uint64_t era = year / 400, in_era = year % 400;
    uint64_t day_of_year = (153 * month + 2) / 5 + t->day - 1;
    uint64_t days = era * DAYS_PER_ERA + in_era * 365 + in_era / 4 -
                    in_era / 100 + day_of_year - 719468;

    return days * SECONDS_PER_DAY + t->hour * 3600 + t->minute * 60 + t->second;
}

struct civil_time civil_from_seconds(uint64_t sec)
{
    uint64_t days = sec / SECONDS_PER_DAY + 719468;
    uint64_t era = days / DAYS_PER_ERA, day = days % DAYS_PER_ERA;
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    unsigned int month;
    struct civil_time t;

    day -= 365 * year + year / 4 - year / 100;
    month = (5 * day + 2) / 153;
    t.day = day - (153 * month + 2) / 5 + 1;
    t.month = month < 10 ? month + 3 : month - 9;
    t.year = year + era * 400 + (t.month <= 2);
    sec %= SECONDS_PER_DAY;
    t.hour = sec / 3600;
    t.minute = sec / 60 % 60;
    t.second = sec % 60;
    return t;
}
