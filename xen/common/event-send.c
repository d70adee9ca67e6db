/* SPDX-License-Identifier: MIT */
/* Raising events: pending bits, upcalls, pollers, virtual interrupts. */
#include <xen/event.h>
#include <xen/event-2l.h>
#include <xen/lib.h>

/* Who gets each global VIRQ; NULL is Dom0. */
static struct domain *virq_handler[NR_VIRQS];
static spinlock_t virq_handler_lock = SPIN_LOCK_UNLOCKED;

/* VIRQs of which each vCPU has its own. */
#define VCPU_VIRQS                                                     \
    ((1u << VIRQ_TIMER) | (1u << VIRQ_DEBUG) | (1u << VIRQ_XENOPROF) | \
     (1u << VIRQ_XENPMU))

bool virq_is_global(uint32_t virq)
{
    return !((VCPU_VIRQS >> virq) & 1);
}

void vcpu_mark_events_pending(struct vcpu *v)
{
    if ( !__atomic_exchange_n(&v->vcpu_info->evtchn_upcall_pending, 1,
                              __ATOMIC_SEQ_CST) )
        hvm_assert_evtchn_upcall(v);
}

void evtchn_mark_all_pending(struct vcpu *v)
{
    if ( !v->domain->evtchn->fifo )
        evtchn_2l_select_all(v->vcpu_info, v->domain->arch.has_32bit_shinfo);
    v->vcpu_info->evtchn_upcall_pending = 1;
    hvm_assert_evtchn_upcall(v);
}

/* Wake the vCPUs that poll for this port, or for several. */
static void wake_pollers(struct domain *d, evtchn_port_t port)
{
    struct evtchn_domain *ed = d->evtchn;
    unsigned int w;
    uint64_t bits;
    struct vcpu *v;

    for ( w = 0; w < ARRAY_SIZE(ed->poll_mask); w++ )
        for ( bits = READ_ONCE(ed->poll_mask[w]); bits; bits &= bits - 1 )
        {
            v = d->vcpu[w * 64 + __builtin_ctzll(bits)];
            if ( v->pause_flags & VPF_polling )
            {
                if ( v->poll_evtchn != ~0u && v->poll_evtchn != port )
                    continue;
                evtchn_poll_mask_clear(v);
                vcpu_unblock(v);
            }
            else /* something else has ended its wait before */
                evtchn_poll_mask_clear(v);
        }
}

static bool anyone_polls(const struct evtchn_domain *ed)
{
    uint64_t any = 0;
    unsigned int w;

    for ( w = 0; w < ARRAY_SIZE(ed->poll_mask); w++ )
        any |= READ_ONCE(ed->poll_mask[w]);
    return any;
}

void evtchn_port_set_pending(struct domain *d, struct evtchn *chn)
{
    struct vcpu *v = d->vcpu[chn->notify_vcpu_id];

    if ( unlikely(!v) )
        return;
    if ( d->evtchn->fifo )
        evtchn_fifo_set_pending(d, chn);
    else if ( evtchn_2l_raise(d->shared_info, v->vcpu_info, chn->port,
                              d->arch.has_32bit_shinfo) )
        vcpu_mark_events_pending(v);
    if ( unlikely(anyone_polls(d->evtchn)) )
        wake_pollers(d, chn->port);
}

void evtchn_port_clear_pending(struct domain *d, struct evtchn *chn)
{
    event_word_t *word;

    chn->pending = false;
    if ( !d->evtchn->fifo )
    {
        evtchn_2l_clear(d->shared_info, chn->port, d->arch.has_32bit_shinfo);
        return;
    }
    word = evtchn_fifo_word(d->evtchn->fifo, chn->port);
    if ( word )
        __atomic_fetch_and(word, ~(1u << EVTCHN_FIFO_PENDING),
                           __ATOMIC_SEQ_CST);
}

void evtchn_port_unmask(struct domain *d, struct evtchn *chn)
{
    struct vcpu *v = d->vcpu[chn->notify_vcpu_id];
    event_word_t *word;

    if ( !d->evtchn->fifo )
    {
        if ( v && evtchn_2l_unmask(d->shared_info, v->vcpu_info, chn->port,
                                   d->arch.has_32bit_shinfo) )
            vcpu_mark_events_pending(v);
        return;
    }
    word = evtchn_fifo_word(d->evtchn->fifo, chn->port);
    if ( !word )
        return;
    __atomic_fetch_and(word, ~(1u << EVTCHN_FIFO_MASKED), __ATOMIC_SEQ_CST);
    if ( READ_ONCE(*word) & (1u << EVTCHN_FIFO_PENDING) )
        evtchn_fifo_set_pending(d, chn);
}

bool evtchn_port_pending(struct domain *d, evtchn_port_t port)
{
    struct evtchn_domain *ed = d->evtchn;
    const event_word_t *word;
    bool pending;

    spin_lock(&ed->lock);
    if ( !ed->fifo )
        pending = evtchn_2l_is_pending(d->shared_info, port,
                                       d->arch.has_32bit_shinfo);
    else
    {
        word = evtchn_fifo_word(ed->fifo, port);
        pending = word && (READ_ONCE(*word) & (1u << EVTCHN_FIFO_PENDING));
    }
    spin_unlock(&ed->lock);
    return pending;
}

/* Raise the port that virq is bound to on v, wherever it notifies now. */
void send_guest_vcpu_virq(struct vcpu *v, uint32_t virq)
{
    struct domain *d = v->domain;
    struct evtchn_domain *ed = d->evtchn;
    evtchn_port_t port;
    struct evtchn *chn;

    if ( unlikely(!v->evtchn || !ed) )
        return;
    spin_lock(&ed->lock);
    port = v->evtchn->virq_port[virq];
    if ( port )
    {
        chn = evtchn_from_port(ed, port);
        if ( chn && chn->state == ECS_VIRQ )
            evtchn_port_set_pending(d, chn);
    }
    spin_unlock(&ed->lock);
}

static void send_guest_global_virq(struct domain *d, uint32_t virq)
{
    /* Global ones are bound on vCPU 0, whichever vCPU they notify. */
    if ( d && d->max_vcpus && d->vcpu && d->vcpu[0] )
        send_guest_vcpu_virq(d->vcpu[0], virq);
}

void send_global_virq(uint32_t virq)
{
    struct domain *d;

    spin_lock(&virq_handler_lock);
    d = virq_handler[virq] ? virq_handler[virq] : dom0;
    send_guest_global_virq(d, virq);
    spin_unlock(&virq_handler_lock);
}

int set_global_virq_handler(struct domain *d, uint32_t virq)
{
    /* One that is dying has been looked for here, and will not be again. */
    if ( virq >= NR_VIRQS || !virq_is_global(virq) || d->is_dying )
        return -EINVAL;
    spin_lock(&virq_handler_lock);
    virq_handler[virq] = d;
    spin_unlock(&virq_handler_lock);
    return 0;
}

void clear_global_virq_handlers(const struct domain *d)
{
    unsigned int i;

    spin_lock(&virq_handler_lock);
    for ( i = 0; i < NR_VIRQS; i++ )
        if ( virq_handler[i] == d )
            virq_handler[i] = NULL;
    spin_unlock(&virq_handler_lock);
}
