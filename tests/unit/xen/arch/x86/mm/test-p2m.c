/* SPDX-License-Identifier: MIT */
/* The p2m: mapping, superpages and their splitting, references, teardown. */
/* TEST-SOURCES: xen/arch/x86/mm/p2m.c xen/arch/x86/mm/p2m-flush.c */
/* TEST-SOURCES: tests/unit/xen/arch/x86/mm/page-arena.c */
/* TEST-CFLAGS: -include tests/unit/xen/arch/x86/mm/host-directmap.h */

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/log-dirty.h>
#include <asm/vmx.h>
#include "page-arena.h"

struct vmx_caps vmx_caps;

static struct domain dom;
static unsigned int put_count[ARENA_PAGES];
static unsigned int alloc_puts;

bool get_page(struct page_info *pg, const struct domain *d)
{
    (void)d;
    pg->count++;
    return true;
}

void put_page(struct page_info *pg)
{
    put_count[pg - frame_table]++;
}

void put_page_alloc_ref(struct page_info *pg)
{
    (void)pg;
    alloc_puts++;
}

bool hypercall_preempt_check(void)
{
    return true;
}

void nested_p2m_invalidate(struct domain *d, gfn_t gfn, unsigned int order)
{
    (void)d;
    (void)gfn;
    (void)order;
}

void nested_p2m_filled(struct domain *d)
{
    (void)d;
}

void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    (void)d;
    (void)gfn;
    (void)order;
}

void log_dirty_destroy(struct domain *d)
{
    (void)d;
}

/* --- Another pCPU --- */

unsigned int nr_cpus_online;
cpumask_t cpu_online_map;

static struct percpu cpu0;
static struct vcpu vcpu1, *vcpus[1] = { &vcpu1 };
static cpumask_t called; /* by all calls so far */
static unsigned int calls_made, puts_before_call;

static void count_synchronized(void *data)
{
    (void)data;
}

void on_selected_cpus(cpumask_t mask, void (*fn)(void *data), void *data,
                      bool wait)
{
    assert_true(wait);
    assert_false(spin_is_locked(&dom.p2m.lock));
    if ( !mask )
        return;
    fn(data);
    called |= mask;
    calls_made++;
    for ( unsigned int i = 0; i < ARENA_PAGES; i++ )
        puts_before_call += put_count[i];
}

void smp_synchronize(void)
{
    on_selected_cpus(cpu_online_map & ~1ULL, count_synchronized, NULL, true);
}

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

void set_timer(struct timer *t, s_time_t expires)
{
    t->expires = expires;
    t->queued = true;
}

void kill_timer(struct timer *t)
{
    t->queued = false;
}

s_time_t NOW(void)
{
    return 1000;
}

void assert_failed(const char *expr, const char *file, int line)
{
    fail_msg("%s:%d: %s", file, line, expr);
    abort();
}

/* A vCPU of the domain runs on pCPU 1. */
static void runs_on_1(bool running)
{
    nr_cpus_online = 2;
    cpu_online_map = 3;
    vcpu1.processor = 1;
    vcpu1.is_running = running;
}

static int setup(void **state)
{
    (void)state;
    /* this_cpu() goes through the GS base. */
    cpu0.self = &cpu0;
    assert_int_equal(syscall(SYS_arch_prctl, ARCH_SET_GS, &cpu0), 0);
    nr_cpus_online = cpu_online_map = 1;
    called = calls_made = puts_before_call = 0;
    arena_init();
    memset(&dom, 0, sizeof(dom));
    dom.max_vcpus = 1;
    dom.vcpu = vcpus;
    vcpu1.is_running = false;
    memset(put_count, 0, sizeof(put_count));
    alloc_puts = 0;
    vmx_caps.ept_2m = vmx_caps.ept_1g = true;
    return p2m_init(&dom);
}

static int teardown(void **state)
{
    (void)state;
    while ( p2m_teardown(&dom) )
        ;
    arena_destroy();
    return 0;
}

static void expect(uint64_t gfn, uint64_t mfn, unsigned int order,
                   p2m_type_t type)
{
    p2m_type_t t;
    unsigned int o;

    assert_int_equal(mfn_x(p2m_get_entry(&dom, _gfn(gfn), &t, &o)), mfn);
    assert_int_equal(t, type);
    if ( type != p2m_invalid )
        assert_int_equal(o, order);
}

