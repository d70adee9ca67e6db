/* SPDX-License-Identifier: MIT */
/*
 * The CMOS clock, read only: the host's time in UTC.
 *
 * Without one a kernel waits a second, twice, for an update that never ends.
 * Time is taken when the guest selects a register, so two registers may belong
 * to two seconds; kernels read again when they notice.
 */
#include <time.h>

#include "kvm-vmm.h"

enum
{
    RTC_SECONDS = 0,
    RTC_MINUTES = 2,
    RTC_HOURS = 4,
    RTC_WEEKDAY = 6,
    RTC_DAY = 7,
    RTC_MONTH = 8,
    RTC_YEAR = 9,
    RTC_REG_A = 10,
    RTC_REG_B = 11,
    RTC_REG_D = 13,
    RTC_CENTURY = 50,
};

#define REG_A_32KHZ      0x20 /* no update in progress */
#define REG_B_24H        0x02
#define REG_D_BATTERY_OK 0x80

static uint8_t bcd(int v)
{
    return (uint8_t)((v / 10 % 10) << 4 | v % 10);
}

uint8_t rtc_read(const struct vm *vm)
{
    time_t now = time(NULL);
    struct tm t;

    gmtime_r(&now, &t);

    switch ( vm->rtc_index )
    {
    case RTC_SECONDS:
        return bcd(t.tm_sec);
    case RTC_MINUTES:
        return bcd(t.tm_min);
    case RTC_HOURS:
        return bcd(t.tm_hour);
    case RTC_WEEKDAY:
        return bcd(t.tm_wday + 1);
    case RTC_DAY:
        return bcd(t.tm_mday);
    case RTC_MONTH:
        return bcd(t.tm_mon + 1);
    case RTC_YEAR:
        return bcd(t.tm_year % 100);
    case RTC_CENTURY:
        return bcd(t.tm_year / 100 + 19);
    case RTC_REG_A:
        return REG_A_32KHZ;
    case RTC_REG_B:
        return REG_B_24H;
    case RTC_REG_D:
        return REG_D_BATTERY_OK;
    default:
        return 0;
    }
}
