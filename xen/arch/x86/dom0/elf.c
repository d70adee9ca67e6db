/* SPDX-License-Identifier: MIT */
/* Reading the Dom0 kernel: an ELF with a PVH entry note; pure. */

#include <xen/lib.h>
#include <public/elfnote.h>
#include "elf.h"

/* System V ABI, "ELF Header" and "Program Header", both classes. */
#define EI_CLASS     4
#define ELFCLASS32   1
#define ELFCLASS64   2
#define EI_DATA      5
#define ELFDATA2LSB  1
#define EM_386       3
#define EM_X86_64    62
#define PT_LOAD      1
#define PT_NOTE      4
#define BZ_MAGIC_OFF 0x202
#define BZ_MAGIC     "HdrS"

struct elf64_header
{
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf64_header) == 64, "ELF layout");

struct elf64_phdr
{
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf64_phdr) == 56, "ELF layout");

struct elf32_header
{
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version, entry, phoff, shoff, flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};
_Static_assert(sizeof(struct elf32_header) == 52, "ELF layout");

struct elf32_phdr
{
    uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};
_Static_assert(sizeof(struct elf32_phdr) == 32, "ELF layout");

struct elf_note
{
    uint32_t namesz, descsz, type;
};

struct reader
{
    const uint8_t *image;
    uint64_t size;
    bool is64;
    uint64_t phoff;
    unsigned int phnum, phentsize;
};

static bool in_image(const struct reader *r, uint64_t off, uint64_t len)
{
    return off <= r->size && len <= r->size - off;
}

static const char *read_header(struct reader *r)
{
    struct elf64_header h64;
    struct elf32_header h32;

    if ( in_image(r, BZ_MAGIC_OFF, 4) &&
         !memcmp(r->image + BZ_MAGIC_OFF, BZ_MAGIC, 4) )
        return "it is a compressed bzImage: run nidus-unpack-kernel VMLINUZ "
               "VMLINUX (scripts/unpack-kernel.sh) and give the result";
    if ( !in_image(r, 0, sizeof(h64)) || memcmp(r->image, "\177ELF", 4) )
        return "it is not an ELF file";
    if ( r->image[EI_DATA] != ELFDATA2LSB )
        return "it is a big-endian ELF file";
    memcpy(&h64, r->image, sizeof(h64));
    memcpy(&h32, r->image, sizeof(h32));
    r->is64 = r->image[EI_CLASS] == ELFCLASS64;
    if ( r->is64 ? h64.machine != EM_X86_64
                 : h32.machine != EM_386 || r->image[EI_CLASS] != ELFCLASS32 )
        return "it is not an x86 ELF file";
    r->phoff = r->is64 ? h64.phoff : h32.phoff;
    r->phnum = r->is64 ? h64.phnum : h32.phnum;
    r->phentsize = r->is64 ? h64.phentsize : h32.phentsize;
    if ( r->phentsize < (r->is64 ? sizeof(struct elf64_phdr)
                                 : sizeof(struct elf32_phdr)) ||
         !in_image(r, r->phoff, (uint64_t)r->phnum * r->phentsize) )
        return "its program headers are damaged";
    return NULL;
}

static void read_phdr(const struct reader *r, unsigned int i,
                      struct elf64_phdr *p)
{
    const uint8_t *at = r->image + r->phoff + (uint64_t)i * r->phentsize;
    struct elf32_phdr p32;

    if ( r->is64 )
    {
        memcpy(p, at, sizeof(*p));
        return;
    }
    memcpy(&p32, at, sizeof(p32));
    *p = (struct elf64_phdr){ .type = p32.type,
                              .offset = p32.offset,
                              .paddr = p32.paddr,
                              .filesz = p32.filesz,
                              .memsz = p32.memsz };
}

/* Look for the PVH entry among the notes of one PT_NOTE segment. */
static bool find_entry(const struct reader *r, const struct elf64_phdr *p,
                       uint32_t *entry)
{
    uint64_t off = p->offset, end = p->offset + p->filesz;

    while ( end - off >= sizeof(struct elf_note) )
    {
        struct elf_note n;
        uint64_t name, desc;

        memcpy(&n, r->image + off, sizeof(n));
        name = off + sizeof(n);
        desc = name + ROUNDUP((uint64_t)n.namesz, 4);
        if ( desc > end || ROUNDUP((uint64_t)n.descsz, 4) > end - desc )
            return false;
        if ( n.type == XEN_ELFNOTE_PHYS32_ENTRY && n.namesz == 4 &&
             !memcmp(r->image + name, "Xen", 4) && n.descsz >= 4 )
        {
            memcpy(entry, r->image + desc, sizeof(*entry));
            return true;
        }
        off = desc + ROUNDUP((uint64_t)n.descsz, 4);
    }
    return false;
}

static const char *add_segment(struct elf_kernel *k, const struct elf64_phdr *p)
{
    if ( p->memsz < p->filesz )
        return "a segment's size in memory is smaller than in the file";
    if ( p->paddr + p->memsz < p->paddr || p->paddr + p->memsz > GB(4) )
        return "a segment lies above 4 GiB";
    if ( k->nr_segments == ELF_MAX_SEGMENTS )
        return "it has more segments than are supported";
    k->segment[k->nr_segments++] =
        (struct elf_segment){ p->offset, p->filesz, p->paddr, p->memsz };
    if ( k->nr_segments == 1 || p->paddr < k->start )
        k->start = p->paddr;
    k->end = max(k->end, p->paddr + p->memsz);
    return NULL;
}

const char *elf_parse_kernel(const uint8_t *image, uint64_t size,
                             struct elf_kernel *out)
{
    struct reader r = { .image = image, .size = size };
    bool found = false;
    const char *why = read_header(&r);

    *out = (struct elf_kernel){ 0 };
    if ( why )
        return why;
    for ( unsigned int i = 0; i < r.phnum; i++ )
    {
        struct elf64_phdr p;

        read_phdr(&r, i, &p);
        if ( p.type != PT_LOAD && p.type != PT_NOTE )
            continue;
        if ( !in_image(&r, p.offset, p.filesz) )
            return "a segment reaches beyond the end of the file";
        if ( p.type == PT_NOTE )
            found |= !found && find_entry(&r, &p, &out->entry);
        else if ( p.memsz && (why = add_segment(out, &p)) != NULL )
            return why;
    }
    if ( !out->nr_segments )
        return "it has nothing to load";
    if ( !found )
        return "it has no PVH entry note (XEN_ELFNOTE_PHYS32_ENTRY): a kernel "
               "with CONFIG_PVH is needed";
    if ( out->entry < out->start || out->entry >= out->end )
        return "its PVH entry point lies outside of it";
    return NULL;
}
