/* SPDX-License-Identifier: MIT */
/*
 * Fill guest memory as the PVH boot protocol wants it.
 *
 * The kernel is an ELF file with a Xen note that names its 32-bit entry point;
 * the start info page lists the initramfs, the command line and the memory map
 * (Xen's public description of "hvm_start_info", version 1). The file is
 * mapped, not read, and pages of zeros are not copied: a distribution's
 * vmlinux is 60 MB of which a third is empty.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kvm-vmm.h"

#define PAGE_SIZE 4096u
#define START_INFO_GPA \
    0x6000u /* below 640 KiB, above the kernel's BIOS areas */
#define CMDLINE_GPA              0x7000u
#define CMDLINE_MAX              2048u
#define LOW_RAM_END              0x9fc00u
#define HIGH_RAM_START           0x100000u

#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define HVM_START_MAGIC          0x336ec578u
#define HVM_MEMMAP_TYPE_RAM      1

#define BZIMAGE_MAGIC_OFFSET     0x202

struct hvm_start_info
{
    uint32_t magic, version, flags, nr_modules;
    uint64_t modlist_paddr, cmdline_paddr, rsdp_paddr, memmap_paddr;
    uint32_t memmap_entries, reserved;
};

struct hvm_modlist_entry
{
    uint64_t paddr, size, cmdline_paddr, reserved;
};

struct hvm_memmap_entry
{
    uint64_t addr, size;
    uint32_t type, reserved;
};

struct start_page
{
    struct hvm_start_info info;
    struct hvm_modlist_entry initrd;
    struct hvm_memmap_entry memmap[2];
};

_Static_assert(sizeof(struct hvm_start_info) == 56, "ABI");
_Static_assert(sizeof(struct hvm_modlist_entry) == 32, "ABI");
_Static_assert(sizeof(struct hvm_memmap_entry) == 24, "ABI");

struct file
{
    const char *name;
    const uint8_t *data;
    size_t size;
};

static struct file map_file(const char *name)
{
    struct file f = { .name = name };
    struct stat st;
    int fd = open(name, O_RDONLY | O_CLOEXEC);

    if ( fd < 0 || fstat(fd, &st) < 0 )
        die("cannot open %s: %s", name, strerror(errno));
    if ( st.st_size == 0 )
        die("%s is empty", name);

