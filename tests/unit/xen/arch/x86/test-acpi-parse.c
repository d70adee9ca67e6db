/* TEST-SOURCES: xen/arch/x86/acpi-parse.c */
/* SPDX-License-Identifier: MIT */
/* ACPI tables: good ones, truncated ones, and noise. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/acpi.h>
#include <xen/lib.h>

static uint8_t buf[1024] __aligned(8);
static uint32_t used;
static struct acpi_info info;

static struct acpi_header *table(void)
{
    struct acpi_header *h = (struct acpi_header *)buf;

    h->length = used;
    return h;
}

static void begin(uint32_t header)
{
    memset(buf, 0, sizeof(buf));
    memset(&info, 0, sizeof(info));
    used = header;
}

static void add(const void *p, size_t n)
{
    memcpy(buf + used, p, n);
    used += n;
}

#define ADD(...)                                         \
    do                                                   \
    {                                                    \
        static const uint8_t bytes_[] = { __VA_ARGS__ }; \
        add(bytes_, sizeof(bytes_));                     \
    } while ( 0 )

static void madt_begin(void)
{
    begin(44);
    buf[38] = 0xe0;
    buf[39] = 0xfe; /* 0xfee00000 */
    buf[40] = 1;
}

static void madt_of_a_pc(void **state)
{
    madt_begin();
    ADD(0, 8, 0, 0, 1, 0, 0, 0);
    ADD(0, 8, 1, 2, 1, 0, 0, 0);
    ADD(0, 8, 2, 4, 0, 0, 0, 0); /* not usable at all */
    ADD(0, 8, 3, 6, 2, 0, 0, 0); /* could be plugged in */
    ADD(1, 12, 7, 0, 0, 0, 0xc0, 0xfe, 0, 0, 0, 0);
    ADD(2, 10, 0, 0, 2, 0, 0, 0, 0, 0);
    ADD(2, 10, 0, 9, 20, 0, 0, 0, 0xd, 0);
    ADD(4, 6, 0xff, 0, 0, 1);
    ADD(0x7f, 4, 1, 2); /* a type of the future */

    assert_int_equal(acpi_parse_madt(table(), &info), 0);
    assert_int_equal(info.lapic_address, 0xfee00000);
    assert_true(info.pcat_compat);
    assert_int_equal(info.nr_cpus, 3);
    assert_int_equal(info.cpu[1].apic_id, 2);
    assert_true(info.cpu[1].enabled);
    assert_false(info.cpu[2].enabled);
    assert_int_equal(info.nr_ioapics, 1);
    assert_int_equal(info.ioapic[0].id, 7);
    assert_int_equal(info.ioapic[0].address, 0xfec00000);
    assert_int_equal(info.nr_overrides, 2);
    assert_int_equal(info.override[1].irq, 9);
    assert_int_equal(info.override[1].gsi, 20);
    assert_int_equal(info.override[1].flags, 0xd);
    assert_int_equal(info.nr_nmis, 1);
    assert_int_equal(info.nmi[0].uid, ~0u);
    assert_int_equal(info.nmi[0].lint, 1);
}

static void madt_x2apic(void **state)
{
    madt_begin();
    ADD(0, 8, 0, 3, 1, 0, 0, 0);
    ADD(9, 16, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0);
    ADD(9, 16, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0); /* ID 3 again */
    ADD(10, 12, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0);
    ADD(5, 12, 0, 0, 0, 0, 0xe1, 0xfe, 0, 0, 0, 0);
    assert_int_equal(acpi_parse_madt(table(), &info), 0);
    assert_int_equal(info.nr_cpus, 2);
    assert_int_equal(info.cpu[1].apic_id, 256);
    assert_int_equal(info.cpu[1].uid, 5);
    assert_int_equal(info.nmi[0].uid, 5);
    assert_int_equal(info.lapic_address, 0xfee10000);
}

static void madt_malformed(void **state)
{
    static const uint8_t bad[][4] = {
        { 0, 0, 0, 0 },   /* length 0: would never end */
        { 0, 1, 0, 0 },   /* shorter than its own header */
        { 0, 255, 0, 0 }, /* beyond the table */
        { 0, 4, 0, 0 },   /* too short for its type */
        { 1, 4, 0, 0 },   { 2, 4, 0, 0 }, { 9, 4, 0, 0 }, { 5, 4, 0, 0 },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        madt_begin();
        add(bad[i], 4);
        assert_int_equal(acpi_parse_madt(table(), &info), -EINVAL);
    }
    begin(43);
    assert_int_equal(acpi_parse_madt(table(), &info), -EINVAL);
    /* One stray byte at the end is no entry. */
    madt_begin();
    ADD(0);
    assert_int_equal(acpi_parse_madt(table(), &info), 0);
}

static void madt_more_than_fit(void **state)
{
    static uint8_t big[8192] __aligned(8);
    struct acpi_header *h = (struct acpi_header *)big;

    memset(big, 0, sizeof(big));
    memset(&info, 0, sizeof(info));
    h->length = 44 + 600 * 12;
    for ( int i = 0; i < 600; i++ )
    {
        uint8_t *e = big + 44 + i * 12;

        e[0] = 1;
        e[1] = 12;
        e[2] = i;
    }
    assert_int_equal(acpi_parse_madt(h, &info), 0);
    assert_int_equal(info.nr_ioapics, ACPI_MAX_IOAPICS);
}

static void put32(unsigned int at, uint32_t v)
{
    memcpy(buf + at, &v, 4);
}

