/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/nested/ept12-walk.c xen/nested/nested-caps.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested.c */
/* Walking L1's EPT: rights, misconfigurations, flags, qualifications. */
#include "nested-test.h"
#include "../../../../xen/nested/ept12-walk.h"

#define L4   0x10000u
#define L3   0x11000u
#define L2T  0x12000u
#define L1T  0x13000u
#define EPTP (L4 | EPTP_MEMTYPE_WB | 3 << EPTP_WALK_SHIFT)
#define GPA  0x40201000ULL /* indices 0, 1, 1, 1 */
#define WB   (EPT_MEMTYPE_WB << EPT_MEMTYPE_SHIFT)

static uint64_t *slot(struct test_l1 *l1, unsigned int level)
{
    static const uint32_t table[] = { 0, L1T, L2T, L3, L4 };

    return (uint64_t *)(l1->mem + table[level] + (level == 4 ? 0 : 8));
}

static struct test_l1 *mapped(void)
{
    struct test_l1 *l1 = new_l1();

    *slot(l1, 4) = L3 | EPT_RWX;
    *slot(l1, 3) = L2T | EPT_RWX;
    *slot(l1, 2) = L1T | EPT_RWX;
    *slot(l1, 1) = 0x55000 | EPT_RWX | WB;
    return l1;
}

static struct ept12_walk walk(struct test_l1 *l1, uint64_t eptp, uint64_t gpa,
                              uint64_t access)
{
    struct ept12_walk w;

    ept12_walk(&l1->nv, eptp, gpa, access, &w);
    return w;
}

static void test_4k(void **state)
{
    struct test_l1 *l1 = mapped();
    struct ept12_walk w = walk(l1, EPTP, GPA + 0x123, EPT_QUAL_READ);

    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(w.l1_gpa, 0x55123);
    assert_int_equal(w.order, 0);
    assert_int_equal(w.rights, EPT_RWX);
    assert_int_equal(w.memtype, WB);
    assert_true(w.dirty);
    free_l1(l1);
}

/* With mode-based execute control the two kinds of fetches have own rights. */
static void test_mode_based_execute(void **state)
{
    const uint64_t fetch =
        EPT_QUAL_FETCH | EPT_QUAL_GLA_VALID | EPT_QUAL_GLA_FINAL;
    struct test_l1 *l1 = mapped();
    struct ept12_walk w;

    /* No level lets user code be fetched, and bit 10 does not count. */
    w = walk(l1, EPTP | EPTP_MBEC, GPA, fetch | EPT_QUAL_USER);
    assert_int_equal(w.status, EPT12_VIOLATION);
    assert_int_equal(w.qual, fetch | EPT_QUAL_USER | EPT_RWX << 3);
    assert_int_equal(walk(l1, EPTP | EPTP_MBEC, GPA, fetch).status, EPT12_OK);
    assert_int_equal(walk(l1, EPTP, GPA, fetch | EPT_QUAL_USER).status,
                     EPT12_OK);

    /* User code only: present, and misconfigured where X alone is. */
    for ( unsigned int level = 1; level <= 4; level++ )
        *slot(l1, level) |= EPT_XU;
    *slot(l1, 1) &= ~EPT_X;
    w = walk(l1, EPTP | EPTP_MBEC, GPA, fetch);
    assert_int_equal(w.status, EPT12_VIOLATION);
    assert_int_equal(w.qual, fetch | EPT_QUAL_CAN_READ | EPT_QUAL_CAN_WRITE |
                                 EPT_QUAL_CAN_EXEC_USER);
    w = walk(l1, EPTP | EPTP_MBEC, GPA, fetch | EPT_QUAL_USER);
    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(w.rights, EPT_R | EPT_W | EPT_XU);
    *slot(l1, 1) &= ~EPT_RWX;
    w = walk(l1, EPTP | EPTP_MBEC, GPA, fetch | EPT_QUAL_USER);
    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(walk(l1, EPTP, GPA, fetch).status, EPT12_VIOLATION);
    l1->caps.ept_vpid &= ~EPT_CAP_EXEC_ONLY;
    w = walk(l1, EPTP | EPTP_MBEC, GPA, fetch | EPT_QUAL_USER);
    assert_int_equal(w.status, EPT12_MISCONFIG);
    free_l1(l1);
}

