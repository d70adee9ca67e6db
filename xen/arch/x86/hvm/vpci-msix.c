/* SPDX-License-Identifier: MIT */
/* MSI-X as Dom0 sees it: a table of its own messages over the device's. */

/*
 * Dom0's accesses to the pages of the table exit. Messages and mask bits stay
 * here; an entry of the device is given a message of the host's, and opened,
 * while Dom0 has MSI-X enabled and the entry unmasked. What else is in these
 * pages (the pending bits, other registers) is passed on to the device.
 * LIMIT: where the table shares a page with what is not plain device memory,
 * MSI-X cannot be enabled.
 */
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/mmio.h>
#include "vpci-private.h"

#define CTRL_SIZE(v)  ((((v) >> 16) & 0x7ff) + 1)
#define CTRL_MASK_ALL (1u << (16 + 14))
#define CTRL_ENABLE   (1u << (16 + 15))
#define CTRL_WRITABLE (CTRL_MASK_ALL | CTRL_ENABLE)

#define OFF_TABLE     4
#define TABLE_BIR     7u

/* An entry: address, address high, data, vector control. */
#define ENTRY_ADDR_HIGH   4
#define ENTRY_DATA        8
#define ENTRY_CTRL        12
#define ENTRY_CTRL_MASKED 1u

static uint64_t table_bytes(const struct vpci_msix *x)
{
    return (uint64_t)x->nr * MSIX_ENTRY_BYTES;
}

/* The table's pages, whole: their first byte, and how many bytes. */
static paddr_t pages_start(paddr_t gpa)
{
    return ROUNDDOWN(gpa, PAGE_SIZE);
}

static uint64_t pages_size(const struct vpci_msix *x, paddr_t gpa)
{
    return ROUNDUP(gpa + table_bytes(x), PAGE_SIZE) - pages_start(gpa);
}

static volatile uint8_t *hw_byte(const struct vpci_msix *x, paddr_t gpa)
{
    return x->map + (gpa - pages_start(x->gpa));
}

static void hw_write(const struct vpci_msix *x, unsigned int i,
                     unsigned int off, uint32_t val)
{
    mmio_write(hw_byte(x, x->gpa) + i * MSIX_ENTRY_BYTES + off, 4, val);
}

/* Make the device's entry what Dom0 wants; a reset may have cleared it. */
static void sync_entry(struct vpci_dev *dev, unsigned int i)
{
    struct vpci_msix *x = &dev->msix;
    struct vpci_msix_entry *e = &x->entry[i];
    struct msi_msg msg;

    if ( !x->gpa )
        return;
    hw_write(x, i, ENTRY_CTRL, ENTRY_CTRL_MASKED);
    if ( !x->enabled || e->masked )
        return;
    if ( !e->vector )
    {
        int vector = msi_bind(dev->owner, &e->guest);

        if ( vector < 0 )
        {
            printk(XENLOG_WARNING "PCI %06x: no vector for MSI-X entry %u "
                                  "(%d): it stays masked\n",
                   dev->sbdf.sbdf, i, vector);
            return;
        }
        e->vector = vector;
    }
    msg = msi_host_message(e->vector);
    hw_write(x, i, 0, msg.addr);
    hw_write(x, i, ENTRY_ADDR_HIGH, msg.addr >> 32);
    hw_write(x, i, ENTRY_DATA, msg.data);
    hw_write(x, i, ENTRY_CTRL, 0);
}

static void release_vectors(struct vpci_msix *x)
{
    for ( unsigned int i = 0; i < x->nr; i++ )
    {
        if ( x->entry[i].vector )
            msi_unbind(x->entry[i].vector);
        x->entry[i].vector = 0;
    }
}

static uint32_t hw_ctrl(const struct vpci_dev *dev)
{
    return pci_conf_read(dev, dev->msix.pos, 4);
}

static void hw_set_ctrl(const struct vpci_dev *dev, uint32_t ctrl)
{
    pci_conf_write(dev, dev->msix.pos + 2, 2, ctrl >> 16);
}

int vmsix_init(struct vpci_dev *dev)
{
    struct vpci_msix *x = &dev->msix;
    uint32_t table;

    *x = (struct vpci_msix){ .pos = pci_find_cap(dev, PCI_CAP_ID_MSIX) };
    if ( x->pos + VMSIX_CAP_SIZE > PCI_CONF_SIZE )
        x->pos = 0;
    if ( !x->pos )
        return 0;
    hw_set_ctrl(dev, hw_ctrl(dev) & ~CTRL_ENABLE); /* as the firmware left it */
    table = pci_conf_read(dev, x->pos + OFF_TABLE, 4);
    x->bir = table & TABLE_BIR;
    x->offset = table & ~TABLE_BIR;
    x->nr = CTRL_SIZE(hw_ctrl(dev));
    x->entry = xzalloc_array(struct vpci_msix_entry, x->nr);
    if ( !x->entry )
        return -ENOMEM;
    for ( unsigned int i = 0; i < x->nr; i++ )
        x->entry[i].masked = true;
    vmsix_place(dev);
    return 0;
}

