/* SPDX-License-Identifier: MIT */
/* What the boot loader told us, whatever protocol it spoke. */
#pragma once

#include <xen/types.h>

/* Types of memory, as the BIOS function E820 numbers them. */
#define E820_RAM         1
#define E820_RESERVED    2
#define E820_ACPI        3
#define E820_NVS         4
#define E820_UNUSABLE    5

#define BOOT_MAX_REGIONS 256
#define BOOT_MAX_MODULES 16
#define BOOT_CMDLINE_MAX 2048

struct boot_region
{
    paddr_t base;
    uint64_t size;
    uint32_t type; /* E820_* */
};

struct boot_module
{
    paddr_t pa; /* 0 size: its memory was given back */
    uint64_t size;
    const char *cmdline; /* never NULL */
};

struct boot_info
{
    const char *protocol;
    char loader[64];
    char cmdline[BOOT_CMDLINE_MAX];
    unsigned int
        nr_regions; /* sorted, without overlaps, after e820_sanitize() */
    struct boot_region region[BOOT_MAX_REGIONS];
    unsigned int nr_modules;
    struct boot_module module[BOOT_MAX_MODULES];
    /* A text screen, if the loader says that there is one (pa not 0). */
    struct
    {
        paddr_t pa;
        unsigned int columns, rows, pitch;
    } screen;
    paddr_t rsdp_pa;       /* of the ACPI root pointer; 0: not told */
    uint8_t rsdp_copy[36]; /* or a copy of it */
    uint8_t rsdp_copy_len; /* 0, 20 or 36 */
    char module_text[BOOT_CMDLINE_MAX * 2]; /* the modules' command lines */
    unsigned int module_text_used;
};

extern struct boot_info boot_info;

/*
 * Parsers, one per protocol: 0, or -EINVAL with *why set. They take the
 * loader's structure and a way to reach what it points at.
 */
typedef const void *boot_map_fn(paddr_t pa, uint64_t size);
int boot_parse_multiboot2(struct boot_info *bi, const void *info,
                          const char **why);
int boot_parse_multiboot1(struct boot_info *bi, const void *info,
                          boot_map_fn *map, const char **why);
int boot_parse_pvh(struct boot_info *bi, const void *info, boot_map_fn *map,
                   const char **why);

/* For the parsers. */
/* At most max bytes of src, cut to what fits; src NULL: nothing. */
void boot_copy_text(char *dst, size_t size, const char *src, size_t max);
void boot_add_region(struct boot_info *bi, paddr_t base, uint64_t size,
                     uint32_t type);
int boot_add_module(struct boot_info *bi, paddr_t pa, uint64_t size,
                    const char *cmdline, size_t cmdline_max);

/* Give a module's memory to the heap, once it is of no use any more. */
void boot_module_free(unsigned int i);
