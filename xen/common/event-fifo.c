/* SPDX-License-Identifier: MIT */
/* FIFO event channels of a domain: control blocks, event array, priority. */
#include <xen/event.h>
#include <xen/event-2l.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/log-dirty.h>

int evtchn_vcpu_init(struct vcpu *v)
{
    v->evtchn = xzalloc(struct evtchn_vcpu);
    if ( !v->evtchn )
        return -ENOMEM;
    v->evtchn->fifo_mfn = INVALID_MFN;
    return 0;
}

void evtchn_vcpu_destroy(struct vcpu *v)
{
    xfree(v->evtchn);
    v->evtchn = NULL;
}

/* A page of guest RAM that the hypervisor will write to from now on. */
static struct page_info *pin_guest_page(struct domain *d, uint64_t gfn)
{
    struct page_info *pg;
    p2m_type_t t;

    pg = get_page_from_gfn(d, _gfn(gfn), &t);
    if ( !pg )
        return NULL;
    if ( !p2m_is_ram(t) || p2m_is_readonly(t) || page_get_owner(pg) != d )
    {
        put_page(pg);
        return NULL;
    }
    return pg;
}

void evtchn_fifo_set_pending(struct domain *d, struct evtchn *chn)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn_fifo_array *a = READ_ONCE(ed->fifo);
    struct vcpu *v = d->vcpu[chn->notify_vcpu_id];
    struct vcpu *old = d->vcpu[chn->last_vcpu_id];
    event_word_t *word;
    bool tell;

    word = a ? evtchn_fifo_word(a, chn->port) : NULL;
    if ( unlikely(!word) )
    {
        /* Kept until the guest adds the page. */
        chn->pending = true;
        return;
    }
    spin_lock(&ed->queue_lock);
    __atomic_fetch_or(word, 1u << EVTCHN_FIFO_PENDING, __ATOMIC_SEQ_CST);
    tell = evtchn_fifo_link(a, &v->evtchn->fifo, chn->priority,
                            &old->evtchn->fifo, chn->last_priority, chn->port);
    chn->last_vcpu_id = v->vcpu_id;
    chn->last_priority = chn->priority;
    spin_unlock(&ed->queue_lock);
    if ( tell )
        vcpu_mark_events_pending(v);
}

/* Leave 2-level mode: ports keep their state. */
static int enter_fifo_mode(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn_fifo_array *a = xzalloc(struct evtchn_fifo_array);
    struct evtchn *chn;
    uint32_t port;

    if ( !a )
        return -ENOMEM;
    for ( port = 1; port < ed->nr_ports; port++ )
    {
        chn = evtchn_from_port(ed, port);
        chn->priority = EVTCHN_FIFO_PRIORITY_DEFAULT;
        chn->pending = false;
    }
    WRITE_ONCE(ed->fifo, a);
    return 0;
}

/*
 * Raise again what was raised in the way that has just been left, in the
 * 2-level bitmap or, from port first on, before there were words. Senders hold
 * the lock of their own end only: those that saw the old way are waited for.
 */
static void deliver_again(struct domain *d, uint32_t first, bool from_2l)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn *chn;
    uint32_t port;

    smp_synchronize();
    spin_lock(&ed->lock);
    for ( port = first; ed->fifo && port < ed->nr_ports; port++ )
    {
        chn = evtchn_from_port(ed, port);
        if ( from_2l && evtchn_2l_is_pending(d->shared_info, port,
                                             d->arch.has_32bit_shinfo) )
            chn->pending = true;
        if ( chn->pending && d->vcpu[chn->notify_vcpu_id] )
        {
            chn->pending = false;
            evtchn_fifo_set_pending(d, chn);
        }
    }
    spin_unlock(&ed->lock);
}