/* With A/D on, L2's own page walks write, also as the violation has it. */
static void test_walks_of_l2_write(void **state)
{
    const uint64_t at = EPT_QUAL_READ | EPT_QUAL_GLA_VALID;
    struct test_l1 *l1 = mapped();
    struct ept12_walk w;

    *slot(l1, 1) = 0x55000 | EPT_R | WB;
    assert_int_equal(walk(l1, EPTP, GPA, at).status, EPT12_OK);
    w = walk(l1, EPTP | EPTP_AD, GPA, at);
    assert_int_equal(w.status, EPT12_VIOLATION);
    assert_int_equal(w.qual & 7, EPT_QUAL_READ | EPT_QUAL_WRITE);
    /* The access itself is what it is. */
    w = walk(l1, EPTP | EPTP_AD, GPA, at | EPT_QUAL_GLA_FINAL);
    assert_int_equal(w.status, EPT12_OK);
    assert_false(w.dirtied);

    *slot(l1, 1) = 0x55000 | EPT_RWX | WB;
    w = walk(l1, EPTP | EPTP_AD, GPA, at);
    assert_int_equal(w.status, EPT12_OK);
    assert_true(w.dirtied);
    assert_true(*slot(l1, 1) & EPT_DIRTY);
    assert_false(walk(l1, EPTP | EPTP_AD, GPA, at).dirtied);
    free_l1(l1);
}

/* The entry at which the walk ended says whether a violation converts. */
static void test_suppress_ve(void **state)
{
    struct test_l1 *l1 = mapped();

    *slot(l1, 1) = 0;
    assert_false(walk(l1, EPTP, GPA, EPT_QUAL_READ).suppress_ve);
    *slot(l1, 1) = EPT_SUPPRESS_VE;
    assert_true(walk(l1, EPTP, GPA, EPT_QUAL_READ).suppress_ve);
    *slot(l1, 1) = 0x55000 | EPT_R | WB;
    *slot(l1, 2) |= EPT_SUPPRESS_VE;
    assert_false(walk(l1, EPTP, GPA, EPT_QUAL_WRITE).suppress_ve);
    *slot(l1, 1) |= EPT_SUPPRESS_VE;
    assert_true(walk(l1, EPTP, GPA, EPT_QUAL_WRITE).suppress_ve);
    assert_true(walk(l1, EPTP, 1ULL << 50, EPT_QUAL_READ).suppress_ve);
    free_l1(l1);
}

static void test_superpages(void **state)
{
    struct test_l1 *l1 = mapped();
    struct ept12_walk w;

    *slot(l1, 2) = 0x600000 | EPT_RWX | EPT_LEAF | WB;
    w = walk(l1, EPTP, GPA + 0x123, EPT_QUAL_WRITE);
    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(w.order, 9);
    assert_int_equal(w.l1_gpa, 0x601123);
    *slot(l1, 3) = 0x80000000 | EPT_RWX | EPT_LEAF | WB;
    w = walk(l1, EPTP, GPA + 0x123, EPT_QUAL_FETCH);
    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(w.order, 18);
    assert_int_equal(w.l1_gpa, 0x80201123);
    free_l1(l1);
}

/* Rights are what all levels give; the qualification says which. */
static void test_rights(void **state)
{
    struct test_l1 *l1 = mapped();

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        struct ept12_walk w;

        *slot(l1, level) &= ~EPT_W;
        w = walk(l1, EPTP, GPA,
                 EPT_QUAL_WRITE | EPT_QUAL_GLA_VALID | EPT_QUAL_GLA_FINAL);
        assert_int_equal(w.status, EPT12_VIOLATION);
        assert_int_equal(w.qual, EPT_QUAL_WRITE | EPT_QUAL_CAN_READ |
                                     EPT_QUAL_CAN_EXEC | EPT_QUAL_GLA_VALID |
                                     EPT_QUAL_GLA_FINAL);
        assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).status, EPT12_OK);
        *slot(l1, level) |= EPT_W;
    }
    *slot(l1, 2) = L1T | EPT_R;
    *slot(l1, 1) = 0x55000 | EPT_R | EPT_W | WB;
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_FETCH).qual,
                     EPT_QUAL_FETCH | EPT_QUAL_CAN_READ);
    free_l1(l1);
}

