/* SPDX-License-Identifier: MIT */
/*
 * Two vCPUs of one domain, with or without a pCPU for each.
 *
 * Expect: a vCPU that wants to run gets its turn whatever the other one does
 * with its interrupt flag and however often it exits; two that always want to
 * run have had the same time, and run states add up to the time gone.
 */
#include "lib.h"

#define NAP      MS(5)
#define NAPS     8
#define LATE_MAX MS(40) /* a slice of the other one, and some more */
/* Bochs takes no interrupts then; the backstop counts the guest's time alone.
 */
#define LATE_MAX_EXITS MS(100)

enum work
{
    SPIN,         /* interrupts on */
    SPIN_NO_IF,   /* off: nothing at all happens */
    EXITS,        /* off: exits that take nearly no time */
    EXITS_WINDOW, /* off, but for an instant before each exit */
    HYPERCALLS,   /* off: hypercalls one after the other */
    YIELDS,       /* on: gives up its turn all the time */
    DOWN,         /* takes itself down */
};

static const char *const work_names[] = {
    [SPIN] = "spins",
    [SPIN_NO_IF] = "spins with interrupts off",
    [EXITS] = "exits with interrupts off",
    [EXITS_WINDOW] = "exits behind an instant with interrupts on",
    [HYPERCALLS] = "makes hypercalls with interrupts off",
    [YIELDS] = "yields",
};

static volatile unsigned int work = SPIN, works_at = ~0u;

static void exit_once(void)
{
    (void)cpuid(0, 0);
}

static void ap_main(void)
{
    for ( ;; )
    {
        unsigned int w = work;

        if ( w == SPIN || w == YIELDS )
            irq_enable();
        else
            irq_disable();
        works_at = w;
        while ( work == w )
            switch ( w )
            {
            case EXITS:
                exit_once();
                break;
            case EXITS_WINDOW:
                asm volatile("sti; cli");
                exit_once();
                break;
            case HYPERCALLS:
                hypercall2(__HYPERVISOR_xen_version, XENVER_version, 0);
                break;
            case YIELDS:
                hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
                break;
            case DOWN:
                hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_down, 1, 0);
                break;
            default:
                break;
            }
    }
}

/* How much too late this vCPU wakes up, at worst. */
static uint64_t worst_nap(void)
{
    uint64_t worst = 0;

    for ( unsigned int i = 0; i < NAPS; i++ )
    {
        uint64_t until = now_ns() + NAP, late;
        struct sched_poll poll = { .nr_ports = 0, .timeout = until };

        hypercall2(__HYPERVISOR_sched_op, SCHEDOP_poll, (unsigned long)&poll);
        late = now_ns() - until;
        if ( (int64_t)late > (int64_t)worst )
            worst = late;
    }
    return worst;
}

static void check_turns(void)
{
    for ( unsigned int w = SPIN; w <= YIELDS; w++ )
    {
        uint64_t worst;

        work = w;
        if ( !check(wait_for(works_at == w, MS(500)), "vCPU 1 is at work") )
            return;
        worst = worst_nap();
        printf("vCPU 1 %s: vCPU 0 is at most %u us late\n", work_names[w],
               (unsigned int)(worst / 1000));
        check(worst <
                  (w == EXITS || w == HYPERCALLS ? LATE_MAX_EXITS : LATE_MAX),
              "that is soon enough");
    }
}

static void runstate(unsigned int vcpu, struct vcpu_runstate_info *info)
{
    check_rc("run state",
             hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, vcpu,
                        (unsigned long)info),
             0);
}

static uint64_t sum_of(const struct vcpu_runstate_info *info)
{
    return info->time[RUNSTATE_running] + info->time[RUNSTATE_runnable] +
           info->time[RUNSTATE_blocked] + info->time[RUNSTATE_offline];
}

/* It takes itself down, and is brought up again where it was. */
static void check_down(void)
{
    work = DOWN;
    check(wait_for(hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 1, 0) == 0,
                   MS(500)),
          "vCPU 1 is down");
    check(worst_nap() < LATE_MAX, "vCPU 0 runs alone");
    work = SPIN;
    check_rc("bring it up", hypercall3(__HYPERVISOR_vcpu_op, VCPUOP_up, 1, 0),
             0);
    check(wait_for(works_at == SPIN, MS(500)), "it goes on");
}

/* Both spin. That they have a pCPU each shows by the time had. */
static void check_shares(void)
{
    struct vcpu_runstate_info before[2], after[2];
    uint64_t ran[2], start, gone, sum;

    work = SPIN;
    check(wait_for(works_at == SPIN, MS(500)), "vCPU 1 spins again");
    start = now_ns();
    for ( unsigned int i = 0; i < 2; i++ )
        runstate(i, &before[i]);
    (void)wait_for(false, MS(400));
    for ( unsigned int i = 0; i < 2; i++ )
    {
        runstate(i, &after[i]);
        ran[i] =
            after[i].time[RUNSTATE_running] - before[i].time[RUNSTATE_running];
        sum = sum_of(&after[i]) - sum_of(&before[i]);
        gone = now_ns() - start;
        check(sum >= MS(400) && sum <= gone,
              "the times of the states add up to the time gone");
    }
    printf("ran %u and %u us\n", (unsigned int)(ran[0] / 1000),
           (unsigned int)(ran[1] / 1000));
    /* A slice more or less, and what Dom0 wanted. */
    check(ran[0] < ran[1] + MS(25) && ran[1] < ran[0] + MS(25),
          "two that spin have the same time");
    check(ran[0] > MS(100) && ran[1] > MS(100), "and are not kept waiting");
}

static bool asked_for(const char *what)
{
    const char *cmdline = (const char *)start_info()->cmdline_paddr;

    return cmdline && !strcmp(cmdline, what);
}

/* A guest that only burns time, for the tests of shares among domains. */
static void burn(bool interruptible)
{
    if ( interruptible )
        irq_enable();
    for ( ;; )
        cpu_relax();
}

void test_main(void)
{
    if ( asked_for("hog") )
        burn(true);
    if ( asked_for("deaf-hog") )
        burn(false);
    if ( !check_eq("CPUs in the MADT", cpu_count(), 2) )
        return;
    apic_enable();
    if ( !check(cpu_start(1, ap_main), "vCPU 1 starts") )
        return;
    check_turns();
    check_down();
    check_shares();
    test_success("everybody gets a turn");
}
