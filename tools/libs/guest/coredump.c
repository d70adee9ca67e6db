/* SPDX-License-Identifier: MIT */
/* The memory and registers of a domain as an ELF file, in Xen's format. */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenforeignmemory.h>

#include "private.h"

/*
 * Sections, in the file's order behind the ELF and section headers: the names
 * of sections, the notes, the registers of each vCPU, the shared_info page,
 * the pages of RAM, and the frame numbers that these have in the guest.
 */
enum
{
    SECTION_NULL,
    SECTION_NAMES,
    SECTION_NOTES,
    SECTION_REGISTERS,
    SECTION_SHARED_INFO,
    SECTION_PAGES,
    SECTION_FRAMES,
    NR_SECTIONS,
};

static const char names[] =
    "\0.shstrtab\0.note.Xen\0.xen_prstatus\0.xen_shared_info\0.xen_pages\0"
    ".xen_pfn";

#define NOTE_NONE              0x2000000u
#define NOTE_HEADER            0x2000001u
#define NOTE_XEN_VERSION       0x2000002u
#define NOTE_FORMAT            0x2000003u

#define MAGIC_HARDWARE_VIRTUAL 0xf00febeeull
#define FORMAT_VERSION         1
#define NOTE_NAME              "Xen"

/* Frames asked about, and pages mapped, at a time. */
#define BATCH 1024u

