/* SPDX-License-Identifier: MIT */
/* CPU policy: is the compacted form of XSAVE what CPUID says? Pure. */

#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/xsave-defs.h>

/* SDM "Compacted Format for XSAVE": in order, some on a 64-byte boundary. */
static uint32_t compacted_offset(const struct cpu_policy *host,
                                 uint64_t components, unsigned int i)
{
    uint32_t before = xstate_size(host, components & ((1ULL << i) - 1), true);

    return host->xstate[i].c & 2 ? ROUNDUP(before, 64u) : before;
}

bool xsave_compacted_ok(const struct cpu_policy *host, uint64_t components,
                        const uint8_t *standard, const uint8_t *compacted)
{
    uint64_t xstate_bv, xcomp_bv;

    memcpy(&xstate_bv, compacted + XSAVE_XSTATE_BV, sizeof(xstate_bv));
    memcpy(&xcomp_bv, compacted + XSAVE_XCOMP_BV, sizeof(xcomp_bv));
    if ( xstate_bv != components ||
         xcomp_bv != (components | XSAVE_XCOMP_BV_COMPACTED) ||
         memcmp(standard + FXSAVE_MXCSR, compacted + FXSAVE_MXCSR,
                sizeof(uint32_t)) ||
         memcmp(standard + FXSAVE_REGISTERS, compacted + FXSAVE_REGISTERS,
                FXSAVE_RESERVED - FXSAVE_REGISTERS) )
        return false;
    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
        if ( ((components >> i) & 1) &&
             memcmp(standard + host->xstate[i].b,
                    compacted + compacted_offset(host, components, i),
                    host->xstate[i].a) )
            return false;
    return true;
}
