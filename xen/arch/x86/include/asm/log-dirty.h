/* SPDX-License-Identifier: MIT */
/* Recording which pages of a domain are written to. */
#pragma once

#include <xen/dirty-bitmap.h>
#include <xen/domain.h>

struct xen_domctl_shadow_op;

struct log_dirty
{
    spinlock_t lock; /* bits and counts; a leaf but for the heap's */
    struct dirty_bitmap bits;
    bool pml;    /* the processor logs writes to single pages */
    bool failed; /* there was no memory for a bit: some are missing */
    uint32_t fault_count, dirty_count;

    /* An operation that gave way: which, and the frame it goes on with. */
    bool in_progress;
    uint32_t op;
    uint64_t next;
    uint64_t *chunk; /* a page of bits on their way to the caller */
};

/* Turn it on and off, read the bitmap: XEN_DOMCTL_SHADOW_OP_*. */
int log_dirty_op(struct domain *d, struct xen_domctl_shadow_op *s);
/* The domain is going away: nobody asks any more. */
void log_dirty_destroy(struct domain *d);

/* 2^order frames at gfn have changed, or are about to. Any context. */
void log_dirty_mark(struct domain *d, gfn_t gfn, unsigned int order);

/*
 * The hypervisor writes to memory of d past its EPT. Nothing unless writes of
 * d are recorded.
 */
static inline void p2m_mark_dirty(struct domain *d, gfn_t gfn)
{
    if ( unlikely(d->p2m.log_dirty) )
        log_dirty_mark(d, gfn, 0);
}

static inline void p2m_mark_page_dirty(struct domain *d,
                                       const struct page_info *pg)
{
    p2m_mark_dirty(d, page_gfn(pg));
}

/* A write to gfn met a p2m_ram_logdirty entry: record it and let it pass. */
void log_dirty_fault(struct domain *d, gfn_t gfn);

#define PML_ENTRIES 512u
/*
 * Mark what the processor's log has behind index, which is that
 * of the next free entry: it runs downwards, to 0xffff when there is none.
 */
void log_dirty_from_pml(struct domain *d, const uint64_t *log, uint16_t index);

/* --- The processor's log, hvm/vmx/vmx-pml.c. No vCPU of d runs. --- */
/* Can all vCPUs of d have one? */
bool vmx_pml_possible(const struct domain *d);
int vmx_pml_enable(struct domain *d);
void vmx_pml_disable(struct domain *d);
/* Mark what v's log has. Also for the vCPU that is current. */
void vmx_pml_drain(struct vcpu *v);
