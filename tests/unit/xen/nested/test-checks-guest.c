/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/checks-guest.c xen/nested/checks-guest-seg.c */
/* TEST-SOURCES: xen/nested/checks-host.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested.c */
/* SDM "Checks on the Guest State Area", one row per rule. */
#include "nested-test.h"

#define NONCANONICAL 0x0000800000000000ULL
#define LEGACY_ENTRY ENTRY_CTL_TRUE_DEFAULT1
#define EVENT(type, vector) \
    (INTR_INFO_VALID | (uint32_t)(type) << INTR_INFO_TYPE_SHIFT | (vector))
#define RFL         (X86_EFLAGS_MBS | X86_EFLAGS_IF)
#define PROT        (X86_CR0_PE | X86_CR0_NE | X86_CR0_PG)
#define DATA        0xc093u
#define CODE        0xa09bu
#define PROC2_PLAIN (PROC2_EPT | PROC2_VPID)

struct rule
{
    const char *fails;
    struct
    {
        uint32_t enc;
        uint64_t val;
    } set[6];
};

static const struct rule rules[] = {
    { NULL, { { 0 } } },
    /* Control registers, debug registers, MSRs. */
    { "guest CR0: bits fixed in VMX operation",
      { { VMCS_guest_cr0, X86_CR0_PE | X86_CR0_PG } } },
    { NULL, { { VMCS_guest_cr0, PROT | X86_CR0_CD | X86_CR0_NW } } },
    /* Real mode needs the unrestricted guest. */
    { "guest CR0: bits fixed in VMX operation",
      { { VMCS_guest_cr0, X86_CR0_NE }, { VMCS_proc2_ctrl, PROC2_PLAIN } } },
    { "guest CR0.PG needs CR0.PE",
      { { VMCS_guest_cr0, X86_CR0_NE | X86_CR0_PG } } },
    { "guest CR4: bits fixed in VMX operation",
      { { VMCS_guest_cr4, X86_CR4_PAE } } },
    { "guest IA32_DEBUGCTL: reserved bits", { { VMCS_guest_debugctl, 4 } } },
    { "IA-32e mode guest: CR0.PG and CR4.PAE",
      { { VMCS_guest_cr4, X86_CR4_VMXE } } },
    { "IA-32e mode guest: CR0.PG and CR4.PAE",
      { { VMCS_guest_cr0, X86_CR0_PE | X86_CR0_NE } } },
    { "legacy guest: CR4.PCIDE",
      { { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_guest_cr4, X86_CR4_VMXE | X86_CR4_PCIDE } } },
    { "guest CR3: physical-address width", { { VMCS_guest_cr3, 1ULL << 40 } } },
    { "guest DR7: bits 63:32", { { VMCS_guest_dr7, 1ULL << 32 } } },
    { "guest SYSENTER_ESP and SYSENTER_EIP canonical",
      { { VMCS_guest_sysenter_esp, NONCANONICAL } } },
    { "guest IA32_PAT: memory types",
      { { VMCS_entry_ctrl,
          LEGACY_ENTRY | ENTRY_CTL_GUEST_64 | ENTRY_CTL_LOAD_PAT },
        { VMCS_guest_pat, 3 } } },
    { "guest IA32_EFER: reserved bits", { { VMCS_guest_efer, 0xd00 | 4 } } },
    { "guest IA32_EFER.LMA as the IA-32e mode guest control",
      { { VMCS_guest_efer, EFER_LME } } },
    { "guest IA32_EFER.LME as LMA while paging",
      { { VMCS_guest_efer, EFER_LMA } } },
    /* Segments. */
    { "guest TR selector: TI", { { VMCS_guest_tr_selector, 0x44 } } },
    { "guest LDTR selector: TI",
      { { VMCS_guest_ldtr_ar, 0x82 }, { VMCS_guest_ldtr_selector, 4 } } },
    { NULL, { { VMCS_guest_ldtr_selector, 4 } } },
    { "guest SS selector: RPL as CS's",
      { { VMCS_proc2_ctrl, PROC2_PLAIN }, { VMCS_guest_ss_selector, 0x1b } } },
    { "guest TR, FS and GS bases canonical",
      { { VMCS_guest_fs_base, NONCANONICAL } } },
    { "guest TR, FS and GS bases canonical",
      { { VMCS_guest_tr_base, NONCANONICAL } } },
    { "guest LDTR base canonical",
      { { VMCS_guest_ldtr_ar, 0x82 },
        { VMCS_guest_ldtr_base, NONCANONICAL } } },
    { "guest CS, SS, DS and ES bases: bits 63:32",
      { { VMCS_guest_cs_base, 1ULL << 32 } } },
    { "guest CS, SS, DS and ES bases: bits 63:32",
      { { VMCS_guest_es_base, 1ULL << 32 } } },
    { NULL,
      { { VMCS_guest_es_base, 1ULL << 32 },
        { VMCS_guest_es_ar, SEG_AR_UNUSABLE } } },
    { "guest CS: type", { { VMCS_guest_cs_ar, 0xa09a } } },
    { "guest CS: type", { { VMCS_guest_cs_ar, 0xc092 } } },
    { "guest CS: type",
      { { VMCS_guest_cs_ar, DATA }, { VMCS_proc2_ctrl, PROC2_PLAIN } } },
    { "guest SS: type", { { VMCS_guest_ss_ar, 0xc091 } } },
    { NULL, { { VMCS_guest_ss_ar, 0xc097 } } },
    { "guest DS, ES, FS and GS: types", { { VMCS_guest_ds_ar, 0xc092 } } },
    { "guest DS, ES, FS and GS: types", { { VMCS_guest_gs_ar, 0xc099 } } },
    { NULL, { { VMCS_guest_gs_ar, 0xc09b } } },
    { "guest segments: S", { { VMCS_guest_cs_ar, CODE & ~SEG_AR_S } } },
    { "guest segments: S", { { VMCS_guest_fs_ar, DATA & ~SEG_AR_S } } },
    { "guest CS: DPL", { { VMCS_guest_cs_ar, CODE | 0x60 } } },
    { "guest CS: DPL", { { VMCS_guest_cs_ar, 0xa09f | 0x60 } } },
    { "guest CS: DPL",
      { { VMCS_guest_cs_ar, DATA | 0x20 },
        { VMCS_guest_cr0, X86_CR0_NE },
        { VMCS_entry_ctrl, LEGACY_ENTRY } } },
    { "guest SS: DPL as RPL",
      { { VMCS_proc2_ctrl, PROC2_PLAIN },
        { VMCS_guest_ss_selector, 0x18 },
        { VMCS_guest_cs_ar, CODE | 0x60 },
        { VMCS_guest_ss_ar, DATA | 0x60 } } },
    { "guest SS: DPL in real mode",
      { { VMCS_guest_cr0, X86_CR0_NE },
        { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_guest_cs_ar, 0xc09b | 0x60 },
        { VMCS_guest_ss_ar, DATA | 0x60 } } },
    { "guest DS, ES, FS and GS: DPL",
      { { VMCS_proc2_ctrl, PROC2_PLAIN }, { VMCS_guest_ds_selector, 0x1b } } },
    { "guest segments: present", { { VMCS_guest_es_ar, DATA & ~SEG_AR_P } } },
    { "guest segments: reserved bits", { { VMCS_guest_ds_ar, DATA | 0x100 } } },
    { "guest segments: reserved bits",
      { { VMCS_guest_cs_ar, CODE | 1u << 17 } } },
    { "guest CS: D/B with L", { { VMCS_guest_cs_ar, CODE | SEG_AR_DB } } },
    { "guest segments: granularity", { { VMCS_guest_ds_limit, 0xfffffffe } } },
    { "guest segments: granularity",
      { { VMCS_guest_ds_ar, DATA & ~SEG_AR_G } } },
    { "guest TR: type", { { VMCS_guest_tr_ar, 0x83 } } },
    { "guest TR: type", { { VMCS_guest_tr_ar, 0x89 } } },
    { "guest TR: access rights", { { VMCS_guest_tr_ar, 0x9b } } },
    { "guest TR: access rights", { { VMCS_guest_tr_ar, 0x0b } } },
    { "guest TR: access rights",
      { { VMCS_guest_tr_ar, 0x8b | SEG_AR_UNUSABLE } } },
    { "guest TR: access rights", { { VMCS_guest_tr_limit, 0x100000 } } },
    { "guest LDTR: type", { { VMCS_guest_ldtr_ar, 0x8b } } },
    { "guest LDTR: access rights", { { VMCS_guest_ldtr_ar, 0x92 } } },
    { "guest GDTR and IDTR bases canonical",
      { { VMCS_guest_idtr_base, NONCANONICAL } } },
    { "guest GDTR and IDTR limits: bits 31:16",
      { { VMCS_guest_gdtr_limit, 0x10000 } } },
    /* RIP and RFLAGS. */
    { NULL, { { VMCS_guest_rip, NONCANONICAL } } },
    { NULL, { { VMCS_guest_rip, ~NONCANONICAL } } },
    { "guest RIP", { { VMCS_guest_rip, 1ULL << 48 } } },
    { "guest RIP", { { VMCS_guest_rip, ~(1ULL << 63) } } },
    { "guest RIP",
      { { VMCS_guest_cs_ar, 0xc09b }, { VMCS_guest_rip, 1ULL << 32 } } },
    { "guest RFLAGS: reserved bits", { { VMCS_guest_rflags, 0 } } },
    { "guest RFLAGS: reserved bits", { { VMCS_guest_rflags, RFL | 8 } } },
    { "guest RFLAGS: reserved bits",
      { { VMCS_guest_rflags, RFL | 1ULL << 22 } } },
    { "guest RFLAGS.IF for an external interrupt",
      { { VMCS_guest_rflags, 2 },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_EXT_INTR, 32) } } },
    /* Non-register state. */
    { "activity state supported", { { VMCS_guest_activity, 4 } } },
    { NULL, { { VMCS_guest_activity, ACTIVITY_WAIT_SIPI } } },
    { "activity state HLT needs SS.DPL 0",
      { { VMCS_guest_activity, ACTIVITY_HLT },
        { VMCS_guest_cs_ar, CODE | 0x60 },
        { VMCS_guest_ss_ar, DATA | 0x60 } } },
    { "blocking by STI or MOV SS needs the active state",
      { { VMCS_guest_activity, ACTIVITY_HLT },
        { VMCS_guest_interruptibility, INTR_STATE_STI } } },
    { "event fits the activity state",
      { { VMCS_guest_activity, ACTIVITY_HLT },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_UD) } } },
    { NULL,
      { { VMCS_guest_activity, ACTIVITY_HLT },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_HW_EXCEPTION, X86_EXC_DB) } } },
    { "event fits the activity state",
      { { VMCS_guest_activity, ACTIVITY_SHUTDOWN },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_EXT_INTR, 32) } } },
    { NULL,
      { { VMCS_guest_activity, ACTIVITY_SHUTDOWN },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_NMI, X86_EXC_NMI) } } },
    { "event fits the activity state",
      { { VMCS_guest_activity, ACTIVITY_WAIT_SIPI },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_NMI, X86_EXC_NMI) } } },
    { "interruptibility: reserved bits",
      { { VMCS_guest_interruptibility, 0x20 } } },
    { "interruptibility: STI and MOV SS exclude each other",
      { { VMCS_guest_interruptibility, INTR_STATE_STI | INTR_STATE_MOV_SS } } },
    { "interruptibility: STI needs RFLAGS.IF",
      { { VMCS_guest_interruptibility, INTR_STATE_STI },
        { VMCS_guest_rflags, 2 } } },
    { "interruptibility: external interrupt not blocked",
      { { VMCS_guest_interruptibility, INTR_STATE_STI },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_EXT_INTR, 32) } } },
    { "interruptibility: NMI not blocked by MOV SS",
      { { VMCS_guest_interruptibility, INTR_STATE_MOV_SS },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_NMI, X86_EXC_NMI) } } },
    { "interruptibility: no blocking by SMI outside SMM",
      { { VMCS_guest_interruptibility, INTR_STATE_SMI } } },
    { "interruptibility: virtual NMI not blocked by NMI",
      { { VMCS_pin_ctrl, PIN_DEFAULT1 | PIN_NMI | PIN_VIRT_NMI },
        { VMCS_guest_interruptibility, INTR_STATE_NMI },
        { VMCS_entry_intr_info, EVENT(INTR_TYPE_NMI, X86_EXC_NMI) } } },
    { "pending debug exceptions: reserved bits",
      { { VMCS_guest_pending_dbg, 0x10 } } },
    { "pending debug exceptions: BS as single-stepping has it",
      { { VMCS_guest_interruptibility, INTR_STATE_MOV_SS },
        { VMCS_guest_pending_dbg, PENDING_DBG_BS } } },
    { "pending debug exceptions: BS as single-stepping has it",
      { { VMCS_guest_interruptibility, INTR_STATE_STI },
        { VMCS_guest_rflags, RFL | X86_EFLAGS_TF } } },
    { NULL,
      { { VMCS_guest_interruptibility, INTR_STATE_STI },
        { VMCS_guest_rflags, RFL | X86_EFLAGS_TF },
        { VMCS_guest_pending_dbg, PENDING_DBG_BS } } },
    { NULL,
      { { VMCS_guest_interruptibility, INTR_STATE_STI },
        { VMCS_guest_rflags, RFL | X86_EFLAGS_TF },
        { VMCS_guest_debugctl, 2 } } },
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, 0x4008 } } },
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, 1ULL << 40 } } },
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, L1_MEMORY } } },
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, 0x5000 } } }, /* own */
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, 0x7000 } } }, /* revision */
    { "VMCS link pointer", { { VMCS_vmcs_link_ptr, 0x8000 } } }, /* shadow */
    { NULL, { { VMCS_vmcs_link_ptr, 0x6000 } } },
    /* PDPTEs, for a guest with PAE paging outside IA-32e mode. */
    { "guest PDPTEs: reserved bits",
      { { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_guest_cs_ar, 0xc09b },
        { VMCS_guest_pdpte2, 3 } } },
    { NULL,
      { { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_guest_cs_ar, 0xc09b },
        { VMCS_guest_pdpte2, 2 } } },
    { "guest PDPTEs: reserved bits",
      { { VMCS_entry_ctrl, LEGACY_ENTRY },
        { VMCS_guest_cs_ar, 0xc09b },
        { VMCS_proc2_ctrl, PROC2_VPID },
        { VMCS_guest_cr3, 0x9000 } } },
    { NULL, { { VMCS_guest_pdpte2, 3 } } },
};

