/* SPDX-License-Identifier: MIT */
/* Decoding of instructions with a memory operand. Pure. */

/*
 * Covers what compilers and kernels use on device memory: MOV in all forms,
 * MOVZX/MOVSX, the eight two-operand arithmetic instructions, TEST, XCHG,
 * NOT, NEG, INC, DEC, the bit tests, and MOVS, STOS and LODS. Register-only
 * forms are refused: they cannot have caused the access.
 */
#include <xen/compiler.h>
#include <xen/errno.h>
#include <asm/emulate.h>
#include <asm/hvm.h>

#define REX_W       0x8
#define REX_R       0x4
#define REX_X       0x2
#define REX_B       0x1

#define REG_RSP     4
#define REG_RBP     5
#define REG_RSI     6
#define REG_RDI     7
#define REG_RBX     3
#define REG_RAX     0

#define OP_TWO_BYTE 0x100 /* opcodes behind 0x0f */

/* How the operands of an opcode are encoded. */
enum form
{
    FORM_NONE,   /* not ours */
    FORM_E_G,    /* memory, register */
    FORM_G_E,    /* register, memory */
    FORM_E_IMM,  /* memory, immediate of operand size */
    FORM_E_IMM8, /* memory, sign-extended byte */
    FORM_E,      /* memory alone */
    FORM_A_O,    /* accumulator, offset */
    FORM_O_A,    /* offset, accumulator */
    FORM_STRING,
};

struct opcode
{
    uint8_t op;
    uint8_t form;
    uint8_t src_size; /* 0: that of the destination */
};

struct cursor
{
    const uint8_t *p;
    size_t n, pos;
    bool short_of_bytes;
};

static uint8_t next8(struct cursor *c)
{
    if ( c->pos >= c->n || c->pos >= INSN_MAX_LEN )
    {
        c->short_of_bytes = true;
        return 0;
    }
    return c->p[c->pos++];
}

/* A little-endian number of 1, 2, 4 or 8 bytes, sign-extended. */
static int64_t next_signed(struct cursor *c, unsigned int bytes)
{
    uint64_t v = 0;

    for ( unsigned int i = 0; i < bytes; i++ )
        v |= (uint64_t)next8(c) << (i * 8);
    switch ( bytes )
    {
    case 1:
        return (int8_t)v;
    case 2:
        return (int16_t)v;
    case 4:
        return (int32_t)v;
    default:
        return v;
    }
}

struct prefixes
{
    bool opsize, addrsize;
    uint8_t rex;
    uint8_t segment; /* INSN_REG_NONE: none given */
};

static uint8_t read_prefixes(struct cursor *c, unsigned int mode,
                             struct prefixes *px, struct insn *i)
{
    px->segment = INSN_REG_NONE;
    for ( ;; )
    {
        uint8_t b = next8(c);

        if ( c->short_of_bytes )
            return 0;
        switch ( b )
        {
        case 0x66:
            px->opsize = true;
            break;
        case 0x67:
            px->addrsize = true;
            break;
        case 0xf0:
            i->lock = true;
            break;
        case 0xf2:
            i->repne = true;
            i->rep = false;
            break;
        case 0xf3:
            i->rep = true;
            i->repne = false;
            break;
        case 0x26:
            px->segment = SEG_ES;
            break;
        case 0x2e:
            px->segment = SEG_CS;
            break;
        case 0x36:
            px->segment = SEG_SS;
            break;
        case 0x3e:
            px->segment = SEG_DS;
            break;
        case 0x64:
            px->segment = SEG_FS;
            break;
        case 0x65:
            px->segment = SEG_GS;
            break;
        default:
            if ( mode == 8 && (b & 0xf0) == 0x40 )
            {
                /* Counts only right before the opcode. */
                px->rex = b;
                b = next8(c);
                if ( (b & 0xf0) == 0x40 || b == 0x66 || b == 0x67 ||
                     b == 0xf0 || b == 0xf2 || b == 0xf3 || b == 0x26 ||
                     b == 0x2e || b == 0x36 || b == 0x3e || b == 0x64 ||
                     b == 0x65 )
                {
                    px->rex = 0;
                    c->pos--;
                    continue;
                }
            }
            return b;
        }
    }
}

