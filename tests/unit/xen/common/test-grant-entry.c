/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/grant-entry.c */
/* Grant entries: who may claim what, and what the owner sees of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/grant-entry.h>

#define BACKEND  0
#define STRANGER 7

static grant_entry_v1_t entry;
static struct grant_active act;

static int setup(void **state)
{
    (void)state;
    memset(&act, 0, sizeof(act));
    entry = (grant_entry_v1_t){ GTF_permit_access, BACKEND, 0x1234 };
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
        assert_int_equal(
            grant_claim(&entry, &act, rows[i].who, rows[i].readonly),
            GNTST_general_error);
        assert_int_equal(entry.flags, rows[i].flags);
        assert_false(grant_in_use(&act));
    }
}

static void reading_marks_reading(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    assert_int_equal(entry.flags, GTF_permit_access | GTF_reading);
    assert_int_equal(act.domid, BACKEND);
    grant_release(&entry, &act, true);
    assert_int_equal(entry.flags, GTF_permit_access);
    assert_false(grant_in_use(&act));
}

static void read_only_entry_can_be_read(void **state)
{
    (void)state;
    entry.flags |= GTF_readonly;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false),
                     GNTST_general_error);
    assert_int_equal(act.readers, 1);
    assert_int_equal(act.writers, 0);
}

static void writing_marks_both(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false), GNTST_okay);
    assert_int_equal(entry.flags,
                     GTF_permit_access | GTF_reading | GTF_writing);
    grant_release(&entry, &act, false);
    assert_int_equal(entry.flags, GTF_permit_access);
}

static void marks_go_with_the_last_of_their_kind(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false), GNTST_okay);
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false), GNTST_okay);
    grant_release(&entry, &act, false);
    assert_true(entry.flags & GTF_writing);
    grant_release(&entry, &act, false);
    assert_int_equal(entry.flags, GTF_permit_access | GTF_reading);
    grant_release(&entry, &act, true);
    assert_int_equal(entry.flags, GTF_permit_access);
}

static void owner_cannot_take_back_what_is_in_use(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    /* It rewrites the entry for another domain all the same. */
    entry = (grant_entry_v1_t){ GTF_permit_access, STRANGER, 0x9999 };
    assert_int_equal(grant_claim(&entry, &act, STRANGER, true),
                     GNTST_general_error);
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    /* A new kind of use is checked against what is there now. */
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false),
                     GNTST_general_error);
    assert_int_equal(act.readers, 2);
}

static void counts_do_not_wrap(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true), GNTST_okay);
    act.readers = UINT16_MAX;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, true),
                     GNTST_general_error);
    assert_int_equal(act.readers, UINT16_MAX);
}

static void frame_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(grant_claim(&entry, &act, BACKEND, false), GNTST_okay);
    grant_release(&entry, &act, false);
    assert_int_equal(entry.frame, 0x1234);
    assert_int_equal(entry.domid, BACKEND);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
