/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/route.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested.c */
/* Who gets an exit of L2. */
#include "nested-test.h"
#include "../../../../xen/nested/route.h"

#define BITMAP_A 0x4000u
#define BITMAP_B 0x5000u
#define MSRS     0x6000u

static uint64_t gpr[16];

struct l2
{
    struct test_l1 *l1;
    struct vmcs12 v;
};

static struct l2 new_l2(void)
{
    struct l2 l2 = { .l1 = new_l1() };

    good_vmcs12(&l2.v);
    l2.v.proc_ctrl &= ~PROC_HLT;
    l2.v.io_bitmap_a = BITMAP_A;
    l2.v.io_bitmap_b = BITMAP_B;
    l2.v.msr_bitmap = MSRS;
    return l2;
}

static bool wants(struct l2 *l2, const struct l2_exit *e)
{
    const struct route_cpu cpu = { .gpr = gpr, .env = &l1_env, .priv = l2->l1 };

    return l1_wants_exit(e, &l2->v, &cpu);
}

static bool wants_reason(struct l2 *l2, uint32_t reason)
{
    const struct l2_exit e = { .reason = reason };

    return wants(l2, &e);
}

static bool l0_wants(uint32_t reason, uint32_t intr_info)
{
    const struct l2_exit e = { .reason = reason, .intr_info = intr_info };
    const struct route_cpu cpu = { .gpr = gpr };

    return l0_wants_exit(&e, &cpu);
}

/* VMREAD of the field in RCX; L1 says by its bitmaps which of them exit. */
static bool wants_field(struct l2 *l2, uint32_t reason, uint64_t enc,
                        bool l2_64bit)
{
    const struct l2_exit e = { .reason = reason, .insn_info = 1u << 28 };
    const struct route_cpu cpu = {
        .gpr = gpr, .env = &l1_env, .priv = l2->l1, .l2_64bit = l2_64bit
    };

    gpr[1] = enc;
    return l1_wants_exit(&e, &l2->v, &cpu);
}

static void test_shadow_vmcs(void **state)
{
    struct l2 l2 = new_l2();

    l2.v.vmread_bitmap = 0x7000;
    l2.v.vmwrite_bitmap = 0x8000;
    assert_true(wants_field(&l2, EXIT_REASON_VMREAD, 0x681e, true));
    l2.v.proc2_ctrl |= PROC2_SHADOW_VMCS;
    assert_false(wants_field(&l2, EXIT_REASON_VMREAD, 0x681e, true));
    assert_false(wants_field(&l2, EXIT_REASON_VMWRITE, 0x681e, true));
    l2.l1->mem[0x7000 + 0x681e / 8] |= 1 << 0x681e % 8;
    assert_true(wants_field(&l2, EXIT_REASON_VMREAD, 0x681e, true));
    assert_false(wants_field(&l2, EXIT_REASON_VMWRITE, 0x681e, true));
    /* Encodings without a bit exit; 32-bit code has no upper half. */
    assert_true(wants_field(&l2, EXIT_REASON_VMREAD, 0x8000, true));
    assert_true(wants_field(&l2, EXIT_REASON_VMREAD, 1ULL << 32, true));
    assert_false(wants_field(&l2, EXIT_REASON_VMREAD, 1ULL << 32, false));
    /* Where L1 has no bitmap the processor reads ones. */
    l2.v.vmread_bitmap = L1_MEMORY;
    assert_true(wants_field(&l2, EXIT_REASON_VMREAD, 0x6820, true));
    free_l1(l2.l1);
}

/* With virtual-interrupt delivery the threshold is L0's own. */
static void test_tpr_below(void **state)
{
    struct l2 l2 = new_l2();

    assert_false(wants_reason(&l2, EXIT_REASON_TPR_BELOW));
    l2.v.proc_ctrl |= PROC_TPR_SHADOW;
    assert_true(wants_reason(&l2, EXIT_REASON_TPR_BELOW));
    l2.v.proc2_ctrl |= PROC2_VINTR;
    assert_false(wants_reason(&l2, EXIT_REASON_TPR_BELOW));
    free_l1(l2.l1);
}

