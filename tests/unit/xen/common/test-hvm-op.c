/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/hvm-op.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* hvm_op: who may read and write which parameter, and what values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/domain.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>

#define GUEST_ID 5
#define OTHER_ID 6

static struct domain *d0, *guest, *other;

static unsigned int latched;

void hvm_latch_shinfo_size(struct domain *d)
{
    latched++;
}

static int setup(void **state)
{
    (void)state;
    d0 = dom0 = test_domain_create(0, 1, true);
    guest = test_domain_create(GUEST_ID, 2, false);
    other = test_domain_create(OTHER_ID, 1, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_domains_destroy();
    dom0 = NULL;
    return 0;
}

static long op(struct domain *as, unsigned int cmd, void *arg)
{
    test_become(as);
    return do_hvm_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static long set(struct domain *as, domid_t domid, uint32_t index,
                uint64_t value)
{
    struct xen_hvm_param p = { .domid = domid, .index = index, .value = value };

    return op(as, HVMOP_set_param, &p);
}

static long get(struct domain *as, domid_t domid, uint32_t index,
                uint64_t *value)
{
    struct xen_hvm_param p = { .domid = domid, .index = index };
    long rc = op(as, HVMOP_get_param, &p);

    if ( value )
        *value = p.value;
    return rc;
}

struct row
{
    uint32_t index;
    long guest_get, guest_set, tools_get, tools_set;
};

/* As Xen 4.17 answers; 0 is what each parameter is set to. */
static void access_to_parameters(void **state)
{
    static const struct row rows[] = {
        { HVM_PARAM_CALLBACK_IRQ, 0, 0, 0, 0 },
        { HVM_PARAM_STORE_PFN, 0, -EPERM, 0, 0 },
        { HVM_PARAM_STORE_EVTCHN, 0, 0, 0, 0 },
        { HVM_PARAM_CONSOLE_PFN, 0, -EPERM, 0, 0 },
        { HVM_PARAM_CONSOLE_EVTCHN, 0, 0, 0, 0 },
        { HVM_PARAM_PAE_ENABLED, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
        { HVM_PARAM_NESTEDHVM, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
        { HVM_PARAM_DM_DOMAIN, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
        { HVM_PARAM_IDENT_PT, -EPERM, -EPERM, 0, 0 },
        { HVM_PARAM_TIMER_MODE, -EPERM, -EPERM, 0, 0 },
        { HVM_PARAM_PAGING_RING_PFN, -EPERM, -EPERM, 0, 0 },
        { HVM_PARAM_ALTP2M, 0, -EPERM, 0, 0 },
        { HVM_PARAM_X87_FIP_WIDTH, 0, 0, 0, 0 },
        { HVM_NR_PARAMS, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
        { ~0u, -EINVAL, -EINVAL, -EINVAL, -EINVAL },
    };

    (void)state;
    for ( size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++ )
    {
        const struct row *r = &rows[i];

        print_message("parameter %u\n", r->index);
        assert_int_equal(get(guest, DOMID_SELF, r->index, NULL), r->guest_get);
        assert_int_equal(get(guest, GUEST_ID, r->index, NULL), r->guest_get);
        assert_int_equal(set(guest, DOMID_SELF, r->index, 0), r->guest_set);
        assert_int_equal(get(d0, GUEST_ID, r->index, NULL), r->tools_get);
        assert_int_equal(set(d0, GUEST_ID, r->index, 0), r->tools_set);
    }
}

static void others_are_out_of_reach(void **state)
{
    (void)state;
    assert_int_equal(get(other, GUEST_ID, HVM_PARAM_STORE_PFN, NULL), -EPERM);
    assert_int_equal(set(other, GUEST_ID, HVM_PARAM_STORE_EVTCHN, 1), -EPERM);
    assert_int_equal(get(d0, 99, HVM_PARAM_STORE_PFN, NULL), -ESRCH);
    assert_int_equal(op(guest, HVMOP_get_param, NULL), -EFAULT);
    assert_int_equal(op(guest, HVMOP_set_param, NULL), -EFAULT);
}

static void values_are_kept_and_checked(void **state)
{
    uint64_t v;

    (void)state;
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_STORE_PFN, 0xfeffc), 0);
    assert_int_equal(get(guest, DOMID_SELF, HVM_PARAM_STORE_PFN, &v), 0);
    assert_int_equal(v, 0xfeffc);
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_TIMER_MODE, 4), -EINVAL);
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_TRIPLE_FAULT_REASON, 6),
                     -EINVAL);
    assert_int_equal(set(guest, DOMID_SELF, HVM_PARAM_X87_FIP_WIDTH, 3),
                     -EINVAL);
    /* Those that keep their first value. */
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_IOREQ_PFN, 1), 0);
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_IOREQ_PFN, 1), 0);
    assert_int_equal(set(d0, GUEST_ID, HVM_PARAM_IOREQ_PFN, 2), -EEXIST);
}