static void set(uint64_t gfn, uint64_t mfn, unsigned int order, p2m_type_t t)
{
    assert_int_equal(p2m_set_entry(&dom, _gfn(gfn), _mfn(mfn), order, t), 0);
}

static void absent_at_first(void **state)
{
    (void)state;
    expect(0, ~0ULL, 0, p2m_invalid);
    expect((1ULL << 36) - 1, ~0ULL, 0, p2m_invalid);
    expect(1ULL << 36, ~0ULL, 0, p2m_invalid);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(5)), -ENOENT);
}

static void single_pages(void **state)
{
    (void)state;
    set(0x1000, 77, 0, p2m_ram_rw);
    expect(0x1000, 77, 0, p2m_ram_rw);
    expect(0x1001, ~0ULL, 0, p2m_invalid);
    assert_int_equal(dom.p2m.max_mapped_gfn, 0x1000);
}

static void superpages_are_used(void **state)
{
    (void)state;
    set(1 << 18, 2 << 18, PAGE_ORDER_1G, p2m_ram_rw);
    expect((1 << 18) + 12345, (2 << 18) + 12345, PAGE_ORDER_1G, p2m_ram_rw);
    /* The root and one table, no more. */
    assert_int_equal(dom.p2m.nr_table_pages, 2);
}

static void superpages_fall_back(void **state)
{
    (void)state;
    vmx_caps.ept_1g = false;
    set(0, 1 << 18, PAGE_ORDER_1G, p2m_ram_rw);
    expect(513, (1 << 18) + 513, PAGE_ORDER_2M, p2m_ram_rw);
    vmx_caps.ept_2m = false;
    set(512, 512, PAGE_ORDER_2M, p2m_ram_rw);
    expect(513, 513, PAGE_ORDER_4K, p2m_ram_rw);
}

static void splitting_keeps_the_neighbours(void **state)
{
    uint64_t gen;

    (void)state;
    set(0, 1 << 18, PAGE_ORDER_1G, p2m_ram_rw);
    gen = dom.p2m.flush_gen;
    set(1000, 5, PAGE_ORDER_4K, p2m_mmio_direct);
    expect(999, (1 << 18) + 999, PAGE_ORDER_4K, p2m_ram_rw);
    expect(1000, 5, PAGE_ORDER_4K, p2m_mmio_direct);
    expect(1001, (1 << 18) + 1001, PAGE_ORDER_4K, p2m_ram_rw);
    expect(5000, (1 << 18) + 5000, PAGE_ORDER_2M, p2m_ram_rw);
    assert_true(dom.p2m.flush_gen > gen);
}

static void new_mappings_need_no_flush(void **state)
{
    uint64_t gen = dom.p2m.flush_gen;

    (void)state;
    set(10, 20, 0, p2m_ram_rw);
    assert_int_equal(dom.p2m.flush_gen, gen);
    set(10, 21, 0, p2m_ram_rw);
    assert_int_equal(dom.p2m.flush_gen, gen + 1);
}

static void foreign_references_are_given_back(void **state)
{
    (void)state;
    set(10, 20, 0, p2m_map_foreign);
    set(11, 21, 0, p2m_grant_map_ro);
    set(12, 22, 0, p2m_ram_rw);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(10)), 0);
    assert_int_equal(put_count[20], 1);
    expect(10, ~0ULL, 0, p2m_invalid);
    /* Replaced by something else. */
    set(11, 30, 0, p2m_ram_rw);
    assert_int_equal(put_count[21], 1);
    /* A superpage over it all. */
    set(0, 512, PAGE_ORDER_2M, p2m_ram_rw);
    assert_int_equal(put_count[20], 1);
    assert_int_equal(put_count[22], 0);
}

static void superpage_over_a_table_releases_it(void **state)
{
    uint64_t tables;

    (void)state;
    set(10, 20, 0, p2m_map_foreign);
    tables = dom.p2m.nr_table_pages;
    set(0, 512, PAGE_ORDER_2M, p2m_ram_rw);
    assert_int_equal(put_count[20], 1);
    assert_int_equal(dom.p2m.nr_table_pages, tables - 1);
}

/* Others have what the limit leaves, and the p2m its share of it. */
static void charges_leave_the_p2m_its_share(void **state)
{
    (void)state;
    dom.p2m.paging_pool_pages = 16;
    set(10, 20, 0, p2m_ram_rw); /* four tables by now */
    assert_false(p2m_charge(&dom, 9));
    assert_true(p2m_charge(&dom, 8));
    assert_false(p2m_charge(&dom, 1));
    /* Two tables each, in other corners of the map. */
    set(1 << 18, 20, 0, p2m_ram_rw);
    set(2 << 18, 20, 0, p2m_ram_rw);
    assert_int_equal(
        p2m_set_entry(&dom, _gfn(3 << 18), _mfn(20), 0, p2m_ram_rw), -ENOMEM);
    p2m_uncharge(&dom, 8);
    set(3 << 18, 20, 0, p2m_ram_rw);
}

