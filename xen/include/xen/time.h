/* SPDX-License-Identifier: MIT */
/* System time: nanoseconds since boot, derived from a calibrated TSC. */
#pragma once

#include <xen/types.h>

#define SECONDS(n)   ((s_time_t)(n)*1000000000LL)
#define MILLISECS(n) ((s_time_t)(n)*1000000LL)
#define MICROSECS(n) ((s_time_t)(n)*1000LL)
#define STIME_MAX    INT64_MAX
#define TSC_NEVER    UINT64_MAX

extern uint32_t cpu_khz; /* TSC ticks per millisecond, measured at boot */

/*
 * ns = ((tsc - tsc_base) << shift or >> -shift) * mul_frac >> 32: the pvclock
 * formula of public/xen.h, so guests can be given the very same numbers.
 */
struct time_scale
{
    uint64_t tsc_base;
    uint32_t mul_frac;
    int8_t shift;
};
extern struct time_scale tsc_scale;

s_time_t NOW(void);
s_time_t tsc_to_ns(uint64_t tsc_delta);
uint64_t ns_to_tsc(s_time_t ns);
/* What the TSC says at a system time, that of boot for one before it. */
uint64_t tsc_at(s_time_t when);
/* Wallclock (seconds since 1970) at system time 0, and its setter. */
uint64_t wallclock_base_sec(void);
uint32_t wallclock_base_nsec(void);
void wallclock_set(uint64_t sec, uint32_t nsec, s_time_t at);

/* The TSC as it is, for time stamps. */
uint64_t time_raw(void);
/* Calibrate the TSC and read the clock. */
void time_init(void);

/* The calendar date of a time in seconds since 1970 (UTC), and back. */
struct civil_time
{
    unsigned int year, month, day, hour, minute, second;
};
struct civil_time civil_from_seconds(uint64_t sec);
uint64_t civil_to_seconds(const struct civil_time *t);
