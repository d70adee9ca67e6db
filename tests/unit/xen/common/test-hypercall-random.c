/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/grant-unmap.c */
/* TEST-SOURCES: xen/common/memory.c xen/common/memory-reservation.c */
/* TEST-SOURCES: xen/common/memory-physmap.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/grant-table.c xen/common/grant-copy.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-maptrack.c */
/* TEST-SOURCES: xen/common/grant-version.c */
/* TEST-SOURCES: xen/common/event-channel.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: xen/common/hvm-op.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
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

void hvm_latch_shinfo_size(struct domain *d)
{
}

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
    *grant_entry_v1(d->grant_table, any() % 16) =
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
    current->hcall_compat = any() % 2; /* as if from 32-bit code */
    fn(cmd, (uint64_t)arg, fn == do_grant_table_op ? any() % 4 : 0, 0, 0);
    current->hcall_compat = false;
    scribble(d);
}

/* Calls as guests make them, which random words hardly ever are. */
static void sensible_call(void)
{
    static const uint64_t places[] = { 0x10, 0x11, 0x12, 0x40, 0x41, 0x100 };
    struct domain *d = domains[any() % NR_DOMAINS];
    uint64_t gfn = places[any() % ARRAY_SIZE(places)];
    xen_ulong_t *idx = &arena[0];
    xen_pfn_t *to = &arena[1];
    int *err = (int *)&arena[2];
    void *arg = &arena[8];

    test_become(d);
    switch ( any() % 8 )
    {
    case 0:
        *(struct evtchn_init_control *)arg = (struct evtchn_init_control){
            .control_gfn = gfn, .vcpu = any() % 3, .offset = any() % 8 * 64
        };
        do_event_channel_op(EVTCHNOP_init_control, (uint64_t)arg, 0, 0, 0);
        break;
    case 1:
        *(struct evtchn_expand_array *)arg =
            (struct evtchn_expand_array){ gfn };
        do_event_channel_op(EVTCHNOP_expand_array, (uint64_t)arg, 0, 0, 0);
        break;
    case 2:
        *(struct evtchn_alloc_unbound *)arg = (struct evtchn_alloc_unbound){
            .dom = DOMID_SELF, .remote_dom = ids[any() % NR_DOMAINS]
        };
        do_event_channel_op(EVTCHNOP_alloc_unbound, (uint64_t)arg, 0, 0, 0);
        break;
    case 3:
        *(struct evtchn_bind_interdomain *)arg =
            (struct evtchn_bind_interdomain){ .remote_dom =
                                                  ids[any() % NR_DOMAINS],
                                              .remote_port = any() % 40 };
        do_event_channel_op(EVTCHNOP_bind_interdomain, (uint64_t)arg, 0, 0, 0);
        break;
    case 4:
        *(struct gnttab_map_grant_ref *)arg = (struct gnttab_map_grant_ref){
            .host_addr = (0x100 + any() % 4) << PAGE_SHIFT,
            .flags = GNTMAP_host_map | (any() % 2 ? GNTMAP_readonly : 0),
            .ref = any() % 16,
            .dom = ids[any() % NR_DOMAINS]
        };
        do_grant_table_op(GNTTABOP_map_grant_ref, (uint64_t)arg, 1, 0, 0);
        break;
    case 5:
        *(struct gnttab_unmap_grant_ref *)arg = (struct gnttab_unmap_grant_ref){
            .host_addr = (0x100 + any() % 4) << PAGE_SHIFT, .handle = any() % 16
        };
        do_grant_table_op(GNTTABOP_unmap_grant_ref, (uint64_t)arg, 1, 0, 0);
        break;
    case 6:
        *idx = gfn;
        *to = 0x200 + any() % 4;
        *(struct xen_add_to_physmap_batch *)arg =
            (struct xen_add_to_physmap_batch){ .domid = DOMID_SELF,
                                               .space = any() % 5,
                                               .size = 1,
                                               .u.foreign_domid =
                                                   ids[any() % NR_DOMAINS],
                                               .idxs = { idx },
                                               .gpfns = { to },
                                               .errs = { err } };
        do_memory_op(XENMEM_add_to_physmap_batch, (uint64_t)arg, 0, 0, 0);
        break;
    default:
        *to = gfn;
        *(struct xen_memory_reservation *)arg = (struct xen_memory_reservation){
            .extent_start = { to }, .nr_extents = 1, .domid = DOMID_SELF
        };
        do_memory_op(any() % 2 ? XENMEM_populate_physmap
                               : XENMEM_decrease_reservation,
                     (uint64_t)arg, 0, 0, 0);
        break;
    }
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
            any() % 3 ? random_call() : sensible_call();
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
