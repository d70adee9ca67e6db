/* SPDX-License-Identifier: MIT */
/* The hypervisor's own memory: all that was allocated is freed, no more. */
/* TEST-SOURCES: xen/common/xenheap.c xen/common/xmalloc.c */
/* TEST-SOURCES: xen/common/page-alloc.c */
/* TEST-CFLAGS: -include tests/unit/xen/arch/x86/mm/host-directmap.h */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/heap.h>
#include <xen/lib.h>

#define NR_PAGES 256

unsigned long host_directmap;

void put_page(struct page_info *pg)
{
    fail_msg("nothing is shared here");
}

void assert_failed(const char *expr, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, expr);
    abort();
}

static int set_up(void **state)
{
    host_directmap = (unsigned long)aligned_alloc(NR_PAGES * PAGE_SIZE,
                                                  NR_PAGES * PAGE_SIZE);
    frame_table = calloc(NR_PAGES, sizeof(*frame_table));
    max_page = NR_PAGES;
    frame_table_mark_ram(0, NR_PAGES);
    heap_add(0, NR_PAGES);
    return 0;
}

static int tear_down(void **state)
{
    free((void *)host_directmap);
    free(frame_table);
    return 0;
}

/* Its size is known only to the frame table. */
static void large_objects(void **state)
{
    void *p[4];

    for ( size_t i = 0; i < ARRAY_SIZE(p); i++ )
    {
        p[i] = xmalloc_bytes(PAGE_SIZE * (2 * i + 1));
        assert_non_null(p[i]);
    }
    assert_int_equal(avail_pages(), NR_PAGES - (1 + 4 + 8 + 8));
    for ( size_t i = 0; i < ARRAY_SIZE(p); i++ )
        xfree(p[i]);
    assert_int_equal(avail_pages(), NR_PAGES);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(large_objects) };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
