/* SPDX-License-Identifier: MIT */
/* The ACPI tables of a PVH domain: RSDP, XSDT, FADT, MADT, DSDT. */

/*
 * A PVH domain has local APICs and nothing else of a PC: the FADT says
 * "hardware-reduced" with neither VGA, RTC nor keyboard controller, the MADT
 * lists the local APICs (id 2 * vcpu, as the CPU policy tells the guest too),
 * the DSDT declares one processor object for each, written as AML right here.
 *
 * Everything lies in one block, the RSDP at its start.
 */

#include <stdio.h>
#include <string.h>

#include "private.h"

#define ALIGN_TABLE 16

struct __attribute__((packed)) rsdp
{
    char signature[8];
    uint8_t checksum; /* of the first 20 bytes */
    char oem_id[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
};

struct __attribute__((packed)) table_header
{
    char signature[4];
    uint32_t length;
    uint8_t revision;
    uint8_t checksum;
    char oem_id[6];
    char oem_table_id[8];
    uint32_t oem_revision;
    char creator_id[4];
    uint32_t creator_revision;
};

struct __attribute__((packed)) xsdt
{
    struct table_header header;
    uint64_t table[2];
};

/* Only the fields that a hardware-reduced system fills in have names. */
struct __attribute__((packed)) fadt
{
    struct table_header header;
    uint32_t firmware_ctrl;
    uint32_t dsdt;
    uint8_t unused1[65];
    uint16_t boot_arch;
    uint8_t unused2;
    uint32_t flags;
    uint8_t unused3[24];
    uint64_t x_dsdt;
    uint8_t unused4[120];
};

struct __attribute__((packed)) madt
{
    struct table_header header;
    uint32_t lapic_address;
    uint32_t flags;
};

struct __attribute__((packed)) madt_lapic
{
    uint8_t type;
    uint8_t length;
    uint8_t processor_id;
    uint8_t apic_id;
    uint32_t flags;
};

_Static_assert(sizeof(struct rsdp) == 36, "ACPI RSDP");
_Static_assert(sizeof(struct table_header) == 36, "ACPI table header");
_Static_assert(offsetof(struct fadt, boot_arch) == 109, "ACPI FADT");
_Static_assert(offsetof(struct fadt, x_dsdt) == 140, "ACPI FADT");
_Static_assert(sizeof(struct fadt) == 268, "ACPI FADT revision 5");
_Static_assert(sizeof(struct madt_lapic) == 8, "ACPI MADT");

#define RSDP_V1_LENGTH        20

#define FADT_REVISION         5
#define FADT_BOOT_NO_VGA      (1u << 2)
#define FADT_BOOT_NO_CMOS_RTC (1u << 5)
#define FADT_WBINVD           (1u << 0)
#define FADT_NO_POWER_BUTTON  (1u << 4)
#define FADT_NO_SLEEP_BUTTON  (1u << 5)
#define FADT_NO_FIXED_RTC     (1u << 6)
#define FADT_HW_REDUCED       (1u << 20)

#define MADT_REVISION         2
#define MADT_TYPE_LAPIC       0
#define MADT_LAPIC_ENABLED    (1u << 0)
#define LAPIC_ADDRESS         0xfee00000u

#define DSDT_REVISION         5

/* AML, ACPI specification "AML Grammar Definition" */
#define AML_SCOPE      0x10
#define AML_EXT        0x5b
#define AML_PROCESSOR  0x83
#define AML_ROOT       0x5c
#define PROCESSOR_SIZE 13u /* in bytes, see write_processor() */

/* A package length of two bytes, which is enough for 4095. */
#define PKG_TWO_BYTES 0x40

static size_t dsdt_size(unsigned int nr_vcpus)
{
    /* header, ScopeOp, package length, "\_SB_", the processors */
    return sizeof(struct table_header) + 1 + 2 + 5 + nr_vcpus * PROCESSOR_SIZE;
}

static size_t up(size_t value)
{
    return (value + ALIGN_TABLE - 1) & ~(size_t)(ALIGN_TABLE - 1);
}

static size_t madt_size(unsigned int nr_vcpus)
{
    return sizeof(struct madt) + nr_vcpus * sizeof(struct madt_lapic);
}

size_t xg_acpi_size(unsigned int nr_vcpus)
{
    return up(sizeof(struct rsdp)) + up(sizeof(struct xsdt)) +
           up(sizeof(struct fadt)) + up(madt_size(nr_vcpus)) +
           up(dsdt_size(nr_vcpus));
}

static uint8_t checksum(const void *data, size_t length)
{
    const uint8_t *p = data;
    uint8_t sum = 0;

    while ( length-- )
        sum += *p++;
    return -sum;
}

static void finish(struct table_header *h, const char *signature,
                   uint8_t revision, size_t length)
{
    memcpy(h->signature, signature, 4);
    h->length = length;
    h->revision = revision;
    memcpy(h->oem_id, "Nidus ", 6);
    memcpy(h->oem_table_id, "PVH     ", 8);
    h->oem_revision = 1;
    memcpy(h->creator_id, "NIDU", 4);
    h->creator_revision = 1;
    h->checksum = 0;
    h->checksum = checksum(h, length);
}

/* Processor (PRnn, id, 0, 0) {} */
static uint8_t *write_processor(uint8_t *p, unsigned int id)
{
    char name[5];

    snprintf(name, sizeof(name), "PR%02X", id & 0xffu);
    *p++ = AML_EXT;
    *p++ = AML_PROCESSOR;
    *p++ = PROCESSOR_SIZE - 2;
    memcpy(p, name, 4);
    p += 4;
    *p++ = id;
    memset(p, 0, 5); /* address and length of its register block: none */
    return p + 5;
}

static void write_dsdt(uint8_t *buf, unsigned int nr_vcpus)
{
    size_t length = dsdt_size(nr_vcpus);
    size_t package = length - sizeof(struct table_header) - 1;
    uint8_t *p = buf + sizeof(struct table_header);
    unsigned int i;

    *p++ = AML_SCOPE;
    *p++ = PKG_TWO_BYTES | (package & 0xf);
    *p++ = package >> 4;
    *p++ = AML_ROOT;
    memcpy(p, "_SB_", 4);
    p += 4;
    for ( i = 0; i < nr_vcpus; i++ )
        p = write_processor(p, i);
    finish((void *)buf, "DSDT", DSDT_REVISION, length);
}

static void write_madt(uint8_t *buf, unsigned int nr_vcpus)
{
    struct madt *madt = (void *)buf;
    struct madt_lapic *lapic = (void *)(madt + 1);
    unsigned int i;

    madt->lapic_address = LAPIC_ADDRESS;
    for ( i = 0; i < nr_vcpus; i++ )
        lapic[i] = (struct madt_lapic){
            .type = MADT_TYPE_LAPIC,
            .length = sizeof(*lapic),
            .processor_id = i,
            .apic_id = 2 * i,
            .flags = MADT_LAPIC_ENABLED,
        };
    finish(&madt->header, "APIC", MADT_REVISION, madt_size(nr_vcpus));
}

static void write_fadt(uint8_t *buf, uint64_t dsdt)
{
    struct fadt *fadt = (void *)buf;

    fadt->dsdt = dsdt;
    fadt->x_dsdt = dsdt;
    fadt->boot_arch = FADT_BOOT_NO_VGA | FADT_BOOT_NO_CMOS_RTC;
    fadt->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
                  FADT_NO_FIXED_RTC | FADT_HW_REDUCED;
    finish(&fadt->header, "FACP", FADT_REVISION, sizeof(*fadt));
}

uint64_t xg_acpi_write(uint8_t *buf, uint64_t base, unsigned int nr_vcpus)
{
    size_t at_xsdt = up(sizeof(struct rsdp));
    size_t at_fadt = at_xsdt + up(sizeof(struct xsdt));
    size_t at_madt = at_fadt + up(sizeof(struct fadt));
    size_t at_dsdt = at_madt + up(madt_size(nr_vcpus));
    struct rsdp *rsdp = (void *)buf;
    struct xsdt *xsdt = (void *)(buf + at_xsdt);

    memset(buf, 0, xg_acpi_size(nr_vcpus));
    write_dsdt(buf + at_dsdt, nr_vcpus);
    write_madt(buf + at_madt, nr_vcpus);
    write_fadt(buf + at_fadt, base + at_dsdt);

    xsdt->table[0] = base + at_fadt;
    xsdt->table[1] = base + at_madt;
    finish(&xsdt->header, "XSDT", 1, sizeof(*xsdt));

    memcpy(rsdp->signature, "RSD PTR ", 8);
    memcpy(rsdp->oem_id, "Nidus ", 6);
    rsdp->revision = 2;
    rsdp->length = sizeof(*rsdp);
    rsdp->xsdt = base + at_xsdt;
    rsdp->checksum = checksum(rsdp, RSDP_V1_LENGTH);
    rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
    return base;
}
