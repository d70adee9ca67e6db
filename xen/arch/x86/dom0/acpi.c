/* SPDX-License-Identifier: MIT */
/* Dom0's ACPI tables: the host's, with root and MADT of our own. */

#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/acpi-build.h>
#include <asm/hvm-io.h>
#include <asm/io.h>
#include <asm/vioapic.h>
#include <asm/io-apic.h>
#include "private.h"

#define AREA_SIZE 0x10000

/* Edge/level control registers of the 8259s, one bit per ISA interrupt. */
#define ELCR_PORT      0x4d0
#define NR_ISA_IRQS    16
#define MADT_ISO_LEVEL 0xcu /* trigger mode 3:2 = level */
#define MADT_ISO_LOW   0x3u /* polarity 1:0 = active low */

static bool has_override(unsigned int irq)
{
    for ( unsigned int i = 0; i < acpi_info.nr_overrides; i++ )
        if ( acpi_info.override[i].irq == irq ||
             acpi_info.override[i].gsi == irq )
            return true;
    return false;
}

/* Where chipsets of that age let the kernel move PCI interrupts to. */
#define PCI_LINK_IRQS ((1u << 5) | (1u << 9) | (1u << 10) | (1u << 11))

/*
 * An ISA interrupt that the firmware made level-triggered belongs to PCI.
 * A kernel with an 8259 finds out; one without (PVH) takes it for an edge,
 * and then refuses the PCI device, unless the MADT says what it is. Where
 * there is one such interrupt, the kernel may choose others for its links.
 */
static unsigned int add_level_overrides(struct acpi_build_iso *iso,
                                        unsigned int n)
{
    uint16_t elcr = inb(ELCR_PORT) | (inb(ELCR_PORT + 1) << 8);

    if ( !acpi_info.pcat_compat || elcr == 0xffff || elcr == 0 )
        return n;
    elcr |= PCI_LINK_IRQS;
    for ( unsigned int irq = 0; irq < NR_ISA_IRQS; irq++ )
        if ( (elcr & (1u << irq)) && !has_override(irq) )
            iso[n++] = (struct acpi_build_iso){
                .source = irq,
                .gsi = irq,
                .flags = MADT_ISO_LEVEL | MADT_ISO_LOW,
            };
    return n;
}

static void list_host_tables(struct acpi_build_input *in)
{
    for ( unsigned int i = 0; i < acpi_info.nr_tables; i++ )
    {
        const struct acpi_header *h = maddr_to_virt(acpi_info.table[i]);

        if ( !acpi_dom0_may_see(h->signature) ||
             in->nr_tables == ACPI_BUILD_MAX_TABLES )
            continue;
        memcpy(in->table[in->nr_tables].signature, h->signature, 4);
        in->table[in->nr_tables++].address = acpi_info.table[i];
    }
}

paddr_t dom0_build_acpi(struct domain *d)
{
    static struct acpi_build_iso iso[ACPI_MAX_OVERRIDE + NR_ISA_IRQS];
    static struct acpi_build_ioapic ioapic[ACPI_MAX_IOAPICS];
    static struct acpi_build_input in;
    paddr_t rsdp;
    int rc;

    if ( !acpi_info.present )
        panic("Dom0 needs ACPI tables, and the firmware has none\n");
    in.base = dom0_acpi_area;
    in.nr_vcpus = d->max_vcpus;
    in.lapic_address = 0xfee00000;
    list_host_tables(&in);
    for ( unsigned int i = 0; i < acpi_info.nr_overrides; i++ )
        iso[i] =
            (struct acpi_build_iso){ .source = acpi_info.override[i].irq,
                                     .gsi = acpi_info.override[i].gsi,
                                     .flags = acpi_info.override[i].flags };
    for ( unsigned int i = 0; i < acpi_info.nr_ioapics; i++ )
        ioapic[i] = (struct acpi_build_ioapic){
            .id = acpi_info.ioapic[i].id,
            .address = acpi_info.ioapic[i].address,
            .gsi_base = acpi_info.ioapic[i].gsi_base,
        };
    in.iso = iso;
    in.nr_iso = add_level_overrides(iso, acpi_info.nr_overrides);
    in.ioapic = ioapic;
    in.nr_ioapic = acpi_info.nr_ioapics;
    rc = acpi_build_dom0(&in, maddr_to_virt(dom0_acpi_area), AREA_SIZE, &rsdp);
    if ( rc )
        panic("Dom0's ACPI tables do not fit (%d)\n", rc);
    return rsdp;
}
