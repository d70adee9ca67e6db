/* SPDX-License-Identifier: MIT */
/* A simulated machine for scheduling policies: a clock, pCPUs, tasks. */
#pragma once

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <xen/compiler.h>
#include <xen/sched-policy.h>

#define SIM_TASKS 64
#define SIM_PUTS  16

/* A task runs for run_for, sleeps for sleep_for, and so on; 0: runs always. */
struct task
{
    struct sched_unit u;
    s_time_t run_for, sleep_for;
    s_time_t left;    /* to run until it sleeps */
    s_time_t wake_at; /* asleep until then */
    s_time_t ran;     /* time it had */
    s_time_t waiting_since, longest_wait;
    s_time_t shortest_run; /* of those that ended though it could go on */
    s_time_t started;
    uint64_t ran_on; /* pCPUs */
    unsigned int moves;
};

static struct sim
{
    struct sched_pool pool;
    struct sched_dom dom[SIM_TASKS];
    struct task task[SIM_TASKS];
    unsigned int nr, cpus;
    s_time_t now;
    s_time_t put_delay; /* how long a pCPU takes to let go of a unit */
    struct
    {
        struct task *t;
        s_time_t at;
    } put[SIM_PUTS];
    unsigned int switches;
} sim;

static inline void sim_start(const struct sched_policy *policy,
                             unsigned int cpus, s_time_t ratelimit)
{
    memset(&sim, 0, sizeof(sim));
    sim.cpus = cpus;
    sim.now = SECONDS(1000);
    sched_pool_init(&sim.pool, policy, ratelimit);
    for ( unsigned int i = 0; i < cpus; i++ )
        policy->cpu_add(&sim.pool, i, sim.now);
}

static inline struct task *task_of(struct sched_unit *u)
{
    return container_of(u, struct task, u);
}

/* A task in a domain of its own, or in that of another. Starts awake. */
static inline struct task *sim_task(uint32_t weight, const struct task *with)
{
    struct task *t = &sim.task[sim.nr];
    struct sched_dom *d = with ? with->u.dom : &sim.dom[sim.nr];

    sim.nr++;
    if ( !with )
    {
        sched_dom_init(d);
        d->weight = weight;
    }
    sched_unit_init(&t->u, d, 0);
    t->wake_at = sim.now;
    t->waiting_since = sim.now;
    t->shortest_run = STIME_MAX;
    sim.pool.policy->insert(&sim.pool, &t->u);
    return t;
}

static inline void sim_put(struct task *t)
{
    if ( !sim.put_delay )
    {
        sim.pool.policy->put(&sim.pool, &t->u, sim.now);
        return;
    }
    for ( unsigned int i = 0; i < SIM_PUTS; i++ )
        if ( !sim.put[i].t )
        {
            sim.put[i].t = t;
            sim.put[i].at = sim.now + sim.put_delay;
            return;
        }
    fail_msg("too many switches at once");
}

static inline void sim_resched(unsigned int cpu)
{
    struct sched_unit *prev = sim.pool.pcpu[cpu].curr, *next;

    next = sim.pool.policy->pick(&sim.pool, cpu, sim.now);
    assert_ptr_equal(next, sim.pool.pcpu[cpu].curr);
    if ( next == prev )
        return;
    sim.switches++;
    if ( next )
    {
        struct task *t = task_of(next);
        s_time_t waited = sim.now - t->waiting_since;

        assert_int_equal(next->state, UNIT_RUNNING);
        assert_true(next->runnable);
        assert_true(next->hard & sim.pool.cpus & cpumask_of(cpu));
        t->longest_wait = max(t->longest_wait, waited);
        t->moves += !(t->ran_on & cpumask_of(cpu));
        t->ran_on |= cpumask_of(cpu);
        t->started = sim.now;
    }
    if ( prev )
    {
        struct task *t = task_of(prev);

        assert_int_equal(prev->state, UNIT_LEAVING);
        if ( prev->runnable )
        {
            t->shortest_run = min(t->shortest_run, sim.now - t->started);
            t->waiting_since = sim.now;
        }
        sim_put(t);
    }
}

