/* SPDX-License-Identifier: MIT */
/* TEST-SOURCES: xen/common/event-channel.c xen/common/event-port.c */
/* TEST-SOURCES: xen/common/event-send.c xen/common/event-2l.c */
/* TEST-SOURCES: xen/common/event-fifo.c xen/common/event-fifo-queue.c */
/* TEST-SOURCES: tests/unit/xen/common/host.c tests/unit/xen/common/host-mm.c */
/* TEST-CFLAGS: -include tests/unit/xen/common/host.h */
/* event_channel_op between domains, in both layouts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <xen/event-2l.h>
#include <xen/event.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

#define DOM0_ID  0
#define GUEST_ID 5
#define OTHER_ID 6

static struct domain *d0, *guest, *other;

static int setup(void **state)
{
    (void)state;
    d0 = dom0 = test_domain_create(DOM0_ID, 1, true);
    guest = test_domain_create(GUEST_ID, 2, false);
    other = test_domain_create(OTHER_ID, 1, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    test_domains_destroy();
    assert_int_equal(test_pages_in_use(), 0);
    dom0 = NULL;
    return 0;
}

static long op(struct domain *as, unsigned int cmd, void *arg)
{
    test_become(as);
    return do_event_channel_op(cmd, (unsigned long)arg, 0, 0, 0);
}

static bool pending(struct domain *d, evtchn_port_t port)
{
    return evtchn_port_pending(d, port);
}

/* What a guest does in its upcall. */
static void acknowledge(struct domain *d)
{
    for ( unsigned int i = 0; i < d->max_vcpus; i++ )
    {
        d->vcpu[i]->vcpu_info->evtchn_upcall_pending = 0;
        d->vcpu[i]->vcpu_info->evtchn_pending_sel = 0;
        test_upcalls(d->vcpu[i]);
    }
    memset(d->shared_info->evtchn_pending, 0,
           sizeof(d->shared_info->evtchn_pending));
}

/* A port of the guest for Dom0, as the toolstack makes it. */
static evtchn_port_t unbound_for_dom0(void)
{
    struct evtchn_alloc_unbound a = { .dom = GUEST_ID, .remote_dom = DOM0_ID };

    assert_int_equal(op(d0, EVTCHNOP_alloc_unbound, &a), 0);
    return a.port;
}

static evtchn_port_t bind_from_dom0(evtchn_port_t remote)
{
    struct evtchn_bind_interdomain b = { .remote_dom = GUEST_ID,
                                         .remote_port = remote };

    assert_int_equal(op(d0, EVTCHNOP_bind_interdomain, &b), 0);
    return b.local_port;
}

static uint32_t status(struct domain *as, domid_t dom, evtchn_port_t port,
                       struct evtchn_status *s)
{
    memset(s, 0, sizeof(*s));
    s->dom = dom;
    s->port = port;
    assert_int_equal(op(as, EVTCHNOP_status, s), 0);
    return s->status;
}

static void ports_start_at_one_and_are_reused(void **state)
{
    struct evtchn_close c;

    (void)state;
    assert_int_equal(unbound_for_dom0(), 1);
    assert_int_equal(unbound_for_dom0(), 2);
    assert_int_equal(unbound_for_dom0(), 3);
    c.port = 2;
    assert_int_equal(op(guest, EVTCHNOP_close, &c), 0);
    assert_int_equal(op(guest, EVTCHNOP_close, &c), -EINVAL);
    assert_int_equal(unbound_for_dom0(), 2);
    assert_int_equal(unbound_for_dom0(), 4);
}

static void port_limit_holds(void **state)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 0 };
    unsigned int n = 0;
    long rc;

    (void)state;
    while ( (rc = op(guest, EVTCHNOP_alloc_unbound, &a)) == 0 )
        n++;
    assert_int_equal(rc, -ENOSPC);
    assert_int_equal(n, 1023);
}

