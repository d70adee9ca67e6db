/* SPDX-License-Identifier: MIT */
/* grant_table_op between a guest and Dom0: mapping and unmapping. */
/* TEST-SOURCES: xen/common/grant-unmap.c */
/* TEST-SOURCES: xen/common/grant-table.c xen/common/grant-copy.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/grant-maptrack.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/grant-version.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
#include "grant-test.h"

static void map_and_unmap(void **state)
{
    struct gnttab_map_grant_ref m;
    unsigned int order;
    p2m_type_t t;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m = map(d0, 8, MAP_GFN, 0);
    assert_int_equal(m.status, GNTST_okay);
    assert_ptr_equal(test_guest_memory(d0, MAP_GFN),
                     test_guest_memory(guest, GUEST_GFN));
    p2m_get_entry(d0, _gfn(MAP_GFN), &t, &order);
    assert_int_equal(t, p2m_grant_map_rw);
    assert_int_equal(entry(8)->flags,
                     GTF_permit_access | GTF_reading | GTF_writing);

    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_null(test_guest_memory(d0, MAP_GFN));
    assert_int_equal(entry(8)->flags, GTF_permit_access);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_bad_handle);
}

static void a_handle_keeps_the_domain(void **state)
{
    uint32_t refs = guest->refcnt;
    struct gnttab_map_grant_ref m;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m = map(d0, 8, MAP_GFN, 0);
    assert_int_equal(guest->refcnt, refs + 1);
    /* Also when the page is not mapped any more: its id stays its own. */
    test_add_ram(d0, MAP_GFN);
    assert_int_equal(guest->refcnt, refs + 1);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_int_equal(guest->refcnt, refs);

    m = map(d0, 8, MAP_GFN, 0);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN + 1), GNTST_general_error);
    assert_int_equal(guest->refcnt, refs + 1);
    assert_int_equal(map(d0, 9, MAP_GFN + 1, 0).status, GNTST_general_error);
    assert_int_equal(guest->refcnt, refs + 1);
    assert_int_equal(grant_table_relinquish(d0), 0);
    assert_int_equal(guest->refcnt, refs);
    assert_int_equal(entry(8)->flags, GTF_permit_access);
}

static void read_only_mapping(void **state)
{
    struct gnttab_map_grant_ref m;
    unsigned int order;
    p2m_type_t t;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, GTF_readonly);
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_general_error);
    m = map(d0, 8, MAP_GFN, GNTMAP_readonly);
    assert_int_equal(m.status, GNTST_okay);
    p2m_get_entry(d0, _gfn(MAP_GFN), &t, &order);
    assert_int_equal(t, p2m_grant_map_ro);
    assert_int_equal(entry(8)->flags & (GTF_reading | GTF_writing),
                     GTF_reading);
}

