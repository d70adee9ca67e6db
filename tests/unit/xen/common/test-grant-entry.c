/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/grant-entry.c */
/* Grant entries: who may claim what, and what the owner sees of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/errno.h>
#include <xen/grant-entry.h>

#define BACKEND  0
#define STRANGER 7

#define MARKS    (GTF_reading | GTF_writing)

static grant_entry_v1_t entry;
static struct grant_active act;
static const struct grant_slot v1 = { (void *)&entry, NULL };

static grant_entry_v2_t entry2;
static grant_status_t status;
static const struct grant_slot v2 = { &entry2.hdr, &status };

static int claim(domid_t who, bool readonly)
{
    return grant_claim(&v1, &act, who, readonly, true);
}

static void release(bool readonly)
{
    grant_release(&v1, &act, readonly);
}

static int setup(void **state)
{
    (void)state;
    /* Who claims notes what was offered: a whole page here. */
    act = (struct grant_active){ .length = 4096 };
    entry = (grant_entry_v1_t){ GTF_permit_access, BACKEND, 0x1234 };
    entry2 = (grant_entry_v2_t){
        .full_page = { .hdr = { GTF_permit_access, BACKEND },
                       .frame = 0x123456789a },
    };
    status = 0;
    return 0;
}

struct refusal
{
    const char *what;
    uint16_t flags;
    domid_t domid, who;
    bool readonly;
};

static void refused_claims_change_nothing(void **state)
{
    static const struct refusal rows[] = {
        { "nothing offered", GTF_invalid, BACKEND, BACKEND, true },
        { "a transfer", GTF_accept_transfer, BACKEND, BACKEND, true },
        { "transitive", GTF_transitive, BACKEND, BACKEND, true },
        { "somebody else's", GTF_permit_access, BACKEND, STRANGER, true },
        { "writing a read-only one", GTF_permit_access | GTF_readonly, BACKEND,
          BACKEND, false },
    };

    (void)state;
    for ( size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        entry.flags = rows[i].flags;
        entry.domid = rows[i].domid;
        print_message("%s\n", rows[i].what);
        assert_int_equal(claim(rows[i].who, rows[i].readonly),
                         GNTST_general_error);
        assert_int_equal(entry.flags, rows[i].flags);
        assert_false(grant_in_use(&act));
    }
}

static void reading_marks_reading(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    assert_int_equal(entry.flags, GTF_permit_access | GTF_reading);
    assert_int_equal(act.domid, BACKEND);
    release(true);
    assert_int_equal(entry.flags, GTF_permit_access);
    assert_false(grant_in_use(&act));
}

static void read_only_entry_can_be_read(void **state)
{
    (void)state;
    entry.flags |= GTF_readonly;
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    assert_int_equal(claim(BACKEND, false), GNTST_general_error);
    assert_int_equal(act.readers, 1);
    assert_int_equal(act.writers, 0);
}

static void writing_marks_both(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, false), GNTST_okay);
    assert_int_equal(entry.flags,
                     GTF_permit_access | GTF_reading | GTF_writing);
    release(false);
    assert_int_equal(entry.flags, GTF_permit_access);
}

static void marks_go_with_the_last_of_their_kind(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    assert_int_equal(claim(BACKEND, false), GNTST_okay);
    assert_int_equal(claim(BACKEND, false), GNTST_okay);
    release(false);
    assert_true(entry.flags & GTF_writing);
    release(false);
    assert_int_equal(entry.flags, GTF_permit_access | GTF_reading);
    release(true);
    assert_int_equal(entry.flags, GTF_permit_access);
}

static void owner_cannot_take_back_what_is_in_use(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    /* It rewrites the entry for another domain all the same. */
    entry = (grant_entry_v1_t){ GTF_permit_access, STRANGER, 0x9999 };
    assert_int_equal(claim(STRANGER, true), GNTST_general_error);
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    /* A new kind of use is checked against what is there now. */
    assert_int_equal(claim(BACKEND, false), GNTST_general_error);
    assert_int_equal(act.readers, 2);
}

static void counts_do_not_wrap(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, true), GNTST_okay);
    act.readers = UINT16_MAX;
    assert_int_equal(claim(BACKEND, true), GNTST_general_error);
    assert_int_equal(act.readers, UINT16_MAX);
}

static void frame_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(claim(BACKEND, false), GNTST_okay);
    release(false);
    assert_int_equal(entry.frame, 0x1234);
    assert_int_equal(entry.domid, BACKEND);
}

/* Version 2 has its marks elsewhere. */
static void version_2_marks_its_status(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&v2, &act, BACKEND, true, true), GNTST_okay);
    assert_int_equal(status, GTF_reading);
    assert_int_equal(grant_claim(&v2, &act, BACKEND, false, true), GNTST_okay);
    assert_int_equal(status, MARKS);
    assert_int_equal(entry2.hdr.flags, GTF_permit_access);
    grant_release(&v2, &act, false);
    assert_int_equal(status, GTF_reading);
    grant_release(&v2, &act, true);
    assert_int_equal(status, 0);
    assert_false(grant_in_use(&act));
}

struct v2_row
{
    const char *what;
    uint16_t flags;
    domid_t domid;
    bool readonly, mapping;
    int rc;
};

