/* SPDX-License-Identifier: MIT */
/* Timers: one heap per pCPU, and the hardware set for its earliest. */
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/timer.h>
#include <asm/apic.h>
#include <asm/vmx.h>

static struct
{
    spinlock_t lock; /* root and the timers in it */
    struct timer *root;
    struct timer *running; /* whose handler is under way */
} heaps[NR_CPUS];

void init_timer(struct timer *t, void (*fn)(void *), void *data,
                unsigned int cpu)
{
    *t = (struct timer){ .fn = fn, .data = data, .cpu = cpu };
}

/* Lock the heap that t belongs to, which may change until it is locked. */
static unsigned int lock_heap_of(const struct timer *t)
{
    for ( ;; )
    {
        unsigned int cpu = READ_ONCE(t->cpu);

        spin_lock(&heaps[cpu].lock);
        if ( likely(cpu == READ_ONCE(t->cpu)) )
            return cpu;
        spin_unlock(&heaps[cpu].lock);
    }
}

void timer_follow(struct timer *t, unsigned int to)
{
    unsigned int cpu;

    if ( likely(READ_ONCE(t->cpu) == to) || t->queued )
        return;
    cpu = lock_heap_of(t);
    if ( !t->queued )
        WRITE_ONCE(t->cpu, to);
    spin_unlock(&heaps[cpu].lock);
}

/* The hardware of another pCPU is its own business: it is told by an IPI. */
static void reprogram(unsigned int cpu, const struct timer *root)
{
    if ( cpu != smp_processor_id() )
    {
        apic_timer_kick(cpu);
        return;
    }
    this_cpu()->timer_tsc = root ? tsc_at(root->expires) : TSC_NEVER;
    apic_timer_program(this_cpu()->timer_tsc);
    vmx_set_backstop();
}

void set_timer(struct timer *t, s_time_t expires)
{
    unsigned int cpu = lock_heap_of(t);
    struct timer *before;

    before = heaps[cpu].root;
    if ( t->queued )
        heaps[cpu].root = timer_heap_remove(heaps[cpu].root, t);
    t->expires = expires;
    t->queued = true;
    heaps[cpu].root = timer_heap_insert(heaps[cpu].root, t);
    /* A later deadline may wait for the interrupt of the old one. */
    if ( heaps[cpu].root == t ||
         (before == t && heaps[cpu].root->expires < expires) )
        reprogram(cpu, heaps[cpu].root);
    spin_unlock(&heaps[cpu].lock);
}

void stop_timer(struct timer *t)
{
    unsigned int cpu;

    if ( !t->queued )
        return;
    cpu = lock_heap_of(t);
    if ( t->queued )
    {
        t->queued = false;
        /* If it was the earliest, one interrupt comes for nothing. */
        heaps[cpu].root = timer_heap_remove(heaps[cpu].root, t);
    }
    spin_unlock(&heaps[cpu].lock);
}

/* Perhaps not where its heap is now: it may have followed its vCPU. */
static bool runs_elsewhere(const struct timer *t)
{
    for ( unsigned int cpu = 0; cpu < nr_cpus_online; cpu++ )
        if ( cpu != smp_processor_id() && READ_ONCE(heaps[cpu].running) == t )
            return true;
    return false;
}

void kill_timer(struct timer *t)
{
    if ( !t->fn )
        return; /* never initialised */
    stop_timer(t);
    /* A handler under way elsewhere may set it once more. */
    while ( runs_elsewhere(t) )
        smp_relax();
    stop_timer(t);
}

void timers_run(void)
{
    unsigned int cpu = smp_processor_id();
    struct timer *t;

    spin_lock(&heaps[cpu].lock);
    while ( (t = heaps[cpu].root) != NULL && t->expires <= NOW() )
    {
        heaps[cpu].root = timer_heap_remove(t, t);
        t->queued = false;
        WRITE_ONCE(heaps[cpu].running, t);
        spin_unlock(&heaps[cpu].lock);
        t->fn(t->data);
        spin_lock(&heaps[cpu].lock);
        WRITE_ONCE(heaps[cpu].running, NULL);
    }
    reprogram(cpu, heaps[cpu].root);
    spin_unlock(&heaps[cpu].lock);
}
