/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/grant-unmap.c */
/* TEST-SOURCES: xen/common/memory.c xen/common/memory-reservation.c */
/* TEST-SOURCES: xen/common/memory-physmap.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
/* TEST-SOURCES: xen/common/grant-table.c xen/common/grant-copy.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-maptrack.c */
/* TEST-SOURCES: xen/common/grant-version.c */
/* TEST-SOURCES: xen/common/event-port.c xen/common/event-send.c */
/* TEST-SOURCES: xen/common/event-2l.c xen/common/event-fifo.c */
/* TEST-SOURCES: xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* memory_op: giving and taking memory, and what else is put into a map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/grant-table.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <public/domctl.h>
#include <public/memory.h>

#define DOM0_ID   0
#define GUEST_ID  5
#define OTHER_ID  6

#define RAM_GFN   0x10
#define PLACE_GFN 0x100

static struct domain *d0, *guest, *other;
static unsigned int clock_updates;

void wallclock_update(struct domain *d)
{
    clock_updates++;
}

void pvclock_update(struct vcpu *v)
{
    clock_updates++;
}

static struct domain *make(unsigned int id, bool privileged)
{
    static const struct xen_domctl_createdomain config = {
        .max_grant_frames = 2, .max_maptrack_frames = 1, .grant_opts = 1
    };
    struct domain *d = test_domain_create(id, 1, privileged);

    assert_int_equal(grant_table_init(d, &config), 0);
    return d;
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(test_pages_in_use(), 0);
    d0 = dom0 = make(DOM0_ID, true);
    d0->is_hwdom = true;
    guest = make(GUEST_ID, false);
    other = make(OTHER_ID, false);
    test_add_ram(guest, RAM_GFN);
    return 0;
}

static int teardown(void **state)
{
    struct domain *all[] = { d0, guest, other };

    (void)state;
    /* Frames that Dom0 has mapped go when it lets them go. */
    for ( int i = 0; i < 3; i++ )
    {
        grant_table_destroy(all[i]);
        free(all[i]->arch.e820);
    }
    test_domains_destroy();
    assert_int_equal(test_pages_in_use(), 0);
    dom0 = NULL;
    return 0;
}

