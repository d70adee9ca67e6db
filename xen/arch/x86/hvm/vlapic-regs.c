/* SPDX-License-Identifier: MIT */
/* Register window, x2APIC MSRs and IA32_APIC_BASE of the virtual APIC. */
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/vmx.h>
#include "vlapic-private.h"

#define REG_INDEX(off) ((off) >> 4)
#define NR_REGS        64

#define R_R            0x1 /* readable */
#define R_W            0x2 /* writable */
#define R_X            0x4 /* exists in the xAPIC window */
#define R_X2           0x8 /* exists as an x2APIC MSR */
#define R_LVT          0x10
#define R_ALL          (R_X | R_X2)

/* SDM "Local APIC Register Address Map", "x2APIC Register Address Space" */
struct reg_info
{
    uint8_t flags;
    uint32_t wmask; /* bits a write may set */
    uint32_t ro;    /* read-only ones; all others: #GP in x2APIC mode */
};

#define LVT_STATUS     0x1000u
#define LVT_REMOTE_IRR 0x4000u

#define VEC8(base) \
    [REG_INDEX(base)... REG_INDEX(base) + 7] = { R_R | R_ALL, 0, 0 }

static const struct reg_info reg_info[NR_REGS] = {
    [REG_INDEX(APIC_ID)] = { R_R | R_ALL, 0, 0 },
    [REG_INDEX(APIC_LVR)] = { R_R | R_ALL, 0, 0 },
    [REG_INDEX(APIC_TASKPRI)] = { R_R | R_W | R_ALL, 0xff, 0 },
    [REG_INDEX(APIC_ARBPRI)] = { R_R | R_X, 0, 0 },
    [REG_INDEX(APIC_PROCPRI)] = { R_R | R_ALL, 0, 0 },
    [REG_INDEX(APIC_EOI)] = { R_W | R_ALL, 0, 0 },
    /* The logical id can be written in xAPIC mode only. */
    [REG_INDEX(APIC_LDR)] = { R_R | R_W | R_ALL, 0xff000000, 0 },
    [REG_INDEX(APIC_DFR)] = { R_R | R_W | R_X, 0xf0000000, 0 },
    [REG_INDEX(APIC_SPIV)] = { R_R | R_W | R_ALL, 0x1ff, 0 },
    VEC8(APIC_ISR),
    VEC8(APIC_TMR),
    VEC8(APIC_IRR),
    [REG_INDEX(APIC_ESR)] = { R_R | R_W | R_ALL, 0, 0 },
    [REG_INDEX(APIC_ICR)] = { R_R | R_W | R_ALL, 0xccfff, 0 },
    [REG_INDEX(APIC_ICR2)] = { R_R | R_W | R_X, 0xff000000, 0 },
    [REG_INDEX(APIC_LVTT)] = { R_R | R_W | R_ALL | R_LVT, 0x700ff, LVT_STATUS },
    [REG_INDEX(APIC_LVTTHMR)] = { R_R | R_W | R_ALL | R_LVT, 0x107ff,
                                  LVT_STATUS },
    [REG_INDEX(APIC_LVTPC)] = { R_R | R_W | R_ALL | R_LVT, 0x107ff,
                                LVT_STATUS },
    [REG_INDEX(APIC_LVT0)] = { R_R | R_W | R_ALL | R_LVT, 0x1a7ff,
                               LVT_STATUS | LVT_REMOTE_IRR },
    [REG_INDEX(APIC_LVT1)] = { R_R | R_W | R_ALL | R_LVT, 0x1a7ff,
                               LVT_STATUS | LVT_REMOTE_IRR },
    [REG_INDEX(APIC_LVTERR)] = { R_R | R_W | R_ALL | R_LVT, 0x100ff,
                                 LVT_STATUS },
    [REG_INDEX(APIC_TMICT)] = { R_R | R_W | R_ALL, ~0u, 0 },
    [REG_INDEX(APIC_TMCCT)] = { R_R | R_ALL, 0, 0 },
    [REG_INDEX(APIC_TDCR)] = { R_R | R_W | R_ALL, 0xb, 0 },
    [REG_INDEX(APIC_SELF_IPI)] = { R_W | R_X2, 0xff, 0 },
};

