/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/reflect.c xen/nested/msr-list.c */
/* TEST-SOURCES: xen/nested/nested-caps.c xen/nested/vmcs12.c */
/* TEST-SOURCES: xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/vpid02.c */
/* What a VM exit to L1 stores and loads; MSR lists; VPIDs. */
#include "nested-test.h"
#include "../../../../xen/nested/msr-list.h"
#include "../../../../xen/nested/reflect.h"
#include "../../../../xen/nested/vpid02.h"

static void test_exit_info(void **state)
{
    const struct l2_exit e = {
        .reason = EXIT_REASON_EPT_VIOLATION,
        .qual = 0x181,
        .gpa = 0x12345000,
        .gla = 0xffff888000000000,
        .idt_info = 0x80000b0e,
        .idt_error_code = 2,
        .insn_len = 3,
        .io_rcx = 5,
    };
    struct vmcs12 v;

    good_vmcs12(&v);
    v.entry_intr_info = 0x80000030;
    v.exit_intr_error_code = 77;
    reflect_exit_info(&v, &e);
    assert_int_equal(v.exit_reason, EXIT_REASON_EPT_VIOLATION);
    assert_int_equal(v.exit_qualification, 0x181);
    assert_int_equal(v.guest_phys_addr, 0x12345000);
    assert_int_equal(v.idt_vectoring_info, 0x80000b0e);
    assert_int_equal(v.idt_vectoring_error_code, 2);
    assert_int_equal(v.entry_intr_info, 0x30);    /* valid bit cleared */
    assert_int_equal(v.exit_intr_error_code, 77); /* none came */
    assert_int_equal(v.io_rcx, 0);                /* only for I/O */
}

static void test_entry_failure(void **state)
{
    struct vmcs12 v, before;

    good_vmcs12(&v);
    v.entry_intr_info = 0x80000030;
    before = v;
    reflect_entry_failure(&v, EXIT_REASON_ENTRY_MSR_LOAD, 7);
    assert_int_equal(v.exit_reason, 0x80000022);
    assert_int_equal(v.exit_qualification, 7);
    before.exit_reason = v.exit_reason;
    before.exit_qualification = v.exit_qualification;
    assert_memory_equal(&v, &before, sizeof(v));
}

static void test_host_state(void **state)
{
    const struct l1_kept kept = { .cr0 = X86_CR0_CD | X86_CR0_ET,
                                  .efer = EFER_NXE,
                                  .pat = 0x42 };
    const struct l2_exit e = { .reason = EXIT_REASON_CPUID };
    struct l1_host_state h;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.host_cr3 = 0x7000;
    v.host_fs_base = 0x1111;
    v.host_gs_selector = 0x28;
    v.host_cr0 |= X86_CR0_NW;
    reflect_host_fixed(&v, &h);
    reflect_host_kept(&v, &kept, &e, &h);
    assert_int_equal(h.rip, v.host_rip);
    assert_int_equal(h.cr3, 0x7000);
    /* CD, NW and ET are not the exit's to change. */
    assert_true(h.cr0 & X86_CR0_CD);
    assert_false(h.cr0 & X86_CR0_NW);
    assert_true(h.cr0 & X86_CR0_ET);
    assert_int_equal(h.efer, v.host_efer);
    assert_int_equal(h.pat, 0x42);
    assert_true(h.ia32e);
    assert_int_equal(h.ar[SEG_CS], 0xa09b);
    assert_int_equal(h.ar[SEG_SS], 0xc093);
    assert_int_equal(h.ar[SEG_GS], 0xc093);
    assert_true(h.ar[SEG_DS] & SEG_AR_UNUSABLE); /* null selector */
    assert_int_equal(h.ar[SEG_TR], 0x8b);
    assert_int_equal(h.limit[SEG_TR], 0x67);
    assert_true(h.ar[SEG_LDTR] & SEG_AR_UNUSABLE);
    assert_int_equal(h.fs_base, 0x1111);
    assert_int_equal(h.table_limit, 0xffff);
    assert_false(h.nmi_blocked);
}

