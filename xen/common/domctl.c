/* SPDX-License-Identifier: MIT */
/*
 * domctl: building and controlling domains.
 *
 * A table says for each operation which function serves it and whether its
 * argument goes back to the caller. The argument is copied in once; the
 * functions work on the copy. Everything here is for privileged domains.
 */
#include <xen/control-op.h>
#include <xen/domctl.h>
#include <xen/event.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <nidus/nidus-domctl.h>

static bool domid_is_free(domid_t domid)
{
    struct domain *d = get_domain_by_id(domid);

    if ( d )
        put_domain(d);
    return !d;
}

/* The next free id after the one given last, so that ids are not soon reused.
 */
static int pick_domid(void)
{
    static domid_t rover;
    unsigned int i;

    for ( i = 0; i < DOMID_FIRST_RESERVED; i++ )
    {
        if ( ++rover >= DOMID_FIRST_RESERVED )
            rover = 1;
        if ( domid_is_free(rover) )
            return rover;
    }
    return -ENOMEM;
}

int domctl_createdomain(struct domain *unused, struct xen_domctl *op)
{
    struct domain *d;
    int domid = op->domain;
    int rc;

    (void)unused;
    if ( op->domain > 0 && op->domain < DOMID_FIRST_RESERVED )
    {
        if ( !domid_is_free(op->domain) )
            return -EEXIST;
    }
    else
        domid = pick_domid();
    if ( domid < 0 )
        return domid;
    rc = domain_create(domid, &op->u.createdomain, false, &d);
    if ( !rc )
        op->domain = domid;
    return rc;
}

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return domain_kill(d);
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    if ( d == current->domain )
        return -EINVAL;
    return domain_pause_by_systemcontroller(d);
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    return domain_unpause_by_systemcontroller(d);
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
    (void)op;
    if ( d == current->domain )
        return -EINVAL;
    domain_resume(d);
    return 0;
}

static int domctl_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
    getdomaininfo(d, &op->u.getdomaininfo);
    op->domain = d->domain_id;
    return 0;
}

int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
    /* Below what it has, it may not grow; nothing is taken away. */
    d->max_pages =
        min(op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10), (uint64_t)UINT32_MAX);
    return 0;
}

int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
    uint32_t i;
    int rc = 0;

    if ( d == current->domain || op->u.max_vcpus.max != d->max_vcpus )
        return -EINVAL;
    domain_pause(d);
    for ( i = 0; i < d->max_vcpus && !rc; i++ )
        if ( !d->vcpu[i] && !vcpu_create(d, i) )
            rc = -ENOMEM;
    domain_unpause(d);
    return rc;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
    memcpy(d->handle, op->u.setdomainhandle.handle, sizeof(d->handle));
    return 0;
}

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
    d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
    wallclock_update(d);
    return 0;
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
    return set_global_virq_handler(d, op->u.set_virq_handler.virq);
}

#define ROW(name, fn, copy) [XEN_DOMCTL_##name] = { fn, copy }

