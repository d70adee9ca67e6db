/* SPDX-License-Identifier: MIT */
/* The local APIC, by memory or by MSRs, whichever mode it is in. */
#include "lib.h"

#define SPURIOUS_VECTOR 0xff

static bool x2apic; /* all CPUs of a case are in the same mode */

static volatile uint32_t *mmio(unsigned int reg)
{
    return (volatile uint32_t *)(unsigned long)(APIC_DEFAULT_BASE + reg);
}

bool x2apic_on(void)
{
    return x2apic;
}

bool x2apic_enable(void)
{
    if ( !(cpuid(1, 0).c & CPUID_1_ECX_X2APIC) )
        return false;

    wrmsr(MSR_APIC_BASE,
          rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE | APIC_BASE_X2APIC);
    x2apic = true;

    return true;
}

uint32_t apic_read(unsigned int reg)
{
    return x2apic ? (uint32_t)rdmsr(MSR_X2APIC_BASE + reg / 16) : *mmio(reg);
}

void apic_write(unsigned int reg, uint32_t val)
{
    if ( x2apic )
        wrmsr(MSR_X2APIC_BASE + reg / 16, val);
    else
        *mmio(reg) = val;
}

void apic_icr(uint32_t dest, uint32_t low)
{
    if ( x2apic )
        wrmsr(MSR_X2APIC_BASE + APIC_ICR / 16, (uint64_t)dest << 32 | low);
    else
    {
        *mmio(APIC_ICR2) = dest << 24;
        *mmio(APIC_ICR) = low;
    }
}

uint32_t apic_id(void)
{
    return x2apic ? apic_read(APIC_ID) : apic_read(APIC_ID) >> 24;
}

void apic_enable(void)
{
    apic_write(APIC_TPR, 0);
    apic_write(APIC_SPIV, APIC_SPIV_ENABLE | SPURIOUS_VECTOR);
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}
