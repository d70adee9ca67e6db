/* SPDX-License-Identifier: MIT */
/* Grant fresh pages of ours to other domains, through /dev/xen/gntalloc. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen-linux/gntalloc.h>
#include <xen-linux/gntdev.h>

#include "private.h"

#define GNTALLOC_DEVICE "/dev/xen/gntalloc"

struct xengntshr_handle
{
    struct grant_device dev;
};

xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger,
                                 unsigned int open_flags)
{
    return (xengntshr_handle *)grant_device_open(GNTALLOC_DEVICE);
}

int xengntshr_close(xengntshr_handle *xgs)
{
    return grant_device_close(xgs ? &xgs->dev : NULL);
}

int xengntshr_fd(xengntshr_handle *xgs)
{
    return xgs->dev.fd;
}

static void *share(xengntshr_handle *xgs, uint32_t domid, uint32_t count,
                   uint32_t *refs, int writable, uint32_t notify_offset,
                   evtchn_port_t notify_port)
{
    struct ioctl_gntalloc_alloc_gref *alloc;
    struct ioctl_gntalloc_dealloc_gref dealloc;
    size_t len = (size_t)count * PAGE_BYTES;
    void *addr = NULL;
    int saved;

    if ( !count )
    {
        errno = EINVAL;
        return NULL;
    }

    alloc = calloc(1, sizeof(*alloc) + (count - 1) * sizeof(uint32_t));
    if ( !alloc )
        return NULL;
    alloc->domid = domid;
    alloc->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
    alloc->count = count;
    if ( ioctl(xgs->dev.fd, IOCTL_GNTALLOC_ALLOC_GREF, alloc) )
        goto out;

    addr = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, xgs->dev.fd,
                alloc->index);
    if ( addr == MAP_FAILED )
    {
        addr = NULL;
        goto out_dealloc;
    }

    if ( grant_device_notify(&xgs->dev, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY,
                             alloc->index, notify_offset, notify_port) )
    {
        saved = errno;
        munmap(addr, len);
        errno = saved;
        addr = NULL;
    }
    else
        memcpy(refs, alloc->gref_ids, count * sizeof(uint32_t));

    /* The pages stay granted for as long as they are mapped. */
out_dealloc:
    saved = errno;
    dealloc.index = alloc->index;
    dealloc.count = count;
    (void)ioctl(xgs->dev.fd, IOCTL_GNTALLOC_DEALLOC_GREF, &dealloc);
    errno = saved;

out:
    saved = errno;
    free(alloc);
    errno = saved;
    return addr;
}

void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid, int count,
                            uint32_t *refs, int writable)
{
    return share(xgs, domid, count, refs, writable, -1, -1);
}

void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid,
                                  uint32_t *ref, int writable,
                                  uint32_t notify_offset,
                                  evtchn_port_t notify_port)
{
    return share(xgs, domid, 1, ref, writable, notify_offset, notify_port);
}

int xengntshr_unshare(xengntshr_handle *xgs, void *start_address,
                      uint32_t count)
{
    return munmap(start_address, (size_t)count * PAGE_BYTES);
}
