/* SPDX-License-Identifier: MIT */
/* Version 2 of the grant table: its entries and status frames. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(version_2_maps),
        CASE(parts_of_pages_are_copied),
        CASE(grants_are_passed_on_once),
        CASE(version_changes_between_uses_only),
        CASE(status_frames_come_with_version_2),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
