/* SPDX-License-Identifier: MIT */
/* xl.cfg: what parses, to which values, and which errors name which place. */
/* TEST-SOURCES: tools/libs/cfg/cfg.c tools/libs/cfg/lex.c */
/* TEST-SOURCES: tools/libs/cfg/parse.c */
/* TEST-CFLAGS: -Itools/libs/cfg/include */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <cfg.h>

static char log_text[4096];

static void log_line(void *opaque, const char *line)
{
    size_t used = strlen(log_text);

    (void)opaque;
    snprintf(log_text + used, sizeof(log_text) - used, "%s\n", line);
}

static struct cfg *parse(const char *text, int expected_rc)
{
    struct cfg *cfg = cfg_new(log_line, NULL);

    assert_non_null(cfg);
    log_text[0] = '\0';
    assert_int_equal(cfg_parse(cfg, "t", text, strlen(text)), expected_rc);
    return cfg;
}

static const struct
{
    const char *text;
    const char *value; /* of x */
} strings[] = {
    { "x=\"a\"", "a" },
    { "x = 'a b'", "a b" },
    { "x='a';y='b'", "a" },
    { "x='a' # comment", "a" },
    { "# x='no'\nx='#'", "#" },
    { "x='a'\nx='b'", "b" },
    { "x='a'\nx+='b'", "ab" },
    { "x+='b'", "b" },
    { "x='a'\r\n", "a" },
    { "x=''", "" },
    { "x=17", "17" },
    { "x=0x1f", "0x1f" },
    { "x='it\\'s'", "it's" },
    { "x=\"it's\"", "it's" },
    { "x='\\n\\t\\x41\\102\\\\'", "\n\tAB\\" },
    { "x=1;;;", "1" },
    { "\n\n;x=1", "1" },
    { "x=3\nx+=4", "34" },
};

static void test_strings(void **state)
{
    (void)state;
    for ( unsigned int i = 0; i < sizeof(strings) / sizeof(strings[0]); i++ )
    {
        struct cfg *cfg = parse(strings[i].text, 0);
        const char *value = NULL;

        assert_int_equal(cfg_get_string(cfg, "x", &value), 1);
        assert_string_equal(value, strings[i].value);
        assert_string_equal(log_text, "");
        cfg_free(cfg);
    }
}

static const struct
{
    const char *text;
    const char *message;
} errors[] = {
    { "x", "t:1:2: expected '=' after the name, found the end of the file\n" },
    { "x=", "t:1:3: expected a value (a quoted string, a number or a list), "
            "found the end of the file\n" },
    { "a=1\n  x = \ny=2",
      "t:2:7: expected a value (a quoted string, a number or a list), found "
      "the end of the line\n" },
    { "x = yes", "t:1:5: expected a value (a text needs quotes), found yes\n" },
    { "x = 'abc", "t:1:5: the string that starts here has no closing '\n" },
    { "x = 'abc\ny = 1\n",
      "t:1:5: the string that starts here has no closing '\n" },
    { "x = 12k", "t:1:5: '12k' is not a number; a text needs quotes\n" },
    { "x = 99999999999999999999",
      "t:1:5: the number 99999999999999999999 is too large\n" },
    { "x = '\\q'", "t:1:7: unknown escape sequence after the backslash\n" },
    { "x = '\\0'", "t:1:7: a string cannot hold the character number 0\n" },
    { "x = [ 1, 2", "t:1:11: expected ',' or ']' in a list, found the end of "
                    "the file\n" },
    { "x = [ 1 2 ]\ny = z",
      "t:1:9: expected ',' or ']' in a list, found 2\n"
      "t:2:5: expected a value (a text needs quotes), found z\n" },
    { "x = [ 'a',\n 'b' 'c',\n 'd' ]\ny=1",
      "t:2:6: expected ',' or ']' in a list, found 'c'\n" },
    { "x = 1 2", "t:1:7: expected the end of the line after the value, "
                 "found 2\n" },
    { "= 1", "t:1:1: expected the name of a setting, found =\n" },
    { "x ? 1", "t:1:3: unexpected character '?'\n" },
    { "x = 1\n\x01", "t:2:1: unexpected character 0x01\n" },
    { "x = 1\nx += [ 2 ]",
      "t:2:6: cannot append a list to 'x', which is a text (line 1)\n" },
    { "x = []\nx += 2",
      "t:2:6: cannot append a text to 'x', which is a list (line 1)\n" },
    { "x=[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]",
      "t:1:19: lists are nested deeper than 16\n" },
};

static void test_errors(void **state)
{
    (void)state;
    for ( unsigned int i = 0; i < sizeof(errors) / sizeof(errors[0]); i++ )
    {
        struct cfg *cfg = parse(errors[i].text, -EINVAL);

        assert_string_equal(log_text, errors[i].message);
        cfg_free(cfg);
    }
}

static void test_settings_around_an_error_are_kept(void **state)
{
    struct cfg *cfg = parse("a = 1\nb = [ 1, ?, [ 2 ]\n]\nc = 3\n", -EINVAL);
    long long number;

    (void)state;
    assert_int_equal(cfg_get_number(cfg, "a", &number), 1);
    assert_int_equal(number, 1);
    assert_int_equal(cfg_get_number(cfg, "b", &number), 0);
    assert_int_equal(cfg_get_number(cfg, "c", &number), 1);
    assert_int_equal(number, 3);
    cfg_free(cfg);
}

