/* SPDX-License-Identifier: MIT */
/* Try at boot whether XSAVEC of this processor can be trusted. */

/*
 * Bochs 2.7 writes the compacted form, which XSAVEC and XSAVES share, with
 * the AVX and AVX-512 components 160 bytes below where they belong, over the
 * header even; XRSTOR looks for them in the right place. A kernel that uses
 * it, as Linux does, loses these registers whenever it switches tasks.
 */

#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/xsave-defs.h>

#define PATTERN 0x5a

typedef uint8_t xsave_area_t[PAGE_SIZE << XSAVE_AREA_ORDER];

static void xsave_put_word(uint8_t *area, unsigned int offset, uint64_t val,
                           unsigned int bytes)
{
    memcpy(area + offset, &val, bytes);
}

static void fill_area(const struct cpu_policy *host, uint64_t components,
                      uint8_t *area)
{
    memset(area + FXSAVE_REGISTERS, PATTERN,
           FXSAVE_RESERVED - FXSAVE_REGISTERS);
    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
        if ( (components >> i) & 1 )
            memset(area + host->xstate[i].b, PATTERN, host->xstate[i].a);
    xsave_put_word(area, FXSAVE_FCW, FCW_DEFAULT, 2);
    xsave_put_word(area, FXSAVE_MXCSR, MXCSR_DEFAULT, 4);
    xsave_put_word(area, XSAVE_XSTATE_BV, components, 8);
}

static void xrstor_all(const uint8_t *area)
{
    __asm__ volatile("xrstor64 %0"
                     :
                     : "m"(*(const xsave_area_t *)area), "a"(~0u), "d"(~0u));
}

/*
 * Save registers full of a pattern in both forms, and compare. Leaves them
 * as after INIT. XCR0 has to be components, each of which host describes.
 */
bool xsave_probe_compacted(const struct cpu_policy *host, uint64_t components)
{
    uint8_t *area = alloc_xenheap_pages(XSAVE_AREA_ORDER);
    uint8_t *standard = alloc_xenheap_pages(XSAVE_AREA_ORDER);
    uint8_t *compacted = alloc_xenheap_pages(XSAVE_AREA_ORDER);
    bool ok;

    if ( !area || !standard || !compacted )
        panic("no memory to try XSAVEC\n");
    memset(area, 0, sizeof(xsave_area_t));
    memset(standard, 0, sizeof(xsave_area_t));
    memset(compacted, 0, sizeof(xsave_area_t));

    fill_area(host, components, area);
    xrstor_all(area);
    __asm__ volatile("xsave64 %0"
                     : "+m"(*(xsave_area_t *)standard)
                     : "a"(~0u), "d"(~0u));
    __asm__ volatile("xsavec64 %0"
                     : "+m"(*(xsave_area_t *)compacted)
                     : "a"(~0u), "d"(~0u));
    xsave_put_word(area, XSAVE_XSTATE_BV, 0, 8);
    xrstor_all(area);
    ok = xsave_compacted_ok(host, components, standard, compacted);

    free_xenheap_pages(area, XSAVE_AREA_ORDER);
    free_xenheap_pages(standard, XSAVE_AREA_ORDER);
    free_xenheap_pages(compacted, XSAVE_AREA_ORDER);
    return ok;
}
