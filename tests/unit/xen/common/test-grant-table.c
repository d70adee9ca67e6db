/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/grant-unmap.c */
/* TEST-SOURCES: xen/common/grant-table.c xen/common/grant-copy.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/grant-maptrack.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/grant-version.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* grant_table_op between a guest and Dom0. */
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

static struct domain *make(unsigned int id, bool privileged)
{
    static const struct xen_domctl_createdomain config = {
        .max_grant_frames = 4, .max_maptrack_frames = 2, .grant_opts = 2
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
    guest = make(GUEST_ID, false);
    other = make(OTHER_ID, false);
    test_add_ram(guest, GUEST_GFN);
    test_add_ram(guest, GUEST_GFN + 1);
    test_add_ram(d0, DOM0_GFN);
    return 0;
}

static int teardown(void **state)
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

static long op(struct domain *as, unsigned int cmd, void *arg,
               unsigned int count)
{
    test_become(as);
    return do_grant_table_op(cmd, (unsigned long)arg, count, 0, 0);
}

static grant_entry_v1_t *entry(grant_ref_t ref)
{
    return grant_entry_v1(guest->grant_table, ref);
}

static void offer(grant_ref_t ref, domid_t who, uint32_t gfn, uint16_t flags)
{
    *entry(ref) = (grant_entry_v1_t){ GTF_permit_access | flags, who, gfn };
}

static struct gnttab_map_grant_ref map(struct domain *as, grant_ref_t ref,
                                       uint64_t gfn, uint32_t flags)
{
    struct gnttab_map_grant_ref m = { .host_addr = gfn << PAGE_SHIFT,
                                      .flags = GNTMAP_host_map | flags,
                                      .ref = ref,
                                      .dom = GUEST_ID };

    assert_int_equal(op(as, GNTTABOP_map_grant_ref, &m, 1), 0);
    return m;
}

static int16_t unmap(struct domain *as, uint32_t handle, uint64_t gfn)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = gfn << PAGE_SHIFT,
                                        .handle = handle };

    assert_int_equal(op(as, GNTTABOP_unmap_grant_ref, &u, 1), 0);
    return u.status;
}

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

static void copies_by_grant_and_by_gfn(void **state)
{
    struct gnttab_copy c[2] = {
        { .source.u.ref = 8,
          .source.domid = GUEST_ID,
          .source.offset = 100,
          .dest.u.gmfn = DOM0_GFN,
          .dest.domid = DOMID_SELF,
          .dest.offset = 8,
          .len = 16,
          .flags = GNTCOPY_source_gref },
        { .source.u.gmfn = DOM0_GFN,
          .source.domid = DOMID_SELF,
          .dest.u.ref = 9,
          .dest.domid = GUEST_ID,
          .len = 4096,
          .flags = GNTCOPY_dest_gref },
    };

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, GTF_readonly);
    offer(9, DOM0_ID, GUEST_GFN + 1, 0);
    memcpy((char *)test_guest_memory(guest, GUEST_GFN) + 100, "from the guest",
           15);
    assert_int_equal(op(d0, GNTTABOP_copy, c, 2), 0);
    assert_int_equal(c[0].status, GNTST_okay);
    assert_int_equal(c[1].status, GNTST_okay);
    assert_string_equal((char *)test_guest_memory(d0, DOM0_GFN) + 8,
                        "from the guest");
    assert_string_equal((char *)test_guest_memory(guest, GUEST_GFN + 1) + 8,
                        "from the guest");
    assert_int_equal(entry(8)->flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(entry(9)->flags, GTF_permit_access);
}

static uint64_t marked[4];
static unsigned int nr_marked;

void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    assert_ptr_equal(d, d0);
    assert_in_range(nr_marked, 0, 3);
    marked[nr_marked++] = gfn_x(gfn);
}

static void copies_by_gfn_show_as_written(void **state)
{
    static struct log_dirty recording;
    struct gnttab_copy c = { .source = { .u.ref = 8, .domid = GUEST_ID },
                             .dest = { .u.gmfn = DOM0_GFN,
                                       .domid = DOMID_SELF },
                             .len = 16,
                             .flags = GNTCOPY_source_gref };

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, GTF_readonly);
    mfn_to_page(virt_to_mfn(test_guest_memory(d0, DOM0_GFN)))->gfn = DOM0_GFN;
    d0->p2m.log_dirty = &recording;
    nr_marked = 0;
    op(d0, GNTTABOP_copy, &c, 1);
    d0->p2m.log_dirty = NULL;
    assert_int_equal(c.status, GNTST_okay);
    assert_int_equal(nr_marked, 1);
    assert_int_equal(marked[0], DOM0_GFN);
}

