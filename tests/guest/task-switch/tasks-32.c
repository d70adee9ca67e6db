/* SPDX-License-Identifier: MIT */
/* The tasks, and what is checked of every switch between them: 32-bit code. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tasks.h"

struct tasks tasks;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void check_at(const char *what, uint32_t got, uint32_t want,
                     uint32_t line)
{
    uint32_t n = tasks.nr_failures;

    tasks.checks++;
    if ( got == want )
        return;
    tasks.nr_failures++;
    if ( n < MAX_FAILURES )
        tasks.failures[n] =
            (struct tasks_failure){ (uint32_t)what, got, want, line };
}
#define check(what, got, want) \
    check_at(what, (uint32_t)(got), (uint32_t)(want), __LINE__)

/* --- What the architecture has. --- */

struct tss32
{
    uint16_t link, r0;
    uint32_t esp0, ss0, esp1, ss1, esp2, ss2;
    uint32_t cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    struct
    {
        uint16_t sel, r;
    } es, cs, ss, ds, fs, gs, ldt;
    uint16_t trap, iomap;
};
_Static_assert(sizeof(struct tss32) == 104, "architecture");

struct tss16
{
    uint16_t link, sp0, ss0, sp1, ss1, sp2, ss2;
    uint16_t ip, flags, ax, cx, dx, bx, sp, bp, si, di;
    uint16_t es, cs, ss, ds, ldt;
};
_Static_assert(sizeof(struct tss16) == 44, "architecture");

