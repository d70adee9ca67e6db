/* SPDX-License-Identifier: MIT */
/* Affinity: on which pCPUs a vCPU may run, and on which it had better. */

/*
 * What was asked for is kept as it is; the policy works on the part of it
 * that makes sense, so that a soft affinity that no allowed pCPU meets is
 * none. All under the lock of the domain's pool.
 */

#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include "private.h"

#define ALL_CPUS (~(cpumask_t)0)

/* Tell the policy; the pool is locked. */
static void update_unit(struct cpupool *c, struct vcpu *v)
{
    cpumask_t soft = v->soft_affinity;

    v->sched.hard = v->hard_affinity;
    v->sched.soft = soft & v->hard_affinity & c->sched.cpus ? soft : ALL_CPUS;
    c->sched.policy->affinity(&c->sched, &v->sched, NOW());
    sched_apply(c);
}

void vcpu_reset_affinity(struct vcpu *v)
{
    v->hard_affinity = v->soft_affinity = ALL_CPUS;
    v->affinity_overridden = false;
}

void cpupool_check_affinities(struct cpupool *c)
{
    struct domain *d;
    struct vcpu *v;

    for_each_domain (d)
        for_each_vcpu (d, v)
        {
            spin_lock(&c->lock);
            if ( d->cpupool == c )
            {
                if ( !(v->hard_affinity & c->sched.cpus) )
                {
                    printk(XENLOG_INFO "d%uv%u may run on any CPU now\n",
                           d->domain_id, v->vcpu_id);
                    v->hard_affinity = ALL_CPUS;
                    v->affinity_overridden = false;
                }
                update_unit(c, v);
            }
            spin_unlock(&c->lock);
        }
}

int vcpu_set_hard_affinity(struct vcpu *v, cpumask_t cpus)
{
    struct cpupool *c = lock_pool_of(v->domain);
    int rc = 0;

    if ( v->affinity_overridden )
        rc = -EBUSY;
    else if ( !(cpus & c->sched.cpus) )
        rc = -EINVAL;
    else
    {
        v->hard_affinity = cpus;
        update_unit(c, v);
    }
    spin_unlock(&c->lock);
    return rc;
}

static void set_soft_affinity(struct vcpu *v, cpumask_t cpus)
{
    struct cpupool *c = lock_pool_of(v->domain);

    v->soft_affinity = cpus;
    update_unit(c, v);
    spin_unlock(&c->lock);
}

int vcpu_pin_override(struct vcpu *v, int cpu)
{
    struct cpupool *c = lock_pool_of(v->domain);
    int rc = 0;

    if ( cpu < 0 )
    {
        if ( !v->affinity_overridden )
            rc = -EINVAL;
        else
        {
            v->affinity_overridden = false;
            v->hard_affinity = v->hard_affinity_saved;
            update_unit(c, v);
        }
    }
    else if ( v->affinity_overridden )
        rc = -EBUSY;
    else if ( cpu >= NR_CPUS || !cpumask_test(c->sched.cpus, cpu) )
        rc = -EINVAL;
    else
    {
        v->hard_affinity_saved = v->hard_affinity;
        v->affinity_overridden = true;
        v->hard_affinity = cpumask_of(cpu);
        update_unit(c, v);
    }
    spin_unlock(&c->lock);
    return rc;
}

/* --- XEN_DOMCTL_setvcpuaffinity, XEN_DOMCTL_getvcpuaffinity --- */

static int check_args(const struct domain *d,
                      const struct xen_domctl_vcpuaffinity *a, struct vcpu **v)
{
    if ( a->vcpu >= d->max_vcpus )
        return -EINVAL;
    *v = d->vcpu[a->vcpu];
    if ( !*v )
        return -ESRCH;
    if ( !a->flags ||
         ((a->flags & XEN_VCPUAFFINITY_HARD) &&
          guest_handle_is_null(a->cpumap_hard.bitmap)) ||
         ((a->flags & XEN_VCPUAFFINITY_SOFT) &&
          guest_handle_is_null(a->cpumap_soft.bitmap)) )
        return -EINVAL;
    return 0;
}

static int cpus_to_guest(const struct xenctl_bitmap *to, cpumask_t cpus)
{
    return bitmap_to_guest(to, cpus & cpu_online_map, nr_cpus_online);
}

/* The caller learns what of its wishes can come true. */
int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    bool set_hard = a->flags & XEN_VCPUAFFINITY_HARD;
    bool set_soft = a->flags & XEN_VCPUAFFINITY_SOFT;
    cpumask_t hard = 0, soft = 0, pool;
    struct vcpu *v;
    int rc = check_args(d, a, &v);

    if ( rc )
        return rc;
    if ( (set_hard && bitmap_from_guest(&hard, &a->cpumap_hard)) ||
         (set_soft && bitmap_from_guest(&soft, &a->cpumap_soft)) )
        return -EFAULT;
    if ( a->flags & XEN_VCPUAFFINITY_FORCE )
        (void)vcpu_pin_override(v, -1);
    if ( set_hard && (rc = vcpu_set_hard_affinity(v, hard)) )
        return rc;
    if ( set_soft )
        set_soft_affinity(v, soft);

    pool = d->cpupool->sched.cpus;
    if ( set_hard )
        rc = cpus_to_guest(&a->cpumap_hard, hard & pool);
    if ( !rc && set_soft )
        rc = cpus_to_guest(&a->cpumap_soft, soft & pool & v->hard_affinity);
    return rc;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    int rc = check_args(d, a, &v);

    if ( !rc && (a->flags & XEN_VCPUAFFINITY_HARD) )
        rc = cpus_to_guest(&a->cpumap_hard, v->hard_affinity);
    if ( !rc && (a->flags & XEN_VCPUAFFINITY_SOFT) )
        rc = cpus_to_guest(&a->cpumap_soft, v->soft_affinity);
    return rc;
}
