/* SPDX-License-Identifier: MIT */
/* Reading the information that a multiboot2 loader (GRUB) passes. */
#include <xen/bootinfo.h>
#include <xen/lib.h>

struct mb2_info
{
    uint32_t total_size, reserved;
};

struct mb2_tag
{
    uint32_t type, size;
};

#define MB2_TAG_END      0
#define MB2_TAG_CMDLINE  1
#define MB2_TAG_LOADER   2
#define MB2_TAG_MODULE   3
#define MB2_TAG_MMAP     6
#define MB2_TAG_SCREEN   8
#define MB2_TAG_ACPI_OLD 14
#define MB2_TAG_ACPI_NEW 15

struct mb2_module
{
    struct mb2_tag tag;
    uint32_t start, end;
    char cmdline[];
};

struct mb2_mmap
{
    struct mb2_tag tag;
    uint32_t entry_size, entry_version;
};

struct mb2_mmap_entry
{
    uint64_t base, size;
    uint32_t type, reserved;
};

struct mb2_screen
{
    struct mb2_tag tag;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bpp, type;
} __packed;

#define MB2_SCREEN_TEXT 2 /* width and height in characters */

/* Larger than any real one: a bound against nonsense. */
#define MB2_INFO_MAX MB(16)

static void copy_text(char *dst, size_t size, const struct mb2_tag *tag)
{
    boot_copy_text(dst, size, (const char *)(tag + 1),
                   tag->size - sizeof(*tag));
}

static bool add_mmap(struct boot_info *bi, const struct mb2_tag *tag)
{
    const struct mb2_mmap *m = (const void *)tag;
    const uint8_t *p = (const uint8_t *)(m + 1);
    const uint8_t *end = (const uint8_t *)tag + tag->size;

    if ( tag->size < sizeof(*m) ||
         m->entry_size < sizeof(struct mb2_mmap_entry) )
        return false;
    for ( ; (size_t)(end - p) >= m->entry_size; p += m->entry_size )
    {
        struct mb2_mmap_entry e;

        memcpy(&e, p, sizeof(e));
        boot_add_region(bi, e.base, e.size, e.type);
    }
    return true;
}

static bool add_module(struct boot_info *bi, const struct mb2_tag *tag)
{
    const struct mb2_module *m = (const void *)tag;

    if ( tag->size < sizeof(*m) || m->end < m->start )
        return false;
    return boot_add_module(bi, m->start, m->end - m->start, m->cmdline,
                           tag->size - sizeof(*m)) == 0;
}

static void add_screen(struct boot_info *bi, const struct mb2_tag *tag)
{
    const struct mb2_screen *s = (const void *)tag;

    if ( tag->size < sizeof(*s) || s->type != MB2_SCREEN_TEXT )
        return;
    bi->screen.pa = s->address;
    bi->screen.columns = s->width;
    bi->screen.rows = s->height;
    bi->screen.pitch = s->pitch;
}

static void add_rsdp(struct boot_info *bi, const struct mb2_tag *tag)
{
    size_t len = min((size_t)tag->size - sizeof(*tag), sizeof(bi->rsdp_copy));

    /* The newer one wins, whichever comes first. */
    if ( len <= bi->rsdp_copy_len )
        return;
    memcpy(bi->rsdp_copy, tag + 1, len);
    bi->rsdp_copy_len = len;
}

static bool take_tag(struct boot_info *bi, const struct mb2_tag *tag,
                     const char **why)
{
    switch ( tag->type )
    {
    case MB2_TAG_CMDLINE:
        copy_text(bi->cmdline, sizeof(bi->cmdline), tag);
        break;
    case MB2_TAG_LOADER:
        copy_text(bi->loader, sizeof(bi->loader), tag);
        break;
    case MB2_TAG_MODULE:
        *why = "a bad module, or too many";
        return add_module(bi, tag);
    case MB2_TAG_MMAP:
        *why = "a bad memory map";
        return add_mmap(bi, tag);
    case MB2_TAG_SCREEN:
        add_screen(bi, tag);
        break;
    case MB2_TAG_ACPI_OLD:
    case MB2_TAG_ACPI_NEW:
        add_rsdp(bi, tag);
        break;
    default:
        break;
    }
    return true;
}

int boot_parse_multiboot2(struct boot_info *bi, const void *info,
                          const char **why)
{
    const struct mb2_info *mbi = info;
    uint32_t total = mbi->total_size;
    uint32_t at = sizeof(*mbi);

    bi->protocol = "multiboot2";
    if ( total > MB2_INFO_MAX )
    {
        *why = "an information block of absurd size";
        return -EINVAL;
    }
    while ( at <= total && total - at >= sizeof(struct mb2_tag) )
    {
        const struct mb2_tag *tag = (const void *)((const char *)info + at);

        if ( tag->size < sizeof(*tag) || tag->size > total - at )
        {
            *why = "a tag of bad size";
            return -EINVAL;
        }
        if ( tag->type == MB2_TAG_END )
            return 0;
        if ( !take_tag(bi, tag, why) )
            return -EINVAL;
        at += ROUNDUP(tag->size, 8u);
    }
    *why = "no end tag";
    return -EINVAL;
}
