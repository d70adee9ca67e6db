/* SPDX-License-Identifier: MIT */
/* Execution: the processor that runs the test is the reference. */
/* TEST-SOURCES: xen/arch/x86/hvm/insn-decode.c */
/* TEST-SOURCES: xen/arch/x86/hvm/insn-execute.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>

#include <xen/compiler.h>
#include <asm/emulate.h>
#include <asm/hvm.h>
#include <asm/processor.h>

#define ARITH     0x8d5UL /* CF PF AF ZF SF OF */
#define MEM_BYTES 4096

struct state
{
    uint64_t rax, rcx, rdx, rbx, rsi, rdi, r8, flags;
};

static uint8_t *code;
static uint8_t real_mem[MEM_BYTES], emul_mem[MEM_BYTES];

/* --- The real thing. --- */

static void run_native(struct state *s)
{
    __asm__ volatile("pushq %%rbp\n\t"
                     "pushq %%rbx\n\t"
                     "movq %0, %%r15\n\t"
                     "movq %1, %%r14\n\t"
                     "movq 0(%%r15), %%rax\n\t"
                     "movq 8(%%r15), %%rcx\n\t"
                     "movq 16(%%r15), %%rdx\n\t"
                     "movq 24(%%r15), %%rbx\n\t"
                     "movq 32(%%r15), %%rsi\n\t"
                     "movq 40(%%r15), %%rdi\n\t"
                     "movq 48(%%r15), %%r8\n\t"
                     "pushq 56(%%r15)\n\t"
                     "popfq\n\t"
                     "call *%%r14\n\t"
                     "pushfq\n\t"
                     "popq 56(%%r15)\n\t"
                     "cld\n\t"
                     "movq %%rax, 0(%%r15)\n\t"
                     "movq %%rcx, 8(%%r15)\n\t"
                     "movq %%rdx, 16(%%r15)\n\t"
                     "movq %%rbx, 24(%%r15)\n\t"
                     "movq %%rsi, 32(%%r15)\n\t"
                     "movq %%rdi, 40(%%r15)\n\t"
                     "movq %%r8, 48(%%r15)\n\t"
                     "popq %%rbx\n\t"
                     "popq %%rbp\n\t"
                     :
                     : "r"(s), "r"(code)
                     : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10",
                       "r11", "r14", "r15", "memory", "cc");
}

/* --- The emulation, over a copy of the memory. --- */

static int fail_at; /* memory access number that faults; 0: none */

static uint64_t *reg_slot(struct state *s, unsigned int reg)
{
    static uint64_t other;

    switch ( reg )
    {
    case 0:
        return &s->rax;
    case 1:
        return &s->rcx;
    case 2:
        return &s->rdx;
    case 3:
        return &s->rbx;
    case 6:
        return &s->rsi;
    case 7:
        return &s->rdi;
    case 8:
        return &s->r8;
    default:
        return &other;
    }
}

static uint64_t read_reg(void *c, unsigned int reg)
{
    return *reg_slot(c, reg);
}
static void write_reg(void *c, unsigned int reg, uint64_t val)
{
    *reg_slot(c, reg) = val;
}
static uint64_t read_flags(void *c)
{
    return ((struct state *)c)->flags;
}
static void write_flags(void *c, uint64_t f)
{
    ((struct state *)c)->flags = f;
}
static uint64_t segment_base(void *c, unsigned int seg)
{
    return seg << 20;
}
static uint64_t read_rip(void *c)
{
    return (uint64_t)code;
}
static uint8_t *translate(uint64_t linear, unsigned int n)
{
    uint64_t off = linear - (uint64_t)real_mem;

    assert_true(off <= MEM_BYTES - n);
    return emul_mem + off;
}
static int read_mem(void *c, uint64_t linear, void *buf, unsigned int n)
{
    if ( fail_at && !--fail_at )
        return EMUL_EXCEPTION;
    memcpy(buf, translate(linear, n), n);
    return EMUL_OK;
}
static int write_mem(void *c, uint64_t linear, const void *buf, unsigned int n)
{
    if ( fail_at && !--fail_at )
        return EMUL_EXCEPTION;
    memcpy(translate(linear, n), buf, n);
    return EMUL_OK;
}

static const struct emul_ops ops = { read_reg,    write_reg,    read_flags,
                                     write_flags, segment_base, read_rip,
                                     read_mem,    write_mem };

static uint64_t rnd64(void)
{
    static const uint64_t corner[] = { 0,          1,          0x7f,
                                       0x80,       0xff,       0x7fff,
                                       0x8000,     0x7fffffff, 0x80000000,
                                       1ULL << 63, ~0ULL };

    if ( rand() % 3 == 0 )
        return corner[rand() % ARRAY_SIZE(corner)];
    return ((uint64_t)rand() << 33) ^ ((uint64_t)rand() << 11) ^ rand();
}

