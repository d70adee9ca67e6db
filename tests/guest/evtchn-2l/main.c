/* SPDX-License-Identifier: MIT */
/*
 * Event channels in the 2-level ABI.
 *
 * Expect: unbound, interdomain (to oneself), VIRQ and IPI ports are made,
 * tell their status, carry events, mask, and close; the upcall comes by the
 * vector asked for; wrong ports, vCPUs and domains are refused by name.
 */
#include "lib.h"

#define NO_SUCH_DOMAIN 0x7000
#define NO_SUCH_VCPU   77
#define NO_SUCH_PORT   100000

static uint32_t status_of(evtchn_port_t port)
{
    struct evtchn_status s = { .dom = DOMID_SELF, .port = port };

    check_rc("EVTCHNOP_status", evtchn_op(EVTCHNOP_status, &s), 0);
    return s.status;
}

static void check_refusals(void)
{
    evtchn_port_t port;
    struct evtchn_alloc_unbound other = { .dom = 0, .remote_dom = 0 };
    struct evtchn_bind_vcpu move = { .port = NO_SUCH_PORT };

    check_rc("send on port 0", evtchn_send(0), -XEN_EINVAL);
    check_rc("send on no port", evtchn_send(NO_SUCH_PORT), -XEN_EINVAL);
    check_rc("close port 0", evtchn_close(0), -XEN_EINVAL);
    check_rc("close no port", evtchn_close(NO_SUCH_PORT), -XEN_EINVAL);
    check_rc("unmask no port", evtchn_unmask_op(NO_SUCH_PORT), -XEN_EINVAL);
    check_rc("alloc in another domain",
             evtchn_op(EVTCHNOP_alloc_unbound, &other), -XEN_EPERM);
    check_rc("bind to no domain",
             evtchn_bind_interdomain(NO_SUCH_DOMAIN, 1, &port), -XEN_ESRCH);
    check_rc("bind to no port",
             evtchn_bind_interdomain(DOMID_SELF, NO_SUCH_PORT, &port),
             -XEN_EINVAL);
    check_rc("VIRQ out of range", evtchn_bind_virq(NR_VIRQS, 0, &port),
             -XEN_EINVAL);
    check_rc("VIRQ on no vCPU",
             evtchn_bind_virq(VIRQ_TIMER, NO_SUCH_VCPU, &port), -XEN_ENOENT);
    check_rc("IPI to no vCPU", evtchn_bind_ipi(NO_SUCH_VCPU, &port),
             -XEN_ENOENT);
    check_rc("move no port", evtchn_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
}

static void check_interdomain(void)
{
    evtchn_port_t a, b, c;

    check_rc("alloc_unbound", evtchn_alloc_unbound(DOMID_SELF, &a), 0);
    evtchn_mask(a, true);
    check_eq("unbound", status_of(a), EVTCHNSTAT_unbound);
    check_rc("send on an unbound port is dropped", evtchn_send(a), 0);
    check(!evtchn_pending(a), "nothing arrived at the unbound port");

    check_rc("bind_interdomain", evtchn_bind_interdomain(DOMID_SELF, a, &b), 0);
    evtchn_mask(b, true);
    check_eq("both ends: one", status_of(a), EVTCHNSTAT_interdomain);
    check_eq("both ends: other", status_of(b), EVTCHNSTAT_interdomain);
    check(evtchn_pending(b), "a new local end is pending once");
    evtchn_clear(b);
    check_rc("bind to a taken port", evtchn_bind_interdomain(DOMID_SELF, a, &c),
             -XEN_EINVAL);

    check_rc("send a", evtchn_send(a), 0);
    check(evtchn_pending(b) && !evtchn_pending(a), "a's event came out at b");
    evtchn_clear(b);
    check_rc("send b", evtchn_send(b), 0);
    check(evtchn_pending(a) && !evtchn_pending(b), "b's event came out at a");
    evtchn_clear(a);

    check_rc("close a", evtchn_close(a), 0);
    check_eq("a is closed", status_of(a), EVTCHNSTAT_closed);
    check_eq("b is unbound again", status_of(b), EVTCHNSTAT_unbound);
    check_rc("close a again", evtchn_close(a), -XEN_EINVAL);
    check_rc("close b", evtchn_close(b), 0);
}

static void check_virq(void)
{
    struct evtchn_status s = { .dom = DOMID_SELF };
    struct evtchn_bind_vcpu move = { 0 };
    evtchn_port_t port, second;

    check_rc("bind VIRQ_TIMER", evtchn_bind_virq(VIRQ_TIMER, 0, &port), 0);
    s.port = port;
    check_rc("its status", evtchn_op(EVTCHNOP_status, &s), 0);
    check_eq("is VIRQ", s.status, EVTCHNSTAT_virq);
    check_eq("is the timer", s.u.virq, VIRQ_TIMER);
    check_rc("bind it twice", evtchn_bind_virq(VIRQ_TIMER, 0, &second),
             -XEN_EEXIST);
    move.port = port;
    check_rc("a per-vCPU VIRQ cannot move",
             evtchn_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    check_rc("send on a VIRQ port", evtchn_send(port), -XEN_EINVAL);
    check_rc("close it", evtchn_close(port), 0);
    check_rc("bind it anew", evtchn_bind_virq(VIRQ_TIMER, 0, &port), 0);
    check_rc("close it again", evtchn_close(port), 0);
}

/* Mask, send, unmask: the upcall comes when it may, and only then. */
static void check_upcall(void)
{
    evtchn_port_t port;

    upcall_init();
    check_rc("bind_ipi", evtchn_bind_ipi(0, &port), 0);
    check_eq("is IPI", status_of(port), EVTCHNSTAT_ipi);

    evtchn_mask(port, true);
    irq_enable();
    check_rc("send while masked", evtchn_send(port), 0);
    check(evtchn_pending(port), "a masked port becomes pending");
    check_eq("upcalls while masked", upcalls, 0);

    check_rc("unmask", evtchn_unmask_op(port), 0);
    check(wait_for(upcalls == 1, MS(10)), "unmasking delivers the upcall");
    check_rc("send while pending", evtchn_send(port), 0);
    check_eq("a pending port does not upcall again", upcalls, 1);

    evtchn_clear(port);
    check_rc("send", evtchn_send(port), 0);
    check(wait_for(upcalls == 2, MS(10)), "an event delivers the upcall");

    irq_disable();
    evtchn_clear(port);
    check_rc("send with interrupts off", evtchn_send(port), 0);
    check_eq("upcalls with interrupts off", upcalls, 2);
    irq_enable();
    check(wait_for(upcalls == 3, MS(10)), "it waits for interrupts to be on");
    irq_disable();
    check_rc("close", evtchn_close(port), 0);
}

static void check_many(void)
{
    evtchn_port_t ports[64], last = 0;

    for ( unsigned int i = 0; i < ARRAY_SIZE(ports); i++ )
    {
        if ( !check_rc("alloc one of many",
                       evtchn_alloc_unbound(DOMID_SELF, &ports[i]), 0) )
            return;
        last = ports[i] > last ? ports[i] : last;
    }
    for ( unsigned int i = 0; i < ARRAY_SIZE(ports); i++ )
        check_rc("close one of many", evtchn_close(ports[i]), 0);
    test_success("ports up to %u", last);
}

void test_main(void)
{
    check_refusals();
    check_interdomain();
    check_virq();
    check_upcall();
    check_many();
}
