/* SPDX-License-Identifier: MIT */
/* Decoding: prefixes, addressing forms, sizes, refusals, truncation. */
/* TEST-SOURCES: xen/arch/x86/hvm/insn-decode.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/compiler.h>
#include <xen/errno.h>
#include <asm/emulate.h>
#include <asm/hvm.h>

#define NONE INSN_REG_NONE

struct row
{
    const char *text;
    uint8_t mode, n;
    uint8_t bytes[15];
    uint8_t op, op_size, src_size, addr_size;
    uint8_t base, index, scale, segment;
    int64_t disp;
    uint64_t imm;
};

static const struct row rows[] = {
    { "mov %eax,0xb0(%rdi)",
      8,
      6,
      { 0x89, 0x87, 0xb0, 0, 0, 0 },
      INSN_MOV,
      4,
      4,
      8,
      7,
      NONE,
      0,
      SEG_DS,
      0xb0,
      0 },
    { "mov 0x20(%rax,%r9,4),%r10",
      8,
      5,
      { 0x4e, 0x8b, 0x54, 0x88, 0x20 },
      INSN_MOV,
      8,
      8,
      8,
      0,
      9,
      2,
      SEG_DS,
      0x20,
      0 },
    { "movl $0,-8(%rsp)",
      8,
      8,
      { 0xc7, 0x44, 0x24, 0xf8, 0, 0, 0, 0 },
      INSN_MOV,
      4,
      4,
      8,
      4,
      NONE,
      0,
      SEG_SS,
      -8,
      0 },
    { "movl $0xfee000b0-relative, rip",
      8,
      10,
      { 0xc7, 0x05, 0x10, 0, 0, 0, 0xff, 0xff, 0xff, 0xff },
      INSN_MOV,
      4,
      4,
      8,
      INSN_REG_RIP,
      NONE,
      0,
      SEG_DS,
      0x10,
      ~0ULL },
    { "mov %eax,0xffffffffff5fd0b0",
      8,
      7,
      { 0x89, 0x04, 0x25, 0xb0, 0xd0, 0x5f, 0xff },
      INSN_MOV,
      4,
      4,
      8,
      NONE,
      NONE,
      0,
      SEG_DS,
      -0xa02f50,
      0 },
    { "movzbl (%rcx),%edx",
      8,
      3,
      { 0x0f, 0xb6, 0x11 },
      INSN_MOVZX,
      4,
      1,
      8,
      1,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "movswq (%r12),%rdx",
      8,
      5,
      { 0x49, 0x0f, 0xbf, 0x14, 0x24 },
      INSN_MOVSX,
      8,
      2,
      8,
      12,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "movslq (%r13),%rdx",
      8,
      4,
      { 0x49, 0x63, 0x55, 0x00 },
      INSN_MOVSX,
      8,
      4,
      8,
      13,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "movabs %al,0x1122334455667788",
      8,
      9,
      { 0xa2, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11 },
      INSN_MOV,
      1,
      1,
      8,
      NONE,
      NONE,
      0,
      SEG_DS,
      0x1122334455667788,
      0 },
    { "orl $1,(%rbx)",
      8,
      3,
      { 0x83, 0x0b, 0x01 },
      INSN_OR,
      4,
      4,
      8,
      3,
      NONE,
      0,
      SEG_DS,
      0,
      1 },
    { "cmpw $-2,(%rbx)",
      8,
      4,
      { 0x66, 0x83, 0x3b, 0xfe },
      INSN_CMP,
      2,
      2,
      8,
      3,
      NONE,
      0,
      SEG_DS,
      0,
      (uint64_t)-2 },
    { "cmpw $0x1234,(%rbx)",
      8,
      5,
      { 0x66, 0x81, 0x3b, 0x34, 0x12 },
      INSN_CMP,
      2,
      2,
      8,
      3,
      NONE,
      0,
      SEG_DS,
      0,
      0x1234 },
    { "testl $0x1000,0x300(%rax)",
      8,
      10,
      { 0xf7, 0x80, 0, 3, 0, 0, 0, 0x10, 0, 0 },
      INSN_TEST,
      4,
      4,
      8,
      0,
      NONE,
      0,
      SEG_DS,
      0x300,
      0x1000 },
    { "xchg %eax,(%rdx)",
      8,
      2,
      { 0x87, 0x02 },
      INSN_XCHG,
      4,
      4,
      8,
      2,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "lock btsl $3,%gs:(%rdx)",
      8,
      6,
      { 0x65, 0xf0, 0x0f, 0xba, 0x2a, 3 },
      INSN_BTS,
      4,
      4,
      8,
      2,
      NONE,
      0,
      SEG_GS,
      0,
      3 },
    { "rep stos %eax,(%rdi)",
      8,
      2,
      { 0xf3, 0xab },
      INSN_STOS,
      4,
      4,
      8,
      NONE,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "rep movsq",
      8,
      3,
      { 0xf3, 0x48, 0xa5 },
      INSN_MOVS,
      8,
      8,
      8,
      NONE,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "addr32 mov (%edi),%al",
      8,
      3,
      { 0x67, 0x8a, 0x07 },
      INSN_MOV,
      1,
      1,
      4,
      7,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
    { "16-bit: mov %al,es:(bx+di+5)",
      2,
      4,
      { 0x26, 0x88, 0x41, 0x05 },
      INSN_MOV,
      1,
      1,
      2,
      3,
      7,
      0,
      SEG_ES,
      5,
      0 },
    { "16-bit: mov ax,(0x1234)",
      2,
      4,
      { 0x8b, 0x06, 0x34, 0x12 },
      INSN_MOV,
      2,
      2,
      2,
      NONE,
      NONE,
      0,
      SEG_DS,
      0x1234,
      0 },
    { "16-bit: mov (bp-2),eax",
      2,
      4,
      { 0x66, 0x8b, 0x46, 0xfe },
      INSN_MOV,
      4,
      4,
      2,
      5,
      NONE,
      0,
      SEG_SS,
      -2,
      0 },
    { "16-bit, 32-bit address",
      2,
      7,
      { 0x67, 0x8b, 0x05, 1, 2, 3, 4 },
      INSN_MOV,
      2,
      2,
      4,
      NONE,
      NONE,
      0,
      SEG_DS,
      0x04030201,
      0 },
    { "32-bit: mov disp32 without base is absolute",
      4,
      6,
      { 0x8b, 0x05, 0xb0, 0, 0xe0, 0xfe },
      INSN_MOV,
      4,
      4,
      4,
      NONE,
      NONE,
      0,
      SEG_DS,
      (int32_t)0xfee000b0,
      0 },
    { "32-bit: moffs",
      4,
      5,
      { 0xa1, 0xb0, 0, 0xe0, 0xfe },
      INSN_MOV,
      4,
      4,
      4,
      NONE,
      NONE,
      0,
      SEG_DS,
      (int32_t)0xfee000b0,
      0 },
    { "REX before a legacy prefix counts for nothing",
      8,
      4,
      { 0x48, 0x66, 0x89, 0x07 },
      INSN_MOV,
      2,
      2,
      8,
      7,
      NONE,
      0,
      SEG_DS,
      0,
      0 },
};

static void forms(void **state)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        const struct row *r = &rows[i];
        struct insn d;

        print_message("  %s\n", r->text);
        assert_int_equal(insn_decode(r->bytes, r->n, r->mode, &d), 0);
        assert_int_equal(d.len, r->n);
        assert_int_equal(d.op, r->op);
        assert_int_equal(d.op_size, r->op_size);
        assert_int_equal(d.src_size, r->src_size);
        assert_int_equal(d.addr_size, r->addr_size);
        assert_int_equal(d.base, r->base);
        assert_int_equal(d.index, r->index);
        assert_int_equal(d.scale, r->scale);
        assert_int_equal(d.segment, r->segment);
        assert_int_equal(d.disp, r->disp);
        assert_int_equal(d.imm, r->imm);
        /* Every shorter piece of it is incomplete, never something else. */
        for ( unsigned int n = 0; n < r->n; n++ )
            assert_int_equal(insn_decode(r->bytes, n, r->mode, &d), -ENODATA);
    }
}

