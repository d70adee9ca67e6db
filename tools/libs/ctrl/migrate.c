/* SPDX-License-Identifier: MIT */
/* What saving a domain asks of the hypervisor: dirty pages, types, resuming. */

#include <errno.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "private.h"

int xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int op,
                        unsigned long *bitmap, uint64_t pages,
                        unsigned int mode, xc_shadow_op_stats_t *stats)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_shadow_op,
        .domain = domid,
        .u.shadow_op = { .op = op, .mode = mode, .pages = pages },
    };
    size_t size = (pages + 7) / 8;
    uint8_t *buf = NULL;
    int rc;

    if ( bitmap && !(buf = xencall_alloc_buffer(xch->xcall, size)) )
        return -1;
    set_xen_guest_handle(domctl.u.shadow_op.dirty_bitmap, buf);
    rc = xc_domctl(xch, &domctl);
    if ( !rc && bitmap )
        memcpy(bitmap, buf, size);
    if ( !rc && stats )
        *stats = domctl.u.shadow_op.stats;
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_get_pfn_type_batch(xc_interface *xch, uint32_t domid, unsigned int num,
                          xen_pfn_t *arr)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_getpageframeinfo3,
        .domain = domid,
        .u.getpageframeinfo3.num = num,
    };
    size_t size = num * sizeof(*arr);
    xen_pfn_t *buf = xencall_alloc_buffer(xch->xcall, size);
    int rc;

    if ( !buf )
        return -1;
    memcpy(buf, arr, size);
    set_xen_guest_handle(domctl.u.getpageframeinfo3.array, buf);
    rc = xc_domctl(xch, &domctl);
    memcpy(arr, buf, size);
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid,
                           uint32_t *tsc_mode, uint64_t *elapsed_nsec,
                           uint32_t *gtsc_khz, uint32_t *incarnation)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_gettscinfo,
        .domain = domid,
    };

    if ( xc_domctl(xch, &domctl) )
        return -1;
    *tsc_mode = domctl.u.tsc_info.tsc_mode;
    *elapsed_nsec = domctl.u.tsc_info.elapsed_nsec;
    *gtsc_khz = domctl.u.tsc_info.gtsc_khz;
    *incarnation = domctl.u.tsc_info.incarnation;
    return 0;
}

static int vcpu_context(xc_interface *xch, uint32_t cmd, uint32_t domid,
                        uint32_t vcpu, vcpu_guest_context_t *ctxt)
{
    struct xen_domctl domctl = {
        .cmd = cmd,
        .domain = domid,
        .u.vcpucontext.vcpu = vcpu,
    };
    vcpu_guest_context_t *buf = xencall_alloc_buffer(xch->xcall, sizeof(*ctxt));
    int rc;

    if ( !buf )
        return -1;
    memcpy(buf, ctxt, sizeof(*ctxt));
    set_xen_guest_handle(domctl.u.vcpucontext.ctxt, buf);
    rc = xc_domctl(xch, &domctl);
    memcpy(ctxt, buf, sizeof(*ctxt));
    xc_buffer_free(xch, buf, sizeof(*ctxt));
    return rc;
}

/* The guest's suspend call returns 1: nothing was lost, it need not rebuild. */
static int cancel_suspend(xc_interface *xch, uint32_t domid)
{
    vcpu_guest_context_t ctxt;
    uint64_t callback;

    memset(&ctxt, 0, sizeof(ctxt));
    if ( xc_hvm_param_get(xch, domid, HVM_PARAM_CALLBACK_IRQ, &callback) )
        return -1;
    /* Without drivers of ours it does not look at the answer. */
    if ( !callback )
        return 0;
    if ( vcpu_context(xch, XEN_DOMCTL_getvcpucontext, domid, 0, &ctxt) )
        return -1;
    ctxt.user_regs.rax = 1;
    return vcpu_context(xch, XEN_DOMCTL_setvcpucontext, domid, 0, &ctxt);
}

int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_resumedomain,
        .domain = domid,
    };

    if ( fast && cancel_suspend(xch, domid) )
        return -1;
    return xc_domctl(xch, &domctl);
}
