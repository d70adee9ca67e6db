/* SPDX-License-Identifier: MIT */
/* CPU policy of a domain, cpuid= settings, and its first registers. */
/* TEST-SOURCES: tools/libs/guest/policy.c tools/libs/guest/cpuid-names.c */
/* TEST-SOURCES: tools/libs/guest/hvm-context.c tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/libs/guest */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/hvm/save.h>

#include "private.h"

#define NO XEN_CPUID_NO_SUBLEAF

static const xen_cpuid_leaf_t intel[] = {
    { 0, NO, 0x16, 0x756e6547, 0x6c65746e, 0x49656e69 },
    { 1, NO, 0x50654, 0x00010800, 0x1 << 21, 0 },
    { 4, 0, 0x1c004121, 0, 0, 0 }, /* type 1, 2 threads, 8 cores */
    { 4, 1, 0, 0, 0, 0 },          /* no more caches: stays so */
    { 7, 0, 0, 0x20, 0, 0 },
    { 0x80000001, NO, 0, 0, 1 << 1, 0 },
    { 0x80000007, NO, 0, 0, 0, 1 << 8 },
    { 0x80000008, NO, 0, 0, 0, 0 },
};
#define NR (sizeof(intel) / sizeof(intel[0]))

static void apply(xen_cpuid_leaf_t *leaves, bool nested,
                  const struct xg_cpuid_override *o, unsigned int nr)
{
    struct xg_policy_options options = { .nested_virt = nested };

    xg_policy_apply(leaves, NR, intel, NR, &options, o, nr);
}

static void nested(void **state)
{
    xen_cpuid_leaf_t leaves[NR];

    memcpy(leaves, intel, sizeof(intel));
    apply(leaves, true, NULL, 0);
    assert_int_equal(leaves[1].c & (1 << 5), 1 << 5);
    apply(leaves, false, NULL, 0);
    assert_int_equal(leaves[1].c & (1 << 5), 0);
}

static void topology(void **state)
{
    xen_cpuid_leaf_t leaves[NR];

    memcpy(leaves, intel, sizeof(intel));
    apply(leaves, false, NULL, 0);
    assert_int_equal(leaves[1].d, 1 << 28);    /* HTT */
    assert_int_equal(leaves[1].b, 0x00020800); /* ids doubled */
    assert_int_equal(leaves[2].a, 0x3c000121); /* 16 ids, no threads */
    assert_int_equal(leaves[3].a, 0);
    assert_int_equal(leaves[5].c, 0); /* cmp_legacy */
    assert_int_equal(leaves[6].d, 0); /* itsc not asked for */
}

static void amd(void **state)
{
    xen_cpuid_leaf_t leaves[] = {
        { 0, NO, 0x10, 0x68747541, 0x444d4163, 0x69746e65 },
        { 1, NO, 0, 0x00800000, 0, 0 },
        { 0x80000001, NO, 0, 0, 0, 0 },
        { 0x80000008, NO, 0, 0, 0x3007, 0 },
    };
    struct xg_policy_options options = { .nested_virt = true };

    xg_policy_apply(leaves, 4, NULL, 0, &options, NULL, 0);
    assert_int_equal(leaves[1].b, 0x00800000); /* would overflow */
    assert_int_equal(leaves[2].c, 1 << 2);     /* svm */
    assert_int_equal(leaves[3].c, 0x400f);
}

static void overrides(void **state)
{
    struct xg_cpuid_override o[3];
    xen_cpuid_leaf_t leaves[NR];

    assert_int_equal(xg_cpuid_parse("avx2=0", &o[0]), 0);
    assert_int_equal(xg_cpuid_parse("FAMILY=7", &o[1]), 0);
    assert_int_equal(xg_cpuid_parse("x2apic=k", &o[2]), 0);
    memcpy(leaves, intel, sizeof(intel));
    leaves[1].c = 0;
    apply(leaves, false, o, 3);
    assert_int_equal(leaves[4].b & 0x20, 0);
    assert_int_equal((leaves[1].a >> 8) & 0xf, 7);
    assert_int_equal(leaves[1].c & (1 << 21), 1 << 21);
    /* A leaf that the policy lacks is not made up. */
    o[0].leaf = 0x15;
    o[0].set = 1;
    apply(leaves, false, o, 1);
}

static void names(void **state)
{
    static const char *const good[] = { "vmx=1", "svm=0", "apic=x", "avx512f=s",
                                        "3dnow=0" };
    struct xg_cpuid_override o;

    for ( size_t i = 0; i < 5; i++ )
        assert_int_equal(xg_cpuid_parse(good[i], &o), 0);
    assert_int_equal(xg_cpuid_parse("1", &o), -1);
    assert_int_equal(xg_cpuid_parse("nosuch=1", &o), -1);
    assert_int_equal(xg_cpuid_parse("vmx", &o), -1);
    assert_int_equal(xg_cpuid_parse("vmx=2", &o), -2);
    assert_int_equal(xg_cpuid_parse("vmx=", &o), -2);
    assert_int_equal(xg_cpuid_parse("family=16", &o), -2);
    assert_int_equal(xg_cpuid_parse("family=-1", &o), -2);
    assert_int_equal(
        xg_cpuid_parse("averyveryverylongnamethatisnofeature=1", &o), -1);
}