    f.size = (size_t)st.st_size;
    f.data = mmap(NULL, f.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if ( f.data == MAP_FAILED )
        die("cannot map %s: %s", name, strerror(errno));
    close(fd);

    return f;
}

static bool all_zero(const uint8_t *p, size_t n)
{
    const uint64_t *w = (const uint64_t *)p;

    for ( size_t i = 0; i < n / sizeof(*w); i++ )
        if ( w[i] )
            return false;

    return true;
}

static void copy_nonzero(uint8_t *to, const uint8_t *from, size_t n)
{
    for ( ; n >= PAGE_SIZE; n -= PAGE_SIZE )
    {
        if ( !all_zero(from, PAGE_SIZE) )
            memcpy(to, from, PAGE_SIZE);
        to += PAGE_SIZE;
        from += PAGE_SIZE;
    }
    memcpy(to, from, n);
}

static const Elf64_Ehdr *check_elf(const struct file *f)
{
    const Elf64_Ehdr *eh = (const void *)f->data;

    if ( f->size > BZIMAGE_MAGIC_OFFSET + 4 &&
         !memcmp(f->data + BZIMAGE_MAGIC_OFFSET, "HdrS", 4) )
        die("%s is a packed kernel image; give me the unpacked vmlinux",
            f->name);
    if ( f->size < sizeof(*eh) || memcmp(eh->e_ident, ELFMAG, SELFMAG) ||
         eh->e_ident[EI_CLASS] != ELFCLASS64 || eh->e_machine != EM_X86_64 )
        die("%s is not a 64-bit x86 ELF kernel", f->name);
    if ( eh->e_phentsize != sizeof(Elf64_Phdr) || eh->e_phoff > f->size ||
         eh->e_phnum > (f->size - eh->e_phoff) / sizeof(Elf64_Phdr) )
        die("%s: program headers lie outside the file", f->name);

    return eh;
}

/* Find Xen's 32-bit entry note in one PT_NOTE segment; 0 when not there. */
static uint32_t find_entry(const uint8_t *p, size_t left)
{
    while ( left >= sizeof(Elf64_Nhdr) )
    {
        Elf64_Nhdr n;
        size_t name, desc;

        memcpy(&n, p, sizeof(n));
        name = ((size_t)n.n_namesz + 3) & ~(size_t)3;
        desc = ((size_t)n.n_descsz + 3) & ~(size_t)3;
        if ( name + desc > left - sizeof(n) )
            break;

        if ( n.n_type == XEN_ELFNOTE_PHYS32_ENTRY && n.n_namesz == 4 &&
             !memcmp(p + sizeof(n), "Xen", 4) && n.n_descsz >= 4 )
        {
            uint32_t entry;

            memcpy(&entry, p + sizeof(n) + name, sizeof(entry));
            return entry;
        }
        p += sizeof(n) + name + desc;
        left -= sizeof(n) + name + desc;
    }

    return 0;
}

static void load_segment(struct vm *vm, const struct file *f,
                         const Elf64_Phdr *ph, uint64_t *end)
{
    if ( ph->p_offset > f->size || ph->p_filesz > f->size - ph->p_offset ||
         ph->p_filesz > ph->p_memsz )
        die("%s: a segment lies outside the file", f->name);
    if ( ph->p_paddr > vm->ram_size ||
         ph->p_memsz > vm->ram_size - ph->p_paddr )
        die("%s does not fit in %llu MiB of guest memory", f->name,
            (unsigned long long)(vm->ram_size >> 20));

    copy_nonzero(vm->ram + ph->p_paddr, f->data + ph->p_offset, ph->p_filesz);
    if ( ph->p_paddr + ph->p_memsz > *end )
        *end = ph->p_paddr + ph->p_memsz;
}

/* Returns the first address above the kernel. */
static uint64_t load_kernel(struct vm *vm, const char *name)
{
    struct file f = map_file(name);
    const Elf64_Ehdr *eh = check_elf(&f);
    const Elf64_Phdr *ph = (const void *)(f.data + eh->e_phoff);
    uint64_t end = HIGH_RAM_START;

    for ( unsigned int i = 0; i < eh->e_phnum; i++ )
    {
        if ( ph[i].p_type == PT_LOAD )
            load_segment(vm, &f, &ph[i], &end);
        else if ( ph[i].p_type == PT_NOTE && ph[i].p_offset <= f.size &&
                  ph[i].p_filesz <= f.size - ph[i].p_offset && !vm->entry )
            vm->entry = find_entry(f.data + ph[i].p_offset, ph[i].p_filesz);
    }

    if ( !vm->entry )
        die("%s has no PVH entry note (CONFIG_PVH)", name);
    munmap((void *)f.data, f.size);

    return end;
}

void load_guest(struct vm *vm, const char *kernel, const char *initrd,
                const char *cmdline)
{
    struct start_page *sp = (struct start_page *)(vm->ram + START_INFO_GPA);
    uint64_t end = load_kernel(vm, kernel);

    memset(sp, 0, sizeof(*sp));
    if ( initrd )
    {
        struct file f = map_file(initrd);
        uint64_t at = (vm->ram_size - f.size) & ~(uint64_t)(PAGE_SIZE - 1);

        if ( f.size > vm->ram_size || at < end )
            die("%s does not fit behind the kernel in %llu MiB", initrd,
                (unsigned long long)(vm->ram_size >> 20));
        memcpy(vm->ram + at, f.data, f.size);
        munmap((void *)f.data, f.size);

        sp->initrd.paddr = at;
        sp->initrd.size = f.size;
        sp->info.nr_modules = 1;
        sp->info.modlist_paddr =
            START_INFO_GPA + offsetof(struct start_page, initrd);
    }

    if ( strlen(cmdline) >= CMDLINE_MAX )
        die("the kernel command line is longer than %u bytes", CMDLINE_MAX - 1);
    strcpy((char *)vm->ram + CMDLINE_GPA, cmdline);

    sp->memmap[0].size = LOW_RAM_END;
    sp->memmap[0].type = HVM_MEMMAP_TYPE_RAM;
    sp->memmap[1].addr = HIGH_RAM_START;
    sp->memmap[1].size = vm->ram_size - HIGH_RAM_START;
    sp->memmap[1].type = HVM_MEMMAP_TYPE_RAM;

    sp->info.magic = HVM_START_MAGIC;
    sp->info.version = 1;
    sp->info.cmdline_paddr = CMDLINE_GPA;
    sp->info.memmap_paddr =
        START_INFO_GPA + offsetof(struct start_page, memmap);
    sp->info.memmap_entries = 2;
    vm->start_info = START_INFO_GPA;
}