/* SDM "16-Bit Addressing Forms with the ModR/M Byte" */
static void address16(struct insn *i, uint8_t mod, uint8_t rm, struct cursor *c)
{
    static const uint8_t base[] = { REG_RBX, REG_RBX, REG_RBP, REG_RBP,
                                    REG_RSI, REG_RDI, REG_RBP, REG_RBX };
    static const uint8_t index[] = { REG_RSI, REG_RDI, REG_RSI, REG_RDI };

    if ( mod == 0 && rm == 6 )
    {
        i->disp = next_signed(c, 2);
        return;
    }
    i->base = base[rm];
    if ( rm < 4 )
        i->index = index[rm];
    if ( mod )
        i->disp = next_signed(c, mod == 1 ? 1 : 2);
}

/* SDM "32-Bit Addressing Forms with the ModR/M Byte" and "... SIB Byte" */
static void address32(struct insn *i, unsigned int mode, uint8_t rex,
                      uint8_t mod, uint8_t rm, struct cursor *c)
{
    if ( rm == REG_RSP )
    {
        uint8_t sib = next8(c), index = (sib >> 3) & 7;

        index |= rex & REX_X ? 8 : 0;
        if ( index != REG_RSP )
        {
            i->index = index;
            i->scale = sib >> 6;
        }
        rm = sib & 7;
        if ( mod == 0 && rm == REG_RBP )
        {
            i->disp = next_signed(c, 4);
            return;
        }
    }
    else if ( mod == 0 && rm == REG_RBP )
    {
        i->disp = next_signed(c, 4);
        i->base = mode == 8 ? INSN_REG_RIP : INSN_REG_NONE;
        return;
    }
    i->base = rm | (rex & REX_B ? 8 : 0);
    if ( mod )
        i->disp = next_signed(c, mod == 1 ? 1 : 4);
}

static void set_reg(struct insn_operand *o, uint8_t reg, unsigned int size,
                    uint8_t rex)
{
    o->kind = OPND_REG;
    o->reg = reg;
    o->high_byte = false;
    /* Without REX the byte registers 4-7 are AH, CH, DH and BH. */
    if ( size == 1 && !rex && reg >= 4 && reg < 8 )
    {
        o->reg = reg - 4;
        o->high_byte = true;
    }
}

/* The eight arithmetic instructions share their layout of opcodes. */
static bool lookup_alu(unsigned int code, struct opcode *o)
{
    static const uint8_t form[] = { FORM_E_G, FORM_E_G, FORM_G_E, FORM_G_E };

    if ( code >= 0x40 || (code & 7) > 3 )
        return false;
    o->op = INSN_ADD + (code >> 3);
    o->form = form[code & 7];
    return true;
}

static const struct opcode plain[] = {
    [0x84 - 0x84] = { INSN_TEST, FORM_E_G, 0 },
    [0x85 - 0x84] = { INSN_TEST, FORM_E_G, 0 },
    [0x86 - 0x84] = { INSN_XCHG, FORM_E_G, 0 },
    [0x87 - 0x84] = { INSN_XCHG, FORM_E_G, 0 },
    [0x88 - 0x84] = { INSN_MOV, FORM_E_G, 0 },
    [0x89 - 0x84] = { INSN_MOV, FORM_E_G, 0 },
    [0x8a - 0x84] = { INSN_MOV, FORM_G_E, 0 },
    [0x8b - 0x84] = { INSN_MOV, FORM_G_E, 0 },
    [0xa0 - 0x84] = { INSN_MOV, FORM_A_O, 0 },
    [0xa1 - 0x84] = { INSN_MOV, FORM_A_O, 0 },
    [0xa2 - 0x84] = { INSN_MOV, FORM_O_A, 0 },
    [0xa3 - 0x84] = { INSN_MOV, FORM_O_A, 0 },
    [0xa4 - 0x84] = { INSN_MOVS, FORM_STRING, 0 },
    [0xa5 - 0x84] = { INSN_MOVS, FORM_STRING, 0 },
    [0xaa - 0x84] = { INSN_STOS, FORM_STRING, 0 },
    [0xab - 0x84] = { INSN_STOS, FORM_STRING, 0 },
    [0xac - 0x84] = { INSN_LODS, FORM_STRING, 0 },
    [0xad - 0x84] = { INSN_LODS, FORM_STRING, 0 },
};

