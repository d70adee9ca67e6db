/* SPDX-License-Identifier: MIT */
/* VMX instructions as L1 executes them: operands, outcomes, one function each.
 */
#pragma once

#include "nested.h"

/* L1's registers as far as the instructions look at them. */
struct insn_cpu
{
    uint64_t *gpr; /* 16, in encoding order; rsp is up to date */
    uint64_t cr0, cr4, efer, rflags;
    uint8_t cpl;
    bool cs_l;
    bool mov_ss; /* interruptibility: blocking by MOV SS */
};

/* The exit that brought the instruction here. */
struct insn_exit
{
    uint32_t reason; /* basic */
    uint32_t info;   /* SDM "Information for VM Exits Due to Instruction ..." */
    uint64_t qual;   /* displacement of a memory operand */
};

enum insn_result
{
    INSN_SUCCEED,      /* VMsucceed */
    INSN_FAIL_INVALID, /* VMfailInvalid */
    INSN_FAIL_VALID,   /* VMfailValid, error number in .error */
    INSN_FAULT,        /* exception in .fault; RIP stays */
    INSN_ENTER,        /* VMLAUNCH or VMRESUME may go on to the checks */
    INSN_CRASH,        /* L0 is out of memory for this domain's nesting */
};

struct insn_outcome
{
    enum insn_result result;
    uint32_t error;
    struct nested_fault fault;
};

static inline struct insn_outcome insn_succeed(void)
{
    return (struct insn_outcome){ .result = INSN_SUCCEED };
}

static inline struct insn_outcome insn_fault(uint8_t vector, bool has_error,
                                             uint32_t error)
{
    return (struct insn_outcome){
        .result = INSN_FAULT,
        .fault = { .vector = vector, .has_error = has_error, .error = error },
    };
}

/*
 * VMfail(): VMfailValid with this number if there is a current VMCS, which
 * gets the number, else VMfailInvalid.
 */
struct insn_outcome insn_fail(struct nested_vcpu *nv, uint32_t error);

/* RFLAGS after an outcome other than a fault: SDM "Conventions". */
uint64_t insn_rflags(uint64_t rflags, const struct insn_outcome *out);

/*
 * Carry out the VMX instruction of L1 that exited.
 * Registers written: cpu->gpr. RIP and RFLAGS are up to the caller.
 */
struct insn_outcome nested_emulate_insn(struct nested_vcpu *nv,
                                        const struct insn_cpu *cpu,
                                        const struct insn_exit *exit);

typedef struct insn_outcome insn_handler_t(struct nested_vcpu *nv,
                                           const struct insn_cpu *cpu,
                                           const struct insn_exit *exit);
insn_handler_t insn_vmxon, insn_vmxoff, insn_vmclear, insn_vmptrld,
    insn_vmptrst, insn_vmread, insn_vmwrite, insn_vmlaunch, insn_vmresume,
    insn_invept, insn_invvpid;
/* VMREAD or VMWRITE of an L2 that L1 lets reach its shadow VMCS. */
insn_handler_t insn_shadow_access;

/* Write a field, which there is, of an active vmcs12; its group is not stale.
 */
void nested_ctx_write(struct nested_vcpu *nv, struct nested_ctx *ctx,
                      uint32_t enc, uint64_t val);

/* --- Operands, insn-decode.c --- */
bool insn_is_64bit(const struct insn_cpu *cpu);
static inline bool insn_operand_is_reg(const struct insn_exit *exit)
{
    return exit->info & (1u << 10);
}
unsigned int insn_reg1(const struct insn_exit *exit);
unsigned int insn_reg2(const struct insn_exit *exit);
/*
 * Linear address of the memory operand of len bytes; false with the fault
 * that the segment's checks or a non-canonical address raise.
 */
bool insn_mem_linear(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                     const struct insn_exit *exit, unsigned int len, bool write,
                     uint64_t *la, struct nested_fault *fault);
/* The same and the access; false with the fault. */
bool insn_read_mem(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                   const struct insn_exit *exit, void *buf, unsigned int len,
                   struct nested_fault *fault);
bool insn_write_mem(const struct nested_vcpu *nv, const struct insn_cpu *cpu,
                    const struct insn_exit *exit, const void *buf,
                    unsigned int len, struct nested_fault *fault);
