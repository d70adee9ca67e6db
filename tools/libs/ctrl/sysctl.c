/* SPDX-License-Identifier: MIT */
/* The machine and the hypervisor itself. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_physinfo };

    if ( xc_sysctl(xch, &sysctl) )
        return -1;
    *info = sysctl.u.physinfo;
    return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus,
                   xc_cputopo_t *cputopo)
{
    size_t size = cputopo ? *max_cpus * sizeof(*cputopo) : 0;
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_cputopoinfo };
    xc_cputopo_t *buf = NULL;
    unsigned int nr;
    int rc;

    if ( size && !(buf = xencall_alloc_buffer(xch->xcall, size)) )
        return -1;

    sysctl.u.cputopoinfo.num_cpus = size ? *max_cpus : 0;
    set_xen_guest_handle(sysctl.u.cputopoinfo.cputopo, buf);
    rc = xc_sysctl(xch, &sysctl);
    if ( !rc )
    {
        nr = sysctl.u.cputopoinfo.num_cpus;
        if ( buf )
            memcpy(cputopo, buf,
                   (nr < *max_cpus ? nr : *max_cpus) * sizeof(*cputopo));
        *max_cpus = nr;
    }
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_numainfo(xc_interface *xch, unsigned int *max_nodes,
                xc_meminfo_t *meminfo, uint32_t *distance)
{
    unsigned int room = meminfo ? *max_nodes : 0;
    size_t mem_size = room * sizeof(*meminfo);
    size_t dist_size = (size_t)room * room * sizeof(*distance);
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_numainfo };
    xc_meminfo_t *mem = NULL;
    uint32_t *dist = NULL;
    unsigned int nr;
    int rc = -1;

    if ( room )
    {
        mem = xencall_alloc_buffer(xch->xcall, mem_size);
        dist = xencall_alloc_buffer(xch->xcall, dist_size);
        if ( !mem || !dist )
            goto out;
    }

    sysctl.u.numainfo.num_nodes = room;
    set_xen_guest_handle(sysctl.u.numainfo.meminfo, mem);
    set_xen_guest_handle(sysctl.u.numainfo.distance, dist);
    rc = xc_sysctl(xch, &sysctl);
    if ( rc )
        goto out;

    nr = sysctl.u.numainfo.num_nodes;
    if ( room )
        memcpy(meminfo, mem, (nr < room ? nr : room) * sizeof(*meminfo));
    /* Rows of the distances are nr wide, so a cut matrix is of no use. */
    if ( room && distance && nr <= room )
        memcpy(distance, dist, (size_t)nr * nr * sizeof(*distance));
    *max_nodes = nr;

out:
    xc_buffer_free(xch, dist, dist_size);
    xc_buffer_free(xch, mem, mem_size);
    return rc;
}

int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars,
                       int clear, int incremental, uint32_t *pindex)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_readconsole };
    size_t size = *pnr_chars;
    char *buf = xencall_alloc_buffer(xch->xcall, size);
    int rc;

    if ( !buf )
        return -1;

    set_xen_guest_handle(sysctl.u.readconsole.buffer, buf);
    sysctl.u.readconsole.count = size;
    sysctl.u.readconsole.clear = clear;
    sysctl.u.readconsole.incremental = incremental;
    if ( pindex )
        sysctl.u.readconsole.index = *pindex;
    rc = xc_sysctl(xch, &sysctl);
    if ( !rc )
    {
        *pnr_chars = sysctl.u.readconsole.count;
        memcpy(buffer, buf, *pnr_chars);
        if ( pindex )
            *pindex = sysctl.u.readconsole.index;
    }
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_debug_keys };
    size_t len = strlen(keys);
    char *buf = xencall_alloc_buffer(xch->xcall, len);
    int rc;

    if ( !buf )
        return -1;
    memcpy(buf, keys, len);
    set_xen_guest_handle(sysctl.u.debug_keys.keys, buf);
    sysctl.u.debug_keys.nr_keys = len;
    rc = xc_sysctl(xch, &sysctl);
    xc_buffer_free(xch, buf, len);
    return rc;
}

/* What XENVER_* commands write; zero: nothing, the result says it all. */
static const size_t version_size[] = {
    [XENVER_version] = 0,
    [XENVER_extraversion] = sizeof(xen_extraversion_t),
    [XENVER_compile_info] = sizeof(xen_compile_info_t),
    [XENVER_capabilities] = sizeof(xen_capabilities_info_t),
    [XENVER_changeset] = sizeof(xen_changeset_info_t),
    [XENVER_platform_parameters] = sizeof(xen_platform_parameters_t),
    [XENVER_get_features] = sizeof(xen_feature_info_t),
    [XENVER_pagesize] = 0,
    [XENVER_guest_handle] = sizeof(xen_domain_handle_t),
    [XENVER_commandline] = sizeof(xen_commandline_t),
};

int xc_version(xc_interface *xch, int cmd, void *arg)
{
    size_t size;
    long rc;

    if ( cmd < 0 || (size_t)cmd >= sizeof(version_size) / sizeof(size_t) )
    {
        errno = EINVAL;
        return -1;
    }
    size = version_size[cmd];
    if ( !size )
        rc = xencall2(xch->xcall, __HYPERVISOR_xen_version, cmd, 0);
    else
        rc = xc_call_bounced(xch, __HYPERVISOR_xen_version, cmd, arg, size);
    return rc;
}

int xc_build_id(xc_interface *xch, uint8_t *buf, size_t size)
{
    size_t len = sizeof(xen_build_id_t) + size;
    xen_build_id_t *id = xencall_alloc_buffer(xch->xcall, len);
    long rc;

    if ( !id )
        return -1;
    id->len = size;
    rc = xencall2(xch->xcall, __HYPERVISOR_xen_version, XENVER_build_id,
                  (uintptr_t)id);
    if ( rc > 0 )
    {
        if ( (size_t)rc > size )
            rc = size;
        memcpy(buf, id->buf, rc);
    }
    xc_buffer_free(xch, id, len);
    return rc;
}