static void test_host_state_legacy(void **state)
{
    const struct l1_kept kept = { .efer = EFER_NXE | EFER_LMA | EFER_LME };
    const struct l2_exit e = reflect_nmi();
    struct l1_host_state h;
    struct vmcs12 v;

    good_vmcs12(&v);
    v.exit_ctrl = EXIT_CTL_TRUE_DEFAULT1 | EXIT_CTL_LOAD_PAT;
    v.host_pat = 6;
    v.host_cr4 |= X86_CR4_PCIDE;
    reflect_host_fixed(&v, &h);
    reflect_host_kept(&v, &kept, &e, &h);
    assert_false(h.ia32e);
    assert_int_equal(h.efer, EFER_NXE);
    assert_int_equal(h.pat, 6);
    assert_int_equal(h.ar[SEG_CS], 0xc09b);
    assert_false(h.cr4 & X86_CR4_PCIDE);
    assert_true(h.nmi_blocked);
}

static void test_made_up_exits(void **state)
{
    struct vmcs12 v;
    struct l2_exit e;

    good_vmcs12(&v);
    e = reflect_ext_intr(&v, 0x31);
    assert_int_equal(e.reason, EXIT_REASON_EXT_INTR);
    assert_int_equal(e.intr_info, 0x80000031);
    v.exit_ctrl &= ~EXIT_CTL_ACK_INTR;
    e = reflect_ext_intr(&v, 0x31);
    assert_int_equal(e.intr_info, 0);
    e = reflect_exception(X86_EXC_PF, true, 3, 0x1000);
    assert_int_equal(e.intr_info, 0x80000b0e);
    assert_int_equal(e.intr_error_code, 3);
    assert_int_equal(e.qual, 0x1000);
    e = reflect_exception(X86_EXC_UD, false, 0, 0);
    assert_int_equal(e.intr_info, 0x80000306);
}

static void test_pending_event(void **state)
{
    struct l2_exit e = { .reason = EXIT_REASON_EXT_INTR };

    reflect_pending_event(&e, 0x00000b0e, 1, 0);
    assert_int_equal(e.idt_info, 0);
    reflect_pending_event(&e, 0x80000b0e, 1, 9);
    assert_int_equal(e.idt_info, 0x80000b0e);
    assert_int_equal(e.idt_error_code, 1);
    assert_int_equal(e.insn_len, 0);
    reflect_pending_event(&e, 0x80000480, 0, 2); /* INT 0x80 */
    assert_int_equal(e.idt_info, 0x80000480);
    assert_int_equal(e.insn_len, 2);
    /* A pending MTF exit is no event that was being delivered. */
    e.idt_info = 0;
    reflect_pending_event(&e, 0x80000700, 0, 0);
    assert_int_equal(e.idt_info, 0);
}

static void test_lma(void **state)
{
    struct vmcs12 v;

    good_vmcs12(&v);
    reflect_lma(&v, 0);
    assert_false(v.entry_ctrl & ENTRY_CTL_GUEST_64);
    reflect_lma(&v, EFER_LMA);
    assert_true(v.entry_ctrl & ENTRY_CTL_GUEST_64);
}

/* --- MSR lists --- */
#define LIST 0x8000u

static uint64_t msr_values[8];

static int test_msr_read(void *priv, uint32_t msr, uint64_t *val)
{
    if ( msr >= ARRAY_SIZE(msr_values) )
        return -EFAULT;
    *val = msr_values[msr];
    return 0;
}

static int test_msr_write(void *priv, uint32_t msr, uint64_t val)
{
    if ( msr >= ARRAY_SIZE(msr_values) )
        return -EFAULT;
    msr_values[msr] = val;
    return 0;
}

static const struct msr_access msrs = { test_msr_read, test_msr_write };

