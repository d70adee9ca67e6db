/* SPDX-License-Identifier: MIT */
/* Virtual local APIC: requests, priorities, end of interrupt, life cycle. */

/*
 * Each vCPU has one struct vlapic and one page of registers in the layout of
 * the xAPIC window. The work is divided as follows:
 *
 *   vlapic.c        vectors: IRR -> (priority) -> ISR -> EOI; reset
 *   vlapic-regs.c   the register window, the x2APIC MSRs, IA32_APIC_BASE
 *   vlapic-icr.c    interrupt messages: destinations, INIT and start-up
 *   vlapic-timer.c  one-shot, periodic and TSC-deadline timer
 *   vlapic-save.c   save records
 *
 * Any pCPU may request a vector: it sets the TMR and IRR bits and the summary
 * bit of the IRR word, atomically and in this order, then kicks the vCPU.
 * All the rest of the state belongs to the vCPU and changes only in its own
 * context, or while it does not run. So no lock is needed.
 *
 * The summaries irr_words and isr_words make the common questions cheap:
 * "is anything pending" before each VM entry is one load, and finding the
 * highest vector is two bit scans.
 *
 * Not done: the APIC bus of SMIs and ExtINT, the thermal and performance
 * LVT entries (they hold values, nothing raises them), directed EOI.
 */
#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/vioapic.h>
#include <asm/vmx.h>
#include "vlapic-private.h"

/* Highest vector set in a 256-bit register, given its word summary; or -1. */
static inline int highest_vector(const struct vlapic *s, unsigned int reg,
                                 uint8_t words)
{
    while ( words )
    {
        unsigned int w = 31 - __builtin_clz(words);
        uint32_t bits = vlapic_reg(s, reg + w * 0x10);

        if ( likely(bits) )
            return w * 32 + 31 - __builtin_clz(bits);
        words &= ~(1u << w);
    }
    return -1;
}

static inline uint32_t *vector_word(struct vlapic *s, unsigned int reg,
                                    uint8_t vector)
{
    return (uint32_t *)(s->regs + reg + (vector >> 5) * 0x10);
}

static inline uint32_t vector_bit(uint8_t vector)
{
    return 1u << (vector & 31);
}

/*
 * SDM "Task and Processor Priorities". Computed when asked for: with a TPR
 * shadow the guest writes the task priority without our knowing.
 */
uint32_t vlapic_ppr(const struct vlapic *s)
{
    int isrv = highest_vector(s, APIC_ISR, s->isr_words);
    uint32_t tpr = vlapic_reg(s, APIC_TASKPRI) & 0xff;
    uint32_t isr_class = isrv < 0 ? 0 : isrv & 0xf0;

    return (tpr & 0xf0) >= isr_class ? tpr : isr_class;
}

int vlapic_find_pending(const struct vlapic *s)
{
    int vector;

    if ( !s->enabled )
        return -1;

    vector = highest_vector(s, APIC_IRR, READ_ONCE(s->irr_words));
    return vector >= 0 && (vector & 0xf0u) > (vlapic_ppr(s) & 0xf0) ? vector
                                                                    : -1;
}

int vlapic_highest_irr(const struct vcpu *v)
{
    const struct vlapic *s = vcpu_vlapic(v);

    return s->enabled ? highest_vector(s, APIC_IRR, READ_ONCE(s->irr_words))
                      : -1;
}

void vlapic_ack_irq(struct vcpu *v, uint8_t vector)
{
    struct vlapic *s = vcpu_vlapic(v);
    uint32_t *irr = vector_word(s, APIC_IRR, vector);
    uint32_t *isr = vector_word(s, APIC_ISR, vector);
    uint8_t summary = 1u << (vector >> 5);

    if ( !__atomic_and_fetch(irr, ~vector_bit(vector), __ATOMIC_SEQ_CST) )
    {
        __atomic_and_fetch(&s->irr_words, (uint8_t)~summary, __ATOMIC_SEQ_CST);
        /* A request that came in between must not lose its summary bit. */
        if ( READ_ONCE(*irr) )
            __atomic_or_fetch(&s->irr_words, summary, __ATOMIC_SEQ_CST);
    }

    *isr |= vector_bit(vector);
    s->isr_words |= summary;
}

void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level)
{
    if ( likely(vcpu_vlapic(v)->enabled) )
        vlapic_post_irq(v, vector, level);
}

void vlapic_post_irq(struct vcpu *v, uint8_t vector, bool level)
{
    struct vlapic *s = vcpu_vlapic(v);

    if ( unlikely(vector < VLAPIC_FIRST_VECTOR) )
    {
        vlapic_error(s, APIC_ESR_RECV_ILLEGAL);
        return;
    }

    if ( level )
        __atomic_or_fetch(vector_word(s, APIC_TMR, vector), vector_bit(vector),
                          __ATOMIC_RELAXED);
    else
        __atomic_and_fetch(vector_word(s, APIC_TMR, vector),
                           ~vector_bit(vector), __ATOMIC_RELAXED);
    __atomic_or_fetch(vector_word(s, APIC_IRR, vector), vector_bit(vector),
                      __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&s->irr_words, (uint8_t)(1u << (vector >> 5)),
                      __ATOMIC_SEQ_CST);

    vmx_intr_dirty(v);
    if ( READ_ONCE(v->pause_flags) & VPF_blocked )
        vcpu_unblock(v);
    if ( v != current )
        vcpu_kick(v);
}