static void refused_copies(void **state)
{
    struct gnttab_copy c = { .source.u.ref = 8,
                             .source.domid = GUEST_ID,
                             .dest.u.gmfn = DOM0_GFN,
                             .dest.domid = DOMID_SELF,
                             .flags = GNTCOPY_source_gref };

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, GTF_readonly);
    c.source.offset = 4000;
    c.len = 200;
    op(d0, GNTTABOP_copy, &c, 1);
    assert_int_equal(c.status, GNTST_bad_copy_arg);
    c.len = 8;
    c.dest.domid = GUEST_ID; /* another's page, but not by grant */
    op(d0, GNTTABOP_copy, &c, 1);
    assert_int_equal(c.status, GNTST_permission_denied);
    c.dest.domid = DOMID_SELF;
    c.dest.u.gmfn = 0x777;
    op(d0, GNTTABOP_copy, &c, 1);
    assert_int_equal(c.status, GNTST_bad_page);
    assert_int_equal(entry(8)->flags, GTF_permit_access | GTF_readonly);
    /* Writing to what was offered for reading. */
    c = (struct gnttab_copy){ .source.u.gmfn = DOM0_GFN,
                              .source.domid = DOMID_SELF,
                              .dest.u.ref = 8,
                              .dest.domid = GUEST_ID,
                              .len = 8,
                              .flags = GNTCOPY_dest_gref };
    op(d0, GNTTABOP_copy, &c, 1);
    assert_int_equal(c.status, GNTST_general_error);
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

static void set_version(struct domain *d, uint32_t version)
{
    struct gnttab_set_version v = { .version = version };

    assert_int_equal(op(d, GNTTABOP_set_version, &v, 1), 0);
    assert_int_equal(v.version, version);
}

static grant_entry_v2_t *entry2(grant_ref_t ref)
{
    return grant_entry_v2(guest->grant_table, ref);
}

static void offer2(grant_ref_t ref, uint64_t gfn, uint16_t flags)
{
    *entry2(ref) = (grant_entry_v2_t){
        .full_page = { .hdr = { GTF_permit_access | flags, DOM0_ID },
                       .frame = gfn },
    };
}

static void version_2_maps(void **state)
{
    struct gnttab_map_grant_ref m;
    grant_status_t *status;

    (void)state;
    set_version(guest, 2);
    offer2(200, GUEST_GFN, 0);
    status = grant_status(guest->grant_table, 200);
    m = map(d0, 200, MAP_GFN, 0);
    assert_int_equal(m.status, GNTST_okay);
    assert_ptr_equal(test_guest_memory(d0, MAP_GFN),
                     test_guest_memory(guest, GUEST_GFN));
    assert_int_equal(*status, GTF_reading | GTF_writing);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_int_equal(*status, 0);
    /* Half as many entries in a frame as before. */
    assert_int_equal(map(d0, 256, MAP_GFN, 0).status, GNTST_bad_gntref);
}

static struct gnttab_copy copy_from(grant_ref_t ref, uint16_t offset,
                                    uint16_t len)
{
    struct gnttab_copy c = { .source.u.ref = ref,
                             .source.domid = GUEST_ID,
                             .source.offset = offset,
                             .dest.u.gmfn = DOM0_GFN,
                             .dest.domid = DOMID_SELF,
                             .len = len,
                             .flags = GNTCOPY_source_gref };

    assert_int_equal(op(d0, GNTTABOP_copy, &c, 1), 0);
    return c;
}

static void parts_of_pages_are_copied(void **state)
{
    (void)state;
    set_version(guest, 2);
    offer2(8, GUEST_GFN, GTF_sub_page);
    entry2(8)->sub_page.page_off = 100;
    entry2(8)->sub_page.length = 50;
    strcpy((char *)test_guest_memory(guest, GUEST_GFN) + 100, "this part");
    assert_int_equal(copy_from(8, 100, 50).status, GNTST_okay);
    assert_string_equal(test_guest_memory(d0, DOM0_GFN), "this part");
    assert_int_equal(copy_from(8, 99, 10).status, GNTST_general_error);
    assert_int_equal(copy_from(8, 140, 11).status, GNTST_general_error);
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_general_error);
    assert_int_equal(*grant_status(guest->grant_table, 8), 0);
}