struct note_header
{
    uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct note_version
{
    uint64_t major, minor;
    xen_extraversion_t extra;
    struct xen_compile_info compile_info;
    xen_capabilities_info_t capabilities;
    xen_changeset_info_t changeset;
    uint64_t virt_start;
    uint64_t page_size;
};

/* A note as it lies in the file; all our bodies are multiples of 4 bytes. */
#define NOTE(type)       \
    struct               \
    {                    \
        Elf64_Nhdr head; \
        char name[4];    \
        type body;       \
    } __attribute__((packed))

struct notes
{
    struct
    {
        Elf64_Nhdr head;
        char name[4];
    } none;
    NOTE(struct note_header) header;
    NOTE(struct note_version) version;
    NOTE(uint64_t) format;
} __attribute__((packed));

struct dump
{
    xc_interface *xch;
    struct xenforeignmemory_handle *fmem;
    struct xg_error *err;
    uint32_t domid;
    int fd;
    xc_domaininfo_t info;
    unsigned int nr_vcpus;
    xen_pfn_t *frames;
    uint64_t nr_frames;
};

static int put(struct dump *d, const void *data, size_t size)
{
    const char *p = data;
    ssize_t n;

    while ( size )
    {
        n = write(d->fd, p, size);
        if ( n < 0 && errno == EINTR )
            continue;
        if ( n <= 0 )
            return xg_fail(d->err, "cannot write: %s", strerror(errno));
        p += n;
        size -= n;
    }
    return 0;
}

/* Which frames are RAM. */
static int find_frames(struct dump *d)
{
    xen_pfn_t last, gfn, array[BATCH], *grown;
    unsigned int i, nr;

    if ( xc_domain_maximum_gpfn(d->xch, d->domid, &last) )
        return xg_fail(d->err, "cannot ask for the memory: %s",
                       strerror(errno));
    d->frames = malloc((d->info.tot_pages + BATCH) * sizeof(*d->frames));
    if ( !d->frames )
        return xg_fail(d->err, "out of memory");
    for ( gfn = 0; gfn < last; gfn += nr )
    {
        nr = last - gfn < BATCH ? last - gfn : BATCH;
        for ( i = 0; i < nr; i++ )
            array[i] = gfn + i;
        if ( xc_get_pfn_type_batch(d->xch, d->domid, nr, array) )
            return xg_fail(d->err, "cannot ask about frames: %s",
                           strerror(errno));
        for ( i = 0; i < nr; i++ )
            if ( array[i] != XEN_DOMCTL_PFINFO_XTAB &&
                 d->nr_frames < d->info.tot_pages + BATCH )
                d->frames[d->nr_frames++] = gfn + i;
    }
    grown = realloc(d->frames, (d->nr_frames + 1) * sizeof(*d->frames));
    if ( grown )
        d->frames = grown;
    return 0;
}

/* The start of a note, which need not be aligned. */
static void set_note(void *note, uint32_t type, size_t size)
{
    const struct
    {
        Elf64_Nhdr head;
        char name[4];
    } start = { { sizeof(NOTE_NAME), size, type }, NOTE_NAME };

    memcpy(note, &start, sizeof(start));
}

#define SET_NOTE(n, type) set_note(&(n), type, sizeof((n).body))

static void fill_notes(struct dump *d, struct notes *n)
{
    struct xen_platform_parameters params = { 0 };
    struct note_version version = { 0 };
    int abi = xc_version(d->xch, XENVER_version, NULL);

    memset(n, 0, sizeof(*n));
    set_note(&n->none, NOTE_NONE, 0);

    SET_NOTE(n->header, NOTE_HEADER);
    n->header.body = (struct note_header){
        .magic = MAGIC_HARDWARE_VIRTUAL,
        .nr_vcpus = d->nr_vcpus,
        .nr_pages = d->nr_frames,
        .page_size = XC_PAGE_SIZE,
    };

    SET_NOTE(n->version, NOTE_XEN_VERSION);
    version.major = abi >> 16;
    version.minor = abi & 0xffff;
    version.page_size = XC_PAGE_SIZE;
    xc_version(d->xch, XENVER_extraversion, version.extra);
    xc_version(d->xch, XENVER_compile_info, &version.compile_info);
    xc_version(d->xch, XENVER_capabilities, version.capabilities);
    xc_version(d->xch, XENVER_changeset, version.changeset);
    xc_version(d->xch, XENVER_platform_parameters, &params);
    version.virt_start = params.virt_start;
    n->version.body = version;

    SET_NOTE(n->format, NOTE_FORMAT);
    n->format.body = FORMAT_VERSION;
}

static uint32_t name_offset(unsigned int section)
{
    const char *p = names;

    while ( section-- )
        p += strlen(p) + 1;
    return p - names;
}

static int put_headers(struct dump *d)
{
    static const struct
    {
        uint32_t type;
        uint64_t align;
    } kinds[NR_SECTIONS] = {
        [SECTION_NULL] = { SHT_NULL, 0 },
        [SECTION_NAMES] = { SHT_STRTAB, 1 },
        [SECTION_NOTES] = { SHT_NOTE, 4 },
        [SECTION_REGISTERS] = { SHT_PROGBITS, 8 },
        [SECTION_SHARED_INFO] = { SHT_PROGBITS, 8 },
        [SECTION_PAGES] = { SHT_PROGBITS, XC_PAGE_SIZE },
        [SECTION_FRAMES] = { SHT_PROGBITS, 8 },
    };
    const uint64_t entry[NR_SECTIONS] = {
        [SECTION_REGISTERS] = sizeof(vcpu_guest_context_t),
        [SECTION_SHARED_INFO] = XC_PAGE_SIZE,
        [SECTION_PAGES] = XC_PAGE_SIZE,
        [SECTION_FRAMES] = sizeof(*d->frames),
    };
    const uint64_t size[NR_SECTIONS] = {
        [SECTION_NAMES] = sizeof(names),
        [SECTION_NOTES] = sizeof(struct notes),
        [SECTION_REGISTERS] = d->nr_vcpus * sizeof(vcpu_guest_context_t),
        [SECTION_SHARED_INFO] = XC_PAGE_SIZE,
        [SECTION_PAGES] = d->nr_frames * XC_PAGE_SIZE,
        [SECTION_FRAMES] = d->nr_frames * sizeof(*d->frames),
    };
    Elf64_Ehdr elf = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                     ELFDATA2LSB, EV_CURRENT, ELFOSABI_SYSV },
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_shoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = NR_SECTIONS,
        .e_shstrndx = SECTION_NAMES,
    };
    uint64_t offset = sizeof(elf) + NR_SECTIONS * sizeof(Elf64_Shdr);
    unsigned int i;

    if ( put(d, &elf, sizeof(elf)) )
        return -1;
    for ( i = 0; i < NR_SECTIONS; i++ )
    {
        Elf64_Shdr s = {
            .sh_name = name_offset(i),
            .sh_type = kinds[i].type,
            .sh_addralign = kinds[i].align,
            .sh_entsize = entry[i],
            .sh_size = size[i],
        };

        if ( kinds[i].align )
            offset = (offset + s.sh_addralign - 1) & ~(s.sh_addralign - 1);
        s.sh_offset = i == SECTION_NULL ? 0 : offset;
        offset += s.sh_size;
        if ( put(d, &s, sizeof(s)) )
            return -1;
    }
    return 0;
}

