/* SPDX-License-Identifier: MIT */
/* The layout of a domain: memory map, start info, ACPI tables. */
/* TEST-SOURCES: tools/libs/guest/plan.c tools/libs/guest/start-info.c */
/* TEST-SOURCES: tools/libs/guest/acpi.c tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/libs/guest */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <xen/arch-x86/hvm/start_info.h>

#include "private.h"

static const struct xg_image small_kernel = {
    .kernel = { .start = 0x1000000, .end = 0x2345678 },
    .ramdisk_size = 0x123456,
};

static void layout(void **state)
{
    struct xg_config config = { .cmdline = "console=hvc0",
                                .memory_kb = 128 << 10,
                                .maxmem_kb = 128 << 10,
                                .nr_vcpus = 2 };
    struct xg_plan p;
    struct xg_error err;

    assert_int_equal(xg_plan(&p, &small_kernel, &config, &err), 0);
    assert_int_equal(p.lowmem_end, 128 << 20);
    assert_int_equal(p.highmem_end, 0);
    assert_int_equal(p.start_info, 0x2346000);
    assert_int_equal(p.ramdisk, 0x2347000);
    assert_int_equal(p.ramdisk_size, 0x123456);
    assert_int_equal(p.nr_regions, 3);
    assert_int_equal(p.regions[0].type, XEN_HVM_MEMMAP_TYPE_RAM);
    assert_int_equal(p.regions[0].size, 128 << 20);
    assert_int_equal(p.regions[1].type, XEN_HVM_MEMMAP_TYPE_ACPI);
    assert_int_equal(p.regions[2].addr, 0xfeff8000);
}

static void big(void **state)
{
    struct xg_config config = { .memory_kb = 6 << 20,
                                .maxmem_kb = 6 << 20,
                                .nr_vcpus = 1 };
    struct xg_plan p;
    struct xg_error err;

    assert_int_equal(xg_plan(&p, &small_kernel, &config, &err), 0);
    assert_int_equal(p.lowmem_end, 0xf0000000);
    assert_int_equal(p.highmem_end, (6ull << 30) + 0x10000000);
    assert_int_equal(p.nr_regions, 4);
    assert_int_equal(p.regions[3].addr, 1ull << 32);
    assert_int_equal(p.regions[0].size + p.regions[3].size, 6ull << 30);
}

static void too_little(void **state)
{
    struct xg_config config = { .memory_kb = 36 << 10,
                                .maxmem_kb = 36 << 10,
                                .nr_vcpus = 1 };
    struct xg_plan p;
    struct xg_error err;

    assert_int_equal(xg_plan(&p, &small_kernel, &config, &err), -1);
    assert_non_null(strstr(err.text, "memory = 36 MiB is too little"));
    /* On demand, the map is large but what is there at first is not. */
    config.populate_on_demand = true;
    config.maxmem_kb = 1 << 20;
    assert_int_equal(xg_plan(&p, &small_kernel, &config, &err), -1);
}

static void start_info(void **state)
{
    struct xg_config config = { .cmdline = "a b",
                                .memory_kb = 128 << 10,
                                .maxmem_kb = 128 << 10,
                                .nr_vcpus = 1 };
    const struct hvm_memmap_table_entry *map;
    const struct hvm_modlist_entry *module;
    const struct hvm_start_info *info;
    struct xg_plan p;
    struct xg_error err;
    uint8_t *buf;

    assert_int_equal(xg_plan(&p, &small_kernel, &config, &err), 0);
    buf = calloc(1, p.start_info_size);
    xg_start_info_write(buf, &p, "a b");
    info = (void *)buf;
    assert_int_equal(info->magic, XEN_HVM_START_MAGIC_VALUE);
    assert_int_equal(info->version, 1);
    assert_int_equal(info->flags, 0);
    assert_int_equal(info->nr_modules, 1);
    assert_int_equal(info->memmap_entries, 3);
    assert_int_equal(info->rsdp_paddr, p.rsdp);
    assert_string_equal((char *)buf + (info->cmdline_paddr - p.start_info),
                        "a b");
    module = (void *)(buf + (info->modlist_paddr - p.start_info));
    assert_int_equal(module->paddr, p.ramdisk);
    assert_int_equal(module->size, 0x123456);
    map = (void *)(buf + (info->memmap_paddr - p.start_info));
    assert_int_equal(info->memmap_paddr % 8, 0);
    assert_int_equal(map[0].size, 128 << 20);
    assert_int_equal(map[1].addr, XG_ACPI_BASE);
    free(buf);

    /* Nothing to say about modules and command line: null pointers. */
    p.ramdisk_size = 0;
    buf = calloc(1, p.start_info_size);
    xg_start_info_write(buf, &p, NULL);
    info = (void *)buf;
    assert_int_equal(info->nr_modules, 0);
    assert_int_equal(info->modlist_paddr, 0);
    assert_int_equal(info->cmdline_paddr, 0);
    free(buf);
}

static uint8_t sum(const uint8_t *p, size_t length)
{
    uint8_t s = 0;

    while ( length-- )
        s += *p++;
    return s;
}

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

/* Follow the pointers as a guest does. */
static const uint8_t *table(const uint8_t *buf, size_t size, uint64_t addr,
                            const char *signature)
{
    const uint8_t *t = buf + (addr - XG_ACPI_BASE);

    assert_true(addr >= XG_ACPI_BASE && addr - XG_ACPI_BASE < size);
    assert_memory_equal(t, signature, 4);
    assert_true(addr - XG_ACPI_BASE + get32(t + 4) <= size);
    assert_int_equal(sum(t, get32(t + 4)), 0);
    return t;
}

static void acpi_of(unsigned int vcpus)
{
    size_t size = xg_acpi_size(vcpus);
    uint8_t *buf = malloc(size);
    const uint8_t *xsdt, *fadt, *madt, *dsdt;
    unsigned int i;

    assert_int_equal(xg_acpi_write(buf, XG_ACPI_BASE, vcpus), XG_ACPI_BASE);
    assert_memory_equal(buf, "RSD PTR ", 8);
    assert_int_equal(sum(buf, 20), 0);
    assert_int_equal(sum(buf, 36), 0);
    xsdt = table(buf, size, get64(buf + 24), "XSDT");
    assert_int_equal(get32(xsdt + 4), 36 + 2 * 8);
    fadt = table(buf, size, get64(xsdt + 36), "FACP");
    madt = table(buf, size, get64(xsdt + 44), "APIC");
    dsdt = table(buf, size, get64(fadt + 140), "DSDT");
    assert_int_equal(get32(fadt + 40), get64(fadt + 140));
    assert_int_equal(fadt[8], 5);

    assert_int_equal(get32(madt + 4), 44 + 8 * vcpus);
    for ( i = 0; i < vcpus; i++ )
    {
        assert_int_equal(madt[44 + 8 * i], 0);
        assert_int_equal(madt[44 + 8 * i + 2], i);
        assert_int_equal(madt[44 + 8 * i + 3], 2 * i);
        assert_int_equal(madt[44 + 8 * i + 4], 1);
    }
    /* One scope that reaches to the end of the table. */
    assert_int_equal(dsdt[36], 0x10);
    assert_int_equal((dsdt[37] & 0xf) | dsdt[38] << 4, get32(dsdt + 4) - 37);
    free(buf);
}

static void acpi(void **state)
{
    acpi_of(1);
    acpi_of(2);
    acpi_of(128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout),     cmocka_unit_test(big),
        cmocka_unit_test(too_little), cmocka_unit_test(start_info),
        cmocka_unit_test(acpi),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
