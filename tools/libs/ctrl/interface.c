/* SPDX-License-Identifier: MIT */
/* The handle of libxenctrl, and how operations reach the hypervisor. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xenforeignmemory.h>

#include "private.h"

xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild_logger,
                                unsigned int open_flags)
{
    xc_interface *xch = calloc(1, sizeof(*xch));
    int saved;

    if ( !xch )
        return NULL;

    xch->logger = logger;
    xch->xcall = xencall_open(logger, 0);
    if ( !xch->xcall )
        goto err;
    xch->fmem = xenforeignmemory_open(logger, 0);
    if ( !xch->fmem )
        goto err;
    return xch;

err:
    saved = errno;
    xtl_log(logger, XTL_DEBUG, errno, "xc", "cannot open /dev/xen/privcmd");
    xencall_close(xch->xcall);
    free(xch);
    errno = saved;
    return NULL;
}

int xc_interface_close(xc_interface *xch)
{
    int rc;

    if ( !xch )
        return 0;
    rc = xenforeignmemory_close(xch->fmem);
    rc |= xencall_close(xch->xcall);
    free(xch);
    return rc;
}

struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
    return xch->xcall;
}

struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
    return xch->fmem;
}

void xc_buffer_free(xc_interface *xch, void *buf, size_t size)
{
    int saved = errno;

    xencall_free_buffer(xch->xcall, buf, size);
    errno = saved;
}

long xc_call_bounced(xc_interface *xch, unsigned int op, unsigned long sub,
                     void *arg, size_t len)
{
    void *buf = xencall_alloc_buffer(xch->xcall, len);
    long rc;

    if ( !buf )
        return -1;
    memcpy(buf, arg, len);
    rc = xencall2(xch->xcall, op, sub, (uintptr_t)buf);
    memcpy(arg, buf, len);
    xc_buffer_free(xch, buf, len);
    return rc;
}

/* A wrong interface version is refused with EACCES: say what that means. */
static void explain(xc_interface *xch, const char *what, uint32_t cmd)
{
    int saved = errno;

    xtl_log(xch->logger, XTL_DEBUG, errno, "xc", "%s %u failed%s", what, cmd,
            errno == EACCES ? " (hypervisor and tools of different versions?)"
                            : "");
    errno = saved;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
    void *buf = xencall_alloc_buffer(xch->xcall, sizeof(*domctl));
    int rc;

    if ( !buf )
        return -1;
    domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    memcpy(buf, domctl, sizeof(*domctl));
    rc = xencall1(xch->xcall, __HYPERVISOR_domctl, (uintptr_t)buf);
    memcpy(domctl, buf, sizeof(*domctl));
    xc_buffer_free(xch, buf, sizeof(*domctl));
    if ( rc < 0 )
        explain(xch, "domctl", domctl->cmd);
    return rc;
}

int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
    void *buf = xencall_alloc_buffer(xch->xcall, sizeof(*sysctl));
    int rc;

    if ( !buf )
        return -1;
    sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    memcpy(buf, sysctl, sizeof(*sysctl));
    rc = xencall1(xch->xcall, __HYPERVISOR_sysctl, (uintptr_t)buf);
    memcpy(sysctl, buf, sizeof(*sysctl));
    xc_buffer_free(xch, buf, sizeof(*sysctl));
    if ( rc < 0 )
        explain(xch, "sysctl", sysctl->cmd);
    return rc;
}

long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len)
{
    long rc = xc_call_bounced(xch, __HYPERVISOR_memory_op, cmd, arg, len);

    if ( rc < 0 )
        explain(xch, "memory_op", cmd);
    return rc;
}
