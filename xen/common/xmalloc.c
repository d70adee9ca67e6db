/* SPDX-License-Identifier: MIT */
/* Small objects, carved from pages by size class. */

/*
 * A slab is one page: a header, then objects of one size, the free ones
 * linked through their first word. Slabs with something free are on their
 * class's list. What does not fit a slab gets pages of its own, which are
 * told from slab objects by their alignment: no object starts a page.
 */
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>

#define ALIGNMENT  64 /* of every object and of the header */
#define SLAB_MAGIC 0x51ab

struct slab
{
    struct list_head list;
    void *free;
    uint16_t magic, class, used, total;
};
_Static_assert(sizeof(struct slab) <= ALIGNMENT, "the header fits");

static const uint16_t class_size[] = { 64,  128, 192, 256,  320, 384,
                                       448, 576, 768, 1344, 1984 };
#define NR_CLASSES ARRAY_SIZE(class_size)

static spinlock_t lock = SPIN_LOCK_UNLOCKED; /* slabs and their lists */
static struct list_head partial[NR_CLASSES];
static bool ready;

static void init_lists(void)
{
    for ( unsigned int i = 0; i < NR_CLASSES; i++ )
        list_init(&partial[i]);
    ready = true;
}

static struct slab *new_slab(unsigned int class)
{
    struct slab *s = alloc_xenheap_pages(0);
    char *p = (char *)s + ALIGNMENT;

    if ( s == NULL )
        return NULL;
    s->magic = SLAB_MAGIC;
    s->class = class;
    s->used = 0;
    s->total = (PAGE_SIZE - ALIGNMENT) / class_size[class];
    s->free = NULL;
    for ( unsigned int i = 0; i < s->total; i++, p += class_size[class] )
    {
        *(void **)p = s->free;
        s->free = p;
    }
    list_add(&s->list, &partial[class]);
    return s;
}

static void *slab_alloc(unsigned int class)
{
    struct slab *s;
    void *p = NULL;

    spin_lock(&lock);
    if ( !ready )
        init_lists();
    s = list_empty(&partial[class])
            ? new_slab(class)
            : list_first_entry(&partial[class], struct slab, list);
    if ( s != NULL )
    {
        p = s->free;
        s->free = *(void **)p;
        if ( ++s->used == s->total )
            list_del(&s->list);
    }
    spin_unlock(&lock);
    return p;
}

static void slab_free(void *p)
{
    struct slab *s = (struct slab *)((uint64_t)p & PAGE_MASK);
    bool empty;

    spin_lock(&lock);
    BUG_ON(s->magic != SLAB_MAGIC || s->used == 0);
    if ( s->used == s->total )
        list_add(&s->list, &partial[s->class]);
    *(void **)p = s->free;
    s->free = p;
    empty = --s->used == 0;
    if ( empty )
    {
        s->magic = 0;
        list_del(&s->list);
    }
    spin_unlock(&lock);
    if ( empty )
        free_xenheap_page(s);
}

void *xmalloc_bytes(size_t size)
{
    unsigned int order = 0;

    for ( unsigned int i = 0; i < NR_CLASSES; i++ )
        if ( size <= class_size[i] )
            return slab_alloc(i);
    while ( order < 18 && (PAGE_SIZE << order) < size )
        order++;
    return (PAGE_SIZE << order) < size ? NULL : alloc_xenheap_pages(order);
}

void *xzalloc_bytes(size_t size)
{
    void *p = xmalloc_bytes(size);

    if ( p != NULL )
        memset(p, 0, size);
    return p;
}

void xfree(void *p)
{
    if ( p == NULL )
        return;
    if ( (uint64_t)p & ~PAGE_MASK )
        slab_free(p);
    else
        free_xenheap_pages(p, mfn_to_page(virt_to_mfn(p))->order);
}