static long op(struct domain *as, unsigned int cmd, void *arg)
{
    test_become(as);
    return do_memory_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static p2m_type_t type_at(struct domain *d, uint64_t gfn)
{
    unsigned int order;
    p2m_type_t t;

    p2m_get_entry(d, _gfn(gfn), &t, &order);
    return t;
}

static void populate_and_decrease(void **state)
{
    xen_pfn_t gfns[3] = { 0x50, 0x51, 0x52 };
    struct xen_memory_reservation r = { .extent_start = { gfns },
                                        .nr_extents = 3,
                                        .domid = GUEST_ID };

    (void)state;
    assert_int_equal(op(d0, XENMEM_populate_physmap, &r), 3);
    assert_int_equal(guest->tot_pages, 4);
    assert_int_equal(type_at(guest, 0x51), p2m_ram_rw);
    r.domid = DOMID_SELF;
    assert_int_equal(op(guest, XENMEM_decrease_reservation, &r), 3);
    assert_int_equal(guest->tot_pages, 1);
    assert_int_equal(type_at(guest, 0x51), p2m_invalid);
    /* Nothing is there any more: no extent is done. */
    assert_int_equal(op(guest, XENMEM_decrease_reservation, &r), 0);
    /* Continued calls start where the number says. */
    gfns[0] = 0xdead;
    assert_int_equal(op(guest, XENMEM_populate_physmap | (1 << 6), &r), 3);
    assert_int_equal(type_at(guest, 0xdead), p2m_invalid);
}

static void what_fails_half_way_leaves_nothing(void **state)
{
    const uint64_t end = 1ULL << 36;
    xen_pfn_t gfn = end - 1;
    struct xen_memory_reservation r = { .extent_start = { &gfn },
                                        .nr_extents = 1,
                                        .extent_order = 1,
                                        .domid = DOMID_SELF };
    unsigned int pages = test_pages_in_use();

    (void)state;
    /*
     * The first page is in the map for a moment, where another vCPU may reach
     * it: put_page() of the tests objects if it is freed without a flush.
     */
    assert_int_equal(op(guest, XENMEM_populate_physmap, &r), 0);
    assert_int_equal(type_at(guest, gfn), p2m_invalid);
    assert_int_equal(test_pages_in_use(), pages);
    gfn = end - 3;
    assert_int_equal(op(guest, XENMEM_populate_physmap, &r), 1);
    assert_int_equal(test_pages_in_use(), pages + 2);
}

static void limits_show_in_what_is_done(void **state)
{
    xen_pfn_t gfns[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    struct xen_memory_reservation r = { .extent_start = { gfns },
                                        .nr_extents = 8,
                                        .domid = DOMID_SELF };

    (void)state;
    guest->max_pages = 4;
    assert_int_equal(op(guest, XENMEM_populate_physmap, &r), 3);
    r.domid = OTHER_ID;
    assert_int_equal(op(guest, XENMEM_populate_physmap, &r), 0);
    r.domid = DOMID_SELF;
    /*
     * The toolstack may go beyond, for what the balloon will give back; what
     * it adds beyond the target is added to the limit.
     */
    r.mem_flags = XENMEMF_populate_on_demand;
    r.extent_start.p = gfns + 3;
    r.nr_extents = 2;
    assert_int_equal(op(guest, XENMEM_populate_physmap, &r), 0);
    r.domid = GUEST_ID;
    guest->pod_target = 5;
    assert_int_equal(op(d0, XENMEM_populate_physmap, &r), 2);
    assert_int_equal(guest->tot_pages, 6);
    assert_int_equal(guest->max_pages, 5);
    r.mem_flags = 0;
    r.extent_start.p = gfns + 5;
    assert_int_equal(op(d0, XENMEM_populate_physmap, &r), 0);
    r.domid = DOMID_SELF;
    r.extent_order = 10;
    assert_int_equal(op(guest, XENMEM_decrease_reservation, &r), 0);
    r.extent_order = 0;
    r.nr_extents = 1ul << 40;
    assert_int_equal(op(guest, XENMEM_decrease_reservation, &r), 0);
}

static long add(struct domain *as, domid_t domid, unsigned int space,
                uint64_t idx, uint64_t gfn)
{
    struct xen_add_to_physmap a = {
        .domid = domid, .space = space, .idx = idx, .gpfn = gfn
    };

    return op(as, XENMEM_add_to_physmap, &a);
}

static void shared_info_is_in_one_place(void **state)
{
    (void)state;
    clock_updates = 0;
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, PLACE_GFN), 0);
    assert_ptr_equal(test_guest_memory(guest, PLACE_GFN), guest->shared_info);
    assert_int_equal(clock_updates, 2);
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, PLACE_GFN + 1), 0);
    assert_null(test_guest_memory(guest, PLACE_GFN));
    /* Again at the same place. */
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, PLACE_GFN + 1), 0);
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 1, PLACE_GFN), -EINVAL);
}

static long op_32(struct domain *as, unsigned int cmd, void *arg)
{
    test_become_32bit(as);
    return do_memory_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static void memory_map_from_32bit_code(void **state)
{
    static struct e820_entry_guest map[2] = { { 0, 0xa0000, 1 },
                                              { 0x100000, 0x5000, 2 } };
    uint32_t *arg = test_low_page();

    (void)state;
    arg[0] = 10;
    arg[1] = LOW_ADDRESS(arg + 16);
    assert_int_equal(op_32(guest, XENMEM_memory_map, arg), -ENOSYS);
    guest->arch.e820 = map;
    guest->arch.e820_nr = 2;
    assert_int_equal(op_32(guest, XENMEM_memory_map, arg), 0);
    assert_int_equal(arg[0], 2);
    assert_int_equal(arg[2], 0);
    assert_memory_equal(arg + 16, map, sizeof(map));
    arg[0] = 1;
    arg[17] = 7;
    assert_int_equal(op_32(guest, XENMEM_memory_map, arg), 0);
    assert_int_equal(arg[0], 1);
    assert_int_equal(op_32(guest, XENMEM_memory_map, NULL), -EFAULT);
    arg[1] = 0;
    assert_int_equal(op_32(guest, XENMEM_memory_map, arg), -EFAULT);
    guest->arch.e820 = NULL;
    guest->arch.e820_nr = 0;
    /* Another's, whose map is in the middle of the structure. */
    arg[0] = GUEST_ID;
    arg[1] = 2;
    arg[2] = LOW_ADDRESS(arg + 16);
    assert_int_equal(op_32(guest, XENMEM_set_memory_map, arg), 0);
    assert_int_equal(guest->arch.e820_nr, 2);
    assert_int_equal(guest->arch.e820[1].addr, 0x100000);
    assert_int_equal(op_32(other, XENMEM_set_memory_map, arg), -EPERM);
}

static void physmap_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page();

    (void)state;
    arg[0] = DOMID_SELF;
    arg[1] = XENMAPSPACE_shared_info;
    arg[2] = 0;
    arg[3] = PLACE_GFN;
    arg[4] = 99; /* behind it */
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap, arg), 0);
    assert_ptr_equal(test_guest_memory(guest, PLACE_GFN), guest->shared_info);
    arg[2] = 1;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap, arg), -EINVAL);
    arg[0] = 0;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap, arg), -EPERM);
    arg[1] = XENMAPSPACE_gmfn_foreign;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap, arg), -ENOSYS);
    /* A range: the one page that there is, and then none. */
    arg[0] = DOMID_SELF | 2u << 16;
    arg[1] = XENMAPSPACE_gmfn_range;
    arg[2] = RAM_GFN;
    arg[3] = PLACE_GFN + 8;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap, arg), -EINVAL);
    assert_int_equal(type_at(guest, PLACE_GFN + 8), p2m_ram_rw);

    arg[0] = DOMID_SELF;
    arg[1] = PLACE_GFN + 8;
    assert_int_equal(op_32(guest, XENMEM_remove_from_physmap, arg), 0);
    assert_int_equal(type_at(guest, PLACE_GFN + 8), p2m_invalid);
    assert_int_equal(op_32(guest, XENMEM_remove_from_physmap, arg), -ENOENT);
}