static void compare(const char *what, const uint8_t *bytes, unsigned int n,
                    struct state start, uint64_t flag_mask)
{
    struct state real = start, emul = start;
    struct insn d;
    int rc;

    memcpy(code, bytes, n);
    code[n] = 0xc3;
    memcpy(emul_mem, real_mem, MEM_BYTES);
    run_native(&real);
    assert_int_equal(insn_decode(bytes, n, 8, &d), 0);
    assert_int_equal(d.len, n);
    do
        rc = insn_execute(&d, 8, &ops, &emul);
    while ( rc == EMUL_RETRY );
    assert_int_equal(rc, EMUL_OK);

    if ( memcmp(emul_mem, real_mem, MEM_BYTES) || real.rax != emul.rax ||
         real.rcx != emul.rcx || real.rdx != emul.rdx || real.rbx != emul.rbx ||
         real.rsi != emul.rsi || real.rdi != emul.rdi || real.r8 != emul.r8 ||
         ((real.flags ^ emul.flags) & flag_mask) )
    {
        print_error("%s: rax %lx/%lx rdx %lx/%lx flags %lx/%lx start %lx\n",
                    what, real.rax, emul.rax, real.rdx, emul.rdx,
                    (unsigned long)(real.flags & ARITH),
                    (unsigned long)(emul.flags & ARITH),
                    (unsigned long)(start.flags & ARITH));
        fail();
    }
}

static struct state random_state(void)
{
    struct state s = {
        .rax = rnd64(),
        .rcx = rnd64(),
        .rdx = rnd64(),
        .rsi = rnd64(),
        .r8 = rnd64(),
        /* The operand lies in the middle, so bit numbers may reach out. */
        .rbx = (uint64_t)real_mem + MEM_BYTES / 2,
        .rdi = (uint64_t)real_mem + MEM_BYTES / 2,
        .flags = 0x202 | (rnd64() & ARITH),
    };

    for ( unsigned int i = 0; i < 64; i += 8 )
    {
        uint64_t v = rnd64();

        memcpy(real_mem + MEM_BYTES / 2 - 32 + i, &v, 8);
    }
    return s;
}

/* {prefix and REX} x opcode x random operands, memory at (%rbx) */
static const struct
{
    uint8_t n, b[2];
} size_prefix[] = { { 0, { 0 } }, { 1, { 0x66 } }, { 1, { 0x48 } } };

static unsigned int build(uint8_t *out, unsigned int prefix, const uint8_t *op,
                          unsigned int n)
{
    unsigned int len = size_prefix[prefix].n;

    memcpy(out, size_prefix[prefix].b, len);
    memcpy(out + len, op, n);
    return len + n;
}

static void check_all_sizes(const char *what, const uint8_t *op, unsigned int n,
                            uint64_t flag_mask)
{
    for ( unsigned int p = 0; p < ARRAY_SIZE(size_prefix); p++ )
        for ( unsigned int i = 0; i < 400; i++ )
        {
            uint8_t bytes[15];
            unsigned int len = build(bytes, p, op, n);

            compare(what, bytes, len, random_state(), flag_mask);
        }
}

static void arithmetic(void **state)
{
    static const char *const name[] = { "add", "or",  "adc", "sbb",
                                        "and", "sub", "xor", "cmp" };

    for ( unsigned int a = 0; a < 8; a++ )
    {
        /* AF is undefined after AND, OR and XOR. */
        uint64_t mask = a == 1 || a == 4 || a == 6 ? ARITH & ~0x10 : ARITH;

        for ( unsigned int form = 0; form < 4; form++ )
            check_all_sizes(name[a],
                            (uint8_t[]){ a * 8 + form, 0x13 /* rdx,(rbx) */ },
                            2, mask);
        check_all_sizes(name[a], (uint8_t[]){ 0x83, a << 3 | 3, 0x85 }, 3,
                        mask);
        check_all_sizes(name[a], (uint8_t[]){ 0x80, a << 3 | 3, 0x7f }, 3,
                        mask);
    }
}

static void single_operand(void **state)
{
    check_all_sizes("not", (uint8_t[]){ 0xf7, 0x13 }, 2, ARITH);
    check_all_sizes("neg", (uint8_t[]){ 0xf7, 0x1b }, 2, ARITH);
    check_all_sizes("negb", (uint8_t[]){ 0xf6, 0x1b }, 2, ARITH);
    check_all_sizes("inc", (uint8_t[]){ 0xff, 0x03 }, 2, ARITH);
    check_all_sizes("dec", (uint8_t[]){ 0xff, 0x0b }, 2, ARITH);
    check_all_sizes("incb", (uint8_t[]){ 0xfe, 0x03 }, 2, ARITH);
    check_all_sizes("decb", (uint8_t[]){ 0xfe, 0x0b }, 2, ARITH);
}

