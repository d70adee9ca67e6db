/* SPDX-License-Identifier: MIT */
/* Event channels in their 2-level form. */
#include "lib.h"

volatile unsigned int upcalls;

long evtchn_alloc_unbound(domid_t remote, evtchn_port_t *port)
{
    struct evtchn_alloc_unbound a = { .dom = DOMID_SELF, .remote_dom = remote };
    long rc = evtchn_op(EVTCHNOP_alloc_unbound, &a);

    *port = a.port;
    return rc;
}

long evtchn_bind_interdomain(domid_t dom, evtchn_port_t port,
                             evtchn_port_t *local)
{
    struct evtchn_bind_interdomain a = { .remote_dom = dom,
                                         .remote_port = port };
    long rc = evtchn_op(EVTCHNOP_bind_interdomain, &a);

    *local = a.local_port;
    return rc;
}

long evtchn_bind_virq(unsigned int virq, unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_virq a = { .virq = virq, .vcpu = vcpu };
    long rc = evtchn_op(EVTCHNOP_bind_virq, &a);

    *port = a.port;
    return rc;
}

long evtchn_bind_ipi(unsigned int vcpu, evtchn_port_t *port)
{
    struct evtchn_bind_ipi a = { .vcpu = vcpu };
    long rc = evtchn_op(EVTCHNOP_bind_ipi, &a);

    *port = a.port;
    return rc;
}

long evtchn_send(evtchn_port_t port)
{
    struct evtchn_send a = { .port = port };

    return evtchn_op(EVTCHNOP_send, &a);
}

long evtchn_close(evtchn_port_t port)
{
    struct evtchn_close a = { .port = port };

    return evtchn_op(EVTCHNOP_close, &a);
}

long evtchn_unmask_op(evtchn_port_t port)
{
    struct evtchn_unmask a = { .port = port };

    return evtchn_op(EVTCHNOP_unmask, &a);
}

bool evtchn_pending(evtchn_port_t port)
{
    return __atomic_load_n(&shared_info.evtchn_pending[port / 64],
                           __ATOMIC_ACQUIRE) >>
               port % 64 &
           1;
}

void evtchn_clear(evtchn_port_t port)
{
    __atomic_fetch_and(&shared_info.evtchn_pending[port / 64],
                       ~(1ul << port % 64), __ATOMIC_SEQ_CST);
}

void evtchn_mask(evtchn_port_t port, bool on)
{
    if ( on )
        __atomic_fetch_or(&shared_info.evtchn_mask[port / 64], 1ul << port % 64,
                          __ATOMIC_SEQ_CST);
    else
        __atomic_fetch_and(&shared_info.evtchn_mask[port / 64],
                           ~(1ul << port % 64), __ATOMIC_SEQ_CST);
}

long upcall_vector_set(unsigned int vcpu, uint8_t vector)
{
    struct xen_hvm_evtchn_upcall_vector a = { .vcpu = vcpu, .vector = vector };

    return hvm_op(HVMOP_set_evtchn_upcall_vector, &a);
}

static void handle_upcall(struct regs *regs)
{
    struct vcpu_info *v = &shared_info.vcpu_info[0];

    (void)regs;
    v->evtchn_upcall_pending = 0;
    __atomic_exchange_n(&v->evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    upcalls++;
    apic_eoi();
}

void upcall_init(void)
{
    long rc = upcall_vector_set(0, UPCALL_VECTOR);

    if ( rc )
        test_error("HVMOP_set_evtchn_upcall_vector: %ld", rc);
    irq_set_handler(UPCALL_VECTOR, handle_upcall);
    apic_enable();
}
