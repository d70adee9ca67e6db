/* SPDX-License-Identifier: MIT */
/* credit2: who has had the least time by its weight runs next; pure. */

/*
 * A pool has one queue, sorted by virtual time: the time that a unit has run,
 * divided by its weight. A pCPU that chooses takes the first that may run
 * there, so no load has to be balanced and no pCPU idles while one waits.
 *
 * Slices are shares of SCHED_PERIOD, by weight: what a unit can be ahead or
 * behind is a slice, which makes shares right within 2 % over a second as
 * long as a slice is not bounded by the rate limit.
 *
 * p->vtime follows the virtual time of those that get to run, and binds both
 * sides. One that slept, or that runs slower than its weight would allow
 * (affinity, more weight than a whole pCPU), is at most a little behind; one
 * that ran because nobody else wanted to is at most a slice ahead. Neither
 * history lets anyone starve when the load changes.
 *
 * A unit that wakes up takes, in this order: an idle pCPU, the one it ran on
 * first, soft affinity before hard; the pCPU whose unit is the furthest ahead
 * of it, unless that has run for less than the rate limit. Soft affinity and
 * the last pCPU count as some virtual time (SCHED_SOFT_RESIST,
 * SCHED_MIGRATE_RESIST) wherever units are compared.
 */

#include <xen/compiler.h>
#include <xen/sched-policy.h>
#include <public/domctl.h>
#include "credit2.h"

static bool may_run(const struct sched_unit *u, unsigned int cpu)
{
    return cpumask_test(u->hard, cpu);
}

static uint64_t vtime_at(const struct sched_unit *u, s_time_t now)
{
    return u->state == UNIT_RUNNING
               ? u->vtime + sched_weighted(now - u->charged, u->dom->weight)
               : u->vtime;
}

/* What keeps u from cpu, as virtual time. */
static uint64_t resistance(const struct sched_unit *u, unsigned int cpu)
{
    return (cpumask_test(u->soft, cpu) ? 0 : SCHED_SOFT_RESIST) +
           (u->cpu == cpu ? 0 : SCHED_MIGRATE_RESIST);
}

static void charge(struct sched_unit *u, s_time_t now)
{
    if ( now <= u->charged )
        return;
    u->vtime = vtime_at(u, now);
    credit2_cap_charge(u->dom, now - u->charged);
    u->charged = now;
}

/* The most that one slice can put a unit ahead. */
static uint64_t ahead_max(const struct sched_pool *p,
                          const struct sched_unit *u)
{
    return sched_weighted(max(SCHED_SLICE_MAX, p->ratelimit), u->dom->weight);
}

/*
 * Nobody waited until now, so what those that run are ahead of each other is
 * nobody's loss.
 */
static void begin_contention(struct sched_pool *p, s_time_t now)
{
    uint64_t least = UINT64_MAX;
    unsigned int cpu;

    for_each_cpu (cpu, p->cpus & ~p->idle)
    {
        charge(p->pcpu[cpu].curr, now);
        least = min(least, p->pcpu[cpu].curr->vtime);
    }
    if ( least != UINT64_MAX )
        p->vtime = max(p->vtime, least);
    for_each_cpu (cpu, p->cpus & ~p->idle)
    {
        struct sched_unit *r = p->pcpu[cpu].curr;

        r->vtime = min(r->vtime, p->vtime + ahead_max(p, r));
    }
}

/*
 * Where those are that u has to compete with: the ones it could take a pCPU
 * from, unless they are the most favoured of all.
 */
static uint64_t rivals(const struct sched_pool *p, const struct sched_unit *u,
                       s_time_t now)
{
    uint64_t most = 0;
    unsigned int cpu;

    for_each_cpu (cpu, u->hard & p->cpus & ~p->idle)
        most = max(most, vtime_at(p->pcpu[cpu].curr, now));
    return most ? min(most, p->vtime) : p->vtime;
}

void credit2_place(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    uint64_t v;

    if ( list_empty(&p->queue) )
        begin_contention(p, now);
    v = rivals(p, u, now);
    u->vtime = max(u->vtime, v - min(v, (uint64_t)SCHED_WAKE_CREDIT));
    u->vtime = min(u->vtime, v + ahead_max(p, u));
}

static s_time_t slice(const struct sched_pool *p, const struct sched_unit *u)
{
    s_time_t least = max(SCHED_SLICE_MIN, p->ratelimit);
    s_time_t most = max(SCHED_SLICE_MAX, least);
    s_time_t share = SCHED_PERIOD * cpumask_weight(p->cpus) * u->dom->weight /
                     max(p->load, (uint64_t)1);

    return min(max(share, least), most);
}