int evtchn_fifo_init_control(struct domain *d, struct evtchn_init_control *ic)
{
    struct evtchn_domain *ed = d->evtchn;
    evtchn_fifo_control_block_t *cb;
    struct page_info *pg;
    struct vcpu *v;
    unsigned int i;
    bool entered = false;
    int rc = 0;

    ic->link_bits = EVTCHN_FIFO_LINK_BITS;
    v = ic->vcpu < d->max_vcpus ? d->vcpu[ic->vcpu] : NULL;
    if ( !v )
        return -ENOENT;
    if ( ic->offset > PAGE_SIZE - sizeof(*cb) || (ic->offset & 7) )
        return -EINVAL;

    pg = pin_guest_page(d, ic->control_gfn);
    if ( !pg )
        return -EINVAL;
    cb = (void *)((char *)page_to_virt(pg) + ic->offset);

    spin_lock(&ed->lock);
    if ( !mfn_eq(v->evtchn->fifo_mfn, INVALID_MFN) || ed->dying )
        rc = -EINVAL;
    else if ( ed->fifo_leaving )
        rc = -EBUSY;
    else if ( !ed->fifo )
    {
        rc = enter_fifo_mode(d);
        entered = !rc;
    }
    if ( !rc )
    {
        for ( i = 0; i < EVTCHN_FIFO_MAX_QUEUES; i++ )
        {
            cb->head[i] = 0;
            v->evtchn->fifo.tail[i] = 0;
        }
        cb->ready = 0;
        v->evtchn->fifo_mfn = page_to_mfn(pg);
        WRITE_ONCE(v->evtchn->fifo.control, cb);
    }
    spin_unlock(&ed->lock);
    if ( rc )
        put_page(pg);
    if ( entered )
        deliver_again(d, 1, true);
    return rc;
}

int evtchn_fifo_expand_array(struct domain *d, uint64_t gfn)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn_fifo_array *a;
    struct page_info *pg;
    uint32_t port;
    int rc = 0;

    pg = pin_guest_page(d, gfn);
    spin_lock(&ed->lock);
    a = ed->fifo;
    if ( !a )
        rc = -EOPNOTSUPP;
    else if ( a->nr_pages >= EVTCHN_FIFO_MAX_PAGES )
        rc = -ENOSPC;
    else if ( !pg || ed->dying )
        rc = -EINVAL;
    if ( rc )
    {
        spin_unlock(&ed->lock);
        if ( pg )
            put_page(pg);
        return rc;
    }

    port = a->nr_pages * EVTCHN_WORDS_PER_PAGE;
    a->page[a->nr_pages] = page_to_virt(pg);
    __atomic_store_n(&a->nr_pages, a->nr_pages + 1, __ATOMIC_RELEASE);
    spin_unlock(&ed->lock);
    deliver_again(d, port, false);
    return 0;
}

int evtchn_fifo_set_priority(struct domain *d, evtchn_port_t port,
                             uint32_t priority)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn *chn = evtchn_from_port(ed, port);
    int rc = 0;

    if ( !chn )
        return -EINVAL;
    spin_lock(&ed->lock);
    if ( !ed->fifo )
        rc = -ENOSYS;
    else if ( priority > EVTCHN_FIFO_PRIORITY_MIN )
        rc = -EINVAL;
    else
        chn->priority = priority; /* holds from its next notification on */
    spin_unlock(&ed->lock);
    return rc;
}

/*
 * Senders hold the lock of their own end only, so they may be at work here:
 * first nobody finds the pages any more, then they are given back. Until that
 * is done the domain gives no new ones, which would be taken for old ones.
 */
void evtchn_fifo_destroy(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    struct evtchn_fifo_array *a;
    struct vcpu *v;
    uint32_t i;

    spin_lock(&ed->lock);
    a = ed->fifo;
    WRITE_ONCE(ed->fifo, NULL);
    if ( a )
    {
        ed->fifo_leaving = true;
        for_each_vcpu (d, v)
            if ( v->evtchn )
                WRITE_ONCE(v->evtchn->fifo.control, NULL);
    }
    spin_unlock(&ed->lock);
    if ( !a )
        return;
    smp_synchronize();
    for_each_vcpu (d, v)
    {
        if ( !v->evtchn || mfn_eq(v->evtchn->fifo_mfn, INVALID_MFN) )
            continue;
        memset(v->evtchn->fifo.tail, 0, sizeof(v->evtchn->fifo.tail));
        put_page(mfn_to_page(v->evtchn->fifo_mfn));
        v->evtchn->fifo_mfn = INVALID_MFN;
    }
    for ( i = 0; i < a->nr_pages; i++ )
        put_page(mfn_to_page(virt_to_mfn(a->page[i])));
    xfree(a);
    spin_lock(&ed->lock);
    ed->fifo_leaving = false;
    spin_unlock(&ed->lock);
}

void evtchn_mark_dirty(struct domain *d)
{
    struct evtchn_domain *ed = d->evtchn;
    struct vcpu *v;

    spin_lock(&ed->lock);
    if ( ed->fifo )
    {
        for_each_vcpu (d, v)
            if ( v->evtchn->fifo.control )
                p2m_mark_page_dirty(d, mfn_to_page(v->evtchn->fifo_mfn));
        for ( uint32_t i = 0; i < ed->fifo->nr_pages; i++ )
            p2m_mark_page_dirty(d, mfn_to_page(virt_to_mfn(ed->fifo->page[i])));
    }
    spin_unlock(&ed->lock);
}
