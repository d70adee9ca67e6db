/* SPDX-License-Identifier: MIT */
/* null: a pCPU for each vCPU, for good; those that find none wait; pure. */

/*
 * A unit gets a pCPU of its own when it wakes up for the first time and keeps
 * it, asleep or not, until it is taken down, leaves the pool or may no longer
 * run there. p->queue holds those that are runnable and have none.
 */

#include <xen/compiler.h>
#include <xen/sched-policy.h>
#include <public/domctl.h>

static bool owns(const struct sched_pool *p, const struct sched_unit *u)
{
    return p->pcpu[u->cpu].owner == u;
}

static cpumask_t unowned(const struct sched_pool *p)
{
    cpumask_t free = 0;
    unsigned int cpu;

    for_each_cpu (cpu, p->cpus)
        if ( !p->pcpu[cpu].owner )
            free |= cpumask_of(cpu);
    return free;
}

static void assign(struct sched_pool *p, struct sched_unit *u, unsigned int cpu)
{
    list_del(&u->list);
    p->pcpu[cpu].owner = u;
    u->cpu = cpu;
    if ( u->runnable && u->state != UNIT_LEAVING )
        u->state = UNIT_QUEUED;
    if ( u->runnable )
        sched_poke(p, cpu);
}

/* Give u a pCPU of its own, or let it wait for one. */
static void find_cpu(struct sched_pool *p, struct sched_unit *u)
{
    cpumask_t cpus = unowned(p) & u->hard;

    if ( cpus )
        assign(p, u, sched_prefer(u, cpus));
    else
    {
        u->state = UNIT_QUEUED;
        list_add_tail(&u->list, &p->queue);
    }
}

/* u's pCPU, if it has one, goes to the first that waits for it. */
static void give_up_cpu(struct sched_pool *p, struct sched_unit *u)
{
    unsigned int cpu = u->cpu;
    struct sched_unit *w;

    if ( !owns(p, u) )
        return;
    p->pcpu[cpu].owner = NULL;
    if ( p->pcpu[cpu].curr == u )
        sched_poke(p, cpu);
    if ( !cpumask_test(p->cpus, cpu) )
        return;
    list_for_each_entry (w, &p->queue, list)
        if ( cpumask_test(w->hard, cpu) )
        {
            assign(p, w, cpu);
            return;
        }
}

static void insert(struct sched_pool *p, struct sched_unit *u)
{
}

static void wake(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    if ( u->runnable )
        return;
    u->runnable = true;
    if ( u->state != UNIT_ASLEEP )
        return;
    if ( owns(p, u) )
    {
        u->state = UNIT_QUEUED;
        sched_poke(p, u->cpu);
    }
    else
        find_cpu(p, u);
}

static void sleep(struct sched_pool *p, struct sched_unit *u, s_time_t now,
                  bool gone)
{
    if ( u->runnable )
    {
        u->runnable = false;
        if ( u->state == UNIT_RUNNING )
            sched_poke(p, u->cpu);
        else if ( u->state == UNIT_QUEUED )
        {
            list_del(&u->list);
            u->state = UNIT_ASLEEP;
        }
    }
    if ( gone )
        give_up_cpu(p, u);
}

static void remove(struct sched_pool *p, struct sched_unit *u)
{
    sleep(p, u, 0, true);
}

static struct sched_unit *pick(struct sched_pool *p, unsigned int cpu,
                               s_time_t now)
{
    struct sched_pcpu *pc = &p->pcpu[cpu];
    struct sched_unit *curr = pc->curr, *next = pc->owner;

    p->poked &= ~cpumask_of(cpu);
    p->poke &= ~cpumask_of(cpu);
    /* LEAVING: put() sends the poke again. */
    if ( next && (!next->runnable || next->state == UNIT_LEAVING ||
                  (next->state == UNIT_RUNNING && next != curr)) )
        next = NULL;
    if ( next != curr )
    {
        if ( curr )
            curr->state = UNIT_LEAVING;
        if ( next )
        {
            next->state = UNIT_RUNNING;
            next->charged = next->started = now;
        }
        pc->curr = next;
    }
    if ( next )
    {
        next->yields = false;
        p->idle &= ~cpumask_of(cpu);
    }
    else
        p->idle |= cpumask_of(cpu) & p->cpus;
    return next;
}

static void put(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    u->state = UNIT_ASLEEP;
    if ( !u->runnable )
        return;
    if ( owns(p, u) )
    {
        u->state = UNIT_QUEUED;
        sched_poke(p, u->cpu);
    }
    else
        find_cpu(p, u);
}

static void affinity(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    if ( owns(p, u) && !cpumask_test(u->hard, u->cpu) )
    {
        give_up_cpu(p, u);
        if ( u->state == UNIT_QUEUED )
            find_cpu(p, u);
    }
    else if ( !owns(p, u) && u->state == UNIT_QUEUED )
    {
        list_del(&u->list);
        find_cpu(p, u);
    }
}

static void cpu_add(struct sched_pool *p, unsigned int cpu, s_time_t now)
{
    struct sched_unit *w;

    p->cpus |= cpumask_of(cpu);
    p->idle |= cpumask_of(cpu);
    list_for_each_entry (w, &p->queue, list)
        if ( cpumask_test(w->hard, cpu) )
        {
            assign(p, w, cpu);
            return;
        }
}

static void cpu_remove(struct sched_pool *p, unsigned int cpu, s_time_t now)
{
    struct sched_unit *u = p->pcpu[cpu].owner;

    p->cpus &= ~cpumask_of(cpu);
    p->idle &= ~cpumask_of(cpu);
    sched_poke(p, cpu);
    if ( !u )
        return;
    give_up_cpu(p, u);
    if ( u->state == UNIT_QUEUED )
        find_cpu(p, u);
}

const struct sched_policy sched_null = {
    .name = "null",
    .id = XEN_SCHEDULER_NULL,
    .insert = insert,
    .remove = remove,
    .wake = wake,
    .sleep = sleep,
    .pick = pick,
    .put = put,
    .affinity = affinity,
    .cpu_add = cpu_add,
    .cpu_remove = cpu_remove,
};
