/* SPDX-License-Identifier: MIT */
/* domctl and sysctl: weights and caps, the rate limit, pools of pCPUs. */

#include <xen/domctl.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include "private.h"

/* XEN_DOMCTL_scheduler_op: values that mean "leave it" are the ABI's. */
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
    const uint16_t keep_weight = 0, keep_cap = 0xffff;
    struct cpupool *c;
    int rc = 0;

    c = lock_pool_of(d);
    if ( s->sched_id != c->sched.policy->id )
        rc = -EINVAL;
    else if ( !c->sched.policy->adjust )
        rc = 0; /* there is nothing to say about it */
    else if ( s->cmd == XEN_DOMCTL_SCHEDOP_getinfo )
    {
        s->u.credit2.weight = d->sched.weight;
        s->u.credit2.cap = d->sched.cap;
    }
    else if ( s->cmd == XEN_DOMCTL_SCHEDOP_putinfo )
    {
        uint32_t weight = s->u.credit2.weight, cap = s->u.credit2.cap;

        c->sched.policy->adjust(&c->sched, &d->sched,
                                weight == keep_weight ? d->sched.weight
                                                      : weight,
                                cap == keep_cap ? d->sched.cap : cap, NOW());
        sched_apply(c);
    }
    else
        rc = -EINVAL; /* no parameters of single vCPUs */
    spin_unlock(&c->lock);
    return rc;
}

static int set_ratelimit(struct cpupool *c, uint32_t us)
{
    if ( us && (us < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
                us > XEN_SYSCTL_SCHED_RATELIMIT_MAX) )
        return -EINVAL;
    spin_lock(&c->lock);
    c->sched.ratelimit = MICROSECS(us);
    spin_unlock(&c->lock);
    return 0;
}

/* XEN_SYSCTL_scheduler_op: what holds for a pool. */
int sysctl_scheduler_op(struct xen_sysctl *op)
{
    struct xen_sysctl_scheduler_op *s = &op->u.scheduler_op;
    struct cpupool *c;
    int rc = 0;

    if ( s->cmd != XEN_SYSCTL_SCHEDOP_putinfo &&
         s->cmd != XEN_SYSCTL_SCHEDOP_getinfo )
        return -EINVAL;
    spin_lock(&cpupool_lock);
    c = cpupool_find(s->cpupool_id);
    if ( !c )
        rc = -ESRCH;
    else if ( s->sched_id != c->sched.policy->id )
        rc = -EINVAL;
    else if ( c->sched.policy == &sched_credit2 )
    {
        if ( s->cmd == XEN_SYSCTL_SCHEDOP_putinfo )
            rc = set_ratelimit(c, s->u.sched_credit2.ratelimit_us);
        s->u.sched_credit2.ratelimit_us = c->sched.ratelimit / MICROSECS(1);
    }
    spin_unlock(&cpupool_lock);
    return rc;
}

int sysctl_sched_id(struct xen_sysctl *op)
{
    op->u.sched_id.sched_id = sched_default_id();
    return 0;
}

/* --- XEN_SYSCTL_cpupool_op --- */

/* The pool with that id or the next one. */
static int pool_info(struct xen_sysctl_cpupool_op *p)
{
    struct cpupool *c;
    cpumask_t cpus = 0;

    spin_lock(&cpupool_lock);
    c = cpupool_find_from(p->cpupool_id);
    if ( c )
    {
        p->cpupool_id = c->id;
        p->sched_id = c->sched.policy->id;
        p->n_dom = c->nr_domains;
        cpus = c->sched.cpus;
    }
    spin_unlock(&cpupool_lock);
    return c ? bitmap_to_guest(&p->cpumap, cpus, nr_cpus_online) : -ENOENT;
}

/* Of another domain than the caller's. */
static int move_domain(const struct xen_sysctl_cpupool_op *p)
{
    struct domain *d;
    int rc;

    if ( p->domid == current->domain->domain_id )
        return -EPERM;
    d = get_domain_by_id(p->domid);
    if ( !d )
        return -ESRCH;
    rc = cpupool_move_domain(d, p->cpupool_id);
    put_domain(d);
    return rc;
}

int sysctl_cpupool_op(struct xen_sysctl *op)
{
    struct xen_sysctl_cpupool_op *p = &op->u.cpupool_op;

    switch ( p->op )
    {
    case XEN_SYSCTL_CPUPOOL_OP_CREATE:
        return cpupool_create(&p->cpupool_id, p->sched_id);
    case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
        return cpupool_destroy(p->cpupool_id);
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        return pool_info(p);
    case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
        return cpupool_add_cpu(p->cpupool_id, p->cpu);
    case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
        return cpupool_remove_cpu(p->cpupool_id, p->cpu);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return move_domain(p);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        return bitmap_to_guest(&p->cpumap, cpupool_free_cpus(), nr_cpus_online);
    }
    return -ENOSYS;
}
