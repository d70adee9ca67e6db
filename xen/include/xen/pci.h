/* SPDX-License-Identifier: MIT */
/* What Dom0 announces about PCI; the architecture does something about it. */
#pragma once

#include <xen/types.h>

/* Segment, bus, device and function as one number. */
typedef struct
{
    uint32_t sbdf;
} pci_sbdf_t;

static inline pci_sbdf_t pci_sbdf(uint16_t segment, uint8_t bus, uint8_t devfn)
{
    return (pci_sbdf_t){ ((uint32_t)segment << 16) | (bus << 8) | devfn };
}

/*
 * Memory-mapped configuration space of buses first to last, the first of
 * which is at base + (first << 20). 0 also where it is known already; -EINVAL
 * for a window that cannot be, -EEXIST for one that contradicts another.
 */
int arch_pci_mmcfg(paddr_t base, uint16_t segment, uint8_t first, uint8_t last);
/* A function came: 0, -ENODEV where nothing answers, -ENOMEM. */
int arch_pci_device_add(pci_sbdf_t dev);
/* It went: 0, -ENODEV. */
int arch_pci_device_remove(pci_sbdf_t dev);
