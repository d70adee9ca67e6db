/* SPDX-License-Identifier: MIT */
/* How the benchmark guests measure and print. */
#ifndef BENCH_H
#define BENCH_H

#include "lib.h"

#define BENCH_SAMPLES 1000

/* Ticks, VM exits of the machine and VMX instructions of its hypervisor. */
struct bench_sample
{
    uint32_t ticks;
    uint32_t exits, insns;
};
#define BENCH_NOT_COUNTED ~0u

/* What the emulator counts, see scripts/bochs-counters; elsewhere a no-op. */
struct bench_counts
{
    uint64_t exits, insns;
};
#define BENCH_COUNTERS_ADDRESS 0x4e49445553434e54ul

static inline struct bench_counts bench_counts(void)
{
    struct bench_counts c = { BENCH_COUNTERS_ADDRESS, 0 };

    asm volatile("prefetchnta (%0)" : "+a"(c.exits), "+d"(c.insns));
    return c;
}

/* One sample in the making: begin, the operation, end. */
struct bench_run
{
    struct bench_counts counts;
    uint64_t start;
};

static inline __attribute__((always_inline)) struct bench_run bench_begin(void)
{
    struct bench_run run = { .counts = bench_counts() };

    run.start = rdtsc();
    return run;
}

static inline __attribute__((always_inline)) struct bench_sample bench_end(
    struct bench_run run)
{
    uint64_t end = rdtsc();
    struct bench_counts now = bench_counts();
    bool counted = now.exits != BENCH_COUNTERS_ADDRESS;

    return (struct bench_sample){
        .ticks = (uint32_t)(end - run.start),
        .exits = counted ? (uint32_t)(now.exits - run.counts.exits)
                         : BENCH_NOT_COUNTED,
        .insns = (uint32_t)(now.insns - run.counts.insns),
    };
}

/* Samples of one operation, wherever they were taken: here, or in an L2. */
extern struct bench_sample bench_samples[BENCH_SAMPLES];
void bench_print(const char *name);

/*
 * Take them all, inline, so that nothing but the operation lies between the
 * two readings. The first round is a warm-up. What is given to BENCH_ROUNDS
 * begins run_ anew where something had to be prepared, and ends it itself.
 */
#define BENCH_ROUNDS(...)                         \
    for ( int i_ = -1; i_ < BENCH_SAMPLES; i_++ ) \
    {                                             \
        struct bench_run run_ = bench_begin();    \
        struct bench_sample sample_;              \
                                                  \
        __VA_ARGS__;                              \
        bench_samples[i_ < 0 ? 0 : i_] = sample_; \
    }
#define BENCH_LOOP(...)            \
    BENCH_ROUNDS({                 \
        __VA_ARGS__;               \
        sample_ = bench_end(run_); \
    })

/* Define one operation. */
#define BENCH(name, ...)           \
    static void bench_##name(void) \
    {                              \
        BENCH_LOOP(__VA_ARGS__)    \
    }

/* Run one, and print it under its own or another name. */
#define RUN_BENCH_AS(shown, name) \
    do                            \
    {                             \
        bench_##name();           \
        bench_print(#shown);      \
    } while ( 0 )
#define RUN_BENCH(name) RUN_BENCH_AS(name, name)

#endif /* BENCH_H */