static size_t put(uint8_t *p, uint16_t code, uint16_t instance,
                  const void *record, uint32_t length)
{
    struct hvm_save_descriptor d = { code, instance, length };

    memcpy(p, &d, sizeof(d));
    if ( length )
        memcpy(p + sizeof(d), record, length);
    return sizeof(d) + length;
}

static void registers(void **state)
{
    uint8_t saved[4096], *out;
    struct hvm_save_header header = { .magic = 0x12345678 };
    struct hvm_hw_mtrr mtrr = { .msr_pat_cr = 0x0007040600070406ull };
    struct hvm_hw_cpu cpu = { 0 };
    struct hvm_save_descriptor d;
    struct xg_error err;
    size_t n = 0, out_size, at;

    n += put(saved + n, 1, 0, &header, sizeof(header));
    n += put(saved + n, 2, 0, &cpu, sizeof(cpu));
    n += put(saved + n, 77, 0, "unknown", 7);
    n += put(saved + n, 14, 1, &mtrr, sizeof(mtrr));
    n += put(saved + n, 0, 0, NULL, 0);

    assert_int_equal(
        xg_hvm_context(saved, n, 0x1000040, 0x2000000, &out, &out_size, &err),
        0);
    memcpy(&d, out, sizeof(d));
    assert_int_equal(d.typecode, 1);
    assert_memory_equal(out + sizeof(d), &header, sizeof(header));
    at = sizeof(d) + sizeof(header);
    memcpy(&d, out + at, sizeof(d));
    assert_int_equal(d.typecode, 2);
    memcpy(&cpu, out + at + sizeof(d), sizeof(cpu));
    assert_int_equal(cpu.rip, 0x1000040);
    assert_int_equal(cpu.rbx, 0x2000000);
    assert_int_equal(cpu.cr0, 0x11);
    assert_int_equal(cpu.cr4, 0);
    assert_int_equal(cpu.cs_arbytes, 0xc9b);
    assert_int_equal(cpu.tr_arbytes, 0x8b);
    assert_int_equal(cpu.rflags, 2);
    at += sizeof(d) + sizeof(cpu);
    memcpy(&d, out + at, sizeof(d));
    assert_int_equal(d.typecode, 14);
    assert_int_equal(d.instance, 1);
    memcpy(&mtrr, out + at + sizeof(d), sizeof(mtrr));
    assert_int_equal(mtrr.msr_mtrr_def_type, 0x806);
    assert_int_equal(mtrr.msr_pat_cr, 0x0007040600070406ull);
    at += sizeof(d) + sizeof(mtrr);
    memcpy(&d, out + at, sizeof(d));
    assert_int_equal(d.typecode, 0);
    assert_int_equal(at + sizeof(d), out_size);
    free(out);

    /* Without a header it is no stream; a record may not leave it. */
    assert_int_equal(xg_hvm_context(saved, 4, 0, 0, &out, &out_size, &err), -1);
    put(saved, 1, 0, &header, sizeof(header));
    ((struct hvm_save_descriptor *)saved)->length = 9999;
    assert_int_equal(xg_hvm_context(saved, n, 0, 0, &out, &out_size, &err), -1);
}

/* A restored domain gets all it had, or the leaf that lacks is named. */
static void check_features(void **state)
{
    xen_cpuid_leaf_t want[] = { { 1, NO, 0, 0, 0x30, 0x3 },
                                { 7, 0, 0, 0x20, 0, 0 },
                                { 0x80000001, NO, 0, 0, 1, 0 } };
    xen_cpuid_leaf_t have[] = { { 7, 0, 9, 0x21, 9, 0 },
                                { 1, NO, 5, 5, 0xf0, 0x3 },
                                { 0x80000001, NO, 0, 0, 3, 0 } };
    struct xg_error err;

    assert_int_equal(xg_policy_check(want, 3, have, 3, &err), 0);
    /* What is no feature may differ, such as family and model. */
    want[0].a = 0x50654;
    assert_int_equal(xg_policy_check(want, 3, have, 3, &err), 0);
    want[0].d |= 0x100;
    assert_int_equal(xg_policy_check(want, 3, have, 3, &err), -1);
    assert_non_null(strstr(err.text, "leaf 0x1.0, edx 0x00000100"));
    want[0].d &= ~0x100u;
    want[1].b |= 1u << 16;
    assert_int_equal(xg_policy_check(want, 3, have, 3, &err), -1);
    assert_non_null(strstr(err.text, "leaf 0x7.0, ebx 0x00010000"));
    want[1].b = 0;
    assert_int_equal(xg_policy_check(want, 3, have, 2, &err), -1);
    assert_non_null(strstr(err.text, "leaf 0x80000001.0, ecx 0x00000001"));
    assert_int_equal(xg_policy_check(want, 2, have, 2, &err), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_features), cmocka_unit_test(nested),
        cmocka_unit_test(topology),       cmocka_unit_test(amd),
        cmocka_unit_test(overrides),      cmocka_unit_test(names),
        cmocka_unit_test(registers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
