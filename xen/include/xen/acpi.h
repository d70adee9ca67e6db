/* SPDX-License-Identifier: MIT */
/* What the hypervisor takes from the machine's ACPI tables. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

#define ACPI_MAX_CPUS     256
#define ACPI_MAX_IOAPICS  16
#define ACPI_MAX_OVERRIDE 32
#define ACPI_MAX_NMI      16
#define ACPI_MAX_MCFG     16
#define ACPI_MAX_TABLES   64

struct acpi_header
{
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem_id[6], oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
};
_Static_assert(sizeof(struct acpi_header) == 36, "ABI layout");

struct acpi_rsdp
{
    char signature[8];
    uint8_t checksum;
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    /* From revision 2 on. */
    uint32_t length;
    uint64_t xsdt;
    uint8_t ext_checksum, reserved[3];
} __packed;
_Static_assert(sizeof(struct acpi_rsdp) == 36, "ABI layout");
#define ACPI_RSDP_V1_SIZE 20

struct acpi_cpu
{
    uint32_t apic_id, uid;
    bool enabled;
};

struct acpi_ioapic
{
    uint32_t id;
    paddr_t address;
    uint32_t gsi_base;
};

/* An ISA interrupt that is not at the GSI of its number. */
struct acpi_override
{
    uint8_t irq;
    uint32_t gsi;
    uint16_t flags; /* MADT: polarity 1:0, trigger 3:2 */
};

struct acpi_nmi
{
    uint32_t uid; /* 0xffffffff: all */
    uint16_t flags;
    uint8_t lint;
};

struct acpi_mcfg
{
    paddr_t base;
    uint16_t segment;
    uint8_t bus_first, bus_last;
};

/* A register in I/O or memory space (generic address structure). */
struct acpi_register
{
    uint8_t space; /* 0 memory, 1 I/O */
    uint8_t bits;
    paddr_t address; /* 0: there is none */
};

struct acpi_info
{
    bool present;
    paddr_t rsdp_pa; /* 0: only a copy was given */
    paddr_t root_pa; /* XSDT, or RSDT */
    bool root_is_xsdt;

    unsigned int nr_tables; /* as the root lists them */
    paddr_t table[ACPI_MAX_TABLES];

    paddr_t madt_pa, fadt_pa, dsdt_pa, facs_pa;
    paddr_t lapic_address;
    bool pcat_compat; /* there are 8259s */
    unsigned int nr_cpus, nr_ioapics, nr_overrides, nr_nmis, nr_mcfg;
    struct acpi_cpu cpu[ACPI_MAX_CPUS];
    struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
    struct acpi_override override[ACPI_MAX_OVERRIDE];
    struct acpi_nmi nmi[ACPI_MAX_NMI];
    struct acpi_mcfg mcfg[ACPI_MAX_MCFG];

    uint16_t sci_irq;
    uint32_t pm_timer_port; /* 0: none */
    bool pm_timer_32bit;
    uint32_t pm1a_cnt_port, pm1b_cnt_port;
    uint8_t sleep_type_a, sleep_type_b; /* SLP_TYP of S5 */
    bool has_sleep_type;
    struct acpi_register reset;
    bool has_reset;
    uint8_t reset_value;
};

extern struct acpi_info acpi_info;

void acpi_init(void);
/*
 * The first table of that signature, mapped, checksum verified; NULL if
 * there is none. Every table of the root can be reached through the direct
 * map after acpi_init().
 */
const struct acpi_header *acpi_table(const char *signature);

/* Pure parsers: 0, or -EINVAL where the table is not what it claims. */
int acpi_checksum_ok(const void *table, size_t length);
int acpi_parse_madt(const struct acpi_header *madt, struct acpi_info *out);
int acpi_parse_fadt(const struct acpi_header *fadt, struct acpi_info *out);
int acpi_parse_mcfg(const struct acpi_header *mcfg, struct acpi_info *out);
/* Look for the package _S5_ in a DSDT. */
int acpi_parse_s5(const struct acpi_header *dsdt, struct acpi_info *out);
