/* SPDX-License-Identifier: MIT */
/* The host's I/O APICs, and the 8259s, which stay masked. */
#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>
#include <asm/io-apic.h>
#include <asm/io.h>

#define IOREGSEL           0x00
#define IOWIN              0x10

#define REG_VERSION        1
#define REG_ENTRY          0x10 /* two registers per pin */

#define VERSION_MAX_PIN(v) (((v) >> 16) & 0xff)

#define RTE_ACTIVE_LOW     0x2000
#define RTE_LEVEL          0x8000
#define RTE_MASKED         0x10000
#define RTE_DEST_SHIFT     24

#define MAX_GSI            1024

struct ioapic
{
    volatile uint8_t *regs;
    uint32_t gsi_base;
    unsigned int nr_pins;
};

static struct ioapic ioapics[ACPI_MAX_IOAPICS];
static unsigned int nr_ioapics;
static uint64_t reserved_gsis[MAX_GSI / 64];
static spinlock_t ioapic_lock = SPIN_LOCK_UNLOCKED; /* register pairs */

static uint32_t reg_read(const struct ioapic *io, unsigned int reg)
{
    writel(reg, io->regs + IOREGSEL);
    return readl(io->regs + IOWIN);
}

static void reg_write(const struct ioapic *io, unsigned int reg, uint32_t v)
{
    writel(reg, io->regs + IOREGSEL);
    writel(v, io->regs + IOWIN);
}

static const struct ioapic *find(unsigned int gsi, unsigned int *pin)
{
    for ( unsigned int i = 0; i < nr_ioapics; i++ )
        if ( gsi >= ioapics[i].gsi_base &&
             gsi - ioapics[i].gsi_base < ioapics[i].nr_pins )
        {
            *pin = gsi - ioapics[i].gsi_base;
            return &ioapics[i];
        }
    return NULL;
}

unsigned int ioapic_nr_gsis(void)
{
    unsigned int end = 0;

    for ( unsigned int i = 0; i < nr_ioapics; i++ )
        end = max(end, ioapics[i].gsi_base + ioapics[i].nr_pins);
    return end;
}

bool ioapic_gsi_valid(unsigned int gsi)
{
    unsigned int pin;

    return find(gsi, &pin) != NULL;
}

unsigned int ioapic_nr_pins(unsigned int i)
{
    return i < nr_ioapics ? ioapics[i].nr_pins : 0;
}

int ioapic_set_entry(unsigned int gsi, uint8_t vector, bool level,
                     bool active_low, uint32_t dest)
{
    unsigned int pin;
    const struct ioapic *io = find(gsi, &pin);

    if ( io == NULL )
        return -ENOENT;
    spin_lock(&ioapic_lock);
    reg_write(io, REG_ENTRY + 2 * pin, RTE_MASKED);
    reg_write(io, REG_ENTRY + 2 * pin + 1, dest << RTE_DEST_SHIFT);
    reg_write(io, REG_ENTRY + 2 * pin,
              RTE_MASKED | vector | (level ? RTE_LEVEL : 0) |
                  (active_low ? RTE_ACTIVE_LOW : 0));
    spin_unlock(&ioapic_lock);
    return 0;
}

static void set_mask(unsigned int gsi, bool masked)
{
    unsigned int pin;
    const struct ioapic *io = find(gsi, &pin);
    uint32_t v;

    if ( io == NULL )
        return;
    spin_lock(&ioapic_lock);
    v = reg_read(io, REG_ENTRY + 2 * pin);
    v = masked ? v | RTE_MASKED : v & ~RTE_MASKED;
    reg_write(io, REG_ENTRY + 2 * pin, v);
    spin_unlock(&ioapic_lock);
}

void ioapic_mask(unsigned int gsi)
{
    set_mask(gsi, true);
}

void ioapic_unmask(unsigned int gsi)
{
    set_mask(gsi, false);
}

/* MPS INTI flags of the MADT; 0 means what is usual on the bus (ISA). */
#define FLAG_POLARITY(f) ((f)&3)
#define FLAG_TRIGGER(f)  (((f) >> 2) & 3)
#define FLAG_LOW         3
#define FLAG_LEVEL       3

unsigned int isa_irq_to_gsi(unsigned int irq, bool *level, bool *active_low)
{
    for ( unsigned int i = 0; i < acpi_info.nr_overrides; i++ )
    {
        const struct acpi_override *o = &acpi_info.override[i];

        if ( o->irq != irq )
            continue;
        *level = FLAG_TRIGGER(o->flags) == FLAG_LEVEL;
        *active_low = FLAG_POLARITY(o->flags) == FLAG_LOW;
        return o->gsi;
    }
    *level = *active_low = false;
    return irq;
}

void ioapic_reserve_gsi(unsigned int gsi)
{
    if ( gsi < MAX_GSI )
        reserved_gsis[gsi / 64] |= BIT(gsi % 64);
}

bool ioapic_gsi_reserved(unsigned int gsi)
{
    return gsi < MAX_GSI && (reserved_gsis[gsi / 64] & BIT(gsi % 64));
}

#define PIC_MASTER_DATA 0x21
#define PIC_SLAVE_DATA  0xa1

void ioapic_init(void)
{
    for ( unsigned int i = 0; i < acpi_info.nr_ioapics; i++ )
    {
        const struct acpi_ioapic *a = &acpi_info.ioapic[i];
        struct ioapic *io = &ioapics[nr_ioapics++];
        uint32_t version;

        io->regs = ioremap(a->address, PAGE_SIZE);
        io->gsi_base = a->gsi_base;
        version = reg_read(io, REG_VERSION);
        io->nr_pins = version == ~0u ? 0 : VERSION_MAX_PIN(version) + 1;
        for ( unsigned int pin = 0; pin < io->nr_pins; pin++ )
            ioapic_mask(io->gsi_base + pin);
        printk(XENLOG_INFO "I/O APIC %u: ID %u, at %#lx, GSI %u-%u\n", i, a->id,
               a->address, a->gsi_base, a->gsi_base + io->nr_pins - 1);
    }
    outb(0xff, PIC_MASTER_DATA);
    outb(0xff, PIC_SLAVE_DATA);
}
