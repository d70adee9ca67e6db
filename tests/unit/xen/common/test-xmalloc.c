/* TEST-SOURCES: xen/common/xmalloc.c */
/* SPDX-License-Identifier: MIT */
/* Small objects: sizes, alignment, nothing overlaps, nothing is lost. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/lib.h>
#include <xen/mm.h>

struct page_info *frame_table;
uint64_t max_page;

static long pages_out;
static bool no_memory;

void *alloc_xenheap_pages(unsigned int order)
{
    if ( no_memory )
        return NULL;
    pages_out += 1L << order;
    return aligned_alloc(PAGE_SIZE << order, PAGE_SIZE << order);
}

void free_xenheap_pages(void *va, unsigned int order)
{
    pages_out -= 1L << order;
    free(va);
}

void free_xenheap_page(void *va)
{
    free_xenheap_pages(va, 0);
}

void assert_failed(const char *expr, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, expr);
    abort();
}

static void all_sizes(void **state)
{
    static uint8_t *p[1984];

    for ( size_t n = 1; n < ARRAY_SIZE(p); n++ )
    {
        p[n] = xmalloc_bytes(n);
        assert_non_null(p[n]);
        assert_int_equal((uintptr_t)p[n] % 64, 0);
        assert_int_not_equal((uintptr_t)p[n] % PAGE_SIZE, 0);
        memset(p[n], n, n);
    }
    for ( size_t n = 1; n < ARRAY_SIZE(p); n++ )
    {
        for ( size_t i = 0; i < n; i++ )
            assert_int_equal(p[n][i], (uint8_t)n);
        xfree(p[n]);
    }
    assert_int_equal(pages_out, 0);
}

static void zeroed(void **state)
{
    uint8_t *p = xmalloc_bytes(100);

    memset(p, 0xff, 100);
    xfree(p);
    p = xzalloc_bytes(100);
    for ( int i = 0; i < 100; i++ )
        assert_int_equal(p[i], 0);
    xfree(p);
    xfree(NULL);
    assert_int_equal(pages_out, 0);
}

static void random_use(void **state)
{
    static struct
    {
        uint8_t *p;
        size_t n;
    } held[300];

    srand(9);
    for ( int i = 0; i < 100000; i++ )
    {
        int k = rand() % 300;

        if ( held[k].p )
        {
            assert_int_equal(held[k].p[0], (uint8_t)k);
            assert_int_equal(held[k].p[held[k].n - 1], (uint8_t)k);
            xfree(held[k].p);
            held[k].p = NULL;
            continue;
        }
        held[k].n = 1 + rand() % 1984;
        held[k].p = xmalloc_bytes(held[k].n);
        memset(held[k].p, k, held[k].n);
    }
    for ( int k = 0; k < 300; k++ )
        xfree(held[k].p);
    assert_int_equal(pages_out, 0);
}

static void large_ones_are_pages(void **state)
{
    void *p = xmalloc_bytes(3 * PAGE_SIZE);

    assert_int_equal((uintptr_t)p % PAGE_SIZE, 0);
    assert_int_equal(pages_out, 4);
    free_xenheap_pages(p, 2);
    assert_null(xmalloc_bytes(~0UL));
    assert_null(xmalloc_bytes(1UL << 40));
}

static void short_memory(void **state)
{
    no_memory = true;
    assert_null(xmalloc_bytes(10));
    assert_null(xzalloc_bytes(10));
    assert_null(xmalloc_bytes(10000));
    no_memory = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes),    cmocka_unit_test(zeroed),
        cmocka_unit_test(random_use),   cmocka_unit_test(large_ones_are_pages),
        cmocka_unit_test(short_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
