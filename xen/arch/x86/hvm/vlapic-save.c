/* SPDX-License-Identifier: MIT */
/* Save records LAPIC and LAPIC_REGS of the virtual local APIC. */
#include <xen/lib.h>
#include <public/hvm/save.h>
#include <asm/vmx.h>
#include "vlapic-private.h"

/* hvm_hw_lapic.disabled */
#define SAVED_HW_DISABLED 0x1u
#define SAVED_SW_DISABLED 0x2u

#define SAVED_REG_BYTES   sizeof(((struct hvm_hw_lapic_regs *)0)->data)

void vlapic_save(const struct vcpu *v, struct hvm_hw_lapic *l,
                 struct hvm_hw_lapic_regs *r)
{
    const struct vlapic *s = vcpu_vlapic(v);
    uint32_t tmcct = vlapic_timer_tmcct(s), ppr = vlapic_ppr(s);

    memset(l, 0, sizeof(*l));
    l->apic_base_msr = s->apic_base;
    if ( vlapic_hw_disabled(s) )
        l->disabled |= SAVED_HW_DISABLED;
    if ( !(vlapic_reg(s, APIC_SPIV) & APIC_SPIV_ENABLED) )
        l->disabled |= SAVED_SW_DISABLED;
    l->timer_divisor = s->timer_divisor;
    l->tdt_msr = s->tsc_deadline;

    memcpy(r->data, s->regs, SAVED_REG_BYTES);
    memcpy(r->data + APIC_TMCCT, &tmcct, sizeof(tmcct));
    memcpy(r->data + APIC_PROCPRI, &ppr, sizeof(ppr));
}

int vlapic_load_hidden(struct vcpu *v, const struct hvm_hw_lapic *l)
{
    struct vlapic *s = vcpu_vlapic(v);
    uint64_t base = l->apic_base_msr;

    if ( (base & ~(APIC_BASE_ADDR_MASK | APIC_BASE_BSP | APIC_BASE_EXTD |
                   APIC_BASE_ENABLE)) ||
         ((base & APIC_BASE_EXTD) && !(base & APIC_BASE_ENABLE)) )
        return -EINVAL;

    vlapic_timer_stop(s);
    s->apic_base = base;
    s->tsc_deadline = l->tdt_msr;
    vlapic_set_id_regs(s);
    vlapic_update_enabled(s);
    vmx_apic_base_changed(v);
    return 0;
}

int vlapic_load_regs(struct vcpu *v, const struct hvm_hw_lapic_regs *r)
{
    static const uint16_t lvts[] = { APIC_LVTTHMR, APIC_LVTPC, APIC_LVT0,
                                     APIC_LVT1, APIC_LVTERR };
    struct vlapic *s = vcpu_vlapic(v);
    uint64_t deadline = s->tsc_deadline;
    uint32_t lvtt;

    stop_timer(&s->timer);
    memcpy(s->regs, r->data, SAVED_REG_BYTES);

    /* The stream is input: what the guest could not have written goes. */
    memcpy(&lvtt, r->data + APIC_LVTT, sizeof(lvtt));
    vlapic_reg_set(s, APIC_LVTT,
                   lvtt & (APIC_LVT_TIMER_MODE | APIC_LVT_MASKED | 0xff));
    s->timer_mode = lvtt & APIC_LVT_TIMER_MODE;
    for ( unsigned int i = 0; i < ARRAY_SIZE(lvts); i++ )
        vlapic_reg_set(s, lvts[i], vlapic_reg(s, lvts[i]) & 0x1a7ff);
    vlapic_reg_set(s, APIC_LVR, VLAPIC_VERSION);
    vlapic_reg_set(s, APIC_TASKPRI, vlapic_reg(s, APIC_TASKPRI) & 0xff);
    vlapic_reg_set(s, APIC_SPIV, vlapic_reg(s, APIC_SPIV) & 0x1ff);
    vlapic_set_id_regs(s);
    vlapic_recount(s);

    s->tsc_deadline = deadline;
    vlapic_timer_resume(s);
    return 0;
}
