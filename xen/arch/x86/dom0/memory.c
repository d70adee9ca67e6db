/* SPDX-License-Identifier: MIT */
/* Dom0's memory: mapped 1:1, and all that is not RAM with it. */

/*
 * There is no IOMMU to translate what Dom0's devices access, so Dom0 sees
 * machine addresses: its RAM is a set of machine ranges with gfn = mfn, and
 * every address that is not RAM (firmware tables, device memory) is mapped
 * to itself. RAM that is not Dom0's shows as unusable in its memory map.
 * See docs/limits.md for what this means.
 */

#include <xen/acpi.h>
#include <xen/bootinfo.h>
#include <xen/cmdline.h>
#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/e820.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/vpci.h>
#include "private.h"

#define LOW_RAM_END KB(640)
#define MMIO_END    GB(4)
#define LAPIC_BASE  0xfee00000ULL
/* What the hypervisor keeps when the command line does not say. */
#define HEAP_SHARE     16
#define HEAP_MIN       MB(64)
#define HEAP_MAX       MB(128)
#define DOM0_MIN       MB(64)
#define DOM0_ACPI_SIZE KB(64)

struct ram_map dom0_ram;
paddr_t dom0_acpi_area;

/* Where GRUB put the modules may be where Dom0's kernel wants to be. */
static void move_modules_up(void)
{
    for ( unsigned int i = 0; i < boot_info.nr_modules; i++ )
    {
        struct boot_module *m = &boot_info.module[i];
        uint64_t size = ROUNDUP(m->size, PAGE_SIZE);
        paddr_t to;

        if ( !m->size )
            continue;
        to = ram_map_take_top(&boot_ram_map, size, PAGE_SIZE, ~0ULL);
        if ( !to )
            panic("No memory to move module %u (%lu KiB) out of Dom0's way\n",
                  i, size >> 10);
        if ( to < m->pa + size )
        {
            /* It is as high as it can be already. */
            ram_map_add(&boot_ram_map, to, to + size);
            continue;
        }
        memcpy(maddr_to_virt(to), maddr_to_virt(m->pa), m->size);
        ram_map_add(&boot_ram_map, ROUNDDOWN(m->pa, PAGE_SIZE),
                    ROUNDUP(m->pa + m->size, PAGE_SIZE));
        m->pa = to;
    }
}

static uint64_t dom0_size(uint64_t available)
{
    const struct dom0_mem_option *opt = &opt_dom0_mem;
    uint64_t keep = min(max(available / HEAP_SHARE, HEAP_MIN), HEAP_MAX);
    uint64_t size =
        opt->nominal ? opt->nominal : available - min(keep, available);

    if ( opt->min )
        size = max(size, opt->min);
    if ( opt->max )
        size = min(size, opt->max);
    size = ROUNDDOWN(size, PAGE_SIZE);
    if ( size < DOM0_MIN )
        panic("dom0_mem=%luM is too little for Dom0: it needs %luM or more\n",
              size >> 20, DOM0_MIN >> 20);
    if ( size > available )
        panic("dom0_mem=%luM: the machine has only %luM of free RAM\n",
              size >> 20, available >> 20);
    return size;
}

/* RAM below 1 MiB is Dom0's as the firmware left it. */
static uint64_t take_low_memory(void)
{
    uint64_t taken = 0;

    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];
        paddr_t start = ROUNDUP(r->base, PAGE_SIZE);
        paddr_t end = ROUNDDOWN(min(r->base + r->size, LOW_RAM_END), PAGE_SIZE);

        if ( r->type != E820_RAM || start >= end )
            continue;
        ram_map_add(&dom0_ram, start, end);
        ram_map_remove(&boot_ram_map, start, end);
        taken += end - start;
    }
    return taken;
}

void dom0_reserve_memory(void)
{
    uint64_t want;

    move_modules_up();
    dom0_acpi_area =
        ram_map_take_top(&boot_ram_map, DOM0_ACPI_SIZE, PAGE_SIZE, GB(4));
    if ( !dom0_acpi_area )
        panic("No memory below 4 GiB for Dom0's ACPI tables\n");
    want = dom0_size(ram_map_total(&boot_ram_map));
    want -= min(want, take_low_memory());
    while ( want )
    {
        struct ram_range r;
        uint64_t n;

        if ( !boot_ram_map.nr )
            panic("Ran out of RAM for Dom0\n");
        r = boot_ram_map.r[0];
        n = min(want, r.end - r.start);
        ram_map_add(&dom0_ram, r.start, r.start + n);
        ram_map_remove(&boot_ram_map, r.start, r.start + n);
        want -= n;
    }
    printk(XENLOG_INFO "Dom0 has %lu MiB, mapped 1:1 (no IOMMU: its devices "
                       "can reach all memory)\n",
           ram_map_total(&dom0_ram) >> 20);
}

/* Largest order with which [gfn, end) can be mapped from gfn on. */
static unsigned int best_order(uint64_t gfn, uint64_t end)
{
    static const unsigned int orders[] = { PAGE_ORDER_1G, PAGE_ORDER_2M };

    for ( unsigned int i = 0; i < ARRAY_SIZE(orders); i++ )
        if ( IS_ALIGNED(gfn, 1ULL << orders[i]) &&
             end - gfn >= (1ULL << orders[i]) )
            return orders[i];
    return PAGE_ORDER_4K;
}