static void moves(void **state)
{
    check_all_sizes("mov to", (uint8_t[]){ 0x89, 0x13 }, 2, ARITH);
    check_all_sizes("mov from", (uint8_t[]){ 0x8b, 0x13 }, 2, ARITH);
    check_all_sizes("movb dh", (uint8_t[]){ 0x88, 0x33 }, 2, ARITH);
    check_all_sizes("movb to dh", (uint8_t[]){ 0x8a, 0x33 }, 2, ARITH);
    check_all_sizes("movb imm", (uint8_t[]){ 0xc6, 0x03, 0x99 }, 3, ARITH);
    check_all_sizes("xchg", (uint8_t[]){ 0x87, 0x13 }, 2, ARITH);
    check_all_sizes("xchgb bh", (uint8_t[]){ 0x86, 0x3b }, 2, ARITH);
    check_all_sizes("movzx b", (uint8_t[]){ 0x0f, 0xb6, 0x13 }, 3, ARITH);
    check_all_sizes("movzx w", (uint8_t[]){ 0x0f, 0xb7, 0x13 }, 3, ARITH);
    check_all_sizes("movsx b", (uint8_t[]){ 0x0f, 0xbe, 0x13 }, 3, ARITH);
    check_all_sizes("movsx w", (uint8_t[]){ 0x0f, 0xbf, 0x13 }, 3, ARITH);
    check_all_sizes("test", (uint8_t[]){ 0x85, 0x13 }, 2, ARITH & ~0x10);
    check_all_sizes("disp8", (uint8_t[]){ 0x89, 0x53, 0xf0 }, 3, ARITH);
    for ( unsigned int i = 0; i < 200; i++ )
    {
        compare("mov imm32", (uint8_t[]){ 0xc7, 0x03, 1, 2, 3, 0x84 }, 6,
                random_state(), ARITH);
        compare("movq imm32", (uint8_t[]){ 0x48, 0xc7, 0x03, 1, 2, 3, 0x84 }, 7,
                random_state(), ARITH);
        compare("movslq", (uint8_t[]){ 0x48, 0x63, 0x13 }, 3, random_state(),
                ARITH);
    }
}

static void sib_forms(void **state)
{
    for ( unsigned int i = 0; i < 200; i++ )
    {
        struct state s = random_state();

        s.rcx = (uint64_t)(rand() % 16) - 8;
        /* mov %edx,4(%rbx,%rcx,8) */
        compare("sib", (uint8_t[]){ 0x89, 0x54, 0xcb, 0x04 }, 4, s, ARITH);
        /* mov %r8,(%rbx) and back */
        compare("r8", (uint8_t[]){ 0x4c, 0x89, 0x03 }, 3, s, ARITH);
    }
}

static void bit_tests(void **state)
{
    static const uint8_t op[] = { 0xa3, 0xab, 0xb3, 0xbb };

    for ( unsigned int o = 0; o < 4; o++ )
    {
        for ( unsigned int p = 0; p < 3; p++ )
            for ( unsigned int i = 0; i < 400; i++ )
            {
                struct state s = random_state();
                uint8_t bytes[15];

                s.rdx = (uint64_t)(rand() % 4000) - 2000;
                compare("bt reg", bytes,
                        build(bytes, p, (uint8_t[]){ 0x0f, op[o], 0x13 }, 3), s,
                        X86_EFLAGS_CF);
            }
        check_all_sizes("bt imm", (uint8_t[]){ 0x0f, 0xba, 0x23 + o * 8, 0x2d },
                        4, X86_EFLAGS_CF);
    }
}

static void strings(void **state)
{
    static const uint8_t op[] = { 0xa4, 0xa5, 0xaa, 0xab, 0xac, 0xad };

    for ( unsigned int o = 0; o < ARRAY_SIZE(op); o++ )
        for ( unsigned int p = 0; p < 3; p++ )
            for ( unsigned int i = 0; i < 60; i++ )
            {
                struct state s = random_state();
                uint8_t bytes[15] = { 0xf3 };
                bool rep = i & 1, down = i & 2;
                unsigned int n;

                s.rcx = rand() % (i < 4 ? 3 : 60);
                s.rsi = (uint64_t)real_mem + 1024 + rand() % 512;
                if ( down )
                    s.flags |= X86_EFLAGS_DF;
                n = build(bytes + rep, p, &op[o], 1) + rep;
                compare("string", bytes, n, s, ARITH);
            }
}

