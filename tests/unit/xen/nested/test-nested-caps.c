/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/nested-caps.c xen/nested/vmcs12.c */
/* TEST-SOURCES: xen/nested/nested.c */
/* The VMX capability MSRs of an L1. */
#include "nested-test.h"

static uint64_t msr(const struct nested_caps *caps, uint32_t nr)
{
    uint64_t val = 0;

    assert_true(nested_caps_rdmsr(caps, nr, &val));
    return val;
}

static void test_basic(void **state)
{
    struct nested_caps caps;
    uint64_t basic;

    full_caps(&caps);
    basic = msr(&caps, MSR_IA32_VMX_BASIC);
    assert_int_equal(basic & VMX_BASIC_REVISION_MASK, VMCS12_REVISION);
    assert_int_equal(basic >> VMX_BASIC_SIZE_SHIFT & VMX_BASIC_SIZE_MASK, 4096);
    assert_int_equal(basic >> VMX_BASIC_MEMTYPE_SHIFT & VMX_BASIC_MEMTYPE_MASK,
                     VMX_BASIC_MEMTYPE_WB);
    assert_true(basic & VMX_BASIC_TRUE_CTLS);
    assert_false(basic & (VMX_BASIC_DUAL_MONITOR | VMX_BASIC_32BIT_ADDR |
                          VMCS_SHADOW_BIT));
}

/* Whatever must be 1 may be 1, and the default1 class differs as it must. */
static void test_controls_are_consistent(void **state)
{
    static const struct
    {
        uint32_t msr, true_msr, default1;
    } ctl[] = {
        { MSR_IA32_VMX_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PINBASED_CTLS, 0x16 },
        { MSR_IA32_VMX_PROCBASED_CTLS, MSR_IA32_VMX_TRUE_PROC_CTLS,
          0x0401e172 },
        { MSR_IA32_VMX_EXIT_CTLS, MSR_IA32_VMX_TRUE_EXIT_CTLS, 0x36dff },
        { MSR_IA32_VMX_ENTRY_CTLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS, 0x11ff },
    };
    struct nested_caps caps;

    full_caps(&caps);
    for ( unsigned int i = 0; i < ARRAY_SIZE(ctl); i++ )
    {
        uint64_t plain = msr(&caps, ctl[i].msr);
        uint64_t true_form = msr(&caps, ctl[i].true_msr);

        assert_int_equal((uint32_t)plain, ctl[i].default1);
        assert_int_equal((uint32_t)true_form & ~ctl[i].default1, 0);
        assert_int_equal((uint32_t)plain & ~(plain >> 32), 0);
        assert_int_equal((uint32_t)true_form & ~(true_form >> 32), 0);
        assert_int_equal(plain >> 32, true_form >> 32);
    }
}

/* Linux 6.1's KVM refuses to load without these. */
static void test_enough_for_kvm(void **state)
{
    const uint32_t pin = PIN_EXT_INTR | PIN_NMI;
    const uint32_t proc = PROC_HLT | PROC_CR8_LOAD | PROC_CR8_STORE |
                          PROC_CR3_LOAD | PROC_CR3_STORE | PROC_UNCOND_IO |
                          PROC_MOV_DR | PROC_TSC_OFFSET | PROC_MWAIT |
                          PROC_MONITOR | PROC_INVLPG | PROC_RDPMC |
                          PROC_TPR_SHADOW | PROC_MSR_BITMAPS | PROC_SECONDARY;
    const uint32_t exit = EXIT_CTL_SAVE_DEBUG | EXIT_CTL_ACK_INTR |
                          EXIT_CTL_HOST_64 | EXIT_CTL_LOAD_EFER;
    const uint32_t entry = ENTRY_CTL_LOAD_DEBUG | ENTRY_CTL_GUEST_64;
    const uint32_t proc2 = PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED |
                           PROC2_RDTSCP | PROC2_INVPCID | PROC2_XSAVES |
                           PROC2_APIC_ACCESS;
    const uint64_t ept = EPT_CAP_WALK_4 | EPT_CAP_WB | EPT_CAP_INVEPT |
                         EPT_CAP_INVEPT_ALL | EPT_CAP_2M;
    struct nested_caps caps;

    full_caps(&caps);
    assert_int_equal(caps.pin.may & pin, pin);
    assert_int_equal(caps.proc.may & proc, proc);
    assert_int_equal(caps.exit.may & exit, exit);
    assert_int_equal(caps.entry.may & entry, entry);
    assert_int_equal(caps.proc2.may & proc2, proc2);
    assert_int_equal(caps.ept_vpid & ept, ept);
}

