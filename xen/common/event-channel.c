/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op: the hypercall over the event channels.
 *
 * A port is a number in one domain; its struct evtchn says what raises it:
 * the port of another domain it is joined to, a virtual interrupt, or the
 * domain itself (IPI). Raising makes it pending in memory shared with the
 * guest, in one of two layouts (event-2l.c, event-fifo.c), and, where the
 * guest has no reason to look yet, injects the upcall (event-send.c).
 *
 * Each sub-operation is a row of a table: its argument is copied in once,
 * worked on, and copied out where it has results.
 */
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercall.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

static struct vcpu *vcpu_of(const struct domain *d, uint32_t id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

static int op_alloc_unbound(void *arg)
{
    struct evtchn_alloc_unbound *a = arg;
    struct domain *d;
    struct evtchn *chn;
    int rc;

    rc = domain_get_target(a->dom, &d);
    if ( rc )
        return rc;
    spin_lock(&d->evtchn->lock);
    rc = evtchn_get_free_port(d, &chn);
    if ( rc >= 0 )
    {
        chn->u.unbound_domid = a->remote_dom == DOMID_SELF
                                   ? current->domain->domain_id
                                   : a->remote_dom;
        evtchn_set_state(d->evtchn, chn, ECS_UNBOUND);
        a->port = rc;
        rc = 0;
    }
    spin_unlock(&d->evtchn->lock);
    put_domain(d);
    return rc;
}

static int op_bind_interdomain(void *arg)
{
    struct evtchn_bind_interdomain *b = arg;
    struct domain *ld = current->domain;
    struct domain *rd;
    struct evtchn *lchn, *rchn;
    int rc;

    rd = get_domain_by_id(b->remote_dom == DOMID_SELF ? ld->domain_id
                                                      : b->remote_dom);
    if ( !rd )
        return -ESRCH;
    evtchn_lock_two(ld->evtchn, rd->evtchn);
    rc = evtchn_get_free_port(ld, &lchn);
    if ( rc < 0 )
        goto out;
    rchn = evtchn_from_port(rd->evtchn, b->remote_port);
    if ( !rchn || rchn->state != ECS_UNBOUND ||
         rchn->u.unbound_domid != ld->domain_id || rd->evtchn->dying )
    {
        rc = -EINVAL;
        goto out;
    }

    lchn->u.interdomain.remote_dom = rd;
    lchn->u.interdomain.remote_port = b->remote_port;
    evtchn_set_state(ld->evtchn, lchn, ECS_INTERDOMAIN);
    rchn->u.interdomain.remote_dom = ld;
    rchn->u.interdomain.remote_port = lchn->port;
    evtchn_set_state(rd->evtchn, rchn, ECS_INTERDOMAIN);
    b->local_port = lchn->port;
    /* Notifications sent while nobody was bound may have been lost. */
    evtchn_port_set_pending(ld, lchn);
    rc = 0;
out:
    evtchn_unlock_two(ld->evtchn, rd->evtchn);
    put_domain(rd);
    return rc;
}

static int op_bind_virq(void *arg)
{
    struct evtchn_bind_virq *b = arg;
    struct domain *d = current->domain;
    struct evtchn *chn;
    struct vcpu *v;
    int rc;

    if ( b->virq >= NR_VIRQS || (virq_is_global(b->virq) && b->vcpu != 0) )
        return -EINVAL;
    v = vcpu_of(d, b->vcpu);
    if ( !v )
        return -ENOENT;
    spin_lock(&d->evtchn->lock);
    if ( v->evtchn->virq_port[b->virq] )
        rc = -EEXIST;
    else
        rc = evtchn_get_free_port(d, &chn);
    if ( rc >= 0 )
    {
        chn->notify_vcpu_id = b->vcpu;
        chn->u.virq = b->virq;
        evtchn_set_state(d->evtchn, chn, ECS_VIRQ);
        v->evtchn->virq_port[b->virq] = chn->port;
        b->port = chn->port;
        rc = 0;
    }
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static int op_bind_pirq(void *arg)
{
    /* No domain is given physical interrupts as events. */
    (void)arg;
    return -EINVAL;
}

static int op_bind_ipi(void *arg)
{
    struct evtchn_bind_ipi *b = arg;
    struct domain *d = current->domain;
    struct evtchn *chn;
    int rc;

    if ( !vcpu_of(d, b->vcpu) )
        return -ENOENT;
    spin_lock(&d->evtchn->lock);
    rc = evtchn_get_free_port(d, &chn);
    if ( rc >= 0 )
    {
        chn->notify_vcpu_id = b->vcpu;
        evtchn_set_state(d->evtchn, chn, ECS_IPI);
        b->port = chn->port;
        rc = 0;
    }
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static int op_close(void *arg)
{
    return evtchn_port_close(current->domain,
                             ((struct evtchn_close *)arg)->port);
}

static int op_send(void *arg)
{
    evtchn_port_t port = ((struct evtchn_send *)arg)->port;
    struct domain *d = current->domain;
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn *chn = evtchn_from_port(ed, port);
    struct domain *rd;
    int rc = 0;

    if ( !chn )
        return -EINVAL;
    spin_lock(&ed->lock);
    switch ( chn->state )
    {
    case ECS_INTERDOMAIN:
        rd = chn->u.interdomain.remote_dom;
        evtchn_port_set_pending(
            rd, evtchn_from_port(rd->evtchn, chn->u.interdomain.remote_port));
        break;
    case ECS_IPI:
        evtchn_port_set_pending(d, chn);
        break;
    case ECS_UNBOUND:
        break; /* nobody is there to hear it */
    default:
        rc = -EINVAL;
        break;
    }
    spin_unlock(&ed->lock);
    return rc;
}

static int op_status(void *arg)
{
    static const uint8_t status_of[] = {
        [ECS_FREE] = EVTCHNSTAT_closed,
        [ECS_UNBOUND] = EVTCHNSTAT_unbound,
        [ECS_INTERDOMAIN] = EVTCHNSTAT_interdomain,
        [ECS_VIRQ] = EVTCHNSTAT_virq,
        [ECS_IPI] = EVTCHNSTAT_ipi,
    };
    struct evtchn_status *s = arg;
    struct evtchn *chn;
    struct domain *d;
    int rc;

    rc = domain_get_target(s->dom, &d);
    if ( rc )
        return rc;
    chn = evtchn_from_port(d->evtchn, s->port);
    if ( !chn )
    {
        put_domain(d);
        return -EINVAL;
    }
    spin_lock(&d->evtchn->lock);
    s->status = status_of[chn->state];
    s->vcpu = chn->notify_vcpu_id;
    switch ( chn->state )
    {
    case ECS_UNBOUND:
        s->u.unbound.dom = chn->u.unbound_domid;
        break;
    case ECS_INTERDOMAIN:
        s->u.interdomain.dom = chn->u.interdomain.remote_dom->domain_id;
        s->u.interdomain.port = chn->u.interdomain.remote_port;
        break;
    case ECS_VIRQ:
        s->u.virq = chn->u.virq;
        break;
    default:
        break;
    }
    spin_unlock(&d->evtchn->lock);
    put_domain(d);
    return 0;
}

static int op_bind_vcpu(void *arg)
{
    struct evtchn_bind_vcpu *b = arg;
    struct domain *d = current->domain;
    struct evtchn *chn;
    int rc = 0;

    if ( !vcpu_of(d, b->vcpu) )
        return -ENOENT;
    chn = evtchn_from_port(d->evtchn, b->port);
    if ( !chn )
        return -EINVAL;
    spin_lock(&d->evtchn->lock);
    if ( chn->state == ECS_UNBOUND || chn->state == ECS_INTERDOMAIN ||
         (chn->state == ECS_VIRQ && virq_is_global(chn->u.virq)) )
        chn->notify_vcpu_id = b->vcpu;
    else
        rc = -EINVAL;
    spin_unlock(&d->evtchn->lock);
    return rc;
}

static int op_unmask(void *arg)
{
    struct domain *d = current->domain;
    struct evtchn *chn =
        evtchn_from_port(d->evtchn, ((struct evtchn_unmask *)arg)->port);

    if ( !chn )
        return -EINVAL;
    spin_lock(&d->evtchn->lock);
    evtchn_port_unmask(d, chn);
    spin_unlock(&d->evtchn->lock);
    return 0;
}

static int op_reset(void *arg)
{
    struct domain *d;
    int rc;

    rc = domain_get_target(((struct evtchn_reset *)arg)->dom, &d);
    if ( rc )
        return rc;
    rc = evtchn_close_all(d);
    if ( !rc )
        evtchn_fifo_destroy(d);
    put_domain(d);
    return rc;
}

static int op_init_control(void *arg)
{
    return evtchn_fifo_init_control(current->domain, arg);
}

static int op_expand_array(void *arg)
{
    return evtchn_fifo_expand_array(
        current->domain, ((struct evtchn_expand_array *)arg)->array_gfn);
}

static int op_set_priority(void *arg)
{
    struct evtchn_set_priority *p = arg;

    return evtchn_fifo_set_priority(current->domain, p->port, p->priority);
}

#define IN(op, type) \
    [EVTCHNOP_##op] = { op_##op, sizeof(struct evtchn_##type), false }
#define INOUT(op, type) \
    [EVTCHNOP_##op] = { op_##op, sizeof(struct evtchn_##type), true }

static const struct
{
    int (*fn)(void *arg);
    uint8_t size;
    bool copy_back;
} ops[] = {
    INOUT(bind_interdomain, bind_interdomain),
    INOUT(bind_virq, bind_virq),
    INOUT(bind_pirq, bind_pirq),
    IN(close, close),
    IN(send, send),
    INOUT(status, status),
    INOUT(alloc_unbound, alloc_unbound),
    INOUT(bind_ipi, bind_ipi),
    IN(bind_vcpu, bind_vcpu),
    IN(unmask, unmask),
    IN(reset, reset),
    INOUT(init_control, init_control),
    IN(expand_array, expand_array),
    IN(set_priority, set_priority),
};

/* event_channel_op(cmd, arg) */
long do_event_channel_op(unsigned long cmd, unsigned long arg, unsigned long a3,
                         unsigned long a4, unsigned long a5)
{
    union
    {
        uint64_t align;
        uint8_t bytes[32];
    } a;
    long rc;

    if ( (uint32_t)cmd >= ARRAY_SIZE(ops) )
        return -ENOSYS;
    cmd = (uint32_t)cmd;
    if ( copy_from_guest_va(&a, arg, ops[cmd].size) )
        return -EFAULT;
    rc = ops[cmd].fn(&a);
    if ( rc == -ERESTART )
        hypercall_continue(cmd, arg, a3, a4, a5);
    else if ( rc == 0 && ops[cmd].copy_back &&
              copy_to_guest_va(arg, &a, ops[cmd].size) )
        rc = -EFAULT;
    return rc;
}