static void test_l0(void **state)
{
    assert_true(l0_wants(EXIT_REASON_EXT_INTR, 0));
    assert_true(l0_wants(EXIT_REASON_EPT_VIOLATION, 0));
    assert_true(l0_wants(EXIT_REASON_EPT_MISCONFIG, 0));
    assert_true(l0_wants(EXIT_REASON_PREEMPT_TIMER, 0));
    assert_true(l0_wants(EXIT_REASON_EXCEPTION_NMI, 0x80000202));
    assert_true(l0_wants(EXIT_REASON_EXCEPTION_NMI, 0x80000300 | X86_EXC_MC));
    assert_false(l0_wants(EXIT_REASON_EXCEPTION_NMI, 0x80000300 | X86_EXC_PF));
    assert_false(l0_wants(EXIT_REASON_CPUID, 0));
    assert_false(l0_wants(EXIT_REASON_APIC_ACCESS, 0));
}

/* Exits that need no control, and those L1 has no means to ask for. */
static void test_unconditional(void **state)
{
    static const uint32_t always[] = {
        EXIT_REASON_TRIPLE_FAULT, EXIT_REASON_TASK_SWITCH, EXIT_REASON_CPUID,
        EXIT_REASON_INVD,         EXIT_REASON_VMCALL,      EXIT_REASON_VMXON,
        EXIT_REASON_VMREAD,       EXIT_REASON_XSETBV,      EXIT_REASON_INVEPT,
    };
    static const uint32_t never[] = { EXIT_REASON_PCONFIG,
                                      EXIT_REASON_ENCLS,
                                      EXIT_REASON_COUNT,
                                      0xffff,
                                      35,
                                      38 };
    struct l2 l2 = new_l2();

    for ( unsigned int i = 0; i < ARRAY_SIZE(always); i++ )
        assert_true(wants_reason(&l2, always[i]));
    for ( unsigned int i = 0; i < ARRAY_SIZE(never); i++ )
        assert_false(wants_reason(&l2, never[i]));
    free_l1(l2.l1);
}

static void test_by_control(void **state)
{
    static const struct
    {
        uint32_t reason, proc, proc2;
    } rows[] = {
        { EXIT_REASON_HLT, PROC_HLT, 0 },
        { EXIT_REASON_INVLPG, PROC_INVLPG, 0 },
        { EXIT_REASON_RDPMC, PROC_RDPMC, 0 },
        { EXIT_REASON_RDTSC, PROC_RDTSC, 0 },
        { EXIT_REASON_RDTSCP, PROC_RDTSC, 0 },
        { EXIT_REASON_MWAIT, PROC_MWAIT, 0 },
        { EXIT_REASON_MONITOR, PROC_MONITOR, 0 },
        { EXIT_REASON_DR_ACCESS, PROC_MOV_DR, 0 },
        { EXIT_REASON_INTR_WINDOW, PROC_INTR_WINDOW, 0 },
        { EXIT_REASON_NMI_WINDOW, PROC_NMI_WINDOW, 0 },
        { EXIT_REASON_MTF, PROC_MTF, 0 },
        { EXIT_REASON_PAUSE, PROC_PAUSE, 0 },
        { EXIT_REASON_PAUSE, 0, PROC2_PLE },
        { EXIT_REASON_TPR_BELOW, PROC_TPR_SHADOW, 0 },
        { EXIT_REASON_APIC_ACCESS, 0, PROC2_APIC_ACCESS },
        { EXIT_REASON_GDTR_IDTR, 0, PROC2_DESC_TABLE },
        { EXIT_REASON_LDTR_TR, 0, PROC2_DESC_TABLE },
        { EXIT_REASON_WBINVD, 0, PROC2_WBINVD },
        { EXIT_REASON_RDRAND, 0, PROC2_RDRAND },
        { EXIT_REASON_RDSEED, 0, PROC2_RDSEED },
        { EXIT_REASON_INVPCID, PROC_INVLPG, PROC2_INVPCID },
    };
    struct l2 l2 = new_l2();

    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        l2.v.proc_ctrl = PROC_SECONDARY;
        l2.v.proc2_ctrl = 0;
        assert_false(wants_reason(&l2, rows[i].reason));
        l2.v.proc_ctrl |= rows[i].proc;
        l2.v.proc2_ctrl |= rows[i].proc2;
        assert_true(wants_reason(&l2, rows[i].reason));
        /* Secondary controls count only when they are activated. */
        l2.v.proc_ctrl &= ~PROC_SECONDARY;
        assert_int_equal(wants_reason(&l2, rows[i].reason), !rows[i].proc2);
    }
    free_l1(l2.l1);
}

