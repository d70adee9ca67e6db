/* SPDX-License-Identifier: MIT */
/* Event channels and grants set up on behalf of a new domain. */

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>
#include <xen/grant_table.h>

#include "private.h"

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch,
                                                  uint32_t dom,
                                                  uint32_t remote_dom)
{
    struct evtchn_alloc_unbound arg = { .dom = dom, .remote_dom = remote_dom };

    if ( xc_call_bounced(xch, __HYPERVISOR_event_channel_op,
                         EVTCHNOP_alloc_unbound, &arg, sizeof(arg)) )
        return -1;
    return arg.port;
}

int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
    return xc_call_bounced(xch, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
                           status, sizeof(*status));
}

static void seed(grant_entry_v1_t *entry, uint32_t domid, xen_pfn_t gfn)
{
    /* The flags make the entry valid, so they are written last. */
    entry->domid = domid;
    entry->frame = gfn;
    __atomic_store_n(&entry->flags, GTF_permit_access, __ATOMIC_RELEASE);
}

int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid,
                       xen_pfn_t console_gfn, xen_pfn_t xenstore_gfn,
                       uint32_t console_domid, uint32_t xenstore_domid)
{
    xenforeignmemory_resource_handle *fres;
    grant_entry_v1_t *table;
    void *addr = NULL;

    if ( console_gfn > UINT32_MAX || xenstore_gfn > UINT32_MAX )
    {
        errno = EINVAL;
        return -1;
    }

    fres = xenforeignmemory_map_resource(
        xch->fmem, guest_domid, XENMEM_resource_grant_table,
        XENMEM_resource_grant_table_id_shared, 0, 1, &addr,
        PROT_READ | PROT_WRITE, 0);
    if ( !fres )
        return -1;

    table = addr;
    seed(&table[GNTTAB_RESERVED_CONSOLE], console_domid, console_gfn);
    seed(&table[GNTTAB_RESERVED_XENSTORE], xenstore_domid, xenstore_gfn);
    return xenforeignmemory_unmap_resource(xch->fmem, fres);
}
