/* SPDX-License-Identifier: MIT */
/* A guest, another and Dom0 with grant tables, for their tests. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/grant-table.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/domctl.h>
#include <asm/log-dirty.h>

#define DOM0_ID  0
#define GUEST_ID 5
#define OTHER_ID 6

/* Where the guest has RAM, and where Dom0 maps things. */
#define GUEST_GFN 0x10
#define DOM0_GFN  0x20
#define MAP_GFN   0x100

static struct domain *d0, *guest, *other;

static inline struct domain *make(unsigned int id, bool privileged)
{
    static const struct xen_domctl_createdomain config = {
        .max_grant_frames = 4, .max_maptrack_frames = 2, .grant_opts = 2
    };
    struct domain *d = test_domain_create(id, 1, privileged);

    assert_int_equal(grant_table_init(d, &config), 0);
    return d;
}

static inline int setup(void **state)
{
    (void)state;
    assert_int_equal(test_pages_in_use(), 0);
    d0 = dom0 = make(DOM0_ID, true);
    guest = make(GUEST_ID, false);
    other = make(OTHER_ID, false);
    test_add_ram(guest, GUEST_GFN);
    test_add_ram(guest, GUEST_GFN + 1);
    test_add_ram(d0, DOM0_GFN);
    return 0;
}

static inline int teardown(void **state)
{
    struct domain *all[] = { d0, guest, other };

    (void)state;
    for ( int i = 0; i < 3; i++ )
        assert_int_equal(grant_table_relinquish(all[i]), 0);
    for ( int i = 0; i < 3; i++ )
        grant_table_destroy(all[i]);
    test_domains_destroy();
    /* Whatever a test did, every page came back. */
    assert_int_equal(test_pages_in_use(), 0);
    dom0 = NULL;
    return 0;
}

static inline long op(struct domain *as, unsigned int cmd, void *arg,
                      unsigned int count)
{
    test_become(as);
    return do_grant_table_op(cmd, (unsigned long)arg, count, 0, 0);
}

static inline grant_entry_v1_t *entry(grant_ref_t ref)
{
    return grant_entry_v1(guest->grant_table, ref);
}

static inline void offer(grant_ref_t ref, domid_t who, uint32_t gfn,
                         uint16_t flags)
{
    *entry(ref) = (grant_entry_v1_t){ GTF_permit_access | flags, who, gfn };
}

static inline struct gnttab_map_grant_ref map(struct domain *as,
                                              grant_ref_t ref, uint64_t gfn,
                                              uint32_t flags)
{
    struct gnttab_map_grant_ref m = { .host_addr = gfn << PAGE_SHIFT,
                                      .flags = GNTMAP_host_map | flags,
                                      .ref = ref,
                                      .dom = GUEST_ID };

    assert_int_equal(op(as, GNTTABOP_map_grant_ref, &m, 1), 0);
    return m;
}

static inline int16_t unmap(struct domain *as, uint32_t handle, uint64_t gfn)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = gfn << PAGE_SHIFT,
                                        .handle = handle };

    assert_int_equal(op(as, GNTTABOP_unmap_grant_ref, &u, 1), 0);
    return u.status;
}

static uint64_t marked[4];
static unsigned int nr_marked;

void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    assert_ptr_equal(d, d0);
    assert_in_range(nr_marked, 0, 3);
    marked[nr_marked++] = gfn_x(gfn);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
