/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/vmcs12.c */
/* Fields of the vmcs12 by encoding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <asm/processor.h>
#include "../../../../xen/nested/vmcs12.h"

/* Every field keeps its own value: none overlaps another. */
static void test_fields_are_apart(void **state)
{
    static struct vmcs12 v;

    for ( unsigned int i = 0; i < vmcs12_field_count(); i++ )
        vmcs12_write_field(&v, vmcs12_field_encoding(i), i + 1);
    for ( unsigned int i = 0; i < vmcs12_field_count(); i++ )
        assert_int_equal(vmcs12_read_field(&v, vmcs12_field_encoding(i)),
                         i + 1);
    assert_int_equal(v.revision, 0);
    assert_int_equal(v.launch_state, 0);
}

static void test_widths(void **state)
{
    static struct vmcs12 v;

    vmcs12_write_field(&v, VMCS_vpid, ~0ULL);
    vmcs12_write_field(&v, VMCS_pin_ctrl, ~0ULL);
    vmcs12_write_field(&v, VMCS_guest_rip, ~0ULL);
    assert_int_equal(vmcs12_read_field(&v, VMCS_vpid), 0xffff);
    assert_int_equal(vmcs12_read_field(&v, VMCS_pin_ctrl), 0xffffffff);
    assert_true(vmcs12_read_field(&v, VMCS_guest_rip) == ~0ULL);
}

static void test_high_halves(void **state)
{
    static struct vmcs12 v;

    vmcs12_write_field(&v, VMCS_tsc_offset, 0x1122334455667788ULL);
    assert_int_equal(vmcs12_read_field(&v, VMCS_tsc_offset | 1), 0x11223344);
    vmcs12_write_field(&v, VMCS_tsc_offset | 1, 0xffffffff99887766ULL);
    assert_true(v.tsc_offset == 0x9988776655667788ULL);
}

/* The struct members are where the encodings say. */
static void test_members(void **state)
{
    static struct vmcs12 v;

    vmcs12_write_field(&v, 0x681e, 0x1234);
    assert_int_equal(v.guest_rip, 0x1234);
    vmcs12_write_field(&v, 0x4402, 48);
    assert_int_equal(v.exit_reason, 48);
    vmcs12_write_field(&v, 0x0c0c, 0x40);
    assert_int_equal(v.host_tr_selector, 0x40);
    vmcs12_write_field(&v, 0x482e, 77);
    assert_int_equal(v.preemption_timer, 77);
}

static void test_unknown_encodings(void **state)
{
    const uint32_t none[] = {
        0x000a,     0x0816,
        0x0c0e,     0x2046,
        0x2054,     0x281a,
        0x4026,     0x482c,
        0x682e,     0x6c1e,
        0x8000,     0x1000,
        0x00010000, 0x80000000,
        0xffffffff, 0x0080 /* index 64: aliases no other slot */,
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(none); i++ )
        assert_null(vmcs12_find_field(none[i]));
    /* A high half only of a 64-bit field. */
    assert_non_null(vmcs12_find_field(VMCS_tsc_offset | 1));
    assert_null(vmcs12_find_field(VMCS_vpid | 1));
    assert_null(vmcs12_find_field(VMCS_pin_ctrl | 1));
    assert_null(vmcs12_find_field(VMCS_guest_rip | 1));
}

static void test_field_set(void **state)
{
    static struct vmcs12_field_set set;

    assert_false(vmcs12_field_supported(&set, VMCS_guest_rip));
    vmcs12_field_set_add(&set, VMCS_guest_rip);
    vmcs12_field_set_add(&set, VMCS_tsc_offset);
    assert_true(vmcs12_field_supported(&set, VMCS_guest_rip));
    assert_true(vmcs12_field_supported(&set, VMCS_tsc_offset | 1));
    assert_false(vmcs12_field_supported(&set, VMCS_guest_rip | 1));
    assert_int_equal(vmcs12_field_max_index(&set), 15);
    vmcs12_field_set_del(&set, VMCS_tsc_offset);
    assert_false(vmcs12_field_supported(&set, VMCS_tsc_offset | 1));
}

