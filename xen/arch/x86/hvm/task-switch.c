/* SPDX-License-Identifier: MIT */
/* Hardware task switches: what happens in which order. Pure. */

/*
 * VMX has no task switches: each exits, when the processor has found nothing
 * wrong with the gate and the new TSS's descriptor, and the hypervisor carries
 * it out. SDM "Task Switching" numbers the steps:
 *
 *   find_new_tss()       selector and descriptor of the new TSS (checked again
 *                        here: another vCPU may have changed them since)
 *   examine_memory()     can all be read and written that will be
 *   save_old_task()      the old TSS, busy flags, the link
 *   load_new_task()      the registers: this is the commit point
 *   task_load_segments() checked in the context of the new task
 *   begin_new_task()     its first stack access, its first instruction
 *
 * What goes wrong up to examine_memory() is a fault of the old task, to which
 * nothing has happened; what goes wrong after load_new_task() is one of the new
 * task. In between nothing fails, unless another vCPU takes the memory away at
 * that very moment.
 *
 * The caller lets no two vCPUs of a domain switch at the same time: the busy
 * flag is what keeps them from getting into the same task.
 */

#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/vmx-defs.h>
#include "task-private.h"

#define ERROR_CODE_EXT 1u

#define TSS_BUSY_BIT   ((uint64_t)SEG_TYPE_TSS_B << DESC_ACCESS_BIT)

/* SDM "EFLAGS Register": the others are 0, or 1 as X86_EFLAGS_MBS. */
#define EFLAGS_DEFINED 0x003f7fd5u

/* A TSS of the two that take part. */
struct tss_ref
{
    const struct tss_format *format;
    uint32_t desc_linear;
    struct segment seg;
};

struct plan
{
    struct tss_ref old, new;
    uint8_t old_dynamic[TSS_MAX_SIZE];
    struct task_regs next;
};

int task_fault(struct task_machine *m, uint8_t vector, uint16_t selector)
{
    *m->fault = (struct task_fault){
        .vector = vector,
        .error_code = (selector & ~SEL_RPL_MASK) |
                      (m->req->external ? ERROR_CODE_EXT : 0),
    };
    return -EFAULT;
}

/* --- Which steps the kinds of switches have in common. --- */

/* The old task is done with: it is not busy any more. */
static bool leaves_old_task(const struct task_machine *m)
{
    return m->req->source == TASK_JMP || m->req->source == TASK_IRET;
}

/* The old task waits for the new one to return. */
static bool nests(const struct task_machine *m)
{
    return !leaves_old_task(m);
}

static bool is_return(const struct task_machine *m)
{
    return m->req->source == TASK_IRET;
}

/* --- Before the commit. --- */

static bool is_tss(uint64_t desc)
{
    const uint32_t varies = SEG_TYPE_TSS_B | SEG_TYPE_TSS_32BIT;
    uint32_t access = desc >> DESC_ACCESS_BIT;

    return (access & (SEG_AR_S | SEG_AR_TYPE_MASK) & ~varies) ==
           (SEG_TYPE_TSS_BUSY & ~varies);
}

/* SDM "IRET" has #TS where "CALL", "JMP" and "INT n" have #GP. */
static int find_new_tss(struct task_machine *m, struct plan *p)
{
    const uint8_t invalid = is_return(m) ? X86_EXC_TS : X86_EXC_GP;
    uint32_t offset = m->req->selector & ~(SEL_RPL_MASK | SEL_TI);
    uint16_t sel = m->req->selector;
    struct tss_ref *new = &p->new;
    uint64_t desc;

    if ( sel_is_null(sel) || (sel & SEL_TI) ||
         offset + DESC_SIZE - 1 > m->cpu->gdt_limit )
        return task_fault(m, invalid, sel);
    new->desc_linear = m->cpu->gdt_base + offset;
    if ( m->ops->read(m->ctx, new->desc_linear, &desc, DESC_SIZE, m->fault) )
        return -EFAULT;
    if ( !is_tss(desc) || !!(desc & TSS_BUSY_BIT) != is_return(m) )
        return task_fault(m, invalid, sel);
    new->seg = desc_to_segment(sel, desc | TSS_BUSY_BIT);
    if ( !(new->seg.ar &SEG_AR_P) )
        return task_fault(m, X86_EXC_NP, sel);
    new->format = tss_format_of(new->seg.ar);
    if ( new->seg.limit < new->format->size - 1u )
        return task_fault(m, X86_EXC_TS, sel);
    return 0;
}

static int find_old_tss(struct task_machine *m, struct plan *p)
{
    struct tss_ref *old = &p->old;

    old->seg = m->cpu->seg[SEG_TR];
    old->format = tss_format_of(old->seg.ar);
    old->desc_linear =
        m->cpu->gdt_base + (old->seg.sel & ~(SEL_RPL_MASK | SEL_TI));
    if ( old->seg.limit <
         old->format->dynamic + tss_dynamic_size(old->format) - 1 )
        return task_fault(m, X86_EXC_TS, old->seg.sel);
    return 0;
}

static int probe_write(struct task_machine *m, uint32_t linear, unsigned int n)
{
    return m->ops->write(m->ctx, linear, NULL, n, m->fault);
}

