/* SPDX-License-Identifier: MIT */
/* Reading PCI headers: capability lists and base addresses. */
#include "vpci-private.h"

#define CAP_FIRST   0x40
#define CAP_NEXT(v) (((v) >> 8) & 0xfc)
/* As many as fit without overlap; a list that is longer runs in circles. */
#define CAP_MAX          ((PCI_CONF_SIZE - CAP_FIRST) / 4)

#define EXT_CAP_FIRST    PCI_CONF_SIZE
#define EXT_CAP_NEXT(v)  (((v) >> 20) & 0xffc)
#define EXT_CAP_MAX      ((PCI_EXT_CONF_SIZE - EXT_CAP_FIRST) / 8)

#define BARS_OF_A_NORMAL 6
#define BARS_OF_A_BRIDGE 2

uint8_t pci_find_cap(const struct vpci_dev *dev, uint8_t id)
{
    uint32_t type = PCI_HEADER_TYPE(pci_conf_read(dev, PCI_HEADER, 4));
    uint8_t pos;

    if ( type > PCI_TYPE_BRIDGE ||
         !(pci_conf_read(dev, PCI_COMMAND, 4) & PCI_STATUS_CAPS) )
        return 0;
    pos = pci_conf_read(dev, PCI_CAP_PTR, 1) & ~3;
    for ( unsigned int i = 0; i < CAP_MAX && pos >= CAP_FIRST; i++ )
    {
        uint32_t cap = pci_conf_read(dev, pos, 4);

        if ( (cap & 0xff) == id )
            return pos;
        pos = CAP_NEXT(cap);
    }
    return 0;
}

bool pci_is_ext_cap(const struct vpci_dev *dev, unsigned int reg)
{
    unsigned int pos = EXT_CAP_FIRST;

    for ( unsigned int i = 0; i < EXT_CAP_MAX && pos >= EXT_CAP_FIRST; i++ )
    {
        if ( pos == reg )
            return true;
        pos = EXT_CAP_NEXT(pci_conf_read(dev, pos, 4));
    }
    return false;
}

paddr_t pci_bar_address(const struct vpci_dev *dev, unsigned int bir)
{
    uint32_t type = PCI_HEADER_TYPE(pci_conf_read(dev, PCI_HEADER, 4));
    unsigned int reg = PCI_BAR0 + bir * 4;
    paddr_t address;
    uint32_t bar;

    if ( bir >=
             (type == PCI_TYPE_BRIDGE ? BARS_OF_A_BRIDGE : BARS_OF_A_NORMAL) ||
         !(pci_conf_read(dev, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) )
        return 0;
    bar = pci_conf_read(dev, reg, 4);
    if ( bar & PCI_BAR_IO )
        return 0;
    address = bar & PCI_BAR_ADDR;
    if ( (bar & PCI_BAR_TYPE) == PCI_BAR_TYPE_64 )
        address |= (paddr_t)pci_conf_read(dev, reg + 4, 4) << 32;
    return address;
}
