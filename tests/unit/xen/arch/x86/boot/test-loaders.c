/* TEST-SOURCES: xen/arch/x86/boot/bootinfo.c */
/* TEST-SOURCES: xen/arch/x86/boot/multiboot1.c */
/* TEST-SOURCES: xen/arch/x86/boot/multiboot2.c */
/* TEST-SOURCES: xen/arch/x86/boot/pvh.c */
/* SPDX-License-Identifier: MIT */
/* What boot loaders pass, by three protocols, well- and malformed. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/bootinfo.h>
#include <xen/lib.h>
#include <public/arch-x86/hvm/start_info.h>

static uint8_t mem[65536] __aligned(8); /* "physical" memory from MEM_PA */
#define MEM_PA 0x10000

static struct boot_info bi;
static const char *why;

static const void *map(paddr_t pa, uint64_t size)
{
    if ( pa < MEM_PA || pa - MEM_PA > sizeof(mem) )
        return NULL;
    return mem + (pa - MEM_PA);
}

static uint32_t at;

static void put(const void *p, size_t n)
{
    memcpy(mem + at, p, n);
    at += n;
}

static void put32(uint32_t v)
{
    put(&v, 4);
}

static void put64(uint64_t v)
{
    put(&v, 8);
}

static void reset(void)
{
    memset(mem, 0, sizeof(mem));
    memset(&bi, 0, sizeof(bi));
    at = 0;
    why = NULL;
}

static void mb2_begin(void)
{
    reset();
    at = 8;
}

static void mb2_text(uint32_t type, const char *s)
{
    put32(type);
    put32(8 + strlen(s) + 1);
    put(s, strlen(s) + 1);
    at = ROUNDUP(at, 8u);
}

static int mb2_parse(void)
{
    put32(0);
    put32(8);
    memcpy(mem, &at, 4);
    return boot_parse_multiboot2(&bi, mem, &why);
}

static void multiboot2_good(void **state)
{
    mb2_begin();
    mb2_text(1, "loglvl=all");
    mb2_text(2, "GRUB");
    put32(3);
    put32(16 + 7);
    put32(0x1000000);
    put32(0x1400000);
    put("kernel", 7);
    at = ROUNDUP(at, 8u);
    put32(6);
    put32(16 + 2 * 24);
    put32(24);
    put32(0);
    put64(0);
    put64(0x9f000);
    put32(1);
    put32(0);
    put64(0x100000);
    put64(0x7ff00000);
    put32(99);
    put32(0);
    put32(14);
    put32(8 + 20);
    put("RSD PTR old.........", 20);
    at = ROUNDUP(at, 8u);
    put32(15);
    put32(8 + 36);
    put("RSD PTR new.........................", 36);
    at = ROUNDUP(at, 8u);

    assert_int_equal(mb2_parse(), 0);
    assert_string_equal(bi.cmdline, "loglvl=all");
    assert_string_equal(bi.loader, "GRUB");
    assert_int_equal(bi.nr_modules, 1);
    assert_int_equal(bi.module[0].pa, 0x1000000);
    assert_int_equal(bi.module[0].size, 0x400000);
    assert_string_equal(bi.module[0].cmdline, "kernel");
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.region[0].size, 0x9f000);
    assert_int_equal(bi.region[1].type, E820_RESERVED);
    assert_int_equal(bi.rsdp_copy_len, 36);
    assert_memory_equal(bi.rsdp_copy, "RSD PTR new", 11);
}

static void multiboot2_malformed(void **state)
{
    static const uint32_t bad[][4] = {
        { 1, 0, 0, 0 },            /* size 0: would never end */
        { 1, 7, 0, 0 },            /* smaller than its header */
        { 1, 0x10000000, 0, 0 },   /* beyond the block */
        { 3, 12, 0, 0 },           /* a module without its fields */
        { 3, 16, 0x2000, 0x1000 }, /* a module that ends before it starts */
        { 6, 12, 0, 0 },           /* a map without its fields */
        { 6, 16, 0, 0 },           /* entries of size 0 */
    };

    for ( size_t i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        mb2_begin();
        put(bad[i], 16);
        assert_int_equal(mb2_parse(), -EINVAL);
        assert_non_null(why);
    }
    /* No end tag. */
    mb2_begin();
    mb2_text(1, "x");
    memcpy(mem, &at, 4);
    assert_int_equal(boot_parse_multiboot2(&bi, mem, &why), -EINVAL);
}

