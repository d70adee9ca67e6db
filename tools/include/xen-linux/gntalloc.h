/* SPDX-License-Identifier: MIT */
/* The ioctls of Linux's /dev/xen/gntalloc: granting pages to others. */
#ifndef XEN_LINUX_GNTALLOC_H
#define XEN_LINUX_GNTALLOC_H

#include <stdint.h>
#include <sys/ioctl.h>

/* Really count references long; the ioctl number counts one. */
struct ioctl_gntalloc_alloc_gref
{
    uint16_t domid;
    uint16_t flags;
    uint32_t count;
    uint64_t index;
    uint32_t gref_ids[1];
};

#define GNTALLOC_FLAG_WRITABLE 1

struct ioctl_gntalloc_dealloc_gref
{
    uint64_t index;
    uint32_t count;
};

struct ioctl_gntalloc_unmap_notify
{
    uint64_t index;
    uint32_t action;
    uint32_t event_channel_port;
};

_Static_assert(sizeof(struct ioctl_gntalloc_alloc_gref) == 24, "gntalloc ABI");

#define GNTALLOC_IOC(nr, type)      _IOC(_IOC_NONE, 'G', nr, sizeof(struct type))

#define IOCTL_GNTALLOC_ALLOC_GREF   GNTALLOC_IOC(5, ioctl_gntalloc_alloc_gref)
#define IOCTL_GNTALLOC_DEALLOC_GREF GNTALLOC_IOC(6, ioctl_gntalloc_dealloc_gref)
#define IOCTL_GNTALLOC_SET_UNMAP_NOTIFY \
    GNTALLOC_IOC(7, ioctl_gntalloc_unmap_notify)

#endif