static unsigned int group_of(uint32_t enc)
{
    return vmcs12_find_field(enc)->group;
}

static void test_groups(void **state)
{
    assert_int_equal(group_of(VMCS_guest_rip), VMCS12_G_RIP);
    assert_int_equal(group_of(VMCS_guest_rflags), VMCS12_G_RIP);
    assert_int_equal(group_of(VMCS_guest_cr3), VMCS12_G_CR);
    assert_int_equal(group_of(VMCS_guest_gdtr_limit), VMCS12_G_SEG);
    assert_int_equal(group_of(VMCS_guest_gdtr_base), VMCS12_G_BASE);
    assert_int_equal(group_of(VMCS_guest_es_base), VMCS12_G_BASE);
    assert_int_equal(group_of(VMCS_guest_pending_dbg), VMCS12_G_ACTIV);
    assert_int_equal(group_of(VMCS_guest_dr7), VMCS12_G_GMSR);
    assert_int_equal(group_of(VMCS_vmcs_link_ptr), VMCS12_G_GMSR);
    assert_int_equal(group_of(VMCS_entry_insn_len), VMCS12_G_EVENT);
    assert_int_equal(group_of(VMCS_tpr_threshold), VMCS12_G_PROC);
    assert_int_equal(group_of(VMCS_proc2_ctrl), VMCS12_G_CTRL);
    assert_int_equal(group_of(VMCS_cr3_target0), VMCS12_G_LOOSE);
    assert_int_equal(group_of(VMCS_tsc_offset), VMCS12_G_LOOSE);
    assert_int_equal(group_of(VMCS_exception_bitmap), VMCS12_G_LOOSE);
    assert_int_equal(group_of(VMCS_cr3_target_count), VMCS12_G_CTRL);
    assert_int_equal(group_of(VMCS_cr4_read_shadow), VMCS12_G_MASK);
    assert_int_equal(group_of(VMCS_exit_reason), VMCS12_G_INFO);
    assert_int_equal(group_of(VMCS_host_rip), VMCS12_G_HOST);
    assert_int_equal(group_of(VMCS_host_gs_base), VMCS12_G_HBASE);
}

/* A flip of RFLAGS.VM reopens the segments, other flags do not. */
static void test_write_groups(void **state)
{
    const struct vmcs12_field *f = vmcs12_find_field(VMCS_guest_rflags);

    assert_int_equal(vmcs12_write_groups(VMCS_guest_rflags, f, 2, 0x202),
                     VMCS12_GB(RIP));
    assert_int_equal(
        vmcs12_write_groups(VMCS_guest_rflags, f, 2, 2 | X86_EFLAGS_VM),
        VMCS12_GB(RIP) | VMCS12_GB(SEG));
    f = vmcs12_find_field(VMCS_proc_ctrl);
    assert_int_equal(
        vmcs12_write_groups(VMCS_proc_ctrl, f, 0, PROC_INTR_WINDOW),
        VMCS12_GB(PROC));
    assert_int_equal(vmcs12_write_groups(VMCS_proc_ctrl, f, 0, PROC_SECONDARY),
                     VMCS12_GB(PROC) | VMCS12_GB(CTRL));
}

static void test_names(void **state)
{
    assert_string_equal(vmcs12_field_name(0x681e), "guest_rip");
    assert_string_equal(vmcs12_field_name(0x2011), "tsc_offset");
    assert_string_equal(vmcs12_field_name(0x7ffe), "?");
}

static void test_segments(void **state)
{
    static struct vmcs12 v;
    struct vmcs12_segment s;

    v.guest_fs_selector = 0x33;
    v.guest_fs_base = 0x7f0000000000;
    v.guest_fs_limit = 0xfffff;
    v.guest_fs_ar = 0xc0f3;
    vmcs12_get_segment(&v, SEG_FS, &s);
    assert_int_equal(s.selector, 0x33);
    assert_int_equal(s.base, 0x7f0000000000);
    assert_int_equal(s.limit, 0xfffff);
    assert_int_equal(s.ar, 0xc0f3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_apart),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_high_halves),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_unknown_encodings),
        cmocka_unit_test(test_field_set),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_write_groups),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_segments),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