/* Opcodes whose ModR/M byte chooses the instruction. */
static bool lookup_group(unsigned int code, uint8_t ext, struct opcode *o)
{
    switch ( code )
    {
    case 0x80:
    case 0x81:
        *o = (struct opcode){ INSN_ADD + ext, FORM_E_IMM, 0 };
        return true;
    case 0x83:
        *o = (struct opcode){ INSN_ADD + ext, FORM_E_IMM8, 0 };
        return true;
    case 0xc6:
    case 0xc7:
        *o = (struct opcode){ INSN_MOV, FORM_E_IMM, 0 };
        return ext == 0;
    case 0xf6:
    case 0xf7:
        if ( ext <= 1 )
            *o = (struct opcode){ INSN_TEST, FORM_E_IMM, 0 };
        else
            *o = (struct opcode){ ext == 2 ? INSN_NOT : INSN_NEG, FORM_E, 0 };
        return ext <= 3;
    case 0xfe:
    case 0xff:
        *o = (struct opcode){ ext ? INSN_DEC : INSN_INC, FORM_E, 0 };
        return ext <= 1;
    case OP_TWO_BYTE | 0xba:
        *o = (struct opcode){ INSN_BT + (ext & 3), FORM_E_IMM8, 0 };
        return ext >= 4;
    default:
        return false;
    }
}

static bool lookup_two_byte(unsigned int code, struct opcode *o)
{
    switch ( code & 0xff )
    {
    case 0xa3:
        *o = (struct opcode){ INSN_BT, FORM_E_G, 0 };
        return true;
    case 0xab:
        *o = (struct opcode){ INSN_BTS, FORM_E_G, 0 };
        return true;
    case 0xb3:
        *o = (struct opcode){ INSN_BTR, FORM_E_G, 0 };
        return true;
    case 0xbb:
        *o = (struct opcode){ INSN_BTC, FORM_E_G, 0 };
        return true;
    case 0xb6:
    case 0xb7:
        *o = (struct opcode){ INSN_MOVZX, FORM_G_E, code & 1 ? 2 : 1 };
        return true;
    case 0xbe:
    case 0xbf:
        *o = (struct opcode){ INSN_MOVSX, FORM_G_E, code & 1 ? 2 : 1 };
        return true;
    case 0xc3: /* MOVNTI */
        *o = (struct opcode){ INSN_MOV, FORM_E_G, 0 };
        return true;
    default:
        return false;
    }
}

static bool lookup(unsigned int code, unsigned int mode, uint8_t modrm,
                   struct opcode *o)
{
    uint8_t ext = (modrm >> 3) & 7;

    if ( lookup_group(code, ext, o) )
        return true;
    *o = (struct opcode){ 0 };
    if ( code & OP_TWO_BYTE )
        return lookup_two_byte(code, o);
    if ( code == 0x63 && mode == 8 )
    {
        *o = (struct opcode){ INSN_MOVSX, FORM_G_E, 4 };
        return true;
    }
    if ( lookup_alu(code, o) )
        return true;
    if ( code >= 0x84 && code - 0x84 < ARRAY_SIZE(plain) )
        *o = plain[code - 0x84];
    return o->form != FORM_NONE;
}

