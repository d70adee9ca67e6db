/* SPDX-License-Identifier: MIT */
/* Inside the credit2 policy: virtual time and queue, and budgets of caps. */
#pragma once

#include <xen/sched-policy.h>

/* Time of a unit of default weight, each: see credit2.c. */
#define SCHED_PERIOD         MILLISECS(16) /* each that waits runs once */
#define SCHED_SLICE_MIN      MICROSECS(500)
#define SCHED_SLICE_MAX      MILLISECS(10)
#define SCHED_WAKE_CREDIT    MILLISECS(10)
#define SCHED_WAKE_MARGIN    MICROSECS(500)
#define SCHED_LAG_MAX        MILLISECS(20)
#define SCHED_MIGRATE_RESIST MICROSECS(500)
#define SCHED_SOFT_RESIST    MILLISECS(2)
#define SCHED_YIELD_MAX      MILLISECS(2)

/* A cap is a budget for each of these. */
#define SCHED_CAP_PERIOD MILLISECS(10)
/* Rather than for less than this a unit runs into debt. */
#define SCHED_CAP_SLICE_MIN MICROSECS(100)

/* Virtual time that running for ns costs at a weight. */
static inline uint64_t sched_weighted(s_time_t ns, uint32_t weight)
{
    return ns > 0 ? (uint64_t)ns * SCHED_WEIGHT_DEFAULT / weight : 0;
}

/* --- credit2.c, for the budgets --- */

/* Queue u and find it a pCPU. */
void credit2_enqueue(struct sched_pool *p, struct sched_unit *u, s_time_t now);
/* Bring a virtual time that stood still up to the pool's. */
void credit2_place(struct sched_pool *p, struct sched_unit *u, s_time_t now);
/* Let cpu choose again at the given time, if it would not sooner. */
void credit2_limit(struct sched_pool *p, unsigned int cpu, s_time_t at);

/* --- credit2-cap.c --- */

/* Begin new periods as time has passed. */
void credit2_cap_refill(struct sched_dom *d, s_time_t now);
/* Take what u's domain used, ns. */
static inline void credit2_cap_charge(struct sched_dom *d, s_time_t ns)
{
    if ( d->cap )
        d->budget -= ns;
}
/* Has it a budget left? Asked at the given time. */
bool credit2_cap_allows(struct sched_dom *d, s_time_t now);
/* Longest time a unit of a capped domain may run from now on. */
s_time_t credit2_cap_slice(const struct sched_dom *d);
/* Put u, on no list, aside until the next period. */
void credit2_cap_park(struct sched_pool *p, struct sched_unit *u);
void credit2_cap_unpark(struct sched_pool *p, struct sched_unit *u);
void credit2_cap_timer(struct sched_pool *p, s_time_t now);