static void callback_by_vector(void **state)
{
    const uint64_t vector = 2ull << 56;

    (void)state;
    latched = 0;
    assert_int_equal(
        set(guest, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, vector | 0xf3), 0);
    assert_int_equal(guest->arch.callback_vector, 0xf3);
    assert_int_equal(latched, 1);
    /* Another way of delivery turns it off. */
    assert_int_equal(set(guest, DOMID_SELF, HVM_PARAM_CALLBACK_IRQ, 1), 0);
    assert_int_equal(guest->arch.callback_vector, 0);
}

static void upcall_vector(void **state)
{
    struct xen_hvm_evtchn_upcall_vector u = { .vcpu = 1, .vector = 0xf3 };

    (void)state;
    assert_int_equal(op(guest, HVMOP_set_evtchn_upcall_vector, &u), 0);
    assert_int_equal(guest->vcpu[1]->arch.evtchn_upcall_vector, 0xf3);
    assert_int_equal(test_upcalls(guest->vcpu[1]), 0);
    /* What was pending before is delivered by the new vector. */
    guest->vcpu[1]->vcpu_info->evtchn_upcall_pending = 1;
    assert_int_equal(op(guest, HVMOP_set_evtchn_upcall_vector, &u), 0);
    assert_int_equal(test_upcalls(guest->vcpu[1]), 1);
    u.vector = 15;
    assert_int_equal(op(guest, HVMOP_set_evtchn_upcall_vector, &u), -EINVAL);
    u = (struct xen_hvm_evtchn_upcall_vector){ .vcpu = 2, .vector = 0xf3 };
    assert_int_equal(op(guest, HVMOP_set_evtchn_upcall_vector, &u), -ENOENT);
}

static void memory_types(void **state)
{
    struct xen_hvm_get_mem_type t = { .domid = DOMID_SELF, .pfn = 7 };

    (void)state;
    test_add_ram(guest, 7);
    assert_int_equal(op(guest, HVMOP_get_mem_type, &t), 0);
    assert_int_equal(t.mem_type, HVMMEM_ram_rw);
    t.pfn = 8;
    assert_int_equal(op(guest, HVMOP_get_mem_type, &t), 0);
    assert_int_equal(t.mem_type, HVMMEM_mmio_dm);
    t.domid = OTHER_ID;
    assert_int_equal(op(guest, HVMOP_get_mem_type, &t), -EPERM);
}

static void the_rest(void **state)
{
    struct xen_hvm_pagetable_dying dying = { .domid = DOMID_SELF };
    uint64_t arg[4] = { 0 };

    (void)state;
    assert_int_equal(op(guest, HVMOP_pagetable_dying, &dying), -EINVAL);
    assert_int_equal(op(guest, HVMOP_get_time, arg), 0);
    assert_int_equal(op(guest, HVMOP_flush_tlbs, NULL), 0);
    assert_int_equal(op(guest, HVMOP_flush_tlbs, arg), -EINVAL);
    assert_int_equal(op(guest, HVMOP_altp2m, arg), -EOPNOTSUPP);
    assert_int_equal(op(guest, 4000, arg), -ENOSYS);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(access_to_parameters),
        CASE(others_are_out_of_reach),
        CASE(values_are_kept_and_checked),
        CASE(callback_by_vector),
        CASE(upcall_vector),
        CASE(memory_types),
        CASE(the_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
