/* SPDX-License-Identifier: MIT */
/* What both sides of grants share: opening their device, notifications. */

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <xen-linux/gntalloc.h>
#include <xen-linux/gntdev.h>

#include "private.h"

/* One record serves both devices. */
_Static_assert(sizeof(struct ioctl_gntdev_unmap_notify) ==
                   sizeof(struct ioctl_gntalloc_unmap_notify),
               "size of a notification");

struct grant_device *grant_device_open(const char *path)
{
    struct grant_device *dev = malloc(sizeof(*dev));

    if ( !dev )
        return NULL;
    dev->fd = open(path, O_RDWR | O_CLOEXEC);
    if ( dev->fd < 0 )
    {
        free(dev);
        return NULL;
    }
    return dev;
}

int grant_device_close(struct grant_device *dev)
{
    int rc;

    if ( !dev )
        return 0;
    rc = close(dev->fd);
    free(dev);
    return rc;
}

int grant_device_notify(struct grant_device *dev, unsigned long request,
                        uint64_t index, uint32_t offset, evtchn_port_t port)
{
    struct ioctl_gntdev_unmap_notify notify = { .index = index };

    if ( offset < PAGE_BYTES )
    {
        notify.index += offset;
        notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
    }
    if ( port != (evtchn_port_t)-1 )
    {
        notify.event_channel_port = port;
        notify.action |= UNMAP_NOTIFY_SEND_EVENT;
    }
    return notify.action ? ioctl(dev->fd, request, &notify) : 0;
}
