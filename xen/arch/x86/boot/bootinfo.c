/* SPDX-License-Identifier: MIT */
/* Collecting what boot loaders say into one struct boot_info. */
#include <xen/bootinfo.h>
#include <xen/lib.h>

struct boot_info boot_info;

void boot_copy_text(char *dst, size_t size, const char *src, size_t max)
{
    size_t len = src != NULL ? strnlen(src, max) : 0;

    len = min(len, size - 1);
    if ( len )
        memcpy(dst, src, len);
    dst[len] = '\0';
}

/* A map with more regions than fit loses the last: less RAM, never wrong. */
void boot_add_region(struct boot_info *bi, paddr_t base, uint64_t size,
                     uint32_t type)
{
    if ( bi->nr_regions == BOOT_MAX_REGIONS || size == 0 )
        return;
    /* Types later than ours (persistent memory, ...) are not for use. */
    if ( type == 0 || type > E820_UNUSABLE )
        type = E820_RESERVED;
    bi->region[bi->nr_regions++] = (struct boot_region){ base, size, type };
}

int boot_add_module(struct boot_info *bi, paddr_t pa, uint64_t size,
                    const char *cmdline, size_t cmdline_max)
{
    size_t len = cmdline ? strnlen(cmdline, cmdline_max) : 0;
    char *text = bi->module_text + bi->module_text_used;

    if ( bi->nr_modules == BOOT_MAX_MODULES ||
         len + 1 > sizeof(bi->module_text) - bi->module_text_used )
        return -ENOSPC;
    if ( len )
        memcpy(text, cmdline, len);
    text[len] = '\0';
    bi->module_text_used += len + 1;
    bi->module[bi->nr_modules++] = (struct boot_module){ pa, size, text };
    return 0;
}
