/* SPDX-License-Identifier: MIT */
/* Execution of decoded instructions through callbacks. Pure. */
#include <xen/compiler.h>
#include <asm/emulate.h>
#include <asm/hvm.h>
#include <asm/processor.h>

#define REG_RAX 0
#define REG_RCX 1
#define REG_RSI 6
#define REG_RDI 7

/* Items of a repeated string instruction before interrupts get a look. */
#define STRING_BATCH 256

#define ARITH_FLAGS                                                  \
    (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
     X86_EFLAGS_SF | X86_EFLAGS_OF)

struct machine
{
    const struct insn *i;
    const struct emul_ops *ops;
    void *ctx;
    unsigned int mode;
};

static uint64_t size_mask(unsigned int size)
{
    return size == 8 ? ~0ULL : (1ULL << (size * 8)) - 1;
}

static uint64_t sign_extend(uint64_t val, unsigned int size)
{
    unsigned int shift = 64 - size * 8;

    return (uint64_t)((int64_t)(val << shift) >> shift);
}

/* --- Registers. --- */

static uint64_t get_reg(const struct machine *m, const struct insn_operand *o,
                        unsigned int size)
{
    uint64_t val = m->ops->read_reg(m->ctx, o->reg);

    return (o->high_byte ? val >> 8 : val) & size_mask(size);
}

static void set_reg(const struct machine *m, unsigned int reg, bool high_byte,
                    unsigned int size, uint64_t val)
{
    uint64_t old, mask = size_mask(size);

    /* Writing 32 bits clears the upper half, smaller writes keep it. */
    if ( size >= 4 )
    {
        m->ops->write_reg(m->ctx, reg, val & mask);
        return;
    }
    old = m->ops->read_reg(m->ctx, reg);
    if ( high_byte )
        old = (old & ~0xff00ULL) | ((val & 0xff) << 8);
    else
        old = (old & ~mask) | (val & mask);
    m->ops->write_reg(m->ctx, reg, old);
}

/* --- Addresses. --- */

static uint64_t to_linear(const struct machine *m, unsigned int seg,
                          uint64_t ea)
{
    uint64_t base = 0;

    ea &= size_mask(m->i->addr_size);
    if ( m->mode != 8 || seg == SEG_FS || seg == SEG_GS )
        base = m->ops->segment_base(m->ctx, seg);
    ea += base;
    return m->mode == 8 ? ea : (uint32_t)ea;
}

static uint64_t operand_ea(const struct machine *m)
{
    const struct insn *i = m->i;
    uint64_t ea = i->disp;

    if ( i->base == INSN_REG_RIP )
        ea += m->ops->read_rip(m->ctx) + i->len;
    else if ( i->base != INSN_REG_NONE )
        ea += m->ops->read_reg(m->ctx, i->base);
    if ( i->index != INSN_REG_NONE )
        ea += m->ops->read_reg(m->ctx, i->index) << i->scale;
    return ea;
}

/* --- Flags, SDM "Status Flags". --- */

static uint64_t result_flags(uint64_t r, unsigned int size)
{
    uint64_t f = 0;

    r &= size_mask(size);
    if ( !r )
        f |= X86_EFLAGS_ZF;
    if ( r >> (size * 8 - 1) )
        f |= X86_EFLAGS_SF;
    if ( !(__builtin_popcount(r & 0xff) & 1) )
        f |= X86_EFLAGS_PF;
    return f;
}

static uint64_t add_flags(uint64_t a, uint64_t b, uint64_t carry,
                          unsigned int size, uint64_t *r)
{
    uint64_t mask = size_mask(size), top = 1ULL << (size * 8 - 1), f;

    a &= mask;
    b &= mask;
    *r = (a + b + carry) & mask;
    f = result_flags(*r, size);
    if ( *r < a || (carry && *r == a) )
        f |= X86_EFLAGS_CF;
    if ( (a ^ *r) & (b ^ *r) & top )
        f |= X86_EFLAGS_OF;
    if ( (a ^ b ^ *r) & 0x10 )
        f |= X86_EFLAGS_AF;
    return f;
}

