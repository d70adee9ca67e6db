/* SPDX-License-Identifier: MIT */
/* SDM "APIC Virtualization and Virtual Interrupts", in software. */
#include <xen/lib.h>
#include <asm/msr-index.h>

#include "checks.h"
#include "vapic.h"

/*
 * The processor's own part in this is at least the TPR shadow and, where the
 * vmcs12 asks for it, the exits of accesses to the APIC-access page. What else
 * it does (option nested-apicv) does not come here: registers, EOI, self-IPIs
 * and the delivery of virtual interrupts work on every processor, and alike.
 */

/* Offsets in the virtual-APIC page. */
#define VAPIC_ID       0x020
#define VAPIC_VERSION  0x030
#define VAPIC_TPR      0x080
#define VAPIC_PPR      0x0a0
#define VAPIC_EOI      0x0b0
#define VAPIC_LDR      0x0d0
#define VAPIC_DFR      0x0e0
#define VAPIC_SVR      0x0f0
#define VAPIC_ISR      0x100
#define VAPIC_TMR      0x180
#define VAPIC_IRR      0x200
#define VAPIC_ESR      0x280
#define VAPIC_ICR      0x300
#define VAPIC_ICR_HI   0x310
#define VAPIC_LVT      0x320
#define VAPIC_LVT_LAST 0x370
#define VAPIC_TICR     0x380
#define VAPIC_TDCR     0x3e0
#define VAPIC_SELF_IPI 0x3f0

#define REG_SPACING    0x10
#define REG_SIZE       4

#define CLASS(vector)  ((vector) >> 4)

static bool has(const struct vmcs12 *v, uint32_t control)
{
    return vmcs12_proc2(v) & control;
}

static volatile uint32_t *reg(const struct vapic *va, unsigned int offset)
{
    return (volatile uint32_t *)(va->page + offset);
}

static uint8_t rvi(const struct vapic *va)
{
    return va->v->guest_intr_status;
}

static uint8_t svi(const struct vapic *va)
{
    return va->v->guest_intr_status >> 8;
}

static void set_status(struct vapic *va, uint8_t new_svi, uint8_t new_rvi)
{
    va->v->guest_intr_status = new_svi << 8 | new_rvi;
}

/* --- The 256-bit registers: eight words, 16 bytes apart --- */
static volatile uint32_t *vector_word(const struct vapic *va,
                                      unsigned int first, uint8_t vector)
{
    return reg(va, first + vector / 32 * REG_SPACING);
}

static void set_vector(struct vapic *va, unsigned int first, uint8_t vector)
{
    *vector_word(va, first, vector) |= 1u << vector % 32;
}

static void clear_vector(struct vapic *va, unsigned int first, uint8_t vector)
{
    *vector_word(va, first, vector) &= ~(1u << vector % 32);
}

/* 0 when none is set, as vector 0 would be. */
static uint8_t highest_vector(const struct vapic *va, unsigned int first)
{
    for ( unsigned int i = 8; i--; )
    {
        uint32_t word = *reg(va, first + i * REG_SPACING);

        if ( word )
            return i * 32 + 31 - __builtin_clz(word);
    }

    return 0;
}

/* --- Priorities and delivery --- */
static uint8_t vppr(const struct vapic *va)
{
    uint8_t tpr = *reg(va, VAPIC_TPR), in_service = svi(va);

    return CLASS(tpr) >= CLASS(in_service) ? tpr : in_service & 0xf0;
}

void vapic_update_ppr(struct vapic *va)
{
    if ( has(va->v, PROC2_VINTR) )
        *reg(va, VAPIC_PPR) = vppr(va);
}

void vapic_evaluate(struct vapic *va)
{
    vapic_update_ppr(va);
    *va->pending = has(va->v, PROC2_VINTR) &&
                   !(va->v->proc_ctrl & PROC_INTR_WINDOW) &&
                   CLASS(rvi(va)) > CLASS(vppr(va));
}

uint8_t vapic_deliver(struct vapic *va)
{
    uint8_t vector = rvi(va);

    set_vector(va, VAPIC_ISR, vector);
    clear_vector(va, VAPIC_IRR, vector);
    set_status(va, vector, highest_vector(va, VAPIC_IRR));
    *reg(va, VAPIC_PPR) = vector & 0xf0;
    /* What is next needs another evaluation to be recognized. */
    *va->pending = false;

    return vector;
}

