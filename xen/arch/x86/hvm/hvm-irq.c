/* SPDX-License-Identifier: MIT */
/* Interrupts of the machine that belong to a domain, by GSI. */

/*
 * Each bound GSI has a host vector of its own. A level interrupt is masked at
 * the host's pin when it fires and opened by the guest's EOI: the host's own
 * EOI follows at once, so a slow guest never blocks other interrupts. The
 * host's pin is open exactly when the guest has it unmasked and owes no EOI.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/io-apic.h>
#include <asm/irq.h>
#include <asm/vioapic.h>

struct guest_irq
{
    struct domain *d; /* NULL: not bound */
    unsigned int gsi;
    uint8_t vector;
    bool level;
    bool awaits_eoi;
    bool guest_masked;
};

static struct guest_irq *irqs;
static unsigned int nr_irqs;
/* State of all bound GSIs; inside the vIO-APIC's lock. */
static spinlock_t irqs_lock = SPIN_LOCK_UNLOCKED;

static struct guest_irq *find(const struct domain *d, unsigned int gsi)
{
    return gsi < nr_irqs && irqs[gsi].d == d ? &irqs[gsi] : NULL;
}

static void guest_irq_fired(uint8_t vector, void *data)
{
    struct guest_irq *irq = data;
    struct domain *d;

    spin_lock(&irqs_lock);
    d = irq->d;
    if ( d && irq->level )
    {
        ioapic_mask(irq->gsi);
        irq->awaits_eoi = true;
    }
    spin_unlock(&irqs_lock);

    /* One that was on its way when the GSI was unbound. */
    if ( d && irq->vector == vector )
        hvm_gsi_assert(d, irq->gsi);
}

/* Made at the first use, when the number of GSIs is known. */
static int make_table(void)
{
    unsigned int nr = ioapic_nr_gsis();

    if ( irqs )
        return 0;
    irqs = xzalloc_array(struct guest_irq, nr);
    if ( !irqs )
        return -ENOMEM;
    nr_irqs = nr;
    return 0;
}

int irq_bind_guest_gsi(struct domain *d, unsigned int gsi, bool level,
                       bool active_low)
{
    uint32_t dest = percpu_area[d->vcpu[0]->processor]->apic_id;
    struct guest_irq *irq;
    int rc = make_table(), vector;

    if ( rc )
        return rc;
    if ( gsi >= nr_irqs || !ioapic_gsi_valid(gsi) )
        return -ENOENT;
    irq = &irqs[gsi];
    if ( irq->d || ioapic_gsi_reserved(gsi) )
        return -EBUSY;

    vector = irq_alloc_vector(guest_irq_fired, irq);
    if ( vector < 0 )
        return vector;
    *irq = (struct guest_irq){ .d = d,
                               .gsi = gsi,
                               .vector = vector,
                               .level = level,
                               .guest_masked = true };
    rc = ioapic_set_entry(gsi, vector, level, active_low, dest);
    if ( rc )
    {
        irq->d = NULL;
        irq_free_vector(vector);
    }
    return rc;
}

void irq_unbind_guest_gsi(struct domain *d, unsigned int gsi)
{
    struct guest_irq *irq = find(d, gsi);

    if ( !irq )
        return;
    spin_lock(&irqs_lock);
    ioapic_mask(gsi);
    irq->d = NULL;
    spin_unlock(&irqs_lock);
    irq_free_vector(irq->vector);
}

/* Open or close the host's pin as both sides want it. */
static void update_pin(const struct guest_irq *irq)
{
    if ( irq->guest_masked || irq->awaits_eoi )
        ioapic_mask(irq->gsi);
    else
        ioapic_unmask(irq->gsi);
}

void irq_guest_eoi(struct domain *d, unsigned int gsi)
{
    struct guest_irq *irq = find(d, gsi);

    if ( !irq )
        return;
    spin_lock(&irqs_lock);
    irq->awaits_eoi = false;
    update_pin(irq);
    spin_unlock(&irqs_lock);
}

void irq_guest_mask(struct domain *d, unsigned int gsi, bool masked)
{
    struct guest_irq *irq = find(d, gsi);

    if ( !irq || irq->guest_masked == masked )
        return;
    spin_lock(&irqs_lock);
    irq->guest_masked = masked;
    update_pin(irq);
    spin_unlock(&irqs_lock);
}
