/* SPDX-License-Identifier: MIT */
/* The table of a domain's event channel ports: making, finding, closing. */
#include <xen/event.h>
#include <xen/event-2l.h>
#include <xen/lib.h>
#include <xen/vcpu-op.h>

/* Domain-wide limit of the ABI that the domain uses at the moment. */
static uint32_t abi_ports(const struct domain *d)
{
    return d->evtchn->fifo ? EVTCHN_FIFO_NR_CHANNELS
                           : evtchn_2l_ports(d->arch.has_32bit_shinfo);
}

static unsigned int nr_buckets(const struct evtchn_domain *ed)
{
    return ed->max_port / EVTCHNS_PER_BUCKET + 1;
}

static int add_bucket(struct evtchn_domain *ed)
{
    uint32_t base = ed->nr_ports;
    struct evtchn *bucket;
    unsigned int i;

    bucket = alloc_xenheap_page();
    if ( !bucket )
        return -ENOMEM;
    for ( i = 0; i < EVTCHNS_PER_BUCKET; i++ )
    {
        bucket[i].port = base + i;
        bucket[i].priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        bucket[i].last_priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
    }
    ed->bucket[base / EVTCHNS_PER_BUCKET] = bucket;
    /* Readers without the lock must find the bucket once they see this. */
    __atomic_store_n(&ed->nr_ports, base + EVTCHNS_PER_BUCKET,
                     __ATOMIC_RELEASE);
    return 0;
}

int evtchn_domain_init(struct domain *d)
{
    struct evtchn_domain *ed = xzalloc(struct evtchn_domain);
    int rc;

    if ( !ed )
        return -ENOMEM;
    spin_lock_init(&ed->lock);
    spin_lock_init(&ed->queue_lock);
    ed->max_port = d->domctl_max_evtchn_port;
    if ( ed->max_port >= EVTCHN_FIFO_NR_CHANNELS )
        ed->max_port = EVTCHN_FIFO_NR_CHANNELS - 1;
    ed->next_free = 1; /* port 0 never names anything */
    ed->bucket = xzalloc_array(struct evtchn *, nr_buckets(ed));
    rc = ed->bucket ? add_bucket(ed) : -ENOMEM;
    if ( rc )
    {
        xfree(ed->bucket);
        xfree(ed);
        return rc;
    }
    d->evtchn = ed;
    return 0;
}

void evtchn_domain_free(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    unsigned int i;

    if ( !ed )
        return;
    evtchn_fifo_destroy(d);
    for ( i = 0; i < nr_buckets(ed); i++ )
        if ( ed->bucket[i] )
            free_xenheap_page(ed->bucket[i]);
    xfree(ed->bucket);
    xfree(ed);
    d->evtchn = NULL;
}

int evtchn_get_free_port(struct domain *d, struct evtchn **out)
{
    struct evtchn_domain *ed = d->evtchn;
    uint32_t port;
    int rc;

    if ( ed->dying )
        return -EINVAL;

    for ( port = ed->next_free;; port++ )
    {
        if ( port > ed->max_port || port >= abi_ports(d) )
            return -ENOSPC;
        if ( port >= ed->nr_ports )
        {
            rc = add_bucket(ed);
            if ( rc )
                return rc;
        }
        *out = evtchn_from_port(ed, port);
        if ( (*out)->state == ECS_FREE )
            break;
    }
    ed->next_free = port;
    return port;
}

void evtchn_set_state(struct evtchn_domain *ed, struct evtchn *chn,
                      enum evtchn_state state)
{
    if ( chn->state == ECS_FREE && state != ECS_FREE )
        ed->nr_in_use++;
    else if ( chn->state != ECS_FREE && state == ECS_FREE )
    {
        ed->nr_in_use--;
        chn->notify_vcpu_id = 0;
        chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        chn->pending = false;
        if ( chn->port < ed->next_free )
            ed->next_free = chn->port;
    }
    chn->state = state;
}

void evtchn_lock_two(struct evtchn_domain *a, struct evtchn_domain *b)
{
    if ( a == b )
        spin_lock(&a->lock);
    else
    {
        spin_lock(a < b ? &a->lock : &b->lock);
        spin_lock(a < b ? &b->lock : &a->lock);
    }
}

void evtchn_unlock_two(struct evtchn_domain *a, struct evtchn_domain *b)
{
    spin_unlock(&a->lock);
    if ( a != b )
        spin_unlock(&b->lock);
}

