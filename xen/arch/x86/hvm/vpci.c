/* SPDX-License-Identifier: MIT */
/* PCI configuration space of Dom0: the real one, with MSI and MSI-X of ours. */

/*
 * Both ways in exit: mechanism #1 (ports 0xcf8-0xcff, whose address register
 * is Dom0's own) and the windows of the MCFG table, or of pci_mmcfg_reserved.
 * Accesses go on to the device but for the capabilities that make interrupts:
 * vpci-msi.c and vpci-msix.c show those, and give the device messages of the
 * host's. A function gets its state here at the first access, or when Dom0
 * announces it. SR-IOV is hidden: the BARs of virtual functions are not in
 * their own headers, so their tables could not be watched.
 *
 * One lock covers it all. Inside it are the p2m's lock and the leaf of
 * hvm-msi.c.
 */
#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include "io-private.h"
#include "vpci-private.h"

#define PCI_ADDR_PORT   0xcf8
#define PCI_RESET_PORT  0xcf9
#define PCI_DATA_PORT   0xcfc
#define PCI_ADDR_ENABLE 0x80000000u
#define PCI_ADDR_REG    0xfcu
#define PCI_NO_DEVICE   0xffff

#define MAX_WINDOWS     ACPI_MAX_MCFG
#define BUS_SHIFT       20 /* of the address in a window */
#define FUNCTION_SHIFT  12

struct mmcfg_window
{
    paddr_t base; /* of bus 0, which need not be in it */
    uint16_t segment;
    uint8_t first, last;
};

static spinlock_t vpci_lock = SPIN_LOCK_UNLOCKED; /* all of the below */
static struct domain *owner;
static uint32_t address_register;
static struct list_head devices = LIST_HEAD_INIT(devices);
static struct mmcfg_window windows[MAX_WINDOWS];
static unsigned int nr_windows;

/* --- Windows. --- */

static paddr_t window_start(const struct mmcfg_window *w)
{
    return w->base + ((paddr_t)w->first << BUS_SHIFT);
}

static uint64_t window_size(const struct mmcfg_window *w)
{
    return (uint64_t)(w->last - w->first + 1) << BUS_SHIFT;
}

static const struct mmcfg_window *window_at(paddr_t gpa)
{
    for ( unsigned int i = 0; i < nr_windows; i++ )
        if ( gpa - window_start(&windows[i]) < window_size(&windows[i]) )
            return &windows[i];
    return NULL;
}

static const struct mmcfg_window *window_of(pci_sbdf_t dev)
{
    uint8_t bus = dev.sbdf >> 8;

    for ( unsigned int i = 0; i < nr_windows; i++ )
        if ( windows[i].segment == dev.sbdf >> 16 && bus >= windows[i].first &&
             bus <= windows[i].last )
            return &windows[i];
    return NULL;
}

static int add_window(const struct mmcfg_window *w)
{
    const struct mmcfg_window *same;
    int rc;

    if ( w->first > w->last || window_start(w) & ((1u << BUS_SHIFT) - 1) )
        return -EINVAL;
    for ( unsigned int bus = w->first; bus <= w->last; bus++ )
    {
        same = window_of(pci_sbdf(w->segment, bus, 0));
        if ( same && same->base == w->base && same->first <= w->first &&
             same->last >= w->last )
            return 0;
        if ( same )
            return -EEXIST;
    }
    if ( nr_windows == MAX_WINDOWS )
        return -ENOSPC;
    rc = vpci_trap_pages(owner, window_start(w), window_size(w));
    if ( rc )
        return rc == -EBUSY ? -EINVAL : rc;
    windows[nr_windows++] = *w;
    return 0;
}

int arch_pci_mmcfg(paddr_t base, uint16_t segment, uint8_t first, uint8_t last)
{
    struct mmcfg_window w = { base, segment, first, last };
    int rc;

    spin_lock(&vpci_lock);
    rc = add_window(&w);
    spin_unlock(&vpci_lock);
    return rc;
}

void vpci_init(struct domain *d)
{
    owner = d;
    for ( unsigned int i = 0; i < acpi_info.nr_mcfg; i++ )
    {
        const struct acpi_mcfg *m = &acpi_info.mcfg[i];
        int rc = arch_pci_mmcfg(m->base, m->segment, m->bus_first, m->bus_last);

        if ( rc )
            printk(XENLOG_WARNING "The MCFG window at %#lx cannot be used "
                                  "(%d)\n",
                   m->base, rc);
    }
}

/* --- Devices. --- */

static struct vpci_dev *find_device(pci_sbdf_t sbdf)
{
    struct vpci_dev *dev;

