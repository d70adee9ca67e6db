/* SPDX-License-Identifier: MIT */
/* Xen's libraries, made of files: a daemon runs without a hypervisor. */

/*
 * In the directory that FAKE_XEN names:
 *
 *   dom.N    domain N exists; its first letter is 'd' when it is dying, 's'
 *            when it has shut down
 *   ring.N   the page of domain N's ring
 *   events   a pipe of ports, four bytes each, that have fired
 *   xsd_kva, xsd_port   in place of those in /proc/xen
 *
 * Linked with our daemon, and preloaded into Xen's.
 */

#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#define PAGE_BYTES 4096
#define PROC_XEN   "/proc/xen/"
/* Ports as the other side expects them. */
#define DEATH_PORT     5
#define PORT_OF(domid) (100 + (domid))
#define HANDLE         ((void *)events_name)

static const char events_name[] = "events";
static int events_fd = -1;

/* Not by open(), which this file replaces. */
static int open_fake(const char *name, int flags)
{
    const char *dir = getenv("FAKE_XEN");
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir ? dir : ".", name);
    return syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

static int open_any(const char *path, int flags, mode_t mode)
{
    if ( !strncmp(path, PROC_XEN, strlen(PROC_XEN)) )
        return open_fake(path + strlen(PROC_XEN), flags);

    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

#define DEFINE_OPEN(name)                      \
    int name(const char *path, int flags, ...) \
    {                                          \
        va_list args;                          \
        mode_t mode;                           \
                                               \
        va_start(args, flags);                 \
        mode = va_arg(args, int);              \
        va_end(args);                          \
        return open_any(path, flags, mode);    \
    }
DEFINE_OPEN(open)
DEFINE_OPEN(open64)

xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild_logger,
                                unsigned int open_flags)
{
    return HANDLE;
}

int xc_interface_close(xc_interface *xch)
{
    return 0;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid,
                      unsigned int max_doms, xc_dominfo_t *info)
{
    char name[32], state = '\0';
    int fd;

    snprintf(name, sizeof(name), "dom.%u", first_domid);
    fd = open_fake(name, O_RDONLY);
    if ( fd < 0 )
        return 0;
    (void)!read(fd, &state, 1);
    close(fd);

    memset(info, 0, sizeof(*info));
    info->domid = first_domid;
    info->dying = state == 'd';
    info->shutdown = state == 's';

    return 1;
}

static xenevtchn_handle *open_events(void)
{
    events_fd = open_fake(events_name, O_RDWR);
    return events_fd < 0 ? NULL : HANDLE;
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger,
                                 unsigned int flags)
{
    return open_events();
}

xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd,
                                   unsigned int flags)
{
    return open_events();
}

int xenevtchn_close(xenevtchn_handle *xce)
{
    return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
    return events_fd;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
                                                     uint32_t domid,
                                                     evtchn_port_t remote_port)
{
    return PORT_OF(domid);
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce,
                                              unsigned int virq)
{
    return DEATH_PORT;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
    uint32_t port;

    return read(events_fd, &port, sizeof(port)) == sizeof(port) ? (int)port
                                                                : -1;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
    return 0;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
                                 unsigned int open_flags)
{
    return HANDLE;
}

int xengnttab_close(xengnttab_handle *xgt)
{
    return 0;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
                              uint32_t ref, int prot)
{
    char name[32];
    void *page;
    int fd;

    snprintf(name, sizeof(name), "ring.%u", domid);
    fd = open_fake(name, O_RDWR);
    if ( fd < 0 )
        return NULL;
    page = mmap(NULL, PAGE_BYTES, prot, MAP_SHARED, fd, 0);
    close(fd);

    return page == MAP_FAILED ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
    return munmap(start_address, (size_t)count * PAGE_BYTES);
}
