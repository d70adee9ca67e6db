/* SPDX-License-Identifier: MIT */
/* Descriptor tables of each pCPU: GDT, TSS, and the IDT they share. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>
#include <asm/config.h>

struct percpu;

struct tss64
{
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7]; /* ist[0] is IST 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t iomap_base;
} __packed;
_Static_assert(sizeof(struct tss64) == 104, "hardware layout");

struct desc_ptr
{
    uint16_t limit;
    uint64_t base;
} __packed;

struct idt_entry
{
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_mid;
    uint32_t offset_high, reserved;
};
_Static_assert(sizeof(struct idt_entry) == 16, "hardware layout");

#define IDT_ENTRIES 256
#define GDT_ENTRIES 6 /* the TSS takes two */

extern struct idt_entry idt_table[IDT_ENTRIES];

/* Interrupt stack tables: these come whatever the state of the stack. */
#define IST_DF  1
#define IST_NMI 2
#define IST_MC  3

void idt_init(void);
/* Give the running pCPU its GS base, GDT, TSS and IDT. */
void desc_init_cpu(struct percpu *p);
/* For the VMCS' host state. */
uint64_t desc_gdt_base(const struct percpu *p);
uint64_t desc_tss_base(const struct percpu *p);
