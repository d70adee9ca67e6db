/* SPDX-License-Identifier: MIT */
/* EPT02: L2-physical to machine, EPT12 folded with the p2m, filled on demand.
 */
#pragma once

#include <xen/compiler.h>
#include <xen/errno.h>
#include <xen/types.h>
#include <asm/vmx-defs.h>

/* Table pages are numbered; numbers fit the ignored bits 63:52 of entries. */
#define EPT02_PAGES_LIMIT 4096

/* A table page. Its number is its place in struct ept02.page. */
struct ept02_page
{
    uint64_t *table; /* NULL: not allocated */
    uint64_t pa;
    /* Bit (gfn >> 9) % 64 for each L1 gfn that a leaf here may map. */
    uint64_t gfns;
    uint64_t dead_gen; /* unlinked at this generation */
    uint16_t next;     /* on a root's, the free or the dead list */
    uint8_t level;
};

struct ept02_root
{
    uint64_t eptp12; /* as L1 has it */
    uint64_t last_use;
    uint16_t top;   /* page number of the level-4 table; 0: slot is free */
    uint16_t pages; /* list of the lower tables, 0 ends it */
    uint32_t users; /* contexts that have it loaded */
};

struct ept02_ops
{
    void *priv;
    /* A zeroed page and its machine address; NULL when there is none. */
    uint64_t *(*alloc)(void *priv, uint64_t *pa);
    void (*free)(void *priv, uint64_t *table, uint64_t pa);
};

/*
 * All EPT02s of a domain. The caller holds the domain's ept02 lock around
 * every call. gen counts changes after which translations cached by
 * processors are stale: a vCPU that enters L2 with an older gen behind it
 * first invalidates.
 */
struct ept02
{
    struct ept02_ops ops;
    struct ept02_page *page; /* max_pages of them; number 0 is never used */
    uint32_t max_pages;
    uint32_t used_pages;
    uint16_t free, dead;
    uint64_t gen;
    uint64_t clock;
    struct ept02_root *root; /* nr_roots of them */
    uint32_t nr_roots;       /* EPT12 roots that have an EPT02 at a time */
    uint32_t used_roots;     /* from here on none was ever in use */
    uint64_t hits, misses, fills, invalidations, evictions;
};

/* With room for so many pages and roots: more roots than contexts use. */
void ept02_init(struct ept02 *e, const struct ept02_ops *ops,
                struct ept02_page *page, uint32_t max_pages,
                struct ept02_root *root, uint32_t nr_roots);
/* Free everything; no processor uses any of it. */
void ept02_destroy(struct ept02 *e);

/*
 * The EPT02 of an EPT12 root, made if need be; counts a user. NULL when
 * memory or the bound is exhausted, even after evicting what nobody uses.
 */
struct ept02_root *ept02_get(struct ept02 *e, uint64_t eptp12);
void ept02_put(struct ept02 *e, struct ept02_root *r);
bool ept02_root_is(const struct ept02_root *r, uint64_t eptp12);
/* The EPT pointer for the vmcs02. */
uint64_t ept02_eptp(const struct ept02 *e, const struct ept02_root *r);

/* One translation, for a page of 2^order frames around l2_gpa and pa. */
struct ept02_map
{
    uint64_t l2_gpa;
    uint64_t pa;        /* machine address of l2_gpa's frame */
    uint64_t gfn;       /* L1's frame number of it */
    unsigned int order; /* 0, 9 or 18: what EPT12 and p2m both have */
    uint64_t bits;      /* rights, memory type */
};

/* 0; -ENOMEM when no table page can be had: ept02_shrink() and try again. */
int ept02_fill(struct ept02 *e, struct ept02_root *r,
               const struct ept02_map *map);

/* L1 invalidated what it has cached of this EPT12 (all: of every one). */
void ept02_invalidate(struct ept02 *e, uint64_t eptp12);
void ept02_invalidate_all(struct ept02 *e);
/* The p2m changed 2^order frames at gfn; true if anything was cached. */
bool ept02_invalidate_gfn(struct ept02 *e, uint64_t gfn, unsigned int order);

/*
 * Give up tables: those of the root longest unused, or else those of all
 * roots in use. They are freed by ept02_reap() once every vCPU that runs L2
 * has invalidated at generation seen or later.
 */
void ept02_shrink(struct ept02 *e);
void ept02_reap(struct ept02 *e, uint64_t seen);