static const struct check_row *run_rule(struct test_l1 *l1,
                                        const struct rule *rule, bool by_group)
{
    struct vmcs12 v;
    const struct entry_check c = { .v = &v,
                                   .caps = &l1->caps,
                                   .env = &l1_env,
                                   .priv = l1,
                                   .vmcs12_gpa = 0x5000 };
    uint32_t groups = by_group ? CHECK_ALWAYS : VMCS12_GROUPS_ALL;

    good_vmcs12(&v);
    for ( unsigned int j = 0; j < 6 && rule->set[j].enc; j++ )
    {
        uint32_t enc = rule->set[j].enc;

        groups |=
            vmcs12_write_groups(enc, vmcs12_find_field(enc),
                                vmcs12_read_field(&v, enc), rule->set[j].val);
        vmcs12_write_field(&v, enc, rule->set[j].val);
    }
    return check_guest_state(&c, groups);
}

static void run_rules(bool by_group)
{
    const uint32_t revision = VMCS12_REVISION;
    const uint32_t shadow = VMCS12_REVISION | VMCS_SHADOW_BIT;
    const uint64_t bad_pdpte = 1 | 1ULL << 1;
    struct test_l1 *l1 = new_l1();

    memcpy(l1->mem + 0x5000, &revision, sizeof(revision));
    memcpy(l1->mem + 0x6000, &revision, sizeof(revision));
    memcpy(l1->mem + 0x8000, &shadow, sizeof(shadow));
    memcpy(l1->mem + 0x9000, &bad_pdpte, sizeof(bad_pdpte));

    for ( unsigned int i = 0; i < ARRAY_SIZE(rules); i++ )
    {
        const struct check_row *row = run_rule(l1, &rules[i], by_group);

        if ( !rules[i].fails != !row ||
             (row && strcmp(row->name, rules[i].fails)) )
            fail_msg("rule %u: %s instead of %s", i, row ? row->name : "none",
                     rules[i].fails ? rules[i].fails : "none");
    }
    free_l1(l1);
}

