/* SPDX-License-Identifier: MIT */
/* One PCI function of the machine, and what Dom0 sees of its MSI and MSI-X. */
#pragma once

#include <xen/list.h>
#include <asm/vpci.h>

#define PCI_CONF_SIZE     256
#define PCI_EXT_CONF_SIZE 4096

/* Registers of the header, and what is in the dwords. */
#define PCI_ID             0x00
#define PCI_COMMAND        0x04
#define PCI_COMMAND_MEMORY 0x2u
#define PCI_STATUS_CAPS    (1u << (16 + 4))
#define PCI_HEADER         0x0c
#define PCI_HEADER_TYPE(v) (((v) >> 16) & 0x7f)
#define PCI_TYPE_NORMAL    0
#define PCI_TYPE_BRIDGE    1
#define PCI_BAR0           0x10
#define PCI_BAR_IO         0x1u
#define PCI_BAR_TYPE       0x6u
#define PCI_BAR_TYPE_64    0x4u
#define PCI_BAR_ADDR       (~0xfu)
#define PCI_CAP_PTR        0x34

#define PCI_CAP_ID_MSI     0x05
#define PCI_CAP_ID_MSIX    0x11
#define PCI_EXT_CAP_SRIOV  0x0010

struct vpci_msi
{
    uint8_t pos; /* of the capability; 0: none */
    bool is_64bit, maskable;
    struct msi_msg guest; /* as Dom0 wrote it */
    uint8_t vector;       /* of the host's; 0: not bound */
};

struct vpci_msix_entry
{
    struct msi_msg guest;
    bool masked;
    uint8_t vector;
};

struct vpci_msix
{
    uint8_t pos;
    uint8_t bir;     /* BAR that the table is in */
    uint32_t offset; /* ... where */
    unsigned int nr;
    bool enabled;
    struct vpci_msix_entry *entry;

    /* Where the table is now: gpa 0 while the BAR is not decoded. */
    paddr_t gpa;
    paddr_t mapped_gpa;
    volatile uint8_t *map; /* the hypervisor's mapping of mapped_gpa */
};

struct vpci_dev
{
    struct list_head list;
    struct domain *owner;
    pci_sbdf_t sbdf;
    volatile uint8_t *ecam; /* its memory-mapped space, once it is needed */
    struct vpci_msi msi;
    struct vpci_msix msix;
};

/*
 * pci-config.c: the machine's configuration space, size 1, 2 or 4 and aligned.
 * Registers that cannot be reached read as ones.
 */
uint32_t pci_conf_read(const struct vpci_dev *dev, unsigned int reg,
                       unsigned int size);
void pci_conf_write(const struct vpci_dev *dev, unsigned int reg,
                    unsigned int size, uint32_t val);

/* vpci-cap.c: what the header says. 0 where there is no such thing. */
uint8_t pci_find_cap(const struct vpci_dev *dev, uint8_t id);
bool pci_is_ext_cap(const struct vpci_dev *dev, unsigned int reg);
/* Where a memory BAR is, while the device answers there. */
paddr_t pci_bar_address(const struct vpci_dev *dev, unsigned int bir);

/*
 * vpci-msi.c: the capability at dword offset off from its start. write gets
 * the dword as it is to be; bytes that the guest did not write are as read.
 */
void vmsi_init(struct vpci_dev *dev);
void vmsi_destroy(struct vpci_dev *dev);
unsigned int vmsi_size(const struct vpci_dev *dev);
uint32_t vmsi_read(const struct vpci_dev *dev, unsigned int off);
void vmsi_write(struct vpci_dev *dev, unsigned int off, uint32_t val);

/* vpci-msix.c: the same, and the table in memory. */
#define VMSIX_CAP_SIZE   12
#define MSIX_ENTRY_BYTES 16
int vmsix_init(struct vpci_dev *dev); /* -ENOMEM */
void vmsix_destroy(struct vpci_dev *dev);
void vmsix_write_control(struct vpci_dev *dev, uint32_t val);
/* The device's BARs or its decoding may have changed. */
void vmsix_place(struct vpci_dev *dev);
/* Is the page of gpa one that the table is in? */
bool vmsix_covers(const struct vpci_dev *dev, paddr_t gpa);
uint64_t vmsix_table_read(struct vpci_dev *dev, paddr_t gpa, unsigned int size);
void vmsix_table_write(struct vpci_dev *dev, paddr_t gpa, unsigned int size,
                       uint64_t val);

/*
 * vpci-trap.c: let accesses of d to these device pages exit, or reach the
 * device again. -EBUSY where not all of them are plain device memory of d.
 */
int vpci_trap_pages(struct domain *d, paddr_t start, uint64_t size);
void vpci_untrap_pages(struct domain *d, paddr_t start, uint64_t size);
