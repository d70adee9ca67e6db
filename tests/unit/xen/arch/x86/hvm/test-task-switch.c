/* SPDX-License-Identifier: MIT */
/* Hardware task switches: the steps, and one row for each rule that faults. */
/* TEST-SOURCES: xen/arch/x86/hvm/task-switch.c */
/* TEST-SOURCES: xen/arch/x86/hvm/task-segments.c */
/* TEST-SOURCES: xen/arch/x86/hvm/tss.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <xen/compiler.h>
#include <xen/errno.h>
#include <asm/processor.h>
#include <asm/task-switch.h>
#include <asm/vmx-defs.h>

/* --- A world of 16 pages: tables, TSSs, stacks. --- */

#define PAGES 16
#define GDT   0x1000u
#define OLD   0x2000u /* TSS of the task that is left */
#define NEW   0x3000u
#define LDT   0x4000u
#define STACK 0x6000u /* top of the new task's */
#define CR3   0x9000u /* its page tables */

/* Descriptors in the GDT, and one in the LDT. */
enum
{
    D_NULL,
    D_CODE,
    D_DATA,
    D_UCODE,
    D_UDATA,
    D_CONFORMING,
    D_EXEC_ONLY,
    D_READ_ONLY,
    D_LDT,
    D_OLD,
    D_NEW,
    D_COUNT,
};
#define D_LDT_DATA   1
#define SEL(d)       ((d) << 3)
#define SEL3(d)      (SEL(d) | 3)
#define LSEL(d)      (SEL(d) | 4)

#define A_CODE       0x9b
#define A_DATA       0x93
#define A_TSS        0x89
#define A_TSS_BUSY   0x8b
#define A_TSS16      0x81
#define A_TSS16_BUSY 0x83

static uint8_t memory[PAGES * 4096];
static bool absent[PAGES], read_only[PAGES];
static bool absent_in_new[PAGES]; /* from when CR3 is loaded */
static uint32_t cr3_loaded;
static bool cr3_invalid;
static unsigned int writes;

static int touch(uint32_t linear, unsigned int n, bool write,
                 struct task_fault *f)
{
    for ( uint32_t a = linear; a < linear + n; a++ )
    {
        unsigned int page = a >> 12;

        assert_true(page < PAGES);
        if ( absent[page] || (write && read_only[page]) )
        {
            *f = (struct task_fault){ .vector = X86_EXC_PF,
                                      .error_code = (absent[page] ? 0 : 1) |
                                                    (write ? 2 : 0),
                                      .cr2 = a };
            return -EFAULT;
        }
    }
    return 0;
}

static int mem_read(void *ctx, uint32_t linear, void *buf, unsigned int n,
                    struct task_fault *f)
{
    if ( touch(linear, n, false, f) )
        return -EFAULT;
    memcpy(buf, memory + linear, n);
    return 0;
}

/* As far as it goes, like the real one: a page that is written stays so. */
static int mem_write(void *ctx, uint32_t linear, const void *buf,
                     unsigned int n, struct task_fault *f)
{
    const uint8_t *from = buf;

    for ( unsigned int i = 0; i < n; i++ )
    {
        if ( touch(linear + i, 1, true, f) )
            return -EFAULT;
        if ( buf )
        {
            memory[linear + i] = from[i];
            writes++;
        }
    }
    return 0;
}

/* User mode has no rights in tables and TSSs. */
static int check_user(void *ctx, uint32_t linear, unsigned int n,
                      struct task_fault *f)
{
    if ( linear + n > NEW + 0x1000 )
        return 0;
    *f = (struct task_fault){ .vector = X86_EXC_PF,
                              .error_code = 7,
                              .cr2 = linear };
    return -EFAULT;
}

static int check_cr3(void *ctx, uint32_t cr3, struct task_fault *f)
{
    if ( !cr3_invalid )
        return 0;
    *f = (struct task_fault){ .vector = X86_EXC_GP };
    return -EFAULT;
}

static void load_cr3(void *ctx, uint32_t cr3)
{
    cr3_loaded = cr3;
    memcpy(absent, absent_in_new, sizeof(absent));
}

static const struct task_ops ops = {
    .read = mem_read,
    .write = mem_write,
    .check_user = check_user,
    .check_cr3 = check_cr3,
    .load_cr3 = load_cr3,
};

static uint32_t get32(uint32_t at)
{
    uint32_t v;

    memcpy(&v, memory + at, sizeof(v));
    return v;
}

static uint16_t get16(uint32_t at)
{
    return (uint16_t)get32(at);
}

static void put32(uint32_t at, uint32_t v)
{
    memcpy(memory + at, &v, sizeof(v));
}

static void put16(uint32_t at, uint16_t v)
{
    memcpy(memory + at, &v, sizeof(v));
}