static void batches_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *idxs = arg + 16, *gfns = arg + 24;
    int32_t *errs = (int32_t *)arg + 32;

    (void)state;
    arg[0] = DOMID_SELF | XENMAPSPACE_gmfn << 16;
    arg[1] = 2;
    arg[2] = LOW_ADDRESS(idxs);
    arg[3] = LOW_ADDRESS(gfns);
    arg[4] = LOW_ADDRESS(errs);
    idxs[0] = RAM_GFN;
    idxs[1] = RAM_GFN + 1;
    gfns[0] = PLACE_GFN;
    gfns[1] = PLACE_GFN + 1;
    errs[0] = errs[1] = errs[2] = 7;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap_batch, arg), 0);
    assert_int_equal(errs[0], 0);
    assert_int_equal(errs[1], -EINVAL);
    assert_int_equal(errs[2], 7);
    assert_int_equal(type_at(guest, PLACE_GFN), p2m_ram_rw);
    assert_int_equal(type_at(guest, RAM_GFN), p2m_invalid);
    arg[3] = 0;
    assert_int_equal(op_32(guest, XENMEM_add_to_physmap_batch, arg), -EFAULT);
}

static void reservations_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *gfns = arg + 16;

    (void)state;
    for ( unsigned int i = 0; i < 3; i++ )
        gfns[i] = PLACE_GFN + i;
    arg[0] = LOW_ADDRESS(gfns);
    arg[1] = 3;
    arg[2] = arg[3] = 0;
    arg[4] = DOMID_SELF;
    assert_int_equal(op_32(guest, XENMEM_populate_physmap, arg), 3);
    assert_int_equal(guest->tot_pages, 4);
    assert_int_equal(type_at(guest, PLACE_GFN + 2), p2m_ram_rw);
    assert_int_equal(op_32(guest, XENMEM_decrease_reservation, arg), 3);
    assert_int_equal(guest->tot_pages, 1);
    assert_int_equal(op_32(guest, XENMEM_decrease_reservation | 1 << 6, arg),
                     1);
    arg[0] = 0;
    assert_int_equal(op_32(guest, XENMEM_populate_physmap, arg), 0);
    arg[4] = OTHER_ID;
    assert_int_equal(op_32(guest, XENMEM_populate_physmap, arg), 0);
    assert_int_equal(op_32(guest, XENMEM_populate_physmap, NULL), 0);
    assert_int_equal(op_32(guest, XENMEM_exchange, arg), -EOPNOTSUPP);
    assert_int_equal(op_32(guest, XENMEM_exchange, NULL), -EFAULT);

    /* Claims take the same structure, with a null handle. */
    arg[1] = 2;
    arg[4] = GUEST_ID;
    assert_int_equal(op_32(d0, XENMEM_claim_pages, arg), 0);
    assert_int_equal(op_32(guest, XENMEM_claim_pages, arg), -EPERM);
    arg[3] = 1;
    assert_int_equal(op_32(d0, XENMEM_claim_pages, arg), -EINVAL);
}

