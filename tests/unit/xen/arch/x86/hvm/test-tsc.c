/* SPDX-License-Identifier: MIT */
/* A domain's TSC: what the modes choose, that it goes on, what tools read. */
/* TEST-SOURCES: xen/arch/x86/hvm/tsc.c */
/* TEST-SOURCES: xen/arch/x86/tsc-ratio.c */
/* TEST-SOURCES: xen/arch/x86/time-scale.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <xen/lib.h>
#include <xen/pvclock.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>

#define HOST_KHZ 50000u
#define NR_VCPUS 2

uint32_t cpu_khz = HOST_KHZ;
struct vmx_caps vmx_caps;

static struct domain dom;
static struct vcpu vcpus[NR_VCPUS], *vcpu_ptrs[NR_VCPUS];
static s_time_t now;
static unsigned int controls, clocks, deadlines;
static bool in_l2;
static unsigned int l2_changes;

s_time_t NOW(void)
{
    return now;
}
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
}
void hvm_tsc_controls(struct vcpu *v)
{
    controls++;
}
void vlapic_tsc_changed(struct vcpu *v)
{
    deadlines++;
}
void pvclock_update(struct vcpu *v)
{
    clocks++;
}
bool nested_guest_mode(const struct vcpu *v)
{
    return in_l2;
}
void nested_tsc_changed(struct vcpu *v)
{
    l2_changes++;
}

static int setup(void **state)
{
    memset(&dom, 0, sizeof(dom));
    memset(vcpus, 0, sizeof(vcpus));
    memset(&vmx_caps, 0, sizeof(vmx_caps));
    controls = clocks = deadlines = l2_changes = 0;
    in_l2 = false;
    now = 0;
    time_scale_set(&tsc_scale, HOST_KHZ * 1000UL);
    dom.max_vcpus = NR_VCPUS;
    dom.vcpu = vcpu_ptrs;
    for ( unsigned int i = 0; i < NR_VCPUS; i++ )
    {
        vcpu_ptrs[i] = &vcpus[i];
        vcpus[i].domain = &dom;
        vcpus[i].vcpu_id = i;
    }
    hvm_tsc_init(&dom);
    return 0;
}

static int set(uint32_t mode, uint32_t khz)
{
    const struct tsc_info info = { .mode = mode, .khz = khz };

    return hvm_tsc_set(&dom, &info);
}

static void what_modes_choose(void **state)
{
    static const struct
    {
        uint32_t mode, khz;
        bool scaling;      /* the processor can */
        bool emulated;     /* expected ... */
        uint64_t ratio;    /* ... in whole numbers; 0: none */
        uint32_t told_khz; /* to the guest */
    } rows[] = {
        { TSC_MODE_DEFAULT, 0, false, false, 0, HOST_KHZ },
        { TSC_MODE_DEFAULT, HOST_KHZ, false, false, 0, HOST_KHZ },
        /* As measured at another time, or on a machine of that kind. */
        { TSC_MODE_DEFAULT, HOST_KHZ + 5, false, false, 0, HOST_KHZ + 5 },
        { TSC_MODE_DEFAULT, HOST_KHZ - 5, false, false, 0, HOST_KHZ - 5 },
        { TSC_MODE_DEFAULT, HOST_KHZ * 2, false, true, 2, HOST_KHZ * 2 },
        { TSC_MODE_DEFAULT, HOST_KHZ * 2, true, false, 2, HOST_KHZ * 2 },
        { TSC_MODE_ALWAYS_EMULATE, 0, true, true, 0, HOST_KHZ },
        { TSC_MODE_ALWAYS_EMULATE, HOST_KHZ * 4, true, true, 4, HOST_KHZ * 4 },
        /* Whatever it was where it comes from. */
        { TSC_MODE_NEVER_EMULATE, 0, false, false, 0, HOST_KHZ },
        { TSC_MODE_NEVER_EMULATE, HOST_KHZ * 2, true, false, 0, HOST_KHZ },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        const struct domain_tsc *t = &dom.arch.tsc;
        uint64_t ratio = rows[i].ratio * TSC_RATIO_ONE;

        setup(NULL);
        vmx_caps.tsc_scaling = rows[i].scaling;
        assert_int_equal(set(rows[i].mode, rows[i].khz), 0);
        assert_int_equal(t->mode, rows[i].mode);
        assert_int_equal(t->emulated, rows[i].emulated);
        assert_true(t->ratio == ratio);
        assert_int_equal(t->khz, rows[i].told_khz);
        assert_true(hvm_tsc_multiplier(&dom) ==
                    (ratio && !rows[i].emulated ? ratio : TSC_RATIO_ONE));
        assert_int_equal(controls, NR_VCPUS);
        assert_int_equal(clocks, NR_VCPUS);
        assert_int_equal(deadlines, NR_VCPUS);
    }
}

static void a_bit_more_is_another_rate(void **state)
{
    assert_int_equal(set(TSC_MODE_DEFAULT, HOST_KHZ + 6), 0);
    assert_true(dom.arch.tsc.ratio > TSC_RATIO_ONE);
    assert_true(dom.arch.tsc.emulated);
    assert_int_equal(set(TSC_MODE_DEFAULT, HOST_KHZ - 6), 0);
    assert_true(dom.arch.tsc.ratio < TSC_RATIO_ONE);
}