static uint32_t read_reg(const struct vlapic *s, unsigned int off)
{
    switch ( off )
    {
    case APIC_TMCCT:
        return vlapic_timer_tmcct(s);
    case APIC_PROCPRI:
        return vlapic_ppr(s);
    default:
        return vlapic_reg(s, off);
    }
}

/* Delivery modes that carry a vector which must be a legal one. */
static bool icr_vector_ok(uint32_t icr)
{
    uint32_t mode = icr & APIC_ICR_MODE;

    return (mode != APIC_DM_FIXED && mode != APIC_DM_LOWEST) ||
           (icr & APIC_ICR_VECTOR) >= VLAPIC_FIRST_VECTOR;
}

static void write_icr(struct vcpu *v, uint32_t icr, uint32_t dest)
{
    struct vlapic *s = vcpu_vlapic(v);

    if ( unlikely(!icr_vector_ok(icr)) )
    {
        vlapic_error(s, APIC_ESR_SEND_ILLEGAL);
        return;
    }
    vlapic_send_message(v->domain, v, icr, dest, vlapic_x2apic_mode(s));
}

static void write_self_ipi(struct vcpu *v, uint8_t vector)
{
    if ( unlikely(vector < VLAPIC_FIRST_VECTOR) )
        vlapic_error(vcpu_vlapic(v), APIC_ESR_SEND_ILLEGAL);
    else
        vlapic_set_irq(v, vector, false);
}

static void write_spiv(struct vlapic *s, uint32_t val)
{
    struct vcpu *v = s->vcpu;

    vlapic_reg_set(s, APIC_SPIV, val);
    /* Software-disabled: the mask bits are set and stay set. */
    if ( !(val & APIC_SPIV_ENABLED) )
        for ( unsigned int i = 0; i < NR_REGS; i++ )
            if ( reg_info[i].flags & R_LVT )
                vlapic_reg_set(s, i << 4,
                               vlapic_reg(s, i << 4) | APIC_LVT_MASKED);
    vlapic_update_enabled(s);

    /*
     * An event that came before the INIT which starts a secondary vCPU has
     * lost its vector with the IRR, but is still pending: it would be the last.
     */
    if ( s->enabled && v->arch.evtchn_upcall_vector &&
         READ_ONCE(v->vcpu_info->evtchn_upcall_pending) )
        vlapic_post_irq(v, v->arch.evtchn_upcall_vector, false);
}

static void write_lvt(struct vlapic *s, unsigned int off, uint32_t val)
{
    if ( !(vlapic_reg(s, APIC_SPIV) & APIC_SPIV_ENABLED) )
        val |= APIC_LVT_MASKED;
    if ( off == APIC_LVTT )
        vlapic_timer_set_lvtt(s, val);
    else
        vlapic_reg_set(s, off, val);
}

/* A write of permitted bits to a writable register, in either mode. */
static void write_reg(struct vcpu *v, unsigned int off, uint32_t val)
{
    struct vlapic *s = vcpu_vlapic(v);

    switch ( off )
    {
    case APIC_TASKPRI:
        vlapic_reg_set(s, APIC_TASKPRI, val);
        if ( READ_ONCE(s->irr_words) )
            vmx_intr_dirty(v);
        break;
    case APIC_EOI:
        vlapic_eoi(v);
        break;
    case APIC_DFR:
        /* SDM "Logical Destination Mode": the low bits read as ones. */
        vlapic_reg_set(s, APIC_DFR, val | 0x0fffffff);
        break;
    case APIC_SPIV:
        write_spiv(s, val);
        break;
    case APIC_ESR:
        vlapic_reg_set(
            s, APIC_ESR,
            __atomic_exchange_n(&s->esr_pending, 0, __ATOMIC_RELAXED));
        break;
    case APIC_ICR:
        vlapic_reg_set(s, APIC_ICR, val);
        write_icr(v, val, vlapic_reg(s, APIC_ICR2) >> 24);
        break;
    case APIC_TMICT:
        vlapic_timer_set_tmict(s, val);
        break;
    case APIC_TDCR:
        vlapic_timer_set_tdcr(s, val);
        break;
    case APIC_SELF_IPI:
        write_self_ipi(v, val);
        break;
    default:
        if ( reg_info[REG_INDEX(off)].flags & R_LVT )
            write_lvt(s, off, val);
        else
            vlapic_reg_set(s, off, val);
        break;
    }
}

