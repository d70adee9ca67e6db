/* SPDX-License-Identifier: MIT */
/* The ACPI tables written for Dom0: RSDP, XSDT and MADT. */
#pragma once

#include <xen/types.h>

#define ACPI_BUILD_MAX_TABLES 64

struct acpi_build_iso
{
    uint8_t bus, source;
    uint32_t gsi;
    uint16_t flags;
};

struct acpi_build_ioapic
{
    uint8_t id;
    uint32_t address;
    uint32_t gsi_base;
};

/* What goes in: the host's tables, by signature and address. */
struct acpi_build_input
{
    paddr_t base; /* guest-physical address of the output buffer */
    unsigned int nr_vcpus;
    uint32_t lapic_address;
    unsigned int nr_tables;
    struct
    {
        char signature[4];
        paddr_t address;
    } table[ACPI_BUILD_MAX_TABLES];
    const struct acpi_build_iso *iso;
    unsigned int nr_iso;
    const struct acpi_build_ioapic *ioapic;
    unsigned int nr_ioapic;
};

/*
 * Write RSDP, XSDT and MADT into buf (which Dom0 finds at in->base). Host
 * tables that Dom0 may see are referenced where they are. 0 with *rsdp the
 * guest-physical address of the RSDP, or -ENOSPC.
 */
int acpi_build_dom0(const struct acpi_build_input *in, uint8_t *buf,
                    size_t size, paddr_t *rsdp);
/* May Dom0 see the host table of this signature? */
bool acpi_dom0_may_see(const char signature[4]);