/* Nothing is offered through hardware that hardware does not have. */
static void test_host_limits(void **state)
{
    const struct nested_opts opts = { .maxphyaddr = 36, .lm = true };
    struct nested_caps caps;
    struct vmx_msr_set host;

    full_host(&host);
    VMX_MSR(&host, MSR_IA32_VMX_TRUE_PINBASED_CTLS) =
        (uint64_t)(PIN_EXT_INTR | PIN_NMI) << 32;
    VMX_MSR(&host, MSR_IA32_VMX_PROCBASED_CTLS2) =
        (uint64_t)(PROC2_EPT | PROC2_UNRESTRICTED | PROC2_RDTSCP) << 32;
    VMX_MSR(&host, MSR_IA32_VMX_EPT_VPID_CAP) = EPT_CAP_WALK_4 | EPT_CAP_WB;
    assert_true(nested_caps_compute(&caps, &host, &opts));
    assert_false(caps.pin.may & (PIN_VIRT_NMI | PIN_PREEMPT));
    assert_false(caps.exit.may & EXIT_CTL_SAVE_PREEMPT);
    assert_false(caps.proc2.may & (PROC2_DESC_TABLE | PROC2_RDTSCP));
    assert_true(caps.proc2.may & PROC2_VPID);
    assert_true(caps.proc2.may & PROC2_SHADOW_VMCS);
    assert_true(caps.proc2.may & PROC2_VE);
    assert_true(caps.proc2.may & PROC2_VINTR);
    assert_true(caps.pin.may & PIN_POSTED_INTR);
    assert_false(caps.proc2.may & (PROC2_VMFUNC | PROC2_TSC_SCALING));
    assert_false(vmcs12_field_supported(&caps.fields, VMCS_eptp_list_addr));
    assert_false(caps.ept_vpid & (EPT_CAP_AD | EPT_CAP_EXEC_ONLY));
    /* Served in software whatever the machine has. */
    assert_true(caps.ept_vpid & EPT_CAP_1G);
    assert_true(caps.ept_vpid & VPID_CAP_INVVPID_ADDR);
}

/* APIC virtualization rests on the machine's TPR shadow. */
static void test_vapic_needs_tpr_shadow(void **state)
{
    const struct nested_opts opts = { .maxphyaddr = 36, .lm = true };
    struct nested_caps caps;
    struct vmx_msr_set host;

    full_host(&host);
    VMX_MSR(&host, MSR_IA32_VMX_TRUE_PROC_CTLS) &=
        ~((uint64_t)PROC_TPR_SHADOW << 32);
    assert_true(nested_caps_compute(&caps, &host, &opts));
    assert_false(caps.pin.may & PIN_POSTED_INTR);
    assert_false(caps.proc2.may &
                 (PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR));
    assert_false(vmcs12_field_supported(&caps.fields, VMCS_guest_intr_status));
}

static void test_no_vmx_without_ept(void **state)
{
    const struct nested_opts opts = { .maxphyaddr = 36 };
    struct nested_caps caps;
    struct vmx_msr_set host;

    full_host(&host);
    VMX_MSR(&host, MSR_IA32_VMX_PROCBASED_CTLS2) = 0;
    assert_false(nested_caps_compute(&caps, &host, &opts));
    memset(&host, 0, sizeof(host));
    assert_false(nested_caps_compute(&caps, &host, &opts));
}

static void test_fields_follow_controls(void **state)
{
    const struct nested_opts opts = { .maxphyaddr = 36 };
    struct nested_caps caps;
    struct vmx_msr_set host;

    full_caps(&caps);
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_ept_pointer));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_preemption_timer));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_guest_efer | 1));
    assert_false(vmcs12_field_supported(&caps.fields, VMCS_hlat_pointer));
    assert_false(vmcs12_field_supported(&caps.fields, VMCS_guest_pkrs));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_pi_desc_addr));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_eoi_exit_bitmap3));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_vmwrite_bitmap));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_ve_info_addr));
    assert_true(vmcs12_field_supported(&caps.fields, VMCS_tsc_multiplier));
    assert_true(msr(&caps, MSR_IA32_VMX_VMCS_ENUM) >= 0x2e);

    full_host(&host);
    VMX_MSR(&host, MSR_IA32_VMX_TRUE_PINBASED_CTLS) = 9ULL << 32;
    assert_true(nested_caps_compute(&caps, &host, &opts));
    assert_false(vmcs12_field_supported(&caps.fields, VMCS_preemption_timer));
}

static void test_msrs_that_do_not_exist(void **state)
{
    struct nested_caps caps;
    uint64_t val;

    full_caps(&caps);
    assert_true(nested_caps_rdmsr(&caps, MSR_IA32_VMX_VMFUNC, &val));
    assert_int_equal(val, VMFUNC_EPTP_SWITCHING);
    caps.proc2.may &= ~PROC2_VMFUNC;
    assert_false(nested_caps_rdmsr(&caps, MSR_IA32_VMX_VMFUNC, &val));
    assert_false(nested_caps_rdmsr(&caps, MSR_IA32_VMX_PROCBASED_CTLS3, &val));
    assert_false(nested_caps_rdmsr(&caps, MSR_IA32_VMX_EXIT_CTLS2, &val));
    assert_false(nested_caps_rdmsr(&caps, 0x47f, &val));
    assert_false(nested_caps_rdmsr(&caps, 0x494, &val));
}

/* What a stream carries is the MSRs; the rest comes back from them. */
static void test_derive_again(void **state)
{
    struct nested_caps caps, copy;

    full_caps(&caps);
    memset(&copy, 0, sizeof(copy));
    copy.msrs = caps.msrs;
    copy.opts = caps.opts;
    nested_caps_derive(&copy);
    assert_memory_equal(&copy, &caps, sizeof(caps));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_basic),
        cmocka_unit_test(test_controls_are_consistent),
        cmocka_unit_test(test_enough_for_kvm),
        cmocka_unit_test(test_host_limits),
        cmocka_unit_test(test_vapic_needs_tpr_shadow),
        cmocka_unit_test(test_no_vmx_without_ept),
        cmocka_unit_test(test_fields_follow_controls),
        cmocka_unit_test(test_msrs_that_do_not_exist),
        cmocka_unit_test(test_derive_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