static void test_exceptions(void **state)
{
    struct l2 l2 = new_l2();
    struct l2_exit e = { .reason = EXIT_REASON_EXCEPTION_NMI,
                         .intr_info = 0x80000300 | X86_EXC_GP };

    assert_false(wants(&l2, &e));
    l2.v.exception_bitmap = 1u << X86_EXC_GP;
    assert_true(wants(&l2, &e));

    /* Page faults: the bit's sense turns where the error code differs. */
    e.intr_info = 0x80000b00 | X86_EXC_PF;
    l2.v.pf_error_mask = 5;
    l2.v.pf_error_match = 1;
    for ( unsigned int ec = 0; ec < 32; ec++ )
    {
        bool match = (ec & 5) == 1;

        e.intr_error_code = ec;
        l2.v.exception_bitmap = 1u << X86_EXC_PF;
        assert_int_equal(wants(&l2, &e), match);
        l2.v.exception_bitmap = 0;
        assert_int_equal(wants(&l2, &e), !match);
    }
    free_l1(l2.l1);
}

static bool wants_io(struct l2 *l2, uint16_t port, unsigned int size)
{
    const struct l2_exit e = { .reason = EXIT_REASON_IO,
                               .qual = (uint64_t)port << 16 | (size - 1) };

    return wants(l2, &e);
}

static void test_ports(void **state)
{
    struct l2 l2 = new_l2();

    assert_false(wants_io(&l2, 0x3f8, 1));
    l2.v.proc_ctrl |= PROC_UNCOND_IO;
    assert_true(wants_io(&l2, 0x3f8, 1));
    /* With bitmaps the other control does not count. */
    l2.v.proc_ctrl |= PROC_IO_BITMAPS;
    assert_false(wants_io(&l2, 0x3f8, 1));
    l2.l1->mem[BITMAP_A + 0x3f8 / 8] = 1;
    assert_true(wants_io(&l2, 0x3f8, 1));
    assert_false(wants_io(&l2, 0x3f7, 1));
    assert_true(wants_io(&l2, 0x3f7, 2));
    assert_true(wants_io(&l2, 0x3f5, 4));
    assert_false(wants_io(&l2, 0x3f9, 4));
    /* From one bitmap into the other, and around the end. */
    l2.l1->mem[BITMAP_B] = 1;
    assert_true(wants_io(&l2, 0x7fff, 2));
    assert_false(wants_io(&l2, 0x7fff, 1));
    assert_true(wants_io(&l2, 0xffff, 2));
    assert_false(wants_io(&l2, 0xffff, 1));
    /* No memory there: all ones. */
    l2.v.io_bitmap_a = L1_MEMORY;
    assert_true(wants_io(&l2, 0x10, 1));
    free_l1(l2.l1);
}

static bool wants_msr(struct l2 *l2, uint32_t msr, bool write)
{
    gpr[1] = msr | 0xdeadULL << 32; /* RCX's upper half is ignored */
    return wants_reason(l2, write ? EXIT_REASON_WRMSR : EXIT_REASON_RDMSR);
}

