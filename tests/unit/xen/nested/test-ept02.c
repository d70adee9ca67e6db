/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/ept02.c */
/* Shadow EPT: fills, sizes, invalidation by frame, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../xen/nested/ept02.h"

#define EPTP_A 0x100000ULL
#define EPTP_B 0x200000ULL
#define BITS   (EPT_RWX | EPT_MEMTYPE_WB << EPT_MEMTYPE_SHIFT)
#define PAGES  64

/* "Machine" memory is host memory: the address is the pointer. */
static unsigned int allocated;
static unsigned int fail_after = ~0u;

static uint64_t *table_alloc(void *priv, uint64_t *pa)
{
    uint64_t *p;

    if ( allocated >= fail_after )
        return NULL;
    p = aligned_alloc(4096, 4096);
    memset(p, 0, 4096);
    *pa = (uintptr_t)p;
    allocated++;
    return p;
}

static void table_free(void *priv, uint64_t *table, uint64_t pa)
{
    assert_true((uintptr_t)table == pa);
    allocated--;
    free(table);
}

static struct ept02 e;
static struct ept02_page pages[PAGES];
#define ROOTS 32
static struct ept02_root roots[ROOTS];

static void setup_pages(uint32_t count)
{
    const struct ept02_ops ops = { .alloc = table_alloc, .free = table_free };

    memset(pages, 0, sizeof(pages));
    fail_after = ~0u;
    memset(roots, 0, sizeof(roots));
    ept02_init(&e, &ops, pages, count, roots, ROOTS);
}

static void done(void)
{
    ept02_destroy(&e);
    assert_int_equal(allocated, 0);
    assert_int_equal(e.used_pages, 0);
}

/* Translate as the processor would; 0 if there is no mapping. */
static uint64_t lookup(const struct ept02_root *r, uint64_t gpa,
                       unsigned int *order)
{
    uint64_t *table =
        (uint64_t *)(uintptr_t)(ept02_eptp(&e, r) & EPT_ADDR_MASK);

    for ( unsigned int level = 4;; level-- )
    {
        unsigned int shift = 12 + 9 * (level - 1);
        uint64_t entry = table[gpa >> shift & 511];

        if ( !(entry & EPT_RWX) )
            return 0;
        if ( level == 1 || (entry & EPT_LEAF) )
        {
            uint64_t mask = (1ULL << shift) - 1;

            if ( order )
                *order = 9 * (level - 1);
            return (entry & EPT_ADDR_MASK & ~mask) | (gpa & mask) |
                   (entry & EPT_RWX) << 60;
        }
        table = (uint64_t *)(uintptr_t)(entry & EPT_ADDR_MASK);
    }
}

static int fill(struct ept02_root *r, uint64_t gpa, uint64_t pa, uint64_t gfn,
                unsigned int order)
{
    const struct ept02_map map = {
        .l2_gpa = gpa, .pa = pa, .gfn = gfn, .order = order, .bits = BITS
    };

    return ept02_fill(&e, r, &map);
}

#define RWX_MARK (7ULL << 60)

static void test_fill(void **state)
{
    struct ept02_root *r;
    unsigned int order;

    setup_pages(PAGES);
    r = ept02_get(&e, EPTP_A);
    assert_int_equal(ept02_eptp(&e, r) & 0xfff, 0x1e);
    assert_int_equal(lookup(r, 0x5000, NULL), 0);
    assert_int_equal(fill(r, 0x5000, 0x77000, 0x123, 0), 0);
    assert_true(lookup(r, 0x5123, &order) == (0x77123 | RWX_MARK));
    assert_int_equal(order, 0);
    assert_int_equal(lookup(r, 0x6000, NULL), 0);

    assert_int_equal(fill(r, 0x40345000, 0x745000, 0x645, 9), 0);
    assert_true(lookup(r, 0x40201000, &order) == (0x601000 | RWX_MARK));
    assert_int_equal(order, 9);
    assert_int_equal(fill(r, 0x80000000, 0xc0000000, 0x40000, 18), 0);
    assert_true(lookup(r, 0xabcde000, &order) == (0xebcde000 | RWX_MARK));
    assert_int_equal(order, 18);
    done();
}