static void numbers_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page();

    (void)state;
    arg[0] = DOMID_SELF;
    assert_int_equal(op_32(guest, XENMEM_current_reservation, arg), 1);
    assert_int_equal(op_32(guest, XENMEM_maximum_reservation, arg), 64);
    arg[0] = OTHER_ID;
    assert_int_equal(op_32(guest, XENMEM_maximum_gpfn, arg), -EPERM);
    assert_int_equal(op_32(guest, 63, arg), -ENOSYS);

    /* Its last member is the domain, and nothing comes after that. */
    memset(arg, 0, 64);
    arg[0] = 5;
    arg[8] = GUEST_ID;
    arg[9] = 0xabcd;
    assert_int_equal(op_32(guest, XENMEM_set_pod_target, arg), -EPERM);
    assert_int_equal(op_32(d0, XENMEM_set_pod_target, arg), 0);
    assert_int_equal(guest->pod_target, 5);
    assert_int_equal(arg[2], 1);
    assert_int_equal(arg[9], 0xabcd);

    memset(arg, 0, 64);
    arg[1] = 3;
    arg[4] = 0xabcd;
    assert_int_equal(op_32(guest, XENMEM_reserved_device_memory_map, arg), 0);
    assert_int_equal(arg[1], 0);
    assert_int_equal(arg[4], 0xabcd);
}

static void resources_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *gfns = arg + 16;

    (void)state;
    arg[0] = GUEST_ID | XENMEM_resource_grant_table << 16;
    assert_int_equal(op_32(guest, XENMEM_acquire_resource, arg), -EACCES);
    assert_int_equal(op_32(d0, XENMEM_acquire_resource, arg), 0);
    assert_int_equal(arg[2], 2);
    gfns[0] = PLACE_GFN;
    gfns[1] = PLACE_GFN + 1;
    arg[6] = LOW_ADDRESS(gfns);
    assert_int_equal(op_32(d0, XENMEM_acquire_resource, arg), 0);
    assert_int_equal(type_at(d0, PLACE_GFN + 1), p2m_map_foreign);
    assert_int_equal(p2m_remove_entry(d0, _gfn(PLACE_GFN)), 0);
    assert_int_equal(p2m_remove_entry(d0, _gfn(PLACE_GFN + 1)), 0);
}

static void what_was_there_is_freed(void **state)
{
    (void)state;
    assert_int_equal(guest->tot_pages, 1);
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, RAM_GFN), 0);
    assert_int_equal(guest->tot_pages, 0);
    assert_int_equal(type_at(guest, RAM_GFN), p2m_xen);
}

static void grant_frames_grow_on_demand(void **state)
{
    (void)state;
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_grant_table, 1, PLACE_GFN), 0);
    assert_int_equal(guest->grant_table->nr_frames, 2);
    assert_ptr_equal(test_guest_memory(guest, PLACE_GFN),
                     guest->grant_table->frame[1]);
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_grant_table, 2, PLACE_GFN), -EINVAL);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_grant_table,
                         XENMAPIDX_grant_table_status, PLACE_GFN),
                     -EINVAL);
}

static void moving_a_page(void **state)
{
    void *was = test_guest_memory(guest, RAM_GFN);

    (void)state;
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_gmfn, RAM_GFN, 0x30),
                     0);
    assert_ptr_equal(test_guest_memory(guest, 0x30), was);
    assert_null(test_guest_memory(guest, RAM_GFN));
    assert_int_equal(guest->tot_pages, 1);
    assert_int_equal(add(guest, DOMID_SELF, XENMAPSPACE_gmfn, RAM_GFN, 0x31),
                     -EINVAL);
}

static long foreign(struct domain *as, domid_t from, xen_ulong_t *idxs,
                    xen_pfn_t *gfns, int *errs, unsigned int nr)
{
    struct xen_add_to_physmap_batch b = { .domid = DOMID_SELF,
                                          .space = XENMAPSPACE_gmfn_foreign,
                                          .size = nr,
                                          .u.foreign_domid = from,
                                          .idxs = { idxs },
                                          .gpfns = { gfns },
                                          .errs = { errs } };

    return op(as, XENMEM_add_to_physmap_batch, &b);
}

