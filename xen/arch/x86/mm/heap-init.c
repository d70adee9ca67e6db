/* SPDX-License-Identifier: MIT */
/* From the machine's memory map to the frame table and the heap. */
#include <xen/e820.h>
#include <xen/heap.h>
#include <xen/lib.h>
#include <asm/pagetable.h>
#include <asm/setup.h>

struct ram_map boot_ram_map;
static bool heap_ready;
/* head.S maps 4 GiB; after pagetable_init() all RAM can be reached. */
static paddr_t boot_alloc_limit = GB(4);

paddr_t boot_alloc(uint64_t size, uint64_t align)
{
    return ram_map_take_top(&boot_ram_map, ROUNDUP(size, PAGE_SIZE),
                            max(align, PAGE_SIZE), boot_alloc_limit);
}

void *boot_alloc_page(void)
{
    paddr_t pa;

    if ( heap_ready )
        return alloc_xenheap_pages(0);
    pa = boot_alloc(PAGE_SIZE, PAGE_SIZE);
    return pa ? maddr_to_virt(pa) : NULL;
}

static paddr_t ram_top(void)
{
    paddr_t top = 0;

    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
        if ( boot_info.region[i].type == E820_RAM )
            top = max(top, boot_info.region[i].base + boot_info.region[i].size);
    return min(top, (paddr_t)DIRECTMAP_SIZE);
}

void frame_table_init(void)
{
    uint64_t size, done = 0;
    paddr_t pa;

    boot_alloc_limit = DIRECTMAP_SIZE;
    max_page = ram_top() >> PAGE_SHIFT;
    size = max_page * sizeof(struct page_info);
    pa = boot_alloc(size, MB(2));
    if ( pa == 0 )
        panic("No memory for the frame table (%lu KiB)", size >> 10);
    frame_table = maddr_to_virt(pa);
    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];
        uint64_t start = ROUNDUP(r->base, PAGE_SIZE) >> PAGE_SHIFT;
        uint64_t end = min((r->base + r->size) >> PAGE_SHIFT, max_page);

        if ( r->type != E820_RAM || start >= end )
            continue;
        frame_table_mark_hole(done, start - done);
        frame_table_mark_ram(start, end - start);
        done = end;
    }
    frame_table_mark_hole(done, max_page - done);
}

void heap_init(void)
{
    for ( unsigned int i = 0; i < boot_ram_map.nr; i++ )
    {
        const struct ram_range *r = &boot_ram_map.r[i];

        heap_add(r->start >> PAGE_SHIFT, (r->end - r->start) >> PAGE_SHIFT);
    }
    boot_ram_map.nr = 0;
    heap_ready = true;
}

void boot_module_free(unsigned int i)
{
    struct boot_module *m = &boot_info.module[i];
    struct ram_map pages = { 0 };

    if ( i >= boot_info.nr_modules || m->size == 0 )
        return;
    /* Whole pages, and only those that no other module shares. */
    ram_map_add(&pages, m->pa, m->pa + m->size);
    m->size = 0;
    for ( unsigned int j = 0; j < boot_info.nr_modules; j++ )
        ram_map_remove(&pages, boot_info.module[j].pa,
                       boot_info.module[j].pa + boot_info.module[j].size);
    for ( unsigned int j = 0; j < pages.nr; j++ )
        heap_add(pages.r[j].start >> PAGE_SHIFT,
                 (pages.r[j].end - pages.r[j].start) >> PAGE_SHIFT);
}
