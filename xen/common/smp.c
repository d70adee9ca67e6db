/* SPDX-License-Identifier: MIT */
/* Calls from one pCPU to others. */

/*
 * Each pCPU can have one call under way. It writes down what is to be done
 * and by whom, marks itself in the call_from of each of these, and interrupts
 * them. A pCPU that finds marks runs the calls and takes itself out of their
 * call_pending. Nobody ever spins for another pCPU without serving such calls
 * meanwhile, so two that call one another both get on.
 */
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/processor.h>
#include <asm/smp.h>

cpumask_t cpu_online_map = 1;

void smp_serve_calls(void)
{
    struct percpu *self = this_cpu();
    cpumask_t from;
    unsigned int cpu;

    if ( likely(!READ_ONCE(self->call_from)) )
        return;
    from = __atomic_exchange_n(&self->call_from, 0, __ATOMIC_SEQ_CST);
    for_each_cpu (cpu, from)
    {
        struct percpu *caller = percpu_area[cpu];

        caller->call_fn(caller->call_data);
        cpumask_clear_atomic(&caller->call_pending, self->cpu);
    }
}

void smp_relax(void)
{
    smp_serve_calls();
    cpu_relax();
}

static void wait_for_call(struct percpu *self)
{
    while ( READ_ONCE(self->call_pending) )
        smp_relax();
}

void on_selected_cpus(cpumask_t mask, void (*fn)(void *data), void *data,
                      bool wait)
{
    struct percpu *self = this_cpu();
    cpumask_t others = mask & cpu_online_map & ~cpumask_of(self->cpu);
    unsigned int cpu;

    if ( others )
    {
        wait_for_call(self); /* an earlier one that nobody waited for */
        self->call_fn = fn;
        self->call_data = data;
        __atomic_store_n(&self->call_pending, others, __ATOMIC_SEQ_CST);
        for_each_cpu (cpu, others)
        {
            cpumask_set_atomic(&percpu_area[cpu]->call_from, self->cpu);
            smp_send_call_ipi(cpu);
        }
    }
    if ( cpumask_test(mask, self->cpu) )
        fn(data);
    if ( others && wait )
        wait_for_call(self);
}

static void no_operation(void *data)
{
    (void)data;
}

void smp_synchronize(void)
{
    on_selected_cpus(cpu_online_map & ~cpumask_of(smp_processor_id()),
                     no_operation, NULL, true);
}

/* --- Holding the others --- */

static struct
{
    bool taken; /* somebody holds the others, or is about to */
    bool go;
    uint32_t held;
} hold;

static void hold_here(void *data)
{
    (void)data;
    __atomic_add_fetch(&hold.held, 1, __ATOMIC_SEQ_CST);
    while ( !__atomic_load_n(&hold.go, __ATOMIC_ACQUIRE) )
        cpu_relax();
    (void)cpuid_count(0,
                      0); /* serializing: instructions may have been changed */
    __atomic_sub_fetch(&hold.held, 1, __ATOMIC_SEQ_CST);
}

void smp_hold_others(void)
{
    const cpumask_t others = cpu_online_map & ~cpumask_of(smp_processor_id());

    while ( __atomic_exchange_n(&hold.taken, true, __ATOMIC_ACQUIRE) )
        smp_relax(); /* and be held */
    hold.go = false;
    on_selected_cpus(others, hold_here, NULL, false);
    while ( __atomic_load_n(&hold.held, __ATOMIC_SEQ_CST) !=
            cpumask_weight(others) )
        smp_relax();
}

void smp_release_others(void)
{
    __atomic_store_n(&hold.go, true, __ATOMIC_RELEASE);
    while ( __atomic_load_n(&hold.held, __ATOMIC_SEQ_CST) )
        smp_relax();
    __atomic_store_n(&hold.taken, false, __ATOMIC_RELEASE);
}