/* flags: 0x40 D/B, 0x80 G */
static void put_desc(uint32_t table, unsigned int i, uint32_t base,
                     uint32_t limit, uint8_t access, uint8_t flags)
{
    uint64_t d = (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
                 (uint64_t)access << 40 |
                 (uint64_t)((limit >> 16 & 0xf) | flags) << 48 |
                 (uint64_t)(base >> 24) << 56;

    memcpy(memory + table + 8 * i, &d, sizeof(d));
}

static uint8_t access_of(unsigned int d)
{
    return memory[GDT + 8 * d + 5];
}

static void set_access(unsigned int d, uint8_t access)
{
    memory[GDT + 8 * d + 5] = access;
}

/* Offsets in the TSS of 32 and of 16 bits. */
#define T_LINK    0
#define T_CR3     28
#define T_EIP     32
#define T_EFLAGS  36
#define T_GPR     40
#define T_SEG     72
#define T_LDT     96
#define T_TRAP    100

#define T16_IP    14
#define T16_FLAGS 16
#define T16_GPR   18
#define T16_SEG   34
#define T16_LDT   42

static struct task_cpu cpu, cpu_before;
static struct task_request req;
static struct task_result result;

#define NEW_EIP    0x12345u
#define NEW_EFLAGS (X86_EFLAGS_IF | X86_EFLAGS_CF | X86_EFLAGS_MBS)
#define OLD_EIP    0x54321u
#define OLD_EFLAGS (X86_EFLAGS_ZF | X86_EFLAGS_MBS)
#define NEW_GPR(i) (0x70000000u + (i))
#define OLD_GPR(i) (0x30000000u + (i))

static void make_tables(void)
{
    put_desc(GDT, D_NULL, 0, 0xfffff, A_CODE, 0xc0); /* of no effect */
    put_desc(GDT, D_CODE, 0, 0xfffff, A_CODE, 0xc0);
    put_desc(GDT, D_DATA, 0, 0xfffff, A_DATA, 0xc0);
    put_desc(GDT, D_UCODE, 0, 0xfffff, A_CODE | 0x60, 0xc0);
    put_desc(GDT, D_UDATA, 0, 0xfffff, A_DATA | 0x60, 0xc0);
    put_desc(GDT, D_CONFORMING, 0, 0xfffff, A_CODE | 4, 0xc0);
    put_desc(GDT, D_EXEC_ONLY, 0, 0xfffff, 0x99, 0xc0);
    put_desc(GDT, D_READ_ONLY, 0, 0xfffff, 0x91, 0xc0);
    put_desc(GDT, D_LDT, LDT, 0xf, 0x82, 0);
    put_desc(GDT, D_OLD, OLD, 0x67, A_TSS_BUSY, 0);
    put_desc(GDT, D_NEW, NEW, 0x67, A_TSS, 0);
    put_desc(LDT, D_LDT_DATA, 0x100, 0xffff, A_DATA, 0x40);
}

static void make_new_tss(void)
{
    put32(NEW + T_CR3, CR3);
    put32(NEW + T_EIP, NEW_EIP);
    put32(NEW + T_EFLAGS, NEW_EFLAGS);
    for ( unsigned int i = 0; i < 8; i++ )
        put32(NEW + T_GPR + 4 * i, NEW_GPR(i));
    put32(NEW + T_GPR + 4 * 4, STACK);
    for ( unsigned int i = 0; i < 6; i++ )
        put16(NEW + T_SEG + 4 * i, SEL(i == SEG_CS ? D_CODE : D_DATA));
}

static void make_cpu(void)
{
    cpu = (struct task_cpu){
        .eip = OLD_EIP,
        .eflags = OLD_EFLAGS,
        .gdt_base = GDT,
        .gdt_limit = 8 * D_COUNT - 1,
        .paging = true,
    };
    for ( unsigned int i = 0; i < 8; i++ )
        cpu.gpr[i] = OLD_GPR(i);
    for ( unsigned int i = 0; i < 6; i++ )
        cpu.seg[i] = (struct segment){ .sel = SEL(D_DATA) + (i << 8),
                                       .limit = 0xffffffff,
                                       .ar = 0xc093 };
    cpu.seg[SEG_LDTR].ar = SEG_AR_UNUSABLE;
    cpu.seg[SEG_TR] = (struct segment){
        .sel = SEL(D_OLD), .limit = 0x67, .ar = A_TSS_BUSY, .base = OLD
    };
}

static int setup(void **state)
{
    memset(memory, 0, sizeof(memory));
    memset(absent, 0, sizeof(absent));
    memset(absent_in_new, 0, sizeof(absent_in_new));
    memset(read_only, 0, sizeof(read_only));
    cr3_loaded = 0;
    cr3_invalid = false;
    make_tables();
    make_new_tss();
    make_cpu();
    req = (struct task_request){ .selector = SEL(D_NEW) };
    return 0;
}

/* What a return expects: the new task is the one that waits. */
static void set_source(enum task_source source)
{
    req.source = source;
    if ( source == TASK_IRET )
    {
        set_access(D_NEW, access_of(D_NEW) | 2);
        cpu.eflags |= X86_EFLAGS_NT;
    }
}

static void run(enum task_source source)
{
    set_source(source);
    cpu_before = cpu;
    writes = 0;
    result = task_switch(&req, &cpu, &ops, NULL);
}

static void expect_success(void)
{
    assert_true(result.committed);
    assert_false(result.faulted);
}

/* The old task, as it was; nothing was written. */
static void expect_refused(uint8_t vector, uint32_t error_code)
{
    assert_true(result.faulted);
    assert_false(result.committed);
    assert_int_equal(result.fault.vector, vector);
    assert_int_equal(result.fault.error_code, error_code);
    assert_memory_equal(&cpu, &cpu_before, sizeof(cpu));
    assert_int_equal(writes, 0);
    assert_int_equal(cr3_loaded, 0);
}

static void expect_fault_in_new(uint8_t vector, uint32_t error_code)
{
    assert_true(result.faulted);
    assert_true(result.committed);
    assert_int_equal(result.fault.vector, vector);
    assert_int_equal(result.fault.error_code, error_code);
    assert_int_equal(cpu.seg[SEG_TR].sel, req.selector);
    assert_int_equal(cpu.eip, NEW_EIP);
}

/* --- What a switch does. --- */

static void check_old_saved(uint32_t eflags)
{
    assert_int_equal(get32(OLD + T_EIP), OLD_EIP);
    assert_int_equal(get32(OLD + T_EFLAGS), eflags);
    for ( unsigned int i = 0; i < 8; i++ )
        assert_int_equal(get32(OLD + T_GPR + 4 * i), OLD_GPR(i));
    for ( unsigned int i = 0; i < 6; i++ )
        assert_int_equal(get16(OLD + T_SEG + 4 * i), SEL(D_DATA) + (i << 8));
}

static void check_new_loaded(uint32_t eflags)
{
    assert_int_equal(cpu.eip, NEW_EIP);
    assert_int_equal(cpu.eflags, eflags);
    for ( unsigned int i = 0; i < 8; i++ )
        assert_int_equal(cpu.gpr[i], i == 4 ? STACK : NEW_GPR(i));
    for ( unsigned int i = 0; i < 6; i++ )
    {
        assert_int_equal(cpu.seg[i].sel, SEL(i == SEG_CS ? D_CODE : D_DATA));
        assert_int_equal(cpu.seg[i].ar, i == SEG_CS ? 0xc09b : 0xc093);
        assert_int_equal(cpu.seg[i].limit, 0xffffffff);
    }
    assert_true(cpu.seg[SEG_LDTR].ar & SEG_AR_UNUSABLE);
    assert_int_equal(cpu.seg[SEG_TR].sel, SEL(D_NEW));
    assert_int_equal(cpu.seg[SEG_TR].base, NEW);
    assert_int_equal(cpu.seg[SEG_TR].limit, 0x67);
    assert_int_equal(cpu.seg[SEG_TR].ar, A_TSS_BUSY);
    assert_int_equal(cr3_loaded, CR3);
}

static void test_call(void **state)
{
    run(TASK_CALL);
    expect_success();
    check_old_saved(OLD_EFLAGS);
    check_new_loaded(NEW_EFLAGS | X86_EFLAGS_NT);
    assert_int_equal(access_of(D_OLD), A_TSS_BUSY);
    assert_int_equal(access_of(D_NEW), A_TSS_BUSY);
    assert_int_equal(get16(NEW + T_LINK), SEL(D_OLD));
    assert_false(result.trap);
}

static void test_gate(void **state)
{
    run(TASK_GATE);
    expect_success();
    check_old_saved(OLD_EFLAGS);
    check_new_loaded(NEW_EFLAGS | X86_EFLAGS_NT);
    assert_int_equal(access_of(D_OLD), A_TSS_BUSY);
    assert_int_equal(access_of(D_NEW), A_TSS_BUSY);
    assert_int_equal(get16(NEW + T_LINK), SEL(D_OLD));
}

static void test_jmp(void **state)
{
    put16(NEW + T_LINK, 0xabcd);
    cpu.eflags |= X86_EFLAGS_NT; /* a nested task jumps: it stays one */
    run(TASK_JMP);
    expect_success();
    check_old_saved(OLD_EFLAGS | X86_EFLAGS_NT);
    check_new_loaded(NEW_EFLAGS);
    assert_int_equal(access_of(D_OLD), A_TSS);
    assert_int_equal(access_of(D_NEW), A_TSS_BUSY);
    assert_int_equal(get16(NEW + T_LINK), 0xabcd);
}

static void test_iret(void **state)
{
    put16(NEW + T_LINK, 0xabcd);
    run(TASK_IRET);
    expect_success();
    check_old_saved(OLD_EFLAGS); /* NT is cleared */
    check_new_loaded(NEW_EFLAGS);
    assert_int_equal(access_of(D_OLD), A_TSS);
    assert_int_equal(access_of(D_NEW), A_TSS_BUSY);
    assert_int_equal(get16(NEW + T_LINK), 0xabcd);
}

/* A task that is itself nested is returned to with its NT. */
static void test_iret_to_nested(void **state)
{
    put32(NEW + T_EFLAGS, NEW_EFLAGS | X86_EFLAGS_NT);
    run(TASK_IRET);
    expect_success();
    assert_true(cpu.eflags & X86_EFLAGS_NT);
}

static void test_reserved_bytes_stay(void **state)
{
    memset(memory + OLD, 0xee, 0x68);
    run(TASK_CALL);
    expect_success();
    for ( unsigned int i = 0; i < T_EIP; i++ )
        assert_int_equal(memory[OLD + i], 0xee);
    for ( unsigned int i = 0; i < 6; i++ )
        assert_int_equal(get16(OLD + T_SEG + 4 * i + 2), 0xeeee);
    for ( unsigned int i = T_LDT; i < 0x68; i++ )
        assert_int_equal(memory[OLD + i], 0xee);
}

static void test_eflags_reserved(void **state)
{
    put32(NEW + T_EFLAGS, ~(uint32_t)X86_EFLAGS_VM);
    run(TASK_JMP);
    expect_success();
    assert_int_equal(cpu.eflags, 0x003f7fd7 & ~(uint32_t)X86_EFLAGS_VM);
}

static void test_no_paging(void **state)
{
    cpu.paging = false;
    cr3_invalid = true;
    run(TASK_JMP);
    expect_success();
    assert_int_equal(cr3_loaded, 0);
}

static void test_ldt(void **state)
{
    put16(NEW + T_LDT, SEL(D_LDT));
    put16(NEW + T_SEG + 4 * SEG_FS, LSEL(D_LDT_DATA));
    run(TASK_JMP);
    expect_success();
    assert_int_equal(cpu.seg[SEG_LDTR].sel, SEL(D_LDT));
    assert_int_equal(cpu.seg[SEG_LDTR].base, LDT);
    assert_int_equal(cpu.seg[SEG_LDTR].ar, 0x82);
    assert_int_equal(cpu.seg[SEG_FS].sel, LSEL(D_LDT_DATA));
    assert_int_equal(cpu.seg[SEG_FS].base, 0x100);
    assert_int_equal(cpu.seg[SEG_FS].limit, 0xffff);

    /* The last byte of the descriptor is outside. */
    setup(NULL);
    put_desc(GDT, D_LDT, LDT, 0xe, 0x82, 0);
    put16(NEW + T_LDT, SEL(D_LDT));
    put16(NEW + T_SEG + 4 * SEG_FS, LSEL(D_LDT_DATA));
    run(TASK_JMP);
    expect_fault_in_new(X86_EXC_TS, LSEL(D_LDT_DATA));
}

/* The old task's LDT is not what the new task's selectors refer to. */
static void test_old_ldt_is_gone(void **state)
{
    cpu.seg[SEG_LDTR] = (struct segment){
        .sel = SEL(D_LDT), .limit = 0xf, .ar = 0x82, .base = LDT
    };
    put16(NEW + T_SEG + 4 * SEG_FS, LSEL(D_LDT_DATA));
    run(TASK_JMP);
    expect_fault_in_new(X86_EXC_TS, LSEL(D_LDT_DATA));
}

static void test_accessed_is_set(void **state)
{
    set_access(D_CODE, A_CODE & ~1);
    set_access(D_DATA, A_DATA & ~1);
    run(TASK_JMP);
    expect_success();
    assert_int_equal(access_of(D_CODE), A_CODE);
    assert_int_equal(access_of(D_DATA), A_DATA);
    assert_int_equal(cpu.seg[SEG_SS].ar, 0xc093);
}

static void test_null_data(void **state)
{
    for ( unsigned int i = 0; i < 6; i++ )
        if ( i != SEG_CS && i != SEG_SS )
            put16(NEW + T_SEG + 4 * i, i & 3);
    run(TASK_JMP);
    expect_success();
    for ( unsigned int i = 0; i < 6; i++ )
        if ( i != SEG_CS && i != SEG_SS )
        {
            assert_int_equal(cpu.seg[i].sel, i & 3);
            assert_true(cpu.seg[i].ar & SEG_AR_UNUSABLE);
        }
}

static void make_user_task(void)
{
    for ( unsigned int i = 0; i < 6; i++ )
        put16(NEW + T_SEG + 4 * i, SEL3(i == SEG_CS ? D_UCODE : D_UDATA));
}

static void test_user_task(void **state)
{
    make_user_task();
    run(TASK_JMP);
    expect_success();
    assert_int_equal(cpu.seg[SEG_CS].ar, 0xc0fb);
    assert_int_equal(cpu.seg[SEG_SS].ar, 0xc0f3);
}

static void test_conforming_code(void **state)
{
    make_user_task();
    put16(NEW + T_SEG + 4 * SEG_CS, SEL3(D_CONFORMING));
    put16(NEW + T_SEG + 4 * SEG_DS, SEL3(D_CONFORMING));
    run(TASK_JMP);
    expect_success();
    assert_int_equal(cpu.seg[SEG_CS].ar, 0xc09f);
    assert_int_equal(cpu.seg[SEG_SS].ar, 0xc0f3); /* the CPL is 3 */
}

static void test_vm86(void **state)
{
    put32(NEW + T_EFLAGS, X86_EFLAGS_VM | X86_EFLAGS_MBS);
    put16(NEW + T_LDT, SEL(D_LDT));
    for ( unsigned int i = 0; i < 6; i++ )
        put16(NEW + T_SEG + 4 * i, 0x1000 + i);
    run(TASK_JMP);
    /* No check of segments, but IP must be within 64 KiB. */
    expect_fault_in_new(X86_EXC_GP, 0);
    for ( unsigned int i = 0; i < 6; i++ )
    {
        assert_int_equal(cpu.seg[i].sel, 0x1000 + i);
        assert_int_equal(cpu.seg[i].base, 0x10000 + 16 * i);
        assert_int_equal(cpu.seg[i].limit, 0xffff);
        assert_int_equal(cpu.seg[i].ar, 0xf3);
    }
    assert_int_equal(cpu.seg[SEG_LDTR].ar, 0x82);

    setup(NULL);
    put32(NEW + T_EFLAGS, X86_EFLAGS_VM | X86_EFLAGS_MBS);
    put32(NEW + T_EIP, 0xffff);
    run(TASK_JMP);
    expect_success();
}

static void test_trap_flag(void **state)
{
    put16(NEW + T_TRAP, 1);
    run(TASK_JMP);
    expect_success();
    assert_true(result.trap);

    setup(NULL);
    put16(NEW + T_TRAP, 0xfffe);
    run(TASK_JMP);
    expect_success();
    assert_false(result.trap);
}

/* --- 16-bit tasks. --- */

static void make_tss16(void)
{
    put_desc(GDT, D_NEW, NEW, 0x2b, A_TSS16, 0);
    memset(memory + NEW, 0, 0x68);
    put16(NEW + T16_IP, 0x2345);
    put16(NEW + T16_FLAGS, 0x0203);
    for ( unsigned int i = 0; i < 8; i++ )
        put16(NEW + T16_GPR + 2 * i, 0x7000 + i);
    put16(NEW + T16_GPR + 2 * 4, (uint16_t)STACK);
    for ( unsigned int i = 0; i < 4; i++ )
        put16(NEW + T16_SEG + 2 * i, SEL(i == SEG_CS ? D_CODE : D_DATA));
    put16(NEW + T16_LDT, SEL(D_LDT));
    put16(NEW + T_TRAP, 1); /* beyond its end */
}

static void test_load_16bit(void **state)
{
    make_tss16();
    run(TASK_CALL);
    expect_success();
    assert_int_equal(cpu.eip, 0x2345);
    assert_int_equal(cpu.eflags, 0x4203);
    for ( unsigned int i = 0; i < 8; i++ )
        assert_int_equal(cpu.gpr[i],
                         0xffff0000 | (i == 4 ? STACK : 0x7000 + i));
    assert_int_equal(cpu.seg[SEG_DS].sel, SEL(D_DATA));
    assert_int_equal(cpu.seg[SEG_FS].sel, 0);
    assert_true(cpu.seg[SEG_GS].ar & SEG_AR_UNUSABLE);
    assert_int_equal(cpu.seg[SEG_LDTR].base, LDT);
    assert_int_equal(cpu.seg[SEG_TR].ar, A_TSS16_BUSY);
    assert_int_equal(access_of(D_NEW), A_TSS16_BUSY);
    assert_int_equal(cr3_loaded, 0);
    assert_false(result.trap);
    check_old_saved(OLD_EFLAGS);
}

static void test_save_16bit(void **state)
{
    memset(memory + OLD, 0xee, 0x68);
    set_access(D_OLD, A_TSS16_BUSY);
    cpu.seg[SEG_TR].ar = A_TSS16_BUSY;
    cpu.seg[SEG_TR].limit = 0x29; /* as far as it is written to */
    run(TASK_JMP);
    expect_success();
    assert_int_equal(get16(OLD + T16_IP), (uint16_t)OLD_EIP);
    assert_int_equal(get16(OLD + T16_FLAGS), (uint16_t)OLD_EFLAGS);
    for ( unsigned int i = 0; i < 8; i++ )
        assert_int_equal(get16(OLD + T16_GPR + 2 * i), (uint16_t)OLD_GPR(i));
    for ( unsigned int i = 0; i < 4; i++ )
        assert_int_equal(get16(OLD + T16_SEG + 2 * i), SEL(D_DATA) + (i << 8));
    assert_int_equal(get16(OLD + T16_LDT), 0xeeee);
    assert_int_equal(get16(OLD + T16_IP - 2), 0xeeee);
    assert_int_equal(access_of(D_OLD), A_TSS16);
}

/* --- Error codes of exceptions that a task handles. --- */

static void test_error_code(void **state)
{
    req.has_error = true;
    req.error_code = 0xfedc;
    run(TASK_GATE);
    expect_success();
    assert_int_equal(cpu.gpr[4], STACK - 4);
    assert_int_equal(get32(STACK - 4), 0xfedc);
}

/* Pushed with the rights of the new task. */
static void test_error_code_rights(void **state)
{
    const uint32_t kernel_page = NEW + 0x800;

    req.has_error = true;
    put32(NEW + T_GPR + 4 * 4, kernel_page);
    run(TASK_GATE);
    expect_success();

    setup(NULL);
    make_user_task();
    req.has_error = true;
    put32(NEW + T_GPR + 4 * 4, kernel_page);
    run(TASK_GATE);
    expect_fault_in_new(X86_EXC_PF, 7);
    assert_int_equal(cpu.gpr[4], kernel_page);
    assert_int_equal(get32(kernel_page - 4), 0);

    setup(NULL);
    make_user_task();
    req.has_error = true;
    run(TASK_GATE);
    expect_success();
}

/* Two bytes, where SP leads: that of a 16-bit task is half of ESP. */
static void test_error_code_16bit(void **state)
{
    make_tss16();
    put_desc(GDT, D_DATA, 0, 0xffff, A_DATA, 0);
    put16(STACK - 4, 0xeeee);
    req.has_error = true;
    req.error_code = 0xfedc;
    run(TASK_GATE);
    expect_success();
    assert_int_equal(cpu.gpr[4], 0xffff0000 | (STACK - 2));
    assert_int_equal(get16(STACK - 2), 0xfedc);
    assert_int_equal(get16(STACK - 4), 0xeeee);
}

static void test_error_code_wraps_sp(void **state)
{
    put_desc(GDT, D_DATA, 0, 0xffff, A_DATA, 0);
    put32(NEW + T_GPR + 4 * 4, 0x77770000);
    req.has_error = true;
    req.error_code = 0xfedc;
    run(TASK_GATE);
    expect_success();
    assert_int_equal(cpu.gpr[4], 0x7777fffc);
    assert_int_equal(get32(0xfffc), 0xfedc);
}

static void test_stack_limits(void **state)
{
    static const struct
    {
        uint32_t limit, esp;
        uint8_t access, flags;
        bool fits;
    } rows[] = {
        { 0x5fff, 0x6000, A_DATA, 0x40, true },
        { 0x5ffe, 0x6000, A_DATA, 0x40, false },
        { 0x5fff, 0, A_DATA, 0x40, false },
        { 0xfffff, 2, A_DATA, 0xc0, false },
        { 0x4fff, 0x5004, A_DATA | 4, 0x40, true },
        { 0x5000, 0x5004, A_DATA | 4, 0x40, false },
        { 0x4fff, 0x5004, A_DATA | 4, 0, true },
        { 0x4fff, 0x2, A_DATA | 4, 0, false },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        setup(NULL);
        put_desc(GDT, D_DATA, 0, rows[i].limit, rows[i].access, rows[i].flags);
        put32(NEW + T_GPR + 4 * 4, rows[i].esp);
        req.has_error = req.external = true;
        run(TASK_GATE);
        if ( rows[i].fits )
            expect_success();
        else
            expect_fault_in_new(X86_EXC_SS, 1);
    }
}

/* --- What is refused before anything happens. --- */

static void test_refused_selectors(void **state)
{
    static const uint16_t bad[] = { 0, 3, LSEL(D_NEW), SEL(D_COUNT), 0xfff8 };

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        setup(NULL);
        req.selector = bad[i];
        run(TASK_JMP);
        expect_refused(X86_EXC_GP, bad[i] & ~3);
        run(TASK_IRET);
        expect_refused(X86_EXC_TS, bad[i] & ~3);
        req.external = true;
        run(TASK_GATE);
        expect_refused(X86_EXC_GP, (bad[i] & ~3) | 1);
    }
    /* The last byte of the descriptor must be within the table. */
    setup(NULL);
    cpu.gdt_limit = SEL(D_NEW) + 6;
    run(TASK_CALL);
    expect_refused(X86_EXC_GP, SEL(D_NEW));
    cpu.gdt_limit++;
    run(TASK_CALL);
    expect_success();
}

