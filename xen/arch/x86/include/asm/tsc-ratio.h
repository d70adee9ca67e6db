/* SPDX-License-Identifier: MIT */
/* Ratios of two TSC rates, as the processor's TSC scaling takes them. */
#pragma once

#include <xen/time.h>
#include <asm/vmx-defs.h>

/*
 * A ratio is what one TSC advances while another advances by 1, with
 * TSC_MULTIPLIER_SHIFT bits behind the point. 0 stands for one that cannot be
 * said like that.
 */
#define TSC_RATIO_ONE (1ULL << TSC_MULTIPLIER_SHIFT)

/* SDM "Use TSC Scaling": the low 64 bits of the product's whole part. */
static inline uint64_t tsc_times(uint64_t tsc, uint64_t ratio)
{
    return (unsigned __int128)tsc * ratio >> TSC_MULTIPLIER_SHIFT;
}

/* That of a difference that may be negative, as an offset. */
static inline uint64_t tsc_times_signed(int64_t tsc, uint64_t ratio)
{
    return (__int128)tsc * ratio >> TSC_MULTIPLIER_SHIFT;
}

/*
 * Ticks of a TSC that to is the scale of, for one of from's. Not the quotient
 * of the rates but that of the two factors of pvclock: whoever computes the
 * time from either TSC then gets the same, for years.
 */
uint64_t tsc_ratio(const struct time_scale *from, const struct time_scale *to);
/* One ratio after the other. */
uint64_t tsc_ratio_product(uint64_t a, uint64_t b);
