/* SPDX-License-Identifier: MIT */
/* What the parts of this case share. */
#ifndef TSC_CASE_H
#define TSC_CASE_H

#include "bench.h"

#define MSR_TSC_AUX       0xc0000103u
#define CPUID_TSC_LEAF    0x40000003u
#define TSC_LEAF_EMULATED 1u
#define MODE_ALWAYS       1

/* Is n within so many parts in a thousand of want? */
static inline bool near(uint64_t n, uint64_t want, unsigned int permille)
{
    uint64_t off = n > want ? n - want : want - n;

    return off * 1000 <= want * permille;
}

/* RDTSC exits, as CPUID tells it. */
static inline bool tsc_emulated(void)
{
    return cpuid(CPUID_TSC_LEAF, 0).a & TSC_LEAF_EMULATED;
}

/* nested.c: the TSC of an L2, where there is VMX. */
void check_l2(void);

#endif /* TSC_CASE_H */
