/* SPDX-License-Identifier: MIT */
/* Boot, from the loader's hands to the first domain. */

/*
 * head.S brought us to long mode with the low 4 GiB mapped. From here on, in
 * the order that each step needs: the loader's information, options and
 * console; memory map, page tables, frame table, heap; ACPI, interrupt
 * controllers, time; VT-x; Dom0. Interrupts stay off: the hypervisor takes
 * them only while idle and as VM exits.
 */
#include <xen/acpi.h>
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/dom0.h>
#include <xen/domain.h>
#include <xen/e820.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/percpu.h>
#include <xen/watchdog.h>
#include <asm/apic.h>
#include <asm/config.h>
#include <asm/cpu-policy.h>
#include <asm/cpu.h>
#include <asm/desc.h>
#include <asm/io-apic.h>
#include <asm/pagetable.h>
#include <asm/processor.h>
#include <asm/setup.h>
#include <asm/smp.h>
#include <asm/vga.h>
#include <asm/spec-ctrl.h>
#include <asm/vmx.h>

#define MULTIBOOT2_MAGIC 0x36d76289
#define MULTIBOOT1_MAGIC 0x2badb002
#define PVH_MAGIC        0x336ec578

extern char _start[], _end[], cpu0_stack_top[];

static struct percpu bsp;

paddr_t image_start(void)
{
    return virt_to_maddr(_start);
}

paddr_t image_end(void)
{
    return virt_to_maddr(_end);
}

/* Loaders keep below 4 GiB, which is all that is mapped so early. */
static const void *map_early(paddr_t pa, uint64_t size)
{
    return size <= GB(4) && pa <= GB(4) - size ? maddr_to_virt(pa) : NULL;
}

static const char *parse_loader_info(uint32_t magic, uint32_t info)
{
    const char *why = "an unknown magic number";
    const void *p = maddr_to_virt(info);
    int rc = -EINVAL;

    switch ( magic )
    {
    case MULTIBOOT2_MAGIC:
        rc = boot_parse_multiboot2(&boot_info, p, &why);
        break;
    case MULTIBOOT1_MAGIC:
        rc = boot_parse_multiboot1(&boot_info, p, map_early, &why);
        break;
    case PVH_MAGIC:
        rc = boot_parse_pvh(&boot_info, p, map_early, &why);
        break;
    default:
        break;
    }
    return rc ? why : NULL;
}

static void print_memory_map(void)
{
    static const char *const types[] = {
        "?", "usable", "reserved", "ACPI data", "ACPI NVS", "unusable",
    };

    printk("Memory map of the machine (%s):\n", boot_info.protocol);
    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];

        printk("  [%012lx, %012lx] %s\n", r->base, r->base + r->size - 1,
               types[r->type]);
    }
}

/* RAM that is free: without the image, the modules and the first page. */
static void find_free_ram(void)
{
    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];

        if ( r->type == E820_RAM && r->base < DIRECTMAP_SIZE )
            ram_map_add(&boot_ram_map, r->base,
                        min(r->base + r->size, (paddr_t)DIRECTMAP_SIZE));
    }
    ram_map_remove(&boot_ram_map, 0, PAGE_SIZE);
    ram_map_remove(&boot_ram_map, image_start(), image_end());
    for ( unsigned int i = 0; i < boot_info.nr_modules; i++ )
        ram_map_remove(&boot_ram_map, boot_info.module[i].pa,
                       boot_info.module[i].pa + boot_info.module[i].size);
}

static void print_modules(void)
{
    for ( unsigned int i = 0; i < boot_info.nr_modules; i++ )
    {
        const struct boot_module *m = &boot_info.module[i];

        printk(XENLOG_INFO "Module %u: %lu KiB at %#lx: %.60s\n", i,
               m->size >> 10, m->pa, m->cmdline);
    }
}

/* QEMU, unlike GRUB, puts the file's name before the options. */
static const char *options_of_cmdline(void)
{
    const char *s = boot_info.cmdline;

    if ( strcmp(boot_info.loader, "qemu") == 0 )
        while ( *s != '\0' && *s != ' ' )
            s++;
    return s;
}

static void init_early(uint32_t magic, uint32_t info)
{
    const char *why;

    bsp.self = &bsp;
    bsp.stack_top = (uint64_t)cpu0_stack_top;
    percpu_area[0] = &bsp;
    nr_cpus_online = 1;
    idt_init();
    desc_init_cpu(&bsp);
    cpu_init();

    why = parse_loader_info(magic, info);
    cmdline_parse(options_of_cmdline());
    console_init();
    banner_print();
    if ( why != NULL )
        panic("The boot loader (magic %#x) passed %s", magic, why);
    printk("Loaded by %s (%s)\n",
           boot_info.loader[0] ? boot_info.loader : "an unnamed loader",
           boot_info.protocol);
    printk("Command line: %s\n", cmdline_text());
    cmdline_report();
}

static void init_memory(void)
{
    e820_sanitize(boot_info.region, &boot_info.nr_regions, BOOT_MAX_REGIONS);
    print_memory_map();
    find_free_ram();
    pagetable_init();
    frame_table_init();
    printk("RAM: %lu MiB, free %lu MiB, hypervisor image %lu KiB\n",
           total_pages >> 8, ram_map_total(&boot_ram_map) >> 20,
           (image_end() - image_start()) >> 10);
    print_modules();
    dom0_reserve_memory();
    heap_init();
    printk(XENLOG_INFO "Heap: %lu MiB\n", avail_pages() >> 8);
    console_init_ring();
}

static void init_devices(void)
{
    acpi_init();
    cpu_print();
    ioapic_init();
    apic_init_bsp();
    smp_init();
    time_init();
    apic_timer_init();
    console_init_irq();
}

/* What guests can be given depends on the processor and on VT-x. */
static void init_cpu_policies(void)
{
    const struct cpu_policy_params hw = {
        .xcr0_allowed = fpu_xcr0_supported(),
        .hw_rdtscp = vmx_caps.rdtscp,
        .hw_invpcid = vmx_caps.invpcid,
        .hw_xsaves = vmx_caps.xsaves,
    };

    cpu_policy_init_system(&hw);
}

void boot_main(uint32_t magic, uint32_t info)
{
    init_early(magic, info);
    init_memory();
    init_devices();
    debug_keys_init();
    spec_ctrl_init();
    spec_ctrl_init_cpu();
    vmx_bringup();
    fpu_init_cpu();
    init_cpu_policies();
    sched_init();
    smp_boot_cpus();
    vmx_counters_init();
    watchdog_init();
    dom0_build();
    vga_release();
    this_cpu()->need_resched = true;
    vmx_run_loop();
}