void credit2_limit(struct sched_pool *p, unsigned int cpu, s_time_t at)
{
    if ( p->pcpu[cpu].until <= at )
        return;
    p->pcpu[cpu].until = at;
    p->retime |= cpumask_of(cpu);
}

/* Whoever shares a pCPU with one that waits has a slice that ends. */
static void limit_slices(struct sched_pool *p, cpumask_t cpus)
{
    unsigned int cpu;

    for_each_cpu (cpu, cpus)
    {
        struct sched_unit *r = p->pcpu[cpu].curr;

        credit2_limit(p, cpu, r->started + slice(p, r));
    }
}

/* Find a pCPU for u, queued. */
static void tickle(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    cpumask_t may = u->hard & p->cpus, idle = may & p->idle;
    uint64_t most = u->vtime + SCHED_WAKE_MARGIN;
    struct sched_unit *victim = NULL;
    unsigned int cpu;

    if ( idle & ~p->poked )
    {
        sched_poke(p, sched_prefer(u, idle & ~p->poked));
        return;
    }
    for_each_cpu (cpu, may & ~p->idle & ~p->poked)
    {
        struct sched_unit *r = p->pcpu[cpu].curr;
        uint64_t v = vtime_at(r, now) + resistance(r, cpu);
        uint64_t mine = resistance(u, cpu);

        if ( v > mine && v - mine > most )
        {
            most = v - mine;
            victim = r;
        }
    }
    limit_slices(p, may & ~p->idle);
    if ( victim && now - victim->started >= p->ratelimit )
        sched_poke(p, victim->cpu);
    else if ( victim )
        credit2_limit(p, victim->cpu, victim->started + p->ratelimit);
}

/* The last are the most likely: look from there. */
static void insert_sorted(struct sched_pool *p, struct sched_unit *u)
{
    struct list_head *after = p->queue.prev;

    while ( after != &p->queue &&
            list_entry(after, struct sched_unit, list)->vtime > u->vtime )
        after = after->prev;
    list_add(&u->list, after);
}

void credit2_enqueue(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    if ( list_empty(&p->queue) )
        begin_contention(p, now);
    u->vtime = min(u->vtime, p->vtime + ahead_max(p, u));
    insert_sorted(p, u);
    u->state = UNIT_QUEUED;
    tickle(p, u, now);
}

static void set_busy(struct sched_pool *p, struct sched_unit *u, bool busy)
{
    u->dom->busy += busy ? 1 : -1;
    p->load += busy ? u->dom->weight : -(uint64_t)u->dom->weight;
}

static void wait(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    if ( credit2_cap_allows(u->dom, now) )
        credit2_enqueue(p, u, now);
    else
        credit2_cap_park(p, u);
}

static void wake(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    if ( u->runnable )
        return;
    u->runnable = true;
    set_busy(p, u, true);
    if ( u->state != UNIT_ASLEEP )
        return;
    credit2_place(p, u, now);
    wait(p, u, now);
}

static void stop_waiting(struct sched_pool *p, struct sched_unit *u)
{
    if ( u->state == UNIT_PARKED )
        credit2_cap_unpark(p, u);
    else
        list_del(&u->list);
    u->state = UNIT_ASLEEP;
}

static void sleep(struct sched_pool *p, struct sched_unit *u, s_time_t now,
                  bool gone)
{
    if ( !u->runnable )
        return;
    u->runnable = false;
    set_busy(p, u, false);
    if ( u->state == UNIT_RUNNING )
        sched_poke(p, u->cpu);
    else if ( u->state != UNIT_LEAVING )
        stop_waiting(p, u);
}

static void insert(struct sched_pool *p, struct sched_unit *u)
{
    u->vtime = 0; /* as one that slept for ever */
}

static void remove(struct sched_pool *p, struct sched_unit *u)
{
    sleep(p, u, 0, true);
}

static void stop_running(struct sched_pool *p, struct sched_unit *u,
                         s_time_t now)
{
    charge(u, now);
    u->state = UNIT_LEAVING;
    u->dom->running--;
}

/* May curr, which runs on cpu and wants to, go on whoever else waits? */
static bool within_ratelimit(const struct sched_pool *p,
                             const struct sched_unit *curr, s_time_t now)
{
    return !curr->yields && now - curr->started < p->ratelimit;
}

