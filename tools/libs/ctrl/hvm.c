/* SPDX-License-Identifier: MIT */
/* HVM parameters and the save stream of a domain's virtual hardware. */

#include <stdint.h>
#include <string.h>

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

#include "private.h"

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t value)
{
    struct xen_hvm_param arg = {
        .domid = domid,
        .index = param,
        .value = value,
    };

    return xc_call_bounced(xch, __HYPERVISOR_hvm_op, HVMOP_set_param, &arg,
                           sizeof(arg));
}

int xc_hvm_param_get(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t *value)
{
    struct xen_hvm_param arg = { .domid = domid, .index = param };
    long rc = xc_call_bounced(xch, __HYPERVISOR_hvm_op, HVMOP_get_param, &arg,
                              sizeof(arg));

    if ( rc < 0 )
        return -1;
    *value = arg.value;
    return 0;
}

int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid,
                             uint8_t *ctxt_buf, uint32_t size)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_gethvmcontext,
        .domain = domid,
        .u.hvmcontext.size = ctxt_buf ? size : 0,
    };
    uint8_t *buf = NULL;
    int rc;

    if ( ctxt_buf && !(buf = xencall_alloc_buffer(xch->xcall, size)) )
        return -1;
    set_xen_guest_handle(domctl.u.hvmcontext.buffer, buf);
    rc = xc_domctl(xch, &domctl);
    if ( !rc )
    {
        rc = domctl.u.hvmcontext.size;
        if ( buf )
            memcpy(ctxt_buf, buf, (uint32_t)rc < size ? (uint32_t)rc : size);
    }
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid,
                             uint8_t *hvm_ctxt, uint32_t size)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_sethvmcontext,
        .domain = domid,
        .u.hvmcontext.size = size,
    };
    uint8_t *buf = xencall_alloc_buffer(xch->xcall, size);
    int rc;

    if ( !buf )
        return -1;
    memcpy(buf, hvm_ctxt, size);
    set_xen_guest_handle(domctl.u.hvmcontext.buffer, buf);
    rc = xc_domctl(xch, &domctl);
    xc_buffer_free(xch, buf, size);
    return rc;
}

int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid,
                                     uint16_t typecode, uint16_t instance,
                                     void *ctxt_buf, uint32_t size)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_gethvmcontext_partial,
        .domain = domid,
        .u.hvmcontext_partial = {
            .type = typecode,
            .instance = instance,
            .bufsz = size,
        },
    };
    uint8_t *buf = xencall_alloc_buffer(xch->xcall, size);
    int rc;

    if ( !buf )
        return -1;
    set_xen_guest_handle(domctl.u.hvmcontext_partial.buffer, buf);
    rc = xc_domctl(xch, &domctl);
    if ( !rc )
        memcpy(ctxt_buf, buf, size);
    xc_buffer_free(xch, buf, size);
    return rc;
}