static void byte_registers(void **state)
{
    struct insn d;

    /* mov %ah,(%rdi); with a REX prefix the same number is SPL */
    assert_int_equal(insn_decode((uint8_t[]){ 0x88, 0x27 }, 2, 8, &d), 0);
    assert_int_equal(d.src.reg, 0);
    assert_true(d.src.high_byte);
    assert_int_equal(insn_decode((uint8_t[]){ 0x40, 0x88, 0x27 }, 3, 8, &d), 0);
    assert_int_equal(d.src.reg, 4);
    assert_false(d.src.high_byte);
}

static void refused(void **state)
{
    static const struct
    {
        uint8_t mode, n, bytes[15];
    } bad[] = {
        { 8, 2, { 0x89, 0xc0 } },             /* register form */
        { 8, 2, { 0xff, 0x10 } },             /* call (%rax) */
        { 8, 2, { 0xff, 0x30 } },             /* push (%rax) */
        { 8, 3, { 0x0f, 0x01, 0x10 } },       /* lgdt (%rax) */
        { 8, 3, { 0x0f, 0x10, 0x00 } },       /* movups (%rax) */
        { 8, 3, { 0xc5, 0xf8, 0x10 } },       /* VEX */
        { 8, 3, { 0xc6, 0x08, 0x00 } },       /* not /0 */
        { 8, 4, { 0x0f, 0xba, 0x18, 0x00 } }, /* not a bit test */
        { 8, 2, { 0xd8, 0x00 } },             /* x87 */
        { 4, 2, { 0x63, 0x00 } },             /* arpl */
        { 8, 2, { 0x90, 0x90 } },
    };
    struct insn d;

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
        assert_int_equal(insn_decode(bad[i].bytes, bad[i].n, bad[i].mode, &d),
                         -EOPNOTSUPP);
}