/* Everything that the switch reads and writes while it cannot fail. */
static int examine_memory(struct task_machine *m, struct plan *p)
{
    const struct tss_ref *old = &p->old, *new = &p->new;
    uint32_t saved = old->seg.base + old->format->dynamic;
    unsigned int size = tss_dynamic_size(old->format);
    uint8_t tss[TSS_MAX_SIZE];

    if ( m->ops->read(m->ctx, saved, p->old_dynamic, size, m->fault) ||
         probe_write(m, saved, size) ||
         m->ops->read(m->ctx, new->seg.base, tss, new->format->size, m->fault) )
        return -EFAULT;
    if ( nests(m) && probe_write(m, new->seg.base, sizeof(new->seg.sel)) )
        return -EFAULT;
    if ( leaves_old_task(m) &&
         probe_write(m, old->desc_linear + DESC_ACCESS_OFF, 1) )
        return -EFAULT;
    if ( !is_return(m) &&
         probe_write(m, new->desc_linear + DESC_ACCESS_OFF, 1) )
        return -EFAULT;
    tss_load(new->format, tss, &p->next);
    if ( m->cpu->paging && p->next.has_cr3 )
        return m->ops->check_cr3(m->ctx, p->next.cr3, m->fault);
    return 0;
}

/* --- The commit. --- */

static int set_busy(struct task_machine *m, const struct tss_ref *t, bool busy)
{
    uint32_t linear = t->desc_linear + DESC_ACCESS_OFF;
    uint8_t access;

    if ( m->ops->read(m->ctx, linear, &access, 1, m->fault) )
        return -EFAULT;
    access = busy ? access | SEG_TYPE_TSS_B : access & ~SEG_TYPE_TSS_B;
    return m->ops->write(m->ctx, linear, &access, 1, m->fault);
}

static int save_old_task(struct task_machine *m, struct plan *p)
{
    const struct tss_ref *old = &p->old, *new = &p->new;
    uint32_t eflags = m->cpu->eflags;

    if ( is_return(m) )
        eflags &= ~X86_EFLAGS_NT;
    tss_save(old->format, m->cpu, eflags, p->old_dynamic);
    if ( m->ops->write(m->ctx, old->seg.base + old->format->dynamic,
                       p->old_dynamic, tss_dynamic_size(old->format),
                       m->fault) )
        return -EFAULT;
    if ( leaves_old_task(m) && set_busy(m, old, false) )
        return -EFAULT;
    if ( !is_return(m) && set_busy(m, new, true) )
        return -EFAULT;
    if ( nests(m) )
        return m->ops->write(m->ctx, new->seg.base, &old->seg.sel,
                             sizeof(old->seg.sel), m->fault);
    return 0;
}

static void load_new_task(struct task_machine *m, const struct plan *p)
{
    struct task_cpu *cpu = m->cpu;
    const struct task_regs *next = &p->next;

    cpu->seg[SEG_TR] = p->new.seg;
    cpu->eip = next->eip;
    cpu->eflags = (next->eflags & EFLAGS_DEFINED) | X86_EFLAGS_MBS;
    if ( nests(m) )
        cpu->eflags |= X86_EFLAGS_NT;
    memcpy(cpu->gpr, next->gpr, sizeof(cpu->gpr));
    if ( cpu->paging && next->has_cr3 )
        m->ops->load_cr3(m->ctx, next->cr3);
}

/* --- In the new task. --- */

#define GPR_ESP 4

static bool stack_holds(const struct segment *ss, uint32_t offset,
                        unsigned int n)
{
    uint32_t last = offset + n - 1;

    if ( last < offset )
        return false;
    if ( ss->ar & SEG_AR_EXPAND_DOWN )
        return offset > ss->limit && ((ss->ar & SEG_AR_DB) || last <= 0xffff);
    return last <= ss->limit;
}

/* As wide as the TSS is. SDM "Interrupt Tasks" */
static int push_error_code(struct task_machine *m, unsigned int width)
{
    const struct segment *ss = &m->cpu->seg[SEG_SS];
    uint32_t *esp = &m->cpu->gpr[GPR_ESP];
    uint32_t mask = ss->ar & SEG_AR_DB ? 0xffffffff : 0xffff;
    uint32_t top = (*esp - width) & mask;

    if ( !stack_holds(ss, top, width) )
        return task_fault(m, X86_EXC_SS, 0);
    if ( (ss->ar & SEG_AR_DPL_MASK) == SEG_AR_DPL_MASK &&
         m->ops->check_user(m->ctx, ss->base + top, width, m->fault) )
        return -EFAULT;
    if ( m->ops->write(m->ctx, ss->base + top, &m->req->error_code, width,
                       m->fault) )
        return -EFAULT;
    *esp = (*esp & ~mask) | top;
    return 0;
}

static int begin_new_task(struct task_machine *m, const struct plan *p)
{
    if ( m->req->has_error && push_error_code(m, p->new.format->width) )
        return -EFAULT;
    if ( m->cpu->eip > m->cpu->seg[SEG_CS].limit )
        return task_fault(m, X86_EXC_GP, 0);
    return 0;
}

struct task_result task_switch(const struct task_request *req,
                               struct task_cpu *cpu, const struct task_ops *ops,
                               void *ctx)
{
    struct task_result r = { .faulted = true };
    struct task_machine m = { req, cpu, ops, ctx, &r.fault };
    struct plan p;

    if ( find_new_tss(&m, &p) || find_old_tss(&m, &p) ||
         examine_memory(&m, &p) || save_old_task(&m, &p) )
        return r;
    load_new_task(&m, &p);
    r.committed = true;
    if ( task_load_segments(&m, &p.next) || begin_new_task(&m, &p) )
        return r;
    r.faulted = false;
    r.trap = p.next.trap;
    return r;
}