static void test_refused_descriptors(void **state)
{
    static const struct
    {
        enum task_source source;
        uint8_t access;
        uint32_t limit;
        uint8_t vector; /* 0: goes well */
    } rows[] = {
        { TASK_JMP, A_TSS, 0x67, 0 },
        { TASK_JMP, A_TSS_BUSY, 0x67, X86_EXC_GP },
        { TASK_CALL, A_TSS_BUSY, 0x67, X86_EXC_GP },
        { TASK_GATE, A_TSS_BUSY, 0x67, X86_EXC_GP },
        { TASK_JMP, A_TSS16_BUSY, 0x67, X86_EXC_GP },
        { TASK_IRET, A_TSS, 0x67, X86_EXC_TS },
        { TASK_IRET, A_TSS16, 0x67, X86_EXC_TS },
        { TASK_JMP, A_DATA, 0x67, X86_EXC_GP },
        { TASK_JMP, 0x82, 0x67, X86_EXC_GP }, /* an LDT */
        { TASK_JMP, 0x8c, 0x67, X86_EXC_GP }, /* a call gate */
        { TASK_IRET, 0x8e, 0x67, X86_EXC_TS },
        { TASK_JMP, A_TSS & ~0x80, 0x67, X86_EXC_NP },
        { TASK_IRET, A_TSS_BUSY & ~0x80, 0x67, X86_EXC_NP },
        { TASK_JMP, A_TSS_BUSY & ~0x80, 0x67, X86_EXC_GP },
        { TASK_JMP, A_TSS, 0x66, X86_EXC_TS },
        { TASK_IRET, A_TSS_BUSY, 0x66, X86_EXC_TS },
        { TASK_JMP, A_TSS16, 0x2b, 0 },
        { TASK_JMP, A_TSS16, 0x2a, X86_EXC_TS },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        setup(NULL);
        if ( (rows[i].access & 8) == 0 && !rows[i].vector )
            make_tss16();
        put_desc(GDT, D_NEW, NEW, rows[i].limit, rows[i].access, 0);
        req.source = rows[i].source;
        cpu_before = cpu;
        writes = 0;
        result = task_switch(&req, &cpu, &ops, NULL);
        if ( rows[i].vector )
            expect_refused(rows[i].vector, SEL(D_NEW));
        else
            expect_success();
    }
}

