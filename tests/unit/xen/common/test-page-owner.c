/* TEST-SOURCES: xen/common/page-owner.c xen/common/page-alloc.c */
/* TEST-LIBS: -Wl,--wrap=heap_alloc */
/* SPDX-License-Identifier: MIT */
/* Whose pages: limits, claims, references, the way back to the heap. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <xen/domain.h>
#include <xen/heap.h>
#include <xen/lib.h>

#define NR_PAGES 1024

static struct page_info table[NR_PAGES];
static struct domain doms[3];

void assert_failed(const char *expr, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, expr);
    abort();
}

struct domain *get_domain_by_id(domid_t domid)
{
    if ( domid >= ARRAY_SIZE(doms) )
        return NULL;
    doms[domid].refcnt++;
    return &doms[domid];
}

void put_domain(struct domain *d)
{
    assert_true(d->refcnt > 0);
    d->refcnt--;
}

static int set_up(void **state)
{
    frame_table = table;
    max_page = NR_PAGES;
    frame_table_mark_ram(0, NR_PAGES);
    heap_add(0, NR_PAGES);
    for ( unsigned int i = 0; i < ARRAY_SIZE(doms); i++ )
    {
        doms[i].page_list = (struct page_list){ 0 };
        doms[i].domain_id = i;
        doms[i].max_pages = 100;
    }
    return 0;
}

static struct page_info *take(struct domain *d, unsigned int order)
{
    return alloc_domheap_pages(d, order, MEMF_no_scrub);
}

static void owned_and_given_back(void **state)
{
    struct domain *d = &doms[1];
    struct page_info *pg = take(d, 2);

    assert_non_null(pg);
    assert_int_equal(d->tot_pages, 4);
    assert_int_equal(d->refcnt, 1); /* for as long as it owns pages */
    assert_int_equal(avail_pages(), NR_PAGES - 4);
    for ( int i = 0; i < 4; i++ )
    {
        assert_ptr_equal(page_get_owner(&pg[i]), d);
        put_page_alloc_ref(&pg[i]);
        /* Only once, however often it is asked for. */
        put_page_alloc_ref(&pg[i]);
        assert_null(page_get_owner(&pg[i]));
    }
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(d->refcnt, 0);
    assert_true(page_list_empty(&d->page_list));
    assert_int_equal(avail_pages(), NR_PAGES);
}

/* As when a domain dies: whichever list a page is on, and wherever there. */
static void freed_from_either_list(void **state)
{
    struct domain *d = &doms[1];
    struct page_info *pg = take(d, 2);

    assert_non_null(pg);
    for ( int i = 0; i < 2; i++ )
    {
        page_list_del(&d->page_list, &pg[i]);
        page_list_add(&d->dying_pages, &pg[i]);
    }
    assert_ptr_equal(page_list_first(&d->page_list), &pg[3]);
    assert_ptr_equal(page_list_first(&d->dying_pages), &pg[1]);
    put_page_alloc_ref(&pg[1]);
    assert_ptr_equal(page_list_first(&d->page_list), &pg[3]);
    assert_ptr_equal(page_list_first(&d->dying_pages), &pg[0]);
    put_page_alloc_ref(&pg[2]);
    assert_null(page_list_next(&pg[3]));
    put_page_alloc_ref(&pg[3]);
    put_page_alloc_ref(&pg[0]);
    assert_true(page_list_empty(&d->page_list));
    assert_true(page_list_empty(&d->dying_pages));
    assert_int_equal(avail_pages(), NR_PAGES);
}

static void guest_frames_of_40_bits(void **state)
{
    struct page_info pg = { 0 };

    page_set_gfn(&pg, INVALID_GFN);
    assert_true(gfn_eq(page_gfn(&pg), INVALID_GFN));
    page_set_gfn(&pg, _gfn(0x123456789aULL));
    assert_int_equal(gfn_x(page_gfn(&pg)), 0x123456789aULL);
    page_set_gfn(&pg, _gfn(0xffffffffULL));
    assert_int_equal(gfn_x(page_gfn(&pg)), 0xffffffffULL);
}

static void limits(void **state)
{
    struct domain *d = &doms[1];
    struct page_info *pg = take(d, 6), *more;

    assert_non_null(pg);
    assert_null(take(d, 6)); /* 128 of 100 */
    assert_int_equal(d->tot_pages, 64);
    more = alloc_domheap_pages(d, 6, MEMF_no_scrub | MEMF_no_limit);
    assert_non_null(more);
    assert_null(take(d, 0));
    for ( int i = 0; i < 64; i++ )
    {
        put_page_alloc_ref(&pg[i]);
        put_page_alloc_ref(&more[i]);
    }
    d->is_dying = DOMDYING_dying;
    assert_null(take(d, 0));
    d->is_dying = DOMDYING_alive;
    assert_int_equal(avail_pages(), NR_PAGES);
}

static void a_mapping_keeps_the_page(void **state)
{
    struct domain *d = &doms[1];
    struct page_info *pg = take(d, 0);

    assert_false(get_page(pg, &doms[2]));
    assert_int_equal(pg->count, 1);
    assert_true(get_page(pg, d));
    assert_true(get_page(pg, NULL));
    put_page_alloc_ref(pg);
    /* The owner is dead but for the page that another maps. */
    assert_int_equal(d->refcnt, 1);
    assert_ptr_equal(page_get_owner(pg), d);
    put_page(pg);
    put_page(pg);
    assert_int_equal(d->refcnt, 0);
    assert_int_equal(avail_pages(), NR_PAGES);
    assert_false(get_page(pg, NULL));
}

