/* SPDX-License-Identifier: MIT */
/* domctl: what a domain and its vCPUs are and do, and where they may run. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/sched.h>

uint64_t online_cpu_bits(void)
{
    return nr_cpus_online >= 64 ? ~0ull : (1ull << nr_cpus_online) - 1;
}

int bitmap_to_guest(const struct xenctl_bitmap *to, uint64_t bits,
                    unsigned int nr)
{
    uint32_t room = DIV_ROUND_UP((uint64_t)to->nr_bits, 8);
    uint32_t have = min(DIV_ROUND_UP(nr, 8), (unsigned int)sizeof(bits));
    uint32_t n = min(room, have);

    /* What the caller has room for beyond our bits is zero. */
    if ( copy_to_guest_va((uint64_t)to->bitmap.p, &bits, n) ||
         clear_guest_va((uint64_t)to->bitmap.p + n, room - n) )
        return -EFAULT;
    return 0;
}

int bitmap_from_guest(uint64_t *bits, const struct xenctl_bitmap *from)
{
    uint32_t n =
        min(DIV_ROUND_UP((uint64_t)from->nr_bits, 8), (uint64_t)sizeof(*bits));

    *bits = 0;
    if ( copy_from_guest_va(bits, (uint64_t)from->bitmap.p, n) )
        return -EFAULT;
    if ( from->nr_bits < 64 )
        *bits &= (1ull << from->nr_bits) - 1;
    return 0;
}

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
    uint32_t flags = XEN_DOMINF_blocked;
    struct vcpu *v;

    memset(info, 0, sizeof(*info));
    info->domain = d->domain_id;
    info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
    /* Blocked when all are, running when one is. */
    for_each_vcpu (d, v)
    {
        info->cpu_time += vcpu_runtime(v);
        info->max_vcpu_id = v->vcpu_id;
        if ( v->pause_flags & VPF_down )
            continue;
        info->nr_online_vcpus++;
        if ( !(v->pause_flags & VPF_blocked) )
            flags &= ~XEN_DOMINF_blocked;
        if ( v->is_running )
            flags |= XEN_DOMINF_running;
    }
    if ( !info->nr_online_vcpus )
        flags = 0;
    flags |= XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;
    if ( d->is_dying == DOMDYING_dead )
        flags |= XEN_DOMINF_dying;
    if ( d->is_shut_down )
        flags |= XEN_DOMINF_shutdown;
    if ( d->controller_pause > 0 )
        flags |= XEN_DOMINF_paused;
    if ( d->debugger_attached )
        flags |= XEN_DOMINF_debugged;
    if ( d->create_flags & XEN_DOMCTL_CDF_xs_domain )
        flags |= XEN_DOMINF_xs_domain;
    info->flags =
        flags | ((uint32_t)d->shutdown_code << XEN_DOMINF_shutdownshift);

    info->tot_pages = d->tot_pages;
    info->max_pages = d->max_pages;
    info->outstanding_pages = d->outstanding_claim;
    info->shared_info_frame = mfn_to_page(virt_to_mfn(d->shared_info))->gfn;
    info->ssidref = d->ssidref;
    info->cpupool = d->cpupool_id;
    info->gpaddr_bits = 48; /* what four levels of EPT translate */
    memcpy(info->handle, d->handle, sizeof(info->handle));
    info->arch_config.emulation_flags = d->arch.emulation_flags;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_getvcpuinfo *i = &op->u.getvcpuinfo;
    struct vcpu *v;

    if ( i->vcpu >= d->max_vcpus )
        return -EINVAL;
    v = d->vcpu[i->vcpu];
    if ( !v )
        return -ESRCH;
    i->online = !(v->pause_flags & VPF_down);
    i->blocked = !!(v->pause_flags & VPF_blocked);
    i->running = v->is_running;
    i->cpu_time = vcpu_runtime(v);
    i->cpu = v->processor;
    return 0;
}

/*
 * LIMIT: vCPUs stay on the pCPU they were created on, so an affinity can be
 * asked for and is refused when it leaves that pCPU out; it is not kept.
 */
static int vcpu_of(const struct domain *d, uint32_t id, struct vcpu **v)
{
    *v = NULL;
    if ( id >= d->max_vcpus )
        return -EINVAL;
    *v = d->vcpu[id];
    return *v ? 0 : -ESRCH;
}

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    const uint32_t known =
        XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT | XEN_VCPUAFFINITY_FORCE;
    struct vcpu *v;
    uint64_t bits;
    int rc = vcpu_of(d, a->vcpu, &v);

    if ( rc )
        return rc;
    if ( a->flags & ~known )
        return -EINVAL;
    if ( a->flags & XEN_VCPUAFFINITY_HARD )
    {
        rc = bitmap_from_guest(&bits, &a->cpumap_hard);
        if ( !rc && !(bits & (1ull << v->processor)) )
            rc = -EINVAL;
        if ( !rc )
            rc = bitmap_to_guest(&a->cpumap_hard, bits & online_cpu_bits(),
                                 nr_cpus_online);
    }
    if ( !rc && (a->flags & XEN_VCPUAFFINITY_SOFT) )
    {
        rc = bitmap_from_guest(&bits, &a->cpumap_soft);
        if ( !rc )
            rc = bitmap_to_guest(&a->cpumap_soft, bits & online_cpu_bits(),
                                 nr_cpus_online);
    }
    return rc;
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
    struct vcpu *v;
    int rc = vcpu_of(d, a->vcpu, &v);

    if ( !rc && (a->flags & XEN_VCPUAFFINITY_HARD) )
        rc =
            bitmap_to_guest(&a->cpumap_hard, online_cpu_bits(), nr_cpus_online);
    if ( !rc && (a->flags & XEN_VCPUAFFINITY_SOFT) )
        rc =
            bitmap_to_guest(&a->cpumap_soft, online_cpu_bits(), nr_cpus_online);
    return rc;
}

/* There is one node, number 0. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    uint64_t bits;
    int rc = bitmap_from_guest(&bits, &op->u.nodeaffinity.nodemap);

    (void)d;
    if ( rc )
        return rc;
    return bits & 1 ? 0 : -EINVAL;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
    (void)d;
    return bitmap_to_guest(&op->u.nodeaffinity.nodemap, 1, 1);
}

/* Weight and cap; values that mean "leave it" are the ABI's. */
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_scheduler_op *s = &op->u.scheduler_op;
    const uint16_t keep_cap = 0xffff;

    if ( s->sched_id != SCHEDULER_ID )
        return -EINVAL;
    switch ( s->cmd )
    {
    case XEN_DOMCTL_SCHEDOP_getinfo:
        s->u.credit2.weight = d->sched_weight;
        s->u.credit2.cap = d->sched_cap;
        return 0;
    case XEN_DOMCTL_SCHEDOP_putinfo:
        if ( s->u.credit2.cap != keep_cap && s->u.credit2.cap != 0 )
            return -EOPNOTSUPP; /* nothing enforces a cap */
        if ( s->u.credit2.weight )
            d->sched_weight = s->u.credit2.weight;
        return 0;
    }
    return -EINVAL;
}