    list_for_each_entry (dev, &devices, list)
    {
        if ( dev->sbdf.sbdf == sbdf.sbdf )
            return dev;
    }
    return NULL;
}

/* The part of a window that is the function's; NULL where there is none. */
static volatile uint8_t *map_ecam(pci_sbdf_t sbdf)
{
    const struct mmcfg_window *w = window_of(sbdf);
    paddr_t offset = (paddr_t)(sbdf.sbdf & 0xffff) << FUNCTION_SHIFT;

    return w ? ioremap(w->base + offset, PCI_EXT_CONF_SIZE) : NULL;
}

/* Unless *err says otherwise, nobody answers there. */
static struct vpci_dev *make_device(pci_sbdf_t sbdf, int *err)
{
    struct vpci_dev probe = { .owner = owner, .sbdf = sbdf }, *dev;

    *err = -ENODEV;
    if ( sbdf.sbdf >> 16 )
        probe.ecam = map_ecam(sbdf);
    if ( pci_conf_read(&probe, PCI_ID, 2) == PCI_NO_DEVICE )
        return NULL;
    *err = -ENOMEM;
    dev = xzalloc(struct vpci_dev);
    if ( !dev )
        return NULL;
    *dev = probe;
    vmsi_init(dev);
    if ( vmsix_init(dev) )
    {
        vmsi_destroy(dev);
        xfree(dev);
        return NULL;
    }
    list_add_tail(&dev->list, &devices);
    return dev;
}

static struct vpci_dev *get_device(pci_sbdf_t sbdf, int *err)
{
    struct vpci_dev *dev = find_device(sbdf);

    return dev ? dev : make_device(sbdf, err);
}

int arch_pci_device_add(pci_sbdf_t sbdf)
{
    int rc = 0;

    spin_lock(&vpci_lock);
    if ( get_device(sbdf, &rc) )
        rc = 0;
    spin_unlock(&vpci_lock);
    return rc;
}

int arch_pci_device_remove(pci_sbdf_t sbdf)
{
    struct vpci_dev *dev;

    spin_lock(&vpci_lock);
    dev = find_device(sbdf);
    if ( dev )
    {
        list_del(&dev->list);
        vmsi_destroy(dev);
        vmsix_destroy(dev);
        xfree(dev);
    }
    spin_unlock(&vpci_lock);
    return dev ? 0 : -ENODEV;
}

/* --- Registers. --- */

/* Is the dword at reg of a capability at pos that has size bytes? */
static bool in_cap(uint8_t pos, unsigned int size, unsigned int reg)
{
    return pos && reg >= pos && reg < pos + size;
}

static void need_ecam(struct vpci_dev *dev, unsigned int reg)
{
    if ( reg >= PCI_CONF_SIZE && !dev->ecam )
        dev->ecam = map_ecam(dev->sbdf);
}

/* A dword as Dom0 sees it. */
static uint32_t read32(struct vpci_dev *dev, unsigned int reg)
{
    uint32_t val;

    if ( in_cap(dev->msi.pos, vmsi_size(dev), reg) )
        return vmsi_read(dev, reg - dev->msi.pos);
    need_ecam(dev, reg);
    val = pci_conf_read(dev, reg, 4);
    /* A capability without an ID is no capability; its link stays. */
    if ( reg >= PCI_CONF_SIZE && (val & 0xffff) == PCI_EXT_CAP_SRIOV &&
         pci_is_ext_cap(dev, reg) )
        val &= ~0xfffffu;
    return val;
}

/* The dword at reg with the size bytes at offset replaced. */
static uint32_t merge(uint32_t old, unsigned int offset, unsigned int size,
                      uint32_t val)
{
    uint32_t mask = pio_ones(size) << (offset * 8);

    return (old & ~mask) | ((val << (offset * 8)) & mask);
}

static uint32_t conf_read(pci_sbdf_t sbdf, unsigned int reg, unsigned int size)
{
    struct vpci_dev *dev;
    int err;

    if ( (reg & 3) + size > 4 || !(dev = get_device(sbdf, &err)) )
        return pio_ones(size);
    return (read32(dev, reg & ~3u) >> ((reg & 3) * 8)) & pio_ones(size);
}

