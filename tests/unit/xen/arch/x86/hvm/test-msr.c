/* SPDX-License-Identifier: MIT */
/* MSRs kept outside of the VMCS: values, faults, MTRRs, the hypercall page. */
/* TEST-SOURCES: xen/arch/x86/hvm/msr.c */
/* TEST-SOURCES: xen/arch/x86/cpu-policy/host.c */
/* TEST-SOURCES: xen/arch/x86/hvm/mtrr.c */
/* TEST-SOURCES: xen/arch/x86/hvm/hypercall-page.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/hvm-io.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

static struct domain dom;
static struct vcpu vcpu;
static struct cpu_policy policy;
static uint8_t page[4096];
static uint64_t host_value;
static int host_error;

int rdmsr_safe(uint32_t msr, uint64_t *val)
{
    *val = host_value;
    return host_error;
}
void hvm_set_tsc_offset(struct vcpu *v, uint64_t offset)
{
    v->arch.tsc_offset = offset;
}
static int tsc_changes;
void vlapic_tsc_changed(struct vcpu *v)
{
    tsc_changes++;
}
static int clock_updates;
void pvclock_update(struct vcpu *v)
{
    clock_updates++;
}
static unsigned int latched;

void hvm_latch_shinfo_size(struct domain *d)
{
    latched++;
}

int copy_to_guest_phys(struct domain *d, paddr_t gpa, const void *from,
                       size_t n)
{
    if ( gpa < 0x5000 || gpa + n > 0x6000 )
        return -EFAULT;
    memcpy(page + gpa - 0x5000, from, n);
    return 0;
}

static int setup(void **state)
{
    memset(&dom, 0, sizeof(dom));
    memset(&vcpu, 0, sizeof(vcpu));
    memset(&policy, 0, sizeof(policy));
    vcpu.domain = &dom;
    dom.arch.policy = &policy;
    policy.ext[8].a = 39;
    host_error = 0;
    host_value = 0;
    hvm_msr_reset(&vcpu);
    return 0;
}

static uint64_t rd(uint32_t msr)
{
    uint64_t val = 0;

    assert_int_equal(hvm_msr_read(&vcpu, msr, &val), 0);
    return val;
}

static void constants(void **state)
{
    uint64_t val;

    assert_int_equal(rd(MSR_PLATFORM_ID), 0);
    assert_int_equal(rd(MSR_MCG_CAP), 0);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1800);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_ENABLE, ~0ULL), 0);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1801);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_ENABLE, 0), 0);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1800);
    host_value = 0x1234ULL << 32;
    assert_int_equal(rd(MSR_UCODE_REV), 0x1234ULL << 32);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_UCODE_REV, 0), 0);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MCG_STATUS, 1), -EFAULT);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_PLATFORM_ID, 0), -EFAULT);
    assert_int_equal(hvm_msr_read(&vcpu, MSR_ARCH_CAPABILITIES, &val), -EFAULT);
    policy.feat[0].d = CPUID7_D_ARCH_CAPS;
    policy.arch_caps = 0x2b;
    assert_int_equal(rd(MSR_ARCH_CAPABILITIES), 0x2b);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_ARCH_CAPABILITIES, 0), -EFAULT);
}

/* A guest is told whether the processor's fast strings are on. */
static void fast_strings(void **state)
{
    host_value = 0x850089;
    hvm_msr_reset(&vcpu);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1801);
    host_value = 0x850088;
    hvm_msr_reset(&vcpu);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1800);
    host_error = -EFAULT; /* it has no such MSR */
    hvm_msr_reset(&vcpu);
    assert_int_equal(rd(MSR_MISC_ENABLE), 0x1801);
}

/* CPUID faulting for who has it by policy; MWAIT in user mode for nobody. */
static void misc_features(void **state)
{
    assert_int_equal(rd(MSR_MISC_FEATURES), 0);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_FEATURES, 0), 0);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_FEATURES, 1), -EFAULT);
    policy.platform_info = PLATFORM_CPUID_FAULTING;
    assert_int_equal(rd(MSR_PLATFORM_INFO), 1u << 31);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_FEATURES, 1), 0);
    assert_int_equal(rd(MSR_MISC_FEATURES), 1);
    assert_int_equal(hvm_msr_write(&vcpu, MSR_MISC_FEATURES, 3), -EFAULT);
    hvm_msr_reset(&vcpu);
    assert_int_equal(rd(MSR_MISC_FEATURES), 0);
}

static void unknown(void **state)
{
    uint64_t val;

    host_value = 77;
    assert_int_equal(hvm_msr_read(&vcpu, 0x12345, &val), -EFAULT);
    dom.is_hwdom = true;
    assert_int_equal(rd(0x12345), 77);
    host_error = -EFAULT;
    assert_int_equal(hvm_msr_read(&vcpu, 0x12345, &val), -EFAULT);
    assert_int_equal(hvm_msr_write(&vcpu, 0x12345, 0), -EFAULT);
}

