/* SPDX-License-Identifier: MIT */
/* Schedulers and pools of CPUs. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

int xc_sched_id(xc_interface *xch, int *sched_id)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_sched_id };

    if ( xc_sysctl(xch, &sysctl) )
        return -1;
    *sched_id = sysctl.u.sched_id.sched_id;
    return 0;
}

static int sched_op(xc_interface *xch, uint32_t domid, uint32_t sched_id,
                    uint32_t cmd, struct xen_domctl *domctl)
{
    domctl->cmd = XEN_DOMCTL_scheduler_op;
    domctl->domain = domid;
    domctl->u.scheduler_op.sched_id = sched_id;
    domctl->u.scheduler_op.cmd = cmd;
    return xc_domctl(xch, domctl);
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    struct xen_domctl domctl = { .u.scheduler_op.u.credit2 = *sdom };

    return sched_op(xch, domid, XEN_SCHEDULER_CREDIT2,
                    XEN_DOMCTL_SCHEDOP_putinfo, &domctl);
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom)
{
    struct xen_domctl domctl = { 0 };

    if ( sched_op(xch, domid, XEN_SCHEDULER_CREDIT2, XEN_DOMCTL_SCHEDOP_getinfo,
                  &domctl) )
        return -1;
    *sdom = domctl.u.scheduler_op.u.credit2;
    return 0;
}

static int credit2_params(xc_interface *xch, uint32_t cpupool_id, uint32_t cmd,
                          struct xen_sysctl_credit2_schedule *schedule)
{
    struct xen_sysctl sysctl = {
        .cmd = XEN_SYSCTL_scheduler_op,
        .u.scheduler_op = {
            .cpupool_id = cpupool_id,
            .sched_id = XEN_SCHEDULER_CREDIT2,
            .cmd = cmd,
            .u.sched_credit2 = *schedule,
        },
    };

    if ( xc_sysctl(xch, &sysctl) )
        return -1;
    *schedule = sysctl.u.scheduler_op.u.sched_credit2;
    return 0;
}

int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule)
{
    return credit2_params(xch, cpupool_id, XEN_SYSCTL_SCHEDOP_putinfo,
                          schedule);
}

int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule)
{
    *schedule = (struct xen_sysctl_credit2_schedule){ 0 };
    return credit2_params(xch, cpupool_id, XEN_SYSCTL_SCHEDOP_getinfo,
                          schedule);
}

int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom)
{
    struct xen_domctl domctl = { .u.scheduler_op.u.credit = *sdom };

    return sched_op(xch, domid, XEN_SCHEDULER_CREDIT,
                    XEN_DOMCTL_SCHEDOP_putinfo, &domctl);
}

int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom)
{
    struct xen_domctl domctl = { 0 };

    if ( sched_op(xch, domid, XEN_SCHEDULER_CREDIT, XEN_DOMCTL_SCHEDOP_getinfo,
                  &domctl) )
        return -1;
    *sdom = domctl.u.scheduler_op.u.credit;
    return 0;
}

/* An operation that fills a map of CPUs; the map is the caller's to free. */
static xc_cpumap_t pool_op_map(xc_interface *xch, struct xen_sysctl *sysctl)
{
    int size = xc_get_cpumap_size(xch);
    xc_cpumap_t map = NULL;
    uint8_t *buf;

    if ( size < 0 )
        return NULL;
    buf = xencall_alloc_buffer(xch->xcall, size);
    if ( !buf )
        return NULL;

    sysctl->cmd = XEN_SYSCTL_cpupool_op;
    set_xen_guest_handle(sysctl->u.cpupool_op.cpumap.bitmap, buf);
    sysctl->u.cpupool_op.cpumap.nr_bits = size * 8;
    if ( !xc_sysctl(xch, sysctl) && (map = malloc(size)) )
        memcpy(map, buf, size);
    xc_buffer_free(xch, buf, size);
    return map;
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
    struct xen_sysctl sysctl = {
        .u.cpupool_op = {
            .op = XEN_SYSCTL_CPUPOOL_OP_INFO,
            .cpupool_id = poolid,
        },
    };
    xc_cpupoolinfo_t *info;
    xc_cpumap_t map = pool_op_map(xch, &sysctl);

    if ( !map )
        return NULL;
    info = calloc(1, sizeof(*info));
    if ( !info )
    {
        free(map);
        return NULL;
    }
    info->cpupool_id = sysctl.u.cpupool_op.cpupool_id;
    info->sched_id = sysctl.u.cpupool_op.sched_id;
    info->n_dom = sysctl.u.cpupool_op.n_dom;
    info->cpumap = map;
    return info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
    if ( info )
        free(info->cpumap);
    free(info);
}

xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch)
{
    struct xen_sysctl sysctl = {
        .u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO,
    };

    return pool_op_map(xch, &sysctl);
}

static int pool_op(xc_interface *xch, uint32_t op, uint32_t poolid,
                   uint32_t cpu, uint32_t domid)
{
    struct xen_sysctl sysctl = {
        .cmd = XEN_SYSCTL_cpupool_op,
        .u.cpupool_op = {
            .op = op,
            .cpupool_id = poolid,
            .cpu = cpu,
            .domid = domid,
        },
    };

    return xc_sysctl(xch, &sysctl);
}

int xc_cpupool_create(xc_interface *xch, uint32_t *poolid, uint32_t sched_id)
{
    struct xen_sysctl sysctl = {
        .cmd = XEN_SYSCTL_cpupool_op,
        .u.cpupool_op = {
            .op = XEN_SYSCTL_CPUPOOL_OP_CREATE,
            .cpupool_id = *poolid,
            .sched_id = sched_id,
        },
    };

    if ( xc_sysctl(xch, &sysctl) )
        return -1;
    *poolid = sysctl.u.cpupool_op.cpupool_id;
    return 0;
}

int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid)
{
    return pool_op(xch, XEN_SYSCTL_CPUPOOL_OP_DESTROY, poolid, 0, 0);
}

int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu)
{
    return pool_op(xch, XEN_SYSCTL_CPUPOOL_OP_ADDCPU, poolid,
                   cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu, 0);
}

int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu)
{
    return pool_op(xch, XEN_SYSCTL_CPUPOOL_OP_RMCPU, poolid,
                   cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu, 0);
}

int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid)
{
    return pool_op(xch, XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN, poolid, 0, domid);
}