static void removing_ram_frees_it_once(void **state)
{
    (void)state;
    set(10, 20, 0, p2m_ram_rw);
    assert_int_equal(p2m_remove_ram(&dom, _gfn(10)), 0);
    assert_int_equal(alloc_puts, 1);
    assert_int_equal(p2m_remove_ram(&dom, _gfn(10)), -ENOENT);
    assert_int_equal(alloc_puts, 1);
    /* Not by way of a foreign mapping. */
    set(11, 21, 0, p2m_map_foreign);
    assert_int_equal(p2m_remove_ram(&dom, _gfn(11)), -ENOENT);
}

static void out_of_range(void **state)
{
    (void)state;
    assert_int_equal(
        p2m_set_entry(&dom, _gfn(1ULL << 36), _mfn(1), 0, p2m_ram_rw), -EINVAL);
    assert_int_equal(p2m_set_entry(&dom, _gfn((1ULL << 36) - 1), _mfn(1),
                                   PAGE_ORDER_2M, p2m_ram_rw),
                     -EINVAL);
    assert_int_equal(p2m_set_entry(&dom, INVALID_GFN, _mfn(1), 0, p2m_ram_rw),
                     -EINVAL);
}

static void no_memory_keeps_the_old(void **state)
{
    (void)state;
    set(0, 1 << 18, PAGE_ORDER_1G, p2m_ram_rw);
    fail_after = 1;
    assert_int_equal(p2m_set_entry(&dom, _gfn(1000), _mfn(5), 0, p2m_ram_rw),
                     -ENOMEM);
    expect(1000, (1 << 18) + 1000, PAGE_ORDER_1G, p2m_ram_rw);
    fail_after = 2;
    assert_int_equal(p2m_set_entry(&dom, _gfn(1000), _mfn(5), 0, p2m_ram_rw),
                     -ENOMEM);
    expect(1000, (1 << 18) + 1000, PAGE_ORDER_2M, p2m_ram_rw);
}

static void teardown_goes_on_where_it_stopped(void **state)
{
    unsigned int calls = 1;

    (void)state;
    for ( unsigned int i = 0; i < 200; i++ )
        set(512 * i, 100 + i, 0, p2m_map_foreign);
    while ( p2m_teardown(&dom) == -ERESTART )
        calls++;
    assert_true(calls > 1);
    for ( unsigned int i = 0; i < 200; i++ )
        assert_int_equal(put_count[100 + i], 1);
    assert_int_equal(pages_out, 0);
}

/* A domain may still be named when its memory is gone. */
static void nothing_after_teardown(void **state)
{
    p2m_type_t t;

    (void)state;
    set(7, 100, 0, p2m_ram_rw);
    while ( p2m_teardown(&dom) == -ERESTART )
        ;
    expect(7, gfn_x(INVALID_GFN), 0, p2m_invalid);
    assert_null(get_page_from_gfn(&dom, _gfn(7), &t));
    assert_int_equal(p2m_set_entry(&dom, _gfn(7), _mfn(100), 0, p2m_ram_rw),
                     -ESRCH);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(7)), -ENOENT);
}

static void removed_pages_wait_for_others(void **state)
{
    (void)state;
    runs_on_1(true);
    set(10, 20, 0, p2m_map_foreign);
    set(11, 21, 0, p2m_ram_rw);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(10)), 0);
    assert_int_equal(p2m_remove_ram(&dom, _gfn(11)), 0);
    expect(10, ~0ULL, 0, p2m_invalid);
    assert_int_equal(put_count[20] + alloc_puts + calls_made, 0);
    assert_true(timer_is_active(&dom.p2m.limbo_timer));
    dom.p2m.limbo_timer.fn(dom.p2m.limbo_timer.data);
    assert_int_equal(called, 2);
    assert_int_equal(puts_before_call, 0);
    assert_int_equal(put_count[20], 1);
    assert_int_equal(alloc_puts, 1);
}