static void test_old_tss_too_small(void **state)
{
    cpu.seg[SEG_TR].limit = 0x5e;
    run(TASK_JMP);
    expect_refused(X86_EXC_TS, SEL(D_OLD));
    cpu.seg[SEG_TR].limit = 0x5f;
    run(TASK_JMP);
    expect_success();
}

static void test_invalid_cr3(void **state)
{
    cr3_invalid = true;
    run(TASK_CALL);
    expect_refused(X86_EXC_GP, 0);
}

/* Every page that is touched before the commit, absent and read-only. */
static void test_page_faults_before(void **state)
{
    static const struct
    {
        enum task_source source;
        unsigned int page;
        bool write; /* is written to as well */
        uint32_t cr2;
    } rows[] = {
        { TASK_JMP, GDT >> 12, true, GDT + SEL(D_NEW) },
        { TASK_IRET, GDT >> 12, true, GDT + SEL(D_NEW) },
        { TASK_CALL, GDT >> 12, true, GDT + SEL(D_NEW) },
        { TASK_JMP, OLD >> 12, true, OLD + T_EIP },
        { TASK_CALL, OLD >> 12, true, OLD + T_EIP },
        { TASK_JMP, NEW >> 12, false, NEW },
        { TASK_IRET, NEW >> 12, false, NEW },
        { TASK_CALL, NEW >> 12, true, NEW },
        { TASK_GATE, NEW >> 12, true, NEW },
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        setup(NULL);
        absent[rows[i].page] = true;
        run(rows[i].source);
        expect_refused(X86_EXC_PF, 0);
        assert_int_equal(result.fault.cr2, rows[i].cr2);

        setup(NULL);
        read_only[rows[i].page] = true;
        run(rows[i].source);
        if ( rows[i].write )
            expect_refused(X86_EXC_PF, 3);
        else
            expect_success();
    }
}

