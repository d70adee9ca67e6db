/* SPDX-License-Identifier: MIT */
/* Finding the machine's ACPI tables and reading what the hypervisor needs. */
#include <xen/acpi.h>
#include <xen/bootinfo.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/pagetable.h>

struct acpi_info acpi_info;

#define RSDP_ALIGN    16
#define TABLE_MAX     MB(16)
#define EBDA_POINTER  0x40e /* segment of the extended BIOS data area */
#define BIOS_AREA     0xe0000
#define BIOS_AREA_END 0x100000
/* So much of a region with ACPI tables is looked at. */
#define ACPI_REGION_SCAN MB(1)

static const void *map_firmware(paddr_t pa, uint64_t size)
{
    if ( pa >= DIRECTMAP_SIZE || size > DIRECTMAP_SIZE - pa )
        return NULL;
    directmap_add(pa, size);
    return maddr_to_virt(pa);
}

/* A whole table with a good checksum, or NULL. */
static const struct acpi_header *map_table(paddr_t pa)
{
    const struct acpi_header *h = pa ? map_firmware(pa, sizeof(*h)) : NULL;

    if ( h == NULL || h->length < sizeof(*h) || h->length > TABLE_MAX )
        return NULL;
    h = map_firmware(pa, h->length);
    return h != NULL && acpi_checksum_ok(h, h->length) ? h : NULL;
}

static bool rsdp_good(const struct acpi_rsdp *r)
{
    return memcmp(r->signature, "RSD PTR ", 8) == 0 &&
           acpi_checksum_ok(r, ACPI_RSDP_V1_SIZE);
}

static const struct acpi_rsdp *scan(paddr_t from, paddr_t to)
{
    for ( ; from < to; from += RSDP_ALIGN )
    {
        const struct acpi_rsdp *r = maddr_to_virt(from);

        if ( rsdp_good(r) )
        {
            acpi_info.rsdp_pa = from;
            return r;
        }
    }
    return NULL;
}

/*
 * Where there is no BIOS, GRUB may know nothing of it either (2.06 in a PVH
 * guest): the tables themselves are then our last hope to find it.
 */
static const struct acpi_rsdp *scan_acpi_regions(void)
{
    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *reg = &boot_info.region[i];
        uint64_t size = min(reg->size, (uint64_t)ACPI_REGION_SCAN);
        const struct acpi_rsdp *r;

        if ( reg->type != E820_ACPI || size < sizeof(*r) ||
             !map_firmware(reg->base, size) )
            continue;
        r = scan(ROUNDUP(reg->base, RSDP_ALIGN),
                 reg->base + size - sizeof(*r) + 1);
        if ( r )
            return r;
    }
    return NULL;
}

static const struct acpi_rsdp *find_rsdp(void)
{
    const struct acpi_rsdp *r;
    paddr_t ebda;

    if ( boot_info.rsdp_copy_len >= ACPI_RSDP_V1_SIZE )
    {
        r = (const struct acpi_rsdp *)boot_info.rsdp_copy;
        return rsdp_good(r) ? r : NULL;
    }
    if ( boot_info.rsdp_pa )
    {
        r = map_firmware(boot_info.rsdp_pa, sizeof(*r));
        acpi_info.rsdp_pa = boot_info.rsdp_pa;
        return r && rsdp_good(r) ? r : NULL;
    }
    ebda = *(const uint16_t *)maddr_to_virt(EBDA_POINTER) << 4;
    if ( ebda >= KB(512) && ebda < KB(640) &&
         (r = scan(ebda, ebda + KB(1))) != NULL )
        return r;
    r = scan(BIOS_AREA, BIOS_AREA_END);
    return r ? r : scan_acpi_regions();
}

static void list_tables(const struct acpi_header *root)
{
    const uint8_t *p = (const uint8_t *)(root + 1);
    const uint8_t *end = (const uint8_t *)root + root->length;
    size_t step = acpi_info.root_is_xsdt ? 8 : 4;

    for ( ; (size_t)(end - p) >= step && acpi_info.nr_tables < ACPI_MAX_TABLES;
          p += step )
    {
        uint64_t pa = 0;

        memcpy(&pa, p, step);
        if ( map_table(pa) != NULL )
            acpi_info.table[acpi_info.nr_tables++] = pa;
        else
            printk(XENLOG_WARNING
                   "ACPI: the table at %#lx is damaged: ignored\n",
                   pa);
    }
}

static bool find_root(const struct acpi_rsdp *r)
{
    const struct acpi_header *root = NULL;

    if ( r->revision >= 2 && boot_info.rsdp_copy_len != ACPI_RSDP_V1_SIZE )
    {
        root = map_table(r->xsdt);
        acpi_info.root_is_xsdt = root != NULL;
        acpi_info.root_pa = r->xsdt;
    }
    if ( root == NULL )
    {
        root = map_table(r->rsdt);
        acpi_info.root_pa = r->rsdt;
    }
    if ( root == NULL )
        return false;
    list_tables(root);
    return true;
}

const struct acpi_header *acpi_table(const char *signature)
{
    for ( unsigned int i = 0; i < acpi_info.nr_tables; i++ )
    {
        const struct acpi_header *h = maddr_to_virt(acpi_info.table[i]);

        if ( memcmp(h->signature, signature, 4) == 0 )
            return h;
    }
    return NULL;
}

static void parse(const char *signature, paddr_t *pa,
                  int (*fn)(const struct acpi_header *, struct acpi_info *))
{
    const struct acpi_header *h = acpi_table(signature);

    if ( h == NULL )
        return;
    if ( pa != NULL )
        *pa = virt_to_maddr(h);
    if ( fn(h, &acpi_info) )
        printk(XENLOG_WARNING "ACPI: table %s is malformed\n", signature);
}

static void print_tables(void)
{
    for ( unsigned int i = 0; i < acpi_info.nr_tables; i++ )
    {
        const struct acpi_header *h = maddr_to_virt(acpi_info.table[i]);

        printk(XENLOG_DEBUG "ACPI: %.4s at %#010lx, %#x bytes, %.6s %.8s\n",
               h->signature, acpi_info.table[i], h->length, h->oem_id,
               h->oem_table_id);
    }
}

void acpi_init(void)
{
    const struct acpi_rsdp *r = find_rsdp();
    const struct acpi_header *dsdt;

    if ( r == NULL || !find_root(r) )
    {
        printk(XENLOG_WARNING "ACPI: no tables found\n");
        return;
    }
    acpi_info.present = true;
    parse("APIC", &acpi_info.madt_pa, acpi_parse_madt);
    parse("FACP", &acpi_info.fadt_pa, acpi_parse_fadt);
    parse("MCFG", NULL, acpi_parse_mcfg);
    dsdt = map_table(acpi_info.dsdt_pa);
    if ( dsdt != NULL )
        acpi_parse_s5(dsdt, &acpi_info);
    if ( acpi_info.facs_pa )
        map_firmware(acpi_info.facs_pa, 64);
    printk(XENLOG_INFO "ACPI: %u tables, PM timer at port %#x, SCI on IRQ %u\n",
           acpi_info.nr_tables, acpi_info.pm_timer_port, acpi_info.sci_irq);
    print_tables();
}
