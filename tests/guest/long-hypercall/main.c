/* SPDX-License-Identifier: MIT */
/*
 * A hypercall that takes seconds.
 *
 * Expect: it gives way in between. With interrupts on, our own timer's events
 * arrive while it runs; with interrupts off it still ends with the right
 * result, and (the runner's part) Dom0 does not notice.
 */
#include "lib.h"

#define ENTRIES   200000u
#define NO_HANDLE 0xfffffffu
#define PERIOD    MS(5)

/* All of the heap: the entries need 4.8 MB. */
static struct gnttab_unmap_grant_ref *list;

static evtchn_port_t timer_port;

static void fill_list(void)
{
    for ( unsigned int i = 0; i < ENTRIES; i++ )
        list[i] = (struct gnttab_unmap_grant_ref){ .handle = NO_HANDLE };
}

static void check_list(void)
{
    unsigned int right = 0;

    for ( unsigned int i = 0; i < ENTRIES; i++ )
        right += list[i].status == GNTST_bad_handle;
    check_eq("entries with their own status", right, ENTRIES);
}

static uint64_t run(const char *what)
{
    uint64_t start = now_ns();

    fill_list();
    check_rc(what, grant_table_op(GNTTABOP_unmap_grant_ref, list, ENTRIES), 0);
    check_list();
    return now_ns() - start;
}

static void handle_upcall_and_clear(struct regs *regs)
{
    (void)regs;
    shared_info.vcpu_info[0].evtchn_upcall_pending = 0;
    shared_info.vcpu_info[0].evtchn_pending_sel = 0;
    evtchn_clear(timer_port);
    upcalls++;
    apic_eoi();
}

void test_main(void)
{
    struct vcpu_set_periodic_timer p = { .period_ns = PERIOD };
    unsigned int before;
    uint64_t took;

    list = alloc_pages((ENTRIES * sizeof(*list) + PAGE_SIZE - 1) / PAGE_SIZE);
    took = run("a long hypercall with interrupts off");
    printf("%u entries took %lu ms with interrupts off\n", ENTRIES,
           took / MS(1));

    upcall_init();
    irq_set_handler(UPCALL_VECTOR, handle_upcall_and_clear);
    check_rc("bind VIRQ_TIMER", evtchn_bind_virq(VIRQ_TIMER, 0, &timer_port),
             0);
    evtchn_mask(timer_port, false);
    check_rc("start", vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
    irq_enable();
    before = upcalls;
    took = run("a long hypercall with interrupts on");
    irq_disable();
    check_rc("stop", vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    printf("%u events in %lu ms with interrupts on\n", upcalls - before,
           took / MS(1));
    check(upcalls - before >= 3, "events arrive while it runs");
}
