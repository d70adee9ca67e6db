/* SPDX-License-Identifier: MIT */
/* Between the files that build Dom0. */
#pragma once

#include <xen/domain.h>
#include <xen/e820.h>

struct dom0_memmap_entry
{
    paddr_t start;
    uint64_t size;
    uint32_t type; /* E820_* */
};

extern struct ram_map dom0_ram; /* Dom0's RAM, gfn = mfn */
extern paddr_t dom0_acpi_area;  /* 64 KiB for tables of ours */

void dom0_map_memory(struct domain *d);
unsigned int dom0_memory_map(struct dom0_memmap_entry *out, unsigned int max);
/* What XENMEM_memory_map is to answer. */
void dom0_set_e820(struct domain *d, const struct dom0_memmap_entry *map,
                   unsigned int nr);
/* Tables for d in dom0_acpi_area; returns the address of the RSDP. */
paddr_t dom0_build_acpi(struct domain *d);
