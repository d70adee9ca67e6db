/* SPDX-License-Identifier: MIT */
/* Log-dirty mode: which pages of a domain were written to, for its migration.
 */

/*
 * Turned on, every RAM entry of the p2m becomes p2m_ram_logdirty, which cannot
 * be written; superpages stay whole. The first write to one splits it, and the
 * page written becomes p2m_ram_rw with its bit set in a sparse bitmap. Where
 * the processor has page-modification logging (PML), single pages stay
 * writable and their EPT dirty flag, clear, makes the processor log the first
 * write; superpages are still write-protected, so that they get split.
 *
 * Reading with CLEAN clears the bits it hands out and protects just those
 * pages again, so it costs what was written, not what there is.
 *
 * What the hypervisor writes for others (copies, grants, emulation) is marked
 * where it is written. Pages that it, or who mapped a grant, may write at any
 * time are marked each time the bitmap is read. Foreign mappings are not: who
 * has the privilege of one is the toolstack, which is the reader.
 *
 * Walking all of a domain is done in pieces; the domctl is called again and
 * goes on where it was.
 *
 * Rights are only taken away while the domain is paused: no pCPU is in it, and
 * each compares flush_gen before it enters it again, so nothing is flushed
 * here.
 */
#include <xen/event.h>
#include <xen/grant-table.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <public/domctl.h>
#include <asm/nested-hvm.h>
#include "p2m-private.h"

/* Entries looked at before time is. */
#define RETYPE_BATCH 64

void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order)
{
    struct log_dirty *ld = READ_ONCE(d->p2m.log_dirty);

    if ( !ld )
        return; /* it was turned off a moment ago */
    spin_lock(&ld->lock);
    for ( uint64_t i = 0; i < 1ULL << order; i++ )
    {
        int rc = dirty_bitmap_set(&ld->bits, gfn_x(gfn) + i);

        if ( rc > 0 )
            ld->dirty_count++;
        else if ( rc == -ENOMEM )
            ld->failed = true;
    }
    spin_unlock(&ld->lock);
}

void log_dirty_from_pml(struct domain *d, const uint64_t *log, uint16_t index)
{
    for ( unsigned int i = (uint16_t)(index + 1); i < PML_ENTRIES; i++ )
        log_dirty_mark(d, gaddr_to_gfn(log[i]), 0);
}

/* --- Entries. The p2m lock is held. --- */

static void retype(struct domain *d, uint64_t *e, gfn_t gfn, unsigned int order,
                   p2m_type_t to)
{
    uint64_t rights = p2m_leaf_rights(&d->p2m, to, order);

    *e = (*e & ~(EPT_RWX | EPT_TYPE_MASK | EPT_DIRTY)) | rights |
         ((uint64_t)to << EPT_TYPE_SHIFT);
    if ( d->nested )
        nested_p2m_invalidate(d, gfn, order);
}

/* The leaf that maps gfn and its size, or where a table ends that has none. */
static uint64_t *find_leaf(const struct p2m_domain *p2m, gfn_t gfn,
                           unsigned int *order)
{
    uint64_t *t = p2m->root;

    for ( unsigned int level = EPT_LEVELS;; level-- )
    {
        uint64_t *e = &t[ept_index(gfn, level)];

        *order = (level - 1) * EPT_INDEX_BITS;
        if ( !ept_present(*e) )
            return NULL;
        if ( ept_is_leaf(*e, level) )
            return e;
        t = ept_table(*e);
    }
}

static bool is_tracked(p2m_type_t t)
{
    return t == p2m_ram_rw || t == p2m_ram_logdirty;
}

/* Make all RAM of d of one type, from frame ld->next on; -ERESTART: go on. */
static int retype_all(struct domain *d, struct log_dirty *ld, p2m_type_t to)
{
    unsigned int done = 0, order;
    int rc = 0;

    spin_lock(&d->p2m.lock);
    while ( ld->next <= d->p2m.max_mapped_gfn )
    {
        gfn_t gfn = _gfn(ld->next);
        uint64_t *e = find_leaf(&d->p2m, gfn, &order);

        if ( e && is_tracked(ept_type(*e)) )
            retype(d, e, gfn, order, to);
        ld->next = (ld->next | ((1ULL << order) - 1)) + 1;
        if ( ++done % RETYPE_BATCH == 0 && hypercall_preempt_check() )
        {
            rc = -ERESTART;
            break;
        }
    }
    d->p2m.flush_gen++;
    spin_unlock(&d->p2m.lock);
    return rc;
}

