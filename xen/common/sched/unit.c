/* SPDX-License-Identifier: MIT */
/* What scheduling policies have in common: fresh pools, domains, units; pure.
 */

#include <xen/sched-policy.h>

void sched_pool_init(struct sched_pool *p, const struct sched_policy *policy,
                     s_time_t ratelimit)
{
    *p = (struct sched_pool){
        .policy = policy,
        .refill_at = STIME_MAX,
        .ratelimit = ratelimit,
    };
    list_init(&p->queue);
    list_init(&p->starved);
    for ( unsigned int i = 0; i < NR_CPUS; i++ )
        p->pcpu[i].until = STIME_MAX;
}

void sched_dom_init(struct sched_dom *d)
{
    *d = (struct sched_dom){ .weight = SCHED_WEIGHT_DEFAULT };
    list_init(&d->parked);
    list_init(&d->starved);
}

void sched_unit_init(struct sched_unit *u, struct sched_dom *d,
                     unsigned int cpu)
{
    *u = (struct sched_unit){
        .dom = d,
        .hard = ~0ull,
        .soft = ~0ull,
        .cpu = cpu,
    };
    list_init(&u->list);
}
