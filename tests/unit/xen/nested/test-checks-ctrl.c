/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/checks-ctrl.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested.c */
/* SDM "Checks on VMX Controls", one row per rule. */
#include "nested-test.h"

#define BAD_PAGE  0x1008ULL    /* alignment */
#define WIDE_PAGE (1ULL << 40) /* beyond the width of the test's caps */
#define PAGE      0x3000ULL
#define EVENT(type, vector) \
    (INTR_INFO_VALID | (uint32_t)(type) << INTR_INFO_TYPE_SHIFT | (vector))

/*
 * Starting from a vmcs12 that passes, these fields get these values; the
 * first rule that does not hold must be the one named (NULL: all hold).
 */
struct rule
{
    const char *fails;
    struct
    {
        uint32_t enc;
        uint64_t val;
    } set[5];
};

#define PROC  (PROC_TRUE_DEFAULT1 | PROC_SECONDARY)
#define PROC2 (PROC2_EPT | PROC2_VPID | PROC2_UNRESTRICTED)
#define EXIT  (EXIT_CTL_TRUE_DEFAULT1 | EXIT_CTL_HOST_64)
#define ENTRY (ENTRY_CTL_TRUE_DEFAULT1 | ENTRY_CTL_GUEST_64)
#define EPTP  (0x1000 | EPTP_MEMTYPE_WB | 3 << EPTP_WALK_SHIFT)

