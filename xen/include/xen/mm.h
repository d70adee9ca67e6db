/* SPDX-License-Identifier: MIT */
/* Machine pages: frame table, allocator, ownership and references. */
#pragma once

#include <xen/compiler.h>
#include <xen/list.h>
#include <xen/typesafe.h>

#define PAGE_SHIFT    12
#define PAGE_SIZE     4096UL
#define PAGE_MASK     (~(PAGE_SIZE - 1))

#define PAGE_ORDER_4K 0
#define PAGE_ORDER_2M 9
#define PAGE_ORDER_1G 18

struct domain;

/*
 * One per machine page; they are most of what the hypervisor takes. A page that
 * a domain owns is on the owner's page_list and carries one reference for being
 * allocated; every foreign or grant mapping takes another. The last put_page()
 * frees it.
 */
struct page_info
{
    uint32_t next, prev; /* in a list: frame numbers + 1, 0 = none */
    uint32_t count;      /* references; 0 = free */
    uint16_t owner;      /* domid + 1; 0 = the hypervisor's own */
    uint8_t flags;       /* PGF_* */
    union
    {
        uint8_t order;    /* of a free block, and of the hypervisor's own */
        uint8_t gfn_high; /* of a domain's: see page_gfn() */
    };
    uint32_t gfn_low;
};
_Static_assert(sizeof(struct page_info) == 20, "five words");

#define PGF_FREE      0x01 /* head of a free buddy block */
#define PGF_XEN       0x02 /* hypervisor page shared with a domain, not its RAM */
#define PGF_RAM       0x04 /* frame is RAM known to the allocator */
#define PGF_ALLOCATED 0x10 /* the owner's allocation reference is held */
#define PGF_STATIC    0x08 /* dom0's 1:1 memory: stays out of the buddy */

#define PAGE_GFN_NONE 0xffffffffffULL /* INVALID_GFN, as far as it fits */

extern struct page_info *frame_table;
extern uint64_t max_page; /* first mfn beyond the frame table */

#ifndef DIRECTMAP_VIRT_START /* host-compiled tests name an arena instead */
#define DIRECTMAP_VIRT_START 0xffff830000000000UL
#endif
#define XEN_VIRT_START 0xffffffff80200000UL
#define XEN_PHYS_START 0x200000UL

static inline void *maddr_to_virt(paddr_t ma)
{
    return (void *)(DIRECTMAP_VIRT_START + ma);
}

static inline paddr_t virt_to_maddr(const void *va)
{
    uint64_t v = (uint64_t)va;

    return v >= XEN_VIRT_START ? v - XEN_VIRT_START + XEN_PHYS_START
                               : v - DIRECTMAP_VIRT_START;
}

static inline void *mfn_to_virt(mfn_t mfn)
{
    return maddr_to_virt(mfn_x(mfn) << PAGE_SHIFT);
}

static inline mfn_t virt_to_mfn(const void *va)
{
    return _mfn(virt_to_maddr(va) >> PAGE_SHIFT);
}

static inline bool mfn_valid(mfn_t mfn)
{
    return mfn_x(mfn) < max_page && (frame_table[mfn_x(mfn)].flags & PGF_RAM);
}

static inline struct page_info *mfn_to_page(mfn_t mfn)
{
    return &frame_table[mfn_x(mfn)];
}

static inline mfn_t page_to_mfn(const struct page_info *pg)
{
    return _mfn(pg - frame_table);
}

static inline void *page_to_virt(const struct page_info *pg)
{
    return mfn_to_virt(page_to_mfn(pg));
}

/*
 * Where a page's owner has it: of RAM, and of the hypervisor's pages that a
 * domain sees (there is no M2P else). 40 bits are more than guests have.
 */
static inline gfn_t page_gfn(const struct page_info *pg)
{
    uint64_t gfn = (uint64_t)pg->gfn_high << 32 | pg->gfn_low;

    return gfn == PAGE_GFN_NONE ? INVALID_GFN : _gfn(gfn);
}

static inline void page_set_gfn(struct page_info *pg, gfn_t gfn)
{
    pg->gfn_high = (uint8_t)(gfn_x(gfn) >> 32);
    pg->gfn_low = (uint32_t)gfn_x(gfn);
}

static inline gfn_t gaddr_to_gfn(paddr_t ga)
{
    return _gfn(ga >> PAGE_SHIFT);
}

/*
 * Hypervisor pages: 2^order contiguous, 4K-aligned to their size, content
 * undefined; NULL when memory is short. alloc_xenheap_page() zeroes one page.
 */
void *alloc_xenheap_pages(unsigned int order);
void free_xenheap_pages(void *va, unsigned int order);
void *alloc_xenheap_page(void);
void free_xenheap_page(void *va);

/*
 * RAM for domain d: each page gets count 1 (the allocation reference), the
 * owner, a place on d->page_list; d->tot_pages grows, never above
 * d->max_pages (unless memflags has MEMF_no_limit). Content is zeroed
 * unless MEMF_no_scrub.
 */
struct page_info *alloc_domheap_pages(struct domain *d, unsigned int order,
                                      unsigned int memflags);
#define MEMF_no_limit 1u
#define MEMF_no_scrub 2u

/* At boot: RAM that never was in the heap becomes d's (Dom0's 1:1 memory). */
void adopt_static_page(struct page_info *pg, struct domain *d);

/* Take a reference if pg is allocated and owned by d (NULL: by anyone). */
bool __must_check get_page(struct page_info *pg, const struct domain *d);
/* Drop a reference; the last one returns the page to the heap. */
void put_page(struct page_info *pg);
/* Give the owner's allocation reference back, at most once (see p2m.h). */
void put_page_alloc_ref(struct page_info *pg);
struct domain *page_get_owner(const struct page_info *pg);

/*
 * A page of the hypervisor that guests map (shared_info, grant frames):
 * mark it as belonging to d, without counting as d's memory.
 */
void share_xen_page_with_guest(void *va, struct domain *d);

uint64_t avail_pages(void);  /* free pages in the heap */
extern uint64_t total_pages; /* RAM pages of the machine */

/* Small objects; zeroed by the xzalloc forms. */
void *xmalloc_bytes(size_t size);
void *xzalloc_bytes(size_t size);
void xfree(void *p);
#define xmalloc(type)          ((type *)xmalloc_bytes(sizeof(type)))
#define xzalloc(type)          ((type *)xzalloc_bytes(sizeof(type)))
#define xzalloc_array(type, n) ((type *)xzalloc_bytes(sizeof(type) * (n)))

/* Uncached mapping of device memory; never undone. */
void *ioremap(paddr_t pa, size_t size);

/*
 * Boot: a page (not zeroed) or a range from boot_ram_map, while there is no
 * heap yet; boot_alloc_page() turns to the heap once there is one.
 */
void *boot_alloc_page(void);
paddr_t boot_alloc(uint64_t size, uint64_t align);
