/* SPDX-License-Identifier: MIT */
/* Operations that only Nidus has. */

#include <errno.h>
#include <string.h>

#include "private.h"

int xc_nidus_nested(xc_interface *xch, uint32_t domid,
                    struct nidus_domctl_nested *info, uint64_t *counters,
                    uint64_t *msrs)
{
    struct xen_domctl domctl = { .cmd = NIDUS_DOMCTL_nested, .domain = domid };
    uint32_t nr_counters = info->nr_counters, nr_msrs = info->nr_msrs;
    size_t size = (nr_counters + nr_msrs) * sizeof(uint64_t);
    uint64_t *buf = xencall_alloc_buffer(xch->xcall, size);
    int rc;

    if ( !buf )
        return -1;
    memset(buf, 0, size);
    set_xen_guest_handle(info->counters, buf);
    set_xen_guest_handle(info->msrs, buf + nr_counters);
    memcpy(&domctl.u, info, sizeof(*info));
    rc = xc_domctl(xch, &domctl);
    if ( !rc )
    {
        memcpy(info, &domctl.u, sizeof(*info));
        memcpy(counters, buf, nr_counters * sizeof(*counters));
        memcpy(msrs, buf + nr_counters, nr_msrs * sizeof(*msrs));
    }
    xc_buffer_free(xch, buf, size);

    return rc;
}
