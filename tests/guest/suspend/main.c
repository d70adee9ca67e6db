/* SPDX-License-Identifier: MIT */
/*
 * A guest that is saved, restored and migrated while it writes to its memory.
 *
 * Expect: the memory is what was written last, on both vCPUs; the clocks go
 * on, and the wall clock is right; the TSC has the rate it had, unless it is
 * "native=1" and the machine another; a second vCPU that was running still is;
 * after a suspend that was cancelled everything is as it was, after another
 * the event channels are new and everything can be set up again. With
 * nestedhvm=1, an L2 goes on where it was.
 *
 * Driven from Dom0 (tests/system/long/migrate.sh): it says "suspend: ready N"
 * and does what control/shutdown asks, any number of times.
 */
#include "vmx.h"
#include "xs.h"

#define NR_PAGES   512
#define PAGE_WORDS (PAGE_SIZE / sizeof(uint64_t))
#define WORDS_STEP 64 /* only some words of each page are used */
#define SLICE      64 /* pages written between two looks at the store */

/* What each of the two CPUs writes all the time, and what it should be. */
static struct memory
{
    uint64_t *pages;
    uint64_t *generation; /* of each page */
    uint64_t next;        /* pages written so far */
} memory[2];

static volatile uint64_t ap_tsc;
static volatile unsigned int ap_pause, ap_paused;
static evtchn_port_t timer_port, ipi_port;
static struct vcpu_runstate_info runstate __attribute__((aligned(64)));
static struct vcpu_info *ap_info;

/* --- memory --- */

static uint64_t pattern(uint64_t page, uint64_t generation, unsigned int word)
{
    return (generation << 32 | page << 16 | word) * 0x9e3779b97f4a7c15ul;
}

static void write_one(struct memory *m)
{
    uint64_t page = m->next++ * 7 % NR_PAGES;
    uint64_t *p = m->pages + page * PAGE_WORDS;
    uint64_t generation = ++m->generation[page];

    for ( unsigned int w = 0; w < PAGE_WORDS; w += WORDS_STEP )
        p[w] = pattern(page, generation, w);
}

static void check_memory(const struct memory *m, const char *whose)
{
    for ( uint64_t page = 0; page < NR_PAGES; page++ )
        for ( unsigned int w = 0; w < PAGE_WORDS; w += WORDS_STEP )
        {
            uint64_t got = m->pages[page * PAGE_WORDS + w];

            if ( got == pattern(page, m->generation[page], w) )
                continue;
            test_failure("%s page %lu word %u is %#lx, not of generation %lu",
                         whose, page, w, got, m->generation[page]);
            return;
        }
}

static void memory_init(struct memory *m)
{
    m->pages = alloc_pages(NR_PAGES);
    m->generation = alloc_pages(NR_PAGES * sizeof(uint64_t) / PAGE_SIZE);
    for ( unsigned int i = 0; i < NR_PAGES; i++ )
        write_one(m);
}

/* --- the second vCPU --- */

static void ap_register(void)
{
    struct vcpu_register_vcpu_info r = { .mfn = gfn_of(ap_info), .offset = 0 };

    check_rc("vCPU 1 registers its vcpu_info",
             vcpu_op(VCPUOP_register_vcpu_info, 1, &r), 0);
}

/* Leave the CPU to Dom0, which has work with us, for so many ms. */
static void rest(unsigned int ms)
{
    struct sched_poll poll = { .timeout = now_ns() + MS(ms) };

    sched_op(SCHEDOP_poll, &poll);
}

static void ap_work(void)
{
    ap_register();
    for ( ;; )
    {
        ap_paused = ap_pause;
        for ( unsigned int i = 0; i < SLICE && !ap_pause; i++ )
        {
            write_one(&memory[1]);
            ap_tsc = rdtsc();
        }
        ap_tsc = rdtsc();
        rest(5);
    }
}

/* Hold it, so that what it writes can be looked at. */
static void check_ap(void)
{
    uint64_t before = memory[1].next, tsc;

    check(wait_for(memory[1].next != before, MS(500)), "vCPU 1 goes on");
    tsc = ap_tsc;
    check(rdtsc() >= tsc, "the TSC is not behind vCPU 1's");
    tsc = rdtsc();
    check(wait_for(ap_tsc >= tsc, MS(500)), "nor is vCPU 1's");
    ap_pause = 1;
    check(wait_for(ap_paused, MS(500)), "vCPU 1 stops");
    check_memory(&memory[1], "vCPU 1's");
    ap_pause = 0;
}

/* --- time and events --- */

static uint64_t wall_ns(void)
{
    return ((uint64_t)shared_info.wc_sec_hi << 32 | shared_info.wc_sec) *
               1000000000 +
           shared_info.wc_nsec + now_ns();
}

/* The store and the console raise upcalls too: only its own port tells. */
static bool came(evtchn_port_t port, unsigned int count)
{
    return upcalls != count && evtchn_pending(port);
}

static uint32_t first_khz;

static void check_rate(void)
{
    uint32_t khz = tsc_khz_measured(),
             off = khz > first_khz ? khz - first_khz : first_khz - khz;

    printf("suspend: TSC at %u kHz\n", khz);
    if ( off > first_khz / 100 && !option("native", 0) )
        test_failure("the TSC's rate is %u kHz, not %u", khz, first_khz);
}

static void check_timer(void)
{
    struct vcpu_set_singleshot_timer t = { .timeout_abs_ns = now_ns() + MS(2) };
    unsigned int count = upcalls;

    irq_enable();
    check_rc("arm the timer", vcpu_op(VCPUOP_set_singleshot_timer, 0, &t), 0);
    check(wait_for(came(timer_port, count), MS(200)), "the timer fires");
    irq_disable();
    check(now_ns() >= t.timeout_abs_ns, "and not early");
    evtchn_clear(timer_port);
}

