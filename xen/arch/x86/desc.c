/* SPDX-License-Identifier: MIT */
/* Descriptor tables: the shared IDT, and each pCPU's GDT and TSS. */
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/percpu.h>
#include <asm/desc.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

/* Descriptors as the processor reads them. */
#define DESC_CODE64    0x00af9b000000ffffULL
#define DESC_DATA      0x00cf93000000ffffULL
#define DESC_CODE32    0x00cf9b000000ffffULL
#define DESC_TSS_AVAIL 0x89ULL
#define GATE_INTERRUPT 0x8e

#define IST_STACK_SIZE 8192
#define NR_IST         3
#define STUB_SIZE      16

extern const char trap_stubs[];

struct idt_entry idt_table[IDT_ENTRIES] __aligned(4096);

struct cpu_desc
{
    uint64_t gdt[GDT_ENTRIES];
    struct tss64 tss;
};

static struct cpu_desc cpu_descs[NR_CPUS] __aligned(64);
static uint8_t bsp_ist[NR_IST][IST_STACK_SIZE] __aligned(4096);

static void idt_set(unsigned int vector, uint64_t handler, uint8_t ist)
{
    idt_table[vector] = (struct idt_entry){
        .offset_low = handler & 0xffff,
        .selector = SEL_CODE64,
        .ist = ist,
        .type = GATE_INTERRUPT,
        .offset_mid = (handler >> 16) & 0xffff,
        .offset_high = handler >> 32,
    };
}

void idt_init(void)
{
    for ( unsigned int i = 0; i < IDT_ENTRIES; i++ )
        idt_set(i, (uint64_t)trap_stubs + i * STUB_SIZE,
                i == X86_EXC_DF    ? IST_DF
                : i == X86_EXC_NMI ? IST_NMI
                : i == X86_EXC_MC  ? IST_MC
                                   : 0);
}

static void load_segments(const struct cpu_desc *c)
{
    struct desc_ptr gdtr = { sizeof(c->gdt) - 1, (uint64_t)c->gdt };
    struct desc_ptr idtr = { sizeof(idt_table) - 1, (uint64_t)idt_table };

    __asm__ volatile("lgdt %0\n\t"
                     "lidt %1\n\t"
                     "ltr %w2\n\t"
                     "lldt %w3\n\t"
                     :
                     : "m"(gdtr), "m"(idtr), "r"(SEL_TSS), "r"(SEL_NULL)
                     : "memory");
}

void desc_init_cpu(struct percpu *p)
{
    struct cpu_desc *c = &cpu_descs[p->cpu];
    uint64_t base = (uint64_t)&c->tss;
    uint64_t limit = sizeof(c->tss) - 1;

    c->tss.rsp[0] = p->stack_top;
    for ( unsigned int i = 0; i < NR_IST; i++ )
    {
        uint8_t *stack = p->cpu == 0 ? bsp_ist[i] : alloc_xenheap_pages(1);

        BUG_ON(stack == NULL);
        c->tss.ist[i] = (uint64_t)stack + IST_STACK_SIZE;
    }
    c->tss.iomap_base = sizeof(c->tss);

    c->gdt[SEL_CODE64 / 8] = DESC_CODE64;
    c->gdt[SEL_DATA / 8] = DESC_DATA;
    c->gdt[SEL_CODE32 / 8] = DESC_CODE32;
    c->gdt[SEL_TSS / 8] = (limit & 0xffff) | ((base & 0xffffff) << 16) |
                          (DESC_TSS_AVAIL << 40) | ((limit & 0xf0000) << 32) |
                          ((base & 0xff000000) << 32);
    c->gdt[SEL_TSS / 8 + 1] = base >> 32;

    p->tss = &c->tss;
    load_segments(c);
    wrmsr(MSR_FS_BASE, 0);
    wrmsr(MSR_GS_BASE, (uint64_t)p);
}

uint64_t desc_gdt_base(const struct percpu *p)
{
    return (uint64_t)cpu_descs[p->cpu].gdt;
}

uint64_t desc_tss_base(const struct percpu *p)
{
    return (uint64_t)&cpu_descs[p->cpu].tss;
}