static void only_the_privileged_act_for_others(void **state)
{
    struct evtchn_alloc_unbound a = { .dom = GUEST_ID, .remote_dom = OTHER_ID };
    struct evtchn_reset r = { .dom = GUEST_ID };
    struct evtchn_status s = { .dom = GUEST_ID, .port = 1 };

    (void)state;
    assert_int_equal(op(other, EVTCHNOP_alloc_unbound, &a), -EPERM);
    assert_int_equal(op(other, EVTCHNOP_reset, &r), -EPERM);
    assert_int_equal(op(other, EVTCHNOP_status, &s), -EPERM);
    a.dom = 99;
    assert_int_equal(op(d0, EVTCHNOP_alloc_unbound, &a), -ESRCH);
}

static void joined_ports_notify_each_other(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    evtchn_port_t dport = bind_from_dom0(gport);
    struct evtchn_send send;
    struct evtchn_status s;

    (void)state;
    /* What was sent before the join may be lost, so the joiner looks once. */
    assert_true(pending(d0, dport));
    assert_false(pending(guest, gport));
    assert_int_equal(test_upcalls(d0->vcpu[0]), 1);
    acknowledge(d0);

    send.port = dport;
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_true(pending(guest, gport));
    assert_int_equal(test_upcalls(guest->vcpu[0]), 1);
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_int_equal(test_upcalls(guest->vcpu[0]), 0);

    send.port = gport;
    assert_int_equal(op(guest, EVTCHNOP_send, &send), 0);
    assert_true(pending(d0, dport));

    assert_int_equal(status(d0, GUEST_ID, gport, &s), EVTCHNSTAT_interdomain);
    assert_int_equal(s.u.interdomain.dom, DOM0_ID);
    assert_int_equal(s.u.interdomain.port, dport);
}

static void binding_needs_the_right_port(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    struct evtchn_bind_interdomain b = { .remote_dom = GUEST_ID,
                                         .remote_port = gport };

    (void)state;
    assert_int_equal(op(other, EVTCHNOP_bind_interdomain, &b), -EINVAL);
    b.remote_port = gport + 1;
    assert_int_equal(op(d0, EVTCHNOP_bind_interdomain, &b), -EINVAL);
    b.remote_port = ~0u;
    assert_int_equal(op(d0, EVTCHNOP_bind_interdomain, &b), -EINVAL);
    b.remote_dom = 77;
    assert_int_equal(op(d0, EVTCHNOP_bind_interdomain, &b), -ESRCH);
    bind_from_dom0(gport);
    b = (struct evtchn_bind_interdomain){ .remote_dom = GUEST_ID,
                                          .remote_port = gport };
    assert_int_equal(op(d0, EVTCHNOP_bind_interdomain, &b), -EINVAL);
}

static void closing_one_end_unbinds_the_other(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    evtchn_port_t dport = bind_from_dom0(gport);
    struct evtchn_close c = { .port = dport };
    struct evtchn_send send = { .port = gport };
    struct evtchn_status s;

    (void)state;
    assert_int_equal(op(d0, EVTCHNOP_close, &c), 0);
    assert_int_equal(status(guest, DOMID_SELF, gport, &s), EVTCHNSTAT_unbound);
    assert_int_equal(s.u.unbound.dom, DOM0_ID);
    assert_int_equal(op(guest, EVTCHNOP_send, &send), 0); /* nobody hears it */
    send.port = dport;
    assert_int_equal(op(d0, EVTCHNOP_send, &send), -EINVAL);
    bind_from_dom0(gport);
}

static void domain_may_join_itself(void **state)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF,
                                      .remote_dom = DOMID_SELF };
    struct evtchn_bind_interdomain b = { .remote_dom = DOMID_SELF };
    struct evtchn_close c;
    struct evtchn_send send;

    (void)state;
    assert_int_equal(op(guest, EVTCHNOP_alloc_unbound, &a), 0);
    b.remote_port = a.port;
    assert_int_equal(op(guest, EVTCHNOP_bind_interdomain, &b), 0);
    acknowledge(guest);
    send.port = b.local_port;
    assert_int_equal(op(guest, EVTCHNOP_send, &send), 0);
    assert_true(pending(guest, a.port));
    c.port = a.port;
    assert_int_equal(op(guest, EVTCHNOP_close, &c), 0);
    c.port = b.local_port;
    assert_int_equal(op(guest, EVTCHNOP_close, &c), 0);
}

