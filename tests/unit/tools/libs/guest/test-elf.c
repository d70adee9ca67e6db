/* SPDX-License-Identifier: MIT */
/* ELF kernels: what is loaded where, which entry, and what is refused. */
/* TEST-SOURCES: tools/libs/guest/elf.c tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/libs/guest */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

#define ENTRY 0x1000040u

/* A kernel of one segment at 16 MiB and a note, as bytes. */
struct file
{
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr[3];
    struct
    {
        Elf64_Nhdr note;
        char name[4];
        uint32_t value;
    } entry;
    struct
    {
        Elf64_Nhdr note;
        char name[4];
        char value[8];
    } os;
    uint8_t text[256];
};

static struct file good_file(void)
{
    struct file f = {
        .ehdr = {
            .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
                         ELFDATA2LSB, EV_CURRENT },
            .e_type = ET_EXEC,
            .e_machine = EM_X86_64,
            .e_phoff = offsetof(struct file, phdr),
            .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = 2,
        },
        .phdr = {
            { .p_type = PT_LOAD, .p_offset = offsetof(struct file, text),
              .p_paddr = 0x1000000, .p_vaddr = 0xffffffff81000000,
              .p_filesz = 256, .p_memsz = 0x2000 },
            { .p_type = PT_NOTE, .p_offset = offsetof(struct file, entry),
              .p_filesz = offsetof(struct file, text) -
                          offsetof(struct file, entry), .p_align = 4 },
        },
        .entry = { { 4, 4, 18 }, "Xen", ENTRY },
        .os = { { 4, 6, 6 }, "Xen", "linux" },
    };

    return f;
}

static int parse(const struct file *f, size_t size, struct xg_kernel *k,
                 struct xg_error *err)
{
    /* A copy of exactly this size, so that reading beyond it is noticed. */
    void *copy = malloc(size);
    int rc;

    memcpy(copy, f, size);
    rc = xg_elf_parse(copy, size, k, err);
    free(copy);
    return rc;
}

static void good(void **state)
{
    struct file f = good_file();
    struct xg_kernel k;
    struct xg_error err;

    assert_int_equal(parse(&f, sizeof(f), &k, &err), 0);
    assert_true(k.elf64);
    assert_int_equal(k.entry, ENTRY);
    assert_int_equal(k.nr_segments, 1);
    assert_int_equal(k.segments[0].paddr, 0x1000000);
    assert_int_equal(k.segments[0].filesz, 256);
    assert_int_equal(k.segments[0].memsz, 0x2000);
    assert_int_equal(k.segments[0].offset, offsetof(struct file, text));
    assert_int_equal(k.start, 0x1000000);
    assert_int_equal(k.end, 0x1002000);
    assert_string_equal(k.guest_os, "linux");
}

static void note_in_section(void **state)
{
    struct file f = good_file();
    struct xg_kernel k;
    struct xg_error err;
    struct
    {
        struct file f;
        Elf64_Shdr shdr;
    } both;

    f.phdr[1].p_type = PT_NULL;
    memset(&both, 0, sizeof(both));
    both.f = f;
    both.f.ehdr.e_shoff = sizeof(f);
    both.f.ehdr.e_shnum = 1;
    both.f.ehdr.e_shentsize = sizeof(Elf64_Shdr);
    both.shdr.sh_type = SHT_NOTE;
    both.shdr.sh_offset = offsetof(struct file, entry);
    both.shdr.sh_size = sizeof(f.entry);
    assert_int_equal(xg_elf_parse((uint8_t *)&both, sizeof(both), &k, &err), 0);
    assert_int_equal(k.entry, ENTRY);
}

