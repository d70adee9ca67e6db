/* SPDX-License-Identifier: MIT */
/* CPU policy on the wire: round trip, limits, refusals. */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/serialise.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/lib.h>
#include <asm/cpu-policy.h>

/* Subleaves that belong to leaves with an array of their own. */
static void sample(struct cpu_policy *p)
{
    uint32_t x = 1;

    memset(p, 0, sizeof(*p));
    for ( unsigned int i = 0; i < CPUID_NR_BASIC; i++ )
        if ( i != 4 && i != 7 && i != 0xb && i != 0xd )
            p->basic[i] = (struct cpuid_leaf){ x++, x++, x++, x++ };
    p->basic[0].a = 0xd;
    for ( unsigned int i = 0; i <= 8; i++ )
        p->ext[i] = (struct cpuid_leaf){ x++, x++, x++, x++ };
    p->ext[0].a = 0x80000008;
    for ( unsigned int i = 0; i < 3; i++ )
        p->cache[i] = (struct cpuid_leaf){ (x++ << 5) | 1, x++, x++, x++ };
    p->feat[0] = (struct cpuid_leaf){ 1, x++, x++, x++ };
    p->feat[1] = (struct cpuid_leaf){ x++, 0, 0, 0 };
    for ( unsigned int i = 0; i < CPUID_NR_TOPO; i++ )
        p->topo[i] = (struct cpuid_leaf){ x++, x++, (i + 1) << 8 | i, 0 };
    p->xstate[0] = (struct cpuid_leaf){ 0x207, 0, 900, 0 };
    p->xstate[1] = (struct cpuid_leaf){ 7, 0, 0, 0 };
    p->xstate[2] = (struct cpuid_leaf){ 256, 576, 0, 0 };
    p->xstate[9] = (struct cpuid_leaf){ 8, 2688, 0, 0 };
    p->xen_max_leaf = 5;
    p->platform_info = 1u << 31;
    p->arch_caps = 0x2b;
}

static void round_trip(void **state)
{
    xen_cpuid_leaf_t leaves[CPU_POLICY_MAX_LEAVES];
    xen_msr_entry_t msrs[CPU_POLICY_MAX_MSRS];
    struct cpu_policy in, out = { 0 };
    struct cpu_policy_error err;
    uint32_t nr = CPU_POLICY_MAX_LEAVES, nr_msrs = CPU_POLICY_MAX_MSRS;

    sample(&in);
    assert_int_equal(cpu_policy_serialise_leaves(&in, leaves, &nr), 0);
    /* 10 plain, 4 cache, 2 of leaf 7, 2 of 0xb, 10 of 0xd, 2 Xen, 9 ext */
    assert_int_equal(nr, 39);
    assert_int_equal(cpu_policy_serialise_msrs(&in, msrs, &nr_msrs), 0);
    assert_int_equal(nr_msrs, 2);
    assert_int_equal(cpu_policy_deserialise_leaves(&out, leaves, nr, &err), 0);
    assert_int_equal(cpu_policy_deserialise_msrs(&out, msrs, nr_msrs, &err), 0);
    assert_memory_equal(&in, &out, sizeof(in));
    for ( uint32_t i = 1; i < nr; i++ )
        assert_true(leaves[i - 1].leaf < leaves[i].leaf ||
                    leaves[i - 1].subleaf < leaves[i].subleaf);
}

static void largest_policy_fits(void **state)
{
    static xen_cpuid_leaf_t leaves[CPU_POLICY_MAX_LEAVES];
    static struct cpu_policy p;
    uint32_t nr = CPU_POLICY_MAX_LEAVES;

    memset(&p, 0xff, sizeof(p));
    assert_int_equal(cpu_policy_serialise_leaves(&p, leaves, &nr), 0);
    assert_int_equal(nr, CPU_POLICY_MAX_LEAVES);
}

static void short_buffers(void **state)
{
    xen_cpuid_leaf_t leaves[40];
    xen_msr_entry_t msrs[1];
    struct cpu_policy p;
    uint32_t nr = 5;

    sample(&p);
    memset(leaves, 0xa5, sizeof(leaves));
    assert_int_equal(cpu_policy_serialise_leaves(&p, leaves, &nr), -ENOBUFS);
    assert_int_equal(nr, 39);
    assert_int_equal(leaves[5].leaf, 0xa5a5a5a5);
    nr = 0;
    assert_int_equal(cpu_policy_serialise_leaves(&p, NULL, &nr), -ENOBUFS);
    nr = 1;
    assert_int_equal(cpu_policy_serialise_msrs(&p, msrs, &nr), -ENOBUFS);
    assert_int_equal(nr, 2);
}

