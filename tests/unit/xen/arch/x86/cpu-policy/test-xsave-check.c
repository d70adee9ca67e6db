/* SPDX-License-Identifier: MIT */
/* XSAVEC as CPUID describes it, and other ways of packing. */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/xsave-check.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/compute.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/xsave-defs.h>

#define COMPONENTS 0x2e7ULL
#define YMM        2
#define OPMASK     5
#define ZMM        6
#define HI_ZMM     7
#define PKRU       9

/* Where they go when packed; PKRU asks for no boundary. */
static const unsigned int packed[] = {
    [YMM] = 576, [OPMASK] = 832, [ZMM] = 896, [HI_ZMM] = 1408, [PKRU] = 2432,
};

static struct cpu_policy host;
static uint8_t standard[4096], compacted[4096];

static void put(unsigned int i)
{
    memset(standard + host.xstate[i].b, 0x40 + i, host.xstate[i].a);
    memset(compacted + packed[i], 0x40 + i, host.xstate[i].a);
}

static void put_header(uint64_t xstate_bv, uint64_t xcomp_bv)
{
    memcpy(compacted + XSAVE_XSTATE_BV, &xstate_bv, sizeof(xstate_bv));
    memcpy(compacted + XSAVE_XCOMP_BV, &xcomp_bv, sizeof(xcomp_bv));
}

static int setup(void **state)
{
    memset(&host, 0, sizeof(host));
    host.xstate[YMM] = (struct cpuid_leaf){ 256, 576, 0, 0 };
    host.xstate[OPMASK] = (struct cpuid_leaf){ 64, 1088, 0, 0 };
    host.xstate[ZMM] = (struct cpuid_leaf){ 512, 1152, 2, 0 };
    host.xstate[HI_ZMM] = (struct cpuid_leaf){ 1024, 1664, 2, 0 };
    host.xstate[PKRU] = (struct cpuid_leaf){ 8, 2688, 0, 0 };
    memset(standard, 0, sizeof(standard));
    memset(compacted, 0, sizeof(compacted));
    memset(standard, 0x5a, FXSAVE_RESERVED);
    memset(compacted, 0x5a, FXSAVE_RESERVED);
    put(YMM);
    put(OPMASK);
    put(ZMM);
    put(HI_ZMM);
    put(PKRU);
    put_header(COMPONENTS, COMPONENTS | XSAVE_XCOMP_BV_COMPACTED);
    return 0;
}

static bool ok(void)
{
    return xsave_compacted_ok(&host, COMPONENTS, standard, compacted);
}

static void as_described(void **state)
{
    assert_true(ok());
    /* What lies between the registers and behind them may be anything. */
    memset(standard + FXSAVE_RESERVED, 1, FXSAVE_SIZE - FXSAVE_RESERVED);
    memset(compacted + 2440, 2, 64);
    assert_true(ok());
}

static void boundaries(void **state)
{
    /* Eight bytes in front of the ZMMs, which then skip to a boundary. */
    host.xstate[OPMASK].a = 8;
    assert_true(ok());
    /* Without one they would follow at once. */
    host.xstate[ZMM].c = 0;
    assert_false(ok());
}

static void misplaced(void **state)
{
    for ( unsigned int i = YMM; i <= PKRU; i++ )
    {
        if ( !((COMPONENTS >> i) & 1) )
            continue;
        setup(state);
        compacted[packed[i] + host.xstate[i].a - 1] ^= 1;
        assert_false(ok());
    }
    /* Bochs 2.7: all of it too low by what lies before the XMM registers. */
    setup(state);
    memmove(compacted + 576 - 160, compacted + 576, 2440 - 576);
    put_header(COMPONENTS, COMPONENTS | XSAVE_XCOMP_BV_COMPACTED);
    assert_false(ok());
}

static void legacy_and_header(void **state)
{
    compacted[FXSAVE_REGISTERS] ^= 1;
    assert_false(ok());
    setup(state);
    compacted[FXSAVE_RESERVED - 1] ^= 1;
    assert_false(ok());
    setup(state);
    compacted[FXSAVE_MXCSR] ^= 1;
    assert_false(ok());
    setup(state);
    put_header(COMPONENTS, COMPONENTS);
    assert_false(ok());
    put_header(COMPONENTS & ~4, COMPONENTS | XSAVE_XCOMP_BV_COMPACTED);
    assert_false(ok());
}

static void values_of_xcr0(void **state)
{
    static const uint64_t good[] = { 1, 3, 7, 0xe7, 0x207, COMPONENTS },
                          bad[] = { 0,    2,    5,     6,
                                    0x27, 0xe3, 0x1fb, 1ull << 62 | 1 };
    struct cpu_policy p = host;

    p.xstate[0].a = COMPONENTS;
    p.xstate[0].d = 0;
    for ( unsigned int i = 0; i < ARRAY_SIZE(good); i++ )
        assert_true(xcr0_valid(&p, good[i]));
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        assert_false(xcr0_valid(&p, bad[i]));
    p.xstate[0].a = 7;
    assert_true(xcr0_valid(&p, 7));
    assert_false(xcr0_valid(&p, 0xe7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(as_described, setup),
        cmocka_unit_test_setup(boundaries, setup),
        cmocka_unit_test_setup(misplaced, setup),
        cmocka_unit_test_setup(legacy_and_header, setup),
        cmocka_unit_test_setup(values_of_xcr0, setup),
    };

    return cmocka_run_group_tests_name("xsave-check", tests, NULL, NULL);
}