static void references_do_not_wrap(void **state)
{
    struct page_info *pg = take(&doms[1], 0);

    pg->count = UINT32_MAX;
    assert_false(get_page(pg, NULL));
    pg->count = 1;
    put_page_alloc_ref(pg);
}

static struct domain *dies_meanwhile;

struct page_info *__real_heap_alloc(unsigned int order);
struct page_info *__wrap_heap_alloc(unsigned int order)
{
    if ( dies_meanwhile )
        dies_meanwhile->is_dying = DOMDYING_dying;
    return __real_heap_alloc(order);
}

static void nothing_for_one_that_dies(void **state)
{
    struct domain *d = &doms[2];
    uint64_t free = avail_pages();

    dies_meanwhile = d;
    assert_null(take(d, 1));
    dies_meanwhile = NULL;
    assert_null(take(d, 0));
    d->is_dying = DOMDYING_alive;
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(d->refcnt, 0);
    assert_true(page_list_empty(&d->page_list));
    assert_int_equal(avail_pages(), free);
}

/* The hypervisor's own needs may eat into what was promised. */
static void claims_can_always_be_given_up(void **state)
{
    uint64_t free = avail_pages(), n = 0;
    struct page_info *pg[NR_PAGES];

    assert_int_equal(domain_set_outstanding_pages(&doms[0], 60), 0);
    assert_int_equal(domain_set_outstanding_pages(&doms[1], 60), 0);
    while ( avail_pages() > 30 )
        pg[n++] = heap_alloc(0);
    assert_int_equal(domain_set_outstanding_pages(&doms[0], 61), -ENOMEM);
    assert_int_equal(domain_set_outstanding_pages(&doms[0], 50), 0);
    assert_int_equal(domain_set_outstanding_pages(&doms[0], 0), 0);
    assert_int_equal(domain_set_outstanding_pages(&doms[1], 0), 0);
    assert_int_equal(outstanding_claims(), 0);
    while ( n )
        heap_free(pg[--n], 0);
    assert_int_equal(avail_pages(), free);
}

static void claims(void **state)
{
    struct domain *d = &doms[1], *o = &doms[2];
    static struct page_info *got[NR_PAGES];
    unsigned int n = 0;

    o->max_pages = NR_PAGES;
    assert_int_equal(domain_set_outstanding_pages(d, 101), -EINVAL);
    assert_int_equal(domain_set_outstanding_pages(d, 50), 0);
    assert_int_equal(outstanding_claims(), 50);
    /* Another gets all but what is claimed. */
    while ( (got[n] = take(o, 0)) != NULL )
        n++;
    assert_int_equal(n, NR_PAGES - 50);
    assert_int_equal(domain_set_outstanding_pages(d, 51), -ENOMEM);
    got[n] = take(d, 0);
    assert_non_null(got[n]);
    assert_int_equal(d->outstanding_claim, 49);
    put_page_alloc_ref(got[n]);
    /* Giving the claim up lets the other have the rest. */
    assert_int_equal(domain_set_outstanding_pages(d, 0), 0);
    assert_int_equal(outstanding_claims(), 0);
    got[n] = take(o, 0);
    assert_non_null(got[n]);
    for ( unsigned int i = 0; i <= n; i++ )
        put_page_alloc_ref(got[i]);
    assert_int_equal(avail_pages(), NR_PAGES);
}

static void pages_of_the_hypervisor(void **state)
{
    struct domain *d = &doms[1];
    struct page_info *pg = heap_alloc(0);

    /* As share_xen_page_with_guest() leaves it. */
    pg->flags |= PGF_XEN;
    pg->owner = d->domain_id + 1;
    pg->count = 1;
    assert_true(get_page(pg, d));
    assert_int_equal(d->tot_pages, 0);
    put_page(pg);
    assert_int_equal(avail_pages(), NR_PAGES - 1);
    put_page(pg);
    assert_int_equal(avail_pages(), NR_PAGES);
    assert_int_equal(pg->flags & PGF_XEN, 0);
}

static void static_pages_stay_out_of_the_heap(void **state)
{
    struct domain *d = &doms[0];
    struct page_info *pg = heap_alloc(0);

    adopt_static_page(pg, d);
    assert_int_equal(d->tot_pages, 1);
    put_page_alloc_ref(pg);
    assert_int_equal(d->tot_pages, 0);
    assert_int_equal(d->refcnt, 0);
    assert_int_equal(avail_pages(), NR_PAGES - 1);
    pg->flags &= ~PGF_STATIC;
    heap_free(pg, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owned_and_given_back),
        cmocka_unit_test(freed_from_either_list),
        cmocka_unit_test(guest_frames_of_40_bits),
        cmocka_unit_test(limits),
        cmocka_unit_test(a_mapping_keeps_the_page),
        cmocka_unit_test(references_do_not_wrap),
        cmocka_unit_test(nothing_for_one_that_dies),
        cmocka_unit_test(claims),
        cmocka_unit_test(claims_can_always_be_given_up),
        cmocka_unit_test(pages_of_the_hypervisor),
        cmocka_unit_test(static_pages_stay_out_of_the_heap),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
