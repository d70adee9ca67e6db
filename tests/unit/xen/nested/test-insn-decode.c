/* SPDX-License-Identifier: MIT */
/* Memory operands of VMX instructions; INVEPT and INVVPID. */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/checks-ctrl.c */
#include "insn-test.h"

/* --- INVEPT, INVVPID --- */
static struct insn_outcome run_inv(struct test_l1 *l1, uint32_t reason,
                                   uint64_t type, uint64_t lo, uint64_t hi)
{
    memcpy(l1->mem + OPERAND, &lo, sizeof(lo));
    memcpy(l1->mem + OPERAND + 8, &hi, sizeof(hi));
    gpr[3] = OPERAND;
    gpr[1] = type;
    return run(l1, reason, INFO_MEM);
}

static void test_invept(void **state)
{
    const uint64_t eptp = 0x5000 | EPTP_MEMTYPE_WB | 3 << EPTP_WALK_SHIFT;
    struct test_l1 *l1 = l1_with_vmcs();

    assert_int_equal(
        run_inv(l1, EXIT_REASON_INVEPT, INVEPT_SINGLE, eptp, 0).result,
        INSN_SUCCEED);
    assert_int_equal(l1->inv_addr, eptp);
    assert_int_equal(
        run_inv(l1, EXIT_REASON_INVEPT, INVEPT_ALL, ~0ULL, 0).result,
        INSN_SUCCEED);
    assert_int_equal(l1->inv_count, 2);
    expect_valid(run_inv(l1, EXIT_REASON_INVEPT, INVEPT_SINGLE, 0x5005, 0),
                 VMX_ERR_INVALID_OPERAND);
    expect_valid(run_inv(l1, EXIT_REASON_INVEPT, 0, eptp, 0),
                 VMX_ERR_INVALID_OPERAND);
    expect_valid(run_inv(l1, EXIT_REASON_INVEPT, 3, eptp, 0),
                 VMX_ERR_INVALID_OPERAND);
    expect_valid(run_inv(l1, EXIT_REASON_INVEPT, 1ULL << 32 | 1, eptp, 0),
                 VMX_ERR_INVALID_OPERAND);
    assert_int_equal(l1->inv_count, 2);
    free_l1(l1);
}

static void test_invvpid(void **state)
{
    const uint64_t noncanonical = 0x0000800000000000ULL;
    struct test_l1 *l1 = l1_with_vmcs();

    for ( unsigned int type = 0; type <= 3; type++ )
    {
        struct insn_outcome out =
            run_inv(l1, EXIT_REASON_INVVPID, type, 5, 0x1000);

        assert_int_equal(out.result, INSN_SUCCEED);
        assert_int_equal(l1->inv_type, type);
        out = run_inv(l1, EXIT_REASON_INVVPID, type, 0, 0x1000);
        if ( type == INVVPID_ALL )
            assert_int_equal(out.result, INSN_SUCCEED);
        else
            expect_valid(out, VMX_ERR_INVALID_OPERAND);
        expect_valid(run_inv(l1, EXIT_REASON_INVVPID, type, 0x10005, 0),
                     VMX_ERR_INVALID_OPERAND);
    }
    expect_valid(
        run_inv(l1, EXIT_REASON_INVVPID, INVVPID_ADDR, 5, noncanonical),
        VMX_ERR_INVALID_OPERAND);
    expect_valid(run_inv(l1, EXIT_REASON_INVVPID, 4, 5, 0),
                 VMX_ERR_INVALID_OPERAND);
    free_l1(l1);
}

