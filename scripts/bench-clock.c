/* SPDX-License-Identifier: MIT */
/*
 * For `make bench`, in Dom0: the time in instructions, and what the emulator
 * has counted so far (see scripts/bochs-counters), or "-" where it does not.
 *
 *     bench-clock            TICKS EXITS VMX-INSTRUCTIONS
 */
#include <inttypes.h>
#include <stdio.h>

#define COUNTERS_ADDRESS 0x4e49445553434e54ul

int main(void)
{
    uint64_t exits = COUNTERS_ADDRESS, insns = 0;
    uint32_t low, high;

    __asm__ volatile("prefetchnta (%0)" : "+a"(exits), "+d"(insns));
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    printf("%" PRIu64, (uint64_t)high << 32 | low);
    if ( exits == COUNTERS_ADDRESS )
        printf(" - -\n");
    else
        printf(" %" PRIu64 " %" PRIu64 "\n", exits, insns);

    return 0;
}
