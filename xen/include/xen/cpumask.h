/* SPDX-License-Identifier: MIT */
/* Sets of pCPUs: bit n is pCPU n. */
#pragma once

#include <xen/percpu.h>

typedef uint64_t cpumask_t;
_Static_assert(NR_CPUS <= 64, "a cpumask_t is one word");

static inline cpumask_t cpumask_of(unsigned int cpu)
{
    return (cpumask_t)1 << cpu;
}

static inline bool cpumask_test(cpumask_t mask, unsigned int cpu)
{
    return (mask >> cpu) & 1;
}

static inline unsigned int cpumask_weight(cpumask_t mask)
{
    unsigned int n = 0;

    /* The processor may have no POPCNT, and there is no libgcc. */
    for ( ; mask; mask &= mask - 1 )
        n++;
    return n;
}

/* Lowest pCPU of mask; NR_CPUS or more if it is empty. */
static inline unsigned int cpumask_first(cpumask_t mask)
{
    return mask ? (unsigned int)__builtin_ctzll(mask) : 64;
}

/* All of mask, lowest first; mask is evaluated once. */
#define for_each_cpu(cpu, mask)                                           \
    for ( cpumask_t left_ = (mask); ((cpu) = cpumask_first(left_)) < 64u; \
          left_ &= left_ - 1 )

/* For masks that several pCPUs change. Full barriers. */
static inline void cpumask_set_atomic(cpumask_t *mask, unsigned int cpu)
{
    __atomic_or_fetch(mask, cpumask_of(cpu), __ATOMIC_SEQ_CST);
}

static inline void cpumask_clear_atomic(cpumask_t *mask, unsigned int cpu)
{
    __atomic_and_fetch(mask, ~cpumask_of(cpu), __ATOMIC_SEQ_CST);
}
