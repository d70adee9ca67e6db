/* SPDX-License-Identifier: MIT */
/* Pseudo-random numbers that are the same in every run (xorshift64*). */
#ifndef TEST_RANDOM_H
#define TEST_RANDOM_H

#include <stdint.h>

struct random
{
    uint64_t state; /* never zero */
};

static inline uint64_t random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * 0x2545f4914f6cdd1dull;
}

static inline uint64_t random_below(struct random *r, uint64_t n)
{
    return random_next(r) % n;
}

#endif /* TEST_RANDOM_H */
