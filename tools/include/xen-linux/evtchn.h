/* SPDX-License-Identifier: MIT */
/* The ioctls of Linux's /dev/xen/evtchn. */
#ifndef XEN_LINUX_EVTCHN_H
#define XEN_LINUX_EVTCHN_H

#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/xen.h>

struct ioctl_evtchn_bind_virq
{
    unsigned int virq;
};

struct ioctl_evtchn_bind_interdomain
{
    unsigned int remote_domain, remote_port;
};

struct ioctl_evtchn_bind_unbound_port
{
    unsigned int remote_domain;
};

struct ioctl_evtchn_unbind
{
    unsigned int port;
};

struct ioctl_evtchn_notify
{
    unsigned int port;
};

struct ioctl_evtchn_restrict_domid
{
    domid_t domid;
};

#define EVTCHN_IOC(nr, type) _IOC(_IOC_NONE, 'E', nr, sizeof(struct type))

/* The three binds return the local port, the others zero. */
#define IOCTL_EVTCHN_BIND_VIRQ EVTCHN_IOC(0, ioctl_evtchn_bind_virq)
#define IOCTL_EVTCHN_BIND_INTERDOMAIN \
    EVTCHN_IOC(1, ioctl_evtchn_bind_interdomain)
#define IOCTL_EVTCHN_BIND_UNBOUND_PORT \
    EVTCHN_IOC(2, ioctl_evtchn_bind_unbound_port)
#define IOCTL_EVTCHN_UNBIND         EVTCHN_IOC(3, ioctl_evtchn_unbind)
#define IOCTL_EVTCHN_NOTIFY         EVTCHN_IOC(4, ioctl_evtchn_notify)
#define IOCTL_EVTCHN_RESET          _IOC(_IOC_NONE, 'E', 5, 0)
#define IOCTL_EVTCHN_RESTRICT_DOMID EVTCHN_IOC(6, ioctl_evtchn_restrict_domid)

#endif
