/* SPDX-License-Identifier: MIT */
/* VMX operation that moves to another host, and records that are made up. */
/* TEST-SOURCES: xen/nested/nested-save.c xen/nested/nested.c */
/* TEST-SOURCES: xen/nested/vmcs12.c xen/nested/nested-caps.c */
#include "nested-test.h"
#include "../../../../xen/nested/nested-save.h"

#define VMXON_GPA 0x2000
#define VMCS_GPA  0x3000
#define OTHER_GPA 0x4000

/* An L1 in VMX operation with two active vmcs12s, the first one current. */
static struct test_l1 *busy_l1(void)
{
    struct test_l1 *l1 = new_l1();
    struct vmcs12 v12;
    struct nested_ctx *ctx;
    int err;

    good_vmcs12(&v12);
    v12.guest_rip = 0x1111;
    l1_write(l1, VMCS_GPA, &v12, sizeof(v12));
    v12.guest_rip = 0x2222;
    l1_write(l1, OTHER_GPA, &v12, sizeof(v12));
    l1->nv.state.vmx_on = true;
    l1->nv.state.vmxon_ptr = VMXON_GPA;
    assert_non_null(nested_ctx_load(&l1->nv, OTHER_GPA, &err));
    ctx = nested_ctx_load(&l1->nv, VMCS_GPA, &err);
    assert_non_null(ctx);
    nested_set_current(&l1->nv, ctx);
    return l1;
}

static void test_there_and_back(void **state)
{
    struct test_l1 *from = busy_l1(), *to = new_l1();
    struct nested_save rec;

    /* L1 has written to it since, and L2 has left something behind. */
    from->nv.cur->v12.guest_rip = 0x3333;
    from->nv.cur->v12.launch_state = 1;
    from->nv.cur->stale = VMCS12_GB(SEG);
    assert_true(nested_save_needed(&from->nv));
    nested_save_contexts(&from->nv);
    nested_save_fill(&from->nv, &rec);
    /* It goes on where it is, too. */
    assert_int_equal(from->nv.cur->gpa, VMCS_GPA);

    memcpy(to->mem, from->mem, sizeof(to->mem));
    assert_false(nested_save_needed(&to->nv));
    assert_int_equal(nested_save_load(&to->nv, &rec), 0);
    assert_true(to->nv.state.vmx_on);
    assert_int_equal(to->nv.state.vmxon_ptr, VMXON_GPA);
    assert_int_equal(to->nv.state.current_ptr, VMCS_GPA);
    assert_int_equal(to->nv.cur->v12.guest_rip, 0x3333);
    assert_int_equal(to->nv.cur->v12.launch_state, 1);
    assert_int_equal(to->nv.cur->v12.guest_cs_selector, SYNCED_CS);
    free_l1(from);
    free_l1(to);
}

static void test_no_current(void **state)
{
    struct test_l1 *l1 = new_l1();
    const struct nested_save rec = { NESTED_SAVE_VERSION, 0, VMXON_GPA,
                                     VMX_NO_CURRENT_VMCS };

    assert_int_equal(nested_save_load(&l1->nv, &rec), 0);
    assert_true(l1->nv.state.vmx_on);
    assert_null(l1->nv.cur);
    /* Twice is not possible. */
    assert_int_equal(nested_save_load(&l1->nv, &rec), -EINVAL);
    free_l1(l1);
}

/* The current one may be a shadow VMCS, where L1 is given those. */
static void test_current_shadow(void **state)
{
    const struct nested_save rec = { NESTED_SAVE_VERSION, 0, VMXON_GPA,
                                     VMCS_GPA };
    const uint32_t revision = VMCS12_REVISION | VMCS_SHADOW_BIT;
    struct test_l1 *l1 = new_l1();

    memcpy(l1->mem + VMCS_GPA, &revision, sizeof(revision));
    l1->caps.proc2.may &= ~PROC2_SHADOW_VMCS;
    assert_int_equal(nested_save_load(&l1->nv, &rec), -EINVAL);
    l1->caps.proc2.may |= PROC2_SHADOW_VMCS;
    assert_int_equal(nested_save_load(&l1->nv, &rec), 0);
    assert_int_equal(l1->nv.cur->v12.revision, revision);
    free_l1(l1);
}

static void test_made_up(void **state)
{
    static const struct nested_save bad[] = {
        { 2, 0, VMXON_GPA, VMCS_GPA },
        { 1, 1, VMXON_GPA, VMCS_GPA },
        { 1, 0, VMXON_GPA + 8, VMCS_GPA },
        { 1, 0, 1ull << 40, VMCS_GPA },
        { 1, 0, VMX_NO_CURRENT_VMCS, VMCS_GPA },
        { 1, 0, VMXON_GPA, VMCS_GPA + 4 },
        { 1, 0, VMXON_GPA, 1ull << 41 },
        { 1, 0, VMXON_GPA, L1_MEMORY },
        { 1, 0, VMXON_GPA, VMXON_GPA },
        { 1, 0, VMXON_GPA, 0x8000 }, /* no vmcs12 there */
    };
    struct test_l1 *l1 = busy_l1();

    nested_ctx_drop_all(&l1->nv);
    nested_state_reset(&l1->nv);
    for ( size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++ )
    {
        assert_int_equal(nested_save_load(&l1->nv, &bad[i]), -EINVAL);
        assert_false(l1->nv.state.vmx_on);
        assert_null(l1->nv.cur);
    }
    l1->max_contexts = 0;
    assert_int_equal(
        nested_save_load(&l1->nv,
                         &(struct nested_save){ 1, 0, VMXON_GPA, VMCS_GPA }),
        -ENOMEM);
    assert_false(l1->nv.state.vmx_on);
    free_l1(l1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_no_current),
        cmocka_unit_test(test_current_shadow),
        cmocka_unit_test(test_made_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