/* A TSS that goes over a page's end is asked for as a whole. */
static void test_page_fault_in_second_page(void **state)
{
    put_desc(GDT, D_NEW, NEW + 0x1000 - 0x60, 0x67, A_TSS, 0);
    absent[(NEW >> 12) + 1] = true;
    run(TASK_JMP);
    expect_refused(X86_EXC_PF, 0);
    assert_int_equal(result.fault.cr2, NEW + 0x1000);
}

/* So is the part of the old one that is written to. */
static void test_page_fault_in_second_page_of_old(void **state)
{
    cpu.seg[SEG_TR].base = OLD - 0x40;
    read_only[OLD >> 12] = true;
    run(TASK_CALL);
    expect_refused(X86_EXC_PF, 3);
    assert_int_equal(result.fault.cr2, OLD);
}

/* --- What is found wrong in the new task. --- */

#define LDTR_OF_TSS 6

static const struct rule
{
    const char *name;
    unsigned int desc; /* D_NULL, or one that gets the access byte */
    uint8_t access;
    unsigned int seg; /* that gets the selector */
    uint16_t sel;
    uint8_t vector;
    bool user; /* the task runs with CPL 3 */
} rules[] = {
    { "LDT: in the GDT", 0, 0, LDTR_OF_TSS, LSEL(1), X86_EXC_TS, 0 },
    { "LDT: in the limit", 0, 0, LDTR_OF_TSS, SEL(D_COUNT), X86_EXC_TS, 0 },
    { "LDT: a system segment", 0, 0, LDTR_OF_TSS, SEL(D_DATA), X86_EXC_TS, 0 },
    { "LDT: an LDT", 0, 0, LDTR_OF_TSS, SEL(D_OLD), X86_EXC_TS, 0 },
    { "LDT: present", D_LDT, 0x02, LDTR_OF_TSS, SEL(D_LDT), X86_EXC_TS, 0 },

    { "CS: not null", 0, 0, SEG_CS, 0, X86_EXC_TS, 0 },
    { "CS: in the limit", 0, 0, SEG_CS, SEL(D_COUNT), X86_EXC_TS, 0 },
    { "CS: in an LDT that is", 0, 0, SEG_CS, LSEL(1), X86_EXC_TS, 0 },
    { "CS: code", 0, 0, SEG_CS, SEL(D_DATA), X86_EXC_TS, 0 },
    { "CS: not a system segment", 0, 0, SEG_CS, SEL(D_OLD), X86_EXC_TS, 0 },
    { "CS: DPL == RPL", 0, 0, SEG_CS, SEL3(D_CODE), X86_EXC_TS, 0 },
    { "CS: DPL == RPL, user's", 0, 0, SEG_CS, SEL(D_UCODE), X86_EXC_TS, 0 },
    { "CS: conforming, DPL <= RPL", D_CONFORMING, A_CODE | 0x64, SEG_CS,
      SEL(D_CONFORMING), X86_EXC_TS, 0 },
    { "CS: present", D_CODE, 0x1b, SEG_CS, SEL(D_CODE), X86_EXC_NP, 0 },

    { "SS: not null", 0, 0, SEG_SS, 0, X86_EXC_TS, 0 },
    { "SS: in the limit", 0, 0, SEG_SS, SEL(D_COUNT), X86_EXC_TS, 0 },
    { "SS: data", 0, 0, SEG_SS, SEL(D_CODE), X86_EXC_TS, 0 },
    { "SS: writable", 0, 0, SEG_SS, SEL(D_READ_ONLY), X86_EXC_TS, 0 },
    { "SS: not a system segment", 0, 0, SEG_SS, SEL(D_LDT), X86_EXC_TS, 0 },
    { "SS: present", D_UDATA, 0x73, SEG_SS, SEL3(D_UDATA), X86_EXC_SS, 1 },
    { "SS: present, before DPL", D_UDATA, 0x73, SEG_SS, SEL(D_UDATA),
      X86_EXC_SS, 0 },
    { "SS: DPL == CPL", 0, 0, SEG_SS, SEL(D_UDATA), X86_EXC_TS, 0 },
    { "SS: RPL == CPL", 0, 0, SEG_SS, SEL3(D_DATA), X86_EXC_TS, 0 },
    { "SS: DPL == CPL, user", 0, 0, SEG_SS, SEL3(D_DATA), X86_EXC_TS, 1 },

    { "DS: in the limit", 0, 0, SEG_DS, SEL(D_COUNT), X86_EXC_TS, 0 },
    { "DS: readable", 0, 0, SEG_DS, SEL(D_EXEC_ONLY), X86_EXC_TS, 0 },
    { "DS: not a system segment", 0, 0, SEG_DS, SEL(D_OLD), X86_EXC_TS, 0 },
    { "DS: present", D_READ_ONLY, 0x11, SEG_DS, SEL(D_READ_ONLY), X86_EXC_NP,
      0 },
    { "DS: DPL >= CPL", 0, 0, SEG_DS, SEL(D_DATA), X86_EXC_TS, 1 },
    { "DS: DPL >= RPL", 0, 0, SEG_DS, SEL3(D_READ_ONLY), X86_EXC_TS, 0 },
    { "ES: DPL >= CPL", 0, 0, SEG_ES, SEL(D_READ_ONLY), X86_EXC_TS, 1 },
    { "FS: readable", 0, 0, SEG_FS, SEL(D_EXEC_ONLY), X86_EXC_TS, 0 },
    { "GS: present", D_READ_ONLY, 0x11, SEG_GS, SEL(D_READ_ONLY), X86_EXC_NP,
      0 },
};

