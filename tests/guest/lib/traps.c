/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and interrupts. A fault on an instruction that expects one (see
 * x86.h) resumes at its fix-up; an interrupt goes to its handler; anything
 * else ends the case with a dump.
 */
#include "lib.h"

struct gate
{
    uint16_t offset_lo, selector;
    uint8_t ist, attr;
    uint16_t offset_mid;
    uint32_t offset_hi, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "architecture");

#define GATE_INTERRUPT 0x8e
#define GATE_DPL3      0x60

struct tss
{
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t ist[8];
    uint64_t reserved1;
    uint16_t reserved2, io_bitmap;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "architecture");

struct descriptor_pointer
{
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

struct ex_entry
{
    uint64_t fault, fixup;
};

extern const char trap_stubs[];
extern const struct ex_entry ex_table_start[], ex_table_end[];
extern uint64_t gdt[];
extern const char user_return_vector[];
void user_exit(void);
void trap(struct regs *regs);

#define STUB_SIZE     16
#define NR_VECTORS    256
#define NR_EXCEPTIONS 32

static struct gate idt[NR_VECTORS] __attribute__((aligned(16)));
static struct tss tss;
static uint8_t trap_stack[STACK_SIZE] __attribute__((aligned(16)));
static irq_handler_t handlers[NR_VECTORS];

void *idt_base(void)
{
    return idt;
}

void *tss_base(void)
{
    return &tss;
}

static void set_gate(unsigned int vec, unsigned long target, uint8_t attr)
{
    idt[vec] = (struct gate){
        .offset_lo = (uint16_t)target,
        .selector = SEL_CODE64,
        .attr = attr,
        .offset_mid = (uint16_t)(target >> 16),
        .offset_hi = (uint32_t)(target >> 32),
    };
}

void irq_set_handler(uint8_t vec, irq_handler_t handler)
{
    handlers[vec] = handler;
}

static const struct ex_entry *find_fixup(unsigned long rip)
{
    for ( const struct ex_entry *e = ex_table_start; e < ex_table_end; e++ )
        if ( e->fault == rip )
            return e;

    return NULL;
}

void trap(struct regs *r)
{
    const struct ex_entry *e;

    if ( handlers[r->vec] )
    {
        handlers[r->vec](r);
        return;
    }

    e = r->vec < NR_EXCEPTIONS ? find_fixup(r->rip) : NULL;
    if ( e )
    {
        r->rax = FAULT(r->vec, (uint16_t)r->err);
        r->rip = e->fixup;
        return;
    }

    test_error("unexpected vector %lu, error code %#lx, at %#lx", r->vec,
               r->err, r->rip);
    printf("rsp %#lx rflags %#lx cr2 %#lx rax %#lx rbx %#lx rcx %#lx\n", r->rsp,
           r->rflags, read_cr2(), r->rax, r->rbx, r->rcx);
    test_exit();
}

static void load_idt(void)
{
    struct descriptor_pointer p = { sizeof(idt) - 1, (unsigned long)idt };

    asm volatile("lidt %0" : : "m"(p));
}

static void set_tss_descriptor(void)
{
    unsigned long base = (unsigned long)&tss;
    uint64_t *d = &gdt[SEL_TSS / 8];

    d[0] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
           (base >> 24 & 0xff) << 56;
    d[1] = base >> 32;
}

void traps_init(void)
{
    for ( unsigned int i = 0; i < NR_VECTORS; i++ )
        set_gate(i, (unsigned long)trap_stubs + i * STUB_SIZE, GATE_INTERRUPT);
    set_gate((unsigned int)(unsigned long)user_return_vector,
             (unsigned long)user_exit, GATE_INTERRUPT | GATE_DPL3);
    load_idt();

    tss.rsp[0] = (unsigned long)trap_stack + sizeof(trap_stack);
    tss.io_bitmap = sizeof(tss);
    set_tss_descriptor();
    asm volatile("ltr %w0" : : "r"(SEL_TSS));
}

/* Another CPU shares the table but has no task register of its own. */
void traps_init_ap(void)
{
    load_idt();
}