static void test_msrs(void **state)
{
    struct l2 l2 = new_l2();

    assert_true(wants_msr(&l2, 0x10, false));
    l2.v.proc_ctrl |= PROC_MSR_BITMAPS;
    assert_false(wants_msr(&l2, 0x10, false));
    l2.l1->mem[MSRS + 0x10 / 8] = 1;
    assert_true(wants_msr(&l2, 0x10, false));
    assert_false(wants_msr(&l2, 0x10, true));
    l2.l1->mem[MSRS + 0xc00 + 0x80 / 8] = 1;
    assert_true(wants_msr(&l2, 0xc0000080, true));
    assert_false(wants_msr(&l2, 0xc0000080, false));
    l2.l1->mem[MSRS + 0x3ff] = 0x80;
    assert_true(wants_msr(&l2, 0x1fff, false));
    /* Outside both ranges. */
    assert_true(wants_msr(&l2, 0x2000, false));
    assert_true(wants_msr(&l2, 0xc0002000, true));
    assert_true(wants_msr(&l2, 0x40000000, true));
    free_l1(l2.l1);
}

static bool wants_cr(struct l2 *l2, unsigned int type, unsigned int cr,
                     uint64_t val)
{
    struct l2_exit e = { .reason = EXIT_REASON_CR_ACCESS,
                         .qual = cr | type << 4 | 2u << 8 };

    if ( type == CR_QUAL_TYPE_LMSW )
        e.qual |= val << 16;
    gpr[2] = val;
    return wants(l2, &e);
}

static void test_control_registers(void **state)
{
    struct l2 l2 = new_l2();

    l2.v.cr0_mask = X86_CR0_TS | X86_CR0_CD | X86_CR0_PE;
    l2.v.cr0_read_shadow = X86_CR0_TS;
    assert_false(
        wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 0, X86_CR0_TS | X86_CR0_WP));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 0, X86_CR0_WP));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_CLTS, 0, 0));
    /* LMSW: nothing above bit 3, and PE only upwards. */
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_LMSW, 0, X86_CR0_TS));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_LMSW, 0, 0));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_LMSW, 0, X86_CR0_TS | X86_CR0_PE));
    l2.v.cr0_read_shadow |= X86_CR0_PE;
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_LMSW, 0, X86_CR0_TS));
    l2.v.cr0_read_shadow = 0;
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_CLTS, 0, 0));

    l2.v.cr4_mask = X86_CR4_VMXE;
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 4, X86_CR4_PAE));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 4, X86_CR4_VMXE));

    assert_false(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 3, 0x1000));
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_MOV_FROM, 3, 0));
    l2.v.proc_ctrl |= PROC_CR3_LOAD | PROC_CR3_STORE;
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 3, 0x1000));
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_FROM, 3, 0));
    l2.v.cr3_target1 = 0x1000;
    l2.v.cr3_target_count = 1;
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 3, 0x1000));
    l2.v.cr3_target_count = 2;
    assert_false(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 3, 0x1000));

    assert_false(wants_cr(&l2, CR_QUAL_TYPE_MOV_TO, 8, 1));
    l2.v.proc_ctrl |= PROC_CR8_STORE;
    assert_true(wants_cr(&l2, CR_QUAL_TYPE_MOV_FROM, 8, 1));
    free_l1(l2.l1);
}

static void test_xsaves(void **state)
{
    struct l2 l2 = new_l2();

    l2.v.proc2_ctrl |= PROC2_XSAVES;
    l2.v.xss_exit_bitmap = 0x100000100ULL;
    gpr[0] = 0xff;
    gpr[2] = 0;
    assert_false(wants_reason(&l2, EXIT_REASON_XSAVES));
    gpr[0] = 0x100;
    assert_true(wants_reason(&l2, EXIT_REASON_XSAVES));
    gpr[0] = 0;
    gpr[2] = 1;
    assert_true(wants_reason(&l2, EXIT_REASON_XRSTORS));
    free_l1(l2.l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_l0),
        cmocka_unit_test(test_shadow_vmcs),
        cmocka_unit_test(test_tpr_below),
        cmocka_unit_test(test_unconditional),
        cmocka_unit_test(test_by_control),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_ports),
        cmocka_unit_test(test_msrs),
        cmocka_unit_test(test_control_registers),
        cmocka_unit_test(test_xsaves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
