/* SPDX-License-Identifier: MIT */
/* Scheduler: choosing the vCPU that a pCPU runs next; pools of pCPUs. */
#pragma once

#include <xen/cpumask.h>
#include <xen/domain.h>

/*
 * Called with interrupts off from the entry path when need_resched is set:
 * puts the current vCPU back, idles until there is one to run, and leaves its
 * state loaded and this_cpu()->curr set to it.
 */
void schedule(void);

/* At boot: Pool-0 with the calling pCPU; then each further pCPU for itself,
 * before it is in cpu_online_map. */
void sched_init(void);
void sched_init_cpu(unsigned int cpu);

/* d joins a pool: -ENOENT, or -ENODEV if that has no pCPU; and leaves it. */
int sched_init_domain(struct domain *d, uint32_t pool_id);
void sched_destroy_domain(struct domain *d);
uint32_t cpupool_id(const struct domain *d);
/* The id of the nth pool, from 0, by id; false: there are fewer. */
bool cpupool_nth(unsigned int n, uint32_t *id);

/* Time that a pCPU was idle, ns. */
s_time_t sched_idle_time(unsigned int cpu);

/* The scheduler that pools have unless asked otherwise: XEN_SCHEDULER_*. */
uint32_t sched_default_id(void);

/*
 * Hard affinity: -EINVAL if no pCPU of the domain's pool is in it, -EBUSY
 * while it is overridden.
 */
int vcpu_set_hard_affinity(struct vcpu *v, cpumask_t cpus);
/*
 * Override it: run on one pCPU alone until told otherwise, by a pCPU below 0.
 * -EBUSY if it is already, -EINVAL if that is no pCPU of its pool, or if
 * there was nothing to end.
 */
int vcpu_pin_override(struct vcpu *v, int cpu);

/* Wait for an interrupt, having saved what power there is to save. */
void cpu_idle_init(void);
void cpu_idle(void);
