/* SPDX-License-Identifier: MIT */
/* CPU policy: what passes from machine to domain, look-up, topology. */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/compute.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/lookup.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/host.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/lib.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>

int rdmsr_safe(uint32_t msr, uint64_t *val)
{
    return -EFAULT;
}

#define XCR0_AVX (XSTATE_ALWAYS | XSTATE_YMM)

static const struct cpu_policy_params domu = {
    .kind = CPU_POLICY_DOMU,
    .max_vcpus = 2,
    .xcr0_allowed = 0x2e7,
    .hw_rdtscp = true,
    .hw_invpcid = true,
    .hw_xsaves = true,
};

/* A machine with every feature bit set and AVX-512 state. */
static void full_host(struct cpu_policy *h)
{
    memset(h, 0xff, sizeof(*h));
    h->basic[0] =
        (struct cpuid_leaf){ 0x20, 0x756e6547, 0x6c65746e, 0x49656e69 };
    h->basic[1].a = 0x50654;
    h->ext[0].a = 0x80000008;
    h->ext[8].a = 46 | (57 << 8);
    h->feat[0].a = 2;
    h->xstate[0] = (struct cpuid_leaf){ .a = 0x2ff, .b = 0, .c = 0xa88 };
    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
        h->xstate[i] = (struct cpuid_leaf){ 0 };
    h->xstate[2] = (struct cpuid_leaf){ 256, 576, 0, 0 };
    h->xstate[5] = (struct cpuid_leaf){ 64, 1088, 0, 0 };
    h->xstate[6] = (struct cpuid_leaf){ 512, 1152, 0, 0 };
    h->xstate[7] = (struct cpuid_leaf){ 1024, 1664, 0, 0 };
    h->xstate[9] = (struct cpuid_leaf){ 8, 2688, 0, 0 };
    memset(h->cache, 0, sizeof(h->cache));
    h->cache[0].a = 0x1c004121;
    h->cache[1].a = 0x1c004122;
    h->cache[2].a = 0x1c004143;
    h->cache[3].a = 0x1c03c163;
}

static void hidden_features(void **state)
{
    struct cpu_policy host, p;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(p.basic[0].a, 0xd);
    assert_int_equal(p.ext[0].a, 0x80000008);
    assert_int_equal(p.basic[1].c &
                         (CPUID1_C_VMX | CPUID1_C_SMX | CPUID1_C_MONITOR |
                          CPUID1_C_PDCM | CPUID1_C_DTES64 | CPUID1_C_TM2 |
                          CPUID1_C_EIST | CPUID1_C_SDBG | CPUID1_C_XTPR |
                          CPUID1_C_DCA | CPUID1_C_OSXSAVE),
                     0);
    assert_int_equal(p.basic[1].d & (CPUID1_D_TM | CPUID1_D_DS | CPUID1_D_PBE |
                                     CPUID1_D_PSN),
                     0);
    assert_int_equal(p.feat[0].b & (CPUID7_B_SGX | CPUID7_B_PT | CPUID7_B_MPX |
                                    CPUID7_B_PQM | CPUID7_B_PQE),
                     0);
    assert_int_equal(p.feat[0].c & (CPUID7_C_LA57 | CPUID7_C_CET_SS |
                                    CPUID7_C_WAITPKG | CPUID7_C_OSPKE),
                     0);
    /* UINTR, AMX, PCONFIG, IBT, speculation controls */
    assert_int_equal(p.feat[0].d &
                         ((1u << 5) | (7u << 22 & ~(1u << 23)) | (1u << 18) |
                          (1u << 20) | CPUID7_D_IBRSB | CPUID7_D_SSBD),
                     0);
    assert_int_equal(p.ext[7].d, 0); /* a DomU may migrate */
    /* Monitor, thermal, performance leaves are empty; 0x15, 0x16 beyond. */
    for ( unsigned int leaf = 0; leaf < 0x40; leaf++ )
    {
        struct cpuid_leaf l;

        if ( leaf <= 2 || leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd )
            continue;
        cpuid_policy_lookup(&p, leaf, 0, &l);
        assert_int_equal(l.a | l.b | l.c | l.d, 0);
    }
    assert_int_equal(p.ext[8].a, 46 | (48 << 8));
}

/*
 * What Xen 4.17 shows HVM guests on a processor of Intel's, if nobody asks for
 * more or less (arch-x86/cpufeatureset.h: A, S and H): a domain saved there is
 * used to it. Not SPEC_CTRL and what belongs to it, see docs/limits.md.
 */
