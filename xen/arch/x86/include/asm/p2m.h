/* SPDX-License-Identifier: MIT */
/* Physical-to-machine map of a domain: its EPT, and what each gfn is. */
#pragma once

#include <xen/list.h>
#include <xen/percpu.h>
#include <xen/spinlock.h>
#include <xen/timer.h>
#include <xen/typesafe.h>

struct domain;
struct page_info;
struct log_dirty; /* asm/log-dirty.h */

/* Kept in software-available bits of the EPT entry. */
typedef enum p2m_type
{
    p2m_invalid = 0,      /* nothing there: accesses are unclaimed MMIO */
    p2m_ram_rw = 1,       /* the domain's own RAM */
    p2m_ram_ro = 2,       /* RAM, writes discarded */
    p2m_ram_logdirty = 3, /* RAM, first write recorded */
    p2m_mmio_direct = 4,  /* device memory or firmware tables, machine frame */
    p2m_grant_map_rw = 5, /* another domain's page, by grant */
    p2m_grant_map_ro = 6,
    p2m_map_foreign = 7, /* another domain's page, by privilege */
    p2m_xen = 8,         /* shared hypervisor page: shared_info, grant frames */
    p2m_apic_access = 9, /* the APIC-access page */
} p2m_type_t;

#define p2m_is_ram(t) \
    ((t) == p2m_ram_rw || (t) == p2m_ram_ro || (t) == p2m_ram_logdirty)
#define p2m_is_grant(t)   ((t) == p2m_grant_map_rw || (t) == p2m_grant_map_ro)
#define p2m_is_foreign(t) ((t) == p2m_map_foreign)
/* Types through which the hypervisor may read or write guest memory. */
#define p2m_is_any_ram(t) \
    (p2m_is_ram(t) || p2m_is_grant(t) || p2m_is_foreign(t) || (t) == p2m_xen)
#define p2m_is_readonly(t) ((t) == p2m_ram_ro || (t) == p2m_grant_map_ro)

#define P2M_LIMBO_MAX      64

struct p2m_domain
{
    spinlock_t lock;
    struct domain *domain;
    uint64_t *root;       /* EPT level-4 table; NULL once it was torn down */
    uint64_t *dead_root;  /* where the teardown works */
    uint64_t eptp;        /* ready for the VMCS */
    uint64_t flush_gen;   /* bumped when stale translations may be cached */
    uint64_t flushed_gen; /* up to here, none are cached by any pCPU in use */
    uint64_t cpu_gen[NR_CPUS]; /* what it was when each pCPU last flushed */
    uint64_t max_mapped_gfn;
    uint64_t nr_table_pages;     /* and what p2m_charge() counts */
    uint64_t paging_pool_pages;  /* limit for tables; 0: none was set */
    struct log_dirty *log_dirty; /* NULL: writes are not recorded */

    /* Removed and not freed yet: see p2m-flush.c. Under the lock. */
    unsigned int nr_limbo;
    uint64_t limbo[P2M_LIMBO_MAX];
    struct timer limbo_timer;
};

int p2m_init(struct domain *d);
/* Free the tables and drop what entries reference; preemptible, -ERESTART. */
int p2m_teardown(struct domain *d);

/*
 * Count pages of memory that are not the p2m's but serve the domain alone as
 * the p2m's tables do, whose limit is theirs, too, but for a part that stays
 * for the p2m. False: they are too many.
 */
bool p2m_charge(struct domain *d, unsigned int pages);
void p2m_uncharge(struct domain *d, unsigned int pages);

/*
 * Map 2^order frames at gfn (both aligned to it) as type t, replacing what
 * is there. References: the caller passes one reference on each page for
 * p2m_grant_map_*, p2m_map_foreign and p2m_xen; an entry of these types that
 * is replaced or removed gives it back. For RAM the entry is the allocation
 * itself: replacing RAM by something else does NOT free the old page, use
 * p2m_remove_ram(). Splits superpages as needed; -ENOMEM leaves the old
 * mapping. What leaves the map is freed when no pCPU can use it any more,
 * within a millisecond or at p2m_flush_sync(): no shootdown per page.
 * The caller of this and of what removes entries holds no spinlock.
 */
int p2m_set_entry(struct domain *d, gfn_t gfn, mfn_t mfn, unsigned int order,
                  p2m_type_t t);
/* Remove whatever is at gfn, -ENOENT if nothing. RAM: see p2m_remove_ram. */
int p2m_remove_entry(struct domain *d, gfn_t gfn);
/* Remove RAM at gfn and free the page (drop its allocation reference). */
int p2m_remove_ram(struct domain *d, gfn_t gfn);
/* Move RAM to another address, where nothing is; -EINVAL: it is no RAM. */
int p2m_move_ram(struct domain *d, gfn_t from, gfn_t to);

/*
 * Returns when no pCPU uses translations that changed or went before the
 * call, nor looks at pages that they led to; what was removed is free then.
 * Waits for other pCPUs if they run the domain: no spinlock may be held.
 */
void p2m_flush_sync(struct domain *d);
/* The same for all translations, as if every entry had changed. */
void p2m_flush_all(struct domain *d);
/* Only that each other pCPU that runs the domain has left its guest once. */
void p2m_quiesce(struct domain *d);
void p2m_limbo_init(struct domain *d);
void p2m_limbo_destroy(struct domain *d);

/* What gfn maps to; INVALID_MFN and p2m_invalid when absent. */
mfn_t p2m_get_entry(struct domain *d, gfn_t gfn, p2m_type_t *t,
                    unsigned int *order);
/*
 * The page behind gfn with a reference taken, for types that are memory
 * (p2m_is_any_ram); NULL otherwise. *t may be NULL. put_page() when done.
 */
struct page_info *get_page_from_gfn(struct domain *d, gfn_t gfn, p2m_type_t *t);

/* Called when gfn of d loses or changes its mapping: nested EPT caches. */
void nested_p2m_invalidate(struct domain *d, gfn_t gfn, unsigned int order);
/* Called when a gfn of d gets a mapping where there was none. */
void nested_p2m_filled(struct domain *d);
/* Pages of d that an L2 writes to without its EPT saying so are dirty. */
void nested_mark_dirty(struct domain *d);
