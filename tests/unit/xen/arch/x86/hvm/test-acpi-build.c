/* SPDX-License-Identifier: MIT */
/* Dom0's ACPI tables, read back with the hypervisor's own parsers. */
/* TEST-SOURCES: xen/arch/x86/hvm/acpi-build.c */
/* TEST-SOURCES: xen/arch/x86/acpi-parse.c */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/acpi.h>
#include <xen/lib.h>
#include <asm/acpi-build.h>

#define BASE 0xfc000000ULL

static const struct acpi_build_iso iso[] = { { 0, 0, 2, 0 }, { 0, 9, 9, 0xd } };
static const struct acpi_build_ioapic ioapic[] = { { 1, 0xfec00000, 0 },
                                                   { 2, 0xfec01000, 24 } };

static struct acpi_build_input input(unsigned int nr_vcpus)
{
    static const char sig[][5] = { "FACP", "HPET", "SSDT", "APIC", "MCFG" };
    struct acpi_build_input in = {
        .base = BASE,
        .nr_vcpus = nr_vcpus,
        .lapic_address = 0xfee00000,
        .iso = iso,
        .nr_iso = ARRAY_SIZE(iso),
        .ioapic = ioapic,
        .nr_ioapic = ARRAY_SIZE(ioapic),
        .nr_tables = ARRAY_SIZE(sig),
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(sig); i++ )
    {
        memcpy(in.table[i].signature, sig[i], 4);
        in.table[i].address = 0x7fff0000 + i * 0x100;
    }
    return in;
}

static const struct acpi_header *at(const uint8_t *buf, paddr_t pa)
{
    return (const void *)(buf + (pa - BASE));
}

static void tables_are_right(void **state)
{
    struct acpi_build_input in = input(2);
    static struct acpi_info info;
    static uint8_t buf[4096];
    const struct acpi_header *xsdt, *madt;
    uint64_t entry[4];
    paddr_t rsdp, xsdt_pa;

    assert_int_equal(acpi_build_dom0(&in, buf, sizeof(buf), &rsdp), 0);
    assert_memory_equal(buf + (rsdp - BASE), "RSD PTR ", 8);
    assert_int_equal(rsdp & 15, 0);
    assert_true(acpi_checksum_ok(buf + (rsdp - BASE), 20));
    assert_true(acpi_checksum_ok(buf + (rsdp - BASE), 36));
    assert_int_equal(buf[rsdp - BASE + 15], 2);

    memcpy(&xsdt_pa, buf + (rsdp - BASE) + 24, 8);
    xsdt = at(buf, xsdt_pa);
    assert_memory_equal(xsdt->signature, "XSDT", 4);
    assert_true(acpi_checksum_ok(xsdt, xsdt->length));
    assert_int_equal(xsdt->length, 36 + 4 * 8);
    memcpy(entry, xsdt + 1, sizeof(entry));
    assert_int_equal(entry[0], BASE);
    assert_int_equal(entry[1], 0x7fff0000);
    assert_int_equal(entry[2], 0x7fff0200); /* HPET is not listed */
    assert_int_equal(entry[3], 0x7fff0400); /* MCFG is: the window is ours */

    madt = at(buf, entry[0]);
    assert_memory_equal(madt->signature, "APIC", 4);
    assert_int_equal(acpi_parse_madt(madt, &info), 0);
    assert_int_equal(info.lapic_address, 0xfee00000);
    assert_false(info.pcat_compat);
    assert_int_equal(info.nr_cpus, 2);
    assert_int_equal(info.cpu[1].apic_id, 2);
    assert_int_equal(info.cpu[1].uid, 1);
    assert_true(info.cpu[1].enabled);
    assert_int_equal(info.nr_ioapics, 2);
    assert_int_equal(info.ioapic[1].address, 0xfec01000);
    assert_int_equal(info.ioapic[1].gsi_base, 24);
    assert_int_equal(info.nr_overrides, 2);
    assert_int_equal(info.override[1].irq, 9);
    assert_int_equal(info.override[1].flags, 0xd);
}

static void many_cpus(void **state)
{
    struct acpi_build_input in = input(200);
    static struct acpi_info info;
    static uint8_t buf[8192];
    paddr_t rsdp;

    assert_int_equal(acpi_build_dom0(&in, buf, sizeof(buf), &rsdp), 0);
    assert_int_equal(acpi_parse_madt(at(buf, BASE), &info), 0);
    assert_int_equal(info.nr_cpus, 200);
    assert_int_equal(info.cpu[199].apic_id, 398);
    assert_int_equal(info.cpu[199].uid, 199);
}

/* Too small a buffer is refused, and not written beyond. */
static void short_buffers(void **state)
{
    struct acpi_build_input in = input(2);
    uint8_t *full = calloc(1, 4096);
    paddr_t rsdp;
    size_t need = 0;

    assert_int_equal(acpi_build_dom0(&in, full, 4096, &rsdp), 0);
    need = rsdp - BASE + 36;
    for ( size_t n = 0; n < need; n++ )
    {
        uint8_t *buf = malloc(n + 1);

        buf[n] = 0x77;
        assert_int_equal(acpi_build_dom0(&in, buf, n, &rsdp), -ENOSPC);
        assert_int_equal(buf[n], 0x77);
        free(buf);
    }
    free(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_right),
        cmocka_unit_test(many_cpus),
        cmocka_unit_test(short_buffers),
    };

    return cmocka_run_group_tests_name("acpi-build", tests, NULL, NULL);
}
