/* SPDX-License-Identifier: MIT */
/* The hypervisor's own page tables. */
#pragma once

#include <xen/types.h>

#define PTE_PRESENT  0x001ULL
#define PTE_WRITE    0x002ULL
#define PTE_USER     0x004ULL
#define PTE_PWT      0x008ULL
#define PTE_PCD      0x010ULL
#define PTE_ACCESSED 0x020ULL
#define PTE_DIRTY    0x040ULL
#define PTE_LARGE    0x080ULL
#define PTE_GLOBAL   0x100ULL
#define PTE_NX       (1ULL << 63)
#define PTE_ADDR     0x000ffffffffff000ULL

/* What a mapping is for. PAT is the power-on one: PCD|PWT is uncached. */
#define MAP_TEXT   (PTE_PRESENT)
#define MAP_RODATA (PTE_PRESENT | PTE_NX)
#define MAP_DATA   (PTE_PRESENT | PTE_WRITE | PTE_NX)
#define MAP_UC     (MAP_DATA | PTE_PCD | PTE_PWT)

/* Where ioremap() and stacks get their addresses. */
#define VMAP_BASE 0xffff820000000000ULL
#define VMAP_END  0xffff824000000000ULL

/* Limit of the direct map, one page directory pointer table of 1 GiB rows. */
#define DIRECTMAP_SIZE (512ULL << 30)

void pagetable_init(void); /* build and load the tables */
/* Map [pa, pa + size) into the direct map if it is not (firmware tables). */
void directmap_add(uint64_t pa, uint64_t size);
/* A stack of STACK_SIZE bytes with a hole below; returns its top. */
void *stack_alloc(void);
uint64_t pagetable_root(void); /* for CR3 */