static void check_left_over(const struct rule *r)
{
    static const uint8_t order[] = { LDTR_OF_TSS, SEG_CS, SEG_SS, SEG_DS,
                                     SEG_ES,      SEG_FS, SEG_GS };
    unsigned int cpl = r->seg == SEG_CS ? r->sel & 3 : r->user ? 3 : 0;
    bool reached = false;

    for ( unsigned int i = 0; i < ARRAY_SIZE(order); i++ )
    {
        unsigned int seg = order[i];

        reached |= seg == r->seg;
        if ( seg == LDTR_OF_TSS )
            assert_int_equal(cpu.seg[SEG_LDTR].sel,
                             r->seg == LDTR_OF_TSS ? r->sel : 0);
        else
            assert_int_equal(cpu.seg[seg].sel, get16(NEW + T_SEG + 4 * seg));
        if ( !reached )
            continue;
        if ( seg == SEG_CS )
            assert_int_equal(cpu.seg[SEG_CS].limit, 0);
        else
            assert_true(cpu.seg[seg == LDTR_OF_TSS ? SEG_LDTR : seg].ar &
                        SEG_AR_UNUSABLE);
    }
    assert_int_equal((cpu.seg[SEG_SS].ar >> 5) & 3, cpl);
    assert_int_equal((cpu.seg[SEG_CS].ar >> 5) & 3, cpl);
}