static const struct rule rules[] = {
    { NULL, { { 0 } } },
    { "pin-based controls: reserved bits", { { VMCS_pin_ctrl, 0 } } },
    { "pin-based controls: reserved bits",
      { { VMCS_pin_ctrl, PIN_DEFAULT1 | 1u << 8 } } },
    { "primary processor-based controls: reserved bits",
      { { VMCS_proc_ctrl, 0 } } },
    { "primary processor-based controls: reserved bits",
      { { VMCS_proc_ctrl, PROC | PROC_TERTIARY } } },
    { "secondary processor-based controls: reserved bits",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_ENCLS } } },
    /* Not active: whatever is in them. */
    { NULL,
      { { VMCS_proc_ctrl, PROC_TRUE_DEFAULT1 }, { VMCS_proc2_ctrl, ~0u } } },
    { NULL, { { VMCS_cr3_target_count, 4 } } },
    { "CR3-target count supported", { { VMCS_cr3_target_count, 5 } } },
    { "I/O-bitmap addresses",
      { { VMCS_proc_ctrl, PROC | PROC_IO_BITMAPS },
        { VMCS_io_bitmap_a, BAD_PAGE } } },
    { "I/O-bitmap addresses",
      { { VMCS_proc_ctrl, PROC | PROC_IO_BITMAPS },
        { VMCS_io_bitmap_b, WIDE_PAGE } } },
    { NULL, { { VMCS_io_bitmap_a, BAD_PAGE } } },
    { "MSR-bitmap address",
      { { VMCS_proc_ctrl, PROC | PROC_MSR_BITMAPS },
        { VMCS_msr_bitmap, BAD_PAGE } } },
    { "virtual-APIC address",
      { { VMCS_proc_ctrl, PROC | PROC_TPR_SHADOW },
        { VMCS_virtual_apic_addr, WIDE_PAGE } } },
    { "TPR threshold bits 31:4",
      { { VMCS_proc_ctrl, PROC | PROC_TPR_SHADOW },
        { VMCS_virtual_apic_addr, PAGE },
        { VMCS_tpr_threshold, 0x10 } } },
    /* The page's task priority is 0. */
    { "TPR threshold not above VTPR",
      { { VMCS_proc_ctrl, PROC | PROC_TPR_SHADOW },
        { VMCS_virtual_apic_addr, PAGE },
        { VMCS_tpr_threshold, 1 } } },
    { NULL,
      { { VMCS_proc_ctrl, PROC | PROC_TPR_SHADOW },
        { VMCS_virtual_apic_addr, PAGE },
        { VMCS_tpr_threshold, 1 },
        { VMCS_proc2_ctrl, PROC2 | PROC2_APIC_ACCESS },
        { VMCS_apic_access_addr, PAGE } } },
    { "virtual NMIs need NMI exiting",
      { { VMCS_pin_ctrl, PIN_DEFAULT1 | PIN_VIRT_NMI } } },
    { "NMI-window exiting needs virtual NMIs",
      { { VMCS_proc_ctrl, PROC | PROC_NMI_WINDOW } } },
    { "APIC-access address",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_APIC_ACCESS },
        { VMCS_apic_access_addr, BAD_PAGE } } },
    { "VPID not 0", { { VMCS_vpid, 0 } } },
    { NULL,
      { { VMCS_vpid, 0 },
        { VMCS_proc2_ctrl, PROC2_EPT | PROC2_UNRESTRICTED } } },
    { "EPT pointer", { { VMCS_ept_pointer, EPTP | 1 } } },
    { "unrestricted guest needs EPT",
      { { VMCS_proc2_ctrl, PROC2_UNRESTRICTED } } },
    { "VM-function controls: reserved bits",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_VMFUNC },
        { VMCS_vm_function_ctrl, 2 } } },
    { "EPTP switching needs EPT and its list",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_VMFUNC },
        { VMCS_vm_function_ctrl, VMFUNC_EPTP_SWITCHING },
        { VMCS_eptp_list_addr, BAD_PAGE } } },
    { "EPTP switching needs EPT and its list",
      { { VMCS_proc2_ctrl, PROC2_VPID | PROC2_VMFUNC },
        { VMCS_vm_function_ctrl, VMFUNC_EPTP_SWITCHING },
        { VMCS_eptp_list_addr, PAGE } } },
    { NULL,
      { { VMCS_proc2_ctrl, PROC2 | PROC2_VMFUNC },
        { VMCS_eptp_list_addr, BAD_PAGE } } },
    { "VMREAD- and VMWRITE-bitmap addresses",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_SHADOW_VMCS },
        { VMCS_vmwrite_bitmap, BAD_PAGE } } },
    { "VMREAD- and VMWRITE-bitmap addresses",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_SHADOW_VMCS },
        { VMCS_vmread_bitmap, WIDE_PAGE } } },
    { "virtualization-exception information address",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_VE },
        { VMCS_ve_info_addr, BAD_PAGE } } },
    { "TSC multiplier not 0",
      { { VMCS_proc2_ctrl, PROC2 | PROC2_TSC_SCALING } } },
    { NULL,
      { { VMCS_proc2_ctrl, PROC2 | PROC2_TSC_SCALING },
        { VMCS_tsc_multiplier, 1 } } },
    { "VM-exit controls: reserved bits", { { VMCS_exit_ctrl, 0 } } },
    { "VM-exit controls: reserved bits",
      { { VMCS_exit_ctrl, EXIT | EXIT_CTL_SECONDARY } } },
    { "saving the preemption timer needs it active",
      { { VMCS_exit_ctrl, EXIT | EXIT_CTL_SAVE_PREEMPT } } },
    { "VM-exit MSR-store area",
      { { VMCS_exit_msr_store_count, 1 }, { VMCS_exit_msr_store_addr, 8 } } },
    { "VM-exit MSR-load area",
      { { VMCS_exit_msr_load_count, 2 },
        { VMCS_exit_msr_load_addr, WIDE_PAGE - 16 } } },
    { NULL,
      { { VMCS_exit_msr_load_count, 1 },
        { VMCS_exit_msr_load_addr, WIDE_PAGE - 16 } } },
    { NULL, { { VMCS_exit_msr_load_addr, 8 } } },
    { "VM-entry controls: reserved bits", { { VMCS_entry_ctrl, 0 } } },
    { "VM-entry controls: reserved bits",
      { { VMCS_entry_ctrl, ENTRY | ENTRY_CTL_SMM } } },
    { "VM-entry MSR-load area",
      { { VMCS_entry_msr_load_count, 1 },
        { VMCS_entry_msr_load_addr, 0x1004 } } },
    /* Events. */
    { "VM-entry event: type",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_RESERVED, 0) } } },
    { NULL,
      { { VMCS_entry_intr_info,
          EVENT(INTR_TYPE_RESERVED, 0) & ~INTR_INFO_VALID } } },
    { "VM-entry event: vector fits the type",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_NMI, 3) } } },
    { "VM-entry event: vector fits the type",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, 32) } } },
    { "VM-entry event: vector fits the type",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_OTHER, 1) } } },
    { NULL, { { VMCS_entry_intr_info, EVENT(INTR_TYPE_OTHER, 0) } } },
    { NULL, { { VMCS_entry_intr_info, EVENT(INTR_TYPE_EXT_INTR, 255) } } },
    { "VM-entry event: error code fits the vector",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_GP) } } },
    { "VM-entry event: error code fits the vector",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_UD) |
                                    INTR_INFO_ERROR_CODE } } },
    { "VM-entry event: error code fits the vector",
      { { VMCS_entry_intr_info,
          EVENT(INTR_TYPE_EXT_INTR, 14) | INTR_INFO_ERROR_CODE } } },
    /* In real mode exceptions have none. */
    { "VM-entry event: error code fits the vector",
      { { VMCS_guest_cr0, X86_CR0_NE },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_GP) |
                                    INTR_INFO_ERROR_CODE } } },
    { NULL,
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_PF) |
                                    INTR_INFO_ERROR_CODE } } },
    { "VM-entry event: reserved bits",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_EXT_INTR, 32) | 1u << 12 } } },
    { "VM-entry event: error code bits 31:16",
      { { VMCS_entry_intr_info,
          EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_PF) | INTR_INFO_ERROR_CODE },
        { VMCS_entry_error_code, 0x10000 } } },
    { "VM-entry event: instruction length",
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_SW_INTR, 0x80) },
        { VMCS_entry_insn_len, 16 } } },
    { NULL,
      { { VMCS_entry_intr_info, EVENT(INTR_TYPE_SW_INTR, 0x80) },
        { VMCS_entry_insn_len, 2 } } },
};