static void check_ipi(void)
{
    unsigned int count = upcalls;

    irq_enable();
    check_rc("send an event", evtchn_send(ipi_port), 0);
    check(wait_for(came(ipi_port, count), MS(200)), "the event comes");
    irq_disable();
    evtchn_clear(ipi_port);
}

static void events_init(void)
{
    struct vcpu_register_runstate_memory_area a = { 0 };

    upcall_init();
    /* As Linux does, so that the tools know us for a guest that listens. */
    check_rc("say that there are drivers",
             hvm_set_param(HVM_PARAM_CALLBACK_IRQ, 1), 0);
    check_rc("bind the timer", evtchn_bind_virq(VIRQ_TIMER, 0, &timer_port), 0);
    check_rc("bind an IPI", evtchn_bind_ipi(0, &ipi_port), 0);
    evtchn_mask(timer_port, false);
    evtchn_mask(ipi_port, false);
    a.addr.v = &runstate;
    check_rc("register the runstate area",
             vcpu_op(VCPUOP_register_runstate_memory_area, 0, &a), 0);
    check_eq("we are running", runstate.state, RUNSTATE_running);
}

/* --- an L2 --- */

static bool have_l2;
static void *l2_vmcs;
static struct l2_regs l2_regs;
static volatile uint64_t l2_count, l2_tsc;

static void l2_work(void)
{
    for ( ;; )
    {
        l2_count++;
        l2_tsc = rdtsc();
        asm volatile("vmcall");
    }
}

/* L2 makes one round and exits where its instruction pointer says. */
static void check_l2(bool resume)
{
    uint64_t count = l2_count, before = rdtsc();

    if ( !have_l2 )
        return;
    check_eq("L2 is entered", vmx_enter(&l2_regs, resume), VMX_OK);
    check_eq("L2 exits by VMCALL", vmget(EXIT_REASON), REASON_VMCALL);
    check_eq("L2 has made one round", l2_count, count + 1);
    check(l2_tsc >= before && l2_tsc <= rdtsc(), "L2 reads the TSC as L1 does");
    vmx_skip_insn();
}

static void l2_init(void)
{
    have_l2 = vmx_here() && vmx_on();
    if ( !have_l2 )
        return;
    l2_vmcs = vmx_vmcs(l2_work);
    check_l2(false);
    check_l2(true);
}

/* Still in VMX operation, with that VMCS, and launched. */
static void check_vmx(uint64_t rip)
{
    uint64_t current = 0;

    if ( !have_l2 )
        return;
    check_eq("VMPTRST", vmptrst(&current), VMX_OK);
    check_eq("the current VMCS", current, (unsigned long)l2_vmcs);
    check_eq("where L2 is", vmget(GUEST_RIP), rip);
    check_l2(true);
}

/* --- suspending --- */

static void rebuild(void)
{
    evtchn_port_t old_timer = timer_port, old_ipi = ipi_port;

    shared_info_map();
    console_init();
    xs_init();
    check_rc("the old timer's port is closed", evtchn_send(old_timer),
             -XEN_EINVAL);
    check_rc("the old IPI's port, too", evtchn_send(old_ipi), -XEN_EINVAL);
    check_rc("vCPU 1 is up", vcpu_op(VCPUOP_is_up, 1, NULL), 1);
    check_rc("take it down", vcpu_op(VCPUOP_down, 1, NULL), 0);
    ap_register();
    check_rc("and up", vcpu_op(VCPUOP_up, 1, NULL), 0);
    events_init();
}

static void suspend(unsigned int round)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };
    uint64_t wall = wall_ns(), tsc = rdtsc(), ns = now_ns();
    uint64_t rip = have_l2 ? vmget(GUEST_RIP) : 0;
    long rc = sched_op(SCHEDOP_shutdown, &arg);

    if ( !rc )
        rebuild();
    check(rdtsc() > tsc, "the TSC goes on");
    check(wall_ns() >= wall, "the wall clock has not gone back");
    check(wall_ns() - wall < 600 * 1000000000ul, "nor too far");
    check(!rc || now_ns() >= ns, "after a cancelled suspend time goes on");
    check_memory(&memory[0], "vCPU 0's");
    check_ap();
    check_rate();
    check_timer();
    check_ipi();
    check_vmx(rip);
    printf("suspend: round %u %s, away for %lu ms\n", round,
           rc ? "cancelled" : "resumed", (wall_ns() - wall) / 1000000);
}

static void reboot(void)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_reboot };

    xs_write("control/shutdown", "");
    sched_op(SCHEDOP_shutdown, &arg);
}

void test_main(void)
{
    xs_init();
    memory_init(&memory[0]);
    memory_init(&memory[1]);
    ap_info = alloc_page();
    events_init();
    if ( !check(cpu_start(1, ap_work), "vCPU 1 starts") )
        return;
    check_ap();
    first_khz = tsc_khz_measured();
    check_rate();
    check_timer();
    check_ipi();
    l2_init();
    xs_write("control/feature-suspend", "1");
    xs_write("control/feature-poweroff", "1");
    xs_write("control/feature-reboot", "1");

    for ( unsigned int round = 1;; round++ )
    {
        printf("suspend: ready %u\n", round);
        while ( !xs_is("control/shutdown", "suspend") )
        {
            if ( xs_is("control/shutdown", "reboot") )
                reboot();
            if ( xs_is("control/shutdown", "poweroff") )
            {
                xs_write("control/shutdown", "");
                return;
            }
            for ( unsigned int i = 0; i < SLICE; i++ )
                write_one(&memory[0]);
            check_l2(true);
            rest(20);
        }
        xs_write("control/shutdown", "");
        suspend(round);
    }
}