struct table_pointer
{
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

#define FLAG_MBS    0x2u
#define FLAG_NT     0x4000u
#define FLAG_RF     0x10000u
#define FLAG_VM     0x20000u
#define FLAGS_IOPL3 0x3000u
#define CR0_TS      0x8u
#define DR6_BT      0x8000u
#define DR7_LOCAL   0x155u
#define DR7_GLOBAL  0x2aau

#define VEC_DB      1
#define VEC_NMI     2
#define VEC_UD      6
#define VEC_DF      8
#define VEC_TS      10
#define VEC_NP      11
#define VEC_SS      12
#define VEC_GP      13
#define VEC_PF      14
#define VEC_TASK    0x40
#define VEC_VM86    0x41
#define NR_GATES    0x42
#define NONE        0xffffffffu

#define A_CODE      0x9b
#define A_DATA      0x93
#define A_TSS       0x89
#define A_TSS_BUSY  0x8b
#define A_TSS16     0x81
#define TSS_BUSY    0x02
#define A_LDT       0x82
#define A_TASK_GATE 0x85
#define A_INT_GATE  0x8e
#define A_DPL3      0x60
#define A_P         0x80

enum
{
    D_NULL,
    D_CODE,
    D_DATA,
    D_UCODE,
    D_UDATA,
    D_CODE16,  /* starts at task16 */
    D_STACK16, /* starts at its stack */
    D_ABSENT,
    D_EXEC_ONLY,
    D_READ_ONLY,
    D_ABSENT_CODE,
    D_LDT,
    D_ABSENT_LDT,
    D_GATE, /* a task gate to T_CALLED */
    D_TASKS,
};

/* Tasks, and the TSS and stack of each. */
enum
{
    T_MAIN,
    T_CALLED,
    T_JUMPED,
    T_BROKEN,
    T_NMI,
    T_USER,
    T_VM86,
    T_16BIT,
    /* Those that handle an exception, in the order of fault_vectors[]. */
    T_FAULT_DF,
    T_FAULT_TS,
    T_FAULT_NP,
    T_FAULT_SS,
    T_FAULT_GP,
    NR_TASKS,
};
static const uint8_t fault_vectors[] = { VEC_DF, VEC_TS, VEC_NP, VEC_SS,
                                         VEC_GP };

#define SEL(d)  ((d) << 3)
#define SEL3(d) (SEL(d) | 3)
#define TASK(t) SEL(D_TASKS + (t))

static uint64_t gdt[D_TASKS + NR_TASKS] __attribute__((aligned(8)));
static uint64_t ldt[2] __attribute__((aligned(8)));
static uint64_t idt[NR_GATES] __attribute__((aligned(8)));
static struct tss32 tss[NR_TASKS] __attribute__((aligned(128)));
static struct tss16 tss_16bit __attribute__((aligned(64)));
static uint8_t stacks[NR_TASKS][2048] __attribute__((aligned(16)));

/* mode.S */
extern const char stubs32[], vm86_code[], vm86_code_end[], task16[];
void fault_task(void);
void user_task(void);
void vm86_handler(void);
#define STUB_SIZE 16

/* --- Instructions. --- */

static inline uint16_t str(void)
{
    uint32_t tr;

    asm volatile("str %0" : "=r"(tr));
    return (uint16_t)tr;
}

static inline uint32_t flags(void)
{
    uint32_t f;

    asm volatile("pushf; pop %0" : "=r"(f));
    return f;
}

static inline uint32_t read_cr0(void)
{
    uint32_t v;

    asm volatile("mov %%cr0, %0" : "=r"(v));
    return v;
}

static inline uint32_t read_cr3(void)
{
    uint32_t v;

    asm volatile("mov %%cr3, %0" : "=r"(v));
    return v;
}

static inline uint32_t read_cr2(void)
{
    uint32_t v;

    asm volatile("mov %%cr2, %0" : "=r"(v));
    return v;
}

static inline uint32_t read_dr6(void)
{
    uint32_t v;

    asm volatile("mov %%dr6, %0" : "=r"(v));
    return v;
}

static inline uint32_t read_dr7(void)
{
    uint32_t v;

    asm volatile("mov %%dr7, %0" : "=r"(v));
    return v;
}

static inline void write_dr7(uint32_t v)
{
    asm volatile("mov %0, %%dr7" : : "r"(v));
}

static inline void clts(void)
{
    asm volatile("clts");
}

/* To the compiler a task that goes away and comes back has done nothing. */
static inline void iret(void)
{
    asm volatile("iret" : : : "memory");
}

/* --- Faults. --- */

/* The last one: who met it, and what the processor said. */
static volatile struct
{
    uint32_t vector, error, eip, tr, cr2, dr6;
    uint32_t link; /* of the task that handles it, if one does */
} seen;

/* Where the main task goes on behind a fault; set by TRY(). */
extern volatile uint32_t resume_at;
volatile uint32_t resume_at;

static void forget(void)
{
    seen.vector = seen.error = seen.link = NONE;
}

struct frame
{
    uint32_t edi, esi, ebp, esp, ebx, edx, ecx, eax;
    uint32_t vector, error, eip, cs, eflags;
};

void __attribute__((regparm(1))) trap32(struct frame *f);
void __attribute__((regparm(1))) trap32(struct frame *f)
{
    seen.vector = f->vector;
    seen.error = f->error;
    seen.eip = f->eip;
    seen.tr = str();
    seen.cr2 = read_cr2();
    seen.dr6 = read_dr6();
    if ( f->vector != VEC_DB )
        f->eip = resume_at;
}

static uint8_t *access_of(unsigned int d)
{
    return (uint8_t *)&gdt[d] + 5;
}

/*
 * In a task of fault_task(). It returns to the main task, at resume_at, whoever
 * met the fault: a task that broke is left.
 */
void __attribute__((regparm(1))) fault_seen(uint32_t error);
void __attribute__((regparm(1))) fault_seen(uint32_t error)
{
    unsigned int self = (str() >> 3) - D_TASKS;

    seen.vector = fault_vectors[self - T_FAULT_DF];
    seen.error = error;
    seen.link = tss[self].link;
    seen.cr2 = read_cr2();
    seen.eip = tss[(seen.link >> 3) - D_TASKS].eip;
    if ( seen.link != TASK(T_MAIN) )
    {
        *access_of(seen.link >> 3) &= ~TSS_BUSY;
        tss[self].link = TASK(T_MAIN);
    }
    tss[T_MAIN].eip = resume_at;
}

/* Run instructions; if the main task faults in them, go on behind them. */
#define TRY(insns, ...)                                       \
    do                                                        \
    {                                                         \
        forget();                                             \
        asm volatile("movl $77f, resume_at\n\t" insns "\n77:" \
                     :                                        \
                     : __VA_ARGS__                            \
                     : "memory", "cc");                       \
    } while ( 0 )

struct far_pointer
{
    uint32_t offset;
    uint16_t sel;
} __attribute__((packed));

static inline void try_jmp(uint16_t sel)
{
    struct far_pointer p = { 0, sel };

    TRY("ljmp *%0", "m"(p));
}

static inline void try_call(uint16_t sel)
{
    struct far_pointer p = { 0, sel };

    TRY("lcall *%0", "m"(p));
}

#define BAD_SELECTOR 0xfff8u

/* #GP, whose address is noted. */
extern volatile uint32_t fault_at;
volatile uint32_t fault_at;

static inline void try_bad_selector(void)
{
    TRY("movl $78f, fault_at\n"
        "78: mov %0, %%fs",
        "r"(BAD_SELECTOR));
}

/* --- Tables. --- */

static void set_desc(unsigned int d, uint32_t base, uint32_t limit,
                     uint8_t access, uint8_t flag_bits)
{
    gdt[d] = (limit & 0xffff) | (uint64_t)(base & 0xffffff) << 16 |
             (uint64_t)access << 40 |
             (uint64_t)((limit >> 16 & 0xf) | flag_bits) << 48 |
             (uint64_t)(base >> 24) << 56;
}

static uint64_t gate(uint16_t sel, uint32_t offset, uint8_t access)
{
    return (offset & 0xffff) | (uint64_t)sel << 16 | (uint64_t)access << 40 |
           (uint64_t)(offset >> 16) << 48;
}

static void set_task_gate(unsigned int vec, unsigned int task)
{
    idt[vec] = gate(TASK(task), 0, A_TASK_GATE);
}

static void set_int_gate(unsigned int vec)
{
    idt[vec] =
        gate(SEL(D_CODE), (uint32_t)stubs32 + vec * STUB_SIZE, A_INT_GATE);
}

/* A task in ring 0 that is not running; begins at fn. */
static void init_task(unsigned int t, void (*fn)(void))
{
    const uint16_t data = SEL(D_DATA);

    tss[t] = (struct tss32){
        .cr3 = tasks.cr3,
        .eip = (uint32_t)fn,
        .eflags = FLAG_MBS,
        .esp = (uint32_t)(stacks[t] + sizeof(stacks[t])),
        .esp0 = (uint32_t)(stacks[t] + sizeof(stacks[t])),
        .ss0 = data,
        .cs = { SEL(D_CODE), 0 },
        .es = { data, 0 },
        .ss = { data, 0 },
        .ds = { data, 0 },
        .iomap = sizeof(tss[t]),
    };
    set_desc(D_TASKS + t, (uint32_t)&tss[t], sizeof(tss[t]) - 1, A_TSS, 0);
}

static void called_task(void);
static void jumped_task(void);
static void nmi_task(void);
static void broken_task(void);

static void load_tables(void)
{
    struct table_pointer p = { sizeof(gdt) - 1, (uint32_t)gdt };

    asm volatile("lgdt %0\n\t"
                 "ljmp %[code], $1f\n\t"
                 "1: mov %[data], %%ds\n\t"
                 "mov %[data], %%es\n\t"
                 "mov %[data], %%ss\n\t"
                 "mov %[null], %%fs\n\t"
                 "mov %[null], %%gs"
                 :
                 : "m"(p), [code] "i"(SEL(D_CODE)), [data] "r"(SEL(D_DATA)),
                   [null] "r"(0)
                 : "memory");
    p = (struct table_pointer){ sizeof(idt) - 1, (uint32_t)idt };
    asm volatile("lidt %0" : : "m"(p));
    asm volatile("lldt %w0" : : "r"(0));
    asm volatile("ltr %w0" : : "r"(TASK(T_MAIN)));
}

static void init_tables(void)
{
    set_desc(D_CODE, 0, 0xfffff, A_CODE, 0xc0);
    set_desc(D_DATA, 0, 0xfffff, A_DATA, 0xc0);
    set_desc(D_UCODE, 0, 0xfffff, A_CODE | A_DPL3, 0xc0);
    set_desc(D_UDATA, 0, 0xfffff, A_DATA | A_DPL3, 0xc0);
    set_desc(D_CODE16, (uint32_t)task16, 0xffff, A_CODE, 0x40);
    set_desc(D_STACK16, (uint32_t)stacks[T_16BIT], 0xffff, A_DATA, 0);
    set_desc(D_ABSENT, 0, 0xfffff, A_DATA & ~A_P, 0xc0);
    set_desc(D_EXEC_ONLY, 0, 0xfffff, 0x99, 0xc0);
    set_desc(D_READ_ONLY, 0, 0xfffff, 0x91, 0xc0);
    set_desc(D_ABSENT_CODE, 0, 0xfffff, A_CODE & ~A_P, 0xc0);
    set_desc(D_LDT, (uint32_t)ldt, sizeof(ldt) - 1, A_LDT, 0);
    set_desc(D_ABSENT_LDT, (uint32_t)ldt, sizeof(ldt) - 1, A_LDT & ~A_P, 0);
    ldt[1] = gdt[D_DATA] & ~(1ull << 40); /* not yet accessed */
    gdt[D_GATE] = gate(TASK(T_CALLED), 0, A_TASK_GATE);

    init_task(T_MAIN, NULL);
    init_task(T_CALLED, called_task);
    init_task(T_JUMPED, jumped_task);
    init_task(T_NMI, nmi_task);
    for ( unsigned int t = T_FAULT_DF; t <= T_FAULT_GP; t++ )
        init_task(t, fault_task);

    for ( unsigned int i = 0; i < 32; i++ )
        set_int_gate(i);
    set_task_gate(VEC_NMI, T_NMI);
    idt[VEC_TASK] = gate(TASK(T_CALLED), 0, A_TASK_GATE);
    idt[VEC_VM86] =
        gate(SEL(D_CODE), (uint32_t)vm86_handler, A_INT_GATE | A_DPL3);
    load_tables();
}

static uint8_t access_of_task(unsigned int t)
{
    return *access_of(D_TASKS + t);
}

/* --- There and back. --- */

static volatile uint32_t called_runs;

static void called_task(void)
{
    for ( ;; )
    {
        called_runs++;
        check("TR of the called task", str(), TASK(T_CALLED));
        check("NT of the called task", flags() & FLAG_NT, FLAG_NT);
        check("CR0.TS of the called task", read_cr0() & CR0_TS, CR0_TS);
        check("DR7 of the called task", read_dr7() & (DR7_LOCAL | DR7_GLOBAL),
              DR7_GLOBAL);
        check("its link", tss[T_CALLED].link, TASK(T_MAIN));
        check("its busy flag", access_of_task(T_CALLED), A_TSS_BUSY);
        check("the caller's busy flag", access_of_task(T_MAIN), A_TSS_BUSY);
        clts();
        iret();
    }
}

/* The main task is as it was, and alone. */
static void check_returned(uint32_t runs)
{
    check("runs of the called task", called_runs, runs);
    check("TR after the return", str(), TASK(T_MAIN));
    check("NT after the return", flags() & FLAG_NT, 0);
    check("CR0.TS after the return", read_cr0() & CR0_TS, CR0_TS);
    check("busy flag of who returned", access_of_task(T_CALLED), A_TSS);
    check("busy flag of who is returned to", access_of_task(T_MAIN),
          A_TSS_BUSY);
    check("NT in the TSS of who returned", tss[T_CALLED].eflags & FLAG_NT, 0);
}

static void test_call(void)
{
    uint32_t runs = called_runs;

    clts();
    write_dr7(DR7_LOCAL | DR7_GLOBAL | 0x400);
    try_call(TASK(T_CALLED));
    check_returned(++runs);
    check("DR7 after the return", read_dr7() & DR7_LOCAL, 0);

    write_dr7(DR7_LOCAL | DR7_GLOBAL | 0x400);
    try_call(SEL(D_GATE));
    check_returned(++runs);

    write_dr7(DR7_LOCAL | DR7_GLOBAL | 0x400);
    TRY("int %0", "i"(VEC_TASK));
    check_returned(++runs);
    check("EIP behind INT", tss[T_MAIN].eip, resume_at);
    write_dr7(0x400);
}

static volatile uint32_t jumped_runs;

static void jumped_task(void)
{
    for ( ;; )
    {
        jumped_runs++;
        check("TR of the task jumped to", str(), TASK(T_JUMPED));
        check("NT of the task jumped to", flags() & FLAG_NT, 0);
        check("its link", tss[T_JUMPED].link, 0x1234);
        check("its busy flag", access_of_task(T_JUMPED), A_TSS_BUSY);
        check("busy flag of the task left", access_of_task(T_MAIN), A_TSS);
        try_jmp(TASK(T_MAIN));
    }
}

static void test_jmp(void)
{
    uint32_t runs = jumped_runs;

    tss[T_JUMPED].link = 0x1234;
    for ( unsigned int i = 1; i <= 2; i++ )
    {
        try_jmp(TASK(T_JUMPED));
        check("runs of the task jumped to", jumped_runs, runs + i);
        check("TR after the jump back", str(), TASK(T_MAIN));
        check("its busy flag after", access_of_task(T_JUMPED), A_TSS);
        check("busy flag of the main task", access_of_task(T_MAIN), A_TSS_BUSY);
    }
}

/* --- Exceptions and NMIs through task gates. --- */

static void test_error_code(void)
{
    set_task_gate(VEC_GP, T_FAULT_GP);
    for ( unsigned int i = 0; i < 2; i++ )
    {
        try_bad_selector();
        check("vector of #GP by a task gate", seen.vector, VEC_GP);
        check("its error code", seen.error, BAD_SELECTOR);
        check("its link", seen.link, TASK(T_MAIN));
        check("EIP of the fault", seen.eip, fault_at);
        check("RF of the fault", tss[T_MAIN].eflags & FLAG_RF, FLAG_RF);
    }
    set_int_gate(VEC_GP);
}

static void test_double_fault(void)
{
    set_task_gate(VEC_DF, T_FAULT_DF);
    idt[VEC_GP] = gate(SEL(D_CODE), 0, A_INT_GATE & ~A_P);
    try_bad_selector();
    check("vector of #DF by a task gate", seen.vector, VEC_DF);
    check("its error code", seen.error, 0);
    check("its link", seen.link, TASK(T_MAIN));
    set_int_gate(VEC_GP);
    set_int_gate(VEC_DF);
}

#define APIC      0xfee00000u
#define APIC_ID   0x20
#define APIC_SPIV 0xf0
#define APIC_ICR  0x300
#define APIC_ICR2 0x310
#define ICR_NMI   (1u << 14 | 4u << 8)

static volatile uint32_t *apic(uint32_t reg)
{
    return (volatile uint32_t *)(APIC + reg);
}

/* The shorthand for "self" is for fixed interrupts. */
static void send_nmi(void)
{
    *apic(APIC_ICR2) = *apic(APIC_ID);
    *apic(APIC_ICR) = ICR_NMI;
}

static volatile uint32_t nmi_runs;
static volatile bool nmi_again;

static void nmi_task(void)
{
    for ( ;; )
    {
        uint32_t runs = ++nmi_runs;

        check("TR of the NMI's task", str(), TASK(T_NMI));
        if ( nmi_again )
        {
            nmi_again = false;
            send_nmi();
            for ( unsigned int i = 0; i < 100; i++ )
                asm volatile("pause");
            check("NMIs in the NMI's task", nmi_runs, runs);
        }
        iret();
    }
}

static void wait_for_nmis(uint32_t runs)
{
    for ( unsigned int i = 0; i < 100000 && nmi_runs != runs; i++ )
        asm volatile("pause");
    check("NMIs", nmi_runs, runs);
    check("TR after NMIs", str(), TASK(T_MAIN));
}

static void test_nmi(void)
{
    uint32_t runs = nmi_runs;

    *apic(APIC_SPIV) = 0x1ff;
    send_nmi();
    wait_for_nmis(runs + 1);
    nmi_again = true;
    send_nmi();
    wait_for_nmis(runs + 3);
}

/* --- Refused, and nothing has happened. --- */

static void check_refused(uint32_t vector, uint32_t error, uint32_t line)
{
    check_at("vector of a switch refused", seen.vector, vector, line);
    check_at("its error code", seen.error, error, line);
    check_at("TR where it was refused", seen.tr, TASK(T_MAIN), line);
    check_at("busy flag of the main task", access_of_task(T_MAIN), A_TSS_BUSY,
             line);
}
#define refused(vector, error) check_refused(vector, error, __LINE__)

static void broken_task(void)
{
    for ( ;; )
        iret();
}

/* IRET with NT: back to the task of the link. */
static void return_to(uint16_t link)
{
    tss[T_MAIN].link = link;
    TRY("pushf\n\t"
        "orl %0, (%%esp)\n\t"
        "popf\n\t"
        "iret",
        "i"(FLAG_NT));
    asm volatile("pushf\n\t"
                 "andl %0, (%%esp)\n\t"
                 "popf"
                 :
                 : "i"(~FLAG_NT)
                 : "memory", "cc");
}

static void test_refused(void)
{
    const unsigned int d = D_TASKS + T_BROKEN;

    init_task(T_BROKEN, broken_task);
    try_jmp(TASK(T_MAIN));
    refused(VEC_GP, TASK(T_MAIN));
    try_call(TASK(T_MAIN));
    refused(VEC_GP, TASK(T_MAIN));
    *access_of(d) = A_TSS & ~A_P;
    try_jmp(TASK(T_BROKEN));
    refused(VEC_NP, TASK(T_BROKEN));
    set_desc(d, (uint32_t)&tss[T_BROKEN], sizeof(*tss) - 2, A_TSS, 0);
    try_jmp(TASK(T_BROKEN));
    refused(VEC_TS, TASK(T_BROKEN));
    set_desc(d, (uint32_t)&tss[T_BROKEN], sizeof(*tss) - 1, A_TSS, 0);

    return_to(TASK(T_BROKEN)); /* is not busy */
    refused(VEC_TS, TASK(T_BROKEN));
    return_to(SEL(D_DATA));
    refused(VEC_TS, SEL(D_DATA));
    return_to(0xfff8);
    refused(VEC_TS, 0xfff8);

    if ( tasks.bad_cr3 )
    {
        tss[T_BROKEN].cr3 = tasks.bad_cr3;
        try_call(TASK(T_BROKEN));
        refused(VEC_GP, 0);
        tss[T_BROKEN].cr3 = tasks.cr3;
        check("CR3 after it was refused", read_cr3(), tasks.cr3);
    }
    if ( tasks.cr3 )
    {
        set_desc(d, NOWHERE, sizeof(*tss) - 1, A_TSS, 0);
        try_jmp(TASK(T_BROKEN));
        refused(VEC_PF, 0);
        check("CR2 of a TSS that is not mapped", seen.cr2, NOWHERE);
        check("busy flag of what was not entered", *access_of(d), A_TSS);
    }
    /* After all that tasks can still be switched. */
    init_task(T_BROKEN, broken_task);
    try_call(TASK(T_BROKEN));
    check("vector of a switch at last", seen.vector, NONE);
}

/* --- Faults in the new task: a bad selector in its TSS. --- */

static const struct broken
{
    uint32_t field; /* of the TSS */
    uint16_t sel;
    uint8_t vector;
} broken[] = {
#define FIELD(f) offsetof(struct tss32, f)
    { FIELD(ldt), SEL(D_DATA), VEC_TS },
    { FIELD(ldt), SEL(1) | 4, VEC_TS },
    { FIELD(ldt), SEL(D_ABSENT_LDT), VEC_TS },
    { FIELD(cs), 0, VEC_TS },
    { FIELD(cs), SEL(D_DATA), VEC_TS },
    { FIELD(cs), SEL(D_UCODE), VEC_TS },
    { FIELD(cs), SEL(D_ABSENT_CODE), VEC_NP },
    { FIELD(ss), 0, VEC_TS },
    { FIELD(ss), 0xfff8, VEC_TS },
    { FIELD(ss), SEL(D_READ_ONLY), VEC_TS },
    { FIELD(ss), SEL(D_ABSENT), VEC_SS },
    { FIELD(ss), SEL3(D_UDATA), VEC_TS },
    { FIELD(ds), SEL(1) | 4, VEC_TS }, /* there is no LDT */
    { FIELD(ds), SEL(D_EXEC_ONLY), VEC_TS },
    { FIELD(es), SEL(D_ABSENT), VEC_NP },
    { FIELD(fs), TASK(T_MAIN), VEC_TS },
    { FIELD(gs), 0xfff8, VEC_TS },
};

static void enter_broken(const struct broken *b)
{
    init_task(T_BROKEN, broken_task);
    *(uint16_t *)((uint8_t *)&tss[T_BROKEN] + b->field) = b->sel;
}

static void check_broken(const struct broken *b, uint32_t vector,
                         uint32_t error, uint32_t line)
{
    uint16_t saved = *(uint16_t *)((uint8_t *)&tss[T_BROKEN] + b->field);

    check_at("vector in a broken task", seen.vector, vector, line);
    check_at("its error code", seen.error, error, line);
    check_at("the task it was met in", seen.link, TASK(T_BROKEN), line);
    check_at("EIP of it", seen.eip, (uint32_t)broken_task, line);
    check_at("the selector as loaded", saved, b->sel, line);
    if ( vector != VEC_DF )
        check_at("RF of a fault in it", tss[T_BROKEN].eflags & FLAG_RF, FLAG_RF,
                 line);
    check_at("link of the broken task", tss[T_BROKEN].link, TASK(T_MAIN), line);
}

static void test_broken(void)
{
    static const uint8_t by_task[] = { VEC_DF, VEC_TS, VEC_NP, VEC_SS };

    for ( unsigned int i = 0; i < ARRAY_SIZE(by_task); i++ )
        set_task_gate(by_task[i], T_FAULT_DF + i);
    set_task_gate(VEC_TASK, T_BROKEN);
    set_task_gate(VEC_UD, T_BROKEN);
    set_task_gate(VEC_GP, T_BROKEN);
    for ( unsigned int i = 0; i < ARRAY_SIZE(broken); i++ )
    {
        const struct broken *b = &broken[i];
        uint32_t line = 1000 + i;

        enter_broken(b);
        try_call(TASK(T_BROKEN));
        check_broken(b, b->vector, b->sel & ~3u, line);

        enter_broken(b);
        TRY("int %0", "i"(VEC_TASK));
        check_broken(b, b->vector, b->sel & ~3u, line + 100);

        /* By an exception: EXT. */
        enter_broken(b);
        TRY("ud2", );
        check_broken(b, b->vector, (b->sel & ~3u) | 1, line + 200);

        /* By one that does not go together with what is found. */
        enter_broken(b);
        try_bad_selector();
        check_broken(b, VEC_DF, 0, line + 300);
    }
    for ( unsigned int i = 0; i < 32; i++ )
        if ( i != VEC_NMI )
            set_int_gate(i);
    set_task_gate(VEC_TASK, T_CALLED);
}

/* --- Other kinds of tasks. --- */

static void test_ldt(void)
{
    init_task(T_BROKEN, broken_task);
    tss[T_BROKEN].ldt.sel = SEL(D_LDT);
    tss[T_BROKEN].gs.sel = SEL(1) | 4;
    try_call(TASK(T_BROKEN));
    check("vector of a task with an LDT", seen.vector, NONE);
    check("GS in the LDT", tss[T_BROKEN].gs.sel, SEL(1) | 4);
    check("accessed flag in the LDT", (uint32_t)(ldt[1] >> 40) & 1, 1);
}

static void test_trap(void)
{
    init_task(T_BROKEN, broken_task);
    tss[T_BROKEN].trap = 1;
    try_call(TASK(T_BROKEN));
    check("vector of a task with T", seen.vector, VEC_DB);
    check("TR of its trap", seen.tr, TASK(T_BROKEN));
    check("EIP of its trap", seen.eip, (uint32_t)broken_task);
    check("DR6 of its trap", seen.dr6 & DR6_BT, DR6_BT);
    asm volatile("mov %0, %%dr6" : : "r"(0xffff0ff0));
}

volatile uint32_t user_runs, task16_runs;

static void test_user(void)
{
    init_task(T_USER, user_task);
    tss[T_USER].cs.sel = SEL3(D_UCODE);
    tss[T_USER].ss.sel = tss[T_USER].ds.sel = SEL3(D_UDATA);
    tss[T_USER].es.sel = 0;
    user_runs = 0;
    try_call(TASK(T_USER));
    try_call(TASK(T_USER));
    check("vector of a task in user mode", seen.vector, NONE);
    check("runs of it", user_runs, 2);
    check("CS of it", tss[T_USER].cs.sel, SEL3(D_UCODE));
}

static volatile uint32_t vm86_flags, vm86_cs, vm86_tr;

struct vm86_frame
{
    uint32_t eip, cs, eflags, esp, ss, es, ds, fs, gs;
};

void __attribute__((regparm(1))) vm86_seen(const struct vm86_frame *f);
void __attribute__((regparm(1))) vm86_seen(const struct vm86_frame *f)
{
    vm86_flags = f->eflags;
    vm86_cs = f->cs;
    vm86_tr = str();
    try_jmp(TASK(T_MAIN));
}

#define VM86_AT 0x7000u

static void test_vm86(void)
{
    uint8_t *to = (uint8_t *)VM86_AT;

    for ( const char *p = vm86_code; p < vm86_code_end; p++ )
        *to++ = (uint8_t)*p;
    init_task(T_VM86, NULL);
    tss[T_VM86].eflags = FLAG_VM | FLAGS_IOPL3 | FLAG_MBS;
    tss[T_VM86].cs.sel = VM86_AT >> 4;
    tss[T_VM86].ss.sel = 0x5000 >> 4;
    tss[T_VM86].esp = 0x100;
    vm86_flags = 0;
    try_jmp(TASK(T_VM86));
    check("vector of a task in virtual-8086 mode", seen.vector, NONE);
    check("VM in it", vm86_flags & FLAG_VM, FLAG_VM);
    check("CS in it", vm86_cs, VM86_AT >> 4);
    check("TR in it", vm86_tr, TASK(T_VM86));
    check("VM in the main task", flags() & FLAG_VM, 0);
}

static void test_16bit(void)
{
    tss_16bit = (struct tss16){
        .flags = FLAG_MBS,
        .sp = sizeof(stacks[T_16BIT]),
        .cs = SEL(D_CODE16),
        .ss = SEL(D_STACK16),
        .ds = SEL(D_DATA),
    };
    set_desc(D_TASKS + T_16BIT, (uint32_t)&tss_16bit, sizeof(tss_16bit) - 1,
             A_TSS16, 0);
    task16_runs = 0;
    for ( unsigned int i = 1; i <= 2; i++ )
    {
        try_call(TASK(T_16BIT));
        check("vector of a 16-bit task", seen.vector, NONE);
        check("runs of it", task16_runs, i);
        check("its link", tss_16bit.link, TASK(T_MAIN));
        check("its busy flag", access_of_task(T_16BIT), A_TSS16);
        check("its NT", tss_16bit.flags & FLAG_NT, 0);
        check("its IP moved", tss_16bit.ip != 0, 1);
    }
    set_desc(D_TASKS + T_16BIT, (uint32_t)&tss_16bit, sizeof(tss_16bit) - 2,
             A_TSS16, 0);
    try_call(TASK(T_16BIT));
    refused(VEC_TS, TASK(T_16BIT));
}

static volatile uint32_t read_there;

static void window_task(void)
{
    for ( ;; )
    {
        read_there = *(volatile uint32_t *)tasks.window_there;
        iret();
    }
}

static void test_cr3(void)
{
    init_task(T_BROKEN, window_task);
    tss[T_BROKEN].cr3 = tasks.other_cr3;
    check("the window", *(volatile uint32_t *)tasks.window_here, 0x11111111);
    try_call(TASK(T_BROKEN));
    check("the window with another CR3", read_there, 0x22222222);
    check("the window again", *(volatile uint32_t *)tasks.window_here,
          0x11111111);
    check("CR3 again", read_cr3(), tasks.cr3);
}

void tasks_main(void);
void tasks_main(void)
{
    init_tables();
    test_call();
    test_jmp();
    test_error_code();
    test_double_fault();
    test_nmi();
    test_refused();
    test_broken();
    test_ldt();
    test_trap();
    test_user();
    test_vm86();
    test_16bit();
    if ( tasks.cr3 )
        test_cr3();
    clts();
}