static void conf_write(pci_sbdf_t sbdf, unsigned int reg, unsigned int size,
                       uint32_t val)
{
    unsigned int dword = reg & ~3u;
    struct vpci_dev *dev;
    int err;

    if ( (reg & 3) + size > 4 || !(dev = get_device(sbdf, &err)) )
        return;
    if ( in_cap(dev->msi.pos, vmsi_size(dev), dword) )
    {
        dword -= dev->msi.pos;
        vmsi_write(dev, dword,
                   merge(vmsi_read(dev, dword), reg & 3, size, val));
        return;
    }
    if ( in_cap(dev->msix.pos, VMSIX_CAP_SIZE, dword) )
    {
        /* The rest of it cannot be written. */
        if ( dword == dev->msix.pos )
            vmsix_write_control(dev,
                                merge(read32(dev, dword), reg & 3, size, val));
        return;
    }
    need_ecam(dev, reg);
    pci_conf_write(dev, reg, size, val);
    if ( dword >= PCI_COMMAND && dword < PCI_CAP_PTR )
        vmsix_place(dev);
}

/* --- The ports. --- */

/* Which function and register a data port stands for. */
static pci_sbdf_t port_target(uint16_t port, unsigned int *reg)
{
    *reg = (address_register & PCI_ADDR_REG) | (port & 3);
    return (pci_sbdf_t){ (address_register >> 8) & 0xffff };
}

uint32_t vpci_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    uint32_t val = pio_ones(size);
    unsigned int reg;
    pci_sbdf_t dev;

    (void)v;
    spin_lock(&vpci_lock);
    if ( port < PCI_DATA_PORT )
    {
        if ( port == PCI_ADDR_PORT && size == 4 )
            val = address_register;
    }
    else if ( address_register & PCI_ADDR_ENABLE )
    {
        dev = port_target(port, &reg);
        val = conf_read(dev, reg, size);
    }
    spin_unlock(&vpci_lock);
    return val;
}

void vpci_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
    unsigned int reg;
    pci_sbdf_t dev;

    (void)v;
    spin_lock(&vpci_lock);
    if ( port == PCI_ADDR_PORT && size == 4 )
        address_register = val;
    else if ( port == PCI_RESET_PORT && size == 1 )
        hw_port_write(port, size, val); /* reset control */
    else if ( port >= PCI_DATA_PORT && (address_register & PCI_ADDR_ENABLE) )
    {
        dev = port_target(port, &reg);
        conf_write(dev, reg, size, val);
    }
    spin_unlock(&vpci_lock);
}

/* --- Memory. --- */

static struct vpci_dev *device_with_table(paddr_t gpa)
{
    struct vpci_dev *dev;

    list_for_each_entry (dev, &devices, list)
    {
        if ( vmsix_covers(dev, gpa) )
            return dev;
    }
    return NULL;
}

bool vpci_mmio_covers(const struct domain *d, paddr_t gpa)
{
    bool covers = false;

    if ( d != owner )
        return false;
    spin_lock(&vpci_lock);
    covers = window_at(gpa) || device_with_table(gpa);
    spin_unlock(&vpci_lock);
    return covers;
}

/* What an address in a window stands for. */
static pci_sbdf_t window_target(const struct mmcfg_window *w, paddr_t gpa,
                                unsigned int *reg)
{
    *reg = gpa & (PCI_EXT_CONF_SIZE - 1);
    return (pci_sbdf_t){ ((uint32_t)w->segment << 16) |
                         (uint32_t)((gpa - w->base) >> FUNCTION_SHIFT) };
}

uint64_t vpci_mmio_read(struct vcpu *v, paddr_t gpa, unsigned int size)
{
    const struct mmcfg_window *w;
    uint64_t val = ~0ULL;
    struct vpci_dev *dev;
    unsigned int reg;
    pci_sbdf_t sbdf;

    (void)v;
    spin_lock(&vpci_lock);
    if ( (w = window_at(gpa)) )
    {
        sbdf = window_target(w, gpa, &reg);
        val = conf_read(sbdf, reg, min(size, 4u));
        if ( size == 8 )
            val |= (uint64_t)conf_read(sbdf, reg + 4, 4) << 32;
    }
    else if ( (dev = device_with_table(gpa)) )
        val = vmsix_table_read(dev, gpa, size);
    spin_unlock(&vpci_lock);
    return val;
}

void vpci_mmio_write(struct vcpu *v, paddr_t gpa, unsigned int size,
                     uint64_t val)
{
    const struct mmcfg_window *w;
    struct vpci_dev *dev;
    unsigned int reg;
    pci_sbdf_t sbdf;

    (void)v;
    spin_lock(&vpci_lock);
    if ( (w = window_at(gpa)) )
    {
        sbdf = window_target(w, gpa, &reg);
        conf_write(sbdf, reg, min(size, 4u), val);
        if ( size == 8 )
            conf_write(sbdf, reg + 4, 4, val >> 32);
    }
    else if ( (dev = device_with_table(gpa)) )
        vmsix_table_write(dev, gpa, size, val);
    spin_unlock(&vpci_lock);
}
