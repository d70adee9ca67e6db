/* SPDX-License-Identifier: MIT */
/* Decoding and execution of instructions that touch emulated memory. */
#pragma once

#include <xen/types.h>

#define INSN_MAX_LEN 15

/* What the instruction does, after decoding away the encodings. */
enum insn_op
{
    INSN_MOV,
    INSN_MOVZX,
    INSN_MOVSX,
    INSN_STOS,
    INSN_MOVS,
    INSN_LODS,
    INSN_ADD,
    INSN_OR,
    INSN_ADC,
    INSN_SBB,
    INSN_AND,
    INSN_SUB,
    INSN_XOR,
    INSN_CMP,
    INSN_TEST,
    INSN_XCHG,
    INSN_NOT,
    INSN_NEG,
    INSN_INC,
    INSN_DEC,
    INSN_BT,
    INSN_BTS,
    INSN_BTR,
    INSN_BTC,
};

enum insn_operand_kind
{
    OPND_NONE,
    OPND_REG, /* reg; high_byte for AH..BH */
    OPND_MEM,
    OPND_IMM,
};

struct insn_operand
{
    uint8_t kind;
    uint8_t reg;
    bool high_byte;
};

#define INSN_REG_NONE 0xff
#define INSN_REG_RIP  0xfe

struct insn
{
    uint8_t op;        /* enum insn_op */
    uint8_t len;       /* bytes, prefixes included */
    uint8_t op_size;   /* of the destination: 1, 2, 4, 8 */
    uint8_t src_size;  /* of the source, differs for MOVZX/MOVSX */
    uint8_t addr_size; /* 2, 4, 8 */
    bool rep, repne, lock;
    uint8_t segment;     /* SEG_* of the memory operand */
    uint8_t base, index; /* registers or INSN_REG_NONE */
    uint8_t scale;       /* shift */
    int64_t disp;
    uint64_t imm; /* sign-extended as the instruction does */
    struct insn_operand dst, src;
};

/* mode: bytes of the code segment's default operand size, 2, 4 or 8. */
int insn_decode(const uint8_t *bytes, size_t n, unsigned int mode,
                struct insn *out);

#define EMUL_OK        0
#define EMUL_EXCEPTION 1 /* a callback injected one; do not advance */
#define EMUL_RETRY     2 /* string operation not finished; do not advance */
#define EMUL_UNHANDLED 3

/* Where execution gets its state from. All memory calls return EMUL_*. */
struct emul_ops
{
    uint64_t (*read_reg)(void *ctx, unsigned int reg);
    void (*write_reg)(void *ctx, unsigned int reg, uint64_t val);
    uint64_t (*read_flags)(void *ctx);
    void (*write_flags)(void *ctx, uint64_t flags);
    uint64_t (*segment_base)(void *ctx, unsigned int seg);
    uint64_t (*read_rip)(void *ctx);
    int (*read_mem)(void *ctx, uint64_t linear, void *buf, unsigned int n);
    int (*write_mem)(void *ctx, uint64_t linear, const void *buf,
                     unsigned int n);
};

/*
 * Execute. On EMUL_EXCEPTION nothing has changed, except that the items of a
 * string instruction before the failing one are done. RIP is the caller's.
 * mode as for insn_decode().
 */
int insn_execute(const struct insn *i, unsigned int mode,
                 const struct emul_ops *ops, void *ctx);

struct vcpu;

/* A page of which accesses go to functions: EMUL_*, offsets in the page. */
struct emul_page
{
    paddr_t gpa;
    int (*read)(struct vcpu *v, unsigned int offset, void *buf, unsigned int n);
    int (*write)(struct vcpu *v, unsigned int offset, const void *buf,
                 unsigned int n);
};

/* What is known of the access that is emulated. */
enum emul_where
{
    EMUL_ANYWHERE, /* nothing */
    EMUL_AT_GLA,   /* its linear address, and what that translated to */
    EMUL_OPERAND,  /* the exact address of a device's that an operand has */
};

/*
 * The instruction at CS:RIP of the current vCPU touched gpa, where no memory
 * is, or page (may be NULL). Carries it out and advances RIP
 * (EMUL_OK), injects (EMUL_EXCEPTION), or has done nothing (EMUL_UNHANDLED:
 * not one of the instructions that are known, or a function said so).
 */
int hvm_emulate_access(struct vcpu *v, paddr_t gpa, uint64_t gla,
                       enum emul_where where, const struct emul_page *page);

/*
 * The same for a guest's own device memory, ending the domain where nothing
 * can be done.
 */
void hvm_emulate_mmio(struct vcpu *v, paddr_t gpa, uint64_t gla,
                      enum emul_where where);