static void tsc(void **state)
{
    uint64_t before;

    /* Setting the TSC and setting the adjustment move both. */
    assert_int_equal(hvm_msr_write(&vcpu, MSR_TSC_ADJUST, 5), -EFAULT);
    policy.feat[0].b = CPUID7_B_TSCADJUST;
    assert_int_equal(hvm_msr_write(&vcpu, MSR_TSC_ADJUST, 500), 0);
    assert_int_equal(vcpu.arch.tsc_offset, 500);
    assert_int_equal(rd(MSR_TSC_ADJUST), 500);
    assert_int_equal(tsc_changes, 1);
    assert_int_equal(clock_updates, 1);
    before = rdtsc();
    assert_int_equal(hvm_msr_write(&vcpu, MSR_TSC, 1000), 0);
    assert_true(rd(MSR_TSC) - 1000 < (1ULL << 36));
    assert_true(vcpu.arch.tsc_offset <= 1000 - before);
    assert_int_equal(rd(MSR_TSC_ADJUST), vcpu.arch.tsc_offset);
}

static void mtrrs(void **state)
{
    static const struct
    {
        uint32_t msr;
        uint64_t val;
        int rc;
    } rows[] = {
        { MSR_MTRRCAP, 0x508, -EFAULT },
        { MSR_MTRR_DEF_TYPE, 0xc06, 0 },
        { MSR_MTRR_DEF_TYPE, 0xc02, -EFAULT },
        { MSR_MTRR_DEF_TYPE, 0x1006, -EFAULT },
        { MSR_MTRR_PHYSBASE0, 0xc0000000, 0 },
        { MSR_MTRR_PHYSBASE0, 0xc0000007, -EFAULT },
        { MSR_MTRR_PHYSBASE0, 0xc0000100, -EFAULT },
        { MSR_MTRR_PHYSBASE0, 1ULL << 39, -EFAULT },
        { MSR_MTRR_PHYSBASE0 + 1, 0x7fc0000800, 0 },
        { MSR_MTRR_PHYSBASE0 + 1, 0x7fc0000801, -EFAULT },
        { MSR_MTRR_PHYSBASE0 + 15, 0, 0 },
        { MSR_MTRR_PHYSBASE0 + 16, 0, -EFAULT },
        { MSR_MTRR_FIX64K, 0x0606060606060606, 0 },
        { MSR_MTRR_FIX64K, 0x0606060606060602, -EFAULT },
        { MSR_MTRR_FIX16K_A0000, 0, 0 },
        { MSR_MTRR_FIX4K_F8000, 0x0505050505050505, 0 },
        { 0x25a, 0, -EFAULT },
    };

    assert_int_equal(rd(MSR_MTRRCAP), 0x508);
    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        assert_int_equal(hvm_msr_write(&vcpu, rows[i].msr, rows[i].val),
                         rows[i].rc);
        if ( !rows[i].rc )
            assert_int_equal(rd(rows[i].msr), rows[i].val);
    }
    assert_int_equal(vcpu.arch.mtrr_fixed[10], 0x0505050505050505);
    assert_true(hvm_pat_valid(0x0007040600070406));
    assert_false(hvm_pat_valid(0x0007040600070402));
}

static void hypercall_page(void **state)
{
    latched = 0;
    assert_int_equal(hvm_msr_write(&vcpu, 0x40000000, 0x5000), 0);
    assert_int_equal(latched, 1);
    /* mov $32, %eax; vmcall; ret */
    assert_memory_equal(page + 32 * 32, "\xb8\x20\0\0\0\x0f\x01\xc1\xc3", 9);
    assert_memory_equal(page + 23 * 32, "\x0f\x0b", 2);
    assert_int_equal(rd(0x40000000), 0);
    assert_int_equal(hvm_msr_write(&vcpu, 0x40000000, 0x5001), -EFAULT);
    assert_int_equal(hvm_msr_write(&vcpu, 0x40000000, 0x9000), -EFAULT);
    assert_int_equal(latched, 1);
    assert_int_equal(hvm_msr_write(&vcpu, 0x40000001, 0), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(constants, setup),
        cmocka_unit_test_setup(fast_strings, setup),
        cmocka_unit_test_setup(misc_features, setup),
        cmocka_unit_test_setup(unknown, setup),
        cmocka_unit_test_setup(tsc, setup),
        cmocka_unit_test_setup(mtrrs, setup),
        cmocka_unit_test_setup(hypercall_page, setup),
    };

    return cmocka_run_group_tests_name("msr", tests, NULL, NULL);
}