/* Zeros up to the alignment of the section that is next. */
static int pad(struct dump *d, unsigned long align)
{
    static const char zeros[XC_PAGE_SIZE];
    off_t at = lseek(d->fd, 0, SEEK_CUR);

    return put(d, zeros, -at & (align - 1));
}

static int put_registers(struct dump *d)
{
    vcpu_guest_context_t c;
    unsigned int i;

    for ( i = 0; i < d->nr_vcpus; i++ )
    {
        /* A vCPU that never ran has none. */
        if ( xc_vcpu_getcontext(d->xch, d->domid, i, &c) )
            memset(&c, 0, sizeof(c));
        if ( put(d, &c, sizeof(c)) )
            return -1;
    }
    return 0;
}

/* Pages side by side; what is gone meanwhile reads as zeros. */
static int put_pages(struct dump *d, const xen_pfn_t *frames, unsigned int nr)
{
    static const char zeros[XC_PAGE_SIZE];
    int errors[BATCH], rc = 0;
    unsigned int i;
    char *pages =
        xenforeignmemory_map(d->fmem, d->domid, PROT_READ, nr, frames, errors);

    if ( !pages )
        return xg_fail(d->err, "cannot map its memory: %s", strerror(errno));
    for ( i = 0; i < nr && !rc; i++ )
        rc = put(d, errors[i] ? zeros : pages + i * XC_PAGE_SIZE, XC_PAGE_SIZE);
    xenforeignmemory_unmap(d->fmem, pages, nr);
    return rc;
}

static int put_sections(struct dump *d)
{
    struct notes notes;
    xen_pfn_t shared = d->info.shared_info_frame;
    uint64_t done;
    unsigned int nr;

    fill_notes(d, &notes);
    if ( put_headers(d) || put(d, names, sizeof(names)) || pad(d, 4) ||
         put(d, &notes, sizeof(notes)) || pad(d, 8) || put_registers(d) ||
         pad(d, 8) || put_pages(d, &shared, 1) || pad(d, XC_PAGE_SIZE) )
        return -1;
    for ( done = 0; done < d->nr_frames; done += nr )
    {
        nr = d->nr_frames - done < BATCH ? d->nr_frames - done : BATCH;
        if ( put_pages(d, d->frames + done, nr) )
            return -1;
    }
    return put(d, d->frames, d->nr_frames * sizeof(*d->frames));
}

int xg_dump_core(xc_interface *xch, uint32_t domid, const char *file,
                 struct xg_error *err)
{
    struct dump d = { .xch = xch,
                      .fmem = xc_interface_fmem_handle(xch),
                      .err = err,
                      .domid = domid };
    int rc = -1;

    if ( xc_domain_getinfo_single(xch, domid, &d.info) )
        return xg_fail(err, "no such domain: %s", strerror(errno));
    d.nr_vcpus = d.info.max_vcpu_id == XEN_INVALID_MAX_VCPU_ID
                     ? 0
                     : d.info.max_vcpu_id + 1;
    d.fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if ( d.fd < 0 )
        return xg_fail(err, "%s: %s", file, strerror(errno));
    if ( xc_domain_pause(xch, domid) )
        xg_fail(err, "cannot pause it: %s", strerror(errno));
    else
    {
        if ( !find_frames(&d) )
            rc = put_sections(&d);
        xc_domain_unpause(xch, domid);
    }
    if ( close(d.fd) && !rc )
        rc = xg_fail(err, "%s: %s", file, strerror(errno));
    if ( rc )
        (void)unlink(file);
    free(d.frames);
    return rc;
}
