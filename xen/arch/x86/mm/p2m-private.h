/* SPDX-License-Identifier: MIT */
/* The EPT entries of a p2m, for the files that change them. */
#pragma once

#include <xen/domain.h>
#include <xen/mm.h>
#include <asm/log-dirty.h>
#include <asm/vmx-defs.h>

#define EPT_LEVELS     4
#define EPT_INDEX_BITS 9
#define EPT_ENTRIES    (1u << EPT_INDEX_BITS)
#define EPT_TYPE_SHIFT 52
#define EPT_TYPE_MASK  (0xfULL << EPT_TYPE_SHIFT)
#define MAX_GFN        (1ULL << (EPT_LEVELS * EPT_INDEX_BITS))

static inline unsigned int ept_index(gfn_t gfn, unsigned int level)
{
    return (gfn_x(gfn) >> ((level - 1) * EPT_INDEX_BITS)) & (EPT_ENTRIES - 1);
}

static inline bool ept_present(uint64_t e)
{
    return e & EPT_RWX;
}

static inline bool ept_is_leaf(uint64_t e, unsigned int level)
{
    return level == 1 || (e & EPT_LEAF);
}

static inline uint64_t *ept_table(uint64_t e)
{
    return maddr_to_virt(e & EPT_ADDR_MASK);
}

static inline p2m_type_t ept_type(uint64_t e)
{
    return (e & EPT_TYPE_MASK) >> EPT_TYPE_SHIFT;
}

/*
 * Where a lookup ended: the table of a region of single pages, or the entry of
 * a superpage or a hole. The rest of the region is found from here while
 * p2m->lock is held.
 */
struct p2m_region
{
    uint64_t gfn; /* its first frame, of 1 << order */
    unsigned int order;
    const uint64_t *table; /* NULL: all of it has entry */
    uint64_t entry;
};

#define P2M_NO_REGION \
    {                 \
        .gfn = ~0ULL  \
    }

static inline bool p2m_in_region(const struct p2m_region *r, uint64_t gfn)
{
    return !((gfn - r->gfn) >> r->order);
}

/* The entry of a page in the region as one of a single page. */
static inline uint64_t p2m_region_entry(const struct p2m_region *r,
                                        uint64_t gfn)
{
    uint64_t i = gfn - r->gfn;

    return r->table ? READ_ONCE(r->table[i]) : r->entry + (i << PAGE_SHIFT);
}

/* Also without the lock; what is found may then be old. */
void p2m_find_region(struct p2m_domain *p2m, uint64_t gfn,
                     struct p2m_region *r);

static inline bool p2m_logs_by_pml(const struct p2m_domain *p2m)
{
    const struct log_dirty *ld = READ_ONCE(p2m->log_dirty);

    return ld && ld->pml;
}

/* EPT_R, _W, _X that a leaf of this type and size has. */
uint64_t p2m_leaf_rights(const struct p2m_domain *p2m, p2m_type_t t,
                         unsigned int order);
/*
 * The entry of gfn at level target (1: a page), tables made and superpages
 * split; p2m->lock is held. -ENOMEM leaves every mapping as it was.
 */
int p2m_walk_alloc(struct p2m_domain *p2m, gfn_t gfn, unsigned int target,
                   uint64_t **out);