void vapic_post(struct vapic *va, const uint32_t requests[8])
{
    uint8_t highest = 0;

    for ( unsigned int i = 0; i < 8; i++ )
    {
        if ( !requests[i] )
            continue;
        *reg(va, VAPIC_IRR + i * REG_SPACING) |= requests[i];
        highest = i * 32 + 31 - __builtin_clz(requests[i]);
    }
    set_status(va, svi(va), max(rvi(va), highest));
    vapic_evaluate(va);
}

uint32_t vapic_tpr_threshold(const struct vapic *va)
{
    uint8_t tpr = *reg(va, VAPIC_TPR), waiting = CLASS(rvi(va));

    return has(va->v, PROC2_VINTR) && waiting <= CLASS(tpr) ? waiting : 0;
}

/* --- What a write to a register sets off --- */
static enum vapic_next exit_behind(struct l2_exit *e, uint32_t reason,
                                   uint64_t qual)
{
    *e = (struct l2_exit){ .reason = reason, .qual = qual };
    return VAPIC_EXIT;
}

static enum vapic_next virtualize_tpr(struct vapic *va, struct l2_exit *e)
{
    uint8_t tpr = *reg(va, VAPIC_TPR);

    if ( has(va->v, PROC2_VINTR) )
        vapic_evaluate(va);
    else if ( CLASS(tpr) < (va->v->tpr_threshold & 0xf) )
        return exit_behind(e, EXIT_REASON_TPR_BELOW, 0);

    return VAPIC_DONE;
}

static enum vapic_next virtualize_eoi(struct vapic *va, struct l2_exit *e)
{
    const uint64_t *exits = &va->v->eoi_exit_bitmap0;
    uint8_t vector = svi(va);

    *reg(va, VAPIC_EOI) = 0;
    clear_vector(va, VAPIC_ISR, vector);
    set_status(va, highest_vector(va, VAPIC_ISR), rvi(va));
    vapic_update_ppr(va);
    if ( exits[vector / 64] >> vector % 64 & 1 )
        return exit_behind(e, EXIT_REASON_VIRT_EOI, vector);
    vapic_evaluate(va);

    return VAPIC_DONE;
}

static void virtualize_self_ipi(struct vapic *va, uint8_t vector)
{
    set_vector(va, VAPIC_IRR, vector);
    set_status(va, svi(va), max(rvi(va), vector));
    vapic_evaluate(va);
}

/* Fixed, edge, to itself, nothing reserved; the rest is vector and don't care.
 */
#define ICR_SELF_MASK 0xffffb700u
#define ICR_SELF      (1u << 18)

static bool is_self_ipi(uint32_t icr)
{
    return (icr & ICR_SELF_MASK) == ICR_SELF && CLASS((uint8_t)icr);
}

/* SDM "APIC-Write Emulation" */
enum vapic_next vapic_written(struct vapic *va, unsigned int offset,
                              struct l2_exit *e)
{
    switch ( offset & ~(REG_SIZE - 1u) )
    {
    case VAPIC_TPR:
        *reg(va, VAPIC_TPR) &= 0xff;
        return virtualize_tpr(va, e);

    case VAPIC_EOI:
        if ( has(va->v, PROC2_VINTR) )
            return virtualize_eoi(va, e);
        break;

    case VAPIC_ICR:
        if ( has(va->v, PROC2_VINTR) && is_self_ipi(*reg(va, VAPIC_ICR)) )
        {
            virtualize_self_ipi(va, *reg(va, VAPIC_ICR));
            return VAPIC_DONE;
        }
        break;

    case VAPIC_ICR_HI:
        *reg(va, VAPIC_ICR_HI) &= 0xff000000u;
        return VAPIC_DONE;
    }

    return exit_behind(e, EXIT_REASON_APIC_WRITE, offset);
}

/* --- Accesses to the APIC-access page --- */
struct reg_range
{
    uint16_t first, last; /* of registers REG_SPACING apart */
};

static bool in_ranges(const struct reg_range *r, unsigned int n,
                      unsigned int offset)
{
    for ( ; n--; r++ )
        if ( offset >= r->first && offset <= r->last )
            return true;

    return false;
}