static void test_rules(void **state)
{
    run_rules(false);
}

static void test_rules_follow_groups(void **state)
{
    run_rules(true);
}

/* Virtual-8086 mode has its own rules for all six segments. */
static void test_v8086(void **state)
{
    struct nested_caps caps;
    struct vmcs12 v;
    const struct entry_check c = { .v = &v, .caps = &caps, .env = &l1_env };

    full_caps(&caps);
    good_vmcs12(&v);
    v.entry_ctrl = LEGACY_ENTRY;
    v.guest_cr4 = X86_CR4_VMXE;
    v.guest_rflags = RFL | X86_EFLAGS_VM;
    for ( unsigned int i = SEG_ES; i <= SEG_GS; i++ )
    {
        (&v.guest_es_selector)[i] = 0x100 + i;
        (&v.guest_es_base)[i] = (0x100 + i) << 4;
        (&v.guest_es_limit)[i] = 0xffff;
        (&v.guest_es_ar)[i] = 0xf3;
    }
    assert_null(check_guest_state(&c, VMCS12_GROUPS_ALL));
    v.guest_gs_base++;
    assert_string_equal(check_guest_state(&c, VMCS12_GROUPS_ALL)->name,
                        "virtual-8086 bases");
    v.guest_gs_base--;
    v.guest_cs_limit = 0xfffff;
    assert_string_equal(check_guest_state(&c, VMCS12_GROUPS_ALL)->name,
                        "virtual-8086 limits");
    v.guest_cs_limit = 0xffff;
    v.guest_ds_ar = 0x93;
    assert_string_equal(check_guest_state(&c, VMCS12_GROUPS_ALL)->name,
                        "virtual-8086 access rights");
    v.guest_ds_ar = 0xf3;
    v.entry_ctrl |= ENTRY_CTL_GUEST_64;
    v.guest_cr4 |= X86_CR4_PAE;
    assert_string_equal(check_guest_state(&c, VMCS12_GROUPS_ALL)->name,
                        "guest RFLAGS.VM");
}

