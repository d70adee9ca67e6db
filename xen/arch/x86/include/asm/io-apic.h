/* SPDX-License-Identifier: MIT */
/* The host's I/O APICs: where each global system interrupt goes. */
#pragma once

#include <xen/types.h>

void ioapic_init(void); /* after acpi_init(); masks every pin and the 8259s */

/* First GSI that no I/O APIC has. */
unsigned int ioapic_nr_gsis(void);
bool ioapic_gsi_valid(unsigned int gsi);
/* Pins of the I/O APIC number i as the MADT lists them; 0: no such one. */
unsigned int ioapic_nr_pins(unsigned int i);

/*
 * Route gsi to vector at the CPU with local APIC ID dest, and leave the pin
 * masked. -ENOENT: there is no such pin.
 */
int ioapic_set_entry(unsigned int gsi, uint8_t vector, bool level,
                     bool active_low, uint32_t dest);
void ioapic_mask(unsigned int gsi);
void ioapic_unmask(unsigned int gsi);

/* GSI, trigger and polarity of an ISA interrupt (MADT overrides). */
unsigned int isa_irq_to_gsi(unsigned int irq, bool *level, bool *active_low);

/* A GSI that the hypervisor itself uses is refused to guests. */
void ioapic_reserve_gsi(unsigned int gsi);
bool ioapic_gsi_reserved(unsigned int gsi);
