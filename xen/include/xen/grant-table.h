/* SPDX-License-Identifier: MIT */
/* Grant tables: a domain's offers, and its mappings of others' offers. */
#pragma once

#include <xen/domain.h>
#include <xen/grant-entry.h>

#define GRANTS_PER_FRAME_V1 (PAGE_SIZE / sizeof(grant_entry_v1_t))
#define GRANTS_PER_FRAME_V2 (PAGE_SIZE / sizeof(grant_entry_v2_t))
#define STATUS_PER_PAGE     (PAGE_SIZE / sizeof(grant_status_t))
/* Frames of version 2 entries whose status one page holds. */
#define FRAMES_PER_STATUS (STATUS_PER_PAGE / GRANTS_PER_FRAME_V2)
#define ACTIVE_PER_PAGE   (PAGE_SIZE / sizeof(struct grant_active))
/* For each frame, so that version 1 has enough. */
#define ACTIVE_PAGES            (GRANTS_PER_FRAME_V1 / ACTIVE_PER_PAGE)
#define MAPTRACK_PER_PAGE       (PAGE_SIZE / sizeof(struct maptrack))

#define DEFAULT_GRANT_FRAMES    64
#define DEFAULT_MAPTRACK_FRAMES 1024
#define LIMIT_GRANT_FRAMES      4096
#define LIMIT_MAPTRACK_FRAMES   65536

/*
 * One mapping that a domain has of another's page; its index is the handle.
 * It has a reference on that domain: the page's own goes with the p2m entry,
 * which may be gone long before, and an id can be given to another domain.
 */
struct maptrack
{
    uint32_t ref; /* while free: next free handle */
    domid_t domid;
    uint16_t flags; /* GNTMAP_*; 0: free */
    uint64_t gfn;   /* where it is mapped */
};
_Static_assert(sizeof(struct maptrack) == 16, "a power of two per page");
_Static_assert(sizeof(struct grant_active) == 16, "a power of two per page");

#define MAPTRACK_END UINT32_MAX

struct grant_table
{
    spinlock_t lock;              /* entries, active records, size; a leaf */
    uint8_t version, max_version; /* of the entries: 1 or 2 */
    uint32_t nr_frames, max_frames;
    void **frame; /* shared with the guest */
    uint32_t nr_status;
    grant_status_t **status;      /* shared too; from version 2 on */
    struct grant_active **active; /* ACTIVE_PAGES for each frame */

    spinlock_t map_lock; /* maptrack; a leaf */
    uint32_t nr_map_frames, max_map_frames;
    uint32_t map_free; /* list of free handles */
    struct maptrack **map;
    uint32_t release_next; /* where an interrupted release goes on */
};

struct xen_domctl_createdomain;
int grant_table_init(struct domain *d,
                     const struct xen_domctl_createdomain *config);
/* Give up d's mappings of others' pages; -ERESTART while there are more. */
int grant_table_relinquish(struct domain *d);
/* Free the memory, once no reference to d is left. */
void grant_table_destroy(struct domain *d);

/*
 * Frame idx of d's table, or of the status of its entries: the table grows as
 * far as it may. A reference is taken on the page. -EINVAL beyond the limit,
 * or for the status of a version 1 table.
 */
int grant_table_get_frame(struct domain *d, bool status, uint64_t idx,
                          mfn_t *mfn);

/* What others may write at any moment counts as dirty: see mm/log-dirty.c. */
void grant_table_mark_dirty(struct domain *d);

/* --- Between the grant table files. --- */
static inline uint32_t grant_nr_refs(const struct grant_table *gt)
{
    return gt->nr_frames *
           (gt->version == 1 ? GRANTS_PER_FRAME_V1 : GRANTS_PER_FRAME_V2);
}

/* Frames with the status of the entries in nr frames. */
static inline uint32_t grant_status_frames(uint32_t nr)
{
    return (nr + FRAMES_PER_STATUS - 1) / FRAMES_PER_STATUS;
}

static inline grant_entry_v1_t *grant_entry_v1(const struct grant_table *gt,
                                               grant_ref_t ref)
{
    return (grant_entry_v1_t *)gt->frame[ref / GRANTS_PER_FRAME_V1] +
           ref % GRANTS_PER_FRAME_V1;
}

static inline grant_entry_v2_t *grant_entry_v2(const struct grant_table *gt,
                                               grant_ref_t ref)
{
    return (grant_entry_v2_t *)gt->frame[ref / GRANTS_PER_FRAME_V2] +
           ref % GRANTS_PER_FRAME_V2;
}

static inline grant_status_t *grant_status(const struct grant_table *gt,
                                           grant_ref_t ref)
{
    return &gt->status[ref / STATUS_PER_PAGE][ref % STATUS_PER_PAGE];
}

static inline struct grant_slot grant_slot(const struct grant_table *gt,
                                           grant_ref_t ref)
{
    return gt->version == 1
               ? (struct grant_slot){ (void *)grant_entry_v1(gt, ref), NULL }
               : (struct grant_slot){ &grant_entry_v2(gt, ref)->hdr,
                                      grant_status(gt, ref) };
}

static inline struct grant_active *grant_active(const struct grant_table *gt,
                                                grant_ref_t ref)
{
    return &gt->active[ref / ACTIVE_PER_PAGE][ref % ACTIVE_PER_PAGE];
}

/* Grow to nr frames; -ENOMEM, or -EINVAL beyond the limit. Lock is held. */
int grant_table_grow(struct domain *d, uint32_t nr);
/* As many status frames as there are frames for. Lock is held. */
int grant_table_grow_status(struct domain *d);

/*
 * Claim ref of rd for ld. On success *offer is what the entry offers, and *pg
 * the page, with a reference of its own; NULL for a transitive one. The lock
 * is taken inside. GNTST_*.
 */
int grant_acquire(struct domain *rd, grant_ref_t ref, const struct domain *ld,
                  bool readonly, bool mapping, struct grant_offer *offer,
                  struct page_info **pg);
void grant_drop(struct domain *rd, grant_ref_t ref, bool readonly);

/* A free handle, or MAPTRACK_END. Its record is the caller's to fill. */
uint32_t maptrack_alloc(struct grant_table *gt);
void maptrack_free(struct grant_table *gt, uint32_t handle);
struct maptrack *maptrack_find(const struct grant_table *gt, uint32_t handle);
/* The domain that m has its reference on; who frees the handle puts it. */
struct domain *maptrack_domain(const struct maptrack *m);
/*
 * Take what handle stands for, mapped at gfn, out of others' reach: GNTST_*.
 * Goes on with maptrack_free(), or back by maptrack_return().
 */
int maptrack_claim(struct grant_table *gt, uint32_t handle, uint64_t gfn,
                   struct maptrack *out);
void maptrack_return(struct grant_table *gt, uint32_t handle,
                     const struct maptrack *m);

/*
 * Unmap elements of the array at arg; *done says how many were dealt with, at
 * least one of count unless it fails with -EFAULT.
 */
int gnttab_unmap_batch(uint64_t arg, uint32_t count, uint32_t *done);

/* Sub-operations: one element of the array that arg points to. */
int gnttab_setup_table(void *op);
int gnttab_query_size(void *op);
int gnttab_copy_one(void *op);
int gnttab_set_version(void *op);
int gnttab_get_version(void *op);
int gnttab_swap(void *op);