static void virqs_are_bound_once(void **state)
{
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 1 };
    struct evtchn_close c;

    (void)state;
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), 0);
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), -EEXIST);
    send_guest_vcpu_virq(guest->vcpu[0], VIRQ_TIMER); /* not bound there */
    assert_false(pending(guest, b.port));
    send_guest_vcpu_virq(guest->vcpu[1], VIRQ_TIMER);
    assert_true(pending(guest, b.port));
    assert_int_equal(test_upcalls(guest->vcpu[1]), 1);
    c.port = b.port;
    assert_int_equal(op(guest, EVTCHNOP_close, &c), 0);
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), 0);

    b = (struct evtchn_bind_virq){ .virq = VIRQ_TIMER, .vcpu = 2 };
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), -ENOENT);
    b = (struct evtchn_bind_virq){ .virq = VIRQ_DOM_EXC, .vcpu = 1 };
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), -EINVAL);
    b = (struct evtchn_bind_virq){ .virq = NR_VIRQS, .vcpu = 0 };
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), -EINVAL);
}

static void global_virqs_go_to_their_handler(void **state)
{
    struct evtchn_bind_virq b0 = { .virq = VIRQ_DOM_EXC };
    struct evtchn_bind_virq bg = { .virq = VIRQ_DOM_EXC };
    struct evtchn_bind_vcpu move;

    (void)state;
    assert_int_equal(op(d0, EVTCHNOP_bind_virq, &b0), 0);
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &bg), 0);
    send_global_virq(VIRQ_DOM_EXC);
    assert_true(pending(d0, b0.port));
    assert_false(pending(guest, bg.port));

    assert_int_equal(set_global_virq_handler(guest, VIRQ_TIMER), -EINVAL);
    assert_int_equal(set_global_virq_handler(guest, VIRQ_DOM_EXC), 0);
    move = (struct evtchn_bind_vcpu){ .port = bg.port, .vcpu = 1 };
    assert_int_equal(op(guest, EVTCHNOP_bind_vcpu, &move), 0);
    send_global_virq(VIRQ_DOM_EXC);
    assert_true(pending(guest, bg.port));
    assert_int_equal(test_upcalls(guest->vcpu[1]), 1);
    clear_global_virq_handlers(guest);
    acknowledge(d0);
    send_global_virq(VIRQ_DOM_EXC);
    assert_true(pending(d0, b0.port));
}

static void ipis_stay_on_their_vcpu(void **state)
{
    struct evtchn_bind_ipi b = { .vcpu = 1 };
    struct evtchn_bind_vcpu move;
    struct evtchn_send send;

    (void)state;
    assert_int_equal(op(guest, EVTCHNOP_bind_ipi, &b), 0);
    send.port = b.port;
    assert_int_equal(op(guest, EVTCHNOP_send, &send), 0);
    assert_int_equal(test_upcalls(guest->vcpu[1]), 1);
    move = (struct evtchn_bind_vcpu){ .port = b.port, .vcpu = 0 };
    assert_int_equal(op(guest, EVTCHNOP_bind_vcpu, &move), -EINVAL);
    b.vcpu = 2;
    assert_int_equal(op(guest, EVTCHNOP_bind_ipi, &b), -ENOENT);
}

static void pollers_are_woken(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    evtchn_port_t other_port = unbound_for_dom0();
    struct evtchn_send send = { .port = bind_from_dom0(gport) };
    struct vcpu *v = guest->vcpu[1];

    (void)state;
    v->pause_flags = VPF_blocked | VPF_polling;
    evtchn_poll_mask_set(v);
    v->poll_evtchn = other_port;
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_true(v->pause_flags & VPF_polling); /* not what it waits for */
    v->poll_evtchn = gport;
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_int_equal(v->pause_flags, 0);
    assert_int_equal(v->poll_evtchn, 0);
}

