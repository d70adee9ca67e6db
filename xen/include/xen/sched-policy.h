/* SPDX-License-Identifier: MIT */
/* Scheduling policies: who runs next and whom to interrupt; pure. */
#pragma once

/*
 * A policy knows no locks, no hardware and no clock: it is told the time.
 * The mechanism (core.c) calls it with the pool's lock held and afterwards
 * does what the policy has noted in the pool:
 *
 *   poke       pCPUs that are to choose again
 *   retime     pCPUs whose slice ends at another time (pcpu[].until)
 *   refill_at  when policy->refill() is to be called, STIME_MAX for never
 *
 * A unit is a vCPU as the policy sees it. Its life, with who moves it on:
 *
 *            wake                pick             pick (another)
 *   ASLEEP --------> QUEUED ---------> RUNNING -----------------> LEAVING
 *     ^  \             | ^ budget         (sleep only notes it)      |
 *     |   `-> PARKED <-'-'                                           |
 *     '--------------------------------- put ------------------------'
 *                                   (or QUEUED, PARKED)
 *
 * LEAVING ends when the pCPU has let go of the vCPU's registers: until then
 * no other may have it.
 */

#include <xen/cpumask.h>
#include <xen/list.h>
#include <xen/time.h>

#define SCHED_WEIGHT_DEFAULT 256
#define SCHED_WEIGHT_MAX     65535

enum unit_state
{
    UNIT_ASLEEP,
    UNIT_QUEUED,
    UNIT_RUNNING,
    UNIT_LEAVING,
    UNIT_PARKED, /* its domain has used what its cap allows */
};

/* What the vCPUs of a domain share. */
struct sched_dom
{
    uint32_t weight;
    uint32_t cap;  /* percent of a pCPU, 0: none */
    uint32_t busy; /* units that run or wait for a pCPU */
    uint32_t running;
    s_time_t budget;          /* with a cap: time left until refill_at */
    s_time_t refill_at;       /* when the next period begins */
    struct list_head parked;  /* its parked units */
    struct list_head starved; /* on the pool's list while it has such */
};

struct sched_unit
{
    struct list_head list; /* on the pool's queue or the domain's parked */
    struct sched_dom *dom;
    cpumask_t hard, soft; /* pCPUs it may and had better run on */
    unsigned int cpu;     /* runs there, or did last */
    enum unit_state state;
    bool runnable;
    bool yields;      /* the next choice prefers anybody else */
    uint64_t vtime;   /* weighted time it has had */
    s_time_t charged; /* running: vtime counts until here */
    s_time_t started; /* running: has had the pCPU since */
};

struct sched_pcpu
{
    struct sched_unit *curr;  /* RUNNING there */
    struct sched_unit *owner; /* null policy: the only one to run there */
    s_time_t until;           /* end of the slice, or STIME_MAX */
};

struct sched_pool
{
    const struct sched_policy *policy;
    cpumask_t cpus;     /* pCPUs of the pool */
    cpumask_t idle;     /* of these, those with nothing to run */
    cpumask_t poked;    /* of these, those about to choose again */
    cpumask_t poke;     /* out, see above */
    cpumask_t retime;   /* out */
    s_time_t refill_at; /* out */
    s_time_t ratelimit; /* a unit keeps a pCPU for at least this long */
    uint64_t vtime;     /* of the one that was most behind when it got to run */
    uint64_t load;      /* weights of the busy units */
    struct list_head queue;   /* credit2: by vtime; null: without a pCPU */
    struct list_head starved; /* domains with parked units */
    struct sched_pcpu pcpu[NR_CPUS];
};

struct sched_policy
{
    const char *name; /* as the option sched= spells it */
    uint32_t id;      /* XEN_SCHEDULER_* */
    /* A unit joins (ASLEEP) or leaves (ASLEEP or waiting) the pool. */
    void (*insert)(struct sched_pool *p, struct sched_unit *u);
    void (*remove)(struct sched_pool *p, struct sched_unit *u);
    /* It may run from now on; it may not. gone: not for long. */
    void (*wake)(struct sched_pool *p, struct sched_unit *u, s_time_t now);
    void (*sleep)(struct sched_pool *p, struct sched_unit *u, s_time_t now,
                  bool gone);
    /* Who is to run on cpu, NULL for nobody: becomes pcpu[cpu].curr. */
    struct sched_unit *(*pick)(struct sched_pool *p, unsigned int cpu,
                               s_time_t now);
    /* u, LEAVING, has left its pCPU. */
    void (*put)(struct sched_pool *p, struct sched_unit *u, s_time_t now);
    /* u's hard or soft affinity changed. */
    void (*affinity)(struct sched_pool *p, struct sched_unit *u, s_time_t now);
    /* A pCPU, idle, joins the pool; one leaves: it chooses once more. */
    void (*cpu_add)(struct sched_pool *p, unsigned int cpu, s_time_t now);
    void (*cpu_remove)(struct sched_pool *p, unsigned int cpu, s_time_t now);
    /* refill_at has come. NULL: no such thing. */
    void (*refill)(struct sched_pool *p, s_time_t now);
    /* Weight and cap, both valid, for a domain of the pool. NULL: neither. */
    void (*adjust)(struct sched_pool *p, struct sched_dom *d, uint32_t weight,
                   uint32_t cap, s_time_t now);
};

extern const struct sched_policy sched_credit2, sched_null;

void sched_pool_init(struct sched_pool *p, const struct sched_policy *policy,
                     s_time_t ratelimit);
void sched_dom_init(struct sched_dom *d);
void sched_unit_init(struct sched_unit *u, struct sched_dom *d,
                     unsigned int cpu);

static inline void sched_poke(struct sched_pool *p, unsigned int cpu)
{
    p->poke |= cpumask_of(cpu);
    p->poked |= cpumask_of(cpu);
}

/* The best of a set of pCPUs for u: where it was, or else the first. */
static inline unsigned int sched_prefer(const struct sched_unit *u,
                                        cpumask_t cpus)
{
    if ( cpus & u->soft )
        cpus &= u->soft;
    return cpumask_test(cpus, u->cpu) ? u->cpu : cpumask_first(cpus);
}