static void test_rules(void **state)
{
    struct test_l1 *l1 = new_l1();
    struct vmcs12 v;
    const struct entry_check c = {
        .v = &v, .caps = &l1->caps, .env = &l1_env, .priv = l1
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rules); i++ )
    {
        const struct check_row *row;

        good_vmcs12(&v);
        for ( unsigned int j = 0; j < 5 && rules[i].set[j].enc; j++ )
            vmcs12_write_field(&v, rules[i].set[j].enc, rules[i].set[j].val);
        /* VPID is encoding 0. */
        if ( rules[i].fails && !strcmp(rules[i].fails, "VPID not 0") )
            v.vpid = 0;
        row = check_controls(&c, VMCS12_GROUPS_ALL);
        if ( rules[i].fails )
        {
            assert_non_null(row);
            assert_string_equal(row->name, rules[i].fails);
        }
        else if ( row )
            fail_msg("rule %u: %s", i, row->name);
    }
    free_l1(l1);
}

/* A field's group alone must bring up the rules about it. */
static void test_rules_follow_groups(void **state)
{
    struct test_l1 *l1 = new_l1();
    struct vmcs12 v;
    const struct entry_check c = {
        .v = &v, .caps = &l1->caps, .env = &l1_env, .priv = l1
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rules); i++ )
    {
        uint32_t groups = CHECK_ALWAYS;

        if ( !rules[i].fails || !rules[i].set[0].enc )
            continue;
        good_vmcs12(&v);
        for ( unsigned int j = 0; j < 5 && rules[i].set[j].enc; j++ )
        {
            uint32_t enc = rules[i].set[j].enc;
            const struct vmcs12_field *f = vmcs12_find_field(enc);

            groups |= vmcs12_write_groups(enc, f, vmcs12_read_field(&v, enc),
                                          rules[i].set[j].val);
            vmcs12_write_field(&v, enc, rules[i].set[j].val);
        }
        assert_non_null(check_controls(&c, groups));
    }
    free_l1(l1);
}

static void test_posted_interrupts(void **state)
{
    struct test_l1 *l1 = new_l1();
    struct vmcs12 v;
    const struct entry_check c = {
        .v = &v, .caps = &l1->caps, .env = &l1_env, .priv = l1
    };

    /* As if they were offered. */
    l1->caps.pin.may |= PIN_POSTED_INTR;
    l1->caps.proc2.may |= PROC2_VINTR | PROC2_APIC_REG | PROC2_X2APIC;
    good_vmcs12(&v);
    v.pin_ctrl |= PIN_POSTED_INTR;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "posted interrupts need their companions");
    v.proc2_ctrl |= PROC2_VINTR;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "APIC virtualization needs the TPR shadow");
    v.proc_ctrl |= PROC_TPR_SHADOW;
    assert_null(check_controls(&c, VMCS12_GROUPS_ALL));
    v.posted_intr_nv = 256;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "posted-interrupt vector");
    v.posted_intr_nv = 0xf2;
    v.pi_desc_addr = 32;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "posted-interrupt descriptor address");
    v.pi_desc_addr = 64;
    v.pin_ctrl &= ~PIN_EXT_INTR;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "virtual-interrupt delivery needs external-interrupt "
                        "exiting");
    v.pin_ctrl |= PIN_EXT_INTR;
    v.proc2_ctrl |= PROC2_X2APIC | PROC2_APIC_ACCESS;
    assert_string_equal(check_controls(&c, VMCS12_GROUPS_ALL)->name,
                        "x2APIC mode excludes APIC accesses");
    free_l1(l1);
}

static void test_eptp(void **state)
{
    static const struct
    {
        uint64_t eptp;
        bool ok;
    } cases[] = {
        { EPTP, true },
        { EPTP | EPTP_AD, true },
        { 0x1000 | 3 << EPTP_WALK_SHIFT, true }, /* uncacheable */
        { 0x1000 | 1 | 3 << EPTP_WALK_SHIFT, false },
        { 0x1000 | 6 | 2 << EPTP_WALK_SHIFT, false },
        { 0x1000 | 6 | 4 << EPTP_WALK_SHIFT, false },
        { EPTP | EPTP_SSS, false },
        { EPTP | 0x100, false },
        { EPTP | 0x800, false },
        { EPTP | 1ULL << 40, false },
        { EPTP | 1ULL << 63, false },
    };
    struct nested_caps caps;

    full_caps(&caps);
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
        assert_int_equal(check_eptp(&caps, cases[i].eptp), cases[i].ok);
    caps.ept_vpid &= ~EPT_CAP_AD;
    assert_false(check_eptp(&caps, EPTP | EPTP_AD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_follow_groups),
        cmocka_unit_test(test_posted_interrupts),
        cmocka_unit_test(test_eptp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
