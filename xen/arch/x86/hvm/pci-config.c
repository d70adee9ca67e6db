/* SPDX-License-Identifier: MIT */
/* The machine's PCI configuration space: ports, or memory where it must be. */
#include <xen/lib.h>
#include <asm/mmio.h>
#include "io-private.h"
#include "vpci-private.h"

#define PCI_ADDR_PORT   0xcf8
#define PCI_DATA_PORT   0xcfc
#define PCI_ADDR_ENABLE 0x80000000u

/* The ports reach 256 bytes of the functions of segment 0. */
static bool by_ports(const struct vpci_dev *dev, unsigned int reg)
{
    return reg < PCI_CONF_SIZE && !(dev->sbdf.sbdf >> 16);
}

static uint16_t select_reg(const struct vpci_dev *dev, unsigned int reg)
{
    hw_port_write(PCI_ADDR_PORT, 4,
                  PCI_ADDR_ENABLE | (dev->sbdf.sbdf << 8) | (reg & 0xfc));
    return PCI_DATA_PORT + (reg & 3);
}

uint32_t pci_conf_read(const struct vpci_dev *dev, unsigned int reg,
                       unsigned int size)
{
    if ( by_ports(dev, reg) )
        return hw_port_read(select_reg(dev, reg), size);
    return dev->ecam ? mmio_read(dev->ecam + reg, size) : pio_ones(size);
}

void pci_conf_write(const struct vpci_dev *dev, unsigned int reg,
                    unsigned int size, uint32_t val)
{
    if ( by_ports(dev, reg) )
        hw_port_write(select_reg(dev, reg), size, val);
    else if ( dev->ecam )
        mmio_write(dev->ecam + reg, size, val);
}
