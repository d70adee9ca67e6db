/* SPDX-License-Identifier: MIT */
/*
 * What two domains have to do with each other costs: events and grants.
 *
 * One kernel in two domains, made one after the other so that the second has
 * the number that follows. The first ("serve" on its command line) offers an
 * event channel and a page to the second, and answers each event; the second
 * measures. It also measures the switch between two vCPUs of its own.
 *
 * Expect: BENCH lines from the second, as those of the bench.
 */
#include <public/arch-x86/cpuid.h>

#include "bench.h"

#define SHARED_GREF 64
#define PORTS       64            /* tried to find the server's */
#define MAP_GPA     (512ul << 20) /* where this guest has nothing */
#define DONE        0x646f6e65u   /* in the shared page: go home */

static evtchn_port_t port;
static domid_t self;

static bool cmdline_says(const char *word)
{
    const char *line = (const char *)start_info()->cmdline_paddr;
    size_t n = strlen(word);

    for ( ; line && *line; line++ )
        if ( !memcmp(line, word, n) )
            return true;

    return false;
}

/* Sleep until an event came that was not there before; none gets in between. */
static void await_upcall(unsigned int before)
{
    irq_disable();
    while ( upcalls == before )
        asm volatile("sti; hlt; cli" : : : "memory");
    irq_enable();
}

/* --- The first domain --- */

static void serve(void)
{
    volatile uint32_t *page = alloc_page();
    domid_t client = self + 1;
    unsigned int seen = upcalls;

    grant_table_map();
    grant(SHARED_GREF, client, (const void *)page, 0);
    check_rc("offer a port", evtchn_alloc_unbound(client, &port), 0);
    evtchn_mask(port, false);
    irq_enable();
    test_success("serving");
    while ( *page != DONE )
    {
        await_upcall(seen);
        seen++;
        evtchn_clear(port);
        evtchn_send(port);
    }
    irq_disable();
}

/* --- The second domain --- */

static bool find_server(void)
{
    for ( evtchn_port_t p = 1; p < PORTS; p++ )
        if ( !evtchn_bind_interdomain(self - 1, p, &port) )
            return true;

    return false;
}

BENCH(evtchn_round_trip, {
    unsigned int n = upcalls;

    evtchn_send(port);
    await_upcall(n);
    evtchn_clear(port);
})

static grant_handle_t handle;

static bool map_page(void)
{
    struct gnttab_map_grant_ref m = { .host_addr = MAP_GPA,
                                      .flags = GNTMAP_host_map,
                                      .ref = SHARED_GREF,
                                      .dom = self - 1 };

    grant_table_op(GNTTABOP_map_grant_ref, &m, 1);
    handle = m.handle;

    return m.status == GNTST_okay;
}

static void unmap_page(void)
{
    struct gnttab_unmap_grant_ref u = { .host_addr = MAP_GPA,
                                        .handle = handle };

    grant_table_op(GNTTABOP_unmap_grant_ref, &u, 1);
}

static void bench_gnttab_map(void)
{
    BENCH_ROUNDS({
        run_ = bench_begin();
        map_page();
        sample_ = bench_end(run_);
        unmap_page();
    })
}

static void bench_gnttab_unmap(void)
{
    BENCH_ROUNDS({
        map_page();
        run_ = bench_begin();
        unmap_page();
        sample_ = bench_end(run_);
    })
}

static void *copy_to;

BENCH(gnttab_copy, {
    struct gnttab_copy c = {
        .source = { .u.ref = SHARED_GREF, .domid = self - 1 },
        .dest = { .u.gmfn = gfn_of(copy_to), .domid = DOMID_SELF },
        .len = PAGE_SIZE,
        .flags = GNTCOPY_source_gref,
    };

    grant_table_op(GNTTABOP_copy, &c, 1);
})

/* --- Two vCPUs of one domain, on one pCPU of the machine --- */

static volatile bool stop;

static void yield_forever(void)
{
    while ( !stop )
        sched_op(SCHEDOP_yield, NULL);
    for ( ;; )
        asm volatile("cli; hlt");
}

/* Away to the other vCPU, and back. */
BENCH(vcpu_switch_twice, { sched_op(SCHEDOP_yield, NULL); })

static void measure(void)
{
    if ( !check(find_server(), "the other domain offers a port") )
        return;
    evtchn_clear(port); /* binding it has left an event, which is not one */
    evtchn_mask(port, false);
    irq_enable();
    RUN_BENCH(evtchn_round_trip);
    irq_disable();

    if ( check(map_page(), "its page can be mapped") )
    {
        unmap_page();
        RUN_BENCH(gnttab_map);
        RUN_BENCH(gnttab_unmap);
        copy_to = alloc_page();
        RUN_BENCH(gnttab_copy);
    }

    if ( cpu_count() > 1 && check(cpu_start(1, yield_forever), "start a vCPU") )
    {
        RUN_BENCH(vcpu_switch_twice);
        stop = true;
    }

    /* Tell the server that it can go. */
    if ( map_page() )
    {
        *(volatile uint32_t *)MAP_GPA = DONE;
        unmap_page();
    }
    evtchn_send(port);
    test_success("bench-pair: done");
}

void test_main(void)
{
    self = (domid_t)cpuid(0x40000004, 0).c;
    upcall_init();
    if ( cmdline_says("serve") )
        serve();
    else
        measure();
}