/* --- Operands and flags --- */
static void test_effective_address(void **state)
{
    struct test_l1 *l1 = new_l1();
    struct insn_cpu cpu = cpu64();
    struct insn_exit exit = { .qual = (uint64_t)-16 };
    struct nested_fault fault;
    uint64_t la;

    gpr[3] = 0x1000;
    gpr[6] = 0x20;
    /* [rbx + rsi * 8 - 16], GS */
    exit.info = 3 | 2u << 7 | SEG_GS << 15 | 6u << 18 | 3u << 23;
    l1->seg[SEG_GS].base = 0xffff888000000000ULL;
    assert_true(insn_mem_linear(&l1->nv, &cpu, &exit, 8, false, &la, &fault));
    assert_true(la == 0xffff8880000010f0ULL);
    /* DS has no base in 64-bit mode; 32-bit addresses wrap. */
    l1->seg[SEG_DS].base = 0x5000;
    exit.info = 1u << 7 | SEG_DS << 15 | 1u << 22 | 3u << 23;
    gpr[3] = 8;
    assert_true(insn_mem_linear(&l1->nv, &cpu, &exit, 8, false, &la, &fault));
    assert_int_equal(la, 0xfffffff8);
    /* RIP-relative: neither base nor index. */
    exit.info = 2u << 7 | SEG_DS << 15 | 1u << 22 | 1u << 27;
    exit.qual = 0xffffffff81234567ULL;
    assert_true(insn_mem_linear(&l1->nv, &cpu, &exit, 8, false, &la, &fault));
    assert_true(la == exit.qual);
    free_l1(l1);
}

static void test_noncanonical(void **state)
{
    struct test_l1 *l1 = new_l1();
    struct insn_cpu cpu = cpu64();
    struct insn_exit exit = { .qual = 0x00007ffffffffffcULL };
    struct nested_fault fault;
    uint64_t la;

    exit.info = 2u << 7 | SEG_DS << 15 | 1u << 22 | 1u << 27;
    assert_false(insn_mem_linear(&l1->nv, &cpu, &exit, 8, false, &la, &fault));
    assert_int_equal(fault.vector, X86_EXC_GP);
    exit.info = 2u << 7 | SEG_SS << 15 | 1u << 22 | 1u << 27;
    assert_false(insn_mem_linear(&l1->nv, &cpu, &exit, 8, false, &la, &fault));
    assert_int_equal(fault.vector, X86_EXC_SS);
    assert_true(fault.has_error && fault.error == 0);
    free_l1(l1);
}

static void test_segment_limits(void **state)
{
    static const struct
    {
        uint32_t ar, limit;
        uint64_t ea;
        bool write, ok;
    } cases[] = {
        { 0xc093, 0xffffffff, 0x1000, true, true },
        { 0x0093, 0x0fff, 0xff8, true, true },
        { 0x0093, 0x0fff, 0xff9, true, false },      /* limit */
        { 0x0091, 0x0fff, 0x10, true, false },       /* read-only data */
        { 0x0091, 0x0fff, 0x10, false, true },       /* */
        { 0x009b, 0x0fff, 0x10, true, false },       /* code */
        { 0x0099, 0x0fff, 0x10, false, false },      /* execute-only */
        { 0x0097, 0x0fff, 0xfff, false, false },     /* expand-down */
        { 0x0097, 0x0fff, 0x1000, false, true },     /* */
        { 0x0097, 0x0fff, 0xfff9, false, false },    /* 16-bit upper bound */
        { 0x4097, 0x0fff, 0xfff9, false, true },     /* 32-bit one */
        { 0x10093, 0xffffffff, 0x10, false, false }, /* unusable */
    };
    struct test_l1 *l1 = new_l1();
    struct insn_cpu cpu = cpu64();

    cpu.efer = 0;
    for ( unsigned int i = 0; i < ARRAY_SIZE(cases); i++ )
    {
        struct insn_exit exit = { .qual = cases[i].ea };
        struct nested_fault fault;
        uint64_t la;

        exit.info = 1u << 7 | SEG_DS << 15 | 1u << 22 | 1u << 27;
        l1->seg[SEG_DS] = (struct vmcs12_segment){ .ar = cases[i].ar,
                                                   .limit = cases[i].limit,
                                                   .base = 0xfffff000 };
        assert_int_equal(insn_mem_linear(&l1->nv, &cpu, &exit, 8,
                                         cases[i].write, &la, &fault),
                         cases[i].ok);
        if ( cases[i].ok )
            assert_int_equal(la, (uint32_t)(0xfffff000 + cases[i].ea));
    }
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_invept),
        cmocka_unit_test(test_invvpid),
        cmocka_unit_test(test_effective_address),
        cmocka_unit_test(test_noncanonical),
        cmocka_unit_test(test_segment_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