static void refused_leaves(void **state)
{
    static const struct
    {
        uint32_t leaf, subleaf;
    } bad[] = {
        { 0xe, ~0u },
        { 1, 0 },
        { 4, 6 },
        { 4, ~0u },
        { 7, 3 },
        { 0xb, 2 },
        { 0xd, 63 },
        { 0x80000022, ~0u },
        { 0x40000001, ~0u },
        { 0x40000000, 0 },
        { 0x40000100, 0 },
        { 0x7fffffff, ~0u },
        { 0xffffffff, ~0u },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        xen_cpuid_leaf_t l[2] = { { 2, ~0u, 1, 2, 3, 4 },
                                  { bad[i].leaf, bad[i].subleaf, 0, 0, 0, 0 } };
        struct cpu_policy_error err;
        struct cpu_policy p;

        sample(&p);
        assert_int_equal(cpu_policy_deserialise_leaves(&p, l, 2, &err),
                         -ERANGE);
        assert_int_equal(err.leaf, bad[i].leaf);
        assert_int_equal(err.subleaf, bad[i].subleaf);
        assert_int_equal(err.msr, ~0u);
    }
}

static void refused_msrs(void **state)
{
    struct cpu_policy p = { 0 };
    struct cpu_policy_error err;
    xen_msr_entry_t m = { 0x10, 0, 0 };

    assert_int_equal(cpu_policy_deserialise_msrs(&p, &m, 1, &err), -ERANGE);
    assert_int_equal(err.msr, 0x10);
    m = (xen_msr_entry_t){ 0xce, 1, 0 };
    assert_int_equal(cpu_policy_deserialise_msrs(&p, &m, 1, &err), -EINVAL);
    m = (xen_msr_entry_t){ 0xce, 0, 1ULL << 40 };
    assert_int_equal(cpu_policy_deserialise_msrs(&p, &m, 1, &err), -EOVERFLOW);
}

static void featureset(void **state)
{
    uint32_t fs[CPU_FEATURESET_NR];
    struct cpu_policy p;

    sample(&p);
    cpu_policy_to_featureset(&p, fs);
    assert_int_equal(fs[0], p.basic[1].d);
    assert_int_equal(fs[1], p.basic[1].c);
    assert_int_equal(fs[2], p.ext[1].d);
    assert_int_equal(fs[4], p.xstate[1].a);
    assert_int_equal(fs[5], p.feat[0].b);
    assert_int_equal(fs[9], p.feat[0].d);
    assert_int_equal(fs[10], p.feat[1].a);
    assert_int_equal(fs[16], p.arch_caps);
}

/* Random records never write outside of the policy. */
static void random_records(void **state)
{
    struct
    {
        uint64_t before[64];
        struct cpu_policy p;
        uint64_t after[64];
    } *box = calloc(1, sizeof(*box));

    srand(1);
    memset(box->before, 0x5a, sizeof(box->before));
    memset(box->after, 0x5a, sizeof(box->after));
    for ( unsigned int i = 0; i < 500000; i++ )
    {
        static const uint32_t base[] = { 0, 0x40000000, 0x80000000,
                                         0x40000100 };
        xen_cpuid_leaf_t l = { base[rand() % 4] + rand() % 0x30,
                               rand() % 2 ? ~0u : (uint32_t)rand() % 80,
                               rand(),
                               rand(),
                               rand(),
                               rand() };
        struct cpu_policy_error err;

        cpu_policy_deserialise_leaves(&box->p, &l, 1, &err);
    }
    for ( unsigned int i = 0; i < 64; i++ )
    {
        assert_int_equal(box->before[i], 0x5a5a5a5a5a5a5a5a);
        assert_int_equal(box->after[i], 0x5a5a5a5a5a5a5a5a);
    }
    free(box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),     cmocka_unit_test(largest_policy_fits),
        cmocka_unit_test(short_buffers),  cmocka_unit_test(refused_leaves),
        cmocka_unit_test(refused_msrs),   cmocka_unit_test(featureset),
        cmocka_unit_test(random_records),
    };

    return cmocka_run_group_tests_name("cpu-policy-wire", tests, NULL, NULL);
}
