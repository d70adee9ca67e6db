/* SPDX-License-Identifier: MIT */
/* Control registers of a pCPU, and what is printed about it. */
#include <xen/acpi.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <asm/cpu.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#define CPUID1_ECX_XSAVE BIT(26)
#define CPUID7_EBX_SMEP  BIT(7)
#define CPUID7_EBX_SMAP  BIT(20)
#define CPUID7_ECX_UMIP  BIT(2)

struct percpu *percpu_area[NR_CPUS];
unsigned int nr_cpus_online;

void cpu_init(void)
{
    uint64_t cr4 = read_cr4() | X86_CR4_PGE | X86_CR4_MCE | X86_CR4_OSFXSR |
                   X86_CR4_OSXMMEXCPT;

    if ( cpuid_count(1, 0).c & CPUID1_ECX_XSAVE )
        cr4 |= X86_CR4_OSXSAVE;
    /* No page here is a user's: what looks like one is not to be touched. */
    if ( cpuid_count(0, 0).a >= 7 )
    {
        struct cpuid_leaf l = cpuid_count(7, 0);

        cr4 |= (l.b & CPUID7_EBX_SMEP ? X86_CR4_SMEP : 0) |
               (l.b & CPUID7_EBX_SMAP ? X86_CR4_SMAP : 0) |
               (l.c & CPUID7_ECX_UMIP ? X86_CR4_UMIP : 0);
    }
    write_cr4(cr4);
    write_cr0(
        (read_cr0() & ~(X86_CR0_EM | X86_CR0_TS | X86_CR0_CD | X86_CR0_NW)) |
        X86_CR0_MP | X86_CR0_NE | X86_CR0_WP);
}

static void brand_string(char buf[49])
{
    uint32_t *w = (uint32_t *)(void *)buf;

    memset(buf, 0, 49);
    if ( cpuid_count(0x80000000, 0).a < 0x80000004 )
        return;
    for ( unsigned int i = 0; i < 3; i++ )
    {
        struct cpuid_leaf l = cpuid_count(0x80000002 + i, 0);

        w[4 * i] = l.a;
        w[4 * i + 1] = l.b;
        w[4 * i + 2] = l.c;
        w[4 * i + 3] = l.d;
    }
}

void cpu_print(void)
{
    uint32_t signature = cpuid_count(1, 0).a;
    unsigned int family = (signature >> 8) & 15;
    unsigned int model = (signature >> 4) & 15;
    char brand[52] __aligned(4);
    const char *name = brand;

    if ( family == 6 || family == 15 )
        model |= (signature >> 12) & 0xf0;
    if ( family == 15 )
        family += (signature >> 20) & 0xff;
    brand_string(brand);
    while ( *name == ' ' )
        name++;
    printk("CPU: %s (family %u, model %u, stepping %u)\n", name, family, model,
           signature & 15);
    if ( acpi_info.nr_cpus == 0 )
        return;
    printk("CPUs in the machine: %u, by APIC ID:", acpi_info.nr_cpus);
    for ( unsigned int i = 0; i < acpi_info.nr_cpus; i++ )
        printk(" %u%s", acpi_info.cpu[i].apic_id,
               acpi_info.cpu[i].enabled ? "" : " (off)");
    printk("\n");
}
