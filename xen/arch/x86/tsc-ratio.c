/* SPDX-License-Identifier: MIT */
/* Ratios of TSC rates: from the scales of two clocks, and their product. Pure.
 */
#include <asm/time-scale.h>
#include <asm/tsc-ratio.h>

/*
 * Both factors have their top bit set, so the quotient lies between 1/2 and 2,
 * shifted: with up to this many bits more it fits.
 */
#define MAX_SHIFT (63 - TSC_MULTIPLIER_SHIFT)

uint64_t tsc_ratio(const struct time_scale *from, const struct time_scale *to)
{
    int shift = from->shift - to->shift;

    if ( shift > MAX_SHIFT || shift < -TSC_MULTIPLIER_SHIFT )
        return 0;

    return muldiv64(from->mul_frac, 1UL << (TSC_MULTIPLIER_SHIFT + shift),
                    to->mul_frac);
}

uint64_t tsc_ratio_product(uint64_t a, uint64_t b)
{
    unsigned __int128 product =
        (unsigned __int128)a * b >> TSC_MULTIPLIER_SHIFT;

    return product >> 64 ? 0 : (uint64_t)product;
}
