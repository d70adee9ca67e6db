/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/memory.c xen/common/memory-reservation.c */
/* TEST-SOURCES: xen/common/memory-physmap.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/grant-table.c xen/common/grant-copy.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-maptrack.c */
/* TEST-SOURCES: xen/common/event-channel.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: xen/common/hvm-op.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/*
 * Random hypercalls of three domains with random arguments: nothing may
 * crash, and when the domains are gone every page must be back. The numbers
 * come from a fixed seed, so a failure can be repeated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <public/domctl.h>

#define NR_DOMAINS 3
#define ROUNDS     40
#define CALLS      4000
#define ARENA      16384

static const unsigned int ids[NR_DOMAINS] = { 0, 5, 6 };
static struct domain *domains[NR_DOMAINS];
static uint64_t arena[ARENA / sizeof(uint64_t)];
static uint64_t seed;

void wallclock_update(struct domain *d)
{
}

void pvclock_update(struct vcpu *v)
{
}

/* xorshift: quick, and the same everywhere. */
static uint32_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed >> 16;
}

/* A value that some operation takes for something that exists. */
static uint32_t likely_value(void)
{
    static const uint32_t pool[] = {
        0,    0,     1,     1,      2,       3,       4,          5,    5,
        6,    7,     8,     9,      0x10,    0x11,    0x12,       0x20, 0x40,
        0x41, 0x100, 0x101, 0x1000, 0x10000, 0x11000, DOMID_SELF, ~0u,
    };
    uint32_t r = any();

    return r % 8 ? pool[r / 8 % ARRAY_SIZE(pool)] : any();
}

static void random_argument(uint64_t *arg)
{
    uint32_t *words = (uint32_t *)arg;
    uint16_t *halves = (uint16_t *)arg;

    for ( unsigned int i = 0; i < 32; i++ )
        words[i] = likely_value();
    for ( unsigned int i = 0; i < 8; i++ )
        if ( any() % 2 )
            halves[any() % 24] = likely_value();
    /* Handles that lead somewhere, now and then. */
    for ( unsigned int i = 0; i < 6; i++ )
        if ( any() % 3 == 0 )
            arg[i] = (uint64_t)&arena[any() % ARRAY_SIZE(arena)];
}

/* What guests write to memory they share with us. */
static void scribble(struct domain *d)
{
    uint64_t gfn = likely_value();
    uint32_t *page = test_guest_memory(d, gfn);

    if ( page )
        page[any() % 1024] = any() % 2 ? any() : likely_value();
    *grant_entry(d->grant_table, any() % 16) =
        (grant_entry_v1_t){ any() % 16, ids[any() % NR_DOMAINS],
                            likely_value() };
}

static void random_call(void)
{
    static hypercall_fn_t *const calls[] = { do_event_channel_op,
                                             do_grant_table_op, do_memory_op,
                                             do_hvm_op };
    struct domain *d = domains[any() % NR_DOMAINS];
    uint64_t *arg = &arena[any() % (ARRAY_SIZE(arena) - 32)];
    hypercall_fn_t *fn = calls[any() % ARRAY_SIZE(calls)];
    uint64_t cmd = any() % 30;

    random_argument(arg);
    if ( any() % 64 == 0 )
        arg = (uint64_t *)(uintptr_t)any();
    test_become(d);
    fn(cmd, (uint64_t)arg, fn == do_grant_table_op ? any() % 4 : 0, 0, 0);
    scribble(d);
}

static void create_all(void)
{
    static const struct xen_domctl_createdomain config = {
        .max_grant_frames = 3, .max_maptrack_frames = 2, .grant_opts = 1
    };

    for ( unsigned int i = 0; i < NR_DOMAINS; i++ )
    {
        domains[i] = test_domain_create(ids[i], 2, i == 0);
        domains[i]->is_hwdom = i == 0;
        assert_int_equal(grant_table_init(domains[i], &config), 0);
        for ( uint64_t gfn = 0x10; gfn < 0x14; gfn++ )
            test_add_ram(domains[i], gfn);
        test_add_ram(domains[i], 0x40);
        test_add_ram(domains[i], 0x41);
    }
    dom0 = domains[0];
}

static void destroy_all(void)
{
    for ( unsigned int i = 0; i < NR_DOMAINS; i++ )
    {
        assert_int_equal(evtchn_domain_destroy(domains[i]), 0);
        assert_int_equal(grant_table_relinquish(domains[i]), 0);
    }
    for ( unsigned int i = 0; i < NR_DOMAINS; i++ )
    {
        assert_int_equal(domains[i]->evtchn->nr_in_use, 0);
        grant_table_destroy(domains[i]);
        xfree(domains[i]->arch.e820);
    }
    test_domains_destroy();
    dom0 = NULL;
}

static void nothing_crashes_and_nothing_leaks(void **state)
{
    (void)state;
    test_guest_window(arena, sizeof(arena));
    for ( unsigned int round = 1; round <= ROUNDS; round++ )
    {
        seed = 0x9e3779b97f4a7c15ull * round;
        create_all();
        for ( unsigned int i = 0; i < CALLS; i++ )
            random_call();
        destroy_all();
        if ( test_pages_in_use() )
            fail_msg("round %u: %u pages are missing", round,
                     test_pages_in_use());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_crashes_and_nothing_leaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
