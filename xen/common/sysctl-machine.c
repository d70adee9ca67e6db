/* SPDX-License-Identifier: MIT */
/* sysctl: taking processors and pages out of use, what is not built in. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/percpu.h>

/*
 * LIMIT: a processor that runs is not taken down, and with it there are none
 * to bring back.
 */
int sysctl_cpu_hotplug(struct xen_sysctl *op)
{
    uint32_t cpu = op->u.cpu_hotplug.cpu;

    switch ( op->u.cpu_hotplug.op )
    {
    case XEN_SYSCTL_CPU_HOTPLUG_ONLINE:
        return cpu < nr_cpus_online ? -EEXIST : -EINVAL;
    case XEN_SYSCTL_CPU_HOTPLUG_OFFLINE:
        /* The one that booted never goes. */
        return cpu == 0 || cpu >= nr_cpus_online ? -EINVAL : -EOPNOTSUPP;
    case XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE:
    case XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE:
        return -EOPNOTSUPP; /* all are seen as cores */
    }
    return -EOPNOTSUPP;
}

/* Why a page cannot be offlined: whose it is. */
static uint32_t offline_refusal(mfn_t mfn)
{
    struct domain *owner = page_get_owner(mfn_to_page(mfn));

    if ( !owner )
        return PG_OFFLINE_FAILED | PG_OFFLINE_XENPAGE;
    return PG_OFFLINE_FAILED | PG_OFFLINE_OWNED |
           (owner->is_hwdom ? PG_OFFLINE_DOM0PAGE : 0) |
           ((uint32_t)owner->domain_id << PG_OFFLINE_OWNER_SHIFT);
}

/* LIMIT: no page is ever offline; asking for it is refused page by page. */
static int page_status(uint32_t cmd, uint32_t frame, uint32_t *status)
{
    mfn_t mfn = _mfn(frame);

    *status = 0;
    if ( !mfn_valid(mfn) )
    {
        *status = cmd == sysctl_query_page_offline ? 0 : PG_OFFLINE_INVALID;
        return -EINVAL;
    }
    switch ( cmd )
    {
    case sysctl_page_offline:
        *status = offline_refusal(mfn);
        return -EBUSY;
    case sysctl_page_online:
        *status = PG_ONLINE_FAILED;
        return -EINVAL; /* it was not offline */
    case sysctl_query_page_offline:
        *status = PG_OFFLINE_STATUS_ONLINE;
        return 0;
    }
    return -EINVAL;
}

/* Stops at the first page that fails; its status is told, too. */
int sysctl_page_offline_op(struct xen_sysctl *op)
{
    const struct xen_sysctl_page_offline_op *o = &op->u.page_offline;
    uint32_t frame = o->start, status;
    int rc = 0;

    if ( o->end < o->start )
        return -EINVAL;
    for ( uint64_t i = 0; i <= o->end - o->start && !rc; i++ )
    {
        rc = page_status(o->cmd, frame + i, &status);
        if ( copy_to_guest_offset(o->status, i, &status, 1) )
            return -EFAULT;
    }
    return rc;
}

/* Not built with coverage; its tool asks for this very answer. */
int sysctl_coverage_op(struct xen_sysctl *op)
{
    (void)op;
    return -EOPNOTSUPP;
}

/* Caches are neither monitored nor allocated. */
int sysctl_psr(struct xen_sysctl *op)
{
    (void)op;
    return -ENODEV;
}

int sysctl_psr_alloc(struct xen_sysctl *op)
{
    (void)op;
    return -EOPNOTSUPP;
}
