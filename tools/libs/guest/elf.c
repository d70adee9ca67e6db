/* SPDX-License-Identifier: MIT */
/* ELF kernels: their load segments and their PVH entry point. */

/*
 * 32 and 64-bit little-endian x86 files are read alike: each header is turned
 * into a width-free struct first. Everything in the file is untrusted: offsets
 * and sizes are checked against the file before use.
 */

#include <elf.h>
#include <string.h>

#include "private.h"

/* XEN_ELFNOTE_* of the public ABI that matter here. */
#define NOTE_GUEST_OS     6
#define NOTE_PHYS32_ENTRY 18

struct header
{
    uint64_t phoff, shoff;
    unsigned int phentsize, phnum, shentsize, shnum;
};

struct program
{
    uint32_t type;
    uint64_t offset, paddr, filesz, memsz, align;
};

struct section
{
    uint32_t type;
    uint64_t offset, size, align;
};

bool xg_is_elf(const uint8_t *data, size_t size)
{
    return size >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
}

static bool inside(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

static int read_header(const uint8_t *data, size_t size, struct header *h,
                       bool *elf64, struct xg_error *err)
{
    const unsigned char *ident = data;
    Elf32_Ehdr e32;
    Elf64_Ehdr e64;

    if ( !xg_is_elf(data, size) || size < sizeof(e32) )
        return xg_fail(err, "not an ELF file");
    if ( ident[EI_DATA] != ELFDATA2LSB )
        return xg_fail(err, "ELF file for a big-endian machine");

    if ( ident[EI_CLASS] == ELFCLASS32 )
    {
        memcpy(&e32, data, sizeof(e32));
        *elf64 = false;
        *h = (struct header){ e32.e_phoff, e32.e_shoff,     e32.e_phentsize,
                              e32.e_phnum, e32.e_shentsize, e32.e_shnum };
        /* 64-bit code in such a file is how XTF ships its images. */
        if ( e32.e_machine != EM_386 && e32.e_machine != EM_X86_64 )
            return xg_fail(err, "ELF file for another machine than x86");
        if ( h->phentsize < sizeof(Elf32_Phdr) ||
             (h->shnum && h->shentsize < sizeof(Elf32_Shdr)) )
            return xg_fail(err, "ELF header is damaged");
    }
    else if ( ident[EI_CLASS] == ELFCLASS64 && size >= sizeof(e64) )
    {
        memcpy(&e64, data, sizeof(e64));
        *elf64 = true;
        *h = (struct header){ e64.e_phoff, e64.e_shoff,     e64.e_phentsize,
                              e64.e_phnum, e64.e_shentsize, e64.e_shnum };
        if ( e64.e_machine != EM_X86_64 )
            return xg_fail(err, "ELF file for another machine than x86-64");
        if ( h->phentsize < sizeof(Elf64_Phdr) ||
             (h->shnum && h->shentsize < sizeof(Elf64_Shdr)) )
            return xg_fail(err, "ELF header is damaged");
    }
    else
        return xg_fail(err, "ELF header is damaged");

    if ( !inside(h->phoff, (uint64_t)h->phentsize * h->phnum, size) )
        return xg_fail(err, "ELF program headers lie outside the file");
    return 0;
}

static struct program read_program(const uint8_t *p, bool elf64)
{
    Elf32_Phdr p32;
    Elf64_Phdr p64;

    if ( elf64 )
    {
        memcpy(&p64, p, sizeof(p64));
        return (struct program){ p64.p_type,   p64.p_offset, p64.p_paddr,
                                 p64.p_filesz, p64.p_memsz,  p64.p_align };
    }
    memcpy(&p32, p, sizeof(p32));
    return (struct program){ p32.p_type,   p32.p_offset, p32.p_paddr,
                             p32.p_filesz, p32.p_memsz,  p32.p_align };
}

static struct section read_section(const uint8_t *p, bool elf64)
{
    Elf32_Shdr s32;
    Elf64_Shdr s64;

    if ( elf64 )
    {
        memcpy(&s64, p, sizeof(s64));
        return (struct section){ s64.sh_type, s64.sh_offset, s64.sh_size,
                                 s64.sh_addralign };
    }
    memcpy(&s32, p, sizeof(s32));
    return (struct section){ s32.sh_type, s32.sh_offset, s32.sh_size,
                             s32.sh_addralign };
}

/* Note sections with an alignment of 8 pad names and values to that. */
static uint64_t pad(uint64_t length, uint64_t align)
{
    uint64_t unit = align == 8 ? 8 : 4;

    return (length + unit - 1) & ~(unit - 1);
}

static void take_note(struct xg_kernel *kernel, uint32_t type,
                      const uint8_t *value, uint32_t length, bool *have_entry)
{
    uint64_t number = 0;

    if ( type == NOTE_GUEST_OS && length )
    {
        if ( length >= sizeof(kernel->guest_os) )
            length = sizeof(kernel->guest_os) - 1;
        memcpy(kernel->guest_os, value, length);
        kernel->guest_os[length] = '\0';
    }
    else if ( type == NOTE_PHYS32_ENTRY && (length == 4 || length == 8) )
    {
        memcpy(&number, value, length);
        if ( number <= UINT32_MAX )
        {
            kernel->entry = number;
            *have_entry = true;
        }
    }
}

static void read_notes(struct xg_kernel *kernel, uint64_t offset,
                       uint64_t length, uint64_t align, bool *have_entry)
{
    const uint8_t *p;
    Elf64_Nhdr note; /* the 32-bit one is the same */
    uint64_t name_size, value_size;

    if ( !inside(offset, length, kernel->size) )
        return;
    p = kernel->data + offset;

    while ( length >= sizeof(note) )
    {
        memcpy(&note, p, sizeof(note));
        p += sizeof(note);
        length -= sizeof(note);
        name_size = pad(note.n_namesz, align);
        value_size = pad(note.n_descsz, align);
        if ( name_size > length || note.n_descsz > length - name_size )
            return;
        if ( note.n_namesz == sizeof("Xen") && !memcmp(p, "Xen", 4) )
            take_note(kernel, note.n_type, p + name_size, note.n_descsz,
                      have_entry);
        /* The last value of a section need not be padded. */
        if ( value_size > length - name_size )
            return;
        p += name_size + value_size;
        length -= name_size + value_size;
    }
}

static int add_segment(struct xg_kernel *kernel, const struct program *prog,
                       struct xg_error *err)
{
    struct xg_segment *seg = &kernel->segments[kernel->nr_segments];
    uint64_t end = prog->paddr + prog->memsz;
    unsigned int i;

    if ( kernel->nr_segments == XG_MAX_SEGMENTS )
        return xg_fail(err, "ELF file has more than %u load segments",
                       XG_MAX_SEGMENTS);
    if ( prog->filesz > prog->memsz ||
         !inside(prog->offset, prog->filesz, kernel->size) )
        return xg_fail(err, "ELF load segment %u lies outside the file",
                       kernel->nr_segments);
    if ( end < prog->paddr || end > XG_LOWMEM_MAX )
        return xg_fail(err,
                       "ELF load segment %u wants physical address 0x%llx, "
                       "above where RAM can be",
                       kernel->nr_segments, (unsigned long long)prog->paddr);
    for ( i = 0; i < kernel->nr_segments; i++ )
        if ( prog->paddr <
                 kernel->segments[i].paddr + kernel->segments[i].memsz &&
             kernel->segments[i].paddr < end )
            return xg_fail(err, "ELF load segments %u and %u overlap", i,
                           kernel->nr_segments);

    *seg = (struct xg_segment){ prog->paddr, prog->memsz, prog->filesz,
                                prog->offset };
    if ( !kernel->nr_segments || prog->paddr < kernel->start )
        kernel->start = prog->paddr;
    if ( end > kernel->end )
        kernel->end = end;
    kernel->nr_segments++;
    return 0;
}

static bool entry_is_loaded(const struct xg_kernel *kernel)
{
    unsigned int i;

    for ( i = 0; i < kernel->nr_segments; i++ )
        if ( kernel->entry >= kernel->segments[i].paddr &&
             kernel->entry - kernel->segments[i].paddr <
                 kernel->segments[i].filesz )
            return true;
    return false;
}

int xg_elf_parse(const uint8_t *data, size_t size, struct xg_kernel *kernel,
                 struct xg_error *err)
{
    struct header h = { 0 };
    struct program prog;
    struct section sect;
    bool have_entry = false;
    unsigned int i;

    memset(kernel, 0, sizeof(*kernel));
    kernel->data = data;
    kernel->size = size;
    if ( read_header(data, size, &h, &kernel->elf64, err) )
        return -1;

    for ( i = 0; i < h.phnum; i++ )
    {
        prog = read_program(data + h.phoff + (uint64_t)i * h.phentsize,
                            kernel->elf64);
        if ( prog.type == PT_LOAD && prog.memsz &&
             add_segment(kernel, &prog, err) )
            return -1;
        if ( prog.type == PT_NOTE )
            read_notes(kernel, prog.offset, prog.filesz, prog.align,
                       &have_entry);
    }
    if ( !kernel->nr_segments )
        return xg_fail(err, "ELF file has nothing to load");

    /* Some linkers leave the notes to the sections. */
    if ( !have_entry && inside(h.shoff, (uint64_t)h.shentsize * h.shnum, size) )
        for ( i = 0; i < h.shnum; i++ )
        {
            sect = read_section(data + h.shoff + (uint64_t)i * h.shentsize,
                                kernel->elf64);
            if ( sect.type == SHT_NOTE )
                read_notes(kernel, sect.offset, sect.size, sect.align,
                           &have_entry);
        }

    if ( !have_entry )
        return xg_fail(err, "no PVH entry point (ELF note "
                            "XEN_ELFNOTE_PHYS32_ENTRY): not a kernel that can "
                            "start as a PVH guest (Linux: CONFIG_PVH)");
    if ( !entry_is_loaded(kernel) )
        return xg_fail(err,
                       "PVH entry point 0x%x lies outside the loaded kernel",
                       kernel->entry);
    return 0;
}