static void test_not_present(void **state)
{
    struct test_l1 *l1 = mapped();

    for ( unsigned int level = 1; level <= 4; level++ )
    {
        uint64_t keep = *slot(l1, level);
        struct ept12_walk w;

        /* Anything else in the entry does not matter. */
        *slot(l1, level) = ~(uint64_t)EPT_RWX;
        w = walk(l1, EPTP, GPA, EPT_QUAL_READ);
        assert_int_equal(w.status, EPT12_VIOLATION);
        assert_int_equal(w.qual, EPT_QUAL_READ);
        *slot(l1, level) = keep;
    }
    /* Nor is there anything beyond the 48 bits. */
    assert_int_equal(walk(l1, EPTP, 1ULL << 48 | GPA, EPT_QUAL_READ).status,
                     EPT12_VIOLATION);
    /* Tables where L1 has no memory. */
    *slot(l1, 2) = L1_MEMORY | EPT_RWX;
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).status,
                     EPT12_VIOLATION);
    free_l1(l1);
}

static void test_misconfigurations(void **state)
{
    static const struct
    {
        unsigned int level;
        uint64_t entry;
    } bad[] = {
        { 1, 0x55000 | EPT_W | WB }, /* write-only */
        { 1, 0x55000 | EPT_W | EPT_X | WB },
        { 4, L3 | EPT_W },
        { 1, 0x55000 | EPT_RWX | 2 << 3 }, /* memory types */
        { 1, 0x55000 | EPT_RWX | 3 << 3 },
        { 1, 0x55000 | EPT_RWX | 7 << 3 },
        { 1, 0x55000 | EPT_RWX | WB | 1ULL << 40 }, /* width */
        { 1, 0x55000 | EPT_RWX | WB | 1ULL << 51 },
        { 4, L3 | EPT_RWX | 8 }, /* reserved in a link */
        { 4, L3 | EPT_RWX | EPT_LEAF },
        { 3, L2T | EPT_RWX | EPT_IPAT },
        { 2, 0x601000 | EPT_RWX | EPT_LEAF | WB }, /* alignment */
        { 3, 0x40200000 | EPT_RWX | EPT_LEAF | WB },
    };
    struct test_l1 *l1 = mapped();

    for ( unsigned int i = 0; i < ARRAY_SIZE(bad); i++ )
    {
        uint64_t keep = *slot(l1, bad[i].level);

        *slot(l1, bad[i].level) = bad[i].entry;
        assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).status,
                         EPT12_MISCONFIG);
        /* It comes before the rights, whatever they are above it. */
        if ( bad[i].level == 1 )
        {
            *slot(l1, 4) = L3 | EPT_R;
            assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_WRITE).status,
                             EPT12_MISCONFIG);
            *slot(l1, 4) = L3 | EPT_RWX;
        }
        *slot(l1, bad[i].level) = keep;
    }
    free_l1(l1);
}

static void test_ignored_bits(void **state)
{
    struct test_l1 *l1 = mapped();

    *slot(l1, 1) |= 0xfff0000000000000ULL | 0xf00;
    *slot(l1, 4) |= 0xfff0000000000000ULL | 0xf00;
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).status, EPT12_OK);
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).l1_gpa, 0x55000);
    free_l1(l1);
}

static void test_execute_only(void **state)
{
    struct test_l1 *l1 = mapped();

    *slot(l1, 1) = 0x55000 | EPT_X | WB;
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_FETCH).status, EPT12_OK);
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_READ).status,
                     EPT12_VIOLATION);
    l1->caps.ept_vpid &= ~EPT_CAP_EXEC_ONLY;
    assert_int_equal(walk(l1, EPTP, GPA, EPT_QUAL_FETCH).status,
                     EPT12_MISCONFIG);
    free_l1(l1);
}