static void fadt_old_and_new(void **state)
{
    begin(116);
    put32(36, 0x1000);
    put32(40, 0x2000);
    buf[46] = 9;
    put32(64, 0xb004);
    put32(76, 0xb008);
    buf[91] = 4;
    assert_int_equal(acpi_parse_fadt(table(), &info), 0);
    assert_int_equal(info.dsdt_pa, 0x2000);
    assert_int_equal(info.sci_irq, 9);
    assert_int_equal(info.pm1a_cnt_port, 0xb004);
    assert_int_equal(info.pm_timer_port, 0xb008);
    assert_false(info.pm_timer_32bit);
    assert_false(info.has_reset);

    used = 244;
    put32(112, BIT(8) | BIT(10));
    buf[116] = 1;
    put32(120, 0xcf9);
    buf[128] = 6;
    put32(140, 0x3000);
    put32(144, 1);
    buf[172] = 1;
    put32(176, 0x604);
    buf[208] = 1;
    put32(212, 0x608);
    assert_int_equal(acpi_parse_fadt(table(), &info), 0);
    assert_int_equal(info.dsdt_pa, 0x100003000);
    assert_int_equal(info.pm1a_cnt_port, 0x604);
    assert_int_equal(info.pm_timer_port, 0x608);
    assert_true(info.pm_timer_32bit);
    assert_true(info.has_reset);
    assert_int_equal(info.reset.address, 0xcf9);
    assert_int_equal(info.reset_value, 6);
}

static void fadt_bad(void **state)
{
    begin(100);
    assert_int_equal(acpi_parse_fadt(table(), &info), -EINVAL);
    /* Ports that are none, a timer of no length. */
    begin(116);
    put32(64, 0x12345678);
    put32(76, 0xb008);
    assert_int_equal(acpi_parse_fadt(table(), &info), 0);
    assert_int_equal(info.pm1a_cnt_port, 0);
    assert_int_equal(info.pm_timer_port, 0);
}

static void mcfg(void **state)
{
    begin(44);
    ADD(0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0, 0, 0, 0);
    ADD(1, 2, 3); /* not a whole entry */
    assert_int_equal(acpi_parse_mcfg(table(), &info), 0);
    assert_int_equal(info.nr_mcfg, 1);
    assert_int_equal(info.mcfg[0].base, 0xb0000000);
    assert_int_equal(info.mcfg[0].bus_last, 255);

    begin(44);
    ADD(0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 9, 8, 0, 0, 0, 0);
    assert_int_equal(acpi_parse_mcfg(table(), &info), -EINVAL);
    begin(40);
    assert_int_equal(acpi_parse_mcfg(table(), &info), -EINVAL);
}

static void sleep_type(void **state)
{
    begin(36);
    ADD(1, 2, 3, 4, 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5, 0x0a, 6, 0, 0);
    assert_int_equal(acpi_parse_s5(table(), &info), 0);
    assert_int_equal(info.sleep_type_a, 5);
    assert_int_equal(info.sleep_type_b, 6);

    begin(36);
    ADD(1, 2, 8, '\\', '_', 'S', '5', '_', 0x12, 0x46, 0, 4, 0, 1, 0, 0);
    assert_int_equal(acpi_parse_s5(table(), &info), 0);
    assert_int_equal(info.sleep_type_a, 0);
    assert_int_equal(info.sleep_type_b, 1);
}

static void sleep_type_bad(void **state)
{
    /* The name used, not declared. */
    begin(36);
    ADD(1, 2, 3, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 5, 0x0a, 5, 0, 0);
    assert_int_equal(acpi_parse_s5(table(), &info), -EINVAL);
    /* Cut off. */
    begin(36);
    ADD(1, 2, 3, 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a);
    assert_int_equal(acpi_parse_s5(table(), &info), -EINVAL);
    /* A value that is no sleep type. */
    begin(36);
    ADD(1, 2, 3, 8, '_', 'S', '5', '_', 0x12, 6, 4, 0x0a, 9, 0x0a, 9, 0, 0);
    assert_int_equal(acpi_parse_s5(table(), &info), -EINVAL);
    begin(36);
    assert_int_equal(acpi_parse_s5(table(), &info), -EINVAL);
}

/* Noise must not lead outside of the table: the sanitizer watches. */
static void noise(void **state)
{
    srand(5);
    for ( int i = 0; i < 20000; i++ )
    {
        uint32_t length = 36 + rand() % 300;
        uint8_t *exact = malloc(length);
        struct acpi_header *h = (struct acpi_header *)exact;

        for ( uint32_t k = 0; k < length; k++ )
            exact[k] = rand() % 3 ? rand() % 16 : rand();
        h->length = length;
        memset(&info, 0, sizeof(info));
        acpi_parse_madt(h, &info);
        acpi_parse_fadt(h, &info);
        acpi_parse_mcfg(h, &info);
        acpi_parse_s5(h, &info);
        free(exact);
    }
}

static void checksum(void **state)
{
    uint8_t t[4] = { 1, 2, 3, 250 };

    assert_true(acpi_checksum_ok(t, 4));
    t[0]++;
    assert_false(acpi_checksum_ok(t, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(madt_of_a_pc),
        cmocka_unit_test(madt_x2apic),
        cmocka_unit_test(madt_malformed),
        cmocka_unit_test(madt_more_than_fit),
        cmocka_unit_test(fadt_old_and_new),
        cmocka_unit_test(fadt_bad),
        cmocka_unit_test(mcfg),
        cmocka_unit_test(sleep_type),
        cmocka_unit_test(sleep_type_bad),
        cmocka_unit_test(noise),
        cmocka_unit_test(checksum),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