static void unmask_raises_what_waited(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    struct evtchn_send send = { .port = bind_from_dom0(gport) };
    struct evtchn_unmask u = { .port = gport };

    (void)state;
    guest->shared_info->evtchn_mask[0] = ~0ul;
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_int_equal(test_upcalls(guest->vcpu[0]), 0);
    assert_int_equal(op(guest, EVTCHNOP_unmask, &u), 0);
    assert_int_equal(test_upcalls(guest->vcpu[0]), 1);
    u.port = 100000;
    assert_int_equal(op(guest, EVTCHNOP_unmask, &u), -EINVAL);
}

static void reset_closes_everything(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    evtchn_port_t dport = bind_from_dom0(gport);
    struct evtchn_bind_virq b = { .virq = VIRQ_TIMER, .vcpu = 0 };
    struct evtchn_reset r = { .dom = DOMID_SELF };
    struct evtchn_status s;

    (void)state;
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), 0);
    assert_int_equal(op(guest, EVTCHNOP_reset, &r), 0);
    assert_int_equal(guest->evtchn->nr_in_use, 0);
    assert_int_equal(status(d0, DOMID_SELF, dport, &s), EVTCHNSTAT_unbound);
    assert_int_equal(op(guest, EVTCHNOP_bind_virq, &b), 0);
    assert_int_equal(b.port, 1);
}

static void dying_domain_lets_go(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    evtchn_port_t dport = bind_from_dom0(gport);
    struct evtchn_alloc_unbound a = { .dom = GUEST_ID, .remote_dom = DOM0_ID };
    struct evtchn_status s;

    (void)state;
    assert_int_equal(evtchn_domain_destroy(guest), 0);
    assert_int_equal(status(d0, DOMID_SELF, dport, &s), EVTCHNSTAT_unbound);
    assert_int_equal(op(d0, EVTCHNOP_alloc_unbound, &a), -EINVAL);
    assert_int_equal(evtchn_domain_destroy(guest), 0);
}

static void fifo_needs_its_memory(void **state)
{
    struct evtchn_init_control ic = { .control_gfn = 1, .vcpu = 0 };
    struct evtchn_expand_array e = { .array_gfn = 1 };
    struct evtchn_set_priority p = { .port = 1, .priority = 0 };

    (void)state;
    assert_int_equal(op(guest, EVTCHNOP_init_control, &ic), -EINVAL);
    ic.vcpu = 9;
    assert_int_equal(op(guest, EVTCHNOP_init_control, &ic), -ENOENT);
    assert_int_equal(op(guest, EVTCHNOP_expand_array, &e), -EOPNOTSUPP);
    assert_int_equal(op(guest, EVTCHNOP_set_priority, &p), -ENOSYS);
}

#define CONTROL_GFN 0x40
#define ARRAY_GFN   0x41

static long init_control(uint32_t vcpu, uint64_t gfn, uint32_t offset)
{
    struct evtchn_init_control ic = { .control_gfn = gfn,
                                      .offset = offset,
                                      .vcpu = vcpu };

    return op(guest, EVTCHNOP_init_control, &ic);
}