/* SDM "Virtualizing Reads from the APIC-Access Page" */
static const struct reg_range readable[] = {
    { VAPIC_ID, VAPIC_VERSION },
    { VAPIC_TPR, VAPIC_TPR },
    { VAPIC_EOI, VAPIC_EOI },
    { VAPIC_LDR, VAPIC_ESR }, /* to SVR, then ISR, TMR, IRR, ESR */
    { VAPIC_ICR, VAPIC_TICR },
    { VAPIC_TDCR, VAPIC_TDCR },
};

/* SDM "Virtualizing Writes to the APIC-Access Page" */
static const struct reg_range writable[] = {
    { VAPIC_ID, VAPIC_ID },     { VAPIC_TPR, VAPIC_TPR },
    { VAPIC_EOI, VAPIC_EOI },   { VAPIC_LDR, VAPIC_SVR },
    { VAPIC_ESR, VAPIC_ESR },   { VAPIC_ICR, VAPIC_TICR },
    { VAPIC_TDCR, VAPIC_TDCR },
};

bool vapic_mmio_virtualized(const struct vmcs12 *v, unsigned int offset,
                            unsigned int size, bool write)
{
    unsigned int first = offset & ~(REG_SPACING - 1u);

    if ( !(v->proc_ctrl & PROC_TPR_SHADOW) ||
         (offset & (REG_SPACING - 1)) + size > REG_SIZE )
        return false;
    if ( has(v, PROC2_APIC_REG) )
        return write ? in_ranges(writable, ARRAY_SIZE(writable), first)
                     : in_ranges(readable, ARRAY_SIZE(readable), first);
    if ( write && has(v, PROC2_VINTR) &&
         (first == VAPIC_EOI || first == VAPIC_ICR) )
        return true;

    return first == VAPIC_TPR;
}

void vapic_mmio_read(const struct vapic *va, unsigned int offset, void *buf,
                     unsigned int size)
{
    uint32_t val = *reg(va, offset & ~(REG_SIZE - 1u)) >> offset % REG_SIZE * 8;

    memcpy(buf, &val, size);
}

enum vapic_next vapic_mmio_write(struct vapic *va, unsigned int offset,
                                 const void *buf, unsigned int size,
                                 struct l2_exit *e)
{
    uint32_t val = *reg(va, offset & ~(REG_SIZE - 1u));

    memcpy((char *)&val + offset % REG_SIZE, buf, size);
    *reg(va, offset & ~(REG_SIZE - 1u)) = val;

    return vapic_written(va, offset, e);
}

/* --- SDM "Virtualizing MSR-Based APIC Accesses" --- */
static unsigned int msr_offset(uint32_t msr)
{
    return (msr & 0xff) * REG_SPACING;
}

enum vapic_next vapic_msr_read(const struct vapic *va, uint32_t msr,
                               uint64_t *val)
{
    if ( !has(va->v, PROC2_X2APIC) || msr < MSR_X2APIC_FIRST ||
         msr > MSR_X2APIC_LAST ||
         !(msr == MSR_X2APIC_TPR || has(va->v, PROC2_APIC_REG)) )
        return VAPIC_REAL;
    *val = *reg(va, msr_offset(msr)) |
           (uint64_t)*reg(va, msr_offset(msr) + REG_SIZE) << 32;

    return VAPIC_DONE;
}

enum vapic_next vapic_msr_write(struct vapic *va, uint32_t msr, uint64_t val,
                                struct l2_exit *e)
{
    bool ours = msr == MSR_X2APIC_TPR ||
                ((msr == MSR_X2APIC_EOI || msr == MSR_X2APIC_SELF_IPI) &&
                 has(va->v, PROC2_VINTR));

    if ( !has(va->v, PROC2_X2APIC) || !ours )
        return VAPIC_REAL;
    if ( msr == MSR_X2APIC_EOI ? val != 0 : val >> 8 != 0 )
        return VAPIC_GP;

    *reg(va, msr_offset(msr)) = val;
    *reg(va, msr_offset(msr) + REG_SIZE) = 0;
    if ( msr == MSR_X2APIC_TPR )
        return virtualize_tpr(va, e);
    if ( msr == MSR_X2APIC_EOI )
        return virtualize_eoi(va, e);
    if ( !CLASS(val) )
        return exit_behind(e, EXIT_REASON_APIC_WRITE, VAPIC_SELF_IPI);
    virtualize_self_ipi(va, val);

    return VAPIC_DONE;
}