static void multiboot2_long_text(void **state)
{
    static char line[BOOT_CMDLINE_MAX + 500];

    memset(line, 'a', sizeof(line) - 1);
    mb2_begin();
    mb2_text(1, line);
    mb2_text(2, line);
    assert_int_equal(mb2_parse(), 0);
    assert_int_equal(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
    assert_int_equal(strlen(bi.loader), sizeof(bi.loader) - 1);
}

static void multiboot2_screen(uint8_t type)
{
    mb2_begin();
    put32(8);
    put32(8 + 8 + 12 + 2);
    put64(0xb8000);
    put32(160);
    put32(80);
    put32(25);
    put((const uint8_t[]){ 16, type }, 2);
    at = ROUNDUP(at, 8u);
    assert_int_equal(mb2_parse(), 0);
}

static void multiboot2_screens(void **state)
{
    multiboot2_screen(2);
    assert_int_equal(bi.screen.pa, 0xb8000);
    assert_int_equal(bi.screen.columns, 80);
    assert_int_equal(bi.screen.rows, 25);
    assert_int_equal(bi.screen.pitch, 160);
    /* A graphics mode is no text screen. */
    multiboot2_screen(1);
    assert_int_equal(bi.screen.pa, 0);
    /* Cut short. */
    mb2_begin();
    put32(8);
    put32(16);
    put64(0xb8000);
    assert_int_equal(mb2_parse(), 0);
    assert_int_equal(bi.screen.pa, 0);
}

static void multiboot2_too_many_modules(void **state)
{
    mb2_begin();
    for ( int i = 0; i <= BOOT_MAX_MODULES; i++ )
    {
        put32(3);
        put32(17);
        put64(0);
        put("", 1);
        at = ROUNDUP(at, 8u);
    }
    assert_int_equal(mb2_parse(), -EINVAL);
    assert_int_equal(bi.nr_modules, BOOT_MAX_MODULES);
}

/* The sanitizer watches that no noise leads outside of the block. */
static void multiboot2_noise(void **state)
{
    srand(3);
    for ( int i = 0; i < 20000; i++ )
    {
        uint32_t n = 16 + rand() % 200;
        uint8_t *block = malloc(n);

        for ( uint32_t k = 0; k < n; k++ )
            block[k] = rand() % 4 ? rand() % 8 * (k % 4 == 0) : rand();
        memcpy(block, &n, 4);
        memset(&bi, 0, sizeof(bi));
        boot_parse_multiboot2(&bi, block, &why);
        free(block);
    }
}

static uint32_t mb1[32];

static void mb1_begin(void)
{
    reset();
    memset(mb1, 0, sizeof(mb1));
}

static uint32_t here(const char *s)
{
    uint32_t pa = MEM_PA + at;

    put(s, strlen(s) + 1);
    return pa;
}

static void multiboot1_good(void **state)
{
    mb1_begin();
    mb1[0] = 0x4 | 0x8 | 0x40 | 0x200;
    mb1[4] = here("console=com1");
    mb1[16] = here("GRUB");
    at = ROUNDUP(at, 8u);
    mb1[12] = MEM_PA + at;
    mb1[11] = 24 + 28;
    put32(20);
    put64(0);
    put64(0x9f000);
    put32(1);
    put32(24); /* a longer entry */
    put64(0x100000);
    put64(0x1000000);
    put32(1);
    put32(0);
    at = ROUNDUP(at, 8u);
    mb1[5] = 1;
    mb1[6] = MEM_PA + at;
    put32(0x200000);
    put32(0x300000);
    put32(MEM_PA);
    put32(0);

    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), 0);
    assert_string_equal(bi.cmdline, "console=com1");
    assert_string_equal(bi.loader, "GRUB");
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.region[1].base, 0x100000);
    assert_int_equal(bi.nr_modules, 1);
    assert_string_equal(bi.module[0].cmdline, "console=com1");
}

