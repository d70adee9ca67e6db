/* SPDX-License-Identifier: MIT */
/* Find an ACPI table from the start info's RSDP. */
#include "lib.h"

struct rsdp
{
    char signature[8];
    uint8_t checksum, oem[6], revision;
    uint32_t rsdt, length;
    uint64_t xsdt;
} __attribute__((packed));

struct table_header
{
    char signature[4];
    uint32_t length;
    uint8_t rest[28];
};
_Static_assert(sizeof(struct table_header) == 36, "ACPI");

const void *acpi_find(const char *signature)
{
    const struct rsdp *rsdp = (const void *)start_info()->rsdp_paddr;
    const struct table_header *xsdt;
    const uint8_t *entry;

    if ( !rsdp || memcmp(rsdp->signature, "RSD PTR ", 8) || rsdp->revision < 2 )
        return NULL;

    xsdt = (const void *)rsdp->xsdt;
    entry = (const uint8_t *)(xsdt + 1);
    for ( ; entry < (const uint8_t *)xsdt + xsdt->length; entry += 8 )
    {
        const struct table_header *t;
        uint64_t address;

        memcpy(&address, entry, sizeof(address));
        t = (const void *)address;
        if ( !memcmp(t->signature, signature, 4) )
            return t;
    }

    return NULL;
}