/* --- The xAPIC window. --- */

uint64_t vlapic_mmio_read(struct vcpu *v, unsigned int off, unsigned int size)
{
    struct vlapic *s = vcpu_vlapic(v);
    unsigned int reg = off & ~0xfu, byte = off & 0xf;
    uint8_t flags = reg < NR_REGS << 4 ? reg_info[REG_INDEX(reg)].flags : 0;
    uint64_t val;

    if ( (flags & (R_R | R_X)) != (R_R | R_X) )
    {
        vlapic_error(s, APIC_ESR_ILLEGAL_REG);
        return 0;
    }
    /* A register is four bytes wide in a slot of sixteen. */
    if ( byte >= 4 )
        return 0;
    val = read_reg(s, reg) >> (byte * 8);
    return size >= 4 ? val : val & ((1ULL << (size * 8)) - 1);
}

void vlapic_mmio_write(struct vcpu *v, unsigned int off, unsigned int size,
                       uint64_t val)
{
    const struct reg_info *r;

    if ( likely(off == APIC_EOI) )
    {
        vlapic_eoi(v);
        return;
    }
    /*
     * SDM "Accessing APIC Registers": 32-bit aligned accesses only; what
     * else does is up to the processor. Here it does nothing.
     */
    if ( (off & 0xf) || size < 4 )
        return;

    r = &reg_info[REG_INDEX(off) % NR_REGS];
    if ( off >= NR_REGS << 4 || (r->flags & (R_W | R_X)) != (R_W | R_X) )
    {
        /* Writing what can only be read is ignored, not an error. */
        if ( off >= NR_REGS << 4 || !(r->flags & R_X) )
            vlapic_error(vcpu_vlapic(v), APIC_ESR_ILLEGAL_REG);
        return;
    }
    write_reg(v, off, (uint32_t)val & r->wmask);
}

void vlapic_page_written(struct vcpu *v, unsigned int off)
{
    struct vlapic *s = vcpu_vlapic(v);

    off &= ~0xfu;
    if ( off == APIC_ID )
        vlapic_set_id_regs(s);
    else
        vlapic_mmio_write(v, off, sizeof(uint32_t), vlapic_reg(s, off));
    if ( off == APIC_EOI )
        vlapic_reg_set(s, APIC_EOI, 0);
}

/* --- IA32_APIC_BASE. --- */

#define APIC_BASE_MODE  (APIC_BASE_ENABLE | APIC_BASE_EXTD)
#define APIC_BASE_VALID (APIC_BASE_ADDR_MASK | APIC_BASE_MODE | APIC_BASE_BSP)

/* SDM "x2APIC State Transitions": which changes of mode are allowed. */
static bool mode_change_ok(uint64_t old, uint64_t new)
{
    switch ( new &APIC_BASE_MODE )
    {
    case 0:
        return true;
    case APIC_BASE_ENABLE:
        return (old & APIC_BASE_MODE) != APIC_BASE_MODE;
    case APIC_BASE_MODE:
        return old & APIC_BASE_ENABLE;
    default:
        return false;
    }
}