static void too_long(void **state)
{
    uint8_t bytes[32];
    struct insn d;

    memset(bytes, 0x66, sizeof(bytes));
    assert_int_equal(insn_decode(bytes, sizeof(bytes), 8, &d), -ENODATA);
    memset(bytes, 0x48, sizeof(bytes));
    assert_int_equal(insn_decode(bytes, sizeof(bytes), 8, &d), -ENODATA);
}

/* Whatever the bytes are, the answer is in range. */
static void random_bytes(void **state)
{
    static const uint8_t modes[] = { 2, 4, 8 };

    srand(1);
    for ( unsigned int i = 0; i < 2000000; i++ )
    {
        uint8_t bytes[15];
        unsigned int n = rand() % 16;
        struct insn d;
        int rc;

        for ( unsigned int k = 0; k < sizeof(bytes); k++ )
            bytes[k] = rand();
        rc = insn_decode(bytes, n, modes[rand() % 3], &d);
        if ( rc )
        {
            assert_true(rc == -ENODATA || rc == -EOPNOTSUPP);
            continue;
        }
        assert_in_range(d.len, 1, n);
        assert_true(d.op_size == 1 || d.op_size == 2 || d.op_size == 4 ||
                    d.op_size == 8);
        assert_in_range(d.op, INSN_MOV, INSN_BTC);
        assert_true(d.base < 16 || d.base >= INSN_REG_RIP);
        assert_true(d.index < 16 || d.index == INSN_REG_NONE);
        assert_in_range(d.segment, SEG_ES, SEG_GS);
        assert_in_range(d.src.reg, 0, 15);
        assert_in_range(d.dst.reg, 0, 15);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),        cmocka_unit_test(byte_registers),
        cmocka_unit_test(refused),      cmocka_unit_test(too_long),
        cmocka_unit_test(random_bytes),
    };

    return cmocka_run_group_tests_name("insn-decode", tests, NULL, NULL);
}