static void version_2_kinds(void **state)
{
    static const struct v2_row rows[] = {
        { "nothing", GTF_invalid, BACKEND, true, false, GNTST_general_error },
        { "a transfer", GTF_accept_transfer, BACKEND, true, false,
          GNTST_general_error },
        { "somebody else's", GTF_permit_access, STRANGER, true, false,
          GNTST_general_error },
        { "writing a read-only one", GTF_permit_access | GTF_readonly, BACKEND,
          false, false, GNTST_general_error },
        { "a part, to copy", GTF_permit_access | GTF_sub_page, BACKEND, true,
          false, GNTST_okay },
        { "a part, to map", GTF_permit_access | GTF_sub_page, BACKEND, true,
          true, GNTST_general_error },
        { "another's, to copy", GTF_transitive, BACKEND, true, false,
          GNTST_okay },
        { "another's, to map", GTF_transitive, BACKEND, true, true,
          GNTST_general_error },
    };

    (void)state;
    for ( size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        entry2.hdr.flags = rows[i].flags;
        entry2.hdr.domid = rows[i].domid;
        memset(&act, 0, sizeof(act));
        status = 0;
        print_message("%s\n", rows[i].what);
        assert_int_equal(
            grant_claim(&v2, &act, BACKEND, rows[i].readonly, rows[i].mapping),
            rows[i].rc);
        assert_int_equal(status, rows[i].rc == GNTST_okay ? GTF_reading : 0);
    }
}

static void part_in_use_cannot_be_mapped(void **state)
{
    (void)state;
    entry2.hdr.flags |= GTF_sub_page;
    assert_int_equal(grant_claim(&v2, &act, BACKEND, true, false), GNTST_okay);
    act.length = 100;
    /* Its owner makes it the whole page meanwhile: too late. */
    entry2.hdr.flags = GTF_permit_access;
    assert_int_equal(grant_claim(&v2, &act, BACKEND, true, true),
                     GNTST_general_error);
    assert_int_equal(act.readers, 1);
}

static void offers_are_read(void **state)
{
    struct grant_offer o;

    (void)state;
    grant_read_v1(&entry, &o);
    assert_int_equal(o.frame, 0x1234);
    assert_int_equal(o.offset, 0);
    assert_int_equal(o.length, 4096);
    assert_false(o.readonly || o.transitive);

    grant_read_v2(&entry2, &o);
    assert_int_equal(o.frame, 0x123456789a);
    assert_int_equal(o.length, 4096);

    entry2.hdr.flags |= GTF_sub_page | GTF_readonly;
    entry2.sub_page.page_off = 17;
    entry2.sub_page.length = 99;
    grant_read_v2(&entry2, &o);
    assert_int_equal(o.frame, 0x123456789a);
    assert_int_equal(o.offset, 17);
    assert_int_equal(o.length, 99);
    assert_true(o.readonly);

    entry2 = (grant_entry_v2_t){
        .transitive = { .hdr = { GTF_transitive, BACKEND },
                        .trans_domid = STRANGER,
                        .gref = 77 },
    };
    grant_read_v2(&entry2, &o);
    assert_true(o.transitive);
    assert_int_equal(o.trans_domid, STRANGER);
    assert_int_equal(o.trans_ref, 77);
}

static void versions_are_converted(void **state)
{
    grant_entry_v1_t back;

    (void)state;
    entry.flags |= GTF_reading | GTF_readonly;
    grant_v1_to_v2(&entry, &entry2, &status);
    assert_int_equal(entry2.hdr.flags, GTF_permit_access | GTF_readonly);
    assert_int_equal(entry2.hdr.domid, BACKEND);
    assert_int_equal(entry2.full_page.frame, 0x1234);
    assert_int_equal(status, GTF_reading);
    assert_int_equal(grant_v2_to_v1(&entry2, status, &back), 0);
    assert_memory_equal(&back, &entry, sizeof(back));

    entry2.full_page.frame = 1ull << 32;
    assert_int_equal(grant_v2_to_v1(&entry2, 0, &back), -ERANGE);
    entry2.full_page.frame = 1;
    entry2.hdr.flags = GTF_permit_access | GTF_sub_page;
    assert_int_equal(grant_v2_to_v1(&entry2, 0, &back), -ERANGE);
    entry2.hdr.flags = GTF_transitive;
    assert_int_equal(grant_v2_to_v1(&entry2, 0, &back), -ERANGE);
    entry2.hdr.flags = GTF_invalid;
    assert_int_equal(grant_v2_to_v1(&entry2, 0, &back), 0);
    assert_int_equal(back.flags, GTF_invalid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(refused_claims_change_nothing, setup),
        cmocka_unit_test_setup(reading_marks_reading, setup),
        cmocka_unit_test_setup(read_only_entry_can_be_read, setup),
        cmocka_unit_test_setup(writing_marks_both, setup),
        cmocka_unit_test_setup(marks_go_with_the_last_of_their_kind, setup),
        cmocka_unit_test_setup(owner_cannot_take_back_what_is_in_use, setup),
        cmocka_unit_test_setup(counts_do_not_wrap, setup),
        cmocka_unit_test_setup(frame_is_left_alone, setup),
        cmocka_unit_test_setup(version_2_marks_its_status, setup),
        cmocka_unit_test_setup(version_2_kinds, setup),
        cmocka_unit_test_setup(part_in_use_cannot_be_mapped, setup),
        cmocka_unit_test_setup(offers_are_read, setup),
        cmocka_unit_test_setup(versions_are_converted, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
