/* SPDX-License-Identifier: MIT */
/* Dom0's PCI configuration space, its MSI and MSI-X, and MMCFG windows. */
#pragma once

#include <xen/domain.h>
#include <xen/pci.h>

/* d drives the machine's devices: its windows of the MCFG table exit. */
void vpci_init(struct domain *d);

/* MMCFG windows and the pages of MSI-X tables: an access to gpa is ours. */
bool vpci_mmio_covers(const struct domain *d, paddr_t gpa);
uint64_t vpci_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size);
void vpci_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                     uint64_t val);

/* An interrupt message, as a device writes it. */
struct msi_msg
{
    uint64_t addr;
    uint32_t data;
};

/*
 * Host side, hvm-msi.c: a vector of the host whose interrupts reach d as the
 * guest's message does. Returns the vector, which is never 0; -EINVAL where
 * the message is none for local APICs, -ENOSPC where vectors have run out.
 */
int msi_bind(struct domain *d, const struct msi_msg *guest);
void msi_update(uint8_t vector, const struct msi_msg *guest);
void msi_unbind(uint8_t vector);
/* What the device has to write. */
struct msi_msg msi_host_message(uint8_t vector);