static void put_entry(struct test_l1 *l1, unsigned int i, uint32_t index,
                      uint32_t reserved, uint64_t data)
{
    uint8_t *p = l1->mem + LIST + i * 16;

    memcpy(p, &index, 4);
    memcpy(p + 4, &reserved, 4);
    memcpy(p + 8, &data, 8);
}

static void test_msr_load(void **state)
{
    static const uint32_t refused[] = { MSR_FS_BASE, MSR_GS_BASE, 0x9b, 0x79,
                                        0x8b,        0x800,       0x8ff };
    struct test_l1 *l1 = new_l1();

    put_entry(l1, 0, 1, 0, 11);
    put_entry(l1, 1, 2, 0, 22);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, 2), 0);
    assert_int_equal(msr_values[1], 11);
    assert_int_equal(msr_values[2], 22);
    /* Earlier entries have taken effect when a later one fails. */
    put_entry(l1, 0, 1, 0, 33);
    put_entry(l1, 1, 2, 1, 44);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, 2), 2);
    assert_int_equal(msr_values[1], 33);
    assert_int_equal(msr_values[2], 22);
    put_entry(l1, 1, 0x12345, 0, 44);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, 2), 2);
    for ( unsigned int i = 0; i < ARRAY_SIZE(refused); i++ )
    {
        put_entry(l1, 0, refused[i], 0, 0);
        assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, 1), 1);
    }
    assert_int_equal(msr_list_load(&l1->nv, &msrs, L1_MEMORY, 1), 1);
    free_l1(l1);
}

static void test_msr_store(void **state)
{
    struct test_l1 *l1 = new_l1();
    uint64_t val;

    msr_values[3] = 0x333;
    put_entry(l1, 0, 3, 0, 0);
    put_entry(l1, 1, 0x830, 0, 0);
    assert_int_equal(msr_list_store(&l1->nv, &msrs, LIST, 1), 0);
    memcpy(&val, l1->mem + LIST + 8, 8);
    assert_int_equal(val, 0x333);
    assert_int_equal(msr_list_store(&l1->nv, &msrs, LIST, 2), 2);
    free_l1(l1);
}

static void test_msr_list_too_long(void **state)
{
    struct test_l1 *l1 = new_l1();
    unsigned int limit = msr_list_max(&l1->caps);

    assert_int_equal(limit, 512);
    for ( unsigned int i = 0; i <= limit; i++ )
        put_entry(l1, i, 1, 0, i);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, limit), 0);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, limit + 1), limit + 1);
    assert_int_equal(msr_list_load(&l1->nv, &msrs, LIST, ~0u), limit + 1);
    free_l1(l1);
}

/* --- VPIDs --- */
static void test_vpids(void **state)
{
    struct vmcs12 v;

    good_vmcs12(&v);
    v.vpid = 5;
    for ( unsigned int type = 0; type <= 3; type++ )
    {
        assert_true(vpid02_matches(&v, type, 5));
        assert_int_equal(vpid02_matches(&v, type, 6), type == INVVPID_ALL);
    }
    assert_false(vpid02_flush_on_entry(&v, 5));
    assert_true(vpid02_flush_on_entry(&v, 4));
    v.proc2_ctrl &= ~PROC2_VPID;
    assert_true(vpid02_flush_on_entry(&v, 5));
    assert_false(vpid02_matches(&v, INVVPID_SINGLE, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exit_info),
        cmocka_unit_test(test_entry_failure),
        cmocka_unit_test(test_host_state),
        cmocka_unit_test(test_host_state_legacy),
        cmocka_unit_test(test_made_up_exits),
        cmocka_unit_test(test_pending_event),
        cmocka_unit_test(test_lma),
        cmocka_unit_test(test_msr_load),
        cmocka_unit_test(test_msr_store),
        cmocka_unit_test(test_msr_list_too_long),
        cmocka_unit_test(test_vpids),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