static void bad_settings(void **state)
{
    const struct domain_tsc before = dom.arch.tsc;

    assert_int_equal(set(3, 0), -EINVAL); /* PVRDTSCP is no more */
    assert_int_equal(set(~0u, 0), -EINVAL);
    assert_int_equal(set(TSC_MODE_DEFAULT, ~0u), -EINVAL); /* 85899 times */
    vcpus[1].arch.nested = (void *)&vcpus;
    in_l2 = true;
    assert_int_equal(set(TSC_MODE_DEFAULT, HOST_KHZ * 2), -EBUSY);
    assert_memory_equal(&before, &dom.arch.tsc, sizeof(before));
    assert_int_equal(controls, 0);
    in_l2 = false;
    assert_int_equal(set(TSC_MODE_DEFAULT, HOST_KHZ * 2), 0);
    assert_int_equal(l2_changes, 1);
    /* As slow as can be said. */
    assert_int_equal(set(TSC_MODE_DEFAULT, 1), 0);
    assert_true(dom.arch.tsc.ratio > 0);
}

/* Neither a vCPU's TSC nor that of ones to come jumps with the rate. */
static void tscs_go_on(void **state)
{
    uint64_t first, second, then;

    dom.arch.tsc_offset = vcpus[0].arch.tsc_offset = 1000;
    vcpus[1].arch.tsc_offset = (uint64_t)-5000;
    for ( uint32_t khz = 1; khz < 2000000; khz = khz * 3 + 1 )
    {
        first = hvm_guest_tsc(&vcpus[0]);
        second = hvm_guest_tsc(&vcpus[1]);
        assert_int_equal(set(TSC_MODE_DEFAULT, khz), 0);
        then = rdtsc();
        assert_true(hvm_tsc_at(&vcpus[0], then) >= first);
        assert_true(hvm_tsc_at(&vcpus[0], then) - first < 1UL << 36);
        assert_true((int64_t)(hvm_tsc_at(&vcpus[1], then) - second) >= 0);
        assert_true(dom.arch.tsc_offset == vcpus[0].arch.tsc_offset);
    }
}

static void deltas_are_converted(void **state)
{
    assert_int_equal(hvm_tsc_to_host(&dom, 12345), 12345);
    assert_true(hvm_tsc_to_ns(&dom, HOST_KHZ * 1000UL) > SECONDS(1) - 10);
    assert_int_equal(set(TSC_MODE_DEFAULT, HOST_KHZ * 3), 0);
    assert_true(hvm_tsc_to_host(&dom, 30000) >= 10000);
    assert_true(hvm_tsc_to_host(&dom, 30000) <= 10002);
    assert_true(hvm_tsc_to_ns(&dom, HOST_KHZ * 3000UL) > SECONDS(1) - 10);
    assert_true(hvm_tsc_to_ns(&dom, HOST_KHZ * 3000UL) <= SECONDS(1));
}

static void what_tools_read(void **state)
{
    struct tsc_info info = { .mode = TSC_MODE_ALWAYS_EMULATE,
                             .khz = HOST_KHZ * 2,
                             .incarnation = 3,
                             .elapsed_ns = 700 };

    now = 1000;
    assert_int_equal(hvm_tsc_set(&dom, &info), 0);
    assert_int_equal(dom.arch.tsc.start, 300);
    now = 5000;
    hvm_tsc_get(&dom, &info);
    assert_int_equal(info.mode, TSC_MODE_ALWAYS_EMULATE);
    assert_int_equal(info.khz, HOST_KHZ * 2);
    assert_int_equal(info.incarnation, 4);
    assert_int_equal(info.elapsed_ns, 4700);
    /* It was more than there has been time for: none, not a negative one. */
    info.elapsed_ns = (uint64_t)-100000;
    assert_int_equal(hvm_tsc_set(&dom, &info), 0);
    hvm_tsc_get(&dom, &info);
    assert_int_equal(info.elapsed_ns, 0);
    assert_int_equal(info.incarnation, 5);

    info.elapsed_ns = 1UL << 63;
    assert_int_equal(hvm_tsc_set(&dom, &info), 0);
    hvm_tsc_get(&dom, &info);
    assert_int_equal(info.elapsed_ns, 0);

    assert_int_equal(set(TSC_MODE_DEFAULT, 0), 0);
    hvm_tsc_get(&dom, &info);
    assert_int_equal(info.khz, HOST_KHZ);
    assert_int_equal(info.incarnation, 1);
    assert_true(info.elapsed_ns > 0);
    /* Nothing is to be kept elsewhere. */
    assert_int_equal(set(TSC_MODE_NEVER_EMULATE, 0), 0);
    hvm_tsc_get(&dom, &info);
    assert_int_equal(info.khz, 0);
    assert_int_equal(info.elapsed_ns, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_modes_choose, setup),
        cmocka_unit_test_setup(a_bit_more_is_another_rate, setup),
        cmocka_unit_test_setup(bad_settings, setup),
        cmocka_unit_test_setup(tscs_go_on, setup),
        cmocka_unit_test_setup(deltas_are_converted, setup),
        cmocka_unit_test_setup(what_tools_read, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
