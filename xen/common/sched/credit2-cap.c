/* SPDX-License-Identifier: MIT */
/* credit2: caps. A domain's units share a budget for each period; pure. */

/*
 * What is left of a period's budget is lost; what was overdrawn is missing in
 * the next one, so that over several periods a cap is met exactly. Units whose
 * domain has no budget are parked; the pool knows their domains (starved) and
 * when the first of these begins its next period.
 */

#include "credit2.h"

void credit2_cap_refill(struct sched_dom *d, s_time_t now)
{
    s_time_t quota = SCHED_CAP_PERIOD * d->cap / 100;
    s_time_t periods, missing;

    if ( now < d->refill_at )
        return;
    periods = (now - d->refill_at) / SCHED_CAP_PERIOD + 1;
    missing = quota - d->budget;
    d->budget = periods >= DIV_ROUND_UP(missing, quota)
                    ? quota
                    : d->budget + periods * quota;
    d->refill_at += periods * SCHED_CAP_PERIOD;
}

bool credit2_cap_allows(struct sched_dom *d, s_time_t now)
{
    if ( !d->cap )
        return true;
    credit2_cap_refill(d, now);
    return d->budget > 0;
}

s_time_t credit2_cap_slice(const struct sched_dom *d)
{
    s_time_t each = d->budget / (d->running ? d->running : 1);

    return max(each, SCHED_CAP_SLICE_MIN);
}

void credit2_cap_park(struct sched_pool *p, struct sched_unit *u)
{
    struct sched_dom *d = u->dom;

    u->state = UNIT_PARKED;
    if ( list_empty(&d->parked) )
        list_add_tail(&d->starved, &p->starved);
    list_add_tail(&u->list, &d->parked);
    p->refill_at = min(p->refill_at, d->refill_at);
}

void credit2_cap_unpark(struct sched_pool *p, struct sched_unit *u)
{
    list_del(&u->list);
    if ( list_empty(&u->dom->parked) )
        list_del(&u->dom->starved);
}

void credit2_cap_timer(struct sched_pool *p, s_time_t now)
{
    struct sched_dom *d, *next;
    struct sched_unit *u, *next_u;

    p->refill_at = STIME_MAX;
    list_for_each_entry_safe (d, next, &p->starved, starved)
    {
        if ( credit2_cap_allows(d, now) )
            list_for_each_entry_safe (u, next_u, &d->parked, list)
            {
                credit2_cap_unpark(p, u);
                credit2_place(p, u, now);
                credit2_enqueue(p, u, now);
            }
        else
            p->refill_at = min(p->refill_at, d->refill_at);
    }
}