static void elf32(void **state)
{
    struct
    {
        Elf32_Ehdr ehdr;
        Elf32_Phdr phdr[2];
        Elf32_Nhdr note;
        char name[4];
        uint32_t value;
        uint8_t text[16];
    } f = {
        .ehdr = {
            .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
                         ELFDATA2LSB, EV_CURRENT },
            .e_machine = EM_386,
            .e_phoff = sizeof(Elf32_Ehdr),
            .e_phentsize = sizeof(Elf32_Phdr),
            .e_phnum = 2,
        },
        .note = { 4, 4, 18 },
        .name = "Xen",
        .value = 0x100000,
    };
    struct xg_kernel k;
    struct xg_error err;

    f.phdr[0] = (Elf32_Phdr){ .p_type = PT_LOAD,
                              .p_offset = offsetof(typeof(f), text),
                              .p_paddr = 0x100000,
                              .p_filesz = 16,
                              .p_memsz = 16 };
    f.phdr[1] = (Elf32_Phdr){ .p_type = PT_NOTE,
                              .p_offset = offsetof(typeof(f), note),
                              .p_filesz = 20 };
    assert_int_equal(xg_elf_parse((uint8_t *)&f, sizeof(f), &k, &err), 0);
    assert_false(k.elf64);
    assert_int_equal(k.entry, 0x100000);
}

/* Each row spoils one thing and names a word of the message. */
static void no_note(struct file *f)
{
    f->entry.note.n_type = 17;
}
static void no_load(struct file *f)
{
    f->phdr[0].p_type = PT_NULL;
}
static void big_endian(struct file *f)
{
    f->ehdr.e_ident[EI_DATA] = ELFDATA2MSB;
}
static void arm(struct file *f)
{
    f->ehdr.e_machine = EM_AARCH64;
}
static void phdrs_outside(struct file *f)
{
    f->ehdr.e_phoff = UINT64_MAX - 8;
}
static void segment_outside(struct file *f)
{
    f->phdr[0].p_offset = UINT64_MAX - 8;
}
static void file_beyond_mem(struct file *f)
{
    f->phdr[0].p_memsz = 8;
}
static void wraps(struct file *f)
{
    f->phdr[0].p_memsz = UINT64_MAX;
}
static void too_high(struct file *f)
{
    f->phdr[0].p_paddr = 1ull << 32;
}
static void entry_outside(struct file *f)
{
    f->entry.value = 0x2000000;
}
static void overlap(struct file *f)
{
    f->ehdr.e_phnum = 3;
    f->phdr[2] = f->phdr[0];
    f->phdr[2].p_paddr += 0x1000;
}
static void note_too_long(struct file *f)
{
    f->entry.note.n_namesz = UINT32_MAX;
}
static void small_phentsize(struct file *f)
{
    f->ehdr.e_phentsize = 8;
}

static void refused(void **state)
{
    static const struct
    {
        void (*spoil)(struct file *f);
        const char *word;
    } rows[] = {
        { no_note, "PHYS32_ENTRY" },    { no_load, "nothing to load" },
        { big_endian, "big-endian" },   { arm, "another machine" },
        { phdrs_outside, "outside" },   { segment_outside, "outside" },
        { file_beyond_mem, "outside" }, { wraps, "above" },
        { too_high, "above" },          { entry_outside, "outside" },
        { overlap, "overlap" },         { note_too_long, "PHYS32_ENTRY" },
        { small_phentsize, "damaged" },
    };
    struct xg_kernel k;
    struct xg_error err;
    struct file f;
    size_t i;

    for ( i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        f = good_file();
        rows[i].spoil(&f);
        assert_int_equal(parse(&f, sizeof(f), &k, &err), -1);
        if ( !strstr(err.text, rows[i].word) )
            fail_msg("row %zu: \"%s\" lacks \"%s\"", i, err.text, rows[i].word);
    }
}

/* Cut anywhere, it must be refused, and nothing beyond its end be read. */
static void cut_short(void **state)
{
    struct file f = good_file();
    struct xg_kernel k;
    struct xg_error err;
    size_t size;

    for ( size = 1; size < offsetof(struct file, text) + 256; size++ )
        assert_int_equal(parse(&f, size, &k, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),      cmocka_unit_test(note_in_section),
        cmocka_unit_test(elf32),     cmocka_unit_test(refused),
        cmocka_unit_test(cut_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
