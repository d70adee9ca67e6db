/* SPDX-License-Identifier: MIT */
/* What a PVH kernel finds behind ebx when it is entered. */
#ifndef XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H
#define XEN_PUBLIC_ARCH_X86_HVM_START_INFO_H

#include <stdint.h>

/* "xEn3" with bit 7 of the E set. */
#define XEN_HVM_START_MAGIC_VALUE 0x336ec578

/* Memory map types: the E820 ones. */
#define XEN_HVM_MEMMAP_TYPE_RAM      1
#define XEN_HVM_MEMMAP_TYPE_RESERVED 2
#define XEN_HVM_MEMMAP_TYPE_ACPI     3
#define XEN_HVM_MEMMAP_TYPE_NVS      4
#define XEN_HVM_MEMMAP_TYPE_UNUSABLE 5
#define XEN_HVM_MEMMAP_TYPE_DISABLED 6
#define XEN_HVM_MEMMAP_TYPE_PMEM     7

/* All addresses are guest physical; 0 means absent. */
struct hvm_start_info
{
    uint32_t magic;
    uint32_t version; /* the memmap fields exist from version 1 on */
    uint32_t flags;   /* SIF_* */
    uint32_t nr_modules;
    uint64_t modlist_paddr; /* array of hvm_modlist_entry */
    uint64_t cmdline_paddr; /* NUL-terminated */
    uint64_t rsdp_paddr;
    uint64_t memmap_paddr; /* array of hvm_memmap_table_entry */
    uint32_t memmap_entries;
    uint32_t reserved;
};

struct hvm_modlist_entry
{
    uint64_t paddr;
    uint64_t size;
    uint64_t cmdline_paddr;
    uint64_t reserved;
};

struct hvm_memmap_table_entry
{
    uint64_t addr;
    uint64_t size;
    uint32_t type; /* XEN_HVM_MEMMAP_TYPE_* */
    uint32_t reserved;
};

#endif