/* Would curr rather run where nobody does? */
static bool better_idle(const struct sched_pool *p,
                        const struct sched_unit *curr)
{
    return !cpumask_test(curr->soft, curr->cpu) &&
           (curr->soft & curr->hard & p->idle & ~p->poked);
}

/* The first in the queue that beats the given virtual time on cpu. */
static struct sched_unit *best_waiting(struct sched_pool *p, unsigned int cpu,
                                       uint64_t beat, s_time_t now)
{
    struct sched_unit *u, *next, *best = NULL;

    list_for_each_entry_safe (u, next, &p->queue, list)
    {
        if ( u->vtime > beat )
            break;
        if ( !credit2_cap_allows(u->dom, now) )
        {
            list_del(&u->list);
            credit2_cap_park(p, u);
        }
        else if ( may_run(u, cpu) && u->vtime + resistance(u, cpu) <= beat )
        {
            beat = u->vtime + resistance(u, cpu);
            best = u;
        }
    }
    return best;
}

/* Behind those that wait, within a bound: as if it had used its turn. */
static void pay_for_yield(struct sched_pool *p, struct sched_unit *curr)
{
    uint64_t last;

    if ( list_empty(&p->queue) )
        return;
    last = list_entry(p->queue.prev, struct sched_unit, list)->vtime;
    curr->vtime = max(curr->vtime, min(last, curr->vtime + SCHED_YIELD_MAX));
}

static struct sched_unit *choose(struct sched_pool *p, unsigned int cpu,
                                 struct sched_unit *curr, s_time_t now)
{
    struct sched_unit *next;
    uint64_t beat = UINT64_MAX;

    if ( !cpumask_test(p->cpus, cpu) )
        return NULL;
    if ( curr && (!curr->runnable || !may_run(curr, cpu) ||
                  !credit2_cap_allows(curr->dom, now) || better_idle(p, curr)) )
        curr = NULL;
    if ( curr && within_ratelimit(p, curr, now) )
        return curr;
    if ( curr && !curr->yields )
        beat = curr->vtime + resistance(curr, cpu);
    if ( curr && curr->yields )
        pay_for_yield(p, curr);
    next = best_waiting(p, cpu, beat, now);
    return next ? next : curr;
}

/* When cpu, with u on it, chooses again by itself. */
static s_time_t slice_end(const struct sched_pool *p, unsigned int cpu,
                          const struct sched_unit *u, s_time_t now)
{
    s_time_t until = STIME_MAX;

    if ( !list_empty(&p->queue) || !cpumask_test(u->soft, cpu) )
        until = max(now, u->started) + slice(p, u);
    if ( u->dom->cap )
        until = min(until, now + credit2_cap_slice(u->dom));
    return until;
}

/* The domain's other units that run spend its budget faster now. */
static void limit_siblings(struct sched_pool *p, const struct sched_unit *u,
                           s_time_t now)
{
    unsigned int cpu;

    if ( !u->dom->cap || u->dom->running < 2 )
        return;
    for_each_cpu (cpu, p->cpus & ~p->idle)
        if ( p->pcpu[cpu].curr != u && p->pcpu[cpu].curr->dom == u->dom )
            credit2_limit(p, cpu, now + credit2_cap_slice(u->dom));
}

/* Somebody waits who could run on an idle pCPU: it was taken for another. */
static void tickle_rest(struct sched_pool *p, s_time_t now)
{
    struct sched_unit *u;

    list_for_each_entry (u, &p->queue, list)
        if ( u->hard & p->cpus & p->idle & ~p->poked )
            tickle(p, u, now);
}

/* Move all that have the affinity of u, which is not queued. */
static void shift_class(struct sched_pool *p, struct sched_unit *u, uint64_t by)
{
    struct list_head old = p->queue;
    struct sched_unit *o, *next;
    unsigned int cpu;

    u->vtime += by;
    for_each_cpu (cpu, p->cpus & ~p->idle)
    {
        o = p->pcpu[cpu].curr;
        if ( o != u && o->hard == u->hard )
            o->vtime += by;
    }
    if ( list_empty(&p->queue) )
        return;
    /* The others keep their place: sort anew. */
    old.next->prev = old.prev->next = &old;
    list_init(&p->queue);
    list_for_each_entry_safe (o, next, &old, list)
    {
        if ( o->hard == u->hard )
            o->vtime += by;
        insert_sorted(p, o);
    }
}

/*
 * One that waited and is far behind all the same shares too few pCPUs with
 * too many: those of its affinity get less than others do. They move up
 * together, so that their shares stay right.
 */