static void test_accessed_and_dirty(void **state)
{
    struct test_l1 *l1 = mapped();
    struct ept12_walk w = walk(l1, EPTP, GPA, EPT_QUAL_READ);

    assert_false(*slot(l1, 1) & EPT_ACCESSED); /* flags off */
    w = walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_READ);
    assert_false(w.dirty);
    for ( unsigned int level = 1; level <= 4; level++ )
        assert_int_equal(*slot(l1, level) & (EPT_ACCESSED | EPT_DIRTY),
                         EPT_ACCESSED);
    w = walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_WRITE);
    assert_true(w.dirty);
    assert_true(*slot(l1, 1) & EPT_DIRTY);
    assert_false(*slot(l1, 2) & EPT_DIRTY);
    w = walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_READ);
    assert_true(w.dirty); /* it is already */
    free_l1(l1);
}

/* No flags for an access that does not happen. */
static void test_no_flags_on_violation(void **state)
{
    struct test_l1 *l1 = mapped();

    *slot(l1, 1) &= ~EPT_W;
    (void)walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_WRITE);
    assert_false(*slot(l1, 1) & (EPT_ACCESSED | EPT_DIRTY));
    free_l1(l1);
}

/* Page-modification logging: each page once, downwards, until it is full. */
static void test_pml(void **state)
{
    struct test_l1 *l1 = mapped();
    struct ept12_walk w;
    struct vmcs12 v;
    uint64_t logged;

    good_vmcs12(&v);
    v.ept_pointer = EPTP | EPTP_AD;
    v.proc2_ctrl |= PROC2_PML;
    v.pml_address = 0x20000;
    v.guest_pml_index = 1;
    ept12_access(&l1->nv, &v, GPA + 0x123, EPT_QUAL_READ, &w);
    assert_int_equal(v.guest_pml_index, 1);
    ept12_access(&l1->nv, &v, GPA + 0x123, EPT_QUAL_WRITE, &w);
    assert_int_equal(w.status, EPT12_OK);
    assert_int_equal(v.guest_pml_index, 0);
    memcpy(&logged, l1->mem + 0x20008, sizeof(logged));
    assert_int_equal(logged, GPA);
    ept12_access(&l1->nv, &v, GPA, EPT_QUAL_WRITE, &w); /* dirty already */
    assert_int_equal(v.guest_pml_index, 0);

    *slot(l1, 1) &= ~EPT_DIRTY;
    ept12_access(&l1->nv, &v, GPA, EPT_QUAL_WRITE, &w);
    assert_int_equal(v.guest_pml_index, 0xffff);
    *slot(l1, 1) &= ~EPT_DIRTY;
    ept12_access(&l1->nv, &v, GPA, EPT_QUAL_WRITE, &w);
    assert_int_equal(w.status, EPT12_PML_FULL);
    assert_false(*slot(l1, 1) & EPT_DIRTY);
    assert_int_equal(v.guest_pml_index, 0xffff);
    /* What needs no log goes on. */
    ept12_access(&l1->nv, &v, GPA, EPT_QUAL_READ, &w);
    assert_int_equal(w.status, EPT12_OK);
    v.proc2_ctrl &= ~PROC2_PML;
    ept12_access(&l1->nv, &v, GPA, EPT_QUAL_WRITE, &w);
    assert_int_equal(w.status, EPT12_OK);
    free_l1(l1);
}

static void test_entry_changes_meanwhile(void **state)
{
    struct test_l1 *l1 = mapped();

    l1->or_again = 1;
    assert_int_equal(walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_READ).status,
                     EPT12_AGAIN);
    assert_int_equal(walk(l1, EPTP | EPTP_AD, GPA, EPT_QUAL_READ).status,
                     EPT12_OK);
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_4k),
        cmocka_unit_test(test_mode_based_execute),
        cmocka_unit_test(test_walks_of_l2_write),
        cmocka_unit_test(test_suppress_ve),
        cmocka_unit_test(test_superpages),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_not_present),
        cmocka_unit_test(test_misconfigurations),
        cmocka_unit_test(test_ignored_bits),
        cmocka_unit_test(test_execute_only),
        cmocka_unit_test(test_accessed_and_dirty),
        cmocka_unit_test(test_no_flags_on_violation),
        cmocka_unit_test(test_pml),
        cmocka_unit_test(test_entry_changes_meanwhile),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