static void refused_mappings_take_nothing(void **state)
{
    struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 8 };

    (void)state;
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_general_error);
    assert_int_equal(map(d0, 512, MAP_GFN, 0).status, GNTST_bad_gntref);
    assert_int_equal(map(d0, ~0u, MAP_GFN, 0).status, GNTST_bad_gntref);
    offer(8, DOM0_ID, GUEST_GFN, 0);
    assert_int_equal(map(other, 8, MAP_GFN, 0).status, GNTST_general_error);
    assert_int_equal(map(d0, 8, MAP_GFN, GNTMAP_contains_pte).status,
                     GNTST_general_error);
    assert_int_equal(map(d0, 8, MAP_GFN, GNTMAP_device_map).status,
                     GNTST_general_error);
    offer(9, DOM0_ID, 0x999, 0); /* no page there */
    assert_int_equal(map(d0, 9, MAP_GFN, 0).status, GNTST_bad_page);
    assert_int_equal(entry(9)->flags, GTF_permit_access);
    m.dom = 99;
    assert_int_equal(op(d0, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.status, GNTST_bad_domain);
    m.flags = 0;
    assert_int_equal(op(d0, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.status, GNTST_bad_gntref);
    assert_null(test_guest_memory(d0, MAP_GFN));
}

static void what_one_maps_one_cannot_offer_on(void **state)
{
    struct gnttab_map_grant_ref m;

    (void)state;
    /* The guest offers what it has from Dom0 itself. */
    *grant_entry_v1(d0->grant_table, 8) =
        (grant_entry_v1_t){ GTF_permit_access, GUEST_ID, DOM0_GFN };
    m = (struct gnttab_map_grant_ref){ .host_addr = MAP_GFN << PAGE_SHIFT,
                                       .flags = GNTMAP_host_map,
                                       .ref = 8,
                                       .dom = DOM0_ID };
    assert_int_equal(op(guest, GNTTABOP_map_grant_ref, &m, 1), 0);
    assert_int_equal(m.status, GNTST_okay);
    offer(8, OTHER_ID, MAP_GFN, 0);
    assert_int_equal(map(other, 8, MAP_GFN, 0).status, GNTST_bad_page);
}

static void page_given_up_stays_while_mapped(void **state)
{
    struct gnttab_map_grant_ref m;
    uint64_t before = guest->tot_pages;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m = map(d0, 8, MAP_GFN, 0);
    memset(test_guest_memory(d0, MAP_GFN), 0x5a, PAGE_SIZE);
    assert_int_equal(p2m_remove_ram(guest, _gfn(GUEST_GFN)), 0);
    assert_int_equal(guest->tot_pages, before);
    assert_int_equal(((uint8_t *)test_guest_memory(d0, MAP_GFN))[7], 0x5a);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_int_equal(guest->tot_pages, before - 1);
}

static void entry_in_use_keeps_its_frame(void **state)
{
    struct gnttab_map_grant_ref m1, m2;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m1 = map(d0, 8, MAP_GFN, 0);
    entry(8)->frame = GUEST_GFN + 1;
    m2 = map(d0, 8, MAP_GFN + 1, 0);
    assert_int_equal(m2.status, GNTST_okay);
    assert_int_not_equal(m1.handle, m2.handle);
    assert_ptr_equal(test_guest_memory(d0, MAP_GFN),
                     test_guest_memory(d0, MAP_GFN + 1));
    assert_int_equal(unmap(d0, m1.handle, MAP_GFN), GNTST_okay);
    assert_true(entry(8)->flags & GTF_writing);
    assert_int_equal(unmap(d0, m2.handle, MAP_GFN + 1), GNTST_okay);
    /* Not in use any more: the new frame counts. */
    map(d0, 8, MAP_GFN, 0);
    assert_ptr_equal(test_guest_memory(d0, MAP_GFN),
                     test_guest_memory(guest, GUEST_GFN + 1));
}

static void unmap_after_the_place_was_reused(void **state)
{
    struct gnttab_map_grant_ref m;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m = map(d0, 8, MAP_GFN, 0);
    assert_int_equal(p2m_remove_entry(d0, _gfn(MAP_GFN)), 0);
    test_add_ram(d0, MAP_GFN);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN + 5), GNTST_general_error);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_non_null(test_guest_memory(d0, MAP_GFN)); /* its own RAM */
    assert_int_equal(entry(8)->flags, GTF_permit_access);
}

static void handles_run_out_and_come_back(void **state)
{
    const uint32_t room = 2 * MAPTRACK_PER_PAGE;
    uint32_t first;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    first = map(d0, 8, MAP_GFN, 0).handle;
    for ( uint32_t i = 1; i < room; i++ )
        assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_okay);
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_no_device_space);
    assert_int_equal(unmap(d0, first, MAP_GFN), GNTST_okay);
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_okay);
}