static void what_xen_shows_is_shown(void **state)
{
    struct cpu_policy host, p;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(0x1fcbfbffu & ~p.basic[1].d, 0);
    assert_int_equal(0xf7fa3203u & ~p.basic[1].c, 0);
    assert_int_equal(0xfdbf0fabu & ~p.feat[0].b, 0);
    assert_int_equal(0x02405f4fu & ~p.feat[0].c, 0);
    assert_int_equal(0xbc00441cu & ~p.feat[0].d,
                     CPUID7_D_IBRSB | CPUID7_D_STIBP | CPUID7_D_L1D_FLUSH |
                         CPUID7_D_SSBD);
    assert_int_equal(0x1c30u & ~p.feat[1].a, 0);
    assert_int_equal(0xfu & ~p.xstate[1].a, 0);
    assert_int_equal(0x2c100800u & ~p.ext[1].d, 0);
    assert_int_equal(0x00000121u & ~p.ext[1].c, 0);
    assert_int_equal(p.ext[8].b, CPUIDE8_B_NO_LMSL);

    /* Xen shows these two where the processor has neither, too. */
    host.feat[0].d = host.ext[8].b = 0;
    host.arch_caps = 0;
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(p.feat[0].d, CPUID7_D_ARCH_CAPS);
    assert_int_equal(p.arch_caps, 0);
    assert_int_equal(p.ext[8].b, CPUIDE8_B_NO_LMSL);
}

static void forced_features(void **state)
{
    struct cpu_policy host = { 0 }, p;

    host.basic[0].a = 2;
    host.ext[0].a = 0x80000008;
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(p.basic[1].c,
                     CPUID1_C_X2APIC | CPUID1_C_TSCDL | CPUID1_C_HYPERVISOR);
    /* Nothing else comes from nowhere. */
    assert_int_equal(p.basic[1].d & ~CPUID1_D_HTT, 0);
    assert_int_equal(p.feat[0].a | p.feat[0].b | p.feat[0].c | p.feat[0].d, 0);
}

static void nested_shows_vmx(void **state)
{
    struct cpu_policy_params params = domu;
    struct cpu_policy host, p, max;

    full_host(&host);
    params.nested_virt = true;
    cpu_policy_compute(&host, &params, &p);
    assert_true(p.basic[1].c & CPUID1_C_VMX);

    /* A toolstack's VMX bit counts only where nesting was asked for. */
    params.kind = CPU_POLICY_MAX;
    cpu_policy_compute(&host, &params, &max);
    cpu_policy_recalculate(&p, &max, &domu);
    assert_false(p.basic[1].c & CPUID1_C_VMX);
    params.kind = CPU_POLICY_DOMU;
    p.basic[1].c |= CPUID1_C_VMX;
    cpu_policy_recalculate(&p, &max, &params);
    assert_true(p.basic[1].c & CPUID1_C_VMX);
}

static void controls_gate_features(void **state)
{
    struct cpu_policy_params params = domu;
    struct cpu_policy host, p;

    full_host(&host);
    params.hw_rdtscp = params.hw_invpcid = params.hw_xsaves = false;
    params.hw_waitpkg = true;
    cpu_policy_compute(&host, &params, &p);
    assert_false(p.ext[1].d & CPUIDE1_D_RDTSCP);
    assert_false(p.feat[0].c & CPUID7_C_RDPID);
    assert_false(p.feat[0].b & CPUID7_B_INVPCID);
    assert_false(p.xstate[1].a & CPUIDD1_A_XSAVES);
    assert_true(p.feat[0].c & CPUID7_C_WAITPKG);
}

