/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/audit.c xen/common/grant-table.c */
/* TEST-SOURCES: xen/common/grant-copy.c xen/common/grant-version.c */
/* TEST-SOURCES: xen/common/grant-unmap.c */
/* TEST-SOURCES: xen/common/grant-entry.c xen/common/grant-frames.c */
/* TEST-SOURCES: xen/common/grant-maptrack.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/event-channel.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-SOURCES: xen/common/compat.c xen/common/compat-layout.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* The audit finds what is wrong, one thing at a time, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/audit.h>
#include <xen/domain.h>
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <public/domctl.h>

#define GUEST_ID  5
#define GUEST_GFN 0x10
#define MAP_GFN   0x100
#define OUR_REF   8

static struct domain *d0, *guest;
static evtchn_port_t port;

/* One pCPU: there is nobody to hold. */
static bool held;

void smp_hold_others(void)
{
    assert_false(held);
    held = true;
}

void smp_release_others(void)
{
    assert_true(held);
    held = false;
}

void printk(const char *fmt, ...)
{
    (void)fmt;
}

void *alloc_xenheap_pages(unsigned int order)
{
    return malloc(PAGE_SIZE << order);
}

void free_xenheap_pages(void *va, unsigned int order)
{
    (void)order;
    free(va);
}

static struct domain *make(unsigned int id, bool privileged)
{
    static const struct xen_domctl_createdomain config = {
        .max_grant_frames = 4, .max_maptrack_frames = 2, .grant_opts = 2
    };
    struct domain *d = test_domain_create(id, 1, privileged);

    assert_int_equal(grant_table_init(d, &config), 0);
    d->p2m.root = (void *)d; /* it has one */
    d->vcpu[0]->vcpu_info_mfn = INVALID_MFN;
    d->vcpu[0]->evtchn->fifo_mfn = INVALID_MFN;
    return d;
}

/* A guest with RAM of which Dom0 has mapped a page, and an event channel. */
static int setup(void **state)
{
    struct gnttab_map_grant_ref m = { .host_addr = MAP_GFN << PAGE_SHIFT,
                                      .flags = GNTMAP_host_map,
                                      .ref = OUR_REF,
                                      .dom = GUEST_ID };
    struct evtchn_alloc_unbound a = { .dom = GUEST_ID, .remote_dom = 0 };
    struct evtchn_bind_interdomain b = { .remote_dom = GUEST_ID };

    (void)state;
    d0 = dom0 = make(0, true);
    guest = make(GUEST_ID, false);
    test_add_ram(guest, GUEST_GFN);
    *grant_entry_v1(guest->grant_table, OUR_REF) =
        (grant_entry_v1_t){ GTF_permit_access, 0, GUEST_GFN };
    test_become(d0);
    assert_int_equal(
        do_grant_table_op(GNTTABOP_map_grant_ref, (unsigned long)&m, 1, 0, 0),
        0);
    assert_int_equal(m.status, GNTST_okay);
    assert_int_equal(
        do_event_channel_op(EVTCHNOP_alloc_unbound, (unsigned long)&a, 0, 0, 0),
        0);
    b.remote_port = a.port;
    assert_int_equal(do_event_channel_op(EVTCHNOP_bind_interdomain,
                                         (unsigned long)&b, 0, 0, 0),
                     0);
    port = a.port;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    grant_table_relinquish(d0);
    grant_table_relinquish(guest);
    grant_table_destroy(d0);
    grant_table_destroy(guest);
    test_domains_destroy();
    assert_int_equal(test_pages_in_use(), 0);
    dom0 = NULL;
    return 0;
}

static struct page_info *guest_page(void)
{
    unsigned int order;
    p2m_type_t t;

    return mfn_to_page(p2m_get_entry(guest, _gfn(GUEST_GFN), &t, &order));
}

static void sound_books_are_clean(void **state)
{
    (void)state;
    assert_int_equal(audit_all(), 0);
    assert_int_equal(audit_all(), 0); /* and stay so */
}

static void references(void **state)
{
    (void)state;
    guest_page()->count++;
    assert_int_equal(audit_all(), 1);
    guest_page()->count -= 2;
    assert_int_equal(audit_all(), 1);
    guest_page()->count++;
}

static void charges(void **state)
{
    (void)state;
    guest->tot_pages++;
    assert_int_equal(audit_all(), 1);
    guest->tot_pages--;
    guest->evtchn->nr_in_use++;
    assert_int_equal(audit_all(), 1);
    guest->evtchn->nr_in_use--;
}

static void strange_ram(void **state)
{
    struct page_info *pg = guest_page();

    (void)state;
    /* The guest's page is another's: its list and its p2m say so. */
    pg->owner = d0->domain_id + 1;
    assert_int_equal(audit_all(), 2);
    pg->owner = 77; /* of one that does not exist: three say so */
    assert_int_equal(audit_all(), 3);
    pg->owner = GUEST_ID + 1;
}

static void grants(void **state)
{
    struct grant_active *act = grant_active(guest->grant_table, OUR_REF);

    (void)state;
    act->readers++;
    assert_int_equal(audit_all(), 1);
    act->readers--;
}

static void events(void **state)
{
    struct evtchn *chn = &guest->evtchn->bucket[0][port];
    struct domain *remote = chn->u.interdomain.remote_dom;

    (void)state;
    assert_int_equal(chn->state, ECS_INTERDOMAIN);
    chn->u.interdomain.remote_dom = guest;
    /* Neither end is joined to the other any more. */
    assert_int_equal(audit_all(), 2);
    chn->u.interdomain.remote_dom = remote;
}

static void locks(void **state)
{
    (void)state;
    spin_lock(&guest->p2m.lock);
    assert_int_equal(audit_all(), 1);
    spin_unlock(&guest->p2m.lock);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(sound_books_are_clean),
        CASE(references),
        CASE(charges),
        CASE(strange_ram),
        CASE(grants),
        CASE(events),
        CASE(locks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
