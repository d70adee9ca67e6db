/* SPDX-License-Identifier: MIT */
/* Map pages that other domains granted us, through /dev/xen/gntdev. */

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen-linux/gntdev.h>

#include "private.h"

#define GNTDEV_DEVICE "/dev/xen/gntdev"

struct xengntdev_handle
{
    struct grant_device dev;
};

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger,
                                 unsigned int open_flags)
{
    return (xengnttab_handle *)grant_device_open(GNTDEV_DEVICE);
}

int xengnttab_close(xengnttab_handle *xgt)
{
    return grant_device_close(xgt ? &xgt->dev : NULL);
}

int xengnttab_fd(xengnttab_handle *xgt)
{
    return xgt->dev.fd;
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t nr_grants)
{
    struct ioctl_gntdev_set_max_grants arg = { .count = nr_grants };

    return ioctl(xgt->dev.fd, IOCTL_GNTDEV_SET_MAX_GRANTS, &arg);
}

static void drop_index(xengnttab_handle *xgt, uint64_t index, uint32_t count)
{
    struct ioctl_gntdev_unmap_grant_ref arg = {
        .index = index,
        .count = count,
    };
    int saved = errno;

    (void)ioctl(xgt->dev.fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &arg);
    errno = saved;
}

/* refs[i] belongs to domids[i * step]: step 0 makes it one domain for all. */
static void *map_refs(xengnttab_handle *xgt, uint32_t count,
                      const uint32_t *domids, unsigned int step,
                      const uint32_t *refs, int prot, uint32_t notify_offset,
                      evtchn_port_t notify_port)
{
    struct ioctl_gntdev_map_grant_ref *map;
    void *addr = NULL;
    uint32_t i;
    int saved;

    if ( !count )
    {
        errno = EINVAL;
        return NULL;
    }

    map = calloc(1, sizeof(*map) + (count - 1) * sizeof(map->refs[0]));
    if ( !map )
        return NULL;
    map->count = count;
    for ( i = 0; i < count; i++ )
    {
        map->refs[i].domid = domids[(size_t)i * step];
        map->refs[i].ref = refs[i];
    }
    if ( ioctl(xgt->dev.fd, IOCTL_GNTDEV_MAP_GRANT_REF, map) )
        goto out;

    addr = mmap(NULL, (size_t)count * PAGE_BYTES, prot, MAP_SHARED, xgt->dev.fd,
                map->index);
    if ( addr == MAP_FAILED )
    {
        addr = NULL;
        drop_index(xgt, map->index, count);
        goto out;
    }

    if ( grant_device_notify(&xgt->dev, IOCTL_GNTDEV_SET_UNMAP_NOTIFY,
                             map->index, notify_offset, notify_port) )
    {
        saved = errno;
        munmap(addr, (size_t)count * PAGE_BYTES);
        errno = saved;
        drop_index(xgt, map->index, count);
        addr = NULL;
    }

out:
    saved = errno;
    free(map);
    errno = saved;
    return addr;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
                              uint32_t ref, int prot)
{
    return map_refs(xgt, 1, &domid, 0, &ref, prot, -1, -1);
}

void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count,
                               uint32_t *domids, uint32_t *refs, int prot)
{
    return map_refs(xgt, count, domids, 1, refs, prot, -1, -1);
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count,
                                      uint32_t domid, uint32_t *refs, int prot)
{
    return map_refs(xgt, count, &domid, 0, refs, prot, -1, -1);
}

void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid,
                                     uint32_t ref, int prot,
                                     uint32_t notify_offset,
                                     evtchn_port_t notify_port)
{
    return map_refs(xgt, 1, &domid, 0, &ref, prot, notify_offset, notify_port);
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start_address, uint32_t count)
{
    struct ioctl_gntdev_get_offset_for_vaddr offset = {
        .vaddr = (uintptr_t)start_address,
    };
    struct ioctl_gntdev_unmap_grant_ref unmap = { 0 };

    /* The offset can only be asked for while the area is mapped. */
    if ( !start_address ||
         ioctl(xgt->dev.fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &offset) )
    {
        if ( !start_address )
            errno = EINVAL;
        return -1;
    }
    if ( offset.count != count )
    {
        errno = EINVAL;
        return -1;
    }
    if ( munmap(start_address, (size_t)count * PAGE_BYTES) )
        return -1;

    unmap.index = offset.offset;
    unmap.count = count;
    return ioctl(xgt->dev.fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
}

int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
                         xengnttab_grant_copy_segment_t *segs)
{
    struct ioctl_gntdev_grant_copy arg = { .count = count, .segments = segs };

    return ioctl(xgt->dev.fd, IOCTL_GNTDEV_GRANT_COPY, &arg);
}
