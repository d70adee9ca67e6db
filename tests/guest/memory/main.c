/* SPDX-License-Identifier: MIT */
/*
 * What a domain may do to its own physical address space.
 *
 * Expect: a page given back is gone and counted; populating brings one back; a
 * page can be moved to another place; the memory map agrees with the start
 * info's; wrong places, sizes and domains are refused and change nothing.
 */
#include "lib.h"

#define HOLE_GFN       0x20000ul /* 512 MiB: above this guest's memory */
#define NO_SUCH_DOMAIN 0x7000
#define ALL_ONES       0xffffffffu

static long current_pages(void)
{
    struct xen_memory_domain d = { .domid = DOMID_SELF };

    return memory_op(XENMEM_current_reservation, &d);
}

static long reservation(unsigned int cmd, xen_pfn_t *gfns, unsigned long n,
                        unsigned int order)
{
    struct xen_memory_reservation r = {
        .nr_extents = n,
        .extent_order = order,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(r.extent_start, gfns);
    return memory_op(cmd, &r);
}

static void check_decrease_populate(void)
{
    volatile uint32_t *page = alloc_page();
    xen_pfn_t gfn = gfn_of((void *)page);
    long before = current_pages();

    check(before > 0, "the domain has pages");
    page[0] = 1;
    check_rc("decrease", reservation(XENMEM_decrease_reservation, &gfn, 1, 0),
             1);
    check_rc("pages afterwards", current_pages(), before - 1);
    check_eq("a hole reads as ones", page[0], ALL_ONES);
    page[0] = 5;
    check_eq("and swallows writes", page[0], ALL_ONES);
    check_rc("decrease of a hole",
             reservation(XENMEM_decrease_reservation, &gfn, 1, 0), 0);

    check_rc("populate", reservation(XENMEM_populate_physmap, &gfn, 1, 0), 1);
    check_rc("pages afterwards", current_pages(), before);
    page[0] = 0x5a5a;
    check_eq("it is memory again", page[0], 0x5a5a);
}

static void check_bad_reservations(void)
{
    xen_pfn_t gfn = HOLE_GFN;
    long before = current_pages();

    check_rc("no extents", reservation(XENMEM_decrease_reservation, &gfn, 0, 0),
             0);
    check_rc("unreadable list",
             reservation(XENMEM_decrease_reservation, UNMAPPED_VA, 1, 0), 0);
    check_rc("absurd order", reservation(XENMEM_populate_physmap, &gfn, 1, 60),
             0);
    check_rc("more extents than there are numbers",
             reservation(XENMEM_decrease_reservation, &gfn, ~0ul, 0), 0);
    check_rc("pages afterwards", current_pages(), before);
}

static long add_to_physmap(domid_t domid, unsigned int space, unsigned long idx,
                           xen_pfn_t gpfn)
{
    struct xen_add_to_physmap a = {
        .domid = domid, .space = space, .idx = idx, .gpfn = gpfn
    };

    return memory_op(XENMEM_add_to_physmap, &a);
}

static void check_move(void)
{
    volatile uint32_t *page = alloc_page();
    volatile uint32_t *there = (volatile uint32_t *)(HOLE_GFN * PAGE_SIZE);
    xen_pfn_t gfn = gfn_of((void *)page);
    struct xen_remove_from_physmap r = { .domid = DOMID_SELF,
                                         .gpfn = HOLE_GFN };

    page[7] = 0xfeed;
    check_eq("nothing there yet", there[7], ALL_ONES);
    check_rc("remove a hole", memory_op(XENMEM_remove_from_physmap, &r),
             -XEN_ENOENT);
    check_rc("move the page",
             add_to_physmap(DOMID_SELF, XENMAPSPACE_gmfn, gfn, HOLE_GFN), 0);
    check_eq("it is there", there[7], 0xfeed);
    check_eq("and not here", page[7], ALL_ONES);
    check_rc("move it back",
             add_to_physmap(DOMID_SELF, XENMAPSPACE_gmfn, HOLE_GFN, gfn), 0);
    check_eq("it is here again", page[7], 0xfeed);
}

static void check_bad_places(void)
{
    xen_pfn_t gfn = gfn_of(alloc_page());

    check_rc("unknown space", add_to_physmap(DOMID_SELF, 99, 0, gfn),
             -XEN_EINVAL);
    check(add_to_physmap(DOMID_SELF, XENMAPSPACE_shared_info, 1, gfn) < 0,
          "there is one shared info page");
    check(add_to_physmap(DOMID_SELF, XENMAPSPACE_gmfn, HOLE_GFN + 5, gfn) < 0,
          "a hole cannot be moved");
    /* The number depends on whether Dom0 has such a map at all. */
    check(add_to_physmap(0, XENMAPSPACE_shared_info, 0, gfn) < 0,
          "another domain's map");
    check_rc("no domain's map",
             add_to_physmap(NO_SUCH_DOMAIN, XENMAPSPACE_shared_info, 0, gfn),
             -XEN_ESRCH);
}

struct e820
{
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

static void check_map(void)
{
    static struct e820 e820[64];
    struct xen_memory_map m = { .nr_entries = ARRAY_SIZE(e820) };
    const struct hvm_start_info *si = start_info();
    const struct hvm_memmap_table_entry *map = (void *)si->memmap_paddr;
    uint64_t ram = 0;

    check(si->version >= 1 && si->memmap_entries > 0,
          "the start info has a memory map");
    set_xen_guest_handle(m.buffer, (void *)e820);
    check_rc("XENMEM_memory_map", memory_op(XENMEM_memory_map, &m), 0);
    check_eq("entries", m.nr_entries, si->memmap_entries);
    for ( unsigned int i = 0; i < m.nr_entries && i < si->memmap_entries; i++ )
    {
        check_eq("address", e820[i].addr, map[i].addr);
        check_eq("size", e820[i].size, map[i].size);
        check_eq("type", e820[i].type, map[i].type);
        if ( map[i].type == XEN_HVM_MEMMAP_TYPE_RAM )
            ram += map[i].size;
    }
    test_success("%lu KiB of RAM in %u entries, %ld pages", ram >> 10,
                 m.nr_entries, current_pages());
    check((long)(ram / PAGE_SIZE) <= current_pages(),
          "the RAM of the map is really there");
}

void test_main(void)
{
    check_map();
    check_decrease_populate();
    check_bad_reservations();
    check_move();
    check_bad_places();
}
