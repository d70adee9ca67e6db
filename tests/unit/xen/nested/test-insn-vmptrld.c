/* SPDX-License-Identifier: MIT */
/* VMCLEAR, VMPTRLD, VMPTRST, and the vmcs12s they keep active. */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/checks-ctrl.c */
#include "insn-test.h"

/* --- VMCLEAR, VMPTRLD, VMPTRST --- */
static void test_pointer_operands(void **state)
{
    static const struct
    {
        uint64_t ptr;
        uint32_t vmclear, vmptrld; /* 0: succeeds */
    } cases[] = {
        { VMCS_A + 1, VMX_ERR_VMCLEAR_ADDR, VMX_ERR_VMPTRLD_ADDR },
        { 1ULL << 40, VMX_ERR_VMCLEAR_ADDR, VMX_ERR_VMPTRLD_ADDR },
        { VMXON_GPA, VMX_ERR_VMCLEAR_VMXON_PTR, VMX_ERR_VMPTRLD_VMXON_PTR },
        { OPERAND, 0, VMX_ERR_VMPTRLD_REVISION },
        { L1_MEMORY, 0, VMX_ERR_VMPTRLD_REVISION },
    };
    struct test_l1 *l1 = l1_with_vmcs();

    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        struct insn_outcome out =
            run_ptr(l1, EXIT_REASON_VMPTRLD, cases[i].ptr);

        expect_valid(out, cases[i].vmptrld);
        out = run_ptr(l1, EXIT_REASON_VMCLEAR, cases[i].ptr);
        if ( cases[i].vmclear )
            expect_valid(out, cases[i].vmclear);
        else
            assert_int_equal(out.result, INSN_SUCCEED);
    }
    /* A shadow VMCS where none is offered. */
    l1->caps.proc2.may &= ~PROC2_SHADOW_VMCS;
    put_revision(l1, VMCS_B, VMCS12_REVISION | VMCS_SHADOW_BIT);
    expect_valid(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_B),
                 VMX_ERR_VMPTRLD_REVISION);
    assert_int_equal(l1->nv.state.current_ptr, VMCS_A);
    free_l1(l1);
}

static void test_vmptrst(void **state)
{
    struct test_l1 *l1 = l1_in_vmx();
    uint64_t ptr;

    gpr[3] = RESULT;
    assert_int_equal(run(l1, EXIT_REASON_VMPTRST, INFO_MEM).result,
                     INSN_SUCCEED);
    memcpy(&ptr, l1->mem + RESULT, sizeof(ptr));
    assert_true(ptr == ~0ULL);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_B).result,
                     INSN_SUCCEED);
    gpr[3] = RESULT;
    assert_int_equal(run(l1, EXIT_REASON_VMPTRST, INFO_MEM).result,
                     INSN_SUCCEED);
    memcpy(&ptr, l1->mem + RESULT, sizeof(ptr));
    assert_int_equal(ptr, VMCS_B);
    free_l1(l1);
}

/* Contents survive VMCLEAR, in memory, and come back by VMPTRLD. */
static void test_life_cycle(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();

    vmwrite_reg(l1, VMCS_guest_rip, 0xabc);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_B).result,
                     INSN_SUCCEED);
    assert_int_equal(vmread_reg(l1, VMCS_guest_rip), 0);
    vmwrite_reg(l1, VMCS_guest_rip, 0xdef);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_A).result,
                     INSN_SUCCEED);
    assert_int_equal(vmread_reg(l1, VMCS_guest_rip), 0xabc);
    assert_int_equal(l1->contexts, 2);

    assert_int_equal(run_ptr(l1, EXIT_REASON_VMCLEAR, VMCS_A).result,
                     INSN_SUCCEED);
    assert_null(l1->nv.cur);
    assert_true(l1->nv.state.current_ptr == VMX_NO_CURRENT_VMCS);
    assert_null(nested_ctx_find(&l1->nv, VMCS_A));
    assert_int_equal(l1->reused, 0);
    assert_int_equal(((struct vmcs12 *)(l1->mem + VMCS_A))->guest_rip, 0xabc);

    /* The idle context serves the next; nothing of its past shows. */
    put_revision(l1, VMCS_C, VMCS12_REVISION);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_C).result,
                     INSN_SUCCEED);
    assert_int_equal(l1->reused, 1);
    assert_int_equal(l1->contexts, 2);
    assert_int_equal(vmread_reg(l1, VMCS_guest_rip), 0);
    free_l1(l1);
}