static const struct domctl_row
{
    domctl_fn_t *fn;
    uint8_t copy;
} ops[] = {
    ROW(createdomain, domctl_createdomain, COPY_OK),
    ROW(destroydomain, domctl_destroydomain, COPY_NONE),
    ROW(pausedomain, domctl_pausedomain, COPY_NONE),
    ROW(unpausedomain, domctl_unpausedomain, COPY_NONE),
    ROW(getdomaininfo, domctl_getdomaininfo, COPY_OK),
    ROW(setvcpuaffinity, domctl_setvcpuaffinity, COPY_NONE),
    ROW(getvcpuaffinity, domctl_getvcpuaffinity, COPY_NONE),
    ROW(shadow_op, arch_domctl_shadow_op, COPY_OK),
    ROW(max_mem, domctl_max_mem, COPY_NONE),
    ROW(setvcpucontext, arch_domctl_setvcpucontext, COPY_NONE),
    ROW(getvcpucontext, arch_domctl_getvcpucontext, COPY_NONE),
    ROW(getvcpuinfo, domctl_getvcpuinfo, COPY_OK),
    ROW(max_vcpus, domctl_max_vcpus, COPY_NONE),
    ROW(scheduler_op, domctl_scheduler_op, COPY_OK),
    ROW(setdomainhandle, domctl_setdomainhandle, COPY_NONE),
    ROW(setdebugging, domctl_setdebugging, COPY_NONE),
    ROW(hypercall_init, arch_domctl_hypercall_init, COPY_NONE),
    ROW(settimeoffset, domctl_settimeoffset, COPY_NONE),
    ROW(resumedomain, domctl_resumedomain, COPY_NONE),
    ROW(sendtrigger, arch_domctl_sendtrigger, COPY_NONE),
    ROW(gethvmcontext, arch_domctl_gethvmcontext, COPY_ALWAYS),
    ROW(sethvmcontext, arch_domctl_sethvmcontext, COPY_NONE),
    ROW(get_address_size, arch_domctl_get_address_size, COPY_OK),
    ROW(gethvmcontext_partial, arch_domctl_gethvmcontext_partial, COPY_OK),
    ROW(assign_device, domctl_assign, COPY_NONE),
    ROW(deassign_device, domctl_assign, COPY_NONE),
    ROW(test_assign_device, domctl_assign, COPY_NONE),
    ROW(get_device_group, domctl_assign, COPY_NONE),
    ROW(gettscinfo, arch_domctl_gettscinfo, COPY_OK),
    ROW(settscinfo, arch_domctl_settscinfo, COPY_NONE),
    ROW(getpageframeinfo3, arch_domctl_getpageframeinfo3, COPY_NONE),
    ROW(set_access_required, domctl_set_access_required, COPY_NONE),
    ROW(set_virq_handler, domctl_set_virq_handler, COPY_NONE),
    ROW(setnodeaffinity, domctl_setnodeaffinity, COPY_NONE),
    ROW(getnodeaffinity, domctl_getnodeaffinity, COPY_NONE),
    ROW(psr_cmt_op, domctl_psr, COPY_NONE),
    ROW(psr_alloc, domctl_psr, COPY_NONE),
    ROW(get_cpu_policy, arch_domctl_get_cpu_policy, COPY_OK),
    ROW(set_cpu_policy, arch_domctl_set_cpu_policy, COPY_ALWAYS),
    ROW(get_paging_mempool_size, arch_domctl_get_paging_mempool_size, COPY_OK),
    ROW(set_paging_mempool_size, arch_domctl_set_paging_mempool_size,
        COPY_NONE),
};

static const struct domctl_row *find_row(uint32_t cmd)
{
    static const struct domctl_row nested = { nested_domctl, COPY_OK };

    if ( cmd == NIDUS_DOMCTL_nested )
        return &nested;
    return cmd < ARRAY_SIZE(ops) && ops[cmd].fn ? &ops[cmd] : NULL;
}

/* domctl(struct xen_domctl *) */
long do_domctl(unsigned long arg, unsigned long a2, unsigned long a3,
               unsigned long a4, unsigned long a5)
{
    const struct domctl_row *row;
    struct xen_domctl op;
    struct domain *d = NULL;
    int rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    rc = control_op_begin(&op, sizeof(op), arg, XEN_DOMCTL_INTERFACE_VERSION);
    if ( rc )
        return rc;
    if ( op.cmd == XEN_DOMCTL_getdomaininfo )
    {
        if ( op.domain >= DOMID_FIRST_RESERVED )
            return -EINVAL;
        d = get_domain_from(op.domain); /* reports the next there is */
    }
    else if ( op.cmd != XEN_DOMCTL_createdomain )
        d = get_domain_by_id(op.domain);
    if ( !d && op.cmd != XEN_DOMCTL_createdomain )
        return -ESRCH;

    row = find_row(op.cmd);
    if ( !current->domain->is_privileged )
        rc = -EPERM;
    else if ( !row )
        rc = -ENOSYS;
    else if ( !control_op_enter() )
        rc = -ERESTART;
    else
    {
        rc = control_op_end(arg, &op, sizeof(op), row->copy, row->fn(d, &op));
        control_op_leave();
    }
    if ( d )
        put_domain(d);
    return rc;
}
