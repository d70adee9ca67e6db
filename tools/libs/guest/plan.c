/* SPDX-License-Identifier: MIT */
/* Where RAM, kernel, start info, ramdisk and ACPI tables of a domain go. */

#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "private.h"

static void add_region(struct xg_plan *plan, uint64_t addr, uint64_t size,
                       uint32_t type)
{
    if ( size )
        plan->regions[plan->nr_regions++] =
            (struct xg_region){ addr, size, type };
}

static unsigned long long mib_up(uint64_t bytes)
{
    return (bytes + (1 << 20) - 1) >> 20;
}

int xg_plan(struct xg_plan *plan, const struct xg_image *image,
            const struct xg_config *config, struct xg_error *err)
{
    uint64_t ram, next, acpi = xg_page_up(xg_acpi_size(config->nr_vcpus));

    memset(plan, 0, sizeof(*plan));
    ram = config->maxmem_kb << 10;
    ram &= ~(XG_PAGE_SIZE - 1);
    plan->lowmem_end = ram < XG_LOWMEM_MAX ? ram : XG_LOWMEM_MAX;
    if ( ram > XG_LOWMEM_MAX )
        plan->highmem_end = XG_4G + ram - XG_LOWMEM_MAX;

    add_region(plan, 0, plan->lowmem_end, XEN_HVM_MEMMAP_TYPE_RAM);
    add_region(plan, XG_ACPI_BASE, acpi, XEN_HVM_MEMMAP_TYPE_ACPI);
    add_region(plan, XG_SPECIAL_FIRST_GFN << XG_PAGE_SHIFT,
               XG_NR_SPECIAL << XG_PAGE_SHIFT, XEN_HVM_MEMMAP_TYPE_RESERVED);
    if ( plan->highmem_end )
        add_region(plan, XG_4G, plan->highmem_end - XG_4G,
                   XEN_HVM_MEMMAP_TYPE_RAM);

    /* Start info and ramdisk follow the kernel, each on a page of its own. */
    next = xg_page_up(image->kernel.end);
    plan->start_info = next;
    plan->start_info_size = xg_start_info_size(
        config->cmdline, image->ramdisk_size, plan->nr_regions);
    next = xg_page_up(next + plan->start_info_size);
    if ( image->ramdisk_size )
    {
        plan->ramdisk = next;
        plan->ramdisk_size = image->ramdisk_size;
        next = xg_page_up(next + plan->ramdisk_size);
    }
    /* RSDP first: xg_acpi_write() starts with it. */
    plan->rsdp = XG_ACPI_BASE;

    if ( next > plan->lowmem_end || next > config->memory_kb << 10 )
        return xg_fail(
            err,
            "memory = %llu MiB is too little: kernel and ramdisk end at "
            "%llu MiB; give the domain at least %llu",
            (unsigned long long)config->memory_kb >> 10, mib_up(next),
            mib_up(next) + 32);
    return 0;
}
