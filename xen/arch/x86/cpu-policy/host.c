/* SPDX-License-Identifier: MIT */
/* CPU policy: reading the machine's CPUID leaves and feature MSRs. */
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/msr-index.h>

uint64_t host_fast_strings(void)
{
    uint64_t val;

    if ( rdmsr_safe(MSR_MISC_ENABLE, &val) )
        return MISC_ENABLE_FAST_STR;
    return val & MISC_ENABLE_FAST_STR;
}

void cpu_policy_read_host(struct cpu_policy *host)
{
    uint32_t max_basic, max_ext;

    memset(host, 0, sizeof(*host));
    host->basic[0] = cpuid_count(0, 0);
    max_basic = min(host->basic[0].a, (uint32_t)CPUID_NR_BASIC - 1);
    for ( uint32_t i = 1; i <= max_basic; i++ )
        if ( i != 4 && i != 7 && i != 0xb && i != 0xd )
            host->basic[i] = cpuid_count(i, 0);

    host->ext[0] = cpuid_count(CPUID_EXT_BASE, 0);
    if ( (host->ext[0].a ^ CPUID_EXT_BASE) >> 16 )
        host->ext[0] = (struct cpuid_leaf){ .a = CPUID_EXT_BASE };
    max_ext = min(host->ext[0].a & 0xffff, (uint32_t)CPUID_NR_EXT - 1);
    for ( uint32_t i = 1; i <= max_ext; i++ )
        host->ext[i] = cpuid_count(CPUID_EXT_BASE + i, 0);

    if ( max_basic >= 4 )
        for ( uint32_t i = 0; i < CPUID_NR_CACHE; i++ )
        {
            host->cache[i] = cpuid_count(4, i);
            if ( !(host->cache[i].a & 0x1f) )
                break;
        }
    if ( max_basic >= 7 )
    {
        host->feat[0] = cpuid_count(7, 0);
        for ( uint32_t i = 1; i <= host->feat[0].a && i < CPUID_NR_FEAT; i++ )
            host->feat[i] = cpuid_count(7, i);
        /*
         * Linux takes ERMS for missing by itself where fast strings are off,
         * but not FSRM, and with that alone its memmove() never ends.
         */
        if ( !host_fast_strings() )
            host->feat[0].d &= ~CPUID7_D_FSRM;
    }
    if ( max_basic >= 0xb )
        for ( uint32_t i = 0; i < CPUID_NR_TOPO; i++ )
            host->topo[i] = cpuid_count(0xb, i);
    if ( max_basic >= 0xd )
        for ( uint32_t i = 0; i < CPUID_NR_XSTATE; i++ )
            host->xstate[i] = cpuid_count(0xd, i);

    if ( host->feat[0].d & CPUID7_D_ARCH_CAPS )
        if ( rdmsr_safe(MSR_ARCH_CAPABILITIES, &host->arch_caps) )
            host->arch_caps = 0;
}