/* More items than one call does: the state in between is consistent. */
static void long_string(void **state)
{
    struct state s = random_state();
    struct insn d;
    static const uint8_t bytes[] = { 0xf3, 0xaa };

    s.rdi = (uint64_t)real_mem;
    s.rcx = 1000;
    memset(emul_mem, 0, MEM_BYTES);
    assert_int_equal(insn_decode(bytes, 2, 8, &d), 0);
    assert_int_equal(insn_execute(&d, 8, &ops, &s), EMUL_RETRY);
    assert_true(s.rcx > 0 && s.rcx < 1000);
    assert_int_equal(s.rdi - (uint64_t)real_mem, 1000 - s.rcx);
    while ( insn_execute(&d, 8, &ops, &s) == EMUL_RETRY )
        ;
    assert_int_equal(s.rcx, 0);
    assert_int_equal(emul_mem[999], (uint8_t)s.rax);
    assert_int_equal(emul_mem[1000], 0);
}

static void faults_change_nothing(void **state)
{
    static const uint8_t add[] = { 0x01, 0x13 }, xchg[] = { 0x87, 0x13 },
                         rep[] = { 0xf3, 0xa4 };
    struct state s = random_state(), before = s;
    struct insn d;

    for ( int access = 1; access <= 2; access++ )
    {
        insn_decode(add, sizeof(add), 8, &d);
        fail_at = access;
        assert_int_equal(insn_execute(&d, 8, &ops, &s), EMUL_EXCEPTION);
        assert_memory_equal(&s, &before, sizeof(s));
        insn_decode(xchg, sizeof(xchg), 8, &d);
        fail_at = access;
        assert_int_equal(insn_execute(&d, 8, &ops, &s), EMUL_EXCEPTION);
        assert_memory_equal(&s, &before, sizeof(s));
    }
    /* The third item of a string faults on its write. */
    insn_decode(rep, sizeof(rep), 8, &d);
    s.rcx = 10;
    s.rsi = (uint64_t)real_mem;
    s.rdi = (uint64_t)real_mem + 100;
    fail_at = 6;
    assert_int_equal(insn_execute(&d, 8, &ops, &s), EMUL_EXCEPTION);
    assert_int_equal(s.rcx, 8);
    assert_int_equal(s.rsi, (uint64_t)real_mem + 2);
    fail_at = 0;
}

static uint64_t seen_linear;
static int note_write(void *c, uint64_t linear, const void *buf, unsigned int n)
{
    seen_linear = linear;
    return EMUL_OK;
}

static void segments_and_wrapping(void **state)
{
    struct emul_ops o = ops;
    struct state s = { .rbx = 0xffffffff00000010, .rsi = 0x8 };
    struct insn d;

    o.write_mem = note_write;
    /* 64-bit: only FS and GS have a base. */
    insn_decode((uint8_t[]){ 0x36, 0x89, 0x13 }, 3, 8, &d);
    insn_execute(&d, 8, &o, &s);
    assert_int_equal(seen_linear, 0xffffffff00000010);
    insn_decode((uint8_t[]){ 0x65, 0x89, 0x13 }, 3, 8, &d);
    insn_execute(&d, 8, &o, &s);
    assert_int_equal(seen_linear, 0xffffffff00000010 + (SEG_GS << 20));
    /* 32-bit: base always, and the sum wraps. */
    insn_decode((uint8_t[]){ 0x89, 0x53, 0xf0 }, 3, 4, &d);
    insn_execute(&d, 4, &o, &s);
    assert_int_equal(seen_linear, SEG_DS << 20);
    insn_decode((uint8_t[]){ 0x89, 0x53, 0xe0 }, 3, 4, &d);
    insn_execute(&d, 4, &o, &s);
    assert_int_equal(seen_linear, (uint32_t)((SEG_DS << 20) - 0x10));
    /* 16-bit: (bx+si) wraps at 64 KiB before the base is added. */
    s.rbx = 0xfffc;
    insn_decode((uint8_t[]){ 0x26, 0x89, 0x10 }, 3, 2, &d);
    insn_execute(&d, 2, &o, &s);
    assert_int_equal(seen_linear, (SEG_ES << 20) + 4);
    /* RIP-relative counts from the end of the instruction. */
    insn_decode((uint8_t[]){ 0xc7, 0x05, 0x10, 0, 0, 0, 1, 0, 0, 0 }, 10, 8,
                &d);
    insn_execute(&d, 8, &o, &s);
    assert_int_equal(seen_linear, (uint64_t)code + 10 + 0x10);
}

static int group_setup(void **state)
{
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return code == MAP_FAILED;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arithmetic),
        cmocka_unit_test(single_operand),
        cmocka_unit_test(moves),
        cmocka_unit_test(sib_forms),
        cmocka_unit_test(bit_tests),
        cmocka_unit_test(strings),
        cmocka_unit_test(long_string),
        cmocka_unit_test(faults_change_nothing),
        cmocka_unit_test(segments_and_wrapping),
    };

    return cmocka_run_group_tests_name("insn-execute", tests, group_setup,
                                       NULL);
}
