/* SPDX-License-Identifier: MIT */
/* What xl's commands share: sizes, numbers, lists of CPUs. */
/* TEST-SOURCES: tools/xl/xl_utils.c */
/* TEST-CFLAGS: -Itools/xl */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xl.h"

libxl_ctx *ctx;
xentoollog_logger_stdiostream *logger;
const struct cmd_spec cmd_table[1];
const unsigned int cmd_table_size;

const struct cmd_spec *cmd_lookup(const char *name)
{
    static const struct cmd_spec spec = { .late_context = true };

    return &spec;
}

libxl_ctx *libxl_ctx_alloc(xentoollog_logger *lg)
{
    return NULL;
}

int libxl_domain_qualifier_to_domid(libxl_ctx *c, const char *name,
                                    uint32_t *domid)
{
    return ERROR_INVAL;
}

char *libxl_domid_to_name(libxl_ctx *c, uint32_t domid)
{
    return NULL;
}

static void sizes(void **state)
{
    static const struct
    {
        const char *text;
        int64_t kb;
    } cases[] = {
        { "512", 512 << 10 },
        { "512m", 512 << 10 },
        { "2G", 2 << 20 },
        { "1t", 1 << 30 },
        { "16777216k", 16777216 }, /* 16 GiB */
        { "1073741824b", 1 << 20 },
        { "1023b", 0 },
        { "0", 0 },
        { "8589934591t", 8589934591 << 30 },
        { "8589934592t", -1 },
        { "9223372036854775807", -1 },
        { "9223372036854775808k", -1 },
        { "-1", -1 },
        { "12mb", -1 },
        { "12x", -1 },
        { "m", -1 },
        { "", -1 },
    };

    (void)state;
    for ( unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++ )
        if ( parse_mem_kb(cases[i].text) != cases[i].kb )
            fail_msg("%s: %lld", cases[i].text,
                     (long long)parse_mem_kb(cases[i].text));
}

static void numbers(void **state)
{
    unsigned long n = 7;

    (void)state;
    assert_true(parse_number("255", 255, &n));
    assert_int_equal(n, 255);
    assert_false(parse_number("256", 255, &n));
    assert_false(parse_number("-1", 255, &n));
    assert_false(parse_number("1x", 255, &n));
    assert_false(parse_number("", 255, &n));
    assert_false(parse_number("99999999999999999999", ~0ul, &n));
    assert_int_equal(n, 255);
}

static void bitmaps(void **state)
{
    static const struct
    {
        uint8_t map[2];
        const char *text;
    } cases[] = {
        { { 0xff, 0x0f }, "all" },  { { 0, 0 }, "none" },
        { { 0x01, 0 }, "0" },       { { 0x0a, 0 }, "1,3" },
        { { 0xc0, 0x01 }, "6-8" },  { { 0xf1, 0x08 }, "0,4-7,11" },
        { { 0xfe, 0x0f }, "1-11" },
    };
    char text[64];

    (void)state;
    for ( unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++ )
    {
        FILE *f = fmemopen(text, sizeof(text), "w");

        assert_non_null(f);
        print_bitmap(cases[i].map, 12, f);
        fclose(f);
        assert_string_equal(text, cases[i].text);
    }
}

/* What a command does with its options, told as a text. */
static const struct long_name names[] = {
    { "wait", 'w' }, { "domain", 'd' }, { "live", 1 }, { NULL, 0 }
};

static int command(int argc, char **argv, char *seen)
{
    int opt;

    optind = 1;
    opterr = 0;
    FOREACH_LONG_OPTION(opt, argc, argv, "wd:", names, 1)
    {
    case 'w':
        strcat(seen, "w ");
        break;
    case 'd':
        strcat(strcat(strcat(seen, "d="), optarg), " ");
        break;
    case 1:
        strcat(seen, "live ");
        break;
    }
    strcat(seen, argv[optind]);
    return EXIT_SUCCESS;
}

static void options(void **state)
{
    static const struct
    {
        const char *args[6];
        int ret;
        const char *seen;
    } cases[] = {
        { { "dom" }, EXIT_SUCCESS, "dom" },
        { { "-w", "dom" }, EXIT_SUCCESS, "w dom" },
        { { "--wait", "dom" }, EXIT_SUCCESS, "w dom" },
        { { "--live", "--domain=5", "dom" }, EXIT_SUCCESS, "live d=5 dom" },
        { { "-d", "5", "--wait", "dom" }, EXIT_SUCCESS, "d=5 w dom" },
        { { "--wait" }, EXIT_FAILURE, "w " },
        { { "-x", "dom" }, EXIT_FAILURE, "" },
        { { "--unknown", "dom" }, EXIT_FAILURE, "" },
        { { "--domain" }, EXIT_FAILURE, "" },
        { { "--help" }, EXIT_SUCCESS, "" },
    };

    for ( size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++ )
    {
        char *argv[8] = { (char *)"test" }, seen[64] = "";
        int argc = 1;

        for ( ; cases[i].args[argc - 1]; argc++ )
            argv[argc] = (char *)cases[i].args[argc - 1];
        assert_int_equal(command(argc, argv, seen), cases[i].ret);
        assert_string_equal(seen, cases[i].seen);
    }
}

static void leading_file(void **state)
{
    char *args[] = { (char *)"create", (char *)"file", (char *)"-c", NULL };
    char *setting[] = { (char *)"create", (char *)"memory=5", NULL };
    char **argv = args;
    int argc = 3;

    assert_string_equal(take_leading_file(&argc, &argv), "file");
    assert_int_equal(argc, 2);
    assert_string_equal(argv[0], "create");
    assert_string_equal(argv[1], "-c");
    assert_null(take_leading_file(&argc, &argv));
    assert_int_equal(argc, 2);
    argv = setting;
    assert_null(take_leading_file(&argc, &argv));
    argc = 1;
    assert_null(take_leading_file(&argc, &argv));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options), cmocka_unit_test(leading_file),
        cmocka_unit_test(sizes),   cmocka_unit_test(numbers),
        cmocka_unit_test(bitmaps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