static void xstate_follows_features(void **state)
{
    struct cpu_policy_params params = domu;
    struct cpu_policy host, p;

    full_host(&host);
    cpu_policy_compute(&host, &params, &p);
    assert_int_equal(p.xstate[0].a, 0x2e7); /* MPX is gone */
    assert_int_equal(p.xstate[0].c, 2696);
    assert_int_equal(p.xstate[3].a, 0);

    /* The hypervisor switches no AVX-512: the features go as well. */
    params.xcr0_allowed = XCR0_AVX;
    cpu_policy_compute(&host, &params, &p);
    assert_int_equal(p.xstate[0].a, XCR0_AVX);
    assert_int_equal(p.xstate[0].c, 832);
    assert_int_equal(p.feat[0].b & CPUID7_B_AVX512_ALL, 0);
    assert_int_equal(p.feat[0].c & (CPUID7_C_AVX512_ALL | CPUID7_C_PKU), 0);
    assert_true(p.feat[0].b & CPUID7_B_AVX2);

    params.xcr0_allowed = XSTATE_ALWAYS;
    cpu_policy_compute(&host, &params, &p);
    assert_false(p.basic[1].c & CPUID1_C_AVX);
    assert_false(p.feat[0].b & CPUID7_B_AVX2);

    /* Without XSAVE there is no leaf. */
    host.basic[1].c &= ~CPUID1_C_XSAVE;
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(p.xstate[0].a | p.xstate[0].c | p.xstate[1].a, 0);
    assert_false(p.basic[1].c & CPUID1_C_AVX);
}

static void xstate_sizes(void **state)
{
    struct cpu_policy host, p;

    full_host(&host);
    host.xstate[9].c = 2; /* aligned when compacted */
    cpu_policy_compute(&host, &domu, &p);
    assert_int_equal(xstate_size(&p, 0, false), 576);
    assert_int_equal(xstate_size(&p, XCR0_AVX, false), 832);
    assert_int_equal(xstate_size(&p, 0x203, false), 2696);
    assert_int_equal(xstate_size(&p, 0x203, true), 584);
    assert_int_equal(xstate_size(&p, 0x227, true), 576 + 256 + 64 + 8);
}

static void topology(void **state)
{
    static const struct
    {
        uint32_t vcpus, shift, lppp, cores;
    } rows[] = {
        { 1, 1, 2, 1 }, { 2, 2, 4, 2 },  { 3, 3, 8, 4 },
        { 4, 3, 8, 4 }, { 5, 4, 16, 8 }, { 128, 8, 255, 64 },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        struct cpu_policy_params params = domu;
        struct cpuid_vcpu_state s = { .apic_id = (rows[i].vcpus - 1) * 2 };
        struct cpu_policy host, p;
        struct cpuid_leaf l;

        full_host(&host);
        host.basic[1].d &= ~CPUID1_D_HTT;
        params.max_vcpus = rows[i].vcpus;
        cpu_policy_compute(&host, &params, &p);

        cpuid_policy_lookup(&p, 0xb, 0, &l);
        cpuid_policy_patch(&p, &s, 0xb, 0, &l);
        assert_int_equal(l.a, 1);
        assert_int_equal(l.b, 1);
        assert_int_equal(l.c, 0x100);
        assert_int_equal(l.d, s.apic_id);
        cpuid_policy_lookup(&p, 0xb, 1, &l);
        assert_int_equal(l.a, rows[i].shift);
        assert_int_equal(l.b, rows[i].vcpus);
        assert_int_equal(l.c, 0x201);
        /* Every id of the package fits below the shift. */
        assert_int_equal(s.apic_id >> l.a, 0);
        cpuid_policy_lookup(&p, 0xb, 2, &l);
        cpuid_policy_patch(&p, &s, 0xb, 2, &l);
        assert_int_equal(l.a | l.b, 0);
        assert_int_equal(l.c, 2);
        assert_int_equal(l.d, s.apic_id);

        assert_int_equal((p.basic[1].b >> 16) & 0xff, rows[i].lppp);
        assert_int_equal(!!(p.basic[1].d & CPUID1_D_HTT), rows[i].vcpus > 1);
        assert_int_equal((p.cache[0].a >> 26) + 1, rows[i].cores);
        assert_int_equal(((p.cache[0].a >> 14) & 0xfff) + 1, 2);
    }
}