/* The page at gfn has been handed out as dirty: its next write is to show. */
static void protect(struct domain *d, gfn_t gfn)
{
    unsigned int order;
    uint64_t *e;

    if ( gfn_x(gfn) >= MAX_GFN )
        return;
    e = find_leaf(&d->p2m, gfn, &order);
    if ( e && is_tracked(ept_type(*e)) )
        retype(d, e, _gfn(gfn_x(gfn) & ~((1ULL << order) - 1)), order,
               p2m_ram_logdirty);
}

void log_dirty_fault(struct domain *d, gfn_t gfn)
{
    struct log_dirty *ld = d->p2m.log_dirty;
    unsigned int order;
    uint64_t *e;

    spin_lock(&d->p2m.lock);
    e = find_leaf(&d->p2m, gfn, &order);
    if ( e && ept_type(*e) == p2m_ram_logdirty )
    {
        /* Without memory for a table the whole superpage counts as written. */
        if ( order && !p2m_walk_alloc(&d->p2m, gfn, 1, &e) )
            order = 0;
        gfn = _gfn(gfn_x(gfn) & ~((1ULL << order) - 1));
        if ( d->nested )
            nested_p2m_invalidate(d, gfn, order);
        /* Freshly split, the processor will log it when it tries again. */
        if ( !ld )
            retype(d, e, gfn, order, p2m_ram_rw);
        else if ( order || !ld->pml )
        {
            retype(d, e, gfn, order, p2m_ram_rw);
            log_dirty_mark(d, gfn, order);
        }
    }
    if ( ld )
        ld->fault_count++;
    spin_unlock(&d->p2m.lock);
}

/* --- On and off. --- */

static int enable(struct domain *d)
{
    struct log_dirty *ld = d->p2m.log_dirty;
    int rc = 0;

    if ( ld && !(ld->in_progress && ld->op == XEN_DOMCTL_SHADOW_OP_ENABLE) )
        return -EINVAL; /* it is on */
    domain_pause(d);
    if ( !ld )
    {
        ld = xzalloc(struct log_dirty);
        if ( !ld || !(ld->chunk = alloc_xenheap_page()) )
        {
            xfree(ld);
            domain_unpause(d);
            return -ENOMEM;
        }
        spin_lock_init(&ld->lock);
        ld->in_progress = true;
        ld->op = XEN_DOMCTL_SHADOW_OP_ENABLE;
        ld->pml = vmx_pml_possible(d) && !vmx_pml_enable(d);
        __atomic_store_n(&d->p2m.log_dirty, ld, __ATOMIC_RELEASE);
    }
    rc = retype_all(d, ld, p2m_ram_logdirty);
    if ( !rc )
        ld->in_progress = false;
    domain_unpause(d);
    return rc;
}

/* Others may be marking pages of d, whose own vCPUs do not run. */
static void forget(struct domain *d)
{
    struct log_dirty *ld = d->p2m.log_dirty;

    WRITE_ONCE(d->p2m.log_dirty, NULL);
    smp_synchronize();
    dirty_bitmap_free(&ld->bits);
    free_xenheap_page(ld->chunk);
    xfree(ld);
}

static int disable(struct domain *d)
{
    struct log_dirty *ld = d->p2m.log_dirty;
    int rc;

    if ( !ld )
        return 0;
    domain_pause(d);
    if ( !ld->in_progress || ld->op != XEN_DOMCTL_SHADOW_OP_OFF )
    {
        ld->in_progress = true;
        ld->op = XEN_DOMCTL_SHADOW_OP_OFF;
        ld->next = 0;
        if ( ld->pml )
            vmx_pml_disable(d);
        ld->pml = false;
    }
    rc = retype_all(d, ld, p2m_ram_rw);
    if ( !rc )
        forget(d);
    domain_unpause(d);
    return rc;
}

void log_dirty_destroy(struct domain *d)
{
    if ( !d->p2m.log_dirty )
        return;
    if ( d->p2m.log_dirty->pml )
        vmx_pml_disable(d);
    forget(d);
}

/* --- Reading. --- */

