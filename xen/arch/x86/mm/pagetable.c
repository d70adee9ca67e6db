/* SPDX-License-Identifier: MIT */
/* The hypervisor's page tables: image, direct map, device window. */

/*
 * Three areas. The image is mapped page by page with the permissions of its
 * sections. The direct map shows RAM and firmware tables with the largest
 * pages that fit, never executable, and the image's text and constants in it
 * read-only too. The window above VMAP_BASE holds device registers (uncached)
 * and stacks, each with an unmapped page behind it; its addresses are handed
 * out once and never reused. Tables come from the boot allocator, later from
 * the heap, and are never freed.
 */
#include <xen/e820.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/spinlock.h>
#include <asm/config.h>
#include <asm/pagetable.h>
#include <asm/processor.h>

#define SIZE_2M (1UL << 21)
#define SIZE_1G (1UL << 30)

extern char _start[], _etext[], _srodata[], _sdata[], _end[];
extern char cpu0_stack_guard[];

static uint64_t root_table[512] __aligned(4096);
static bool use_1g;
static spinlock_t map_lock = SPIN_LOCK_UNLOCKED; /* tables and vmap_next */
static uint64_t vmap_next = VMAP_BASE;

static uint64_t *new_table(void)
{
    void *t = boot_alloc_page();

    if ( t == NULL )
        panic("No memory for the hypervisor's page tables");
    memset(t, 0, PAGE_SIZE);
    return t;
}

static unsigned int slot(uint64_t va, unsigned int level)
{
    return (va >> (PAGE_SHIFT + 9 * (level - 1))) & 511;
}

static uint64_t level_size(unsigned int level)
{
    return PAGE_SIZE << (9 * (level - 1));
}

/* Replace a large page by a table of the same content. */
static void split(uint64_t *pte, unsigned int level)
{
    uint64_t *table = new_table();
    uint64_t entry = *pte;
    uint64_t step = level_size(level - 1);

    if ( level - 1 == 1 )
        entry &= ~PTE_LARGE;
    for ( unsigned int i = 0; i < 512; i++ )
        table[i] = entry + i * step;
    *pte = virt_to_maddr(table) | PTE_PRESENT | PTE_WRITE | PTE_ACCESSED;
}

/* The entry for va at that level; tables above it are made as needed. */
static uint64_t *walk(uint64_t va, unsigned int level)
{
    uint64_t *table = root_table;

    for ( unsigned int l = 4; l > level; l-- )
    {
        uint64_t *pte = &table[slot(va, l)];

        if ( !(*pte & PTE_PRESENT) )
            *pte = virt_to_maddr(new_table()) | PTE_PRESENT | PTE_WRITE |
                   PTE_ACCESSED;
        else if ( *pte & PTE_LARGE )
            split(pte, l);
        table = maddr_to_virt(*pte & PTE_ADDR);
    }
    return &table[slot(va, level)];
}

static unsigned int largest_level(uint64_t va, uint64_t pa, uint64_t size)
{
    if ( use_1g && IS_ALIGNED(va | pa, SIZE_1G) && size >= SIZE_1G )
        return 3;
    return IS_ALIGNED(va | pa, SIZE_2M) && size >= SIZE_2M ? 2 : 1;
}

static void map(uint64_t va, uint64_t pa, uint64_t size, uint64_t flags)
{
    flags |= PTE_ACCESSED | PTE_GLOBAL;
    if ( flags & PTE_WRITE )
        flags |= PTE_DIRTY;
    while ( size != 0 )
    {
        unsigned int level = largest_level(va, pa, size);
        uint64_t step = level_size(level);

        *walk(va, level) = pa | flags | (level > 1 ? PTE_LARGE : 0);
        va += step;
        pa += step;
        size -= step;
    }
}

static void map_image_part(const char *from, const char *to, uint64_t flags)
{
    uint64_t pa = virt_to_maddr(from);

    map((uint64_t)from, pa, to - from, flags);
    /* The same page in the direct map: never executable. */
    map(DIRECTMAP_BASE + pa, pa, to - from, flags | PTE_NX);
}

static uint64_t round_up_page(const char *p)
{
    return ROUNDUP((uint64_t)p, PAGE_SIZE);
}

