/* SPDX-License-Identifier: MIT */
/* Reading the information that a multiboot (1) loader passes. */
#include <xen/bootinfo.h>
#include <xen/lib.h>

struct mb1_info
{
    uint32_t flags;
    uint32_t mem_lower, mem_upper; /* KiB from 0 and from 1 MiB */
    uint32_t boot_device;
    uint32_t cmdline;
    uint32_t mods_count, mods_addr;
    uint32_t syms[4];
    uint32_t mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr;
    uint32_t config_table;
    uint32_t boot_loader_name;
};

#define MB1_HAS_MEMORY  0x001
#define MB1_HAS_CMDLINE 0x004
#define MB1_HAS_MODS    0x008
#define MB1_HAS_MMAP    0x040
#define MB1_HAS_LOADER  0x200

struct mb1_module
{
    uint32_t start, end, string, reserved;
};

/* size counts what follows it. */
struct mb1_mmap_entry
{
    uint32_t size;
    uint64_t base, length;
    uint32_t type;
} __packed;

#define MB1_MMAP_MAX MB(1)

static int add_mmap(struct boot_info *bi, const struct mb1_info *mbi,
                    boot_map_fn *map)
{
    uint32_t at = 0;
    const char *base;

    if ( mbi->mmap_length > MB1_MMAP_MAX )
        return -EINVAL;
    base = map(mbi->mmap_addr, mbi->mmap_length);
    if ( base == NULL )
        return -EINVAL;
    while ( mbi->mmap_length - at >= sizeof(struct mb1_mmap_entry) )
    {
        struct mb1_mmap_entry e;

        memcpy(&e, base + at, sizeof(e));
        if ( e.size < sizeof(e) - sizeof(e.size) ||
             e.size > mbi->mmap_length - at - sizeof(e.size) )
            return -EINVAL;
        boot_add_region(bi, e.base, e.length, e.type);
        at += e.size + sizeof(e.size);
    }
    return 0;
}

static int add_modules(struct boot_info *bi, const struct mb1_info *mbi,
                       boot_map_fn *map)
{
    const struct mb1_module *m;

    if ( mbi->mods_count > BOOT_MAX_MODULES )
        return -EINVAL;
    m = map(mbi->mods_addr, mbi->mods_count * sizeof(*m));
    if ( m == NULL )
        return -EINVAL;
    for ( uint32_t i = 0; i < mbi->mods_count; i++, m++ )
    {
        const char *text = m->string ? map(m->string, BOOT_CMDLINE_MAX) : NULL;

        if ( m->end < m->start ||
             boot_add_module(bi, m->start, m->end - m->start, text,
                             BOOT_CMDLINE_MAX - 1) )
            return -EINVAL;
    }
    return 0;
}

int boot_parse_multiboot1(struct boot_info *bi, const void *info,
                          boot_map_fn *map, const char **why)
{
    const struct mb1_info *mbi = info;

    bi->protocol = "multiboot";
    if ( mbi->flags & MB1_HAS_CMDLINE )
        boot_copy_text(bi->cmdline, sizeof(bi->cmdline),
                       map(mbi->cmdline, sizeof(bi->cmdline)),
                       sizeof(bi->cmdline));
    if ( mbi->flags & MB1_HAS_LOADER )
        boot_copy_text(bi->loader, sizeof(bi->loader),
                       map(mbi->boot_loader_name, sizeof(bi->loader)),
                       sizeof(bi->loader));

    *why = "a bad memory map";
    if ( mbi->flags & MB1_HAS_MMAP )
    {
        if ( add_mmap(bi, mbi, map) )
            return -EINVAL;
    }
    else if ( mbi->flags & MB1_HAS_MEMORY )
    {
        boot_add_region(bi, 0, KB(mbi->mem_lower), E820_RAM);
        boot_add_region(bi, MB(1), KB(mbi->mem_upper), E820_RAM);
    }
    else
        return -EINVAL;

    *why = "a bad module, or too many";
    if ( (mbi->flags & MB1_HAS_MODS) && mbi->mods_count &&
         add_modules(bi, mbi, map) )
        return -EINVAL;
    return 0;
}
