/* SPDX-License-Identifier: MIT */
/* How the benchmark guest measures and prints. */
#ifndef BENCH_H
#define BENCH_H

#include "lib.h"

#define BENCH_SAMPLES 1000

/*
 * Define one operation: its samples are taken inline, so that nothing but the
 * operation lies between the two readings. The first round is a warm-up.
 */
#define BENCH(name, ...)                                       \
    static void bench_##name(void)                             \
    {                                                          \
        for ( int i_ = -1; i_ < BENCH_SAMPLES; i_++ )          \
        {                                                      \
            uint64_t start_ = rdtsc(), end_;                   \
                                                               \
            __VA_ARGS__;                                       \
            end_ = rdtsc();                                    \
            if ( i_ >= 0 )                                     \
                bench_samples[i_] = (uint32_t)(end_ - start_); \
        }                                                      \
    }

/* Run one, and print it under its own or another name. */
#define RUN_BENCH_AS(shown, name) \
    do                            \
    {                             \
        bench_##name();           \
        bench_print(#shown);      \
    } while ( 0 )
#define RUN_BENCH(name) RUN_BENCH_AS(name, name)

/* Samples that were taken elsewhere, such as in an L2. */
extern uint32_t bench_samples[BENCH_SAMPLES];
void bench_print(const char *name);

/* nested.c: an L1's operations, and an L2's that reach the L1 */
void bench_nested(void);

#endif /* BENCH_H */
