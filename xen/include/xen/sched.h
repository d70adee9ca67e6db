/* SPDX-License-Identifier: MIT */
/* Scheduler: choosing the vCPU that a pCPU runs next. */
#pragma once

#include <xen/domain.h>

/*
 * Called with interrupts off from the entry path when need_resched is set:
 * puts the current vCPU back, waits in HLT until there is one to run, and
 * leaves its state loaded and this_cpu()->curr set to it.
 */
void schedule(void);

/* --- Policy, pure: sched/fair.c --- */

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_SLICE          MILLISECS(10)
/* A vCPU that slept may be at most this far ahead of those that ran. */
#define SCHED_WAKE_CREDIT MILLISECS(10)
/* The running vCPU keeps the CPU unless a woken one is this much behind. */
#define SCHED_WAKE_MARGIN MICROSECS(500)

/* Virtual time that running for ns costs at the given weight. */
uint64_t sched_charge(uint64_t vtime, s_time_t ns, uint32_t weight);
/* Virtual time a vCPU wakes with: sleeping earns no more than the credit. */
uint64_t sched_wake_vtime(uint64_t vtime, uint64_t queue_vtime);
/* Does a vCPU that wakes at vtime take the CPU from one at running_vtime? */
bool sched_preempts(uint64_t vtime, uint64_t running_vtime);
