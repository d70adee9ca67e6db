/* SPDX-License-Identifier: MIT */
/* PCI configuration space of Dom0: the real one, without MSI and MSI-X. */

/*
 * Configuration mechanism #1 (ports 0xcf8-0xcff) is forwarded. The address
 * register is kept per domain, so that accesses of the hypervisor and of
 * Dom0 do not mix. MSI and MSI-X capabilities are taken out of the capability
 * list and cannot be written: messages would reach the host's local APICs
 * with vectors of Dom0's choice. Drivers then use INTx.
 */
#include <xen/lib.h>
#include <xen/spinlock.h>
#include "io-private.h"

#define PCI_ADDR_PORT      0xcf8
#define PCI_RESET_PORT     0xcf9
#define PCI_DATA_PORT      0xcfc
#define PCI_ADDR_ENABLE    0x80000000u
#define PCI_ADDR_REG       0xfcu
#define PCI_ADDR_BDF       0x00ffff00u

#define PCI_STATUS_DWORD   0x04
#define PCI_STATUS_CAPS    (1u << (16 + 4))
#define PCI_HEADER_DWORD   0x0c
#define PCI_HEADER_TYPE    0x7f0000u
#define PCI_HEADER_CARDBUS 0x020000u
#define PCI_CAP_PTR        0x34
#define PCI_CAP_FIRST      0x40
#define PCI_CAP_ID_MSI     0x05
#define PCI_CAP_ID_MSIX    0x11
/* SDM-like bound: 192 bytes of capabilities of at least four bytes each. */
#define PCI_CAP_MAX 48

/* Sizes of the capability structures, in whole dwords. */
#define MSI_CTRL_64BIT   (1u << (16 + 7))
#define MSI_CTRL_PERVEC  (1u << (16 + 8))
#define MSI_BYTES        12
#define MSI_64BIT_BYTES  4
#define MSI_PERVEC_BYTES 8
#define MSIX_BYTES       12

/* Serializes address and data cycles on the bus; innermost. */
static spinlock_t config_lock = SPIN_LOCK_UNLOCKED;
static uint32_t hwdom_address;

static uint32_t cfg_read32(uint32_t bdf, uint8_t reg)
{
    hw_port_write(PCI_ADDR_PORT, 4,
                  PCI_ADDR_ENABLE | (bdf & PCI_ADDR_BDF) |
                      (reg & PCI_ADDR_REG));
    return hw_port_read(PCI_DATA_PORT, 4);
}

static bool cap_hidden(uint8_t id)
{
    return id == PCI_CAP_ID_MSI || id == PCI_CAP_ID_MSIX;
}

static bool has_caps(uint32_t bdf)
{
    uint32_t status = cfg_read32(bdf, PCI_STATUS_DWORD);

    return status != ~0u && (status & PCI_STATUS_CAPS) &&
           (cfg_read32(bdf, PCI_HEADER_DWORD) & PCI_HEADER_TYPE) !=
               PCI_HEADER_CARDBUS;
}

static unsigned int hidden_bytes(uint32_t cap)
{
    if ( (cap & 0xff) == PCI_CAP_ID_MSIX )
        return MSIX_BYTES;
    return MSI_BYTES + (cap & MSI_CTRL_64BIT ? MSI_64BIT_BYTES : 0) +
           (cap & MSI_CTRL_PERVEC ? MSI_PERVEC_BYTES : 0);
}

/* First capability at or behind pos that Dom0 may see; 0: none. */
static uint8_t visible_from(uint32_t bdf, uint8_t pos)
{
    for ( unsigned int i = 0; i < PCI_CAP_MAX; i++ )
    {
        uint32_t cap;

        pos &= ~3;
        if ( pos < PCI_CAP_FIRST )
            return 0;
        cap = cfg_read32(bdf, pos);
        if ( !cap_hidden(cap & 0xff) )
            return pos;
        pos = cap >> 8;
    }
    return 0;
}

/*
 * What the dword at reg is to Dom0: a capability whose link may need a
 * change, part of a hidden one, or neither.
 */
enum cap_role
{
    CAP_NONE,
    CAP_HEAD,
    CAP_HIDDEN,
};

static enum cap_role cap_role(uint32_t bdf, uint8_t reg)
{
    uint8_t pos;

    if ( reg < PCI_CAP_FIRST || !has_caps(bdf) )
        return CAP_NONE;

    pos = cfg_read32(bdf, PCI_CAP_PTR);
    for ( unsigned int i = 0; i < PCI_CAP_MAX; i++ )
    {
        uint32_t cap;

        pos &= ~3;
        if ( pos < PCI_CAP_FIRST )
            break;
        cap = cfg_read32(bdf, pos);
        if ( cap_hidden(cap) && reg >= pos && reg < pos + hidden_bytes(cap) )
            return CAP_HIDDEN;
        if ( pos == reg )
            return CAP_HEAD;
        pos = cap >> 8;
    }
    return CAP_NONE;
}

/* A configuration dword as Dom0 sees it. */
static uint32_t filtered_read32(uint32_t bdf, uint8_t reg)
{
    uint32_t val = cfg_read32(bdf, reg);

    if ( reg == PCI_CAP_PTR )
    {
        if ( has_caps(bdf) )
            val = (val & ~0xffu) | visible_from(bdf, val);
    }
    else if ( cap_role(bdf, reg) == CAP_HEAD )
        val = (val & ~0xff00u) | ((uint32_t)visible_from(bdf, val >> 8) << 8);
    return val;
}

uint32_t vpci_read(struct vcpu *v, uint16_t port, unsigned int size)
{
    uint32_t val;

    (void)v;
    if ( port < PCI_DATA_PORT )
        return port == PCI_ADDR_PORT && size == 4 ? hwdom_address
                                                  : pio_ones(size);
    /* A device's space ends where the dword does. */
    if ( !(hwdom_address & PCI_ADDR_ENABLE) || (port & 3) + size > 4 )
        return pio_ones(size);

    spin_lock(&config_lock);
    val = filtered_read32(hwdom_address, hwdom_address & PCI_ADDR_REG);
    spin_unlock(&config_lock);
    return (val >> ((port & 3) * 8)) & pio_ones(size);
}

void vpci_write(struct vcpu *v, uint16_t port, unsigned int size, uint32_t val)
{
    uint8_t reg = hwdom_address & PCI_ADDR_REG;

    (void)v;
    if ( port < PCI_DATA_PORT )
    {
        if ( port == PCI_ADDR_PORT && size == 4 )
            hwdom_address = val;
        else if ( port == PCI_RESET_PORT && size == 1 )
            hw_port_write(port, size, val); /* reset control */
        return;
    }
    if ( !(hwdom_address & PCI_ADDR_ENABLE) || (port & 3) + size > 4 )
        return;

    spin_lock(&config_lock);
    if ( cap_role(hwdom_address, reg) != CAP_HIDDEN )
    {
        hw_port_write(PCI_ADDR_PORT, 4, hwdom_address & ~3u);
        hw_port_write(port, size, val);
    }
    spin_unlock(&config_lock);
}
