/* SPDX-License-Identifier: MIT */
/* Creating Dom0 from the boot modules: a PVH guest with the real devices. */

#include <xen/acpi.h>
#include <xen/bootinfo.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/dom0.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/mm.h>
#include <public/arch-x86/hvm/save.h>
#include <public/arch-x86/hvm/start_info.h>
#include <public/domctl.h>
#include <asm/hvm-io.h>
#include <asm/io-apic.h>
#include <asm/processor.h>
#include <asm/vioapic.h>
#include <asm/vlapic.h>
#include <asm/vpci.h>
#include "elf.h"
#include "private.h"

#define MAX_MEMMAP           128
#define CMDLINE_MAX          2048
#define SWIOTLB_FORCE        " swiotlb=force"
#define KERNEL_MODULE        0
#define INITRD_MODULE        1
#define DOM0_EVTCHNS         4095
#define DOM0_GRANT_FRAMES    64
#define DOM0_MAPTRACK_FRAMES 1024

/* What the kernel finds behind EBX, one block in its memory. */
struct boot_block
{
    struct hvm_start_info start;
    struct hvm_modlist_entry module;
    struct hvm_memmap_table_entry memmap[MAX_MEMMAP];
    char cmdline[CMDLINE_MAX];
};

/* Ports that stay with the hypervisor although Dom0 has the machine's. */
static void keep_ports(void)
{
    hvm_hwdom_ports.pm1a_cnt = acpi_info.pm1a_cnt_port;
    hvm_hwdom_ports.pm1b_cnt = acpi_info.pm1b_cnt_port;
    hvm_hwdom_ports.sleep_type_s5 =
        acpi_info.has_sleep_type ? acpi_info.sleep_type_a : 0xff;
    hvm_hwdom_ports.console_port = serial_console_port();
}

static struct domain *create_dom0(void)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = opt_dom0_max_vcpus ? opt_dom0_max_vcpus : nr_cpus_online,
        .max_evtchn_port = DOM0_EVTCHNS,
        .max_grant_frames = DOM0_GRANT_FRAMES,
        .max_maptrack_frames = DOM0_MAPTRACK_FRAMES,
        .grant_opts = XEN_DOMCTL_GRANT_version(2),
        .arch.emulation_flags =
            XEN_X86_EMU_LAPIC | XEN_X86_EMU_IOAPIC | XEN_X86_EMU_VPCI,
    };
    struct domain *d;
    int rc;

    if ( (rc = domain_create(0, &config, true, &d)) != 0 )
        panic("Dom0 cannot be created (%d)\n", rc);
    dom0 = d;
    for ( uint32_t i = 0; i < d->max_vcpus; i++ )
        if ( !vcpu_create(d, i) )
            panic("vCPU %u of Dom0 cannot be created\n", i);
        else if ( opt_dom0_vcpus_pin )
            (void)vcpu_set_hard_affinity(d->vcpu[i],
                                         cpumask_of(i % nr_cpus_online));
    return d;
}

static void give_ioapics(struct domain *d)
{
    struct vioapic_desc desc[ACPI_MAX_IOAPICS];

    for ( unsigned int i = 0; i < acpi_info.nr_ioapics; i++ )
        desc[i] = (struct vioapic_desc){
            .id = acpi_info.ioapic[i].id,
            .address = acpi_info.ioapic[i].address,
            .gsi_base = acpi_info.ioapic[i].gsi_base,
            .nr_pins = ioapic_nr_pins(i),
        };
    if ( vioapic_init(d, desc, acpi_info.nr_ioapics) )
        panic("Dom0's I/O APICs cannot be made\n");
}

static void load_kernel(const struct boot_module *m, const struct elf_kernel *k)
{
    const uint8_t *image = maddr_to_virt(m->pa);

    for ( unsigned int i = 0; i < k->nr_segments; i++ )
    {
        const struct elf_segment *s = &k->segment[i];
        uint8_t *to = maddr_to_virt(s->paddr);

        if ( !ram_map_contains(&dom0_ram, s->paddr, s->paddr + s->mem_size) )
            panic("Dom0 kernel: its segment %#lx-%#lx does not fit into "
                  "Dom0's memory; raise dom0_mem=\n",
                  s->paddr, s->paddr + s->mem_size);
        memcpy(to, image + s->file_offset, s->file_size);
        memset(to + s->file_size, 0, s->mem_size - s->file_size);
    }
}

/* First address at or above from where Dom0 has size bytes of RAM. */
static paddr_t find_room(paddr_t from, uint64_t size, const char *what)
{
    for ( unsigned int i = 0; i < dom0_ram.nr; i++ )
    {
        paddr_t at = ROUNDUP(max(dom0_ram.r[i].start, from), PAGE_SIZE);

        if ( at + size <= dom0_ram.r[i].end )
            return at;
    }
    panic("Dom0's %s (%lu KiB) does not fit into its memory; raise "
          "dom0_mem=\n",
          what, size >> 10);
}

