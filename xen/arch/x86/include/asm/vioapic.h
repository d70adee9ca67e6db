/* SPDX-License-Identifier: MIT */
/* Virtual IO-APICs of the hardware domain, and host GSIs bound to it. */
#pragma once

#include <xen/domain.h>

#define VIOAPIC_MAX_PINS 240
#define VIOAPIC_WINDOW   0x1000

/* What the machine has: copied from the MADT by whoever creates Dom0. */
struct vioapic_desc
{
    uint32_t id;
    paddr_t address;
    uint32_t gsi_base;
    uint32_t nr_pins;
};

struct vioapic_pin
{
    uint64_t rte; /* as the guest reads it */
    bool line;    /* input asserted (level pins) */
    bool bound;   /* the host GSI is ours */
};

struct vioapic_chip
{
    struct vioapic_desc desc;
    uint32_t ioregsel;
    struct vioapic_pin *pin;
};

struct vioapic
{
    spinlock_t lock; /* the redirection tables and lines */
    struct domain *domain;
    uint32_t nr_chips;
    struct vioapic_chip chip[];
};

/* Give d IO-APICs like those described; -ENOMEM, -EINVAL. */
int vioapic_init(struct domain *d, const struct vioapic_desc *desc,
                 unsigned int nr);
void vioapic_destroy(struct domain *d);

bool vioapic_mmio_covers(const struct domain *d, paddr_t gpa);
uint64_t vioapic_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size);
void vioapic_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                        uint64_t val);

/* A local APIC of d finished a level-triggered vector. */
void vioapic_eoi(struct domain *d, uint8_t vector);

/* The host GSI fired (edge), or went up and was masked (level). */
void hvm_gsi_assert(struct domain *d, unsigned int gsi);

/*
 * Host side, hvm-irq.c: route host GSI gsi to d, on a vector of its own.
 * A level interrupt masks the host pin and calls hvm_gsi_assert(); the pin
 * is opened again by irq_guest_eoi(). -EBUSY when the hypervisor uses it.
 */
int irq_bind_guest_gsi(struct domain *d, unsigned int gsi, bool level,
                       bool active_low);
void irq_unbind_guest_gsi(struct domain *d, unsigned int gsi);
void irq_guest_eoi(struct domain *d, unsigned int gsi);
/* The guest masked or unmasked its pin: keep the host's in step. */
void irq_guest_mask(struct domain *d, unsigned int gsi, bool masked);