/* Else another pCPU could read what was mapped there before. */
static void new_mappings_wait_for_old_ones_to_go(void **state)
{
    (void)state;
    runs_on_1(true);
    set(10, 20, 0, p2m_map_foreign);
    assert_int_equal(calls_made, 0);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(10)), 0);
    assert_int_equal(calls_made, 0);
    set(10, 21, 0, p2m_map_foreign);
    assert_int_equal(calls_made, 1);
    assert_int_equal(put_count[20], 1);
    /* Once is enough. */
    set(11, 22, 0, p2m_map_foreign);
    assert_int_equal(calls_made, 1);
    /* Replacing and moving take effect at once. */
    set(11, 23, 0, p2m_ram_rw);
    assert_int_equal(calls_made, 2);
    assert_int_equal(put_count[22], 1);
    assert_int_equal(p2m_move_ram(&dom, _gfn(11), _gfn(12)), 0);
    assert_int_equal(calls_made, 3);
}

static void nobody_is_called_in_vain(void **state)
{
    (void)state;
    runs_on_1(false);
    set(10, 20, 0, p2m_map_foreign);
    assert_int_equal(p2m_remove_entry(&dom, _gfn(10)), 0);
    assert_int_equal(put_count[20], 1);
    assert_int_equal(calls_made, 0);
}

static void tables_wait_for_everybody(void **state)
{
    (void)state;
    runs_on_1(false);
    set(10, 20, 0, p2m_map_foreign);
    set(0, 512, PAGE_ORDER_2M, p2m_ram_rw);
    assert_int_equal(called, 2);
    assert_int_equal(puts_before_call, 0);
    assert_int_equal(put_count[20], 1);
}

static void many_removals_take_few_calls(void **state)
{
    (void)state;
    runs_on_1(true);
    for ( unsigned int i = 0; i < 1000; i++ )
        set(i, 100 + i, 0, p2m_map_foreign);
    for ( unsigned int i = 0; i < 1000; i++ )
        assert_int_equal(p2m_remove_entry(&dom, _gfn(i)), 0);
    p2m_flush_sync(&dom);
    for ( unsigned int i = 0; i < 1000; i++ )
        assert_int_equal(put_count[100 + i], 1);
    assert_true(calls_made < 20);
}

static void moving_takes_the_page_along(void **state)
{
    (void)state;
    set(10, 20, 0, p2m_ram_rw);
    assert_int_equal(p2m_move_ram(&dom, _gfn(10), _gfn(12345)), 0);
    expect(10, ~0ULL, 0, p2m_invalid);
    expect(12345, 20, 0, p2m_ram_rw);
    assert_int_equal(alloc_puts, 0);
    assert_int_equal(p2m_move_ram(&dom, _gfn(10), _gfn(11)), -EINVAL);
    /* Without memory for tables it stays where it is. */
    fail_after = 1;
    assert_int_equal(p2m_move_ram(&dom, _gfn(12345), _gfn(1 << 27)), -ENOMEM);
    expect(12345, 20, 0, p2m_ram_rw);
}

static void nothing_goes_into_a_dead_map(void **state)
{
    (void)state;
    set(10, 20, 0, p2m_ram_rw);
    while ( p2m_teardown(&dom) )
        ;
    expect(10, ~0ULL, 0, p2m_invalid);
    assert_int_equal(p2m_set_entry(&dom, _gfn(10), _mfn(5), 0, p2m_ram_rw),
                     -ESRCH);
    assert_int_equal(p2m_remove_ram(&dom, _gfn(10)), -ENOENT);
    assert_null(get_page_from_gfn(&dom, _gfn(10), NULL));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(absent_at_first),
        TEST(single_pages),
        TEST(superpages_are_used),
        TEST(superpages_fall_back),
        TEST(splitting_keeps_the_neighbours),
        TEST(new_mappings_need_no_flush),
        TEST(foreign_references_are_given_back),
        TEST(superpage_over_a_table_releases_it),
        TEST(charges_leave_the_p2m_its_share),
        TEST(removing_ram_frees_it_once),
        TEST(out_of_range),
        TEST(no_memory_keeps_the_old),
        TEST(teardown_goes_on_where_it_stopped),
        TEST(nothing_after_teardown),
        TEST(removed_pages_wait_for_others),
        TEST(new_mappings_wait_for_old_ones_to_go),
        TEST(nobody_is_called_in_vain),
        TEST(tables_wait_for_everybody),
        TEST(many_removals_take_few_calls),
        TEST(moving_takes_the_page_along),
        TEST(nothing_goes_into_a_dead_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
