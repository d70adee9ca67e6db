/* SPDX-License-Identifier: MIT */
/* The rate of the TSC, by a clock that does not depend on it. */
#include "lib.h"

/* The APIC's timer counts the machine's time in Xen's units. */
#define BUS_CYCLE_NS 10
#define MEASURE_NS   MS(5)

uint32_t tsc_khz_measured(void)
{
    uint32_t left;
    uint64_t start, ns;

    apic_enable();
    apic_write(APIC_TIMER_DIV, APIC_DIV_1);
    apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED);
    apic_write(APIC_TIMER_INIT, ~0u);
    start = rdtsc();
    do
    {
        left = apic_read(APIC_TIMER_COUNT);
        ns = (uint64_t)(~0u - left) * BUS_CYCLE_NS;
    } while ( ns < MEASURE_NS );
    start = rdtsc() - start;
    apic_write(APIC_TIMER_INIT, 0);
    return (uint32_t)(start * 1000000 / ns);
}
