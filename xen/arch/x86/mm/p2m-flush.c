/* SPDX-License-Identifier: MIT */
/* Flushing a p2m on all pCPUs, and freeing what was removed from it. */

/*
 * A change bumps flush_gen, and every vCPU compares before it is entered. So
 * once each pCPU that runs the domain has left its guest, nobody uses old
 * translations any more: it takes no INVEPT elsewhere, just a call that has
 * no content. The same call ends every handler that may look at a page of
 * its own domain without a reference. Table pages are read without the lock
 * by handlers for other domains, too, so before these are freed every pCPU
 * is called.
 *
 * What was removed waits in limbo until that was done, so that a long series
 * of removals (a mapping of a guest going away, page by page) costs few
 * calls: it is done after a millisecond, when much has gathered, or when
 * something new is mapped, perhaps where an old translation leads elsewhere.
 * Where no other pCPU runs the domain nothing waits.
 */
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/smp.h>
#include "p2m-limbo.h"

#define LIMBO_DELAY MILLISECS(1)
/* A limbo entry: an address, page-aligned, and in its low bits what it is. */
#define LIMBO_KIND_MASK   0x3ULL
#define LIMBO_LEVEL_SHIFT 2
#define LIMBO_LEVEL_MASK  0x7ULL

static void no_operation(void *data)
{
    (void)data;
}

/* Other pCPUs that execute vCPUs of d, or did when this began. */
static cpumask_t running_elsewhere(const struct domain *d)
{
    const struct vcpu *v;
    cpumask_t mask = 0;

    if ( nr_cpus_online == 1 )
        return 0;
    /* Pairs with the barrier in schedule(): see flush_gen, or be seen. */
    smp_mb();
    for_each_vcpu (d, v)
        if ( READ_ONCE(v->is_running) )
            mask |= cpumask_of(READ_ONCE(v->processor));
    return mask & ~cpumask_of(smp_processor_id());
}

void p2m_quiesce(struct domain *d)
{
    on_selected_cpus(running_elsewhere(d), no_operation, NULL, true);
}

static void release(struct p2m_domain *p2m, uint64_t entry)
{
    uint64_t maddr = entry & PAGE_MASK;
    struct page_info *pg = mfn_to_page(_mfn(maddr >> PAGE_SHIFT));

    switch ( (enum limbo_kind)(entry & LIMBO_KIND_MASK) )
    {
    case LIMBO_REF:
        put_page(pg);
        break;
    case LIMBO_RAM:
        put_page_alloc_ref(pg);
        break;
    case LIMBO_TABLE:
        p2m_free_subtree(p2m, maddr,
                         (entry >> LIMBO_LEVEL_SHIFT) & LIMBO_LEVEL_MASK);
        break;
    }
}

void p2m_flush_sync(struct domain *d)
{
    struct p2m_domain *p2m = &d->p2m;
    uint64_t batch[P2M_LIMBO_MAX];
    bool tables = false;
    unsigned int nr;
    uint64_t gen;

    if ( READ_ONCE(p2m->flushed_gen) == READ_ONCE(p2m->flush_gen) )
        return;
    spin_lock(&p2m->lock);
    gen = p2m->flush_gen;
    nr = p2m->nr_limbo;
    p2m->nr_limbo = 0;
    for ( unsigned int i = 0; i < nr; i++ )
    {
        batch[i] = p2m->limbo[i];
        tables |= (batch[i] & LIMBO_KIND_MASK) == LIMBO_TABLE;
    }
    spin_unlock(&p2m->lock);

    if ( unlikely(tables) )
        smp_synchronize();
    else
        p2m_quiesce(d);
    spin_lock(&p2m->lock);
    p2m->flushed_gen = max(p2m->flushed_gen, gen);
    spin_unlock(&p2m->lock);
    for ( unsigned int i = 0; i < nr; i++ )
        release(p2m, batch[i]);
}

void p2m_flush_all(struct domain *d)
{
    spin_lock(&d->p2m.lock);
    d->p2m.flush_gen++;
    spin_unlock(&d->p2m.lock);
    p2m_flush_sync(d);
}

static void limbo_expired(void *data)
{
    p2m_flush_sync(data);
}

void p2m_limbo_init(struct domain *d)
{
    init_timer(&d->p2m.limbo_timer, limbo_expired, d, smp_processor_id());
}

void p2m_limbo_destroy(struct domain *d)
{
    kill_timer(&d->p2m.limbo_timer);
    p2m_flush_sync(d);
    /* Readers of other domains' tables. */
    smp_synchronize();
}

void p2m_limbo_add(struct p2m_domain *p2m, enum limbo_kind kind, uint64_t maddr,
                   unsigned int level)
{
    ASSERT(p2m->nr_limbo < P2M_LIMBO_MAX);
    p2m->limbo[p2m->nr_limbo++] =
        maddr | kind | ((uint64_t)level << LIMBO_LEVEL_SHIFT);
}

/* One change of an entry adds one thing, moving one adds two. */
#define ROOM_NEEDED 2

void p2m_make_room(struct domain *d)
{
    struct p2m_domain *p2m = &d->p2m;

    spin_lock(&p2m->lock);
    while ( unlikely(p2m->nr_limbo > P2M_LIMBO_MAX - ROOM_NEEDED) )
    {
        spin_unlock(&p2m->lock);
        p2m_flush_sync(d);
        spin_lock(&p2m->lock);
    }
}

void p2m_settle(struct domain *d, bool added)
{
    struct p2m_domain *p2m = &d->p2m;

    if ( likely(READ_ONCE(p2m->flushed_gen) == READ_ONCE(p2m->flush_gen)) )
        return;
    if ( added || !running_elsewhere(d) )
        p2m_flush_sync(d);
    else if ( !timer_is_active(&p2m->limbo_timer) )
        set_timer(&p2m->limbo_timer, NOW() + LIMBO_DELAY);
}
