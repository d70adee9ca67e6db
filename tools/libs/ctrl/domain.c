/* SPDX-License-Identifier: MIT */
/* Domains: create, control and ask about them. */

#include <errno.h>
#include <string.h>

#include "private.h"

int xc_domain_create(xc_interface *xch, uint32_t *pdomid,
                     struct xen_domctl_createdomain *config)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_createdomain,
        .domain = *pdomid,
        .u.createdomain = *config,
    };

    if ( xc_domctl(xch, &domctl) )
        return -1;
    *pdomid = domctl.domain;
    *config = domctl.u.createdomain;
    return 0;
}

int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_max_vcpus,
        .domain = domid,
        .u.max_vcpus.max = max,
    };

    return xc_domctl(xch, &domctl);
}

static int simple(xc_interface *xch, uint32_t domid, uint32_t cmd)
{
    struct xen_domctl domctl = { .cmd = cmd, .domain = domid };

    return xc_domctl(xch, &domctl);
}

int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
    return simple(xch, domid, XEN_DOMCTL_pausedomain);
}

int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
    return simple(xch, domid, XEN_DOMCTL_unpausedomain);
}

/* Freeing memory is long work: the hypervisor asks to be called again. */
int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
    int rc;

    do
    {
        rc = simple(xch, domid, XEN_DOMCTL_destroydomain);
    } while ( rc && errno == EAGAIN );
    return rc;
}

int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
    struct sched_remote_shutdown arg = { .domain_id = domid, .reason = reason };

    return xc_call_bounced(xch, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown,
                           &arg, sizeof(arg));
}

int xc_domain_sethandle(xc_interface *xch, uint32_t domid,
                        xen_domain_handle_t handle)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_setdomainhandle,
        .domain = domid,
    };

    memcpy(domctl.u.setdomainhandle.handle, handle,
           sizeof(xen_domain_handle_t));
    return xc_domctl(xch, &domctl);
}

int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger,
                           uint32_t vcpu)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_sendtrigger,
        .domain = domid,
        .u.sendtrigger = { .trigger = trigger, .vcpu = vcpu },
    };

    return xc_domctl(xch, &domctl);
}

int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid,
                              int32_t time_offset_seconds)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_settimeoffset,
        .domain = domid,
        .u.settimeoffset.time_offset_seconds = time_offset_seconds,
    };

    return xc_domctl(xch, &domctl);
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
                          unsigned int max_domains, xc_domaininfo_t *info)
{
    size_t size = max_domains * sizeof(*info);
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_getdomaininfolist };
    xc_domaininfo_t *buf;
    int rc;

    buf = xencall_alloc_buffer(xch->xcall, size);
    if ( !buf )
        return -1;

    sysctl.u.getdomaininfolist.first_domain = first_domain;
    sysctl.u.getdomaininfolist.max_domains = max_domains;
    set_xen_guest_handle(sysctl.u.getdomaininfolist.buffer, buf);
    rc = xc_sysctl(xch, &sysctl);
    if ( !rc )
    {
        rc = sysctl.u.getdomaininfolist.num_domains;
        memcpy(info, buf, rc * sizeof(*info));
    }
    xc_buffer_free(xch, buf, size);
    return rc;
}

/* domctl getdomaininfo answers with the next domain if this one is gone. */
int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid,
                             xc_domaininfo_t *info)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_getdomaininfo,
        .domain = domid,
    };

    if ( xc_domctl(xch, &domctl) )
        return -1;
    if ( domctl.u.getdomaininfo.domain != domid )
    {
        errno = ESRCH;
        return -1;
    }
    *info = domctl.u.getdomaininfo;
    return 0;
}

static void dominfo_from_domaininfo(xc_dominfo_t *to,
                                    const xc_domaininfo_t *from)
{
    memset(to, 0, sizeof(*to));
    to->domid = from->domain;
    to->ssidref = from->ssidref;
    to->dying = !!(from->flags & XEN_DOMINF_dying);
    to->shutdown = !!(from->flags & XEN_DOMINF_shutdown);
    to->paused = !!(from->flags & XEN_DOMINF_paused);
    to->blocked = !!(from->flags & XEN_DOMINF_blocked);
    to->running = !!(from->flags & XEN_DOMINF_running);
    to->hvm = !!(from->flags & XEN_DOMINF_hvm_guest);
    to->debugged = !!(from->flags & XEN_DOMINF_debugged);
    to->xenstore = !!(from->flags & XEN_DOMINF_xs_domain);
    to->hap = !!(from->flags & XEN_DOMINF_hap);
    to->shutdown_reason =
        (from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    if ( to->shutdown && to->shutdown_reason == SHUTDOWN_crash )
    {
        to->shutdown = 0;
        to->crashed = 1;
    }
    to->nr_pages = from->tot_pages;
    to->nr_outstanding_pages = from->outstanding_pages;
    to->nr_shared_pages = from->shr_pages;
    to->nr_paged_pages = from->paged_pages;
    to->shared_info_frame = from->shared_info_frame;
    to->cpu_time = from->cpu_time;
    to->max_memkb = from->max_pages << (XC_PAGE_SHIFT - 10);
    to->nr_online_vcpus = from->nr_online_vcpus;
    to->max_vcpu_id = from->max_vcpu_id;
    memcpy(to->handle, from->handle, sizeof(to->handle));
    to->cpupool = from->cpupool;
    to->gpaddr_bits = from->gpaddr_bits;
    to->arch_config = from->arch_config;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid,
                      unsigned int max_doms, xc_dominfo_t *info)
{
    struct xen_domctl domctl;
    uint32_t next = first_domid;
    unsigned int nr;

    for ( nr = 0; nr < max_doms; nr++ )
    {
        memset(&domctl, 0, sizeof(domctl));
        domctl.cmd = XEN_DOMCTL_getdomaininfo;
        domctl.domain = next;
        if ( xc_domctl(xch, &domctl) )
            break;
        dominfo_from_domaininfo(&info[nr], &domctl.u.getdomaininfo);
        next = domctl.u.getdomaininfo.domain + 1u;
    }

    if ( !nr && max_doms )
        return -1;
    return nr;
}

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
                           uint64_t elapsed_nsec, uint32_t gtsc_khz,
                           uint32_t incarnation)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_settscinfo,
        .domain = domid,
        .u.tsc_info = {
            .tsc_mode = tsc_mode,
            .gtsc_khz = gtsc_khz,
            .incarnation = incarnation,
            .elapsed_nsec = elapsed_nsec,
        },
    };

    return xc_domctl(xch, &domctl);
}

int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid,
                               uint64_t *size)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_get_paging_mempool_size,
        .domain = domid,
    };

    if ( xc_domctl(xch, &domctl) )
        return -1;
    *size = domctl.u.paging_mempool.size;
    return 0;
}

int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid, uint64_t size)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_set_paging_mempool_size,
        .domain = domid,
        .u.paging_mempool.size = size,
    };

    return xc_domctl(xch, &domctl);
}