static void dynamic_bits(void **state)
{
    struct cpuid_vcpu_state s = { .vcpu_id = 3,
                                  .domid = 7,
                                  .apic_id = 6,
                                  .xcr0 = XCR0_AVX,
                                  .upcall_vector = true };
    struct cpu_policy host, p;
    struct cpuid_leaf l;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &p);

    cpuid_policy_lookup(&p, 1, 0, &l);
    cpuid_policy_patch(&p, &s, 1, 0, &l);
    assert_int_equal(l.b >> 24, 6);
    assert_false(l.c & CPUID1_C_OSXSAVE);
    s.cr4 = X86_CR4_OSXSAVE | X86_CR4_PKE;
    cpuid_policy_lookup(&p, 1, 0, &l);
    cpuid_policy_patch(&p, &s, 1, 0, &l);
    assert_true(l.c & CPUID1_C_OSXSAVE);
    assert_true(l.d & CPUID1_D_APIC);
    s.apic_off = true;
    cpuid_policy_patch(&p, &s, 1, 0, &l);
    assert_false(l.d & CPUID1_D_APIC);
    cpuid_policy_lookup(&p, 7, 0, &l);
    cpuid_policy_patch(&p, &s, 7, 0, &l);
    assert_true(l.c & CPUID7_C_OSPKE);

    cpuid_policy_lookup(&p, 0xd, 0, &l);
    cpuid_policy_patch(&p, &s, 0xd, 0, &l);
    assert_int_equal(l.b, 832);
    assert_int_equal(l.c, 2696);
    cpuid_policy_lookup(&p, 0xd, 1, &l);
    cpuid_policy_patch(&p, &s, 0xd, 1, &l);
    assert_int_equal(l.b, 832);
}

static void xen_leaves(void **state)
{
    struct cpuid_vcpu_state s = {
        .vcpu_id = 3,
        .domid = 7,
        .upcall_vector = true,
        .tsc_mode = 1,
        .tsc_khz = 50000,
        .tsc_incarnation = 2,
        .tsc_offset_ns = 0x123456789ab,
        .tsc_mul_frac = 0x80000001,
        .tsc_shift = -2,
        .host_tsc_khz = 60000,
        .host_rdtscp = true,
    };
    struct cpu_policy host, p;
    struct cpuid_leaf l;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &p);
    cpuid_policy_lookup(&p, 0x40000000, 0, &l);
    assert_int_equal(l.a, 0x40000005);
    assert_memory_equal(&l.b, "XenVMMXenVMM", 12);
    cpuid_policy_lookup(&p, 0x40000001, 0, &l);
    assert_int_equal(l.a, 0x40011);
    cpuid_policy_lookup(&p, 0x40000002, 0, &l);
    assert_int_equal(l.a, 1);
    assert_int_equal(l.b, 0x40000000);
    cpuid_policy_lookup(&p, 0x40000003, 0, &l);
    cpuid_policy_patch(&p, &s, 0x40000003, 0, &l);
    assert_int_equal(l.a, 6);
    assert_int_equal(l.b, 1);
    assert_int_equal(l.c, 50000);
    assert_int_equal(l.d, 2);
    /* Not the mode says who counts, and what the machine has. */
    s.tsc_emulated = true;
    s.host_rdtscp = false;
    cpuid_policy_patch(&p, &s, 0x40000003, 0, &l);
    assert_int_equal(l.a, 3);
    cpuid_policy_patch(&p, &s, 0x40000003, 1, &l);
    assert_int_equal(l.a, 0x456789ab);
    assert_int_equal(l.b, 0x123);
    assert_int_equal(l.c, 0x80000001);
    assert_int_equal((int32_t)l.d, -2);
    cpuid_policy_patch(&p, &s, 0x40000003, 2, &l);
    assert_int_equal(l.a, 60000);
    cpuid_policy_lookup(&p, 0x40000004, 0, &l);
    cpuid_policy_patch(&p, &s, 0x40000004, 0, &l);
    assert_int_equal(l.a, 0x58);
    assert_int_equal(l.b, 3);
    assert_int_equal(l.c, 7);
    cpuid_policy_lookup(&p, 0x40000006, 0, &l);
    assert_int_equal(l.a, 0);
    /* A toolstack may cut them. */
    p.xen_max_leaf = 2;
    cpuid_policy_lookup(&p, 0x40000003, 0, &l);
    cpuid_policy_patch(&p, &s, 0x40000003, 0, &l);
    assert_int_equal(l.a | l.b | l.c, 0);
}

/* No look-up reads outside of the policy, whatever is asked. */
static void any_leaf(void **state)
{
    struct cpu_policy host, p;
    struct cpuid_leaf l;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &p);
    srand(1);
    for ( unsigned int i = 0; i < 1000000; i++ )
    {
        static const uint32_t base[] = { 0, 0x40000000, 0x80000000, 0xffffff00,
                                         0x3fffff80 };
        uint32_t leaf = base[rand() % 5] + rand() % 0x120;
        uint32_t sub = rand() % 2 ? (uint32_t)rand() % 70 : ~0u;
        struct cpuid_vcpu_state s = { 0 };

        cpuid_policy_lookup(&p, leaf, sub, &l);
        cpuid_policy_patch(&p, &s, leaf, sub, &l);
        if ( leaf > 0x80000008 && leaf < 0x90000000 )
            assert_int_equal(l.a | l.b | l.c | l.d, 0);
    }
}

