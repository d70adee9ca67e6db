/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/checks-host.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested.c */
/* SDM "Checks on Host-State Area", one row per rule. */
#include "nested-test.h"

#define NONCANONICAL 0x0000800000000000ULL
#define LEGACY_EXIT  EXIT_CTL_TRUE_DEFAULT1
#define LEGACY_ENTRY ENTRY_CTL_TRUE_DEFAULT1

static const struct
{
    const char *fails;
    bool legacy; /* L1 is not in IA-32e mode */
    struct
    {
        uint32_t enc;
        uint64_t val;
    } set[4];
} rules[] = {
    { NULL, false, { { 0 } } },
    { "host CR0: bits fixed in VMX operation",
      false,
      { { VMCS_host_cr0, X86_CR0_PE | X86_CR0_PG } } },
    { "host CR0: bits fixed in VMX operation",
      false,
      { { VMCS_host_cr0,
          1ULL << 32 | X86_CR0_PE | X86_CR0_NE | X86_CR0_PG } } },
    { "host CR4: bits fixed in VMX operation",
      false,
      { { VMCS_host_cr4, X86_CR4_PAE } } },
    { "host CR4: bits fixed in VMX operation",
      false,
      { { VMCS_host_cr4, X86_CR4_PAE | X86_CR4_VMXE | 1ULL << 31 } } },
    { "host CR3: physical-address width",
      false,
      { { VMCS_host_cr3, 1ULL << 40 } } },
    { "host SYSENTER_ESP and SYSENTER_EIP canonical",
      false,
      { { VMCS_host_sysenter_esp, NONCANONICAL } } },
    { "host SYSENTER_ESP and SYSENTER_EIP canonical",
      false,
      { { VMCS_host_sysenter_eip, NONCANONICAL } } },
    { "host IA32_PAT: memory types",
      false,
      { { VMCS_exit_ctrl, LEGACY_EXIT | EXIT_CTL_HOST_64 | EXIT_CTL_LOAD_PAT },
        { VMCS_host_pat, 0x0007040600070402ULL } } },
    { NULL,
      false,
      { { VMCS_exit_ctrl, LEGACY_EXIT | EXIT_CTL_HOST_64 | EXIT_CTL_LOAD_PAT },
        { VMCS_host_pat, 0x0007040600070406ULL } } },
    { NULL, false, { { VMCS_host_pat, 0x02 } } },
    { "host IA32_EFER: reserved bits",
      false,
      { { VMCS_host_efer, 0xd00 | 2 } } },
    { "host IA32_EFER: LMA and LME as the address-space size",
      false,
      { { VMCS_host_efer, EFER_LME } } },
    { "host IA32_EFER: LMA and LME as the address-space size",
      false,
      { { VMCS_host_efer, EFER_LMA } } },
    { "host selectors: RPL and TI",
      false,
      { { VMCS_host_cs_selector, 0x13 } } },
    { "host selectors: RPL and TI",
      false,
      { { VMCS_host_ss_selector, 0x1c } } },
    { "host selectors: RPL and TI",
      false,
      { { VMCS_host_ds_selector, 0x2b } } },
    { "host selectors: RPL and TI", false, { { VMCS_host_es_selector, 1 } } },
    { "host selectors: RPL and TI", false, { { VMCS_host_fs_selector, 2 } } },
    { "host selectors: RPL and TI", false, { { VMCS_host_gs_selector, 4 } } },
    { "host selectors: RPL and TI",
      false,
      { { VMCS_host_tr_selector, 0x44 } } },
    { "host CS not null", false, { { VMCS_host_cs_selector, 0 } } },
    { "host TR not null", false, { { VMCS_host_tr_selector, 0 } } },
    { NULL, false, { { VMCS_host_ss_selector, 0 } } },
    { "host bases canonical", false, { { VMCS_host_fs_base, NONCANONICAL } } },
    { "host bases canonical", false, { { VMCS_host_gs_base, NONCANONICAL } } },
    { "host bases canonical", false, { { VMCS_host_tr_base, NONCANONICAL } } },
    { "host bases canonical",
      false,
      { { VMCS_host_gdtr_base, NONCANONICAL } } },
    { "host bases canonical",
      false,
      { { VMCS_host_idtr_base, NONCANONICAL } } },
    { "entry from legacy mode: no 64-bit host or guest", true, { { 0 } } },
    { "entry from IA-32e mode: 64-bit host",
      false,
      { { VMCS_exit_ctrl, LEGACY_EXIT }, { VMCS_entry_ctrl, LEGACY_ENTRY } } },
    { NULL,
      true,
      { { VMCS_exit_ctrl, LEGACY_EXIT },
        { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_host_rip, 0x1000 } } },
    { "host SS not null outside 64-bit mode",
      true,
      { { VMCS_exit_ctrl, LEGACY_EXIT },
        { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_host_ss_selector, 0 } } },
    { "legacy host: CR4.PCIDE",
      true,
      { { VMCS_exit_ctrl, LEGACY_EXIT },
        { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_host_cr4, X86_CR4_VMXE | X86_CR4_PCIDE } } },
    { "legacy host: RIP bits 63:32",
      true,
      { { VMCS_exit_ctrl, LEGACY_EXIT }, { VMCS_entry_ctrl, LEGACY_ENTRY } } },
    { "64-bit host: CR4.PAE", false, { { VMCS_host_cr4, X86_CR4_VMXE } } },
    { "64-bit host: RIP canonical",
      false,
      { { VMCS_host_rip, NONCANONICAL } } },
};

static void run_rules(bool by_group)
{
    struct nested_caps caps;
    struct vmcs12 v;

    full_caps(&caps);
    for ( unsigned int i = 0; i < ARRAY_SIZE(rules); i++ )
    {
        const struct entry_check c = { .v = &v,
                                       .caps = &caps,
                                       .l1_long_mode = !rules[i].legacy };
        uint32_t groups = by_group ? CHECK_ALWAYS : VMCS12_GROUPS_ALL;
        const struct check_row *row;

        good_vmcs12(&v);
        for ( unsigned int j = 0; j < 4 && rules[i].set[j].enc; j++ )
        {
            groups |= 1u << vmcs12_find_field(rules[i].set[j].enc)->group;
            vmcs12_write_field(&v, rules[i].set[j].enc, rules[i].set[j].val);
        }
        row = check_host_state(&c, groups);
        if ( !rules[i].fails != !row ||
             (row && strcmp(row->name, rules[i].fails)) )
            fail_msg("rule %u: %s instead of %s", i, row ? row->name : "none",
                     rules[i].fails ? rules[i].fails : "none");
    }
}

static void test_rules(void **state)
{
    run_rules(false);
}

static void test_rules_follow_groups(void **state)
{
    run_rules(true);
}

static void test_pat(void **state)
{
    for ( unsigned int type = 0; type < 256; type++ )
    {
        bool ok = type <= 7 && type != 2 && type != 3;

        for ( unsigned int slot = 0; slot < 8; slot++ )
            assert_int_equal(check_pat((uint64_t)type << 8 * slot), ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_follow_groups),
        cmocka_unit_test(test_pat),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
