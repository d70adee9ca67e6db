/* SPDX-License-Identifier: MIT */
/* Several pCPUs: which are there, and how one gets another to do something. */
#pragma once

#include <xen/compiler.h>
#include <xen/cpumask.h>

/* pCPUs that run. Numbers have no gaps: 0 .. nr_cpus_online - 1. */
extern cpumask_t cpu_online_map;

/* Stores before it are visible to all before any load behind it is done. */
static inline void smp_mb(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/*
 * Make pCPU cpu leave its guest, or its HLT, and look at need_resched and at
 * its vCPU's pending interrupts before it enters a guest again. To be called
 * after the stores that it is to see. Nothing to do for the calling one.
 */
void smp_send_event_check(unsigned int cpu);

/*
 * Run fn(data) on each online pCPU of mask, outside of any guest; here too if
 * this pCPU is in it. With wait, returns when all have; otherwise at once,
 * and data must stay.
 *
 * The hypervisor runs with interrupts off, so a pCPU gets to it when it next
 * exits, or while it waits for others itself (smp_relax). Hence:
 *  - the caller holds no spinlock, whether it waits or not;
 *  - fn takes only locks that are never held across such a wait (that is any
 *    spinlock), and neither waits nor calls this function.
 */
void on_selected_cpus(cpumask_t mask, void (*fn)(void *data), void *data,
                      bool wait);

/*
 * Returns when every other pCPU has been out of whatever it was doing when
 * this was called: what was made unreachable before can be freed then.
 */
void smp_synchronize(void);

/*
 * Keep all other pCPUs outside of their guests and of whatever they were doing,
 * holding no lock, until they are released: for what must not change meanwhile.
 * Each has executed a serializing instruction when it goes on. Who holds calls
 * no function on others.
 */
void smp_hold_others(void);
void smp_release_others(void);

/* Run what other pCPUs have asked this one for. */
void smp_serve_calls(void);
/* The body of every loop that waits for another pCPU; no spinlock held. */
void smp_relax(void);