static void grants_are_passed_on_once(void **state)
{
    (void)state;
    set_version(guest, 2);
    /* The other offers to the guest, which passes it on to Dom0. */
    test_add_ram(other, GUEST_GFN);
    strcpy(test_guest_memory(other, GUEST_GFN), "the other's");
    *grant_entry_v1(other->grant_table, 9) =
        (grant_entry_v1_t){ GTF_permit_access | GTF_readonly, GUEST_ID,
                            GUEST_GFN };
    *entry2(8) = (grant_entry_v2_t){
        .transitive = { .hdr = { GTF_transitive, DOM0_ID },
                        .trans_domid = OTHER_ID,
                        .gref = 9 },
    };
    assert_int_equal(copy_from(8, 0, 12).status, GNTST_okay);
    assert_string_equal(test_guest_memory(d0, DOM0_GFN), "the other's");
    assert_int_equal(grant_entry_v1(other->grant_table, 9)->flags,
                     GTF_permit_access | GTF_readonly);
    assert_int_equal(*grant_status(guest->grant_table, 8), 0);
    assert_int_equal(map(d0, 8, MAP_GFN, 0).status, GNTST_general_error);

    /* Not offered to the guest but to Dom0: not the guest's to pass on. */
    grant_entry_v1(other->grant_table, 9)->domid = DOM0_ID;
    assert_int_equal(copy_from(8, 0, 12).status, GNTST_general_error);
    entry2(8)->transitive.trans_domid = 99;
    assert_int_equal(copy_from(8, 0, 12).status, GNTST_bad_domain);

    /* Passed on to itself: would be a second step. */
    entry2(8)->transitive.trans_domid = GUEST_ID;
    entry2(8)->transitive.gref = 10;
    *entry2(10) = *entry2(8);
    entry2(10)->hdr.domid = GUEST_ID;
    assert_int_equal(copy_from(8, 0, 12).status, GNTST_general_error);
    assert_int_equal(*grant_status(guest->grant_table, 8), 0);
    assert_int_equal(*grant_status(guest->grant_table, 10), 0);
}

static void version_changes_between_uses_only(void **state)
{
    struct gnttab_set_version v = { .version = 2 };
    struct gnttab_get_version g = { .dom = DOMID_SELF };
    struct gnttab_map_grant_ref m;

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, 0);
    m = map(d0, 8, MAP_GFN, 0);
    assert_int_equal(op(guest, GNTTABOP_set_version, &v, 1), -EBUSY);
    assert_int_equal(v.version, 1);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);

    /* The toolstack's entries stay, in use or not; others go. */
    offer(1, DOM0_ID, GUEST_GFN + 1, 0);
    m = map(d0, 1, MAP_GFN, 0);
    set_version(guest, 2);
    assert_int_equal(op(guest, GNTTABOP_get_version, &g, 1), 0);
    assert_int_equal(g.version, 2);
    assert_int_equal(entry2(1)->full_page.frame, GUEST_GFN + 1);
    assert_int_equal(*grant_status(guest->grant_table, 1),
                     GTF_reading | GTF_writing);
    assert_int_equal(entry2(8)->hdr.flags, GTF_invalid);

    /* What version 1 cannot say cannot be taken along. */
    *entry2(2) = (grant_entry_v2_t){ .hdr = { GTF_transitive, DOM0_ID } };
    v.version = 1;
    assert_int_equal(op(guest, GNTTABOP_set_version, &v, 1), -ERANGE);
    assert_int_equal(v.version, 2);
    entry2(2)->hdr.flags = GTF_invalid;
    set_version(guest, 1);
    assert_int_equal(entry(1)->frame, GUEST_GFN + 1);
    assert_int_equal(unmap(d0, m.handle, MAP_GFN), GNTST_okay);
    assert_int_equal(entry(1)->flags, GTF_permit_access);
}

static void status_frames_come_with_version_2(void **state)
{
    mfn_t mfn;

    (void)state;
    assert_int_equal(grant_table_get_frame(guest, true, 0, &mfn), -EINVAL);
    set_version(guest, 2);
    assert_int_equal(grant_table_get_frame(guest, true, 0, &mfn), 0);
    assert_ptr_equal(page_to_virt(mfn_to_page(mfn)),
                     guest->grant_table->status[0]);
    put_page(mfn_to_page(mfn));
    assert_int_equal(grant_table_get_frame(guest, true, 1, &mfn), -EINVAL);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

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
        CASE(copies_by_grant_and_by_gfn),
        CASE(copies_by_gfn_show_as_written),
        CASE(refused_copies),
        CASE(table_grows_to_its_limit),
        CASE(mapper_that_dies_lets_go),
        CASE(version_and_unknown),
        CASE(swap_exchanges_idle_entries),
        CASE(version_2_maps),
        CASE(parts_of_pages_are_copied),
        CASE(grants_are_passed_on_once),
        CASE(version_changes_between_uses_only),
        CASE(status_frames_come_with_version_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
