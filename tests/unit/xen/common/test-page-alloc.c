/* TEST-SOURCES: xen/common/page-alloc.c */
/* SPDX-License-Identifier: MIT */
/* The page heap: blocks, their joining, exhaustion, random use. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>

#define NR_PAGES 20000

static struct page_info table[NR_PAGES];
static uint8_t used[NR_PAGES];

void assert_failed(const char *expr, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, expr);
    abort();
}

/* A hole in RAM, ends that are not aligned. */
static int set_up(void **state)
{
    frame_table = table;
    max_page = NR_PAGES;
    frame_table_mark_ram(3, 4997);
    frame_table_mark_ram(6000, NR_PAGES - 6000);
    heap_add(3, 4997);
    heap_add(6000, NR_PAGES - 6000);
    assert_int_equal(avail_pages(), 4997 + NR_PAGES - 6000);
    assert_int_equal(total_pages, avail_pages());
    return 0;
}

static uint64_t take(unsigned int order)
{
    struct page_info *pg = heap_alloc(order);
    uint64_t mfn;

    if ( pg == NULL )
        return 0;
    mfn = pg - frame_table;
    assert_true(mfn % (1UL << order) == 0);
    for ( uint64_t i = mfn; i < mfn + (1UL << order); i++ )
    {
        assert_true(table[i].flags & PGF_RAM);
        assert_int_equal(used[i], 0);
        used[i] = 1;
    }
    return mfn;
}

static void give(uint64_t mfn, unsigned int order)
{
    memset(used + mfn, 0, 1UL << order);
    heap_free(&table[mfn], order);
}

static void exhausts_and_recovers(void **state)
{
    uint64_t all = avail_pages(), n = 0;
    static uint64_t got[NR_PAGES];

    while ( (got[n] = take(0)) != 0 )
        n++;
    assert_int_equal(n, all);
    assert_int_equal(avail_pages(), 0);
    assert_null(heap_alloc(0));
    while ( n-- )
        give(got[n], 0);
    assert_int_equal(avail_pages(), all);
    /* Joined again: the largest block there can be (8192 at 8192). */
    got[0] = take(13);
    assert_int_equal(got[0], 8192);
    give(got[0], 13);
}

static void too_large_is_refused(void **state)
{
    uint64_t all = avail_pages();

    assert_null(heap_alloc(14));
    assert_null(heap_alloc(HEAP_MAX_ORDER));
    assert_int_equal(avail_pages(), all);
}

static void random_use(void **state)
{
    static struct
    {
        uint64_t mfn;
        unsigned int order;
    } held[400];
    uint64_t all = avail_pages(), sum = 0;

    srand(42);
    for ( int i = 0; i < 100000; i++ )
    {
        int k = rand() % 400;

        if ( held[k].mfn )
        {
            give(held[k].mfn, held[k].order);
            sum -= 1UL << held[k].order;
            held[k].mfn = 0;
        }
        else
        {
            held[k].order = rand() % 10 ? rand() % 4 : rand() % 11;
            held[k].mfn = take(held[k].order);
            if ( held[k].mfn )
                sum += 1UL << held[k].order;
        }
        assert_int_equal(avail_pages(), all - sum);
    }
    for ( int k = 0; k < 400; k++ )
        if ( held[k].mfn )
            give(held[k].mfn, held[k].order);
    assert_int_equal(avail_pages(), all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhausts_and_recovers),
        cmocka_unit_test(too_large_is_refused),
        cmocka_unit_test(random_use),
        cmocka_unit_test(exhausts_and_recovers),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
