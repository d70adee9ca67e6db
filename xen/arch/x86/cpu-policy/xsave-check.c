/* SPDX-License-Identifier: MIT */
/* CPU policy: values of XCR0, and is the compacted form what CPUID says? Pure.
 */

#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/xsave-defs.h>

/* SDM "XSETBV": what raises #GP. */
bool xcr0_valid(const struct cpu_policy *p, uint64_t val)
{
    const uint64_t mpx = XSTATE_BNDREGS | XSTATE_BNDCSR;
    uint64_t allowed = p->xstate[0].a | ((uint64_t)p->xstate[0].d << 32);

    if ( (val & ~allowed) || !(val & XSTATE_FP) )
        return false;
    if ( (val & XSTATE_YMM) && !(val & XSTATE_SSE) )
        return false;
    if ( (val & mpx) && (val & mpx) != mpx )
        return false;
    return !(val & XSTATE_AVX512) ||
           ((val & XSTATE_AVX512) == XSTATE_AVX512 && (val & XSTATE_YMM));
}

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
