/* SPDX-License-Identifier: MIT */
/* domctl: what a domain and its vCPUs are and do. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/sched.h>

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
    info->shared_info_frame =
        gfn_x(page_gfn(mfn_to_page(virt_to_mfn(d->shared_info))));
    info->ssidref = d->ssidref;
    info->cpupool = cpupool_id(d);
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