static void map_identity(struct domain *d, paddr_t start, paddr_t end,
                         p2m_type_t t)
{
    uint64_t gfn = start >> PAGE_SHIFT, last = end >> PAGE_SHIFT;

    while ( gfn < last )
    {
        unsigned int order = best_order(gfn, last);

        if ( p2m_set_entry(d, _gfn(gfn), _mfn(gfn), order, t) )
            panic("No memory for Dom0's p2m\n");
        gfn += 1ULL << order;
    }
}

static void claim_frames(struct domain *d, paddr_t start, paddr_t end)
{
    for ( uint64_t m = start >> PAGE_SHIFT; m < end >> PAGE_SHIFT; m++ )
        adopt_static_page(mfn_to_page(_mfn(m)), d);
}

static void unmap_page(struct domain *d, paddr_t pa)
{
    if ( p2m_set_entry(d, gaddr_to_gfn(pa), INVALID_MFN, PAGE_ORDER_4K,
                       p2m_invalid) )
        panic("No memory for Dom0's p2m\n");
}

/* Addresses below 4 GiB that are no RAM of the machine. */
static void map_non_ram(struct domain *d)
{
    paddr_t at = 0;

    for ( unsigned int i = 0; i < boot_info.nr_regions && at < MMIO_END; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];

        if ( r->type != E820_RAM )
            continue;
        map_identity(d, at, min(ROUNDDOWN(r->base, PAGE_SIZE), MMIO_END),
                     p2m_mmio_direct);
        at = ROUNDUP(r->base + r->size, PAGE_SIZE);
    }
    map_identity(d, at, max(at, MMIO_END), p2m_mmio_direct);
    map_identity(d, dom0_acpi_area, dom0_acpi_area + DOM0_ACPI_SIZE,
                 p2m_mmio_direct);
    /* Interrupt controllers are virtual. */
    unmap_page(d, LAPIC_BASE);
    for ( unsigned int i = 0; i < acpi_info.nr_ioapics; i++ )
        unmap_page(d, acpi_info.ioapic[i].address);
}

void dom0_map_memory(struct domain *d)
{
    d->max_pages = opt_dom0_mem.max ? opt_dom0_mem.max >> PAGE_SHIFT
                                    : ram_map_total(&dom0_ram) >> PAGE_SHIFT;
    d->max_pages = max(d->max_pages, ram_map_total(&dom0_ram) >> PAGE_SHIFT);
    map_non_ram(d);
    for ( unsigned int i = 0; i < dom0_ram.nr; i++ )
    {
        map_identity(d, dom0_ram.r[i].start, dom0_ram.r[i].end, p2m_ram_rw);
        claim_frames(d, dom0_ram.r[i].start, dom0_ram.r[i].end);
    }
}

/* The machine's map, RAM of others unusable. Returns the number of entries. */
unsigned int dom0_memory_map(struct dom0_memmap_entry *out, unsigned int max)
{
    unsigned int n = 0;

#define ADD(start, end, t)                                                   \
    do                                                                       \
    {                                                                        \
        if ( (start) < (end) && n < max )                                    \
            out[n++] =                                                       \
                (struct dom0_memmap_entry){ (start), (end) - (start), (t) }; \
    } while ( 0 )

    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];
        paddr_t at = r->base, end = r->base + r->size;

        if ( r->type != E820_RAM )
        {
            ADD(at, end, r->type);
            continue;
        }
        for ( unsigned int j = 0; j < dom0_ram.nr; j++ )
        {
            paddr_t s = max(dom0_ram.r[j].start, at);
            paddr_t e = min(dom0_ram.r[j].end, end);

            if ( s >= e )
                continue;
            ADD(at, s, E820_UNUSABLE);
            ADD(s, e, E820_RAM);
            at = e;
        }
        if ( dom0_acpi_area >= at && dom0_acpi_area < end )
        {
            ADD(at, dom0_acpi_area, E820_UNUSABLE);
            ADD(dom0_acpi_area, dom0_acpi_area + DOM0_ACPI_SIZE, E820_ACPI);
            at = dom0_acpi_area + DOM0_ACPI_SIZE;
        }
        ADD(at, end, E820_UNUSABLE);
    }
#undef ADD
    return n;
}

void dom0_set_e820(struct domain *d, const struct dom0_memmap_entry *map,
                   unsigned int nr)
{
    d->arch.e820 = xzalloc_array(struct e820_entry_guest, nr);
    if ( !d->arch.e820 )
        panic("No memory for Dom0's memory map\n");
    for ( unsigned int i = 0; i < nr; i++ )
        d->arch.e820[i] =
            (struct e820_entry_guest){ map[i].start, map[i].size, map[i].type };
    d->arch.e820_nr = nr;
}

bool dom0_map_device(struct domain *d, paddr_t gpa)
{
    mfn_t mfn = _mfn(gpa >> PAGE_SHIFT);

    if ( gpa < MMIO_END || mfn_valid(mfn) || vpci_mmio_covers(d, gpa) )
        return false;
    return !p2m_set_entry(d, gaddr_to_gfn(gpa), mfn, PAGE_ORDER_4K,
                          p2m_mmio_direct);
}
