/* SPDX-License-Identifier: MIT */
/* Between the files of the scheduler's mechanism. */
#pragma once

#include <xen/domain.h>
#include <xen/sched-policy.h>
#include <xen/sched.h>
#include <xen/spinlock.h>

struct cpupool
{
    spinlock_t lock; /* sched, and every change of who runs on its pCPUs */
    struct sched_pool sched;
    uint32_t id;
    unsigned int nr_domains; /* cpupool_lock */
    struct list_head list;   /* cpupool_lock: by id, or unused */
    struct timer refill_timer;
};

/*
 * Where each pCPU takes its work from, NULL: from nowhere. Set by who adds it
 * to a pool, cleared by the pCPU itself once it has left.
 */
extern struct cpupool *pool_of_cpu[NR_CPUS];

static inline struct vcpu *vcpu_of_unit(struct sched_unit *u)
{
    return u ? container_of(u, struct vcpu, sched) : NULL;
}

/* --- core.c --- */

/* The pool of a domain, locked. */
struct cpupool *lock_pool_of(const struct domain *d);
/* Do what the policy noted in the pool; its lock is held. */
void sched_apply(struct cpupool *c);

/* --- runstate.c --- */

void set_runstate(struct vcpu *v, int state, s_time_t now);

/* --- affinity.c --- */

/* Any pCPU: for a vCPU that is new to its pool. */
void vcpu_reset_affinity(struct vcpu *v);
/* The pool's pCPUs changed: no vCPU may be left without one. */
void cpupool_check_affinities(struct cpupool *c);

/* --- cpupool.c --- */

/* The pool with that id, or with the least one from there on; or NULL. */
struct cpupool *cpupool_find(uint32_t id);
struct cpupool *cpupool_find_from(uint32_t id);
extern spinlock_t cpupool_lock; /* outside of the pools' own */
cpumask_t cpupool_free_cpus(void);
/* Errors are those of XEN_SYSCTL_cpupool_op. */
int cpupool_create(uint32_t *id, uint32_t sched_id);
int cpupool_destroy(uint32_t id);
int cpupool_add_cpu(uint32_t id, uint32_t cpu);
int cpupool_remove_cpu(uint32_t id, uint32_t cpu);
int cpupool_move_domain(struct domain *d, uint32_t id);
