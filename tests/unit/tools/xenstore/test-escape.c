/* SPDX-License-Identifier: MIT */
/* Any bytes as text and back. */
/* TEST-SOURCES: tools/xenstore/escape.c */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../../tools/xenstore/escape.h"

static void test_known_values(void **state)
{
    static const struct
    {
        const char *value, *text;
        unsigned int len;
    } rows[] = {
        { "plain", "plain", 5 },
        { "", "", 0 },
        { "a\tb\nc\rd", "a\\tb\\nc\\rd", 7 },
        { "back\\slash", "back\\\\slash", 10 },
        { "\0", "\\0", 1 },
        { "\0"
          "7",
          "\\0007", 2 },
        { "\0"
          "8",
          "\\08", 2 },
        { "\377x", "\\377x", 2 },
    };

    for ( unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        char *text = escape_value(rows[i].value, rows[i].len);

        assert_string_equal(text, rows[i].text);
        free(text);
    }
}

static void test_all_pairs_come_back(void **state)
{
    for ( unsigned int i = 0; i < 0x10000; i++ )
    {
        char value[2] = { i >> 8, i }, *text, *back;
        unsigned int len;

        text = escape_value(value, 2);
        back = unescape_value(text, &len);
        assert_int_equal(len, 2);
        assert_memory_equal(back, value, 2);
        free(text);
        free(back);
    }
}

static void test_other_spellings(void **state)
{
    unsigned int len;
    char *value = unescape_value("\\x41\\x4\\q\\", &len);

    assert_int_equal(len, 4);
    assert_memory_equal(value, "A\x04q\\", 4);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_values),
        cmocka_unit_test(test_all_pairs_come_back),
        cmocka_unit_test(test_other_spellings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
