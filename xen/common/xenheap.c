/* SPDX-License-Identifier: MIT */
/* Pages for the hypervisor's own use. */
#include <xen/heap.h>
#include <xen/lib.h>

void *alloc_xenheap_pages(unsigned int order)
{
    struct page_info *pg = heap_alloc(order);

    if ( pg == NULL )
        return NULL;
    pg->order = order;
    return page_to_virt(pg);
}

void *alloc_xenheap_page(void)
{
    void *va = alloc_xenheap_pages(0);

    if ( va != NULL )
        memset(va, 0, PAGE_SIZE);
    return va;
}

void free_xenheap_pages(void *va, unsigned int order)
{
    struct page_info *pg;

    if ( va == NULL )
        return;
    pg = mfn_to_page(virt_to_mfn(va));
    /* One that a domain sees goes when the last mapping is gone. */
    if ( pg->flags & PGF_XEN )
        put_page(pg);
    else
        heap_free(pg, order);
}

void free_xenheap_page(void *va)
{
    free_xenheap_pages(va, 0);
}
