/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/insn.c xen/nested/insn-decode.c */
/* TEST-SOURCES: xen/nested/insn-vmxon.c xen/nested/insn-vmptrld.c */
/* TEST-SOURCES: xen/nested/insn-vmread.c xen/nested/insn-vmlaunch.c */
/* TEST-SOURCES: xen/nested/insn-invept.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/insn-shadow.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/checks-ctrl.c */
/* VMX instructions as an L1 executes them, right and wrong. */
#include "nested-test.h"
#include "../../../../xen/nested/insn.h"

#define VMXON_GPA 0x10000u
#define VMCS_A    0x11000u
#define VMCS_B    0x12000u
#define VMCS_C    0x13000u
#define OPERAND   0x2000u /* where memory operands lie */
#define RESULT    0x2100u
/* 64-bit address, DS, no index, base RBX; register 2 is RCX. */
#define INFO_MEM (2u << 7 | SEG_DS << 15 | 1u << 22 | 3u << 23 | 1u << 28)
/* Register operand RAX; register 2 is RCX. */
#define INFO_REG (1u << 10 | 1u << 28)

static uint64_t gpr[16];

static struct insn_cpu cpu64(void)
{
    return (struct insn_cpu){
        .gpr = gpr,
        .cr0 = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG,
        .cr4 = X86_CR4_VMXE | X86_CR4_PAE,
        .efer = EFER_LMA | EFER_LME,
        .rflags = X86_EFLAGS_MBS,
        .cs_l = true,
    };
}

static struct insn_outcome run(struct test_l1 *l1, uint32_t reason,
                               uint32_t info)
{
    const struct insn_exit exit = { .reason = reason, .info = info };
    const struct insn_cpu cpu = cpu64();

    return nested_emulate_insn(&l1->nv, &cpu, &exit);
}

static struct insn_outcome run_ptr(struct test_l1 *l1, uint32_t reason,
                                   uint64_t ptr)
{
    memcpy(l1->mem + OPERAND, &ptr, sizeof(ptr));
    gpr[3] = OPERAND;
    return run(l1, reason, INFO_MEM);
}

static void put_revision(struct test_l1 *l1, uint64_t gpa, uint32_t rev)
{
    memcpy(l1->mem + gpa, &rev, sizeof(rev));
}

static struct test_l1 *l1_in_vmx(void)
{
    struct test_l1 *l1 = new_l1();

    put_revision(l1, VMXON_GPA, VMCS12_REVISION);
    put_revision(l1, VMCS_A, VMCS12_REVISION);
    put_revision(l1, VMCS_B, VMCS12_REVISION);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA).result,
                     INSN_SUCCEED);
    return l1;
}

static struct test_l1 *l1_with_vmcs(void)
{
    struct test_l1 *l1 = l1_in_vmx();

    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_A).result,
                     INSN_SUCCEED);
    return l1;
}

static void expect_fault(struct insn_outcome out, uint8_t vector)
{
    assert_int_equal(out.result, INSN_FAULT);
    assert_int_equal(out.fault.vector, vector);
}

static void expect_valid(struct insn_outcome out, uint32_t error)
{
    assert_int_equal(out.result, INSN_FAIL_VALID);
    assert_int_equal(out.error, error);
}

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

static struct insn_outcome vmwrite_reg(struct test_l1 *l1, uint64_t enc,
                                       uint64_t val)
{
    gpr[0] = val;
    gpr[1] = enc;
    return run(l1, EXIT_REASON_VMWRITE, INFO_REG);
}

static uint64_t vmread_reg(struct test_l1 *l1, uint64_t enc)
{
    gpr[0] = 0xdead;
    gpr[1] = enc;
    assert_int_equal(run(l1, EXIT_REASON_VMREAD, INFO_REG).result,
                     INSN_SUCCEED);
    return gpr[0];
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
        cmocka_unit_test(test_wrong_modes),
        cmocka_unit_test(test_outside_vmx_operation),
        cmocka_unit_test(test_other_reasons),
        cmocka_unit_test(test_vmxon_needs),
        cmocka_unit_test(test_vmxon_operand),
        cmocka_unit_test(test_vmxon_twice),
        cmocka_unit_test(test_vmxoff),
        cmocka_unit_test(test_pointer_operands),
        cmocka_unit_test(test_vmptrst),
        cmocka_unit_test(test_life_cycle),
        cmocka_unit_test(test_eviction),
        cmocka_unit_test(test_few_contexts),
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_no_current_vmcs),
        cmocka_unit_test(test_read_write),
        cmocka_unit_test(test_bad_fields),
        cmocka_unit_test(test_read_only_fields),
        cmocka_unit_test(test_32bit_mode),
        cmocka_unit_test(test_stale_groups),
        cmocka_unit_test(test_launch_state),
        cmocka_unit_test(test_vmclear_resets_launch),
        cmocka_unit_test(test_invept),
        cmocka_unit_test(test_invvpid),
        cmocka_unit_test(test_effective_address),
        cmocka_unit_test(test_noncanonical),
        cmocka_unit_test(test_segment_limits),
        cmocka_unit_test(test_rflags),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