static void table_grows_to_its_limit(void **state)
{
    xen_pfn_t frames[4];
    struct gnttab_setup_table s = { .dom = DOMID_SELF,
                                    .nr_frames = 4,
                                    .frame_list = { frames } };
    struct gnttab_query_size q = { .dom = DOMID_SELF };
    mfn_t mfn;

    (void)state;
    assert_int_equal(op(guest, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.nr_frames, 1);
    assert_int_equal(q.max_nr_frames, 4);
    assert_int_equal(op(guest, GNTTABOP_setup_table, &s, 1), 0);
    assert_int_equal(s.status, GNTST_okay);
    assert_true(frames[3] == ~0ul); /* not mapped anywhere yet */
    assert_int_equal(guest->grant_table->nr_frames, 4);
    s.nr_frames = 5;
    assert_int_equal(op(guest, GNTTABOP_setup_table, &s, 1), 0);
    assert_int_equal(s.status, GNTST_general_error);
    assert_int_equal(grant_table_get_frame(guest, false, 4, &mfn), -EINVAL);
    s.dom = DOM0_ID;
    op(guest, GNTTABOP_setup_table, &s, 1);
    assert_int_equal(s.status, GNTST_permission_denied);
}

static void frames_for_32bit_code(void **state)
{
    uint32_t *arg = test_low_page(), *frames = arg + 16;

    (void)state;
    page_set_gfn(mfn_to_page(virt_to_mfn(guest->grant_table->frame[0])),
                 _gfn(0x1234));
    arg[0] = DOMID_SELF;
    arg[1] = 2;
    arg[2] = 0x5555;
    arg[3] = LOW_ADDRESS(frames);
    frames[2] = 0xabcd;
    test_become_32bit(guest);
    assert_int_equal(
        do_grant_table_op(GNTTABOP_setup_table, LOW_ADDRESS(arg), 1, 0, 0), 0);
    assert_int_equal((int16_t)arg[2], GNTST_okay);
    assert_int_equal(frames[0], 0x1234);
    assert_int_equal(frames[1], ~0u); /* not mapped anywhere yet */
    assert_int_equal(frames[2], 0xabcd);
    arg[3] = 0;
    assert_int_equal(
        do_grant_table_op(GNTTABOP_setup_table, LOW_ADDRESS(arg), 1, 0, 0), 0);
    assert_int_equal((int16_t)arg[2], GNTST_bad_virt_addr);
    arg[0] = DOM0_ID;
    do_grant_table_op(GNTTABOP_setup_table, LOW_ADDRESS(arg), 1, 0, 0);
    assert_int_equal((int16_t)arg[2], GNTST_permission_denied);
}

static void mapper_that_dies_lets_go(void **state)
{
    (void)state;
    offer(8, OTHER_ID, GUEST_GFN, 0);
    assert_int_equal(map(other, 8, MAP_GFN, 0).status, GNTST_okay);
    assert_int_equal(grant_table_relinquish(other), 0);
    assert_int_equal(entry(8)->flags, GTF_permit_access);
}

static void version_and_unknown(void **state)
{
    struct gnttab_set_version v = { .version = 2 };
    uint64_t arg[8] = { 0 };

    (void)state;
    guest->grant_table->max_version = 1;
    assert_int_equal(op(guest, GNTTABOP_set_version, &v, 1), -ENOSYS);
    assert_int_equal(v.version, 1);
    v.version = 3;
    assert_int_equal(op(guest, GNTTABOP_set_version, &v, 1), -EINVAL);
    v.version = 1;
    assert_int_equal(op(guest, GNTTABOP_set_version, &v, 1), 0);
    assert_int_equal(op(guest, GNTTABOP_transfer, arg, 1), -ENOSYS);
    assert_int_equal(op(guest, 99, arg, 1), -ENOSYS);
    assert_int_equal(op(guest, GNTTABOP_map_grant_ref, arg, ~0u), -EINVAL);
    assert_int_equal(op(guest, GNTTABOP_query_size, arg, 2), -EINVAL);
    assert_int_equal(op(guest, GNTTABOP_query_size, NULL, 1), -EFAULT);
}

static void swap_exchanges_idle_entries(void **state)
{
    struct gnttab_swap_grant_ref s = { .ref_a = 8, .ref_b = 9 };

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    offer(9, OTHER_ID, GUEST_GFN + 1, 0);
    op(guest, GNTTABOP_swap_grant_ref, &s, 1);
    assert_int_equal(s.status, GNTST_okay);
    assert_int_equal(entry(8)->domid, OTHER_ID);
    map(d0, 9, MAP_GFN, 0);
    op(guest, GNTTABOP_swap_grant_ref, &s, 1);
    assert_int_equal(s.status, GNTST_eagain);
    s.ref_b = 100000;
    op(guest, GNTTABOP_swap_grant_ref, &s, 1);
    assert_int_equal(s.status, GNTST_bad_gntref);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(map_and_unmap),
        CASE(a_handle_keeps_the_domain),
        CASE(read_only_mapping),
        CASE(refused_mappings_take_nothing),
        CASE(what_one_maps_one_cannot_offer_on),
        CASE(page_given_up_stays_while_mapped),
        CASE(entry_in_use_keeps_its_frame),
        CASE(unmap_after_the_place_was_reused),
        CASE(handles_run_out_and_come_back),
        CASE(table_grows_to_its_limit),
        CASE(frames_for_32bit_code),
        CASE(mapper_that_dies_lets_go),
        CASE(version_and_unknown),
        CASE(swap_exchanges_idle_entries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