static void foreign_mappings_of_dom0(void **state)
{
    xen_ulong_t idxs[2] = { RAM_GFN, 0x999 };
    xen_pfn_t gfns[2] = { PLACE_GFN, PLACE_GFN + 1 };
    int errs[2] = { 7, 7 };
    struct xen_remove_from_physmap r = { .domid = DOMID_SELF,
                                         .gpfn = PLACE_GFN };

    (void)state;
    assert_int_equal(foreign(d0, GUEST_ID, idxs, gfns, errs, 2), 0);
    assert_int_equal(errs[0], 0);
    assert_int_equal(errs[1], -EINVAL);
    assert_ptr_equal(test_guest_memory(d0, PLACE_GFN),
                     test_guest_memory(guest, RAM_GFN));
    /* Mapped twice and given up by its owner, it lives on for Dom0. */
    assert_int_equal(foreign(d0, GUEST_ID, idxs, gfns, errs, 1), 0);
    assert_int_equal(p2m_remove_ram(guest, _gfn(RAM_GFN)), 0);
    assert_int_equal(guest->tot_pages, 1);
    assert_int_equal(op(d0, XENMEM_remove_from_physmap, &r), 0);
    assert_int_equal(guest->tot_pages, 0);
    assert_int_equal(op(d0, XENMEM_remove_from_physmap, &r), -ENOENT);
}

static void foreign_mappings_need_privilege(void **state)
{
    xen_ulong_t idx = RAM_GFN;
    xen_pfn_t gfn = PLACE_GFN;
    int err = 7;

    (void)state;
    /* Refusals are told for each page. */
    assert_int_equal(foreign(other, GUEST_ID, &idx, &gfn, &err, 1), 0);
    assert_int_equal(err, -EPERM);
    assert_int_equal(foreign(other, 99, &idx, &gfn, &err, 1), 0);
    assert_int_equal(err, -ESRCH);
    assert_int_equal(foreign(d0, DOM0_ID, &idx, &gfn, &err, 1), 0);
    assert_int_equal(err, -EINVAL);
    assert_int_equal(foreign(d0, DOMID_SELF, &idx, &gfn, &err, 1), 0);
    assert_int_equal(err, -EINVAL);
    assert_null(test_guest_memory(d0, PLACE_GFN));
    assert_null(test_guest_memory(other, PLACE_GFN));
    assert_int_equal(
        add(d0, DOMID_SELF, XENMAPSPACE_gmfn_foreign, RAM_GFN, PLACE_GFN),
        -ENOSYS);
    assert_int_equal(
        add(other, GUEST_ID, XENMAPSPACE_shared_info, 0, PLACE_GFN), -EPERM);
}

static void device_memory_is_not_replaced(void **state)
{
    (void)state;
    assert_int_equal(p2m_set_entry(guest, _gfn(PLACE_GFN),
                                   virt_to_mfn(guest->shared_info), 0,
                                   p2m_mmio_direct),
                     0);
    get_page(mfn_to_page(virt_to_mfn(guest->shared_info)), NULL);
    assert_int_equal(
        add(guest, DOMID_SELF, XENMAPSPACE_shared_info, 0, PLACE_GFN), -EPERM);
}

/* Linux takes a hole between devices for its mappings of others' pages. */
static void dom0_maps_others_between_devices(void **state)
{
    xen_ulong_t idx = RAM_GFN;
    xen_pfn_t gfn = PLACE_GFN;
    unsigned int order;
    p2m_type_t t;
    int err = 7;

    (void)state;
    assert_int_equal(p2m_set_entry(d0, _gfn(PLACE_GFN),
                                   virt_to_mfn(d0->shared_info), 0,
                                   p2m_mmio_direct),
                     0);
    get_page(mfn_to_page(virt_to_mfn(d0->shared_info)), NULL);
    assert_int_equal(foreign(d0, GUEST_ID, &idx, &gfn, &err, 1), 0);
    assert_int_equal(err, 0);
    p2m_get_entry(d0, _gfn(PLACE_GFN), &t, &order);
    assert_int_equal(t, p2m_map_foreign);
}

static void acquired_grant_frames(void **state)
{
    xen_pfn_t gfns[2] = { PLACE_GFN, PLACE_GFN + 1 };
    struct xen_mem_acquire_resource a = { .domid = GUEST_ID,
                                          .type = XENMEM_resource_grant_table };

    (void)state;
    assert_int_equal(op(d0, XENMEM_acquire_resource, &a), 0);
    assert_int_equal(a.nr_frames, 2);
    a.frame_list.p = gfns;
    assert_int_equal(op(d0, XENMEM_acquire_resource, &a), 0);
    assert_ptr_equal(test_guest_memory(d0, PLACE_GFN + 1),
                     guest->grant_table->frame[1]);
    a.frame = 1;
    assert_int_equal(op(d0, XENMEM_acquire_resource, &a), -EIO);
    a.pad = 1;
    assert_int_equal(op(d0, XENMEM_acquire_resource, &a), -EINVAL);
    a.pad = 0;
    a.type = XENMEM_resource_ioreq_server;
    assert_int_equal(op(d0, XENMEM_acquire_resource, &a), -EINVAL);
    assert_int_equal(op(guest, XENMEM_acquire_resource, &a), -EACCES);
}

