/* SPDX-License-Identifier: MIT */
/* Message-signalled interrupts of the machine that belong to a domain. */

/*
 * A device is given a message with a vector of the host's. When that comes,
 * the message that the guest had in mind goes to its virtual local APICs. So
 * a guest can change its message without touching the device, and no vector
 * of its choice ever reaches a local APIC of the machine.
 *
 * Slots belong to vectors and are never freed: an interrupt that was on its
 * way when its vector was given back finds an empty slot, or a new owner who
 * gets one interrupt too many.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/irq.h>
#include <asm/vlapic.h>
#include <asm/vpci.h>

/* SDM "Message Address Register Format", "Message Data Register Format" */
#define MSI_ADDR_BASE       0xfee00000ULL
#define MSI_ADDR_FIXED      (~0xfffffULL)
#define MSI_ADDR_DEST_SHIFT 12
#define MSI_ADDR_LOGICAL    4u
#define MSI_DATA_VECTOR     0xffu
#define MSI_DATA_MODE       0x700u

_Static_assert(MSI_DATA_VECTOR == APIC_ICR_VECTOR &&
                   MSI_DATA_MODE == APIC_ICR_MODE,
               "a message's low bits are those of an ICR");

static struct msi_slot
{
    struct domain *d; /* NULL: not bound */
    struct msi_msg guest;
} slots[VECTOR_DYNAMIC_LAST + 1];

static spinlock_t slots_lock = SPIN_LOCK_UNLOCKED; /* a leaf */

static void msi_fired(uint8_t vector, void *data)
{
    struct msi_slot slot;

    (void)data;
    spin_lock(&slots_lock);
    slot = slots[vector];
    spin_unlock(&slots_lock);
    if ( !slot.d )
        return;
    vlapic_send_message(
        slot.d, NULL,
        (slot.guest.data & (MSI_DATA_VECTOR | MSI_DATA_MODE)) |
            (slot.guest.addr & MSI_ADDR_LOGICAL ? APIC_ICR_LOGICAL : 0),
        (uint8_t)(slot.guest.addr >> MSI_ADDR_DEST_SHIFT), false);
}

static void fill_slot(uint8_t vector, struct domain *d,
                      const struct msi_msg *guest)
{
    spin_lock(&slots_lock);
    slots[vector].d = d;
    slots[vector].guest = *guest;
    spin_unlock(&slots_lock);
}

int msi_bind(struct domain *d, const struct msi_msg *guest)
{
    int vector;

    if ( (guest->addr & MSI_ADDR_FIXED) != MSI_ADDR_BASE )
        return -EINVAL;
    vector = irq_alloc_vector(msi_fired, NULL);
    if ( vector > 0 )
        fill_slot(vector, d, guest);
    return vector;
}

void msi_update(uint8_t vector, const struct msi_msg *guest)
{
    fill_slot(vector, slots[vector].d, guest);
}

void msi_unbind(uint8_t vector)
{
    static const struct msi_msg none;

    fill_slot(vector, NULL, &none);
    irq_free_vector(vector);
}

/* Fixed delivery to the processor where the domain's first vCPU is. */
struct msi_msg msi_host_message(uint8_t vector)
{
    const struct domain *d = slots[vector].d;
    uint64_t dest = percpu_area[d->vcpu[0]->processor]->apic_id;

    return (struct msi_msg){ MSI_ADDR_BASE | (dest << MSI_ADDR_DEST_SHIFT),
                             vector };
}
