/* SPDX-License-Identifier: MIT */
/* Interrupt messages between local APICs: destinations and delivery modes. */
#include <xen/lib.h>
#include <public/sched.h>
#include <asm/nested-hvm.h>
#include "vlapic-private.h"

/* SDM "Determining IPI Destination": logical destination of one target. */
static bool logical_match(const struct vlapic *t, uint32_t dest,
                          bool x2apic_dest)
{
    uint32_t ldr = vlapic_reg(t, APIC_LDR), nibble;

    if ( dest == (x2apic_dest ? X2APIC_BROADCAST : XAPIC_BROADCAST) )
        return true;
    if ( vlapic_x2apic_mode(t) )
        return (dest >> 16) == (ldr >> 16) && (dest & ldr & 0xffff);

    ldr >>= 24;
    if ( dest > 0xff )
        return false;
    switch ( vlapic_reg(t, APIC_DFR) >> 28 )
    {
    case 0xf: /* flat model */
        return dest & ldr;
    case 0x0: /* cluster model */
        nibble = dest >> 4;
        return (nibble == 0xf || nibble == ldr >> 4) && (dest & ldr & 0xf);
    default:
        return false;
    }
}

static bool matches(const struct vcpu *t, const struct vcpu *src, uint32_t icr,
                    uint32_t dest, bool x2apic_dest)
{
    const struct vlapic *s = vcpu_vlapic(t);

    switch ( icr & APIC_ICR_SHORTHAND )
    {
    case APIC_DEST_SELF:
        return t == src;
    case APIC_DEST_ALLINC:
        return true;
    case APIC_DEST_ALLBUT:
        return t != src;
    }
    if ( vlapic_hw_disabled(s) )
        return false;
    if ( icr & APIC_ICR_LOGICAL )
        return logical_match(s, dest, x2apic_dest);
    return dest == (x2apic_dest ? X2APIC_BROADCAST : XAPIC_BROADCAST) ||
           dest == vlapic_id(t);
}

/*
 * INIT and start-up only say what is to become of a vCPU: it resets itself
 * when it is next to run. Nobody waits for it, so that vCPUs which reset one
 * another cannot hold up the pCPUs they are on.
 */
#define STARTUP_VECTOR 0x0ffu
#define STARTUP_INIT   0x100u
#define STARTUP_SIPI   0x200u

/* INIT: stop the vCPU where it is; it waits for a start-up message. */
void vlapic_init_signal(struct vcpu *t)
{
    struct vlapic *s = vcpu_vlapic(t);

    if ( t->arch.nested && nested_take_init(t) )
        return;
    __atomic_store_n(&s->startup, STARTUP_INIT, __ATOMIC_SEQ_CST);
    __atomic_store_n(&s->sipi_expected, true, __ATOMIC_SEQ_CST);
    __atomic_or_fetch(&t->pause_flags, VPF_down, __ATOMIC_SEQ_CST);
    vcpu_sleep(t);
}

/* SDM "MP Initialization": start in real mode at vector * 4 KiB. */
static void deliver_startup(struct vcpu *t, uint8_t vector)
{
    struct vlapic *s = vcpu_vlapic(t);

    if ( !__atomic_exchange_n(&s->sipi_expected, false, __ATOMIC_SEQ_CST) )
    {
        if ( t->arch.nested )
            nested_take_sipi(t, vector);
        return;
    }
    __atomic_or_fetch(&s->startup, STARTUP_SIPI | vector, __ATOMIC_SEQ_CST);
    __atomic_and_fetch(&t->pause_flags, ~VPF_down, __ATOMIC_SEQ_CST);
    vcpu_wake(t);
}

void vlapic_apply_startup(struct vcpu *v)
{
    struct vlapic *s = vcpu_vlapic(v);
    uint32_t what = __atomic_exchange_n(&s->startup, 0, __ATOMIC_SEQ_CST);

    if ( what & STARTUP_INIT )
    {
        if ( v->arch.nested )
            nested_vcpu_reset(v);
        vlapic_reset_regs(s);
    }
    if ( what & STARTUP_SIPI )
        hvm_vcpu_reset_state(v, (uint16_t)((what & STARTUP_VECTOR) << 8), 0);
}

static void deliver(struct vcpu *t, uint32_t icr, bool level)
{
    switch ( icr & APIC_ICR_MODE )
    {
    case APIC_DM_FIXED:
    case APIC_DM_LOWEST:
        vlapic_set_irq(t, icr & APIC_ICR_VECTOR, level);
        break;

    case APIC_DM_NMI:
        hvm_inject_nmi(t);
        break;

    case APIC_DM_INIT:
        /* The level de-assert form only synchronizes old bus arbiters. */
        if ( (icr & APIC_ICR_LEVEL) && !(icr & APIC_ICR_ASSERT) )
            break;
        vlapic_init_signal(t);
        break;

    case APIC_DM_STARTUP:
        deliver_startup(t, icr & APIC_ICR_VECTOR);
        break;

    default: /* SMI, ExtINT: nobody is there to take them */
        break;
    }
}

/* Of all destinations the one that runs at the lowest priority. */
static void deliver_lowest(struct domain *d, const struct vcpu *src,
                           uint32_t icr, uint32_t dest, bool x2apic_dest,
                           bool level)
{
    struct vcpu *v, *best = NULL;

    for_each_vcpu (d, v)
    {
        const struct vlapic *s = vcpu_vlapic(v);

        if ( !s->enabled || !matches(v, src, icr, dest, x2apic_dest) )
            continue;
        if ( !best || vlapic_ppr(s) < vlapic_ppr(vcpu_vlapic(best)) )
            best = v;
    }
    if ( best )
        deliver(best, icr, level);
}

/* A single physical destination needs no search: ids are twice the number. */
static struct vcpu *physical_target(const struct domain *d, uint32_t icr,
                                    uint32_t dest, bool x2apic_dest)
{
    struct vcpu *t;

    if ( (icr & (APIC_ICR_SHORTHAND | APIC_ICR_LOGICAL)) || (dest & 1) ||
         dest / 2 >= d->max_vcpus ||
         dest == (x2apic_dest ? X2APIC_BROADCAST : XAPIC_BROADCAST) )
        return NULL;
    t = d->vcpu[dest / 2];
    return t && !vlapic_hw_disabled(vcpu_vlapic(t)) ? t : NULL;
}

void vlapic_send_message(struct domain *d, struct vcpu *src, uint32_t icr,
                         uint32_t dest, bool x2apic_dest)
{
    /* Messages between processors are edges whatever the ICR says. */
    bool level = !src && (icr & APIC_ICR_LEVEL);
    struct vcpu *v = physical_target(d, icr, dest, x2apic_dest);

    if ( likely(v) )
    {
        deliver(v, icr, level);
        return;
    }

    if ( (icr & APIC_ICR_MODE) == APIC_DM_LOWEST )
    {
        deliver_lowest(d, src, icr, dest, x2apic_dest, level);
        return;
    }

    for_each_vcpu (d, v)
    {
        if ( matches(v, src, icr, dest, x2apic_dest) )
            deliver(v, icr, level);
    }
}