/* 64-bit code in ring 3 with an unusable SS is what user mode looks like. */
static void test_user_mode(void **state)
{
    struct nested_caps caps;
    struct vmcs12 v;
    const struct entry_check c = { .v = &v, .caps = &caps, .env = &l1_env };

    full_caps(&caps);
    good_vmcs12(&v);
    v.guest_cs_selector = 0x33;
    v.guest_cs_ar = CODE | 0x60;
    v.guest_ss_selector = 0x2b;
    v.guest_ss_ar = DATA | 0x60;
    v.guest_ds_ar = v.guest_es_ar = v.guest_fs_ar = v.guest_gs_ar =
        SEG_AR_UNUSABLE;
    assert_null(check_guest_state(&c, VMCS12_GROUPS_ALL));
}

static void test_qualifications(void **state)
{
    struct test_l1 *l1 = new_l1();
    const struct rule link = { NULL, { { VMCS_vmcs_link_ptr, 8 } } };
    const struct rule pdpte = { NULL,
                                { { VMCS_entry_ctrl, LEGACY_ENTRY },
                                  { VMCS_guest_cs_ar, 0xc09b },
                                  { VMCS_guest_pdpte0, ~0ULL } } };
    const struct rule cr0 = { NULL, { { VMCS_guest_cr0, 0 } } };

    assert_int_equal(run_rule(l1, &link, false)->qual, ENTRY_FAIL_LINK_PTR);
    assert_int_equal(run_rule(l1, &pdpte, false)->qual, ENTRY_FAIL_PDPTE);
    assert_int_equal(run_rule(l1, &cr0, false)->qual, ENTRY_FAIL_DEFAULT);
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_rules_follow_groups),
        cmocka_unit_test(test_v8086),
        cmocka_unit_test(test_user_mode),
        cmocka_unit_test(test_qualifications),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