/* Byte-sized operands: the low bit of the opcode is clear. */
static bool is_byte_op(unsigned int code)
{
    if ( code & OP_TWO_BYTE )
        return false; /* MOVZX and MOVSX have word destinations */
    return !(code & 1);
}

static unsigned int operand_size(unsigned int mode, const struct prefixes *px)
{
    if ( px->rex & REX_W )
        return 8;
    return (mode == 2) != px->opsize ? 2 : 4;
}

static unsigned int address_size(unsigned int mode, const struct prefixes *px)
{
    if ( mode == 8 )
        return px->addrsize ? 4 : 8;
    return (mode == 2) != px->addrsize ? 2 : 4;
}

static void set_operands(struct insn *i, const struct opcode *o,
                         const struct prefixes *px, uint8_t modrm,
                         struct cursor *c)
{
    uint8_t reg = ((modrm >> 3) & 7) | (px->rex & REX_R ? 8 : 0);

    switch ( o->form )
    {
    case FORM_E_G:
        i->dst.kind = OPND_MEM;
        set_reg(&i->src, reg, i->src_size, px->rex);
        break;
    case FORM_G_E:
        set_reg(&i->dst, reg, i->op_size, px->rex);
        i->src.kind = OPND_MEM;
        break;
    case FORM_E_IMM:
        i->dst.kind = OPND_MEM;
        i->src.kind = OPND_IMM;
        i->imm = next_signed(c, min(i->op_size, (uint8_t)4));
        break;
    case FORM_E_IMM8:
        i->dst.kind = OPND_MEM;
        i->src.kind = OPND_IMM;
        i->imm = next_signed(c, 1);
        break;
    case FORM_E:
        i->dst.kind = OPND_MEM;
        break;
    case FORM_A_O:
        set_reg(&i->dst, REG_RAX, i->op_size, px->rex);
        i->src.kind = OPND_MEM;
        i->disp = next_signed(c, i->addr_size);
        break;
    case FORM_O_A:
        i->dst.kind = OPND_MEM;
        set_reg(&i->src, REG_RAX, i->op_size, px->rex);
        i->disp = next_signed(c, i->addr_size);
        break;
    }
}

int insn_decode(const uint8_t *bytes, size_t n, unsigned int mode,
                struct insn *out)
{
    struct cursor c = { bytes, n, 0, false };
    struct prefixes px = { 0 };
    struct insn i = { .base = INSN_REG_NONE, .index = INSN_REG_NONE };
    struct opcode o;
    unsigned int code = read_prefixes(&c, mode, &px, &i);
    bool has_modrm;
    uint8_t modrm = 0;

    if ( code == 0x0f )
        code = OP_TWO_BYTE | next8(&c);
    has_modrm = !(code >= 0xa0 && code <= 0xaf);
    if ( has_modrm )
        modrm = next8(&c);
    if ( c.short_of_bytes )
        return -ENODATA;
    if ( !lookup(code, mode, modrm, &o) || (has_modrm && modrm >> 6 == 3) )
        return -EOPNOTSUPP;

    i.op = o.op;
    i.op_size = is_byte_op(code) ? 1 : operand_size(mode, &px);
    i.src_size = o.src_size ? o.src_size : i.op_size;
    i.addr_size = address_size(mode, &px);
    if ( has_modrm )
    {
        if ( i.addr_size == 2 )
            address16(&i, modrm >> 6, modrm & 7, &c);
        else
            address32(&i, mode, px.rex, modrm >> 6, modrm & 7, &c);
    }
    set_operands(&i, &o, &px, modrm, &c);

    i.segment = px.segment != INSN_REG_NONE              ? px.segment
                : i.base == REG_RSP || i.base == REG_RBP ? SEG_SS
                                                         : SEG_DS;
    if ( c.short_of_bytes )
        return -ENODATA;
    i.len = c.pos;
    *out = i;
    return 0;
}