void vlapic_eoi(struct vcpu *v)
{
    struct vlapic *s = vcpu_vlapic(v);
    int vector = highest_vector(s, APIC_ISR, s->isr_words);
    uint32_t *isr;

    /* Software may send an EOI with nothing in service. */
    if ( unlikely(vector < 0) )
        return;

    isr = vector_word(s, APIC_ISR, vector);
    *isr &= ~vector_bit(vector);
    if ( !*isr )
        s->isr_words &= ~(1u << (vector >> 5));

    if ( unlikely(*vector_word(s, APIC_TMR, vector) & vector_bit(vector)) )
        vioapic_eoi(v->domain, vector);

    if ( READ_ONCE(s->irr_words) )
        vmx_intr_dirty(v);
}

uint8_t vlapic_get_cr8(const struct vcpu *v)
{
    return (vlapic_reg(vcpu_vlapic(v), APIC_TASKPRI) >> 4) & 0xf;
}

void vlapic_set_cr8(struct vcpu *v, uint8_t cr8)
{
    struct vlapic *s = vcpu_vlapic(v);

    vlapic_reg_set(s, APIC_TASKPRI, (uint32_t)(cr8 & 0xf) << 4);
    if ( READ_ONCE(s->irr_words) )
        vmx_intr_dirty(v);
}

/* SDM "Error Handling": collected until the guest writes the ESR. */
void vlapic_error(struct vlapic *s, uint32_t esr_bits)
{
    uint32_t lvt = vlapic_reg(s, APIC_LVTERR);
    bool deliver = !(lvt & APIC_LVT_MASKED);

    /* An illegal vector in the error entry itself is the next error. */
    if ( deliver && (lvt & APIC_ICR_VECTOR) < VLAPIC_FIRST_VECTOR )
    {
        esr_bits |= APIC_ESR_RECV_ILLEGAL;
        deliver = false;
    }
    __atomic_or_fetch(&s->esr_pending, esr_bits, __ATOMIC_RELAXED);
    if ( deliver )
        vlapic_set_irq(s->vcpu, lvt & APIC_ICR_VECTOR, false);
}

void vlapic_update_enabled(struct vlapic *s)
{
    s->enabled = !vlapic_hw_disabled(s) &&
                 (vlapic_reg(s, APIC_SPIV) & APIC_SPIV_ENABLED);
    vmx_intr_dirty(s->vcpu);
}

/* The id and, in x2APIC mode, the logical id follow from the vCPU. */
void vlapic_set_id_regs(struct vlapic *s)
{
    uint32_t id = vlapic_id(s->vcpu);

    if ( vlapic_x2apic_mode(s) )
    {
        vlapic_reg_set(s, APIC_ID, id);
        vlapic_reg_set(s, APIC_LDR, vlapic_x2apic_ldr(id));
    }
    else
        vlapic_reg_set(s, APIC_ID, id << 24);
}

/* SDM "Local APIC State After Power-Up or Reset" */
void vlapic_reset_regs(struct vlapic *s)
{
    static const uint16_t lvts[] = { APIC_LVTT, APIC_LVTTHMR, APIC_LVTPC,
                                     APIC_LVT0, APIC_LVT1,    APIC_LVTERR };

    vlapic_timer_stop(s);
    memset(s->regs, 0, PAGE_SIZE);
    s->irr_words = s->isr_words = 0;
    s->esr_pending = 0;
    s->timer_mode = APIC_LVT_TIMER_ONESHOT;

    vlapic_reg_set(s, APIC_LVR, VLAPIC_VERSION);
    vlapic_reg_set(s, APIC_DFR, ~0u);
    vlapic_reg_set(s, APIC_SPIV, 0xff);
    for ( unsigned int i = 0; i < ARRAY_SIZE(lvts); i++ )
        vlapic_reg_set(s, lvts[i], APIC_LVT_MASKED);
    vlapic_timer_set_tdcr(s, 0);
    vlapic_set_id_regs(s);
    vlapic_update_enabled(s);
}

void vlapic_reset(struct vcpu *v)
{
    struct vlapic *s = vcpu_vlapic(v);

    s->apic_base = APIC_DEFAULT_PHYS_BASE | APIC_BASE_ENABLE |
                   (v->vcpu_id ? 0 : APIC_BASE_BSP);
    s->sipi_expected = v->vcpu_id != 0;
    vlapic_reset_regs(s);
}

/* Summaries from the registers, after these were written as a whole. */
void vlapic_recount(struct vlapic *s)
{
    s->irr_words = s->isr_words = 0;
    for ( unsigned int w = 0; w < 8; w++ )
    {
        if ( vlapic_reg(s, APIC_IRR + w * 0x10) )
            s->irr_words |= 1u << w;
        if ( vlapic_reg(s, APIC_ISR + w * 0x10) )
            s->isr_words |= 1u << w;
    }
    vlapic_update_enabled(s);
}

int vlapic_init(struct vcpu *v)
{
    struct vlapic *s = xzalloc(struct vlapic);

    if ( !s )
        return -ENOMEM;
    s->regs = alloc_xenheap_page();
    if ( !s->regs )
    {
        xfree(s);
        return -ENOMEM;
    }
    s->vcpu = v;
    v->arch.vlapic = s;
    vlapic_timer_init(s);
    vlapic_reset(v);
    return 0;
}

void vlapic_destroy(struct vcpu *v)
{
    struct vlapic *s = vcpu_vlapic(v);

    if ( !s )
        return;
    kill_timer(&s->timer);
    free_xenheap_page(s->regs);
    v->arch.vlapic = NULL;
    xfree(s);
}