static void map_image(void)
{
    map_image_part(_start, (char *)round_up_page(_etext), MAP_TEXT);
    map_image_part(_srodata, _sdata, MAP_RODATA);
    map_image_part(_sdata, _end, MAP_DATA);
    *walk((uint64_t)cpu0_stack_guard, 1) = 0;
}

/* A part of the direct map, leaving out the image. */
static void map_direct(paddr_t start, paddr_t end)
{
    paddr_t image = virt_to_maddr(_start), image_end = virt_to_maddr(_end);

    start = ROUNDDOWN(start, PAGE_SIZE);
    end = min(ROUNDUP(end, PAGE_SIZE), DIRECTMAP_SIZE);
    if ( start >= end )
        return;
    if ( start < image_end && end > image )
    {
        map_direct(start, image);
        map_direct(image_end, end);
        return;
    }
    map(DIRECTMAP_BASE + start, start, end - start, MAP_DATA);
}

static bool wanted_in_direct_map(const struct boot_region *r)
{
    return r->type == E820_RAM || r->type == E820_ACPI || r->type == E820_NVS;
}

void pagetable_init(void)
{
    use_1g = cpuid_count(0x80000001, 0).d & BIT(26);

    map_image();
    /* The first MiB whole: BIOS data, and where the BIOS keeps its tables. */
    map_direct(0, MB(1));
    for ( unsigned int i = 0; i < boot_info.nr_regions; i++ )
    {
        const struct boot_region *r = &boot_info.region[i];

        if ( wanted_in_direct_map(r) && r->base + r->size > MB(1) )
            map_direct(max(r->base, (paddr_t)MB(1)), r->base + r->size);
    }
    write_cr3(pagetable_root());
    /* Entries of the boot tables may be global. */
    write_cr4(read_cr4() & ~X86_CR4_PGE);
    write_cr4(read_cr4() | X86_CR4_PGE);
}

uint64_t pagetable_root(void)
{
    return virt_to_maddr(root_table);
}

static bool is_mapped(uint64_t va)
{
    const uint64_t *table = root_table;

    for ( unsigned int l = 4;; l-- )
    {
        uint64_t pte = table[slot(va, l)];

        if ( !(pte & PTE_PRESENT) )
            return false;
        if ( l == 1 || (pte & PTE_LARGE) )
            return true;
        table = maddr_to_virt(pte & PTE_ADDR);
    }
}

void directmap_add(uint64_t pa, uint64_t size)
{
    uint64_t at = ROUNDDOWN(pa, PAGE_SIZE);

    if ( size == 0 || pa >= DIRECTMAP_SIZE || size > DIRECTMAP_SIZE - pa )
        return;
    spin_lock(&map_lock);
    for ( ; at < pa + size; at += PAGE_SIZE )
        if ( !is_mapped(DIRECTMAP_BASE + at) )
            map(DIRECTMAP_BASE + at, at, PAGE_SIZE, MAP_DATA);
    spin_unlock(&map_lock);
}

/* Room in the window, and an unmapped page behind it. */
static uint64_t vmap_reserve(uint64_t size)
{
    uint64_t va = vmap_next;

    if ( size > VMAP_END - VMAP_BASE || vmap_next + size > VMAP_END )
        panic("No room to map %lu bytes", size);
    vmap_next += size + PAGE_SIZE;
    return va;
}

void *ioremap(paddr_t pa, size_t size)
{
    uint64_t offset = pa & ~PAGE_MASK;
    uint64_t pages = ROUNDUP(size + offset, PAGE_SIZE);
    uint64_t va;

    spin_lock(&map_lock);
    va = vmap_reserve(pages);
    map(va, pa - offset, pages, MAP_UC);
    spin_unlock(&map_lock);
    return (void *)(va + offset);
}

void *stack_alloc(void)
{
    uint64_t va;

    spin_lock(&map_lock);
    va = vmap_reserve(STACK_SIZE);
    for ( uint64_t off = 0; off < STACK_SIZE; off += PAGE_SIZE )
    {
        void *page = alloc_xenheap_page();

        if ( page == NULL )
            panic("No memory for a stack");
        map(va + off, virt_to_maddr(page), PAGE_SIZE, MAP_DATA);
    }
    spin_unlock(&map_lock);
    return (void *)(va + STACK_SIZE);
}
