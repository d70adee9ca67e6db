/* SPDX-License-Identifier: MIT */
/* Reading the battery-backed clock. */
#include <xen/compiler.h>
#include <asm/io.h>
#include <asm/rtc.h>

#define RTC_INDEX    0x70
#define RTC_DATA     0x71
#define RTC_SECONDS  0x00
#define RTC_MINUTES  0x02
#define RTC_HOURS    0x04
#define RTC_DAY      0x07
#define RTC_MONTH    0x08
#define RTC_YEAR     0x09
#define RTC_STATUS_A 0x0a
#define RTC_STATUS_B 0x0b
#define RTC_UIP      0x80 /* an update is in progress */
#define RTC_24H      0x02
#define RTC_BINARY   0x04
#define RTC_PM       0x80 /* in the hours, in 12-hour mode */
#define UIP_TRIES    1000000

static uint8_t cmos_read(uint8_t index)
{
    outb(index, RTC_INDEX);
    return inb(RTC_DATA);
}

static unsigned int from_bcd(uint8_t v)
{
    return (v >> 4) * 10 + (v & 15);
}

static void read_raw(uint8_t raw[6])
{
    static const uint8_t index[6] = { RTC_SECONDS, RTC_MINUTES, RTC_HOURS,
                                      RTC_DAY,     RTC_MONTH,   RTC_YEAR };
    unsigned int tries = UIP_TRIES;

    while ( (cmos_read(RTC_STATUS_A) & RTC_UIP) && --tries )
        ;
    for ( unsigned int i = 0; i < 6; i++ )
        raw[i] = cmos_read(index[i]);
}

static bool decode(const uint8_t raw[6], uint8_t status_b, struct civil_time *t)
{
    bool pm = !(status_b & RTC_24H) && (raw[2] & RTC_PM);
    unsigned int v[6];

    for ( unsigned int i = 0; i < 6; i++ )
    {
        uint8_t r = i == 2 && !(status_b & RTC_24H) ? raw[i] & ~RTC_PM : raw[i];

        v[i] = status_b & RTC_BINARY ? r : from_bcd(r);
    }
    if ( !(status_b & RTC_24H) )
        v[2] = v[2] % 12 + (pm ? 12 : 0);
    *t = (struct civil_time){
        .second = v[0],
        .minute = v[1],
        .hour = v[2],
        .day = v[3],
        .month = v[4],
        .year = v[5] + (v[5] < 70 ? 2000 : 1900),
    };
    return v[0] < 60 && v[1] < 60 && v[2] < 24 && v[3] >= 1 && v[3] <= 31 &&
           v[4] >= 1 && v[4] <= 12 && v[5] < 100;
}

bool rtc_read(struct civil_time *t)
{
    uint8_t a[6], b[6];
    unsigned int tries = 4;

    /* All ones: there is none (a guest's machine). */
    if ( cmos_read(RTC_STATUS_A) == 0xff && cmos_read(RTC_STATUS_B) == 0xff )
        return false;
    /* Twice the same: not read while the clock moved on. */
    do
    {
        read_raw(a);
        read_raw(b);
    } while ( __builtin_memcmp(a, b, sizeof(a)) != 0 && --tries );
    return decode(b, cmos_read(RTC_STATUS_B), t);
}