/* A large page where small ones are known becomes one more small one. */
static void test_sizes_mix(void **state)
{
    struct ept02_root *r;
    unsigned int order;
    uint64_t gen;

    setup_pages(PAGES);
    r = ept02_get(&e, EPTP_A);
    fill(r, 0x1000, 0x11000, 0x11, 0);
    fill(r, 0x2000, 0x202000, 0x202, 9);
    assert_true(lookup(r, 0x2000, &order) == (0x202000 | RWX_MARK));
    assert_int_equal(order, 0);
    assert_true(lookup(r, 0x1000, NULL) == (0x11000 | RWX_MARK));

    /* A small page in a large one replaces it: stale for the processor. */
    fill(r, 0x200000, 0x400000, 0x400, 9);
    gen = e.gen;
    fill(r, 0x203000, 0x999000, 0x999, 0);
    assert_true(e.gen > gen);
    assert_true(lookup(r, 0x203000, &order) == (0x999000 | RWX_MARK));
    assert_int_equal(lookup(r, 0x204000, NULL), 0);
    done();
}

static void test_new_frame_is_stale(void **state)
{
    struct ept02_root *r;
    uint64_t gen;

    setup_pages(PAGES);
    r = ept02_get(&e, EPTP_A);
    fill(r, 0x1000, 0x11000, 0x11, 0);
    gen = e.gen;
    fill(r, 0x1000, 0x11000, 0x11, 0);
    assert_int_equal(e.gen, gen);
    fill(r, 0x1000, 0x12000, 0x12, 0);
    assert_true(e.gen > gen);
    done();
}

static void test_roots(void **state)
{
    struct ept02_root *a, *b;

    setup_pages(PAGES);
    a = ept02_get(&e, EPTP_A | 0x1e);
    b = ept02_get(&e, EPTP_B | 0x1e);
    assert_true(a != b);
    assert_true(ept02_get(&e, EPTP_A | 0x1e) == a);
    assert_int_equal(a->users, 2);
    assert_true(ept02_root_is(a, EPTP_A | 0x1e));
    /* With accessed and dirty flags it is another translation. */
    assert_false(ept02_root_is(a, EPTP_A | 0x1e | EPTP_AD));
    assert_true(ept02_get(&e, EPTP_A | 0x1e | EPTP_AD) != a);
    fill(a, 0x1000, 0x11000, 0x11, 0);
    assert_int_equal(lookup(b, 0x1000, NULL), 0);
    done();
}

static void test_invalidate(void **state)
{
    struct ept02_root *a, *b;
    uint32_t used;
    uint64_t gen;

    setup_pages(PAGES);
    a = ept02_get(&e, EPTP_A);
    b = ept02_get(&e, EPTP_B);
    fill(a, 0x1000, 0x11000, 0x11, 0);
    fill(a, 0x40000000, 0x200000, 0x200, 9);
    fill(b, 0x1000, 0x12000, 0x12, 0);
    gen = e.gen;
    used = e.used_pages;
    ept02_invalidate(&e, EPTP_A | 0x1e);
    assert_true(e.gen > gen);
    assert_int_equal(lookup(a, 0x1000, NULL), 0);
    assert_int_equal(lookup(a, 0x40000000, NULL), 0);
    assert_true(lookup(b, 0x1000, NULL) != 0);
    assert_int_equal(e.used_pages, used); /* tables stay for the refill */
    fill(a, 0x1000, 0x13000, 0x13, 0);
    assert_true(lookup(a, 0x1000, NULL) == (0x13000 | RWX_MARK));
    ept02_invalidate_all(&e);
    assert_int_equal(lookup(a, 0x1000, NULL), 0);
    assert_int_equal(lookup(b, 0x1000, NULL), 0);
    done();
}

static void test_invalidate_gfn(void **state)
{
    struct ept02_root *r;
    uint64_t gen;

    setup_pages(PAGES);
    r = ept02_get(&e, EPTP_A);
    for ( unsigned int i = 0; i < 512; i++ )
        fill(r, i * 0x1000, 0x1000000 + i * 0x1000, 0x5000 + i, 0);
    fill(r, 0x40000000, 0x8000000, 0x8000, 9);
    fill(r, 0x80000000, 0x40000000, 0x40000, 18);

    gen = e.gen;
    assert_false(ept02_invalidate_gfn(&e, 0x9000, 0));
    assert_int_equal(e.gen, gen);
    assert_true(ept02_invalidate_gfn(&e, 0x5007, 0));
    assert_true(e.gen > gen);
    assert_int_equal(lookup(r, 0x7000, NULL), 0);
    assert_true(lookup(r, 0x6000, NULL) != 0);
    assert_true(lookup(r, 0x8000, NULL) != 0);
    /* A small frame inside a large page, and a large one over small. */
    assert_true(ept02_invalidate_gfn(&e, 0x8123, 0));
    assert_int_equal(lookup(r, 0x40000000, NULL), 0);
    assert_true(ept02_invalidate_gfn(&e, 0x5000, 9));
    for ( unsigned int i = 0; i < 512; i++ )
        assert_int_equal(lookup(r, i * 0x1000, NULL), 0);
    assert_true(lookup(r, 0x80000000, NULL) != 0);
    assert_true(ept02_invalidate_gfn(&e, 0x40000 + 77, 0));
    assert_int_equal(lookup(r, 0x80000000, NULL), 0);
    done();
}

