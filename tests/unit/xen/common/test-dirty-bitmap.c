/* SPDX-License-Identifier: MIT */
/* The sparse bitmap of dirty frames. */
/* TEST-SOURCES: xen/common/dirty-bitmap.c */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <xen/dirty-bitmap.h>
#include <xen/errno.h>
#include <xen/mm.h>

static unsigned int pages_out, fail_after;

void *alloc_xenheap_page(void)
{
    if ( fail_after && --fail_after == 0 )
        return NULL;
    pages_out++;
    return calloc(1, PAGE_SIZE);
}

void free_xenheap_page(void *va)
{
    if ( va )
        pages_out--;
    free(va);
}

static void test_bits(void **state)
{
    static const uint64_t bits[] = {
        0,
        1,
        63,
        64,
        32767,
        32768,
        0xfeffc,
        1ull << 24,
        1ull << 33,
        1ull << 36,
        (1ull << 42) - 1,
    };
    struct dirty_bitmap b = { 0 };

    for ( unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++ )
    {
        uint64_t *leaf;

        assert_int_equal(dirty_bitmap_set(&b, bits[i]), 1);
        assert_int_equal(dirty_bitmap_set(&b, bits[i]), 0);
        leaf = dirty_bitmap_leaf(&b, bits[i]);
        assert_non_null(leaf);
        assert_true(leaf[bits[i] % DIRTY_LEAF_FRAMES / 64] >> (bits[i] % 64) &
                    1);
    }
    assert_null(dirty_bitmap_leaf(&b, 5 * DIRTY_LEAF_FRAMES));
    assert_int_equal(b.nr_pages, pages_out);
    dirty_bitmap_free(&b);
    assert_int_equal(pages_out, 0);
    assert_null(dirty_bitmap_leaf(&b, 0));
}

static void test_refusals(void **state)
{
    struct dirty_bitmap b = { 0 };

    assert_int_equal(dirty_bitmap_set(&b, 1ull << 42), -EINVAL);
    assert_int_equal(dirty_bitmap_set(&b, ~0ull), -EINVAL);
    assert_null(dirty_bitmap_leaf(&b, ~0ull));
    assert_int_equal(pages_out, 0);
    /* Wherever memory ends, the bit is not set and nothing is lost. */
    for ( unsigned int i = 1; i <= 4; i++ )
    {
        fail_after = i;
        assert_int_equal(dirty_bitmap_set(&b, 7), -ENOMEM);
        fail_after = 0;
        dirty_bitmap_free(&b);
        assert_int_equal(pages_out, 0);
    }
    fail_after = 2;
    assert_int_equal(dirty_bitmap_set(&b, 7), -ENOMEM);
    fail_after = 0;
    assert_int_equal(dirty_bitmap_set(&b, 7), 1);
    dirty_bitmap_free(&b);
    assert_int_equal(pages_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