static void fill_cmdline(struct boot_block *b)
{
    const char *extra = cmdline_dom0_extra();
    const char *given = boot_info.module[KERNEL_MODULE].cmdline;
    bool force = !strstr(given, "swiotlb=") && !strstr(extra, "swiotlb=");

    if ( snprintf(b->cmdline, sizeof(b->cmdline), "%s%s%s%s", given,
                  *extra ? " " : "", extra,
                  force ? SWIOTLB_FORCE : "") >= (int)sizeof(b->cmdline) )
        panic("Dom0's command line is longer than %u bytes\n", CMDLINE_MAX);
    printk(XENLOG_INFO "Dom0 command line: %s\n", b->cmdline);
    if ( force )
        printk(XENLOG_INFO "Dom0: swiotlb=force added, so that DMA to pages "
                           "of other domains is bounced\n");
}

static void fill_memmap(struct domain *d, struct boot_block *b)
{
    static struct dom0_memmap_entry map[MAX_MEMMAP];
    unsigned int n = dom0_memory_map(map, MAX_MEMMAP);

    for ( unsigned int i = 0; i < n; i++ )
        b->memmap[i] =
            (struct hvm_memmap_table_entry){ map[i].start, map[i].size,
                                             map[i].type, 0 };
    b->start.memmap_entries = n;
    dom0_set_e820(d, map, n);
}

/* xen-abi: the state in which a PVH kernel is entered. */
static void set_entry_state(struct vcpu *v, uint32_t entry, paddr_t info)
{
    struct hvm_hw_cpu c = {
        .rip = entry,
        .rbx = info,
        .rflags = X86_EFLAGS_MBS,
        .cr0 = X86_CR0_PE | X86_CR0_ET,
        .cs_sel = 0x8,
        .cs_limit = ~0u,
        .cs_arbytes = 0xc9b, /* 32-bit code, read, accessed, page-granular */
        .ds_sel = 0x10,
        .ds_limit = ~0u,
        .ds_arbytes = 0xc93, /* data, write, accessed, page-granular */
        .es_sel = 0x10,
        .es_limit = ~0u,
        .es_arbytes = 0xc93,
        .ss_sel = 0x10,
        .ss_limit = ~0u,
        .ss_arbytes = 0xc93,
        .fs_arbytes = 0,
        .gs_arbytes = 0,
        .tr_limit = 0x67,
        .tr_arbytes = 0x8b, /* busy 32-bit TSS */
        .dr6 = 0xffff0ff0,
        .dr7 = 0x400,
    };

    if ( hvm_load_cpu_ctxt(v, &c) )
        panic("Dom0's entry state is refused\n");
    v->pause_flags &= ~VPF_down;
}

void dom0_build(void)
{
    struct boot_module *km = &boot_info.module[KERNEL_MODULE];
    struct boot_module *im = &boot_info.module[INITRD_MODULE];
    bool has_initrd = boot_info.nr_modules > INITRD_MODULE && im->size;
    struct elf_kernel kernel;
    struct boot_block *b;
    struct domain *d;
    const char *why;
    paddr_t initrd, block;

    if ( !boot_info.nr_modules || !km->size )
        panic("No Dom0 kernel: give one as the first module\n");
    if ( (why = elf_parse_kernel(maddr_to_virt(km->pa), km->size, &kernel)) )
        panic("The Dom0 kernel cannot be used: %s\n", why);

    keep_ports();
    d = create_dom0();
    dom0_map_memory(d);
    give_ioapics(d);
    vpci_init(d);
    load_kernel(km, &kernel);
    initrd = has_initrd ? find_room(kernel.end, im->size, "initrd") : 0;
    if ( has_initrd )
        memcpy(maddr_to_virt(initrd), maddr_to_virt(im->pa), im->size);
    block = find_room(has_initrd ? initrd + im->size : kernel.end, sizeof(*b),
                      "start info");
    b = maddr_to_virt(block);
    memset(b, 0, sizeof(*b));

    b->start.magic = XEN_HVM_START_MAGIC_VALUE;
    b->start.version = 1;
    b->start.flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    b->start.nr_modules = has_initrd;
    b->start.modlist_paddr = block + offsetof(struct boot_block, module);
    b->module.paddr = initrd;
    b->module.size = has_initrd ? im->size : 0;
    b->start.cmdline_paddr = block + offsetof(struct boot_block, cmdline);
    b->start.memmap_paddr = block + offsetof(struct boot_block, memmap);
    b->start.rsdp_paddr = dom0_build_acpi(d);
    fill_cmdline(b);
    fill_memmap(d, b);

    set_entry_state(d->vcpu[0], kernel.entry, block);
    for ( unsigned int i = 0; i < boot_info.nr_modules; i++ )
        boot_module_free(i);
    printk(XENLOG_INFO "Dom0 kernel at %#lx-%#lx, entry %#x, initrd at "
                       "%#lx\n",
           kernel.start, kernel.end, kernel.entry, initrd);
    /* Whatever Dom0 does to the machine, this much will have been seen. */
    console_flush();
    domain_unpause_by_systemcontroller(d);
}