static void toolstack_cannot_add(void **state)
{
    struct cpu_policy_params max_params = domu;
    struct cpu_policy host, max, p;

    full_host(&host);
    host.feat[0].b &= ~CPUID7_B_SMAP;
    max_params.kind = CPU_POLICY_MAX;
    cpu_policy_compute(&host, &max_params, &max);
    cpu_policy_compute(&host, &domu, &p);

    p.feat[0].b |= CPUID7_B_SMAP | CPUID7_B_SGX;
    p.basic[1].c |= CPUID1_C_SMX | CPUID1_C_MONITOR;
    p.basic[6].a = 4;
    p.xstate[2].a = 100000;
    p.xstate[0].a = ~0u;
    p.ext[8].a = 52 | (57 << 8);
    p.basic[1].c &= ~CPUID1_C_HYPERVISOR;
    cpu_policy_recalculate(&p, &max, &domu);
    assert_false(p.feat[0].b & (CPUID7_B_SMAP | CPUID7_B_SGX));
    assert_false(p.basic[1].c & (CPUID1_C_SMX | CPUID1_C_MONITOR));
    assert_int_equal(p.basic[6].a, 0);
    assert_int_equal(p.xstate[2].a, 256);
    assert_int_equal(p.xstate[0].a, 0x2e7);
    assert_int_equal(p.ext[8].a, 46 | (48 << 8));
    assert_true(p.basic[1].c & CPUID1_C_HYPERVISOR);

    /* But it may take away, and what depends goes too. */
    p.basic[1].c &= ~CPUID1_C_AVX;
    cpu_policy_recalculate(&p, &max, &domu);
    assert_int_equal(p.xstate[0].a, XSTATE_ALWAYS | XSTATE_PKRU);
    assert_false(p.feat[0].b & CPUID7_B_AVX2);
}

static void check_limits(void **state)
{
    struct cpu_policy host, max, p;
    struct cpu_policy_error err;

    full_host(&host);
    cpu_policy_compute(&host, &domu, &max);
    p = max;
    assert_int_equal(cpu_policy_check(&max, &p, &err), 0);
    p.basic[0].a = 0xe;
    assert_int_equal(cpu_policy_check(&max, &p, &err), -EINVAL);
    assert_int_equal(err.leaf, 0);
    p = max;
    p.ext[0].a = 0x80000021;
    assert_int_equal(cpu_policy_check(&max, &p, &err), -EINVAL);
    assert_int_equal(err.leaf, 0x80000000);
    p = max;
    assert_int_equal(p.platform_info, 1u << 31); /* CPUID faulting */
    p.platform_info = 0;
    assert_int_equal(cpu_policy_check(&max, &p, &err), 0);
    p.platform_info = 3ull << 31;
    assert_int_equal(cpu_policy_check(&max, &p, &err), -EINVAL);
    assert_int_equal(err.msr, 0xce);
}

/* The machine the test runs on: whatever it is, invariants hold. */
static void this_machine(void **state)
{
    struct cpu_policy host, p;

    cpu_policy_read_host(&host);
    cpu_policy_compute(&host, &domu, &p);
    assert_true(p.basic[0].a <= 0xd);
    assert_int_equal(
        p.basic[1].c & ~host.basic[1].c &
            ~(CPUID1_C_X2APIC | CPUID1_C_TSCDL | CPUID1_C_HYPERVISOR),
        0);
    assert_int_equal(p.feat[0].b & ~host.feat[0].b, 0);
    assert_int_equal(p.xstate[0].a & ~host.xstate[0].a, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hidden_features),
        cmocka_unit_test(what_xen_shows_is_shown),
        cmocka_unit_test(forced_features),
        cmocka_unit_test(nested_shows_vmx),
        cmocka_unit_test(controls_gate_features),
        cmocka_unit_test(xstate_follows_features),
        cmocka_unit_test(xstate_sizes),
        cmocka_unit_test(topology),
        cmocka_unit_test(dynamic_bits),
        cmocka_unit_test(xen_leaves),
        cmocka_unit_test(any_leaf),
        cmocka_unit_test(toolstack_cannot_add),
        cmocka_unit_test(check_limits),
        cmocka_unit_test(this_machine),
    };

    return cmocka_run_group_tests_name("cpu-policy", tests, NULL, NULL);
}
