/* SPDX-License-Identifier: MIT */
/* VMX instructions as an L1 executes them: who may, VMXON, entries. */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/checks-ctrl.c */
#include "insn-test.h"

static const uint32_t all_insns[] = {
    EXIT_REASON_VMXON,   EXIT_REASON_VMXOFF,   EXIT_REASON_VMCLEAR,
    EXIT_REASON_VMPTRLD, EXIT_REASON_VMPTRST,  EXIT_REASON_VMREAD,
    EXIT_REASON_VMWRITE, EXIT_REASON_VMLAUNCH, EXIT_REASON_VMRESUME,
    EXIT_REASON_INVEPT,  EXIT_REASON_INVVPID,
};

/* --- Who may execute them at all --- */
static void test_wrong_modes(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();

    for ( unsigned int i = 0; i < ARRAY_SIZE(all_insns); i++ )
    {
        const struct insn_exit exit = { .reason = all_insns[i],
                                        .info = INFO_MEM };
        struct insn_cpu cpu = cpu64();

        cpu.cr0 &= ~X86_CR0_PE;
        expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_UD);
        cpu = cpu64();
        cpu.cs_l = false; /* compatibility mode */
        expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_UD);
        cpu = cpu64();
        cpu.efer = 0;
        cpu.rflags |= X86_EFLAGS_VM;
        expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_UD);
        cpu = cpu64();
        cpu.cpl = 3;
        expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_GP);
    }
    free_l1(l1);
}

static void test_outside_vmx_operation(void **state)
{
    struct test_l1 *l1 = new_l1();

    for ( unsigned int i = 1; i < ARRAY_SIZE(all_insns); i++ )
        expect_fault(run(l1, all_insns[i], INFO_MEM), X86_EXC_UD);
    free_l1(l1);
}

static void test_other_reasons(void **state)
{
    struct test_l1 *l1 = l1_in_vmx();

    expect_fault(run(l1, EXIT_REASON_CPUID, 0), X86_EXC_UD);
    expect_fault(run(l1, 0xffff, 0), X86_EXC_UD);
    free_l1(l1);
}

/* --- VMXON, VMXOFF --- */
static void test_vmxon_needs(void **state)
{
    struct test_l1 *l1 = new_l1();
    const struct insn_exit exit = { .reason = EXIT_REASON_VMXON,
                                    .info = INFO_MEM };
    struct insn_cpu cpu = cpu64();

    put_revision(l1, VMXON_GPA, VMCS12_REVISION);
    cpu.cr4 &= ~X86_CR4_VMXE;
    expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_UD);
    cpu = cpu64();
    cpu.cr0 &= ~X86_CR0_NE;
    expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_GP);
    cpu = cpu64();
    cpu.cr4 |= 1ULL << 40;
    expect_fault(nested_emulate_insn(&l1->nv, &cpu, &exit), X86_EXC_GP);
    l1->nv.state.feature_control = FEATURE_CONTROL_LOCK;
    expect_fault(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA), X86_EXC_GP);
    l1->nv.state.feature_control = FEATURE_CONTROL_VMX;
    expect_fault(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA), X86_EXC_GP);
    assert_false(l1->nv.state.vmx_on);
    free_l1(l1);
}

static void test_vmxon_operand(void **state)
{
    static const uint64_t bad[] = {
        VMXON_GPA + 8, /* alignment */
        1ULL << 40,    /* physical-address width */
        ~0xfffULL,     /* the same */
        L1_MEMORY,     /* no memory */
        VMCS_A,        /* wrong revision */
    };
    struct test_l1 *l1 = new_l1();

    put_revision(l1, VMXON_GPA, VMCS12_REVISION);
    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, bad[i]).result,
                         INSN_FAIL_INVALID);
    put_revision(l1, VMCS_A, VMCS12_REVISION | VMCS_SHADOW_BIT);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, VMCS_A).result,
                     INSN_FAIL_INVALID);
    l1->fault = true;
    expect_fault(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA), X86_EXC_PF);
    l1->fault = false;
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA).result,
                     INSN_SUCCEED);
    assert_true(l1->nv.state.vmx_on);
    free_l1(l1);
}

static void test_vmxon_twice(void **state)
{
    struct test_l1 *l1 = l1_in_vmx();

    assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA).result,
                     INSN_FAIL_INVALID);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_A).result,
                     INSN_SUCCEED);
    expect_valid(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA),
                 VMX_ERR_VMXON_IN_ROOT);
    assert_int_equal(l1->nv.cur->v12.insn_error, VMX_ERR_VMXON_IN_ROOT);
    free_l1(l1);
}

static void test_vmxoff(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();

    l1->nv.notes.init = true;
    assert_int_equal(run(l1, EXIT_REASON_VMXOFF, 0).result, INSN_SUCCEED);
    assert_false(l1->nv.state.vmx_on);
    assert_true(l1->nv.notes.init); /* for whoever acts on it now */
    assert_int_equal(l1->contexts, 0);
    assert_int_equal(l1->nv.state.feature_control,
                     FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX);
    expect_fault(run(l1, EXIT_REASON_VMXOFF, 0), X86_EXC_UD);
    free_l1(l1);
}

/* --- VMLAUNCH, VMRESUME --- */
static void test_launch_state(void **state)
{
    struct test_l1 *l1 = l1_with_vmcs();
    struct insn_cpu cpu = cpu64();
    const struct insn_exit exit = { .reason = EXIT_REASON_VMLAUNCH };

    expect_valid(run(l1, EXIT_REASON_VMRESUME, 0),
                 VMX_ERR_VMRESUME_NOT_LAUNCHED);
    assert_int_equal(run(l1, EXIT_REASON_VMLAUNCH, 0).result, INSN_ENTER);
    l1->nv.cur->v12.launch_state = VMCS12_LAUNCH_LAUNCHED;
    expect_valid(run(l1, EXIT_REASON_VMLAUNCH, 0), VMX_ERR_VMLAUNCH_NOT_CLEAR);
    assert_int_equal(run(l1, EXIT_REASON_VMRESUME, 0).result, INSN_ENTER);
    cpu.mov_ss = true;
    expect_valid(nested_emulate_insn(&l1->nv, &cpu, &exit),
                 VMX_ERR_ENTRY_MOV_SS);
    l1->nv.cur->v12.revision |= VMCS_SHADOW_BIT;
    assert_int_equal(run(l1, EXIT_REASON_VMRESUME, 0).result,
                     INSN_FAIL_INVALID);
    free_l1(l1);
}

static void test_rflags(void **state)
{
    const uint64_t arith = X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |
                           X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF;
    struct insn_outcome out = { .result = INSN_SUCCEED };

    assert_int_equal(insn_rflags(arith | X86_EFLAGS_IF | 2, &out),
                     X86_EFLAGS_IF | 2);
    out.result = INSN_FAIL_INVALID;
    assert_int_equal(insn_rflags(arith | 2, &out), X86_EFLAGS_CF | 2);
    out.result = INSN_FAIL_VALID;
    assert_int_equal(insn_rflags(arith | 2, &out), X86_EFLAGS_ZF | 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_modes),
        cmocka_unit_test(test_outside_vmx_operation),
        cmocka_unit_test(test_other_reasons),
        cmocka_unit_test(test_vmxon_needs),
        cmocka_unit_test(test_vmxon_operand),
        cmocka_unit_test(test_vmxon_twice),
        cmocka_unit_test(test_vmxoff),
        cmocka_unit_test(test_launch_state),
        cmocka_unit_test(test_rflags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