static inline void sim_pokes(void)
{
    unsigned int cpu;

    while ( sim.pool.poke )
    {
        cpu = __builtin_ctzll(sim.pool.poke);
        sim.pool.poke &= ~cpumask_of(cpu);
        sim_resched(cpu);
    }
    sim.pool.retime = 0;
}

/* No pCPU idles while somebody waits who could run on it. */
static inline void sim_check_work_conserving(void)
{
    for ( unsigned int i = 0; i < sim.nr; i++ )
        if ( sim.task[i].u.state == UNIT_QUEUED &&
             sim.pool.policy == &sched_credit2 )
            assert_false(sim.task[i].u.hard & sim.pool.idle);
}

static inline s_time_t sim_next_event(s_time_t end)
{
    s_time_t at = min(end, sim.pool.refill_at);

    for ( unsigned int c = 0; c < NR_CPUS; c++ )
    {
        struct sched_unit *u = sim.pool.pcpu[c].curr;

        if ( !u )
            continue;
        at = min(at, sim.pool.pcpu[c].until);
        if ( task_of(u)->run_for )
            at = min(at, sim.now + task_of(u)->left);
    }
    for ( unsigned int i = 0; i < sim.nr; i++ )
        if ( sim.task[i].wake_at )
            at = min(at, sim.task[i].wake_at);
    for ( unsigned int i = 0; i < SIM_PUTS; i++ )
        if ( sim.put[i].t )
            at = min(at, sim.put[i].at);
    return max(at, sim.now);
}

static inline void sim_advance(s_time_t at)
{
    for ( unsigned int c = 0; c < NR_CPUS; c++ )
        if ( sim.pool.pcpu[c].curr )
        {
            struct task *t = task_of(sim.pool.pcpu[c].curr);

            t->ran += at - sim.now;
            t->left -= at - sim.now;
        }
    sim.now = at;
}

static inline void sim_task_events(void)
{
    for ( unsigned int i = 0; i < sim.nr; i++ )
    {
        struct task *t = &sim.task[i];

        if ( t->wake_at && t->wake_at <= sim.now )
        {
            t->wake_at = 0;
            t->left = t->run_for;
            t->waiting_since = sim.now;
            sim.pool.policy->wake(&sim.pool, &t->u, sim.now);
        }
        else if ( t->run_for && t->u.state == UNIT_RUNNING && t->left <= 0 )
        {
            t->wake_at = sim.now + t->sleep_for;
            sim.pool.policy->sleep(&sim.pool, &t->u, sim.now, false);
        }
        sim_pokes();
    }
}

static inline void sim_cpu_events(void)
{
    for ( unsigned int i = 0; i < SIM_PUTS; i++ )
        if ( sim.put[i].t && sim.put[i].at <= sim.now )
        {
            struct task *t = sim.put[i].t;

            sim.put[i].t = NULL;
            sim.pool.policy->put(&sim.pool, &t->u, sim.now);
            sim_pokes();
        }
    for ( unsigned int c = 0; c < NR_CPUS; c++ )
        if ( sim.pool.pcpu[c].curr && sim.pool.pcpu[c].until <= sim.now )
            sim_resched(c);
    if ( sim.pool.refill_at <= sim.now )
        sim.pool.policy->refill(&sim.pool, sim.now);
    sim_pokes();
}

/* Let time pass; what tasks had is counted from here. */
static inline void sim_run(s_time_t time)
{
    s_time_t end = sim.now + time;

    for ( unsigned int i = 0; i < sim.nr; i++ )
    {
        struct task *t = &sim.task[i];

        t->ran = t->longest_wait = t->moves = 0;
        t->shortest_run = STIME_MAX;
        t->waiting_since = sim.now;
        t->ran_on = 0;
    }
    sim.switches = 0;
    sim_pokes();
    while ( sim.now < end )
    {
        sim_task_events();
        sim_cpu_events();
        sim_check_work_conserving();
        sim_advance(sim_next_event(end));
    }
}