/* More vmcs12s than contexts: the oldest is written back, none is lost. */
static void test_eviction(void **state)
{
    const uint64_t base = 0x40000;
    struct test_l1 *l1 = l1_in_vmx();

    for ( unsigned int i = 0; i < 2 * NESTED_CTX_MAX; i++ )
    {
        put_revision(l1, base + i * 0x1000, VMCS12_REVISION);
        assert_int_equal(
            run_ptr(l1, EXIT_REASON_VMPTRLD, base + i * 0x1000).result,
            INSN_SUCCEED);
        vmwrite_reg(l1, VMCS_guest_rsp, i + 1);
    }
    assert_int_equal(l1->contexts, NESTED_CTX_MAX);
    for ( unsigned int i = 0; i < 2 * NESTED_CTX_MAX; i++ )
    {
        assert_int_equal(
            run_ptr(l1, EXIT_REASON_VMPTRLD, base + i * 0x1000).result,
            INSN_SUCCEED);
        assert_int_equal(vmread_reg(l1, VMCS_guest_rsp), i + 1);
    }
    assert_true(l1->nv.stats.ctx_evictions > 0);
    free_l1(l1);
}

/* Two that want the same hint keep a context each. */
static void test_same_hint(void **state)
{
    const uint64_t a = 0x40000, b = a + NESTED_CTX_HINTS * 0x1000;
    struct test_l1 *l1 = l1_in_vmx();

    put_revision(l1, a, VMCS12_REVISION);
    put_revision(l1, b, VMCS12_REVISION);
    for ( unsigned int i = 0; i < 6; i++ )
    {
        assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, i % 2 ? b : a).result,
                         INSN_SUCCEED);
        if ( i < 2 )
            vmwrite_reg(l1, VMCS_guest_rsp, i + 1);
        assert_int_equal(vmread_reg(l1, VMCS_guest_rsp), i % 2 + 1);
    }
    assert_int_equal(l1->nv.stats.ctx_misses, 2);
    assert_int_equal(l1->contexts, 2);
    free_l1(l1);
}

static void test_out_of_memory(void **state)
{
    struct test_l1 *l1 = l1_in_vmx();

    l1->max_contexts = 0;
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_A).result,
                     INSN_CRASH);
    assert_null(l1->nv.cur);
    free_l1(l1);
}

/* Where there is no memory for more contexts those that there are serve all. */
static void test_few_contexts(void **state)
{
    const uint64_t base = 0x40000;
    struct test_l1 *l1 = l1_in_vmx();

    l1->max_contexts = 2;
    for ( unsigned int i = 0; i < 8; i++ )
    {
        uint64_t gpa = base + i % 4 * 0x1000;

        if ( i < 4 )
            put_revision(l1, gpa, VMCS12_REVISION);
        assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, gpa).result,
                         INSN_SUCCEED);
        if ( i < 4 )
            vmwrite_reg(l1, VMCS_guest_rsp, i + 1);
        assert_int_equal(vmread_reg(l1, VMCS_guest_rsp), i % 4 + 1);
    }
    assert_int_equal(l1->contexts, 2);
    free_l1(l1);
}

/* VMCLEAR makes a VMCS launchable again, cached or not. */
static void test_vmclear_resets_launch(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    struct vmcs12 *image = (struct vmcs12 *)(l1->mem + VMCS_A);

    l1->nv.cur->v12.launch_state = VMCS12_LAUNCH_LAUNCHED;
    run_ptr(l1, EXIT_REASON_VMCLEAR, VMCS_A);
    assert_int_equal(image->launch_state, VMCS12_LAUNCH_CLEAR);
    image->launch_state = VMCS12_LAUNCH_LAUNCHED;
    run_ptr(l1, EXIT_REASON_VMCLEAR, VMCS_A);
    assert_int_equal(image->launch_state, VMCS12_LAUNCH_CLEAR);
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pointer_operands),
        cmocka_unit_test(test_vmptrst),
        cmocka_unit_test(test_life_cycle),
        cmocka_unit_test(test_eviction),
        cmocka_unit_test(test_same_hint),
        cmocka_unit_test(test_few_contexts),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_vmclear_resets_launch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
