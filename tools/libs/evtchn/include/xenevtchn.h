/* SPDX-License-Identifier: MIT */
/* Event channels of this domain, as /dev/xen/evtchn offers them. */
#ifndef XENEVTCHN_H
#define XENEVTCHN_H

#include <stdint.h>

#include <xen/event_channel.h>

struct xentoollog_logger;
typedef struct xenevtchn_handle xenevtchn_handle;

/* A port, or -1 with errno set. */
typedef int xenevtchn_port_or_error_t;

#define XENEVTCHN_NO_CLOEXEC (1u << 0)

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags);
xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd,
                                   unsigned int flags);
int xenevtchn_close(xenevtchn_handle *xce);

/* The descriptor to poll; it is readable while a port is pending. */
int xenevtchn_fd(xenevtchn_handle *xce);

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port);
xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce,
                                                      uint32_t domid);
xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
                                                     uint32_t domid,
                                                     evtchn_port_t remote_port);
xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce,
                                              unsigned int virq);
int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port);

/* Take one pending port, which stays masked until xenevtchn_unmask(). */
xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce);
int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port);

int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid);

#endif
