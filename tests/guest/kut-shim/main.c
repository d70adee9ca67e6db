/* SPDX-License-Identifier: MIT */
/*
 * Start a multiboot 1 kernel from the PVH boot protocol. Not a case: it is the
 * kernel of guests whose ramdisk is such a kernel, in a 32-bit ELF file, as
 * kvm-unit-tests build them. They get their command line, memory and, as their
 * one module, the environment that stands in for QEMU's configuration device.
 *
 * A power-off by the ports of emulators, and COM1, are asked of the hypervisor
 * on the kernel's behalf.
 */
#include <public/nidus.h>

#include "lib.h"

struct elf32_header
{
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version, entry, phoff, shoff, flags;
    uint16_t ehsize, phentsize, phnum;
};

struct elf32_segment
{
    uint32_t type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

#define ELF_MAGIC  0x464c457fu /* "\177ELF" */
#define ELF32      1
#define ELF_LITTLE 1
#define EM_386     3
#define PT_LOAD    1

/* The multiboot specification, "Boot information format". */
struct multiboot_info
{
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
    uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
};

struct multiboot_module
{
    uint32_t start, end, string, reserved;
};

struct multiboot_memory
{
    uint32_t size; /* of what follows it */
    uint64_t addr, length;
    uint32_t type;
} __attribute__((packed));

#define MULTIBOOT_BOOTED  0x2badb002u
#define MULTIBOOT_MEMORY  (1u << 0)
#define MULTIBOOT_CMDLINE (1u << 2)
#define MULTIBOOT_MODULES (1u << 3)
#define MULTIBOOT_MMAP    (1u << 6)
#define MEM_LOWER_KIB     640u
#define MIB               (1ul << 20)

#define MAX_REGIONS       16
static struct multiboot_info info;
static struct multiboot_module module;
static struct multiboot_memory memory[MAX_REGIONS];
static char command[1024];
static char environment[128];

static void stop(const char *why)
{
    test_error("%s", why);
    test_exit();
}

static char *append(char *to, const char *text)
{
    size_t n = strlen(text);

    memcpy(to, text, n + 1);
    return to + n;
}

static char *append_number(char *to, unsigned long n)
{
    if ( n >= 10 )
        to = append_number(to, n / 10);
    *to++ = '0' + n % 10;
    *to = '\0';
    return to;
}

/* RAM from 1 MiB on, up to the first hole: where its end is. */
static unsigned long describe_memory(void)
{
    const struct hvm_memmap_table_entry *e =
        (const void *)start_info()->memmap_paddr;
    unsigned long end = MIB;
    unsigned int n = start_info()->memmap_entries;

    if ( n > MAX_REGIONS )
        stop("too many regions of memory");
    for ( unsigned int i = 0; i < n; i++ )
    {
        memory[i] = (struct multiboot_memory){
            .size = sizeof(memory[i]) - sizeof(memory[i].size),
            .addr = e[i].addr,
            .length = e[i].size,
            .type = e[i].type,
        };
        if ( e[i].type == XEN_HVM_MEMMAP_TYPE_RAM && e[i].addr <= end &&
             e[i].addr + e[i].size > end )
            end = e[i].addr + e[i].size;
    }
    info.flags |= MULTIBOOT_MEMORY | MULTIBOOT_MMAP;
    info.mem_lower = MEM_LOWER_KIB;
    info.mem_upper = (end - MIB) >> 10;
    info.mmap_addr = (unsigned long)memory;
    info.mmap_length = n * sizeof(memory[0]);

    return end;
}

static void describe_environment(unsigned long ram_end)
{
    char *end = append(environment, "NR_CPUS=");

    end = append_number(end, cpu_count());
    end = append(end, "\nMEMSIZE=");
    end = append_number(end, ram_end / MIB);
    end = append(end, "\nTEST_DEVICE=0\nBOOTLOADER=1\n");
    module.start = (unsigned long)environment;
    module.end = (unsigned long)end;
    info.flags |= MULTIBOOT_MODULES;
    info.mods_count = 1;
    info.mods_addr = (unsigned long)&module;
}

static void describe_command(void)
{
    const char *text = (const char *)start_info()->cmdline_paddr;

    if ( text && strlen(text) < sizeof(command) )
        append(command, text);
    info.flags |= MULTIBOOT_CMDLINE;
    info.cmdline = (unsigned long)command;
}

/* Where its segments end; stops if the file is not what it should be. */
static unsigned long check_file(const char *file, uint64_t size,
                                unsigned long ram_end)
{
    const struct elf32_header *h = (const void *)file;
    const struct elf32_segment *s;
    unsigned long end = 0;
    uint32_t magic;

    if ( size < sizeof(*h) )
        stop("the ramdisk is no ELF file");
    memcpy(&magic, h->ident, sizeof(magic));
    if ( magic != ELF_MAGIC || h->ident[4] != ELF32 ||
         h->ident[5] != ELF_LITTLE || h->machine != EM_386 ||
         h->phentsize != sizeof(*s) ||
         h->phoff + (uint64_t)h->phnum * sizeof(*s) > size )
        stop("the ramdisk is no 32-bit ELF file");
    s = (const void *)(file + h->phoff);
    for ( unsigned int i = 0; i < h->phnum; i++ )
    {
        if ( s[i].type != PT_LOAD )
            continue;
        if ( s[i].filesz > s[i].memsz ||
             (uint64_t)s[i].offset + s[i].filesz > size ||
             s[i].paddr < (unsigned long)image_end ||
             (uint64_t)s[i].paddr + s[i].memsz > ram_end )
            stop("the kernel does not fit where it wants to be");
        if ( s[i].paddr + (unsigned long)s[i].memsz > end )
            end = s[i].paddr + (unsigned long)s[i].memsz;
    }

    return end;
}

static uint32_t load(unsigned long ram_end)
{
    const struct hvm_modlist_entry *mod =
        (const void *)start_info()->modlist_paddr;
    const struct elf32_header *h;
    const struct elf32_segment *s;
    unsigned long end;
    char *file;

    if ( !start_info()->nr_modules )
        stop("no ramdisk: there is no kernel to start");
    end = check_file((const char *)mod->paddr, mod->size, ram_end);
    /* Out of the way of what is loaded from it. */
    if ( end < mod->paddr + mod->size )
        end = mod->paddr + mod->size;
    if ( end + mod->size > ram_end )
        stop("not enough memory for the kernel and its file");
    file = memcpy((void *)end, (const void *)mod->paddr, mod->size);

    h = (const void *)file;
    s = (const void *)(file + h->phoff);
    for ( unsigned int i = 0; i < h->phnum; i++ )
    {
        char *to = (char *)(unsigned long)s[i].paddr;

        if ( s[i].type != PT_LOAD )
            continue;
        memcpy(to, file + s[i].offset, s[i].filesz);
        memset(to + s[i].filesz, 0, s[i].memsz - s[i].filesz);
    }

    return h->entry;
}

/* Multiboot kernels start in 32-bit mode without paging. */
static void __attribute__((noreturn)) enter(uint32_t entry)
{
    asm volatile("cli\n\t"
                 "push %[cs]\n\t"
                 "push $1f\n\t"
                 "lretq\n\t"
                 ".code32\n"
                 "1: mov %%cr0, %%eax\n\t"
                 "and $%c[no_pg], %%eax\n\t"
                 "mov %%eax, %%cr0\n\t"
                 "xor %%eax, %%eax\n\t"
                 "mov %%eax, %%cr4\n\t"
                 "xor %%edx, %%edx\n\t"
                 "mov $%c[efer], %%ecx\n\t"
                 "wrmsr\n\t"
                 "mov $%c[magic], %%eax\n\t"
                 "jmp *%%edi\n\t"
                 ".code64"
                 :
                 : [cs] "i"(SEL_CODE32), [no_pg] "i"(~CR0_PG),
                   [efer] "i"(MSR_EFER), [magic] "i"(MULTIBOOT_BOOTED),
                   "D"(entry), "b"(&info)
                 : "memory");
    __builtin_unreachable();
}

void test_main(void)
{
    unsigned long ram_end = describe_memory();
    uint32_t entry = load(ram_end);
    long rc;

    describe_environment(ram_end);
    describe_command();
    rc = hvm_set_param(HVM_PARAM_NIDUS_TEST_PORTS,
                       NIDUS_TEST_PORTS_COM1 | NIDUS_TEST_PORTS_EXIT);
    if ( rc )
        printf("no test ports here: %ld\n", rc);
    enter(entry);
}
