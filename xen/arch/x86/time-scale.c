/* SPDX-License-Identifier: MIT */
/* Ticks of the TSC to nanoseconds and back: the pvclock formula. */
#include <xen/lib.h>
#include <xen/time.h>
#include <asm/time-scale.h>

struct time_scale tsc_scale;

/*
 * Deadlines may be guests' numbers. Beyond this one (18 years of uptime) the
 * result in ticks would not fit; a timer that fires there is set again.
 */
#define NS_MAX ((s_time_t)1 << 59)

uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t q, hi;

    __asm__("mulq %3\n\t"
            "divq %4"
            : "=a"(q), "=&d"(hi)
            : "a"(a), "rm"(b), "rm"(c)
            : "cc");
    return q;
}

void time_scale_set(struct time_scale *s, uint64_t hz)
{
    uint64_t second = SECONDS(1);
    int shift = 0;

    /* ns = ticks * 10^9 / hz; keep the factor's top bit set. */
    for ( ; hz > second * 2; second *= 2 )
        shift--;
    for ( ; hz <= second; hz *= 2 )
        shift++;
    s->shift = shift;
    s->mul_frac = muldiv64(second, 1UL << 32, hz);
}

s_time_t time_scale_ns(const struct time_scale *s, uint64_t delta)
{
    if ( s->shift < 0 )
        delta >>= -s->shift;
    else
        delta <<= s->shift;
    return ((unsigned __int128)delta * s->mul_frac) >> 32;
}

s_time_t tsc_to_ns(uint64_t delta)
{
    return time_scale_ns(&tsc_scale, delta);
}

/* A TSC difference at which tsc_to_ns() says at least ns, and hardly more. */
uint64_t ns_to_tsc(s_time_t ns)
{
    uint64_t delta =
        muldiv64(min(ns, NS_MAX), 1UL << 32, tsc_scale.mul_frac) + 1;

    return tsc_scale.shift < 0 ? (delta + 1) << -tsc_scale.shift
                               : (delta >> tsc_scale.shift) + 1;
}

uint64_t tsc_at(s_time_t when)
{
    return tsc_scale.tsc_base + ns_to_tsc(max(when, (s_time_t)0));
}
