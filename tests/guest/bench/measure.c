/* SPDX-License-Identifier: MIT */
/* The samples of one operation: sort them, print the line. */
#include "bench.h"

uint32_t bench_samples[BENCH_SAMPLES];

/* Comb sort: no recursion, no memory, short. */
static void sort(uint32_t *a, unsigned int n)
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
            if ( a[i] > a[i + gap] )
            {
                uint32_t tmp = a[i];

                a[i] = a[i + gap];
                a[i + gap] = tmp;
                swapped = true;
            }
        }
    }
}

void bench_print(const char *name)
{
    sort(bench_samples, BENCH_SAMPLES);
    printf("BENCH %s %u %u %u\n", name, bench_samples[0],
           bench_samples[BENCH_SAMPLES / 2], bench_samples[BENCH_SAMPLES - 1]);
}
