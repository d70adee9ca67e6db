/* SPDX-License-Identifier: MIT */
/* What the tests of VMX instructions share: an L1 that executes one. */
#pragma once

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

static inline struct insn_cpu cpu64(void)
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

static inline struct insn_outcome run(struct test_l1 *l1, uint32_t reason,
                                      uint32_t info)
{
    const struct insn_exit exit = { .reason = reason, .info = info };
    const struct insn_cpu cpu = cpu64();

    return nested_emulate_insn(&l1->nv, &cpu, &exit);
}

static inline struct insn_outcome run_ptr(struct test_l1 *l1, uint32_t reason,
                                          uint64_t ptr)
{
    memcpy(l1->mem + OPERAND, &ptr, sizeof(ptr));
    gpr[3] = OPERAND;
    return run(l1, reason, INFO_MEM);
}

static inline void put_revision(struct test_l1 *l1, uint64_t gpa, uint32_t rev)
{
    memcpy(l1->mem + gpa, &rev, sizeof(rev));
}

static inline struct test_l1 *l1_in_vmx(void)
{
    struct test_l1 *l1 = new_l1();

    put_revision(l1, VMXON_GPA, VMCS12_REVISION);
    put_revision(l1, VMCS_A, VMCS12_REVISION);
    put_revision(l1, VMCS_B, VMCS12_REVISION);
    assert_int_equal(run_ptr(l1, EXIT_REASON_VMXON, VMXON_GPA).result,
                     INSN_SUCCEED);
    return l1;
}

static inline struct test_l1 *l1_with_vmcs(void)
{
    struct test_l1 *l1 = l1_in_vmx();

    assert_int_equal(run_ptr(l1, EXIT_REASON_VMPTRLD, VMCS_A).result,
                     INSN_SUCCEED);
    return l1;
}

static inline void expect_fault(struct insn_outcome out, uint8_t vector)
{
    assert_int_equal(out.result, INSN_FAULT);
    assert_int_equal(out.fault.vector, vector);
}

static inline void expect_valid(struct insn_outcome out, uint32_t error)
{
    assert_int_equal(out.result, INSN_FAIL_VALID);
    assert_int_equal(out.error, error);
}

static inline struct insn_outcome vmwrite_reg(struct test_l1 *l1, uint64_t enc,
                                              uint64_t val)
{
    gpr[0] = val;
    gpr[1] = enc;
    return run(l1, EXIT_REASON_VMWRITE, INFO_REG);
}

static inline uint64_t vmread_reg(struct test_l1 *l1, uint64_t enc)
{
    gpr[0] = 0xdead;
    gpr[1] = enc;
    assert_int_equal(run(l1, EXIT_REASON_VMREAD, INFO_REG).result,
                     INSN_SUCCEED);
    return gpr[0];
}
