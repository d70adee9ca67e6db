/* SPDX-License-Identifier: MIT */
/* What a PVH kernel finds where ebx points: start info, version 1. */

/*
 * One block: start info, the module list, the memory map, the command line.
 * All but the last keep the alignment of 8 that their structs want.
 */

#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "private.h"

_Static_assert(sizeof(struct hvm_start_info) == 56, "PVH ABI");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "PVH ABI");
_Static_assert(sizeof(struct hvm_memmap_table_entry) == 24, "PVH ABI");

uint64_t xg_start_info_size(const char *cmdline, bool have_ramdisk,
                            unsigned int nr_regions)
{
    return sizeof(struct hvm_start_info) +
           (have_ramdisk ? sizeof(struct hvm_modlist_entry) : 0) +
           nr_regions * sizeof(struct hvm_memmap_table_entry) +
           (cmdline ? strlen(cmdline) + 1 : 0);
}

void xg_start_info_write(uint8_t *buf, const struct xg_plan *plan,
                         const char *cmdline)
{
    struct hvm_start_info info = {
        .magic = XEN_HVM_START_MAGIC_VALUE,
        .version = 1,
        .rsdp_paddr = plan->rsdp,
        .memmap_entries = plan->nr_regions,
    };
    struct hvm_modlist_entry module = { 0 };
    struct hvm_memmap_table_entry entry = { 0 };
    uint64_t offset = sizeof(info);
    unsigned int i;

    if ( plan->ramdisk_size )
    {
        module.paddr = plan->ramdisk;
        module.size = plan->ramdisk_size;
        info.nr_modules = 1;
        info.modlist_paddr = plan->start_info + offset;
        memcpy(buf + offset, &module, sizeof(module));
        offset += sizeof(module);
    }

    info.memmap_paddr = plan->start_info + offset;
    for ( i = 0; i < plan->nr_regions; i++ )
    {
        entry.addr = plan->regions[i].addr;
        entry.size = plan->regions[i].size;
        entry.type = plan->regions[i].type;
        memcpy(buf + offset, &entry, sizeof(entry));
        offset += sizeof(entry);
    }

    if ( cmdline )
    {
        info.cmdline_paddr = plan->start_info + offset;
        memcpy(buf + offset, cmdline, strlen(cmdline) + 1);
    }
    memcpy(buf, &info, sizeof(info));
}
