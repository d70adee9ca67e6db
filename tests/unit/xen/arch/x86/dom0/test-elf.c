/* SPDX-License-Identifier: MIT */
/* The Dom0 kernel's ELF: what is accepted, and why the rest is not. */
/* TEST-SOURCES: xen/arch/x86/dom0/elf.c */

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../../../xen/arch/x86/dom0/elf.h"

#define PHOFF    64
#define NOTE_OFF 0x400
#define LOAD_OFF 0x800
#define SIZE     0x1000

static uint8_t image[SIZE];

static void put(uint64_t off, const void *p, size_t n)
{
    memcpy(image + off, p, n);
}

#define PUT(off, type, value)          \
    do                                 \
    {                                  \
        type put_ = (value);           \
        put(off, &put_, sizeof(put_)); \
    } while ( 0 )

/* Program header i of a 64-bit file. */
static void phdr(unsigned int i, uint32_t type, uint64_t off, uint64_t paddr,
                 uint64_t filesz, uint64_t memsz)
{
    uint64_t at = PHOFF + i * 56;

    PUT(at, uint32_t, type);
    PUT(at + 8, uint64_t, off);
    PUT(at + 24, uint64_t, paddr);
    PUT(at + 32, uint64_t, filesz);
    PUT(at + 40, uint64_t, memsz);
}

/* A kernel of one segment at 16 MiB, entered at its start. */
static int setup(void **state)
{
    (void)state;
    memset(image, 0, sizeof(image));
    put(0, "\177ELF\2\1\1", 7);
    PUT(16, uint16_t, 2);
    PUT(18, uint16_t, 62);
    PUT(32, uint64_t, PHOFF);
    PUT(54, uint16_t, 56);
    PUT(56, uint16_t, 2);
    phdr(0, 1, LOAD_OFF, 0x1000000, 0x100, 0x3000);
    phdr(1, 4, NOTE_OFF, 0, 0x40, 0x40);
    PUT(NOTE_OFF, uint32_t, 4);
    PUT(NOTE_OFF + 4, uint32_t, 4);
    PUT(NOTE_OFF + 8, uint32_t, 18);
    put(NOTE_OFF + 12, "Xen", 4);
    PUT(NOTE_OFF + 16, uint32_t, 0x1000080);
    return 0;
}

static void refuse(const char *words)
{
    struct elf_kernel k;
    const char *why = elf_parse_kernel(image, SIZE, &k);

    assert_non_null(why);
    if ( !strstr(why, words) )
        fail_msg("\"%s\" does not say \"%s\"", why, words);
}

static void good_kernel(void **state)
{
    struct elf_kernel k;

    (void)state;
    assert_null(elf_parse_kernel(image, SIZE, &k));
    assert_int_equal(k.nr_segments, 1);
    assert_int_equal(k.segment[0].file_offset, LOAD_OFF);
    assert_int_equal(k.segment[0].file_size, 0x100);
    assert_int_equal(k.segment[0].mem_size, 0x3000);
    assert_int_equal(k.start, 0x1000000);
    assert_int_equal(k.end, 0x1003000);
    assert_int_equal(k.entry, 0x1000080);
}

static void bzimage_names_the_command(void **state)
{
    (void)state;
    put(0x202, "HdrS", 4);
    refuse("scripts/unpack-kernel.sh");
}

static void not_elf(void **state)
{
    (void)state;
    image[1] = 'X';
    refuse("not an ELF");
}

static void wrong_machine(void **state)
{
    (void)state;
    PUT(18, uint16_t, 183);
    refuse("not an x86");
}

static void no_note(void **state)
{
    (void)state;
    PUT(NOTE_OFF + 8, uint32_t, 17);
    refuse("PVH entry note");
}

static void note_of_somebody_else(void **state)
{
    (void)state;
    put(NOTE_OFF + 12, "GNU", 4);
    refuse("PVH entry note");
}

static void note_sizes_reach_outside(void **state)
{
    (void)state;
    PUT(NOTE_OFF, uint32_t, 0xfffffffd);
    refuse("PVH entry note");
    PUT(NOTE_OFF, uint32_t, 4);
    PUT(NOTE_OFF + 4, uint32_t, 0xfffffff0);
    refuse("PVH entry note");
}

static void segment_beyond_file(void **state)
{
    (void)state;
    phdr(0, 1, LOAD_OFF, 0x1000000, SIZE, SIZE);
    refuse("beyond the end");
    phdr(0, 1, ~0ULL - 4, 0x1000000, 0x100, 0x100);
    refuse("beyond the end");
}

static void segment_above_4g(void **state)
{
    (void)state;
    phdr(0, 1, LOAD_OFF, 0xfffff000, 0x100, 0x3000);
    refuse("above 4 GiB");
    phdr(0, 1, LOAD_OFF, ~0ULL - 0xff, 0x100, 0x3000);
    refuse("above 4 GiB");
}

static void segment_smaller_in_memory(void **state)
{
    (void)state;
    phdr(0, 1, LOAD_OFF, 0x1000000, 0x100, 0xff);
    refuse("smaller than in the file");
}

static void entry_outside(void **state)
{
    (void)state;
    PUT(NOTE_OFF + 16, uint32_t, 0x1003000);
    refuse("outside");
}

static void headers_damaged(void **state)
{
    (void)state;
    PUT(32, uint64_t, SIZE - 20);
    refuse("program headers");
    PUT(32, uint64_t, ~0ULL);
    refuse("program headers");
    PUT(32, uint64_t, PHOFF);
    PUT(54, uint16_t, 12);
    refuse("program headers");
}

static void truncated(void **state)
{
    struct elf_kernel k;

    (void)state;
    /* Whatever the length: a verdict, and no access beyond it (ASan). */
    for ( size_t n = 0; n < LOAD_OFF + 0x100; n++ )
        assert_non_null(elf_parse_kernel(image, n, &k));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(good_kernel, setup),
        cmocka_unit_test_setup(bzimage_names_the_command, setup),
        cmocka_unit_test_setup(not_elf, setup),
        cmocka_unit_test_setup(wrong_machine, setup),
        cmocka_unit_test_setup(no_note, setup),
        cmocka_unit_test_setup(note_of_somebody_else, setup),
        cmocka_unit_test_setup(note_sizes_reach_outside, setup),
        cmocka_unit_test_setup(segment_beyond_file, setup),
        cmocka_unit_test_setup(segment_above_4g, setup),
        cmocka_unit_test_setup(segment_smaller_in_memory, setup),
        cmocka_unit_test_setup(entry_outside, setup),
        cmocka_unit_test_setup(headers_damaged, setup),
        cmocka_unit_test_setup(truncated, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
