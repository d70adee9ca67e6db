/* SPDX-License-Identifier: MIT */
/* The samples of one operation: sort them, print the line. */
#include "bench.h"

struct bench_sample bench_samples[BENCH_SAMPLES];

static bool less(const struct bench_sample *a, const struct bench_sample *b)
{
    return a->ticks != b->ticks ? a->ticks < b->ticks : a->exits < b->exits;
}

/* Comb sort: no recursion, no memory, short. */
static void sort(struct bench_sample *a, unsigned int n)
{
    unsigned int gap = n;
    bool swapped = true;

    while ( gap > 1 || swapped )
    {
        gap = gap > 1 ? gap * 10 / 13 : 1;
        if ( gap == 0 )
            gap = 1;
        swapped = false;
        for ( unsigned int i = 0; i + gap < n; i++ )
        {
            if ( less(&a[i + gap], &a[i]) )
            {
                struct bench_sample tmp = a[i];

                a[i] = a[i + gap];
                a[i + gap] = tmp;
                swapped = true;
            }
        }
    }
}

/* The counts are those of the fastest sample. */
void bench_print(const char *name)
{
    const struct bench_sample *s = bench_samples;

    sort(bench_samples, BENCH_SAMPLES);
    printf("BENCH %s %u %u %u", name, s[0].ticks, s[BENCH_SAMPLES / 2].ticks,
           s[BENCH_SAMPLES - 1].ticks);
    if ( s[0].exits == BENCH_NOT_COUNTED )
        printf(" - -\n");
    else
        printf(" %u %u\n", s[0].exits, s[0].insns);
}