/* Never misses: random frames at random places. */
static void test_invalidate_gfn_random(void **state)
{
    struct ept02_root *r;

    setup_pages(PAGES);
    r = ept02_get(&e, EPTP_A);
    srand(3);
    for ( unsigned int i = 0; i < 2000; i++ )
    {
        uint64_t gpa = (uint64_t)(rand() & 0x3fff) << 12;
        uint64_t gfn = ((uint64_t)rand() << 20 ^ rand()) & 0xfffffffff;

        assert_int_equal(fill(r, gpa, 0x77000, gfn, 0), 0);
        assert_true(lookup(r, gpa, NULL) != 0);
        assert_true(ept02_invalidate_gfn(&e, gfn, 0));
        assert_int_equal(lookup(r, gpa, NULL), 0);
    }
    done();
}

/* Out of numbers: what nobody uses goes first, then everything. */
static void test_bounds(void **state)
{
    struct ept02_root *a, *b;
    unsigned int i;

    setup_pages(12); /* eleven pages */
    b = ept02_get(&e, EPTP_B);
    assert_int_equal(fill(b, 0, 0x1000, 1, 0), 0); /* four */
    ept02_put(&e, b);
    a = ept02_get(&e, EPTP_A);
    for ( i = 0; fill(a, (uint64_t)i << 21, 0x1000, i, 0) == 0; i++ )
        ;
    assert_int_equal(i, 4);
    ept02_shrink(&e);
    assert_int_equal(e.evictions, 1);
    ept02_reap(&e, e.gen);
    assert_int_equal(fill(a, (uint64_t)i << 21, 0x1000, i, 0), 0);
    assert_true(lookup(a, 0, NULL) != 0);

    while ( fill(a, (uint64_t)i << 21, 0x1000, i, 0) == 0 )
        i++;
    ept02_shrink(&e);
    assert_int_equal(lookup(a, 0, NULL), 0);
    /* Not before every processor has forgotten them. */
    ept02_reap(&e, e.gen - 1);
    assert_int_equal(fill(a, 0, 0x1000, 1, 0), -ENOMEM);
    ept02_reap(&e, e.gen);
    assert_int_equal(fill(a, 0, 0x1000, 1, 0), 0);
    done();
}

static void test_many_roots(void **state)
{
    setup_pages(PAGES + 0);
    for ( unsigned int i = 0; i < 3 * ROOTS; i++ )
    {
        struct ept02_root *r = ept02_get(&e, (uint64_t)(i + 1) << 12);

        if ( !r )
        {
            ept02_shrink(&e);
            ept02_reap(&e, e.gen);
            r = ept02_get(&e, (uint64_t)(i + 1) << 12);
        }
        assert_non_null(r);
        ept02_put(&e, r);
    }
    assert_true(e.used_pages < PAGES);
    done();
}

/* All roots in use at a time: as many as there are, and no more. */
static void test_used_roots(void **state)
{
    struct ept02_root *r[ROOTS];

    setup_pages(PAGES);
    for ( unsigned int i = 0; i < ROOTS; i++ )
    {
        r[i] = ept02_get(&e, (uint64_t)(i + 1) << 12);
        assert_non_null(r[i]);
    }
    assert_null(ept02_get(&e, (uint64_t)(ROOTS + 1) << 12));
    ept02_put(&e, r[7]);
    assert_ptr_equal(ept02_get(&e, (uint64_t)(ROOTS + 1) << 12), r[7]);
    done();
}

static void test_no_memory(void **state)
{
    struct ept02_root *r;

    setup_pages(PAGES);
    fail_after = 0;
    assert_null(ept02_get(&e, EPTP_A));
    fail_after = 2;
    r = ept02_get(&e, EPTP_A);
    assert_non_null(r);
    assert_int_equal(fill(r, 0, 0x1000, 1, 0), -ENOMEM);
    fail_after = ~0u;
    assert_int_equal(fill(r, 0, 0x1000, 1, 0), 0);
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fill),
        cmocka_unit_test(test_sizes_mix),
        cmocka_unit_test(test_new_frame_is_stale),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_invalidate),
        cmocka_unit_test(test_invalidate_gfn),
        cmocka_unit_test(test_invalidate_gfn_random),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_many_roots),
        cmocka_unit_test(test_used_roots),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
