/* SPDX-License-Identifier: MIT */
/* A watchdog: processors see to it that the next one still serves its timers.
 */

/*
 * Each pCPU has a timer that goes off once a second and counts. It also looks
 * at the count of its neighbour: one that stands still for watchdog_timeout=
 * seconds belongs to a pCPU that hangs in the hypervisor, since guests are left
 * for timers. That one is sent an NMI, to say where it is and panic. If it does
 * not take that either, its neighbour panics a second later.
 *
 * LIMIT: a lone processor has no neighbour; that would take an NMI from a
 * performance counter.
 */
#include <xen/cmdline.h>
#include <xen/console.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <xen/watchdog.h>
#include <asm/apic.h>
#include <asm/traps.h>

#define PERIOD SECONDS(1)

static struct watch
{
    struct timer timer;
    uint32_t beats; /* of this pCPU */
    uint32_t seen;  /* the neighbour's, last time */
    uint32_t still; /* for so many seconds */
} watches[NR_CPUS];

static bool opt_watchdog;
static uint32_t opt_watchdog_timeout = 5;
static unsigned int culprit = NR_CPUS;

/* "force" is for Xen's, which may find that its own does not work. */
static int parse_watchdog(const char *s)
{
    int on = !*s || !strcmp(s, "force") ? 1 : parse_bool(s, strlen(s));

    if ( on < 0 )
        return -EINVAL;
    opt_watchdog = on;
    return 0;
}
custom_param("watchdog", parse_watchdog);
integer_param("watchdog_timeout", opt_watchdog_timeout);

static void look_at_neighbour(struct watch *w, unsigned int cpu)
{
    uint32_t beats = READ_ONCE(watches[cpu].beats);

    w->still = beats == w->seen ? w->still + 1 : 0;
    w->seen = beats;
    if ( w->still == opt_watchdog_timeout )
    {
        WRITE_ONCE(culprit, cpu);
        apic_send_nmi(percpu_area[cpu]->apic_id);
    }
    else if ( w->still > opt_watchdog_timeout )
        panic("CPU%u hangs, and takes no NMI", cpu);
}

static void beat(void *data)
{
    struct watch *w = data;

    WRITE_ONCE(w->beats, w->beats + 1);
    look_at_neighbour(w, (smp_processor_id() + 1) % nr_cpus_online);
    set_timer(&w->timer, NOW() + PERIOD);
}

void watchdog_nmi(const struct trap_frame *f)
{
    if ( likely(READ_ONCE(culprit) != smp_processor_id()) )
        return;
    printk_break_lock(); /* this pCPU may be the one that holds it */
    show_trap_frame(f);
    show_stack((const uint64_t *)f->rsp);
    panic("CPU%u has hung for %u seconds", smp_processor_id(),
          opt_watchdog_timeout);
}

void watchdog_init(void)
{
    unsigned int cpu;

    if ( !opt_watchdog )
        return;
    if ( nr_cpus_online == 1 || !opt_watchdog_timeout )
    {
        printk(XENLOG_WARNING "No watchdog: it takes two processors and a "
                              "timeout\n");
        return;
    }
    for_each_cpu (cpu, cpu_online_map)
    {
        watches[cpu] = (struct watch){ 0 };
        init_timer(&watches[cpu].timer, beat, &watches[cpu], cpu);
        set_timer(&watches[cpu].timer, NOW() + PERIOD);
    }
}
