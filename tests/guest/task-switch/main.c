/* SPDX-License-Identifier: MIT */
/*
 * Hardware task switches, from 32-bit protected mode: without paging, with
 * 32-bit paging, with PAE.
 *
 * Expect: as the processor does them, which runs this kernel, too (multiboot).
 */
#include "lib.h"
#include "tasks.h"

void run32(uint32_t fn, uint32_t cr3, uint32_t cr4);
void tasks_main(void); /* 32-bit code */

#define CR4_PSE        (1 << 4)
#define PSE_PAGE_SHIFT 22
#define PAE_PAGE_SHIFT 21
#define ENTRIES_PAE    512

extern uint64_t pml4[];

static uint32_t address(const void *p)
{
    return (uint32_t)(unsigned long)p;
}

/* What the window leads to: this page's megabytes, or those behind them. */
static uint32_t marker;

static void set_window(uint32_t distance)
{
    uint32_t *there = (uint32_t *)((unsigned long)&marker + distance);

    marker = 0x11111111;
    *there = 0x22222222;
    tasks.window_here = tasks.window_there =
        WINDOW + (address(&marker) & (distance - 1));
}

/* All 1:1 but the window, and nothing from NOWHERE to 3 GiB. */
static uint32_t make_pse(uint32_t window)
{
    uint32_t *pd = alloc_page();

    for ( uint32_t i = 0; i < 1024; i++ )
    {
        uint32_t at = i << PSE_PAGE_SHIFT;

        if ( at == WINDOW )
            at = window;
        if ( at < NOWHERE || at >= 0xc0000000 )
            pd[i] = at | PTE_PS | PTE_U | PTE_W | PTE_P;
    }
    return address(pd);
}

/* PDPTEs have neither W nor U: who sets them is refused. */
static uint32_t make_pae(uint32_t window, uint32_t pdpte_bits)
{
    uint64_t *pdpt = alloc_page(), *pd = alloc_pages(4);

    for ( uint64_t i = 0; i < 4 * ENTRIES_PAE; i++ )
    {
        uint64_t at = i << PAE_PAGE_SHIFT;

        if ( at == WINDOW )
            at = window;
        if ( at < NOWHERE || at >= 0xc0000000 )
            pd[i] = at | PTE_PS | PTE_U | PTE_W | PTE_P;
    }
    for ( unsigned int i = 0; i < 4; i++ )
        pdpt[i] = (unsigned long)(pd + i * ENTRIES_PAE) | PTE_P | pdpte_bits;
    return address(pdpt);
}

static void run(const char *mode)
{
    tasks.checks = tasks.nr_failures = 0;
    run32(address(tasks_main), tasks.cr3, tasks.cr4);
    traps_init();
    printf("%s: %u checks\n", mode, tasks.checks);
    for ( unsigned int i = 0; i < tasks.nr_failures && i < MAX_FAILURES; i++ )
    {
        const struct tasks_failure *f = &tasks.failures[i];

        test_failure("%s: %s: got %#x, want %#x (line %u)", mode,
                     (const char *)(unsigned long)f->what, f->got, f->want,
                     f->line);
    }
    if ( tasks.nr_failures > MAX_FAILURES )
        test_failure("%s: and %u more", mode, tasks.nr_failures - MAX_FAILURES);
    if ( !tasks.checks )
        test_error("%s: nothing was checked", mode);
}

void test_main(void)
{
    uint32_t here, distance;

    run("no paging");

    distance = 1u << PSE_PAGE_SHIFT;
    here = address(&marker) & ~(distance - 1);
    set_window(distance);
    tasks.cr4 = CR4_PSE;
    tasks.cr3 = make_pse(here);
    tasks.other_cr3 = make_pse(here + distance);
    run("32-bit paging");

    distance = 1u << PAE_PAGE_SHIFT;
    here = address(&marker) & ~(distance - 1);
    set_window(distance);
    tasks.cr4 = CR4_PAE;
    tasks.cr3 = make_pae(here, 0);
    tasks.other_cr3 = make_pae(here + distance, 0);
    /* An emulator that has its own idea of which exception this is. */
    tasks.bad_cr3 = booted_bare ? 0 : make_pae(here, PTE_W);
    run("PAE paging");
}
