/* SPDX-License-Identifier: MIT */
/* The MSI capability as Dom0 sees it: its own message, one vector. */

/*
 * Address and data are Dom0's and stay here; the device is given a message of
 * the host's when Dom0 enables the capability. LIMIT: a function has one
 * vector (Multiple Message Capable reads 0): more would need an aligned block
 * of host vectors. What else is in the capability is the device's own.
 */
#include <xen/lib.h>
#include "vpci-private.h"

#define CTRL_ENABLE   (1u << (16 + 0))
#define CTRL_MULTIPLE (0x7eu << 16) /* messages: capable of, enabled */
#define CTRL_64BIT    (1u << (16 + 7))
#define CTRL_MASKABLE (1u << (16 + 8))

#define OFF_CTRL      0
#define OFF_ADDR      4
#define OFF_ADDR_HIGH 8
#define ONE_VECTOR    1u

static unsigned int data_off(const struct vpci_msi *m)
{
    return m->is_64bit ? 12 : 8;
}

static unsigned int mask_off(const struct vpci_msi *m)
{
    return data_off(m) + 4;
}

unsigned int vmsi_size(const struct vpci_dev *dev)
{
    const struct vpci_msi *m = &dev->msi;

    return mask_off(m) + (m->maskable ? 8 : 0);
}

static uint32_t hw_ctrl(const struct vpci_dev *dev)
{
    return pci_conf_read(dev, dev->msi.pos + OFF_CTRL, 4) & ~CTRL_MULTIPLE;
}

static void hw_set_ctrl(const struct vpci_dev *dev, uint32_t ctrl)
{
    pci_conf_write(dev, dev->msi.pos + OFF_CTRL + 2, 2, ctrl >> 16);
}

static void hw_set_message(const struct vpci_dev *dev, struct msi_msg msg)
{
    const struct vpci_msi *m = &dev->msi;

    pci_conf_write(dev, m->pos + OFF_ADDR, 4, msg.addr);
    if ( m->is_64bit )
        pci_conf_write(dev, m->pos + OFF_ADDR_HIGH, 4, msg.addr >> 32);
    pci_conf_write(dev, m->pos + data_off(m), 2, msg.data);
}

void vmsi_init(struct vpci_dev *dev)
{
    struct vpci_msi *m = &dev->msi;
    uint32_t ctrl;

    *m = (struct vpci_msi){ .pos = pci_find_cap(dev, PCI_CAP_ID_MSI) };
    if ( !m->pos )
        return;
    ctrl = hw_ctrl(dev);
    m->is_64bit = ctrl & CTRL_64BIT;
    m->maskable = ctrl & CTRL_MASKABLE;
    /* One that would not fit is not one. */
    if ( m->pos + vmsi_size(dev) > PCI_CONF_SIZE )
        m->pos = 0;
    else
        hw_set_ctrl(dev, ctrl & ~CTRL_ENABLE); /* as the firmware left it */
}

void vmsi_destroy(struct vpci_dev *dev)
{
    if ( dev->msi.vector )
        msi_unbind(dev->msi.vector);
    dev->msi.vector = 0;
}

uint32_t vmsi_read(const struct vpci_dev *dev, unsigned int off)
{
    const struct vpci_msi *m = &dev->msi;

    if ( off == OFF_CTRL )
        return hw_ctrl(dev);
    if ( off == OFF_ADDR )
        return m->guest.addr;
    if ( off == data_off(m) )
        return m->guest.data;
    if ( off == OFF_ADDR_HIGH )
        return m->guest.addr >> 32;
    return pci_conf_read(dev, m->pos + off, 4) & ONE_VECTOR;
}

static void write_ctrl(struct vpci_dev *dev, uint32_t val)
{
    struct vpci_msi *m = &dev->msi;
    uint32_t ctrl = hw_ctrl(dev) & ~CTRL_ENABLE;

    if ( !(val & CTRL_ENABLE) )
    {
        hw_set_ctrl(dev, ctrl);
        vmsi_destroy(dev);
        return;
    }
    if ( !m->vector )
    {
        int vector = msi_bind(dev->owner, &m->guest);

        if ( vector < 0 )
        {
            printk(XENLOG_WARNING "PCI %06x: no vector for its MSI (%d)\n",
                   dev->sbdf.sbdf, vector);
            return;
        }
        m->vector = vector;
    }
    /* Also when it is bound: a reset of the device made it forget. */
    hw_set_message(dev, msi_host_message(m->vector));
    hw_set_ctrl(dev, ctrl | CTRL_ENABLE);
}

void vmsi_write(struct vpci_dev *dev, unsigned int off, uint32_t val)
{
    struct vpci_msi *m = &dev->msi;
    uint64_t low = (uint32_t)m->guest.addr, high = m->guest.addr >> 32;

    if ( off == OFF_CTRL )
    {
        write_ctrl(dev, val);
        return;
    }
    if ( off == OFF_ADDR )
        m->guest.addr = (high << 32) | (val & ~3u);
    else if ( off == data_off(m) )
        m->guest.data = val & 0xffff;
    else if ( off == OFF_ADDR_HIGH )
        m->guest.addr = ((uint64_t)val << 32) | low;
    else if ( m->maskable && off == mask_off(m) )
        pci_conf_write(dev, m->pos + off, 4, val & ONE_VECTOR);
    else
        return;
    if ( m->vector )
        msi_update(m->vector, &m->guest);
}