static void catch_up_class(struct sched_pool *p, struct sched_unit *u)
{
    if ( p->vtime > u->vtime + 2 * SCHED_LAG_MAX )
        shift_class(p, u, p->vtime - SCHED_LAG_MAX - u->vtime);
}

/* One that falls behind while it runs has more weight than a pCPU gives. */
static void catch_up(const struct sched_pool *p, struct sched_unit *u)
{
    if ( p->vtime > u->vtime + 4 * SCHED_LAG_MAX )
        u->vtime = p->vtime - 4 * SCHED_LAG_MAX;
}

static void start_running(struct sched_pool *p, unsigned int cpu,
                          struct sched_unit *u, s_time_t now)
{
    list_del(&u->list);
    p->vtime = max(p->vtime, u->vtime);
    catch_up_class(p, u);
    u->state = UNIT_RUNNING;
    u->cpu = cpu;
    u->charged = u->started = now;
    u->dom->running++;
}

static struct sched_unit *pick(struct sched_pool *p, unsigned int cpu,
                               s_time_t now)
{
    struct sched_pcpu *pc = &p->pcpu[cpu];
    struct sched_unit *curr = pc->curr, *next;

    p->poked &= ~cpumask_of(cpu);
    p->poke &= ~cpumask_of(cpu);
    if ( curr )
        charge(curr, now);
    next = choose(p, cpu, curr, now);
    if ( curr )
        curr->yields = false;
    if ( next != curr )
    {
        if ( curr )
            stop_running(p, curr, now);
        if ( next )
            start_running(p, cpu, next, now);
        pc->curr = next;
    }
    else if ( next )
        catch_up(p, next);
    pc->until = next ? slice_end(p, cpu, next, now) : STIME_MAX;
    p->retime &= ~cpumask_of(cpu);
    if ( next )
    {
        p->idle &= ~cpumask_of(cpu);
        limit_siblings(p, next, now);
    }
    else
        p->idle |= cpumask_of(cpu) & p->cpus;
    if ( p->idle && !list_empty(&p->queue) )
        tickle_rest(p, now);
    return next;
}

static void put(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    u->state = UNIT_ASLEEP;
    if ( u->runnable )
        wait(p, u, now);
}

static void affinity(struct sched_pool *p, struct sched_unit *u, s_time_t now)
{
    /* Among others from now on: what it had with the old ones is gone. */
    if ( u->state == UNIT_QUEUED )
    {
        list_del(&u->list);
        credit2_place(p, u, now);
        credit2_enqueue(p, u, now);
    }
    else if ( u->state == UNIT_RUNNING &&
              (!may_run(u, u->cpu) || !cpumask_test(u->soft, u->cpu)) )
        sched_poke(p, u->cpu);
}

static void cpu_add(struct sched_pool *p, unsigned int cpu, s_time_t now)
{
    p->cpus |= cpumask_of(cpu);
    p->idle |= cpumask_of(cpu);
    tickle_rest(p, now);
}

static void cpu_remove(struct sched_pool *p, unsigned int cpu, s_time_t now)
{
    p->cpus &= ~cpumask_of(cpu);
    p->idle &= ~cpumask_of(cpu);
    sched_poke(p, cpu);
}

static void adjust(struct sched_pool *p, struct sched_dom *d, uint32_t weight,
                   uint32_t cap, s_time_t now)
{
    unsigned int cpu;

    for_each_cpu (cpu, p->cpus & ~p->idle)
        if ( p->pcpu[cpu].curr->dom == d )
            charge(p->pcpu[cpu].curr, now);
    p->load += ((uint64_t)weight - d->weight) * d->busy;
    d->weight = weight;
    if ( cap == d->cap )
        return;
    /* A period of the new size begins; without a cap all may run. */
    d->cap = cap;
    d->budget = 0;
    d->refill_at = now;
    for_each_cpu (cpu, p->cpus & ~p->idle)
        if ( p->pcpu[cpu].curr->dom == d )
            sched_poke(p, cpu);
    credit2_cap_timer(p, now);
}

const struct sched_policy sched_credit2 = {
    .name = "credit2",
    .id = XEN_SCHEDULER_CREDIT2,
    .insert = insert,
    .remove = remove,
    .wake = wake,
    .sleep = sleep,
    .pick = pick,
    .put = put,
    .affinity = affinity,
    .cpu_add = cpu_add,
    .cpu_remove = cpu_remove,
    .refill = credit2_cap_timer,
    .adjust = adjust,
};