static uint64_t sub_flags(uint64_t a, uint64_t b, uint64_t borrow,
                          unsigned int size, uint64_t *r)
{
    uint64_t mask = size_mask(size), top = 1ULL << (size * 8 - 1), f;

    a &= mask;
    b &= mask;
    *r = (a - b - borrow) & mask;
    f = result_flags(*r, size);
    if ( a < b || (borrow && a == b) )
        f |= X86_EFLAGS_CF;
    if ( (a ^ b) & (a ^ *r) & top )
        f |= X86_EFLAGS_OF;
    if ( (a ^ b ^ *r) & 0x10 )
        f |= X86_EFLAGS_AF;
    return f;
}

/* --- Two operands, one result. --- */

struct alu_result
{
    uint64_t value;
    uint64_t flags; /* new values of the flags in changed */
    uint64_t changed;
    bool write; /* the destination receives value */
};

static void logic(struct alu_result *r, uint64_t value, unsigned int size)
{
    r->value = value & size_mask(size);
    r->flags = result_flags(value, size);
    r->changed = ARITH_FLAGS & ~X86_EFLAGS_AF;
}

static void bit_op(struct alu_result *r, unsigned int op, uint64_t a,
                   unsigned int bit)
{
    uint64_t m = 1ULL << bit;

    r->flags = a & m ? X86_EFLAGS_CF : 0;
    r->changed = X86_EFLAGS_CF;
    r->value = op == INSN_BTS ? a | m : op == INSN_BTR ? a & ~m : a ^ m;
    r->write = op != INSN_BT;
}

static struct alu_result compute(const struct insn *i, uint64_t a, uint64_t b,
                                 uint64_t flags)
{
    struct alu_result r = { .write = true, .changed = ARITH_FLAGS };
    uint64_t carry = flags & X86_EFLAGS_CF ? 1 : 0;
    unsigned int size = i->op_size;

    switch ( i->op )
    {
    case INSN_ADD:
        r.flags = add_flags(a, b, 0, size, &r.value);
        break;
    case INSN_ADC:
        r.flags = add_flags(a, b, carry, size, &r.value);
        break;
    case INSN_CMP:
        r.write = false;
        fallthrough;
    case INSN_SUB:
        r.flags = sub_flags(a, b, 0, size, &r.value);
        break;
    case INSN_SBB:
        r.flags = sub_flags(a, b, carry, size, &r.value);
        break;
    case INSN_INC:
        r.flags = add_flags(a, 1, 0, size, &r.value);
        r.changed &= ~X86_EFLAGS_CF;
        break;
    case INSN_DEC:
        r.flags = sub_flags(a, 1, 0, size, &r.value);
        r.changed &= ~X86_EFLAGS_CF;
        break;
    case INSN_NEG:
        r.flags = sub_flags(0, a, 0, size, &r.value);
        break;
    case INSN_NOT:
        r.value = ~a & size_mask(size);
        r.changed = 0;
        break;
    case INSN_TEST:
        logic(&r, a & b, size);
        r.write = false;
        break;
    case INSN_AND:
        logic(&r, a & b, size);
        break;
    case INSN_OR:
        logic(&r, a | b, size);
        break;
    case INSN_XOR:
        logic(&r, a ^ b, size);
        break;
    case INSN_MOVSX:
        b = sign_extend(b, i->src_size);
        fallthrough;
    default: /* MOV, MOVZX, XCHG */
        r.value = b & size_mask(size);
        r.changed = 0;
        break;
    }
    return r;
}

static bool is_bit_test(unsigned int op)
{
    return op >= INSN_BT && op <= INSN_BTC;
}

/* Does the instruction use the old value of its destination? */
static bool reads_dst(unsigned int op)
{
    return op != INSN_MOV && op != INSN_MOVZX && op != INSN_MOVSX;
}

