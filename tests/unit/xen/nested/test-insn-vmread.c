/* SPDX-License-Identifier: MIT */
/* VMREAD and VMWRITE, of an L1 and, to its shadow VMCS, of an L2. */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/checks-ctrl.c */
#include "insn-test.h"

/* --- VMREAD, VMWRITE --- */
static void test_no_current_vmcs(void **state)
{
    struct test_l1 *l1 = l1_in_vmx();
    static const uint32_t reasons[] = { EXIT_REASON_VMREAD, EXIT_REASON_VMWRITE,
                                        EXIT_REASON_VMLAUNCH,
                                        EXIT_REASON_VMRESUME };

    for ( unsigned int i = 0; i < ARRAY_SIZE(reasons); i++ )
        assert_int_equal(run(l1, reasons[i], INFO_REG).result,
                         INSN_FAIL_INVALID);
    free_l1(l1);
}

static void test_read_write(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    uint64_t val = 0x1234;

    l1->nv.cur->unchecked = l1->nv.cur->unmerged = 0;
    assert_int_equal(vmwrite_reg(l1, VMCS_host_rsp, 0x77).result, INSN_SUCCEED);
    assert_int_equal(l1->nv.cur->unchecked, VMCS12_GB(HOST));
    assert_int_equal(l1->written, VMCS_host_rsp);
    assert_int_equal(l1->nv.cur->unmerged, VMCS12_GB(HOST));
    assert_int_equal(vmread_reg(l1, VMCS_host_rsp), 0x77);

    /* A write of what is there changes nothing, one bit more does. */
    l1->nv.cur->unchecked = l1->nv.cur->unmerged = 0;
    vmwrite_reg(l1, VMCS_host_rsp, 0x77);
    vmwrite_reg(l1, VMCS_exception_bitmap, 1ULL << 32);
    assert_int_equal(l1->nv.cur->unchecked, 0);
    assert_int_equal(l1->nv.cur->unmerged, 0);
    vmwrite_reg(l1, VMCS_exception_bitmap, 1ULL << 32 | 1);
    assert_int_equal(l1->nv.cur->unchecked, VMCS12_GB(LOOSE));

    /* Memory operands. */
    memcpy(l1->mem + OPERAND, &val, sizeof(val));
    gpr[1] = VMCS_guest_rsp;
    gpr[3] = OPERAND;
    assert_int_equal(run(l1, EXIT_REASON_VMWRITE, INFO_MEM).result,
                     INSN_SUCCEED);
    gpr[3] = RESULT;
    assert_int_equal(run(l1, EXIT_REASON_VMREAD, INFO_MEM).result,
                     INSN_SUCCEED);
    memcpy(&val, l1->mem + RESULT, sizeof(val));
    assert_int_equal(val, 0x1234);

    l1->fault = true;
    expect_fault(run(l1, EXIT_REASON_VMWRITE, INFO_MEM), X86_EXC_PF);
    expect_fault(run(l1, EXIT_REASON_VMREAD, INFO_MEM), X86_EXC_PF);
    free_l1(l1);
}

static void test_bad_fields(void **state)
{
    static const uint64_t bad[] = { 0x9000, 0x000a, VMCS_guest_pkrs,
                                    VMCS_guest_rip | 1,
                                    VMCS_guest_rip | 1ULL << 32 };
    struct test_l1 *l1 = l1_with_vmcs();

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        expect_valid(vmwrite_reg(l1, bad[i], 1), VMX_ERR_UNSUPPORTED_FIELD);
        gpr[1] = bad[i];
        expect_valid(run(l1, EXIT_REASON_VMREAD, INFO_REG),
                     VMX_ERR_UNSUPPORTED_FIELD);
    }
    assert_int_equal(vmread_reg(l1, VMCS_insn_error),
                     VMX_ERR_UNSUPPORTED_FIELD);
    free_l1(l1);
}

static void test_read_only_fields(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();

    assert_int_equal(vmwrite_reg(l1, VMCS_exit_reason, 1).result, INSN_SUCCEED);
    l1->caps.misc &= ~VMX_MISC_VMWRITE_ALL;
    expect_valid(vmwrite_reg(l1, VMCS_exit_reason, 1),
                 VMX_ERR_VMWRITE_READ_ONLY);
    free_l1(l1);
}

/* Outside 64-bit mode operands have 32 bits. */
static void test_32bit_mode(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    struct insn_cpu cpu = cpu64();
    struct insn_exit exit = { .reason = EXIT_REASON_VMWRITE, .info = INFO_REG };

    cpu.efer = 0;
    gpr[0] = 0xffffffff12345678ULL;
    gpr[1] = 0xabc00000000ULL | VMCS_tsc_offset;
    assert_int_equal(nested_emulate_insn(&l1->nv, &cpu, &exit).result,
                     INSN_SUCCEED);
    assert_true(l1->nv.cur->v12.tsc_offset == 0x12345678);
    l1->nv.cur->v12.tsc_offset = 0x1122334455667788ULL;
    exit.reason = EXIT_REASON_VMREAD;
    assert_int_equal(nested_emulate_insn(&l1->nv, &cpu, &exit).result,
                     INSN_SUCCEED);
    assert_int_equal(gpr[0], 0x55667788);
    free_l1(l1);
}

/* Groups that only the hardware knows are fetched when asked for. */
static void test_stale_groups(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();

    l1->nv.cur->stale = VMCS12_GB(SEG) | VMCS12_GB(GMSR);
    assert_int_equal(vmread_reg(l1, VMCS_guest_rip), 0);
    assert_int_equal(l1->synced, 0);
    assert_int_equal(vmread_reg(l1, VMCS_guest_cs_selector), SYNCED_CS);
    assert_int_equal(l1->synced, VMCS12_GB(SEG));
    assert_int_equal(l1->nv.cur->stale, VMCS12_GB(GMSR));
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMCLEAR, VMCS_A).result,
                     INSN_SUCCEED);
    assert_int_equal(l1->synced, VMCS12_GB(SEG) | VMCS12_GB(GMSR));
    free_l1(l1);
}

