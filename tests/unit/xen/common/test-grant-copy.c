/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy, by grant and by frame. */
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

static void copies_from_32bit_code(void **state)
{
    uint32_t *arg = test_low_page();

    (void)state;
    offer(8, DOM0_ID, GUEST_GFN, GTF_readonly);
    memcpy((char *)test_guest_memory(guest, GUEST_GFN) + 100, "from the guest",
           15);
    for ( unsigned int i = 0; i < 2; i++ )
    {
        uint32_t *c = arg + 6 * i;

        c[0] = 8 + i; /* nothing is offered as the second */
        c[1] = GUEST_ID | 100u << 16;
        c[2] = DOM0_GFN;
        c[3] = DOMID_SELF | 8u << 16;
        c[4] = 16 | GNTCOPY_source_gref << 16;
        c[5] = 0x5555;
    }
    arg[12] = 0xabcd;
    test_become_32bit(d0);
    assert_int_equal(
        do_grant_table_op(GNTTABOP_copy, LOW_ADDRESS(arg), 2, 0, 0), 0);
    assert_string_equal((char *)test_guest_memory(d0, DOM0_GFN) + 8,
                        "from the guest");
    assert_int_equal((int16_t)arg[5], GNTST_okay);
    assert_int_equal((int16_t)arg[11], GNTST_general_error);
    assert_int_equal(arg[12], 0xabcd);
    assert_int_equal(do_grant_table_op(GNTTABOP_copy, 0, 1, 0, 0), -EFAULT);
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
    page_set_gfn(mfn_to_page(virt_to_mfn(test_guest_memory(d0, DOM0_GFN))),
                 _gfn(DOM0_GFN));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(copies_by_grant_and_by_gfn),
        CASE(copies_from_32bit_code),
        CASE(copies_by_gfn_show_as_written),
        CASE(refused_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
