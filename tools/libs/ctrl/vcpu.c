/* SPDX-License-Identifier: MIT */
/* vcpus: state and affinity; maps of physical CPUs. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

int xc_get_max_cpus(xc_interface *xch)
{
    xc_physinfo_t info;

    if ( xc_physinfo(xch, &info) )
        return -1;
    return info.max_cpu_id + 1;
}

int xc_get_cpumap_size(xc_interface *xch)
{
    int max = xc_get_max_cpus(xch);

    return max < 0 ? -1 : (max + 7) / 8;
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
    int size = xc_get_cpumap_size(xch);

    return size < 0 ? NULL : calloc(1, size);
}

void xc_cpumap_setcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] |= 1u << (cpu % 8);
}

void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map)
{
    map[cpu / 8] &= ~(1u << (cpu % 8));
}

int xc_cpumap_testcpu(int cpu, xc_cpumap_t map)
{
    return (map[cpu / 8] >> (cpu % 8)) & 1;
}

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                    xc_vcpuinfo_t *info)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_getvcpuinfo,
        .domain = domid,
        .u.getvcpuinfo.vcpu = vcpu,
    };

    if ( xc_domctl(xch, &domctl) )
        return -1;
    *info = domctl.u.getvcpuinfo;
    return 0;
}

int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_t *ctxt)
{
    struct xen_domctl domctl = { .cmd = XEN_DOMCTL_getvcpucontext,
                                 .domain = domid };
    vcpu_guest_context_t *buf = xencall_alloc_buffer(xch->xcall, sizeof(*buf));
    int rc;

    if ( !buf )
        return -1;
    domctl.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(domctl.u.vcpucontext.ctxt, buf);
    rc = xc_domctl(xch, &domctl);
    if ( !rc )
        *ctxt = *buf;
    xc_buffer_free(xch, buf, sizeof(*buf));
    return rc;
}

/* Both maps are given as a pair of buffers in one page. */
static int affinity(xc_interface *xch, uint32_t cmd, uint32_t domid, int vcpu,
                    xc_cpumap_t hard, xc_cpumap_t soft, uint32_t flags)
{
    struct xen_domctl domctl = { .cmd = cmd, .domain = domid };
    struct xen_domctl_vcpuaffinity *arg = &domctl.u.vcpuaffinity;
    int size = xc_get_cpumap_size(xch);
    uint8_t *buf;
    int rc;

    if ( size < 0 )
        return -1;
    buf = xencall_alloc_buffer(xch->xcall, 2 * size);
    if ( !buf )
        return -1;

    if ( hard )
        memcpy(buf, hard, size);
    if ( soft )
        memcpy(buf + size, soft, size);
    arg->vcpu = vcpu;
    arg->flags = flags;
    set_xen_guest_handle(arg->cpumap_hard.bitmap, buf);
    arg->cpumap_hard.nr_bits = size * 8;
    set_xen_guest_handle(arg->cpumap_soft.bitmap, buf + size);
    arg->cpumap_soft.nr_bits = size * 8;

    rc = xc_domctl(xch, &domctl);
    if ( !rc && hard )
        memcpy(hard, buf, size);
    if ( !rc && soft )
        memcpy(soft, buf + size, size);
    xc_buffer_free(xch, buf, 2 * size);
    return rc;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t cpumap_hard, xc_cpumap_t cpumap_soft,
                        uint32_t flags)
{
    return affinity(xch, XEN_DOMCTL_setvcpuaffinity, domid, vcpu, cpumap_hard,
                    cpumap_soft, flags);
}

int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t cpumap_hard, xc_cpumap_t cpumap_soft,
                        uint32_t flags)
{
    return affinity(xch, XEN_DOMCTL_getvcpuaffinity, domid, vcpu, cpumap_hard,
                    cpumap_soft, flags);
}