static int write_apic_base(struct vcpu *v, uint64_t val)
{
    struct vlapic *s = vcpu_vlapic(v);
    const struct cpu_policy *p = v->domain->arch.policy;
    uint64_t old = s->apic_base;
    bool x2apic = !p || (p->basic[1].c & CPUID1_C_X2APIC);

    if ( (val & ~APIC_BASE_VALID) || !mode_change_ok(old, val) ||
         ((val & APIC_BASE_EXTD) && !x2apic) )
        return -EFAULT;

    /* Which processor was first is not for software to change. */
    s->apic_base = (val & ~APIC_BASE_BSP) | (old & APIC_BASE_BSP);
    vmx_apic_base_changed(v);
    if ( !((old ^ val) & APIC_BASE_MODE) )
        return 0;

    /* A disabled APIC comes back as after a reset. */
    if ( !(val & APIC_BASE_ENABLE) || !(old & APIC_BASE_ENABLE) )
        vlapic_reset_regs(s);
    else
    {
        vlapic_set_id_regs(s);
        vlapic_reg_set(s, APIC_ICR2, 0);
        vlapic_update_enabled(s);
    }
    return 0;
}

/* --- x2APIC MSRs. --- */

#define X2APIC_OFF(msr) (((msr)-MSR_X2APIC_FIRST) << 4)

/* An ICR write in x2APIC mode: both halves at once. */
static int write_x2apic_icr(struct vcpu *v, uint64_t val)
{
    struct vlapic *s = vcpu_vlapic(v);
    /* Only the delivery status is neither reserved nor kept. */
    uint32_t icr = val & ~APIC_ICR_BUSY;

    if ( icr & ~reg_info[REG_INDEX(APIC_ICR)].wmask )
        return -EFAULT;
    vlapic_reg_set(s, APIC_ICR, icr);
    vlapic_reg_set(s, APIC_ICR2, val >> 32);
    write_icr(v, icr, val >> 32);
    return 0;
}

static int x2apic_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    unsigned int off = X2APIC_OFF(msr);
    const struct reg_info *r;

    /* The three that matter for speed first. */
    if ( likely(off == APIC_EOI) )
    {
        if ( val )
            return -EFAULT;
        vlapic_eoi(v);
        return 0;
    }
    if ( off == APIC_ICR )
        return write_x2apic_icr(v, val);

    if ( off >= NR_REGS << 4 )
        return -EFAULT;
    r = &reg_info[REG_INDEX(off)];
    if ( (r->flags & (R_W | R_X2)) != (R_W | R_X2) || off == APIC_LDR ||
         (val & ~(uint64_t)(r->wmask | r->ro)) )
        return -EFAULT;
    write_reg(v, off, val & r->wmask);
    return 0;
}

static int x2apic_read(const struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct vlapic *s = vcpu_vlapic(v);
    unsigned int off = X2APIC_OFF(msr);
    uint8_t flags = off < NR_REGS << 4 ? reg_info[REG_INDEX(off)].flags : 0;

    if ( (flags & (R_R | R_X2)) != (R_R | R_X2) )
        return -EFAULT;
    *val = read_reg(s, off);
    if ( off == APIC_ICR )
        *val |= (uint64_t)vlapic_reg(s, APIC_ICR2) << 32;
    return 0;
}

int vlapic_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct vlapic *s = vcpu_vlapic(v);

    if ( likely(msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST) )
        return likely(vlapic_x2apic_mode(s)) ? x2apic_read(v, msr, val)
                                             : -EFAULT;
    if ( msr == MSR_TSC_DEADLINE )
        *val = s->tsc_deadline;
    else if ( msr == MSR_APIC_BASE )
        *val = s->apic_base;
    else
        return -EFAULT;
    return 0;
}

int vlapic_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    struct vlapic *s = vcpu_vlapic(v);

    if ( likely(msr >= MSR_X2APIC_FIRST && msr <= MSR_X2APIC_LAST) )
        return likely(vlapic_x2apic_mode(s)) ? x2apic_write(v, msr, val)
                                             : -EFAULT;
    if ( msr == MSR_TSC_DEADLINE )
    {
        vlapic_timer_set_deadline(s, val);
        return 0;
    }
    return msr == MSR_APIC_BASE ? write_apic_base(v, val) : -EFAULT;
}
