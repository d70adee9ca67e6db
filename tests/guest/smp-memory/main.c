/* SPDX-License-Identifier: MIT */
/*
 * Memory and time that two CPUs share while one changes the map.
 *
 * Expect: a page that CPU 0 moves is out of CPU 1's reach when the call that
 * moved it returns, and in it again where it is moved back; pages that go and
 * come back come back empty; the clock never goes back between the CPUs.
 */
#include "lib.h"

#define HOLE_GFN 0x20000ul /* 512 MiB: above this guest's memory */
#define ROUNDS   10
#define MEETINGS 200
/* Turns of a loop that another CPU, if it runs, ends in far fewer. */
#define SPINS 2000

static volatile uint32_t *page;
static volatile bool stop_writing, written_its_last;
static volatile uint64_t writes;
static volatile uint64_t clock_last;
static volatile unsigned int clock_turn, clock_errors, met_at_once;

static long move_page(unsigned long from, unsigned long to)
{
    struct xen_add_to_physmap a = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn,
        .idx = from,
        .gpfn = to,
    };

    return memory_op(XENMEM_add_to_physmap, &a);
}

static void watch_clock(unsigned int me)
{
    for ( unsigned int i = 0; i < MEETINGS; i++ )
    {
        unsigned int spins = 0;
        uint64_t now;

        while ( clock_turn != me )
            if ( ++spins < SPINS )
                cpu_relax();
            else
                sched_op(SCHEDOP_yield, NULL);
        met_at_once += spins < SPINS; /* its turn: nobody else writes */
        now = now_ns();
        if ( now < clock_last )
            clock_errors++;
        clock_last = now;
        clock_turn = !me;
    }
}

static void second_cpu(void)
{
    irq_enable();
    watch_clock(1);
    while ( !stop_writing )
    {
        page[0] = writes;
        writes++;
    }
    written_its_last = true;
    for ( ;; )
        asm volatile("hlt");
}

static void more_writes(void)
{
    uint64_t before = writes, until = now_ns() + MS(2000);

    while ( writes < before + 50 )
    {
        if ( now_ns() > until )
        {
            test_failure("CPU 1 has stopped writing");
            test_exit();
        }
        sched_op(SCHEDOP_yield, NULL);
    }
}

/* The page is looked at where CPU 1 does not know it. */
static void move_away_and_back(unsigned long gfn)
{
    volatile uint32_t *hole = (volatile uint32_t *)(HOLE_GFN * PAGE_SIZE);
    uint32_t first, second;

    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        more_writes();
        if ( !check_rc("move it away", move_page(gfn, HOLE_GFN), 0) )
            return;
        first = hole[0];
        more_writes();
        second = hole[0];
        if ( !check_eq("written to after it was moved", second, first) )
            return;
        if ( !check_rc("move it back", move_page(HOLE_GFN, gfn), 0) )
            return;
        more_writes();
        if ( !check(page[0] != first, "CPU 1 writes to it again") )
            return;
    }
}

/* CPU 1 writes all the while: into the page, into nothing, into a new page. */
static void give_up_and_get(unsigned long gfn)
{
    for ( unsigned int i = 0; i < ROUNDS; i++ )
    {
        page[1] = 0xdeadbeef;
        if ( !check_rc("give it up",
                       page_reservation(XENMEM_decrease_reservation, gfn), 1) ||
             !check_rc("get another",
                       page_reservation(XENMEM_populate_physmap, gfn), 1) )
            return;
        if ( !check_eq("the other one's contents", page[1], 0) )
            return;
        more_writes();
    }
}

void test_main(void)
{
    unsigned long gfn;

    page = alloc_page();
    gfn = gfn_of((const void *)page);
    if ( !check(cpu_start(1, second_cpu), "CPU 1 starts") )
        return;
    irq_enable();
    watch_clock(0);
    printf("of %u times the CPUs met at once %u times\n", 2 * MEETINGS,
           met_at_once);
    check_eq("times the clock went back", clock_errors, 0);
    move_away_and_back(gfn);
    give_up_and_get(gfn);
    stop_writing = true;
    check(wait_for(written_its_last, MS(500)), "CPU 1 stops when asked to");
    test_success("%u moves and exchanges under another CPU's writes",
                 2 * ROUNDS);
}