static void entering_fifo_mode_keeps_what_is_pending(void **state)
{
    evtchn_port_t gport = unbound_for_dom0();
    struct evtchn_send send = { .port = bind_from_dom0(gport) };
    struct evtchn_expand_array e = { .array_gfn = ARRAY_GFN };
    struct evtchn_set_priority p = { .port = gport, .priority = 0 };
    evtchn_fifo_control_block_t *cb;
    event_word_t *words;

    (void)state;
    test_add_ram(guest, CONTROL_GFN);
    test_add_ram(guest, ARRAY_GFN);
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    acknowledge(d0);
    guest->vcpu[0]->vcpu_info->evtchn_upcall_pending = 0;
    test_upcalls(guest->vcpu[0]);

    assert_int_equal(init_control(0, CONTROL_GFN, 4), -EINVAL);
    assert_int_equal(init_control(0, CONTROL_GFN, 4096 - 64), -EINVAL);
    assert_int_equal(init_control(0, CONTROL_GFN, 64), 0);
    assert_int_equal(init_control(0, CONTROL_GFN, 128), -EINVAL); /* once */
    cb = (void *)((char *)test_guest_memory(guest, CONTROL_GFN) + 64);
    assert_int_equal(cb->ready, 0);

    assert_int_equal(op(guest, EVTCHNOP_expand_array, &e), 0);
    words = test_guest_memory(guest, ARRAY_GFN);
    assert_int_equal(cb->ready, 1u << EVTCHN_FIFO_PRIORITY_DEFAULT);
    assert_int_equal(cb->head[EVTCHN_FIFO_PRIORITY_DEFAULT], gport);
    assert_true(pending(guest, gport));
    assert_int_equal(test_upcalls(guest->vcpu[0]), 1);

    /* Taken by the guest; from now on most urgent. */
    words[gport] = 0;
    cb->ready = 0;
    cb->head[EVTCHN_FIFO_PRIORITY_DEFAULT] = 0;
    assert_int_equal(op(guest, EVTCHNOP_set_priority, &p), 0);
    assert_int_equal(op(d0, EVTCHNOP_send, &send), 0);
    assert_int_equal(cb->head[0], gport);
    p.priority = EVTCHN_FIFO_PRIORITY_MIN + 1;
    assert_int_equal(op(guest, EVTCHNOP_set_priority, &p), -EINVAL);
}

static void fifo_pages_stay_until_reset(void **state)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };
    struct evtchn_expand_array e = { .array_gfn = ARRAY_GFN };
    unsigned int before;

    (void)state;
    test_add_ram(guest, CONTROL_GFN);
    test_add_ram(guest, ARRAY_GFN);
    before = guest->tot_pages;
    assert_int_equal(init_control(1, CONTROL_GFN, 0), 0);
    assert_int_equal(op(guest, EVTCHNOP_expand_array, &e), 0);
    /* The guest gives the pages up while they are in use. */
    assert_int_equal(p2m_remove_ram(guest, _gfn(CONTROL_GFN)), 0);
    assert_int_equal(p2m_remove_ram(guest, _gfn(ARRAY_GFN)), 0);
    assert_int_equal(guest->tot_pages, before);
    assert_int_equal(op(guest, EVTCHNOP_reset, &r), 0);
    assert_int_equal(guest->tot_pages, before - 2);
    /* Back in 2-level mode, and in FIFO mode again. */
    test_add_ram(guest, CONTROL_GFN);
    assert_int_equal(init_control(0, CONTROL_GFN, 0), 0);
}

static long init_meanwhile;

static void init_control_again(void)
{
    init_meanwhile = init_control(0, ARRAY_GFN, 0);
}

static void a_reset_takes_no_pages_that_come_meanwhile(void **state)
{
    struct evtchn_reset r = { .dom = DOMID_SELF };

    (void)state;
    test_add_ram(guest, CONTROL_GFN);
    test_add_ram(guest, ARRAY_GFN);
    assert_int_equal(init_control(1, CONTROL_GFN, 0), 0);
    test_meanwhile = init_control_again;
    assert_int_equal(op(guest, EVTCHNOP_reset, &r), 0);
    test_meanwhile = NULL;
    assert_int_equal(init_meanwhile, -EBUSY);
    assert_null(guest->vcpu[0]->evtchn->fifo.control);
    assert_int_equal(init_control(0, ARRAY_GFN, 0), 0);
}

/* The hypercall wants to be continued each time it asks. */
static bool preempted;
static unsigned int continuations;

bool hypercall_preempt_check(void)
{
    return preempted;
}

void hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5)
{
    continuations++;
}