static void memory_maps(void **state)
{
    struct e820_entry_guest in[2] = { { 0, 0x1000, 1 }, { 0x1000, 8, 2 } };
    struct e820_entry_guest out[4];
    struct xen_foreign_memory_map f = { .domid = GUEST_ID,
                                        .map = { 2, { in } } };
    struct xen_memory_map m = { 4, { out } };

    (void)state;
    assert_int_equal(op(guest, XENMEM_memory_map, &m), -ENOSYS);
    assert_int_equal(op(other, XENMEM_set_memory_map, &f), -EPERM);
    f.map.nr_entries = 129;
    assert_int_equal(op(d0, XENMEM_set_memory_map, &f), -EINVAL);
    f.map.nr_entries = 2;
    assert_int_equal(op(d0, XENMEM_set_memory_map, &f), 0);
    /* Another vCPU may be setting a new one: this one must stay. */
    test_copied_locked = false;
    assert_int_equal(op(guest, XENMEM_memory_map, &m), 0);
    assert_true(test_copied_locked);
    assert_false(spin_is_locked(&guest->lock));
    assert_int_equal(m.nr_entries, 2);
    assert_memory_equal(in, out, sizeof(in));
    m.nr_entries = 1;
    assert_int_equal(op(guest, XENMEM_memory_map, &m), 0);
    assert_int_equal(m.nr_entries, 1);
}

static void numbers_and_refusals(void **state)
{
    struct xen_memory_domain d = { DOMID_SELF };
    struct xen_memory_reservation claim = { .nr_extents = 10,
                                            .domid = GUEST_ID };
    uint64_t arg[16] = { 0 };

    (void)state;
    assert_int_equal(op(guest, XENMEM_current_reservation, &d), 1);
    assert_int_equal(op(guest, XENMEM_maximum_reservation, &d), 64);
    assert_int_equal(op(guest, XENMEM_maximum_gpfn, &d), RAM_GFN);
    d.domid = OTHER_ID;
    assert_int_equal(op(guest, XENMEM_current_reservation, &d), -EPERM);
    d.domid = 99;
    assert_int_equal(op(d0, XENMEM_current_reservation, &d), -ESRCH);

    assert_int_equal(op(guest, XENMEM_claim_pages, &claim), -EPERM);
    assert_int_equal(op(d0, XENMEM_claim_pages, &claim), 0);
    assert_int_equal(guest->outstanding_claim, 10);

    assert_int_equal(op(d0, XENMEM_exchange, arg), -EOPNOTSUPP);
    assert_int_equal(op(d0, XENMEM_get_vnumainfo, arg), -EOPNOTSUPP);
    assert_int_equal(op(d0, XENMEM_machphys_mapping, arg), -ENOSYS);
    assert_int_equal(op(d0, 63, arg), -ENOSYS);
    assert_int_equal(op(d0, XENMEM_maximum_ram_page | 1 << 6, arg), -EINVAL);
    assert_int_equal(op(d0, XENMEM_add_to_physmap, NULL), -EFAULT);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(populate_and_decrease),
        CASE(what_fails_half_way_leaves_nothing),
        CASE(limits_show_in_what_is_done),
        CASE(shared_info_is_in_one_place),
        CASE(memory_map_from_32bit_code),
        CASE(physmap_from_32bit_code),
        CASE(batches_from_32bit_code),
        CASE(reservations_from_32bit_code),
        CASE(numbers_from_32bit_code),
        CASE(resources_from_32bit_code),
        CASE(what_was_there_is_freed),
        CASE(grant_frames_grow_on_demand),
        CASE(moving_a_page),
        CASE(foreign_mappings_of_dom0),
        CASE(foreign_mappings_need_privilege),
        CASE(device_memory_is_not_replaced),
        CASE(dom0_maps_others_between_devices),
        CASE(acquired_grant_frames),
        CASE(memory_maps),
        CASE(numbers_and_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
