/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/arch/x86/tsc-ratio.c xen/arch/x86/time-scale.c */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/nested.c xen/nested/vmcs12.c */
/* TEST-SOURCES: xen/nested/nested-caps.c xen/nested/checks-ctrl.c */
/* TEST-SOURCES: xen/nested/checks-host.c xen/nested/checks-guest.c */
/* TEST-SOURCES: xen/nested/checks-guest-seg.c xen/nested/merge-ctrl.c */
/* TEST-SOURCES: xen/nested/msr-list.c xen/nested/reflect.c */
/* TEST-SOURCES: xen/nested/route.c xen/nested/ept12-walk.c */
/* TEST-SOURCES: xen/nested/vapic.c */
/* A hostile L1 with seeded numbers: a short run of what `make fuzz` does. */
#include "../../../fuzz/nested-vmx.h"

#define RUNS      2000
#define RUN_BYTES 400

static uint64_t seed = 0x9e3779b97f4a7c15;

static uint64_t next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static void test_random_bytes(void **state)
{
    uint8_t bytes[RUN_BYTES];

    for ( unsigned int i = 0; i < RUNS; i++ )
    {
        for ( unsigned int j = 0; j < RUN_BYTES; j++ )
            bytes[j] = next_random() >> 32;
        fuzz_nested_vmx(bytes, next_random() % RUN_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