static void multiboot1_memory_sizes_only(void **state)
{
    mb1_begin();
    mb1[0] = 1;
    mb1[1] = 639;
    mb1[2] = 1024;
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), 0);
    assert_int_equal(bi.nr_regions, 2);
    assert_int_equal(bi.region[1].base, 0x100000);
    assert_int_equal(bi.region[1].size, 0x100000);
}

static void multiboot1_malformed(void **state)
{
    mb1_begin();
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), -EINVAL);

    /* An entry that is longer than the map. */
    mb1_begin();
    mb1[0] = 0x40;
    mb1[11] = 24;
    mb1[12] = MEM_PA;
    put32(1000);
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), -EINVAL);
    /* ... or too short; a map elsewhere; too many modules. */
    mb1_begin();
    mb1[0] = 0x40;
    mb1[11] = 24;
    mb1[12] = MEM_PA;
    put32(4);
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), -EINVAL);
    mb1[12] = 0x5;
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), -EINVAL);
    mb1[0] = 0x1 | 0x8;
    mb1[5] = 1u << 30;
    mb1[6] = MEM_PA;
    assert_int_equal(boot_parse_multiboot1(&bi, mb1, map, &why), -EINVAL);
}

static struct hvm_start_info si;

static void pvh_begin(void)
{
    struct hvm_memmap_table_entry e = { 0x100000, 0x1000000, 1, 0 };

    reset();
    memset(&si, 0, sizeof(si));
    si.magic = XEN_HVM_START_MAGIC_VALUE;
    si.version = 1;
    si.memmap_paddr = MEM_PA;
    si.memmap_entries = 1;
    put(&e, sizeof(e));
}

static void pvh_good(void **state)
{
    struct hvm_modlist_entry m = { 0x2000000, 0x1000, 0, 0 };

    pvh_begin();
    si.nr_modules = 1;
    si.modlist_paddr = MEM_PA + at;
    m.cmdline_paddr = MEM_PA + at + sizeof(m);
    put(&m, sizeof(m));
    put("initrd", 7);
    si.cmdline_paddr = here("noreboot");
    si.rsdp_paddr = 0xfc008000;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), 0);
    assert_int_equal(bi.nr_regions, 1);
    assert_int_equal(bi.region[0].base, 0x100000);
    assert_int_equal(bi.nr_modules, 1);
    assert_string_equal(bi.module[0].cmdline, "initrd");
    assert_string_equal(bi.cmdline, "noreboot");
    assert_int_equal(bi.rsdp_pa, 0xfc008000);
}

static void pvh_malformed(void **state)
{
    pvh_begin();
    si.magic++;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
    pvh_begin();
    si.version = 0;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
    pvh_begin();
    si.memmap_entries = ~0u;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
    pvh_begin();
    si.memmap_paddr = ~0UL;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
    pvh_begin();
    si.nr_modules = 17;
    si.modlist_paddr = MEM_PA;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
    pvh_begin();
    si.nr_modules = 1;
    si.modlist_paddr = 1;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), -EINVAL);
}

static void pvh_long_cmdline(void **state)
{
    pvh_begin();
    memset(mem + 0x1000, 'b', 0x2000);
    si.cmdline_paddr = MEM_PA + 0x1000;
    assert_int_equal(boot_parse_pvh(&bi, &si, map, &why), 0);
    assert_int_equal(strlen(bi.cmdline), BOOT_CMDLINE_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiboot2_good),
        cmocka_unit_test(multiboot2_malformed),
        cmocka_unit_test(multiboot2_long_text),
        cmocka_unit_test(multiboot2_screens),
        cmocka_unit_test(multiboot2_too_many_modules),
        cmocka_unit_test(multiboot2_noise),
        cmocka_unit_test(multiboot1_good),
        cmocka_unit_test(multiboot1_memory_sizes_only),
        cmocka_unit_test(multiboot1_malformed),
        cmocka_unit_test(pvh_good),
        cmocka_unit_test(pvh_malformed),
        cmocka_unit_test(pvh_long_cmdline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
