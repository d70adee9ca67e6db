/* SPDX-License-Identifier: MIT */
/* Virtual local APIC: one per vCPU, in xAPIC or x2APIC mode. */
#pragma once

#include <xen/domain.h>
#include <xen/timer.h>
#include <asm/msr-index.h>

/* Register offsets, SDM "Local APIC Register Address Map". */
#define APIC_ID                0x020
#define APIC_LVR               0x030
#define APIC_TASKPRI           0x080
#define APIC_ARBPRI            0x090
#define APIC_PROCPRI           0x0a0
#define APIC_EOI               0x0b0
#define APIC_LDR               0x0d0
#define APIC_DFR               0x0e0
#define APIC_SPIV              0x0f0
#define APIC_ISR               0x100
#define APIC_TMR               0x180
#define APIC_IRR               0x200
#define APIC_ESR               0x280
#define APIC_CMCI              0x2f0
#define APIC_ICR               0x300
#define APIC_ICR2              0x310
#define APIC_LVTT              0x320
#define APIC_LVTTHMR           0x330
#define APIC_LVTPC             0x340
#define APIC_LVT0              0x350
#define APIC_LVT1              0x360
#define APIC_LVTERR            0x370
#define APIC_TMICT             0x380
#define APIC_TMCCT             0x390
#define APIC_TDCR              0x3e0
#define APIC_SELF_IPI          0x3f0

#define APIC_DEFAULT_PHYS_BASE 0xfee00000ULL

#define APIC_SPIV_ENABLED      0x100u
#define APIC_SPIV_FOCUS        0x200u

#define APIC_LVT_MASKED        0x10000u
#define APIC_LVT_TIMER_MODE    0x60000u
#define APIC_LVT_TIMER_ONESHOT 0x00000u
#define APIC_LVT_TIMER_PERIOD  0x20000u
#define APIC_LVT_TIMER_TSCDL   0x40000u

#define APIC_ICR_VECTOR        0x000ffu
#define APIC_ICR_MODE          0x00700u
#define APIC_DM_FIXED          0x00000u
#define APIC_DM_LOWEST         0x00100u
#define APIC_DM_SMI            0x00200u
#define APIC_DM_NMI            0x00400u
#define APIC_DM_INIT           0x00500u
#define APIC_DM_STARTUP        0x00600u
#define APIC_DM_EXTINT         0x00700u
#define APIC_ICR_LOGICAL       0x00800u
#define APIC_ICR_BUSY          0x01000u
#define APIC_ICR_ASSERT        0x04000u
#define APIC_ICR_LEVEL         0x08000u
#define APIC_ICR_SHORTHAND     0xc0000u
#define APIC_DEST_NOSHORT      0x00000u
#define APIC_DEST_SELF         0x40000u
#define APIC_DEST_ALLINC       0x80000u
#define APIC_DEST_ALLBUT       0xc0000u

#define APIC_ESR_SEND_ILLEGAL  0x20u
#define APIC_ESR_RECV_ILLEGAL  0x40u
#define APIC_ESR_ILLEGAL_REG   0x80u

#define X2APIC_BROADCAST       0xffffffffu
#define XAPIC_BROADCAST        0xffu

/* The timer's input clock, what a guest finds when it calibrates. */
#define VLAPIC_BUS_CYCLE_NS 10

struct vlapic
{
    /*
     * The register page in the architectural layout. IRR bits are set by
     * any pCPU (atomically), everything else changes under the vCPU itself
     * or while it does not run.
     */
    uint8_t *regs;
    struct vcpu *vcpu;
    uint64_t apic_base;   /* IA32_APIC_BASE */
    uint8_t irr_words;    /* bit n: word n of the IRR may be non-zero */
    uint8_t isr_words;    /* bit n: word n of the ISR is non-zero */
    bool enabled;         /* globally and by the SVR: accepts interrupts */
    bool sipi_expected;   /* INIT seen, waits for a start-up IPI */
    uint32_t startup;     /* INIT, start-up to be carried out: vlapic-icr.c */
    uint32_t esr_pending; /* errors since the last write of the ESR */

    struct timer timer;
    uint64_t tsc_deadline; /* IA32_TSC_DEADLINE, 0 = disarmed */
    s_time_t timer_start;  /* when the current count was TMICT */
    uint32_t timer_divisor;
    uint32_t timer_mode; /* of the LVT entry, which the guest may overwrite */
};

static inline struct vlapic *vcpu_vlapic(const struct vcpu *v)
{
    return v->arch.vlapic;
}

static inline bool vlapic_hw_disabled(const struct vlapic *s)
{
    return !(s->apic_base & APIC_BASE_ENABLE);
}

