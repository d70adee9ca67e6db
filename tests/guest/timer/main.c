/* SPDX-License-Identifier: MIT */
/*
 * Time and the per-vCPU timers, and the other vCPU operations on oneself.
 *
 * Expect: the single-shot timer raises VIRQ_TIMER once, not early; past times
 * fire at once or are refused as asked; the periodic timer keeps its rate; a
 * halted vCPU wakes; the clock never goes back; runstate adds up.
 */
#include "lib.h"

static evtchn_port_t timer_port;

static void handle_timer(void)
{
    evtchn_clear(timer_port);
}

static long singleshot(uint64_t when, uint32_t flags)
{
    struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = when,
                                           .flags = flags };

    return vcpu_op(VCPUOP_set_singleshot_timer, 0, &t);
}

static void check_clock(void)
{
    uint64_t last = now_ns(), now;

    for ( unsigned int i = 0; i < 1000; i++, last = now )
    {
        now = now_ns();
        if ( now < last )
        {
            test_failure("the clock went back from %lu to %lu", last, now);
            return;
        }
    }
    printf("wall clock at time zero: %u s\n", shared_info.wc_sec);
}

static void check_singleshot(void)
{
    uint64_t when;
    unsigned int count = upcalls;
    long rc;

    irq_enable();
    when = now_ns() + MS(2);
    check_rc("arm", singleshot(when, 0), 0);
    check(wait_for(upcalls != count, MS(20)), "it fires");
    check(now_ns() >= when, "but not early");
    check(evtchn_pending(timer_port), "on VIRQ_TIMER's port");
    handle_timer();

    check(!wait_for(upcalls != count + 1, MS(5)), "and only once");

    check_rc("arm in the past", singleshot(now_ns() - MS(1), 0), 0);
    check(wait_for(upcalls != count + 1, MS(20)), "a past time fires at once");
    handle_timer();
    /* The flag is deprecated: refused at first, later simply late. */
    rc = singleshot(now_ns() - MS(1), VCPU_SSHOTTMR_future);
    check(rc == -XEN_ETIME ||
              (rc == 0 && wait_for(upcalls != count + 2, MS(20))),
          "a past time with the future wanted");
    handle_timer();

    count = upcalls;
    check_rc("arm", singleshot(now_ns() + MS(2), 0), 0);
    check_rc("stop", vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL), 0);
    check(!wait_for(upcalls != count, MS(5)), "a stopped timer is silent");
    irq_disable();
}

static void check_halt(void)
{
    uint64_t when = now_ns() + MS(3);
    unsigned int count = upcalls;

    check_rc("arm", singleshot(when, 0), 0);
    while ( upcalls == count )
        irq_enable_halt_disable();
    check(now_ns() >= when, "the timer woke the halted vCPU in time");
    check(now_ns() < when + MS(50), "and not much later");
    handle_timer();
}

static void check_periodic(void)
{
    struct vcpu_set_periodic_timer p = { .period_ns = MS(2) };
    uint64_t start = now_ns(), took;
    unsigned int fired = 0;

    check_rc("start", vcpu_op(VCPUOP_set_periodic_timer, 0, &p), 0);
    irq_enable();
    while ( fired < 5 && now_ns() < start + MS(100) )
    {
        unsigned int count = upcalls;

        /* No halt: real Xen gives these ticks only to a vCPU that runs. */
        if ( wait_for(upcalls != count, MS(20)) )
            fired++;
        handle_timer();
    }
    irq_disable();
    took = now_ns() - start;
    check_rc("stop", vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    test_success("5 periods of 2 ms took %lu us", took / 1000);
    check_eq("periods", fired, 5);
    check(took >= MS(7), "not faster than asked");

    p.period_ns = 1000;
    check_rc("too short a period", vcpu_op(VCPUOP_set_periodic_timer, 0, &p),
             -XEN_EINVAL);
}

static void check_poll(void)
{
    uint64_t when = now_ns() + MS(2);
    evtchn_port_t port;
    struct sched_poll poll = { .nr_ports = 1, .timeout = when };

    evtchn_alloc_unbound(DOMID_SELF, &port);
    set_xen_guest_handle(poll.ports, &port);
    check_rc("SCHEDOP_poll", sched_op(SCHEDOP_poll, &poll), 0);
    check(now_ns() >= when, "poll waits for its timeout");
    poll.nr_ports = 1000000;
    check_rc("poll of too many ports", sched_op(SCHEDOP_poll, &poll),
             -XEN_EINVAL);
    evtchn_close(port);
}

static void check_runstate(void)
{
    static struct vcpu_runstate_info area __attribute__((aligned(64)));
    struct vcpu_register_runstate_memory_area a = { 0 };
    struct vcpu_runstate_info info = { 0 };
    uint64_t sum = 0;

    a.addr.v = &area;
    check_rc("register the runstate area",
             vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a), 0);
    check_eq("we are running", area.state, RUNSTATE_running);
    check_rc("get_runstate_info", vcpu_op(VCPUOP_get_runstate_info, 0, &info),
             0);
    check_eq("it says running", info.state, RUNSTATE_running);
    for ( unsigned int i = 0; i < 4; i++ )
        sum += info.time[i];
    check(sum > 0 && info.time[RUNSTATE_running] > 0, "time was counted");
}

static void check_vcpu_info(void)
{
    static uint8_t page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    struct vcpu_info *info = (struct vcpu_info *)(page + 64);
    struct vcpu_register_vcpu_info r = { .mfn = gfn_of(page), .offset = 64 };
    struct vcpu_register_vcpu_info bad = { .mfn = gfn_of(page),
                                           .offset = PAGE_SIZE - 8 };

    check_rc("is vCPU 0 up", vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    check_rc("is vCPU 1 there", vcpu_op(VCPUOP_is_up, 1, NULL), -XEN_ENOENT);
    check_rc("vcpu_info across a page's end",
             vcpu_op(VCPUOP_register_vcpu_info, 0, &bad), -XEN_ENXIO);
    check_rc("register_vcpu_info", vcpu_op(VCPUOP_register_vcpu_info, 0, &r),
             0);
    check(info->time.tsc_to_system_mul != 0, "time continues at the new place");
    check_rc("register it again", vcpu_op(VCPUOP_register_vcpu_info, 0, &r),
             -XEN_EINVAL);
}

void test_main(void)
{
    upcall_init();
    check_rc("bind VIRQ_TIMER", evtchn_bind_virq(VIRQ_TIMER, 0, &timer_port),
             0);
    evtchn_mask(timer_port, false);
    check_clock();
    check_singleshot();
    check_halt();
    check_periodic();
    check_poll();
    check_runstate();
    check_vcpu_info(); /* last: it moves what the others use */
}
