/* SPDX-License-Identifier: MIT */
/* The layouts of task-state segments. Pure. */

/*
 * SDM "Task-State Segment (TSS)", "16-Bit Task-State Segment (TSS)". What makes
 * up a task lies in both in the same order, in slots of 4 or of 2 bytes: EIP,
 * EFLAGS, eight general registers, the segment registers, LDTR. All but the
 * last is the dynamic part.
 */

#include <xen/lib.h>
#include <asm/vmx-defs.h>
#include "task-private.h"

enum slot
{
    SLOT_EIP,
    SLOT_EFLAGS,
    SLOT_GPR,
    SLOT_SEG = SLOT_GPR + 8,
};

#define TSS32_CR3    28
#define TSS32_TRAP   100
#define TSS32_TRAP_T 1u

/* 16-bit tasks get their registers' upper halves like this. */
#define TSS16_GPR_UPPER 0xffff0000u

static const struct tss_format tss32 = {
    .width = 4, .size = 104, .dynamic = 32, .segments = 6
};
static const struct tss_format tss16 = {
    .width = 2, .size = 44, .dynamic = 14, .segments = 4
};
_Static_assert(sizeof(uint32_t) * (SLOT_SEG + 6 + 1) + 32 == 100,
               "a 32-bit TSS has its T flag behind the slot of LDTR");
_Static_assert(sizeof(uint16_t) * (SLOT_SEG + 4 + 1) + 14 == 44,
               "a 16-bit TSS ends with the slot of LDTR");

const struct tss_format *tss_format_of(uint32_t ar)
{
    return (ar & SEG_AR_TYPE_MASK & SEG_TYPE_TSS_32BIT) ? &tss32 : &tss16;
}

unsigned int tss_dynamic_size(const struct tss_format *f)
{
    return (SLOT_SEG + f->segments) * f->width;
}

static uint32_t get(const uint8_t *p, unsigned int width)
{
    uint32_t val = 0;

    memcpy(&val, p, width);
    return val;
}

static uint32_t get_slot(const struct tss_format *f, const uint8_t *tss,
                         unsigned int slot)
{
    return get(tss + f->dynamic + slot * f->width, f->width);
}

static void put_slot(const struct tss_format *f, uint8_t *dynamic,
                     unsigned int slot, uint32_t val)
{
    memcpy(dynamic + slot * f->width, &val, f->width);
}

void tss_load(const struct tss_format *f, const uint8_t *tss,
              struct task_regs *out)
{
    bool wide = f->width == 4;

    *out = (struct task_regs){
        .eip = get_slot(f, tss, SLOT_EIP),
        .eflags = get_slot(f, tss, SLOT_EFLAGS),
        .ldt = get_slot(f, tss, SLOT_SEG + f->segments),
        .has_cr3 = wide,
        .cr3 = wide ? get(tss + TSS32_CR3, 4) : 0,
        .trap = wide && (tss[TSS32_TRAP] & TSS32_TRAP_T),
    };
    for ( unsigned int i = 0; i < ARRAY_SIZE(out->gpr); i++ )
        out->gpr[i] =
            get_slot(f, tss, SLOT_GPR + i) | (wide ? 0 : TSS16_GPR_UPPER);
    for ( unsigned int i = 0; i < f->segments; i++ )
        out->sel[i] = get_slot(f, tss, SLOT_SEG + i);
}

void tss_save(const struct tss_format *f, const struct task_cpu *cpu,
              uint32_t eflags, uint8_t *dynamic)
{
    put_slot(f, dynamic, SLOT_EIP, cpu->eip);
    put_slot(f, dynamic, SLOT_EFLAGS, eflags);
    for ( unsigned int i = 0; i < ARRAY_SIZE(cpu->gpr); i++ )
        put_slot(f, dynamic, SLOT_GPR + i, cpu->gpr[i]);
    /* Selectors are words, whatever the slot has beside them. */
    for ( unsigned int i = 0; i < f->segments; i++ )
        memcpy(dynamic + (SLOT_SEG + i) * f->width, &cpu->seg[i].sel,
               sizeof(cpu->seg[i].sel));
}