/* Bring in what is not in the bitmap yet. */
static void collect(struct domain *d)
{
    struct vcpu *v;

    if ( d->nested )
        nested_suspend(d);
    for_each_vcpu (d, v)
    {
        if ( d->p2m.log_dirty->pml )
            vmx_pml_drain(v);
        if ( !mfn_eq(v->vcpu_info_mfn, INVALID_MFN) )
            p2m_mark_page_dirty(d, mfn_to_page(v->vcpu_info_mfn));
    }
    p2m_mark_page_dirty(d, mfn_to_page(virt_to_mfn(d->shared_info)));
    evtchn_mark_dirty(d);
    grant_table_mark_dirty(d);
    if ( d->nested )
        nested_mark_dirty(d);
}

/* The next chunk of bits to the caller, who wants nr of them in all. */
static int read_chunk(struct domain *d, struct log_dirty *ld,
                      const struct xen_domctl_shadow_op *s, uint64_t nr)
{
    bool clean = s->op == XEN_DOMCTL_SHADOW_OP_CLEAN;
    uint64_t n = min(nr, (uint64_t)DIRTY_LEAF_FRAMES), *leaf;
    uint64_t bytes = DIV_ROUND_UP(n, 8);

    spin_lock(&ld->lock);
    leaf = dirty_bitmap_leaf(&ld->bits, ld->next);
    if ( leaf )
    {
        memcpy(ld->chunk, leaf, PAGE_SIZE);
        if ( clean )
            memset(leaf, 0, PAGE_SIZE);
    }
    spin_unlock(&ld->lock);

    if ( leaf && clean )
    {
        spin_lock(&d->p2m.lock);
        for ( unsigned int w = 0; w < PAGE_SIZE / 8; w++ )
            for ( uint64_t bits = ld->chunk[w]; bits; bits &= bits - 1 )
                protect(d, _gfn(ld->next + w * 64 + __builtin_ctzll(bits)));
        d->p2m.flush_gen++;
        spin_unlock(&d->p2m.lock);
    }
    if ( guest_handle_is_null(s->dirty_bitmap) )
        return 0;
    return (leaf ? copy_to_guest_offset(s->dirty_bitmap, ld->next / 8,
                                        (uint8_t *)ld->chunk, bytes)
                 : clear_guest_va((uint64_t)(s->dirty_bitmap.p + ld->next / 8),
                                  bytes))
               ? -EFAULT
               : 0;
}

static int read_bitmap(struct domain *d, struct xen_domctl_shadow_op *s)
{
    struct log_dirty *ld = d->p2m.log_dirty;
    bool stats_only = guest_handle_is_null(s->dirty_bitmap) &&
                      s->op == XEN_DOMCTL_SHADOW_OP_PEEK;
    uint64_t end;
    int rc = 0;

    if ( !ld || s->mode & ~XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL )
        return -EINVAL;
    if ( ld->in_progress && ld->op != s->op )
        return -EBUSY;
    domain_pause(d);
    if ( !ld->in_progress )
    {
        ld->in_progress = true;
        ld->op = s->op;
        ld->next = 0;
        collect(d);
    }
    end = stats_only ? 0 : min(s->pages, (uint64_t)MAX_GFN);
    while ( !rc && ld->next < end )
    {
        rc = ld->failed ? -ENOMEM : read_chunk(d, ld, s, end - ld->next);
        ld->next += DIRTY_LEAF_FRAMES;
        if ( !rc && ld->next < end && hypercall_preempt_check() )
            rc = -ERESTART;
    }
    if ( rc != -ERESTART )
    {
        ld->in_progress = false;
        if ( !stats_only )
            s->pages = end;
        s->stats.fault_count = ld->fault_count;
        s->stats.dirty_count = ld->dirty_count;
        if ( s->op == XEN_DOMCTL_SHADOW_OP_CLEAN )
            ld->fault_count = ld->dirty_count = 0;
    }
    domain_unpause(d);
    return rc;
}

int log_dirty_op(struct domain *d, struct xen_domctl_shadow_op *s)
{
    if ( d->is_dying )
        return -EINVAL;
    switch ( s->op )
    {
    case XEN_DOMCTL_SHADOW_OP_OFF:
        return disable(d);
    case XEN_DOMCTL_SHADOW_OP_ENABLE:
        return s->mode & XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY ? enable(d)
                                                            : -EINVAL;
    case XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY:
        return enable(d);
    case XEN_DOMCTL_SHADOW_OP_CLEAN:
    case XEN_DOMCTL_SHADOW_OP_PEEK:
        return read_bitmap(d, s);
    }
    return -EINVAL;
}
