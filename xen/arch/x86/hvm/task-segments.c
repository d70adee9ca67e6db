/* SPDX-License-Identifier: MIT */
/* The segments of a new task: loaded, and checked in its context. Pure. */

/*
 * SDM "Exception Conditions Checked During a Task Switch", from the LDT on. The
 * task switch is committed: all registers get their selectors first, and with
 * the first fault those that are left stay without a descriptor, unusable, as
 * the SDM has it (see "Interrupt 10 - Invalid TSS Exception (#TS)"). The table
 * goes back and forth between segments; here each is done with before the next,
 * and its own checks are in the table's order.
 */

#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/vmx-defs.h>
#include "task-private.h"

/* SDM "Segment Descriptors" */
#define DESC_AR_SHIFT 40
#define DESC_AR_MASK  0xf0ffu
#define PAGE_UNITS(l) ((l) << 12 | 0xfff) /* a limit that counts pages */

/* SDM "Virtual-8086 Mode": what segments are there. */
#define VM86_LIMIT 0xffffu
#define VM86_AR \
    (SEG_AR_P | SEG_AR_DPL_MASK | SEG_AR_S | SEG_AR_WRITABLE | SEG_AR_ACCESSED)

static unsigned int sel_rpl(uint16_t sel)
{
    return sel & SEL_RPL_MASK;
}

static unsigned int ar_dpl(uint32_t ar)
{
    return (ar & SEG_AR_DPL_MASK) >> SEG_AR_DPL_SHIFT;
}

static bool ar_is_code(uint32_t ar)
{
    return (ar & SEG_AR_S) && (ar & SEG_AR_CODE);
}

static bool ar_is_conforming(uint32_t ar)
{
    return ar_is_code(ar) && (ar & SEG_AR_CONFORMING);
}

static bool ar_is_stack(uint32_t ar)
{
    return (ar & SEG_AR_S) && !(ar & SEG_AR_CODE) && (ar & SEG_AR_WRITABLE);
}

static bool ar_is_readable(uint32_t ar)
{
    return (ar & SEG_AR_S) && (!(ar & SEG_AR_CODE) || (ar & SEG_AR_READABLE));
}

struct segment desc_to_segment(uint16_t sel, uint64_t desc)
{
    uint32_t ar = (desc >> DESC_AR_SHIFT) & DESC_AR_MASK;
    uint32_t limit = (desc & 0xffff) | ((desc >> 32) & 0xf0000);

    return (struct segment){
        .sel = sel,
        .ar = ar,
        .limit = ar & SEG_AR_G ? PAGE_UNITS(limit) : limit,
        .base = ((desc >> 16) & 0xffffff) | ((desc >> 56) << 24),
    };
}

/* --- Descriptors. --- */

/* Where the selector's descriptor is; false: outside of its table. */
static bool find_descriptor(const struct task_machine *m, uint16_t sel,
                            uint32_t *linear)
{
    const struct segment *ldt = &m->cpu->seg[SEG_LDTR];
    uint32_t base = m->cpu->gdt_base, limit = m->cpu->gdt_limit;
    uint32_t offset = sel & ~(SEL_RPL_MASK | SEL_TI);

    if ( sel & SEL_TI )
    {
        base = ldt->base; /* without an LDT the limit is 0: nothing is in */
        limit = ldt->limit;
    }
    *linear = base + offset;
    return offset + DESC_SIZE - 1 <= limit;
}

/* A descriptor that is being looked at. */
struct candidate
{
    uint32_t linear;
    uint64_t desc;
    uint32_t ar;
};

static int fetch(struct task_machine *m, uint16_t sel, struct candidate *c)
{
    if ( sel_is_null(sel) || !find_descriptor(m, sel, &c->linear) )
        return task_fault(m, X86_EXC_TS, sel);
    if ( m->ops->read(m->ctx, c->linear, &c->desc, DESC_SIZE, m->fault) )
        return -EFAULT;
    c->ar = (c->desc >> DESC_AR_SHIFT) & DESC_AR_MASK;
    return 0;
}

/* It has passed: mark it accessed, fill the register's hidden part. */
static int accept(struct task_machine *m, unsigned int seg, uint16_t sel,
                  struct candidate *c)
{
    const uint64_t accessed = (uint64_t)SEG_AR_ACCESSED << DESC_ACCESS_BIT;
    uint8_t access;

    if ( !(c->desc & accessed) )
    {
        c->desc |= accessed;
        access = c->desc >> DESC_ACCESS_BIT;
        if ( m->ops->write(m->ctx, c->linear + DESC_ACCESS_OFF, &access, 1,
                           m->fault) )
            return -EFAULT;
    }
    m->cpu->seg[seg] = desc_to_segment(sel, c->desc);
    return 0;
}

/* --- The registers. --- */