static void test_rules(void **state)
{
    for ( unsigned int i = 0; i < 2 * ARRAY_SIZE(rules); i++ )
    {
        const struct rule *r = &rules[i / 2];

        setup(NULL);
        if ( r->user )
            make_user_task();
        if ( r->desc )
            set_access(r->desc, r->access);
        put16(r->seg == LDTR_OF_TSS ? NEW + T_LDT : NEW + T_SEG + 4 * r->seg,
              r->sel);
        req.external = i & 1;
        run(i & 1 ? TASK_GATE : TASK_CALL);
        if ( !result.faulted || result.fault.vector != r->vector )
            print_message("rule: %s\n", r->name);
        expect_fault_in_new(r->vector, (r->sel & ~3) | (i & 1));
        check_left_over(r);
        assert_int_equal(get16(NEW + T_LINK), SEL(D_OLD));
        assert_int_equal(access_of(D_NEW), A_TSS_BUSY);
    }
}

static void test_eip_limit(void **state)
{
    put_desc(GDT, D_CODE, 0, NEW_EIP - 1, A_CODE, 0x40);
    run(TASK_CALL);
    expect_fault_in_new(X86_EXC_GP, 0);

    setup(NULL);
    put_desc(GDT, D_CODE, 0, NEW_EIP, A_CODE, 0x40);
    run(TASK_CALL);
    expect_success();
}