static void a_reset_that_is_not_continued_leaves_nothing_to_later_ones(
    void **state)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = 0 };
    struct evtchn_reset r = { .dom = DOMID_SELF };
    unsigned int calls = 1;

    (void)state;
    for ( unsigned int i = 0; i < 1023; i++ )
        assert_int_equal(op(guest, EVTCHNOP_alloc_unbound, &a), 0);
    preempted = true;
    continuations = 0;
    assert_int_equal(op(guest, EVTCHNOP_reset, &r), -ERESTART);
    assert_int_equal(continuations, 1);
    assert_int_equal(guest->evtchn->nr_in_use, 1023 - EVTCHNS_PER_BUCKET);
    /* Whoever began this does something else now: opens one it had closed. */
    assert_int_equal(op(guest, EVTCHNOP_alloc_unbound, &a), 0);
    assert_int_equal(a.port, 1);
    while ( op(guest, EVTCHNOP_reset, &r) == -ERESTART )
        calls++;
    preempted = false;
    assert_int_equal(guest->evtchn->nr_in_use, 0);
    assert_int_equal(calls, 1024 / EVTCHNS_PER_BUCKET);
}

/* A sender that looked when the guest was in 2-level mode, or had no words. */
static evtchn_port_t raised_meanwhile;

static void raise_in_bitmap(void)
{
    evtchn_2l_raise(guest->shared_info, guest->vcpu[0]->vcpu_info,
                    raised_meanwhile, false);
}

static void raise_without_word(void)
{
    evtchn_from_port(guest->evtchn, raised_meanwhile)->pending = true;
}

static void events_are_kept_over_changes_of_the_layout(void **state)
{
    struct evtchn_expand_array e = { .array_gfn = ARRAY_GFN };
    evtchn_port_t early = unbound_for_dom0(), late = unbound_for_dom0();
    evtchn_fifo_control_block_t *cb;
    event_word_t *words;

    (void)state;
    test_add_ram(guest, CONTROL_GFN);
    test_add_ram(guest, ARRAY_GFN);
    raised_meanwhile = early;
    test_meanwhile = raise_in_bitmap;
    assert_int_equal(init_control(0, CONTROL_GFN, 0), 0);
    raised_meanwhile = late;
    test_meanwhile = raise_without_word;
    assert_int_equal(op(guest, EVTCHNOP_expand_array, &e), 0);
    test_meanwhile = NULL;

    cb = test_guest_memory(guest, CONTROL_GFN);
    words = test_guest_memory(guest, ARRAY_GFN);
    assert_int_equal(cb->head[EVTCHN_FIFO_PRIORITY_DEFAULT], early);
    assert_int_equal(words[early] & EVTCHN_FIFO_LINK_MASK, late);
    assert_true(pending(guest, early));
    assert_true(pending(guest, late));
}

static void unknown_operations_and_bad_pointers(void **state)
{
    uint64_t arg[8] = { 0 };

    (void)state;
    assert_int_equal(op(guest, 14, arg), -ENOSYS);
    assert_int_equal(op(guest, ~0u, arg), -ENOSYS);
    assert_int_equal(op(guest, EVTCHNOP_send, NULL), -EFAULT);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(ports_start_at_one_and_are_reused),
        CASE(port_limit_holds),
        CASE(only_the_privileged_act_for_others),
        CASE(joined_ports_notify_each_other),
        CASE(binding_needs_the_right_port),
        CASE(closing_one_end_unbinds_the_other),
        CASE(domain_may_join_itself),
        CASE(virqs_are_bound_once),
        CASE(global_virqs_go_to_their_handler),
        CASE(ipis_stay_on_their_vcpu),
        CASE(pollers_are_woken),
        CASE(unmask_raises_what_waited),
        CASE(reset_closes_everything),
        CASE(dying_domain_lets_go),
        CASE(fifo_needs_its_memory),
        CASE(entering_fifo_mode_keeps_what_is_pending),
        CASE(fifo_pages_stay_until_reset),
        CASE(a_reset_takes_no_pages_that_come_meanwhile),
        CASE(a_reset_that_is_not_continued_leaves_nothing_to_later_ones),
        CASE(events_are_kept_over_changes_of_the_layout),
        CASE(unknown_operations_and_bad_pointers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