static int load_ldtr(struct task_machine *m, uint16_t sel)
{
    struct candidate c;

    if ( sel_is_null(sel) )
        return 0;
    if ( sel & SEL_TI )
        return task_fault(m, X86_EXC_TS, sel);
    if ( fetch(m, sel, &c) )
        return -EFAULT;
    if ( (c.ar & (SEG_AR_S | SEG_AR_TYPE_MASK)) != SEG_TYPE_LDT ||
         !(c.ar & SEG_AR_P) )
        return task_fault(m, X86_EXC_TS, sel);
    m->cpu->seg[SEG_LDTR] = desc_to_segment(sel, c.desc);
    return 0;
}

static int load_cs(struct task_machine *m, uint16_t sel)
{
    struct candidate c;

    if ( fetch(m, sel, &c) )
        return -EFAULT;
    if ( !ar_is_code(c.ar) )
        return task_fault(m, X86_EXC_TS, sel);
    if ( ar_is_conforming(c.ar) ? ar_dpl(c.ar) > sel_rpl(sel)
                                : ar_dpl(c.ar) != sel_rpl(sel) )
        return task_fault(m, X86_EXC_TS, sel);
    if ( !(c.ar & SEG_AR_P) )
        return task_fault(m, X86_EXC_NP, sel);
    return accept(m, SEG_CS, sel, &c);
}

static int load_ss(struct task_machine *m, uint16_t sel, unsigned int cpl)
{
    struct candidate c;

    if ( fetch(m, sel, &c) )
        return -EFAULT;
    if ( !ar_is_stack(c.ar) )
        return task_fault(m, X86_EXC_TS, sel);
    if ( !(c.ar & SEG_AR_P) )
        return task_fault(m, X86_EXC_SS, sel);
    if ( ar_dpl(c.ar) != cpl || sel_rpl(sel) != cpl )
        return task_fault(m, X86_EXC_TS, sel);
    return accept(m, SEG_SS, sel, &c);
}

static int load_data(struct task_machine *m, unsigned int seg, uint16_t sel,
                     unsigned int cpl)
{
    struct candidate c;

    if ( sel_is_null(sel) )
        return 0;
    if ( fetch(m, sel, &c) )
        return -EFAULT;
    if ( !ar_is_readable(c.ar) )
        return task_fault(m, X86_EXC_TS, sel);
    if ( !(c.ar & SEG_AR_P) )
        return task_fault(m, X86_EXC_NP, sel);
    if ( !ar_is_conforming(c.ar) &&
         (ar_dpl(c.ar) < cpl || ar_dpl(c.ar) < sel_rpl(sel)) )
        return task_fault(m, X86_EXC_TS, sel);
    return accept(m, seg, sel, &c);
}

/* --- All of them. --- */

static void set_vm86_segments(struct task_cpu *cpu)
{
    for ( unsigned int i = SEG_ES; i <= SEG_GS; i++ )
    {
        cpu->seg[i].base = (uint32_t)cpu->seg[i].sel << 4;
        cpu->seg[i].limit = VM86_LIMIT;
        cpu->seg[i].ar = VM86_AR;
    }
}

/*
 * Selectors without descriptors. VMX knows no unusable CS: an empty one takes
 * its place, which faults at the first fetch. SS says the CPL in any case.
 */
static void set_selectors(struct task_cpu *cpu, const struct task_regs *next,
                          unsigned int cpl)
{
    uint32_t dpl = cpl << SEG_AR_DPL_SHIFT;

    for ( unsigned int i = SEG_ES; i <= SEG_GS; i++ )
        cpu->seg[i] =
            (struct segment){ .sel = next->sel[i], .ar = SEG_AR_UNUSABLE };
    cpu->seg[SEG_LDTR] =
        (struct segment){ .sel = next->ldt, .ar = SEG_AR_UNUSABLE };
    cpu->seg[SEG_SS].ar |= dpl;
    cpu->seg[SEG_CS].ar =
        SEG_AR_P | SEG_AR_S | SEG_AR_CODE | SEG_AR_ACCESSED | SEG_AR_DB | dpl;
}

int task_load_segments(struct task_machine *m, const struct task_regs *next)
{
    static const uint8_t data[] = { SEG_DS, SEG_ES, SEG_FS, SEG_GS };
    bool vm86 = next->eflags & X86_EFLAGS_VM;
    unsigned int cpl = vm86 ? 3 : sel_rpl(next->sel[SEG_CS]);

    set_selectors(m->cpu, next, cpl);
    if ( vm86 )
        set_vm86_segments(m->cpu);
    if ( load_ldtr(m, next->ldt) )
        return -EFAULT;
    if ( vm86 )
        return 0;
    if ( load_cs(m, next->sel[SEG_CS]) || load_ss(m, next->sel[SEG_SS], cpl) )
        return -EFAULT;
    for ( unsigned int i = 0; i < ARRAY_SIZE(data); i++ )
        if ( load_data(m, data[i], next->sel[data[i]], cpl) )
            return -EFAULT;
    return 0;
}