/* --- L2's accesses to the shadow VMCS that L1 linked --- */
static struct insn_outcome shadow(struct test_l1 *l1, bool write, uint64_t enc,
                                  uint64_t val, uint32_t info)
{
    const struct insn_exit exit = {
        .reason = write ? EXIT_REASON_VMWRITE : EXIT_REASON_VMREAD,
        .info = info,
    };
    const struct insn_cpu cpu = cpu64();

    gpr[0] = val;
    gpr[1] = enc;
    gpr[3] = RESULT;
    return insn_shadow_access(&l1->nv, &cpu, &exit);
}

static void test_shadow_vmcs_of_l2(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    struct vmcs12 *image = (struct vmcs12 *)(l1->mem + VMCS_B);
    uint64_t val;

    /* No link pointer: VMfailInvalid, whatever the field. */
    l1->nv.cur->v12.vmcs_link_ptr = ~0ULL;
    assert_int_equal(shadow(l1, false, VMCS_guest_rip, 0, INFO_REG).result,
                     INSN_FAIL_INVALID);

    l1->nv.cur->v12.vmcs_link_ptr = VMCS_B;
    image->guest_rip = 0x1122334455667788ULL;
    image->guest_cs_selector = 0x1234;
    image->guest_ds_selector = 0x5678;
    assert_int_equal(shadow(l1, false, VMCS_guest_rip, 0, INFO_REG).result,
                     INSN_SUCCEED);
    assert_true(gpr[0] == image->guest_rip);
    assert_int_equal(
        shadow(l1, false, VMCS_guest_cs_selector, 0, INFO_MEM).result,
        INSN_SUCCEED);
    memcpy(&val, l1->mem + RESULT, sizeof(val));
    assert_int_equal(val, 0x1234);

    /* A write touches its field alone, halves of fields included. */
    assert_int_equal(
        shadow(l1, true, VMCS_guest_cs_selector, 0xffff4321, INFO_REG).result,
        INSN_SUCCEED);
    assert_int_equal(image->guest_cs_selector, 0x4321);
    assert_int_equal(image->guest_ds_selector, 0x5678);
    image->guest_efer = 0xaaaaaaaabbbbbbbbULL;
    assert_int_equal(
        shadow(l1, true, VMCS_guest_efer | 1, 0x11, INFO_REG).result,
        INSN_SUCCEED);
    assert_true(image->guest_efer == 0x11bbbbbbbbULL);
    assert_int_equal(shadow(l1, false, VMCS_guest_efer | 1, 0, INFO_REG).result,
                     INSN_SUCCEED);
    assert_int_equal(gpr[0], 0x11);
    /* Exit information is as any field. */
    assert_int_equal(shadow(l1, true, VMCS_exit_reason, 48, INFO_REG).result,
                     INSN_SUCCEED);
    assert_int_equal(image->exit_reason, 48);

    expect_valid(shadow(l1, false, VMCS_hlat_pointer, 0, INFO_REG),
                 VMX_ERR_UNSUPPORTED_FIELD);
    assert_int_equal(l1->nv.cur->v12.insn_error, VMX_ERR_UNSUPPORTED_FIELD);
    expect_valid(shadow(l1, true, 0x7ffe, 0, INFO_REG),
                 VMX_ERR_UNSUPPORTED_FIELD);
    l1->fault = true;
    expect_fault(shadow(l1, false, VMCS_guest_rip, 0, INFO_MEM), X86_EXC_PF);
    expect_fault(shadow(l1, true, VMCS_guest_rip, 0, INFO_MEM), X86_EXC_PF);
    l1->fault = false;

    /* Where L1 has no memory there is no VMCS either. */
    l1->nv.cur->v12.vmcs_link_ptr = L1_MEMORY;
    assert_int_equal(shadow(l1, false, VMCS_guest_rip, 0, INFO_REG).result,
                     INSN_FAIL_INVALID);
    assert_int_equal(shadow(l1, true, VMCS_guest_rip, 0, INFO_REG).result,
                     INSN_SUCCEED);
    free_l1(l1);
}

/* A shadow VMCS that L1 has active all the same: L1 sees what L2 writes. */
static void test_active_shadow_vmcs(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    struct nested_ctx *a = l1->nv.cur;

    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_B).result,
                     INSN_SUCCEED);
    l1->nv.cur->v12.vmcs_link_ptr = VMCS_A;
    a->unchecked = a->unmerged = 0;
    l1->written = 0;
    assert_int_equal(shadow(l1, true, VMCS_host_rip, 0x1000, INFO_REG).result,
                     INSN_SUCCEED);
    assert_int_equal(a->v12.host_rip, 0x1000);
    assert_int_equal(a->unchecked, VMCS12_GB(HOST));
    assert_int_equal(a->unmerged, VMCS12_GB(HOST));
    assert_int_equal(l1->written, VMCS_host_rip);
    assert_int_equal(shadow(l1, false, VMCS_host_rip, 0, INFO_REG).result,
                     INSN_SUCCEED);
    assert_int_equal(gpr[0], 0x1000);
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shadow_vmcs_of_l2),
        cmocka_unit_test(test_active_shadow_vmcs),
        cmocka_unit_test(test_no_current_vmcs),
        cmocka_unit_test(test_read_write),
        cmocka_unit_test(test_bad_fields),
        cmocka_unit_test(test_read_only_fields),
        cmocka_unit_test(test_32bit_mode),
        cmocka_unit_test(test_stale_groups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