void vmsix_destroy(struct vpci_dev *dev)
{
    struct vpci_msix *x = &dev->msix;

    if ( !x->pos )
        return;
    release_vectors(x);
    if ( x->gpa )
        vpci_untrap_pages(dev->owner, pages_start(x->gpa),
                          pages_size(x, x->gpa));
    xfree(x->entry);
    x->pos = 0;
}

void vmsix_place(struct vpci_dev *dev)
{
    struct vpci_msix *x = &dev->msix;
    paddr_t bar, gpa;

    if ( !x->pos )
        return;
    bar = pci_bar_address(dev, x->bir);
    gpa = bar ? bar + x->offset : 0;
    if ( gpa == x->gpa )
        return;
    if ( x->gpa )
        vpci_untrap_pages(dev->owner, pages_start(x->gpa),
                          pages_size(x, x->gpa));
    x->gpa = 0;
    if ( !gpa ||
         vpci_trap_pages(dev->owner, pages_start(gpa), pages_size(x, gpa)) )
        return;
    if ( x->mapped_gpa != gpa )
    {
        x->map = ioremap(pages_start(gpa), pages_size(x, gpa));
        x->mapped_gpa = gpa;
    }
    x->gpa = gpa;
    if ( x->enabled )
        for ( unsigned int i = 0; i < x->nr; i++ )
            sync_entry(dev, i);
}

void vmsix_write_control(struct vpci_dev *dev, uint32_t val)
{
    struct vpci_msix *x = &dev->msix;
    bool enable = val & CTRL_ENABLE;

    if ( enable && !x->gpa )
    {
        printk(XENLOG_WARNING "PCI %06x: its MSI-X table cannot be watched: "
                              "MSI-X stays off\n",
               dev->sbdf.sbdf);
        enable = false;
        val &= ~CTRL_ENABLE;
    }
    /* Nothing may come while entries change. */
    hw_set_ctrl(dev, (val & CTRL_ENABLE) | CTRL_MASK_ALL);
    if ( enable || x->enabled )
    {
        x->enabled = enable;
        for ( unsigned int i = 0; i < x->nr; i++ )
            sync_entry(dev, i);
    }
    if ( !enable )
        release_vectors(x);
    hw_set_ctrl(dev, val & CTRL_WRITABLE);
}

bool vmsix_covers(const struct vpci_dev *dev, paddr_t gpa)
{
    const struct vpci_msix *x = &dev->msix;

    return x->pos && x->gpa &&
           gpa - pages_start(x->gpa) < pages_size(x, x->gpa);
}

static bool in_table(const struct vpci_msix *x, paddr_t gpa)
{
    return gpa - x->gpa < table_bytes(x);
}

/* Sizes below a dword are not for the table: the specification's rule. */
static uint32_t entry_read(const struct vpci_msix *x, uint64_t off)
{
    const struct vpci_msix_entry *e = &x->entry[off / MSIX_ENTRY_BYTES];

    switch ( off % MSIX_ENTRY_BYTES )
    {
    case 0:
        return e->guest.addr;
    case ENTRY_ADDR_HIGH:
        return e->guest.addr >> 32;
    case ENTRY_DATA:
        return e->guest.data;
    default:
        return e->masked ? ENTRY_CTRL_MASKED : 0;
    }
}

static void entry_write(struct vpci_dev *dev, uint64_t off, uint32_t val)
{
    unsigned int i = off / MSIX_ENTRY_BYTES;
    struct vpci_msix_entry *e = &dev->msix.entry[i];
    uint64_t low = (uint32_t)e->guest.addr, high = e->guest.addr >> 32;

    switch ( off % MSIX_ENTRY_BYTES )
    {
    case 0:
        e->guest.addr = (high << 32) | (val & ~3u);
        break;
    case ENTRY_ADDR_HIGH:
        e->guest.addr = ((uint64_t)val << 32) | low;
        break;
    case ENTRY_DATA:
        e->guest.data = val;
        break;
    default:
        e->masked = val & ENTRY_CTRL_MASKED;
        sync_entry(dev, i);
        break;
    }
    if ( e->vector )
        msi_update(e->vector, &e->guest);
}

uint64_t vmsix_table_read(struct vpci_dev *dev, paddr_t gpa, unsigned int size)
{
    const struct vpci_msix *x = &dev->msix;
    uint64_t val;

    if ( !in_table(x, gpa) )
        return mmio_read(hw_byte(x, gpa), size);
    if ( size < 4 || gpa % size )
        return ~0ULL;
    val = entry_read(x, gpa - x->gpa);
    if ( size == 8 )
        val |= (uint64_t)entry_read(x, gpa + 4 - x->gpa) << 32;
    return val;
}

void vmsix_table_write(struct vpci_dev *dev, paddr_t gpa, unsigned int size,
                       uint64_t val)
{
    const struct vpci_msix *x = &dev->msix;

    if ( !in_table(x, gpa) )
    {
        mmio_write(hw_byte(x, gpa), size, val);
        return;
    }
    if ( size < 4 || gpa % size )
        return;
    entry_write(dev, gpa - x->gpa, val);
    if ( size == 8 )
        entry_write(dev, gpa + 4 - x->gpa, val >> 32);
}