/* The new task's page tables count as soon as the task is loaded. */
static void test_page_faults_after(void **state)
{
    absent_in_new[GDT >> 12] = true;
    run(TASK_CALL);
    expect_fault_in_new(X86_EXC_PF, 0);
    assert_int_equal(result.fault.cr2, GDT + SEL(D_CODE));
    assert_int_equal(cr3_loaded, CR3);

    setup(NULL);
    absent_in_new[(STACK - 1) >> 12] = true;
    req.has_error = true;
    run(TASK_GATE);
    expect_fault_in_new(X86_EXC_PF, 2);
    assert_int_equal(result.fault.cr2, STACK - 4);
    assert_int_equal(cpu.gpr[4], STACK);

    /* The accessed flag that cannot be set. */
    setup(NULL);
    put16(NEW + T_LDT, SEL(D_LDT));
    put_desc(LDT, D_LDT_DATA, 0, 0xffff, A_DATA & ~1, 0x40);
    put16(NEW + T_SEG + 4 * SEG_ES, LSEL(D_LDT_DATA));
    read_only[LDT >> 12] = true;
    run(TASK_JMP);
    expect_fault_in_new(X86_EXC_PF, 3);
    assert_int_equal(result.fault.cr2, LDT + 8 * D_LDT_DATA + 5);
    assert_true(cpu.seg[SEG_ES].ar & SEG_AR_UNUSABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_call, setup),
        cmocka_unit_test_setup(test_gate, setup),
        cmocka_unit_test_setup(test_jmp, setup),
        cmocka_unit_test_setup(test_iret, setup),
        cmocka_unit_test_setup(test_iret_to_nested, setup),
        cmocka_unit_test_setup(test_reserved_bytes_stay, setup),
        cmocka_unit_test_setup(test_eflags_reserved, setup),
        cmocka_unit_test_setup(test_no_paging, setup),
        cmocka_unit_test_setup(test_ldt, setup),
        cmocka_unit_test_setup(test_old_ldt_is_gone, setup),
        cmocka_unit_test_setup(test_accessed_is_set, setup),
        cmocka_unit_test_setup(test_null_data, setup),
        cmocka_unit_test_setup(test_user_task, setup),
        cmocka_unit_test_setup(test_conforming_code, setup),
        cmocka_unit_test_setup(test_vm86, setup),
        cmocka_unit_test_setup(test_trap_flag, setup),
        cmocka_unit_test_setup(test_load_16bit, setup),
        cmocka_unit_test_setup(test_save_16bit, setup),
        cmocka_unit_test_setup(test_error_code, setup),
        cmocka_unit_test_setup(test_error_code_rights, setup),
        cmocka_unit_test_setup(test_error_code_16bit, setup),
        cmocka_unit_test_setup(test_error_code_wraps_sp, setup),
        cmocka_unit_test_setup(test_stack_limits, setup),
        cmocka_unit_test_setup(test_refused_selectors, setup),
        cmocka_unit_test_setup(test_refused_descriptors, setup),
        cmocka_unit_test_setup(test_old_tss_too_small, setup),
        cmocka_unit_test_setup(test_invalid_cr3, setup),
        cmocka_unit_test_setup(test_page_faults_before, setup),
        cmocka_unit_test_setup(test_page_fault_in_second_page, setup),
        cmocka_unit_test_setup(test_page_fault_in_second_page_of_old, setup),
        cmocka_unit_test_setup(test_rules, setup),
        cmocka_unit_test_setup(test_eip_limit, setup),
        cmocka_unit_test_setup(test_page_faults_after, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