static void test_lists(void **state)
{
    struct cfg *cfg = parse("disk = [ 'one',\n\n  'two', # why\n ]\n"
                            "disk += [ \"three\" ]\n"
                            "n = [ [ 1, 2 ], [], 'x' ]\ne = [\n]\ns = 'solo'",
                            0);
    const struct cfg_value *list;

    (void)state;
    assert_int_equal(cfg_get_strings(cfg, "disk", &list), 1);
    assert_int_equal(list->nr_items, 3);
    assert_string_equal(cfg_value_text(list->items[1]), "two");
    assert_int_equal(list->items[1]->line, 3);
    assert_int_equal(list->items[1]->column, 3);
    assert_string_equal(cfg_value_text(list->items[2]), "three");
    assert_int_equal(list->items[2]->line, 5);

    assert_int_equal(cfg_get_list(cfg, "n", &list), 1);
    assert_int_equal(list->nr_items, 3);
    assert_int_equal(list->items[0]->type, CFG_LIST);
    assert_int_equal(list->items[0]->items[1]->number, 2);
    assert_int_equal(list->items[1]->nr_items, 0);
    assert_null(cfg_value_text(list->items[1]));
    assert_int_equal(cfg_get_strings(cfg, "n", &list), -EINVAL);
    assert_string_equal(log_text,
                        "t:6:7: 'n' must be a list of strings, not a list\n");

    assert_int_equal(cfg_get_list(cfg, "e", &list), 1);
    assert_int_equal(list->nr_items, 0);

    assert_int_equal(cfg_get_strings(cfg, "s", &list), 1);
    assert_int_equal(list->nr_items, 1);
    assert_string_equal(cfg_value_text(list->items[0]), "solo");
    cfg_free(cfg);
}

static void test_types(void **state)
{
    struct cfg *cfg = parse("n = 0x10\ns = '32'\nt = 'x'\nl = [ 1 ]\nb = 1\n"
                            "m = -5\no = 010",
                            0);
    const struct cfg_value *list;
    const char *text = "kept";
    long long number = 77;
    bool flag = false;

    (void)state;
    assert_int_equal(cfg_get_number(cfg, "n", &number), 1);
    assert_int_equal(number, 16);
    assert_int_equal(cfg_get_number(cfg, "s", &number), 1);
    assert_int_equal(number, 32);
    assert_int_equal(cfg_get_number(cfg, "m", &number), 1);
    assert_int_equal(number, -5);
    assert_int_equal(cfg_get_number(cfg, "o", &number), 1);
    assert_int_equal(number, 8);
    assert_int_equal(cfg_get_bool(cfg, "b", &flag), 1);
    assert_true(flag);
    assert_int_equal(cfg_get_range(cfg, "n", 1, 16, &number), 1);
    assert_int_equal(number, 16);
    assert_int_equal(cfg_get_string(cfg, "absent", &text), 0);
    assert_string_equal(text, "kept");
    assert_string_equal(log_text, "");

    assert_int_equal(cfg_get_number(cfg, "t", &number), -EINVAL);
    assert_int_equal(cfg_get_bool(cfg, "n", &flag), -EINVAL);
    assert_int_equal(cfg_get_string(cfg, "l", &text), -EINVAL);
    assert_int_equal(cfg_get_list(cfg, "t", &list), -EINVAL);
    assert_int_equal(cfg_get_range(cfg, "n", 1, 15, &number), -EINVAL);
    assert_int_equal(number, 16);
    assert_string_equal(log_text,
                        "t:3:5: 't' must be a number, not the string 'x'\n"
                        "t:1:5: 'n' must be 0 or 1, not the number '0x10'\n"
                        "t:4:5: 'l' must be a string, not a list\n"
                        "t:3:5: 't' must be a list, not the string 'x'\n"
                        "t:1:5: 'n' must lie between 1 and 15, not be 16\n");
    cfg_free(cfg);
}

static void test_unused(void **state)
{
    struct cfg *cfg = parse("name = 'a'\nmemmory = 5\nvcpus = 1\nfoo = []", 0);
    const char *text;
    long long number;

    (void)state;
    assert_int_equal(cfg_get_string(cfg, "name", &text), 1);
    assert_int_equal(cfg_get_number(cfg, "vcpus", &number), 1);
    assert_int_equal(cfg_warn_unused(cfg), 2);
    assert_string_equal(log_text,
                        "t:2:11: unknown setting 'memmory' is ignored\n"
                        "t:4:7: unknown setting 'foo' is ignored\n");
    cfg_free(cfg);
}

static void test_second_text_overrides(void **state)
{
    struct cfg *cfg = parse("x = 1\ny = 2", 0);
    long long number;

    (void)state;
    assert_int_equal(cfg_parse(cfg, "command line", "x=5", 3), 0);
    assert_int_equal(cfg_get_number(cfg, "x", &number), 1);
    assert_int_equal(number, 5);
    assert_string_equal(cfg_get(cfg, "x")->source, "command line");
    cfg_free(cfg);
}

static void test_too_many_settings(void **state)
{
    static char text[200000];
    char *pos = text;
    struct cfg *cfg;

    (void)state;
    for ( unsigned int i = 0; i < 5000; i++ )
        pos += sprintf(pos, "s%u = %u\n", i, i);
    cfg = parse(text, -EINVAL);
    assert_non_null(strstr(log_text, "t:4097:9: more than 4096 settings\n"));
    cfg_free(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_settings_around_an_error_are_kept),
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_unused),
        cmocka_unit_test(test_second_text_overrides),
        cmocka_unit_test(test_too_many_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