static void unbind_virq(struct domain *d, const struct evtchn *chn)
{
    struct vcpu *v;

    for_each_vcpu (d, v)
        if ( v->evtchn->virq_port[chn->u.virq] == chn->port )
            v->evtchn->virq_port[chn->u.virq] = 0;
}

/* Both locks held; the other end goes back to waiting for this domain. */
static void unjoin(struct domain *d, struct evtchn *chn)
{
    struct domain *rd = chn->u.interdomain.remote_dom;
    struct evtchn *rchn =
        evtchn_from_port(rd->evtchn, chn->u.interdomain.remote_port);

    rchn->u.unbound_domid = d->domain_id;
    evtchn_set_state(rd->evtchn, rchn, ECS_UNBOUND);
}

/*
 * The remote domain of an interdomain port cannot go away while the port is
 * joined: its own destruction closes its end, which takes our lock.
 */
static struct domain *lock_with_remote(struct domain *d, evtchn_port_t port)
{
    struct evtchn_domain *ed = d->evtchn;
    const struct evtchn *chn = evtchn_from_port(ed, port);
    struct domain *rd;
    bool ref;

    for ( ;; )
    {
        spin_lock(&ed->lock);
        if ( chn->state != ECS_INTERDOMAIN )
            return NULL;
        rd = chn->u.interdomain.remote_dom;
        if ( rd == d )
            return rd;
        if ( ed < rd->evtchn )
        {
            spin_lock(&rd->evtchn->lock);
            return rd;
        }
        if ( spin_trylock(&rd->evtchn->lock) )
            return rd;
        /* Wrong order: let go, take both in order, see if it still holds. */
        ref = get_domain(rd);
        spin_unlock(&ed->lock);
        if ( !ref )
            continue;
        evtchn_lock_two(ed, rd->evtchn);
        if ( chn->state == ECS_INTERDOMAIN &&
             chn->u.interdomain.remote_dom == rd )
        {
            put_domain(rd);
            return rd;
        }
        evtchn_unlock_two(ed, rd->evtchn);
        put_domain(rd);
    }
}

int evtchn_port_close(struct domain *d, evtchn_port_t port)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn *chn = evtchn_from_port(ed, port);
    struct domain *rd;
    int rc = 0;

    if ( !chn )
        return -EINVAL;

    rd = lock_with_remote(d, port);
    switch ( chn->state )
    {
    case ECS_FREE:
        rc = -EINVAL;
        break;
    case ECS_VIRQ:
        unbind_virq(d, chn);
        break;
    case ECS_INTERDOMAIN:
        unjoin(d, chn);
        break;
    default:
        break;
    }
    if ( !rc )
    {
        evtchn_port_clear_pending(d, chn);
        evtchn_set_state(ed, chn, ECS_FREE);
    }
    if ( rd )
        evtchn_unlock_two(ed, rd->evtchn);
    else
        spin_unlock(&ed->lock);
    return rc;
}

/*
 * Several may be at this, of which some will never come back to go on: so it
 * is the ports that say how far it has got, and what is free costs a look only.
 */
int evtchn_close_all(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    uint32_t port, closed = 0;

    for ( port = 1; READ_ONCE(ed->nr_in_use) && port < READ_ONCE(ed->nr_ports);
          port++ )
    {
        if ( READ_ONCE(evtchn_from_port(ed, port)->state) == ECS_FREE )
            continue;
        evtchn_port_close(d, port);
        if ( ++closed % EVTCHNS_PER_BUCKET == 0 && hypercall_preempt_check() )
            return -ERESTART;
    }
    return 0;
}

int evtchn_domain_destroy(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    struct vcpu *v;
    int rc;

    if ( !ed )
        return 0;
    if ( !ed->dying )
    {
        spin_lock(&ed->lock);
        ed->dying = true;
        spin_unlock(&ed->lock);
    }
    rc = evtchn_close_all(d);
    if ( rc )
        return rc;
    evtchn_fifo_destroy(d);
    /* Only now nobody who sends an event is at work there any more. */
    for_each_vcpu (d, v)
        vcpu_info_unmap(v);
    return 0;
}

bool evtchn_port_valid(struct domain *d, evtchn_port_t port)
{
    return evtchn_from_port(d->evtchn, port) != NULL;
}
