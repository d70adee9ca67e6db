/* SPDX-License-Identifier: MIT */
/* Dom0's RSDP, XSDT and MADT, in the formats of the ACPI specification. Pure.
 */

/*
 * Dom0 sees the host's tables where they lie, but through a root of ours that
 * lists only those that are true for it. The interrupt table is new: Dom0's
 * processors are its vCPUs, its IO-APICs have the host's addresses and ids.
 */
#include <xen/acpi.h>
#include <xen/lib.h>
#include <asm/acpi-build.h>

#define ACPI_OEM_ID       "NIDUS "
#define ACPI_OEM_TABLE_ID "NIDUS   "
#define ACPI_CREATOR_ID   "NIDS"
#define TABLE_ALIGN       16

#define MADT_LAPIC        0
#define MADT_IOAPIC       1
#define MADT_OVERRIDE     2
#define MADT_X2APIC       9
#define MADT_ENABLED      1u

/* Ids that an 8-bit local APIC entry can hold (0xff is the broadcast). */
#define MAX_XAPIC_ID 0xfe

struct madt_head
{
    struct acpi_header h;
    uint32_t lapic_address;
    uint32_t flags; /* bit 0: there are 8259s: never for Dom0 */
} __packed;

struct madt_lapic
{
    uint8_t type, length, uid, apic_id;
    uint32_t flags;
} __packed;

struct madt_ioapic
{
    uint8_t type, length, id, reserved;
    uint32_t address, gsi_base;
} __packed;

struct madt_override
{
    uint8_t type, length, bus, source;
    uint32_t gsi;
    uint16_t flags;
} __packed;

struct madt_x2apic
{
    uint8_t type, length;
    uint16_t reserved;
    uint32_t apic_id, flags, uid;
} __packed;

/* An output buffer; writing beyond it is remembered, not done. */
struct writer
{
    uint8_t *buf;
    size_t size, pos;
    bool full;
};

static void *put(struct writer *w, const void *what, size_t n)
{
    void *at = w->buf + w->pos;

    if ( w->full || w->size - w->pos < n )
    {
        w->full = true;
        return NULL;
    }
    memcpy(at, what, n);
    w->pos += n;
    return at;
}

static void align(struct writer *w)
{
    size_t pos = ROUNDUP(w->pos, (size_t)TABLE_ALIGN);

    if ( pos > w->size )
        w->full = true;
    else
    {
        memset(w->buf + w->pos, 0, pos - w->pos);
        w->pos = pos;
    }
}

static uint8_t checksum(const void *p, size_t n)
{
    const uint8_t *b = p;
    uint8_t sum = 0;

    while ( n-- )
        sum += *b++;
    return -sum;
}

static struct acpi_header table_head(const char *signature, uint8_t revision)
{
    struct acpi_header h = { .revision = revision,
                             .oem_revision = 1,
                             .creator_revision = 1 };

    memcpy(h.signature, signature, 4);
    memcpy(h.oem_id, ACPI_OEM_ID, sizeof(h.oem_id));
    memcpy(h.oem_table_id, ACPI_OEM_TABLE_ID, sizeof(h.oem_table_id));
    memcpy(h.creator_id, ACPI_CREATOR_ID, sizeof(h.creator_id));
    return h;
}

/* Length and checksum of the table that begins at start. */
static void finish_table(struct writer *w, size_t start)
{
    struct acpi_header *h = (void *)(w->buf + start);

    if ( w->full )
        return;
    h->length = w->pos - start;
    h->checksum = 0;
    h->checksum = checksum(h, h->length);
}

static void put_cpus(struct writer *w, unsigned int nr)
{
    for ( uint32_t i = 0; i < nr; i++ )
    {
        uint32_t id = i * 2;

        if ( id <= MAX_XAPIC_ID )
            put(w,
                &(struct madt_lapic){ MADT_LAPIC, sizeof(struct madt_lapic), i,
                                      id, MADT_ENABLED },
                sizeof(struct madt_lapic));
        else
            put(w,
                &(struct madt_x2apic){ .type = MADT_X2APIC,
                                       .length = sizeof(struct madt_x2apic),
                                       .apic_id = id,
                                       .flags = MADT_ENABLED,
                                       .uid = i },
                sizeof(struct madt_x2apic));
    }
}

static void put_madt(const struct acpi_build_input *in, struct writer *w)
{
    size_t start = w->pos;
    struct madt_head head = { table_head("APIC", 4), in->lapic_address, 0 };

    put(w, &head, sizeof(head));
    put_cpus(w, in->nr_vcpus);
    for ( unsigned int i = 0; i < in->nr_ioapic; i++ )
        put(w,
            &(struct madt_ioapic){ MADT_IOAPIC, sizeof(struct madt_ioapic),
                                   in->ioapic[i].id, 0, in->ioapic[i].address,
                                   in->ioapic[i].gsi_base },
            sizeof(struct madt_ioapic));
    for ( unsigned int i = 0; i < in->nr_iso; i++ )
        put(w,
            &(struct madt_override){
                MADT_OVERRIDE, sizeof(struct madt_override), in->iso[i].bus,
                in->iso[i].source, in->iso[i].gsi, in->iso[i].flags },
            sizeof(struct madt_override));
    finish_table(w, start);
}

/*
 * Tables that describe what Dom0 gets as it is. Others describe devices the
 * hypervisor keeps (HPET, DMAR), the machine's processors (APIC, SRAT, SLIT),
 * or MCFG: configuration space goes through the trapped ports, so that no
 * device's MSI can be enabled behind the hypervisor's back.
 */
bool acpi_dom0_may_see(const char signature[4])
{
    static const char allowed[][4] = {
        "FACP", "SSDT", "PSDT", "SBST", "MCFG",
        "SLIC", "MSDM", "WDAT", "FPDT", "S3PT",
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(allowed); i++ )
        if ( !memcmp(signature, allowed[i], sizeof(allowed[i])) )
            return true;
    return false;
}

static void put_xsdt(const struct acpi_build_input *in, paddr_t madt,
                     struct writer *w)
{
    size_t start = w->pos;
    struct acpi_header head = table_head("XSDT", 1);

    put(w, &head, sizeof(head));
    put(w, &madt, sizeof(madt));
    for ( unsigned int i = 0; i < in->nr_tables; i++ )
        if ( acpi_dom0_may_see(in->table[i].signature) )
            put(w, &in->table[i].address, sizeof(in->table[i].address));
    finish_table(w, start);
}

static void put_rsdp(paddr_t xsdt, struct writer *w)
{
    struct acpi_rsdp r = { .revision = 2, .length = sizeof(r), .xsdt = xsdt };

    memcpy(r.signature, "RSD PTR ", sizeof(r.signature));
    memcpy(r.oem_id, ACPI_OEM_ID, sizeof(r.oem_id));
    r.checksum = checksum(&r, ACPI_RSDP_V1_SIZE);
    r.ext_checksum = checksum(&r, sizeof(r));
    put(w, &r, sizeof(r));
}

int acpi_build_dom0(const struct acpi_build_input *in, uint8_t *buf,
                    size_t size, paddr_t *rsdp)
{
    struct writer w = { buf, size, 0, false };
    paddr_t madt = in->base, xsdt;

    put_madt(in, &w);
    align(&w);
    xsdt = in->base + w.pos;
    put_xsdt(in, madt, &w);
    align(&w);
    *rsdp = in->base + w.pos;
    put_rsdp(xsdt, &w);
    return w.full ? -ENOSPC : 0;
}
