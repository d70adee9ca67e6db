/* SPDX-License-Identifier: MIT */
/* Taking ACPI tables apart; they are firmware's word, so all is checked. */
#include <xen/acpi.h>
#include <xen/lib.h>

static uint32_t get32(const uint8_t *p)
{
    uint32_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static uint16_t get16(const uint8_t *p)
{
    uint16_t v;

    memcpy(&v, p, sizeof(v));
    return v;
}

int acpi_checksum_ok(const void *table, size_t length)
{
    const uint8_t *p = table;
    uint8_t sum = 0;

    while ( length-- )
        sum += *p++;
    return sum == 0;
}

/* MADT: what follows the header, and the entries' types. */
#define MADT_LAPIC_ADDR      36
#define MADT_FLAGS           40
#define MADT_ENTRIES         44
#define MADT_PCAT            1

#define MADT_TYPE_LAPIC      0
#define MADT_TYPE_IOAPIC     1
#define MADT_TYPE_OVERRIDE   2
#define MADT_TYPE_LAPIC_NMI  4
#define MADT_TYPE_LAPIC_ADDR 5
#define MADT_TYPE_X2APIC     9
#define MADT_TYPE_X2APIC_NMI 10

#define CPU_ENABLED          0x1
#define CPU_ONLINE_ABLE      0x2

static void add_cpu(struct acpi_info *out, uint32_t apic_id, uint32_t uid,
                    uint32_t flags)
{
    if ( !(flags & (CPU_ENABLED | CPU_ONLINE_ABLE)) ||
         out->nr_cpus == ACPI_MAX_CPUS )
        return;
    /* A CPU may be listed in both forms. */
    for ( unsigned int i = 0; i < out->nr_cpus; i++ )
        if ( out->cpu[i].apic_id == apic_id )
            return;
    out->cpu[out->nr_cpus++] =
        (struct acpi_cpu){ apic_id, uid, flags & CPU_ENABLED };
}

static void madt_lapic(const uint8_t *e, struct acpi_info *out)
{
    add_cpu(out, e[3], e[2], get32(e + 4));
}

static void madt_x2apic(const uint8_t *e, struct acpi_info *out)
{
    add_cpu(out, get32(e + 4), get32(e + 12), get32(e + 8));
}

static void madt_ioapic(const uint8_t *e, struct acpi_info *out)
{
    if ( out->nr_ioapics < ACPI_MAX_IOAPICS )
        out->ioapic[out->nr_ioapics++] =
            (struct acpi_ioapic){ e[2], get32(e + 4), get32(e + 8) };
}

static void madt_override(const uint8_t *e, struct acpi_info *out)
{
    /* Bus 0 is ISA, the only one that has overrides; 16 interrupts. */
    if ( e[2] == 0 && e[3] < 16 && out->nr_overrides < ACPI_MAX_OVERRIDE )
        out->override[out->nr_overrides++] =
            (struct acpi_override){ e[3], get32(e + 4), get16(e + 8) };
}

static void add_nmi(struct acpi_info *out, uint32_t uid, uint16_t flags,
                    uint8_t lint)
{
    if ( lint <= 1 && out->nr_nmis < ACPI_MAX_NMI )
        out->nmi[out->nr_nmis++] = (struct acpi_nmi){ uid, flags, lint };
}

static void madt_lapic_nmi(const uint8_t *e, struct acpi_info *out)
{
    add_nmi(out, e[2] == 0xff ? ~0u : e[2], get16(e + 3), e[5]);
}

static void madt_x2apic_nmi(const uint8_t *e, struct acpi_info *out)
{
    add_nmi(out, get32(e + 4), get16(e + 2), e[8]);
}

static void madt_lapic_addr(const uint8_t *e, struct acpi_info *out)
{
    out->lapic_address = get64(e + 4);
}

static const struct
{
    uint8_t length; /* the least that the parser reads */
    void (*take)(const uint8_t *e, struct acpi_info *out);
} madt_types[] = {
    [MADT_TYPE_LAPIC] = { 8, madt_lapic },
    [MADT_TYPE_IOAPIC] = { 12, madt_ioapic },
    [MADT_TYPE_OVERRIDE] = { 10, madt_override },
    [MADT_TYPE_LAPIC_NMI] = { 6, madt_lapic_nmi },
    [MADT_TYPE_LAPIC_ADDR] = { 12, madt_lapic_addr },
    [MADT_TYPE_X2APIC] = { 16, madt_x2apic },
    [MADT_TYPE_X2APIC_NMI] = { 12, madt_x2apic_nmi },
};

int acpi_parse_madt(const struct acpi_header *madt, struct acpi_info *out)
{
    const uint8_t *base = (const uint8_t *)madt;
    uint32_t at = MADT_ENTRIES;

    if ( madt->length < MADT_ENTRIES )
        return -EINVAL;
    out->lapic_address = get32(base + MADT_LAPIC_ADDR);
    out->pcat_compat = get32(base + MADT_FLAGS) & MADT_PCAT;
    while ( madt->length - at >= 2 )
    {
        const uint8_t *e = base + at;
        uint8_t type = e[0], length = e[1];

        if ( length < 2 || length > madt->length - at )
            return -EINVAL;
        if ( type < ARRAY_SIZE(madt_types) && madt_types[type].take )
        {
            if ( length < madt_types[type].length )
                return -EINVAL;
            madt_types[type].take(e, out);
        }
        at += length;
    }
    return 0;
}

/* FADT: offsets of the fields of interest. */
#define FADT_FACS        36
#define FADT_DSDT        40
#define FADT_SCI_INT     46
#define FADT_PM1A_CNT    64
#define FADT_PM1B_CNT    68
#define FADT_PM_TMR      76
#define FADT_PM_TMR_LEN  91
#define FADT_FLAGS       112
#define FADT_RESET_REG   116
#define FADT_RESET_VALUE 128
#define FADT_X_FACS      132
#define FADT_X_DSDT      140
#define FADT_X_PM1A_CNT  172
#define FADT_X_PM1B_CNT  184
#define FADT_X_PM_TMR    208

#define FADT_TMR_32BIT   BIT(8)
#define FADT_RESET       BIT(10)

#define GAS_SPACE        0
#define GAS_BITS         1
#define GAS_ADDRESS      4
#define GAS_SIZE         12
#define GAS_IO           1

/* The extended form of a port, if it names one; else the old one. */
static uint32_t fadt_port(const struct acpi_header *fadt, unsigned int old,
                          unsigned int extended)
{
    const uint8_t *base = (const uint8_t *)fadt;

    if ( fadt->length >= extended + GAS_SIZE &&
         base[extended + GAS_SPACE] == GAS_IO )
    {
        uint64_t port = get64(base + extended + GAS_ADDRESS);

        if ( port != 0 && port <= 0xffff )
            return port;
    }
    return fadt->length >= old + 4 && get32(base + old) <= 0xffff
               ? get32(base + old)
               : 0;
}

static paddr_t fadt_table(const struct acpi_header *fadt, unsigned int old,
                          unsigned int extended)
{
    const uint8_t *base = (const uint8_t *)fadt;

    if ( fadt->length >= extended + 8 && get64(base + extended) != 0 )
        return get64(base + extended);
    return get32(base + old);
}

int acpi_parse_fadt(const struct acpi_header *fadt, struct acpi_info *out)
{
    const uint8_t *base = (const uint8_t *)fadt;
    uint32_t flags;

    if ( fadt->length < FADT_FLAGS + 4 )
        return -EINVAL;
    flags = get32(base + FADT_FLAGS);
    out->facs_pa = fadt_table(fadt, FADT_FACS, FADT_X_FACS);
    out->dsdt_pa = fadt_table(fadt, FADT_DSDT, FADT_X_DSDT);
    out->sci_irq = get16(base + FADT_SCI_INT);
    out->pm1a_cnt_port = fadt_port(fadt, FADT_PM1A_CNT, FADT_X_PM1A_CNT);
    out->pm1b_cnt_port = fadt_port(fadt, FADT_PM1B_CNT, FADT_X_PM1B_CNT);
    if ( base[FADT_PM_TMR_LEN] == 4 )
        out->pm_timer_port = fadt_port(fadt, FADT_PM_TMR, FADT_X_PM_TMR);
    out->pm_timer_32bit = flags & FADT_TMR_32BIT;
    if ( (flags & FADT_RESET) && fadt->length > FADT_RESET_VALUE )
    {
        out->reset = (struct acpi_register){
            .space = base[FADT_RESET_REG + GAS_SPACE],
            .bits = base[FADT_RESET_REG + GAS_BITS],
            .address = get64(base + FADT_RESET_REG + GAS_ADDRESS),
        };
        out->has_reset = out->reset.address != 0;
        out->reset_value = base[FADT_RESET_VALUE];
    }
    return 0;
}

#define MCFG_ENTRIES    44
#define MCFG_ENTRY_SIZE 16

int acpi_parse_mcfg(const struct acpi_header *mcfg, struct acpi_info *out)
{
    const uint8_t *base = (const uint8_t *)mcfg;

    if ( mcfg->length < MCFG_ENTRIES )
        return -EINVAL;
    for ( uint32_t at = MCFG_ENTRIES; mcfg->length - at >= MCFG_ENTRY_SIZE;
          at += MCFG_ENTRY_SIZE )
    {
        const uint8_t *e = base + at;

        if ( e[10] > e[11] )
            return -EINVAL;
        if ( out->nr_mcfg < ACPI_MAX_MCFG )
            out->mcfg[out->nr_mcfg++] =
                (struct acpi_mcfg){ get64(e), get16(e + 8), e[10], e[11] };
    }
    return 0;
}

/* AML: Name(_S5_, Package {a, b, ...}) with integers of one byte. */
#define AML_NAME_OP     0x08
#define AML_ROOT_PREFIX '\\'
#define AML_PACKAGE     0x12
#define AML_ZERO        0x00
#define AML_ONE         0x01
#define AML_BYTE_PREFIX 0x0a

static const uint8_t *aml_integer(const uint8_t *p, const uint8_t *end,
                                  uint8_t *v)
{
    if ( p < end && (*p == AML_ZERO || *p == AML_ONE) )
    {
        *v = *p;
        return p + 1;
    }
    if ( end - p >= 2 && *p == AML_BYTE_PREFIX )
    {
        *v = p[1];
        return p + 2;
    }
    return NULL;
}

static int take_s5_package(const uint8_t *p, const uint8_t *end,
                           struct acpi_info *out)
{
    uint8_t a, b;

    if ( end - p < 4 || *p++ != AML_PACKAGE )
        return -EINVAL;
    /* The package's length: bits 7:6 of its first byte count more bytes. */
    p += 1 + (*p >> 6);
    p++; /* number of elements */
    if ( p >= end || (p = aml_integer(p, end, &a)) == NULL ||
         aml_integer(p, end, &b) == NULL || a > 7 || b > 7 )
        return -EINVAL;
    out->sleep_type_a = a;
    out->sleep_type_b = b;
    out->has_sleep_type = true;
    return 0;
}

/*
 * LIMIT: no AML interpreter. The bytes of the name, in a place where a name
 * is declared, followed by a literal package: what firmware writes.
 */
int acpi_parse_s5(const struct acpi_header *dsdt, struct acpi_info *out)
{
    const uint8_t *base = (const uint8_t *)dsdt;
    const uint8_t *end = base + dsdt->length;
    const uint8_t *p = base + sizeof(*dsdt) + 2;

    for ( ; p < end && end - p >= 8; p++ )
    {
        bool declared = p[-1] == AML_NAME_OP ||
                        (p[-1] == AML_ROOT_PREFIX && p[-2] == AML_NAME_OP);

        if ( declared && memcmp(p, "_S5_", 4) == 0 &&
             take_s5_package(p + 4, end, out) == 0 )
            return 0;
    }
    return -EINVAL;
}
