/* TEST-SOURCES: xen/common/cmdline.c xen/lib/parse.c */
/* TEST-SOURCES: xen/common/cmdline-options.c */
/* TEST-CFLAGS: -Dstrlcpy=hv_strlcpy -Wno-format-security */
/* SPDX-License-Identifier: MIT */
/* The command line: every kind of option, and every kind of mistake. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <xen/cmdline.h>
#include <xen/lib.h>

static char said[4096];

void printk(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(said + strlen(said), sizeof(said) - strlen(said), fmt, ap);
    va_end(ap);
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    snprintf(dst, size, "%s", src);
    return strlen(src);
}

static bool opt_flag;
boolean_param("flag", opt_flag);

static unsigned int opt_number;
integer_param("number", opt_number);

static uint64_t opt_size;
size_param("size", opt_size);

static char opt_text[8];
string_param("text", opt_text);

static const char *got;
static int take(const char *value)
{
    got = value;
    return strcmp(value, "bad") == 0 ? -EINVAL : 0;
}
custom_param("custom", take);

static const char *parse(const char *line)
{
    opt_flag = false;
    opt_number = 7;
    opt_size = 0;
    opt_text[0] = 0;
    opt_noreboot = false;
    opt_dom0_max_vcpus = 0;
    got = NULL;
    memset(&opt_dom0_mem, 0, sizeof(opt_dom0_mem));
    cmdline_parse(line);
    said[0] = 0;
    cmdline_report();
    return said;
}

static void kinds_of_options(void **state)
{
    assert_string_equal(parse("flag number=0x10 size=2M text=abc custom=x"),
                        "");
    assert_true(opt_flag);
    assert_int_equal(opt_number, 16);
    assert_int_equal(opt_size, 2 << 20);
    assert_string_equal(opt_text, "abc");
    assert_string_equal(got, "x");
}

static void booleans(void **state)
{
    static const struct
    {
        const char *line;
        bool value;
    } rows[] = {
        { "flag", true },          { "flag=1", true },
        { "flag=yes", true },      { "flag=on", true },
        { "flag=true", true },     { "flag=0", false },
        { "flag=no", false },      { "flag=off", false },
        { "no-flag", false },      { "noflag", false },
        { "flag no-flag", false }, { "no-flag flag", true },
        { "no-flag=no", true },    { "flag=enable", true },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        assert_string_equal(parse(rows[i].line), "");
        assert_int_equal(opt_flag, rows[i].value);
    }
    /* An option whose own name begins with "no". */
    assert_string_equal(parse("noreboot"), "");
    assert_true(opt_noreboot);
}

static void mistakes_are_named(void **state)
{
    static const struct
    {
        const char *line, *word;
    } rows[] = {
        { "nonsense", "Unknown" },
        { "flags", "Unknown" },
        { "fla", "Unknown" },
        { "=x", "Unknown" },
        { "flag=maybe", "bad value" },
        { "number=x", "bad value" },
        { "number", "bad value" },
        { "number=", "bad value" },
        { "number=1x", "bad value" },
        { "number=0x100000000", "bad value" },
        { "size=1Q", "bad value" },
        { "text=muchtoolong", "bad value" },
        { "custom=bad", "bad value" },
        { "no-number", "Unknown" },
        { "dom0_mem=x", "bad value" },
        { "dom0_mem=1G,", "bad value" },
        { "dom0_mem=", "bad value" },
        { "iommu=on", "no effect" },
        { "dom0_max_vcpus=1000", "bad value" },
    };

    for ( size_t i = 0; i < ARRAY_SIZE(rows); i++ )
    {
        const char *text = parse(rows[i].line);

        assert_non_null(strstr(text, rows[i].word));
        assert_non_null(strstr(text, rows[i].line));
    }
    assert_int_equal(opt_number, 7);
}

static void spaces_and_file_names(void **state)
{
    assert_string_equal(parse("  \t flag \t\n number=3   "), "");
    assert_true(opt_flag);
    assert_int_equal(opt_number, 3);
    assert_string_equal(parse("/boot/nidus.gz flag"), "");
    assert_true(opt_flag);
    assert_string_equal(parse("placeholder flag"), "");
    assert_string_equal(parse(""), "");
}

static void what_is_for_dom0(void **state)
{
    assert_string_equal(parse("flag -- console=hvc0  quiet nonsense"), "");
    assert_string_equal(cmdline_dom0_extra(), "console=hvc0  quiet nonsense");
    assert_string_equal(cmdline_text(), "flag -- console=hvc0  quiet nonsense");
    assert_string_equal(parse("flag --"), "");
    assert_string_equal(cmdline_dom0_extra(), "");
}

static void dom0_memory(void **state)
{
    parse("dom0_mem=512M");
    assert_int_equal(opt_dom0_mem.nominal, 512UL << 20);
    assert_int_equal(opt_dom0_mem.max, 0);
    parse("dom0_mem=512M,max:1G");
    assert_int_equal(opt_dom0_mem.nominal, 512UL << 20);
    assert_int_equal(opt_dom0_mem.max, 1UL << 30);
    parse("dom0_mem=min:256M,max:1G,524288");
    assert_int_equal(opt_dom0_mem.min, 256UL << 20);
    assert_int_equal(opt_dom0_mem.nominal, 512UL << 20);
}

static void dom0_vcpus(void **state)
{
    parse("dom0_max_vcpus=4");
    assert_int_equal(opt_dom0_max_vcpus, 4);
    parse("dom0_max_vcpus=1-2");
    assert_int_equal(opt_dom0_max_vcpus, 2);
}

static void overlong_line(void **state)
{
    static char line[5000];

    memset(line, 'x', sizeof(line) - 1);
    memcpy(line, "flag ", 5);
    assert_non_null(strstr(parse(line), "Unknown"));
    assert_true(opt_flag);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_options),
        cmocka_unit_test(booleans),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(spaces_and_file_names),
        cmocka_unit_test(what_is_for_dom0),
        cmocka_unit_test(dom0_memory),
        cmocka_unit_test(dom0_vcpus),
        cmocka_unit_test(overlong_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