static int execute_two_operand(const struct machine *m)
{
    const struct insn *i = m->i;
    uint64_t ea = operand_ea(m), linear, a = 0, b = i->imm, flags;
    struct alu_result r;
    int rc;

    if ( i->src.kind == OPND_REG )
        b = get_reg(m, &i->src, i->src_size);
    /* A bit number in a register reaches beyond the operand. */
    if ( is_bit_test(i->op) && i->src.kind == OPND_REG )
        ea += (int64_t)sign_extend(b, i->op_size) >> 3 &
              ~(int64_t)(i->op_size - 1);

    linear = to_linear(m, i->segment, ea);
    if ( i->src.kind == OPND_MEM )
    {
        b = 0;
        rc = m->ops->read_mem(m->ctx, linear, &b, i->src_size);
        if ( rc )
            return rc;
        if ( reads_dst(i->op) )
            a = get_reg(m, &i->dst, i->op_size);
    }
    else if ( reads_dst(i->op) )
    {
        rc = m->ops->read_mem(m->ctx, linear, &a, i->op_size);
        if ( rc )
            return rc;
    }

    flags = m->ops->read_flags(m->ctx);
    if ( is_bit_test(i->op) )
    {
        r = (struct alu_result){ 0 };
        bit_op(&r, i->op, a, b & (i->op_size * 8 - 1));
    }
    else
        r = compute(i, a, b, flags);

    if ( r.write && i->dst.kind == OPND_MEM )
    {
        rc = m->ops->write_mem(m->ctx, linear, &r.value, i->op_size);
        if ( rc )
            return rc;
    }
    else if ( r.write )
        set_reg(m, i->dst.reg, i->dst.high_byte, i->op_size, r.value);
    if ( i->op == INSN_XCHG )
        set_reg(m, i->src.reg, i->src.high_byte, i->op_size, a);
    if ( r.changed )
        m->ops->write_flags(m->ctx,
                            (flags & ~r.changed) | (r.flags & r.changed));
    return EMUL_OK;
}

/* --- String instructions. --- */

static void advance(const struct machine *m, unsigned int reg, int64_t step)
{
    set_reg(m, reg, false, m->i->addr_size,
            m->ops->read_reg(m->ctx, reg) + step);
}

static int string_item(const struct machine *m, int64_t step)
{
    const struct insn *i = m->i;
    bool has_src = i->op != INSN_STOS, has_dst = i->op != INSN_LODS;
    uint64_t val = m->ops->read_reg(m->ctx, REG_RAX);
    int rc;

    if ( has_src )
    {
        val = 0;
        rc = m->ops->read_mem(
            m->ctx, to_linear(m, i->segment, m->ops->read_reg(m->ctx, REG_RSI)),
            &val, i->op_size);
        if ( rc )
            return rc;
    }
    if ( has_dst )
    {
        rc = m->ops->write_mem(
            m->ctx, to_linear(m, SEG_ES, m->ops->read_reg(m->ctx, REG_RDI)),
            &val, i->op_size);
        if ( rc )
            return rc;
        advance(m, REG_RDI, step);
    }
    else
        set_reg(m, REG_RAX, false, i->op_size, val);
    if ( has_src )
        advance(m, REG_RSI, step);
    return EMUL_OK;
}

static int execute_string(const struct machine *m)
{
    const struct insn *i = m->i;
    bool repeat = i->rep || i->repne;
    int64_t step = m->ops->read_flags(m->ctx) & X86_EFLAGS_DF
                       ? -(int64_t)i->op_size
                       : i->op_size;

    if ( !repeat )
        return string_item(m, step);

    for ( unsigned int n = 0; n < STRING_BATCH; n++ )
    {
        uint64_t left =
            m->ops->read_reg(m->ctx, REG_RCX) & size_mask(i->addr_size);
        int rc;

        if ( !left )
            return EMUL_OK;
        rc = string_item(m, step);
        if ( rc )
            return rc;
        set_reg(m, REG_RCX, false, i->addr_size, left - 1);
        if ( left == 1 )
            return EMUL_OK;
    }
    return EMUL_RETRY;
}

int insn_execute(const struct insn *i, unsigned int mode,
                 const struct emul_ops *ops, void *ctx)
{
    struct machine m = { i, ops, ctx, mode };

    switch ( i->op )
    {
    case INSN_STOS:
    case INSN_MOVS:
    case INSN_LODS:
        return execute_string(&m);
    default:
        return execute_two_operand(&m);
    }
}
