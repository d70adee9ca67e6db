/* SPDX-License-Identifier: MIT */
/* Event channels through Linux's /dev/xen/evtchn. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <xen-linux/evtchn.h>

#include "xenevtchn.h"

#define EVTCHN_DEVICE "/dev/xen/evtchn"

struct xenevtchn_handle
{
    int fd;
};

static xenevtchn_handle *handle_new(int fd)
{
    xenevtchn_handle *xce = malloc(sizeof(*xce));

    if ( xce )
        xce->fd = fd;
    return xce;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    xenevtchn_handle *xce;
    int fd, saved;

    if ( flags & ~XENEVTCHN_NO_CLOEXEC )
    {
        errno = EINVAL;
        return NULL;
    }

    fd = open(EVTCHN_DEVICE,
              O_RDWR | ((flags & XENEVTCHN_NO_CLOEXEC) ? 0 : O_CLOEXEC));
    if ( fd < 0 )
        return NULL;

    xce = handle_new(fd);
    if ( !xce )
    {
        saved = errno;
        close(fd);
        errno = saved;
    }
    return xce;
}

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd,
                                   unsigned int flags)
{
    if ( flags )
    {
        errno = EINVAL;
        return NULL;
    }
    return handle_new(fd);
}

int xenevtchn_close(xenevtchn_handle *xce)
{
    int rc;

    if ( !xce )
        return 0;
    rc = close(xce->fd);
    free(xce);
    return rc;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    return xce->fd;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct ioctl_evtchn_notify arg = { .port = port };

    return ioctl(xce->fd, IOCTL_EVTCHN_NOTIFY, &arg);
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce,
                                                      uint32_t domid)
{
    struct ioctl_evtchn_bind_unbound_port arg = { .remote_domain = domid };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &arg);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
                                                     uint32_t domid,
                                                     evtchn_port_t remote_port)
{
    struct ioctl_evtchn_bind_interdomain arg = {
        .remote_domain = domid,
        .remote_port = remote_port,
    };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &arg);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce,
                                              unsigned int virq)
{
    struct ioctl_evtchn_bind_virq arg = { .virq = virq };

    return ioctl(xce->fd, IOCTL_EVTCHN_BIND_VIRQ, &arg);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    struct ioctl_evtchn_unbind arg = { .port = port };

    return ioctl(xce->fd, IOCTL_EVTCHN_UNBIND, &arg);
}

/* The device transfers whole ports; a short transfer is not to be trusted. */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    evtchn_port_t port;
    ssize_t n = read(xce->fd, &port, sizeof(port));

    if ( n == sizeof(port) )
        return port;
    if ( n >= 0 )
        errno = EIO;
    return -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    ssize_t n = write(xce->fd, &port, sizeof(port));

    if ( n == sizeof(port) )
        return 0;
    if ( n >= 0 )
        errno = EIO;
    return -1;
}

int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
    struct ioctl_evtchn_restrict_domid arg = { .domid = domid };

    return ioctl(xce->fd, IOCTL_EVTCHN_RESTRICT_DOMID, &arg);
}
