/* SPDX-License-Identifier: MIT */
/* Reading the start info of a PVH boot (QEMU, Xen, or Nidus below Nidus). */
#include <xen/bootinfo.h>
#include <xen/lib.h>
#include <public/arch-x86/hvm/start_info.h>

#define MEMMAP_MAX 4096 /* entries: a bound against nonsense */

static int add_memmap(struct boot_info *bi, const struct hvm_start_info *si,
                      boot_map_fn *map)
{
    const struct hvm_memmap_table_entry *e;

    if ( si->version < 1 || si->memmap_entries == 0 ||
         si->memmap_entries > MEMMAP_MAX )
        return -EINVAL;
    e = map(si->memmap_paddr, si->memmap_entries * sizeof(*e));
    if ( e == NULL )
        return -EINVAL;
    for ( uint32_t i = 0; i < si->memmap_entries; i++, e++ )
        boot_add_region(bi, e->addr, e->size, e->type);
    return 0;
}

static int add_modules(struct boot_info *bi, const struct hvm_start_info *si,
                       boot_map_fn *map)
{
    const struct hvm_modlist_entry *m;

    if ( si->nr_modules == 0 )
        return 0;
    if ( si->nr_modules > BOOT_MAX_MODULES )
        return -EINVAL;
    m = map(si->modlist_paddr, si->nr_modules * sizeof(*m));
    if ( m == NULL )
        return -EINVAL;
    for ( uint32_t i = 0; i < si->nr_modules; i++, m++ )
    {
        const char *text =
            m->cmdline_paddr ? map(m->cmdline_paddr, BOOT_CMDLINE_MAX) : NULL;

        if ( boot_add_module(bi, m->paddr, m->size, text,
                             BOOT_CMDLINE_MAX - 1) )
            return -EINVAL;
    }
    return 0;
}

int boot_parse_pvh(struct boot_info *bi, const void *info, boot_map_fn *map,
                   const char **why)
{
    const struct hvm_start_info *si = info;

    bi->protocol = "PVH";
    *why = "a bad magic number";
    if ( si->magic != XEN_HVM_START_MAGIC_VALUE )
        return -EINVAL;
    *why = "no memory map (start info version 1 is needed)";
    if ( add_memmap(bi, si, map) )
        return -EINVAL;
    *why = "a bad module, or too many";
    if ( add_modules(bi, si, map) )
        return -EINVAL;
    if ( si->cmdline_paddr )
        boot_copy_text(bi->cmdline, sizeof(bi->cmdline),
                       map(si->cmdline_paddr, sizeof(bi->cmdline)),
                       sizeof(bi->cmdline));
    bi->rsdp_pa = si->rsdp_paddr;
    return 0;
}