static inline uint32_t vlapic_reg(const struct vlapic *s, unsigned int off)
{
    return READ_ONCE(*(const uint32_t *)(s->regs + off));
}

static inline void vlapic_reg_set(struct vlapic *s, unsigned int off,
                                  uint32_t val)
{
    WRITE_ONCE(*(uint32_t *)(s->regs + off), val);
}

/* APIC ids leave room for a sibling thread, as Xen numbers its vCPUs. */
static inline uint32_t vlapic_id(const struct vcpu *v)
{
    return v->vcpu_id * 2;
}

/* Once per vCPU; needs v->domain and v->vcpu_id. */
int vlapic_init(struct vcpu *v);
void vlapic_destroy(struct vcpu *v);
/*
 * An INIT or start-up message came: v, which is about to run on this pCPU,
 * carries it out.
 */
void vlapic_apply_startup(struct vcpu *v);
static inline bool vlapic_startup_pending(const struct vcpu *v)
{
    return READ_ONCE(v->arch.vlapic->startup);
}
/* Power-up state: registers, timer, IA32_APIC_BASE. */
void vlapic_reset(struct vcpu *v);

/*
 * Before a VM entry: the vector to deliver, or -1. A vector counts when it
 * is pending and above the processor priority; ack makes it in-service.
 */
int vlapic_find_pending(const struct vlapic *s);
static inline int vlapic_pending_irq(const struct vcpu *v)
{
    const struct vlapic *s = v->arch.vlapic;

    return likely(!READ_ONCE(s->irr_words)) ? -1 : vlapic_find_pending(s);
}
void vlapic_ack_irq(struct vcpu *v, uint8_t vector);
/* Highest requested vector whatever the priority, or -1: TPR threshold. */
int vlapic_highest_irr(const struct vcpu *v);

/* Make vector pending in v (from any pCPU) and have v look at it. */
void vlapic_set_irq(struct vcpu *v, uint8_t vector, bool level);
/*
 * The same for what is not a message on the bus (the event channel upcall):
 * it is kept for the time when the APIC is enabled.
 */
void vlapic_post_irq(struct vcpu *v, uint8_t vector, bool level);

void vlapic_eoi(struct vcpu *v);
/* INIT reaches v: unless VMX operation holds it back, v waits for a SIPI. */
void vlapic_init_signal(struct vcpu *v);
/* CR8 is bits 7:4 of the task priority. */
uint8_t vlapic_get_cr8(const struct vcpu *v);
void vlapic_set_cr8(struct vcpu *v, uint8_t cr8);

/* The x2APIC registers, IA32_TSC_DEADLINE, IA32_APIC_BASE. */
static inline bool vlapic_owns_msr(uint32_t msr)
{
    return (msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST) ||
           msr == MSR_TSC_DEADLINE || msr == MSR_APIC_BASE;
}
/* 0, or -EFAULT for #GP. The TSC deadline is in the guest's own TSC. */
int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/* The guest's TSC was moved: an armed deadline is nearer or farther now. */
void vlapic_tsc_changed(struct vcpu *v);

/* Does the register window of v cover gpa now? */
static inline bool vlapic_mmio_covers(const struct vcpu *v, paddr_t gpa)
{
    uint64_t base = v->arch.vlapic->apic_base;

    /* Enabled and not in x2APIC mode, see IA32_APIC_BASE in msr-index.h. */
    return (base & 0xc00) == 0x800 && ((gpa ^ base) & ~0xfffULL) == 0;
}
/* Offset within the window; sizes other than 4 are handled as hardware may. */
uint64_t vlapic_mmio_read(struct vcpu *v, unsigned int off, unsigned int size);
void vlapic_mmio_write(struct vcpu *v, unsigned int off, unsigned int size,
                       uint64_t val);
/* The processor put what the guest wrote to off into the register page. */
void vlapic_page_written(struct vcpu *v, unsigned int off);

/*
 * An interrupt message on the (virtual) bus: from an ICR, from the vIO-APIC
 * or from an MSI. icr carries mode, logical, shorthand and trigger bits.
 * src may be NULL when no shorthand is used.
 */
void vlapic_send_message(struct domain *d, struct vcpu *src, uint32_t icr,
                         uint32_t dest, bool x2apic_dest);

/* HVM save records of one vCPU (struct of public/arch-x86/hvm/save.h). */
struct hvm_hw_lapic;
struct hvm_hw_lapic_regs;
void vlapic_save(const struct vcpu *v, struct hvm_hw_lapic *l,
                 struct hvm_hw_lapic_regs *r);
int vlapic_load_hidden(struct vcpu *v, const struct hvm_hw_lapic *l);
int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *r);
