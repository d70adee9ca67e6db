/* SPDX-License-Identifier: MIT */
/* The ioctls of Linux's /dev/xen/gntdev: mapping pages others granted. */
#ifndef XEN_LINUX_GNTDEV_H
#define XEN_LINUX_GNTDEV_H

#include <stdint.h>
#include <sys/ioctl.h>

struct ioctl_gntdev_grant_ref
{
    uint32_t domid;
    uint32_t ref;
};

/* Really count references long; the ioctl number counts one. */
struct ioctl_gntdev_map_grant_ref
{
    uint32_t count;
    uint32_t pad;
    uint64_t index;
    struct ioctl_gntdev_grant_ref refs[1];
};

struct ioctl_gntdev_unmap_grant_ref
{
    uint64_t index;
    uint32_t count;
    uint32_t pad;
};

struct ioctl_gntdev_get_offset_for_vaddr
{
    uint64_t vaddr;
    uint64_t offset;
    uint32_t count;
    uint32_t pad;
};

struct ioctl_gntdev_set_max_grants
{
    uint32_t count;
};

struct ioctl_gntdev_unmap_notify
{
    uint64_t index;
    uint32_t action;
    uint32_t event_channel_port;
};

#define UNMAP_NOTIFY_CLEAR_BYTE 0x1
#define UNMAP_NOTIFY_SEND_EVENT 0x2

struct ioctl_gntdev_grant_copy_segment
{
    union
    {
        void *virt;
        struct
        {
            uint32_t ref;
            uint16_t offset;
            uint16_t domid;
        } foreign;
    } source, dest;
    uint16_t len;
    uint16_t flags;
    int16_t status;
};

struct ioctl_gntdev_grant_copy
{
    unsigned int count;
    struct ioctl_gntdev_grant_copy_segment *segments;
};

_Static_assert(sizeof(struct ioctl_gntdev_map_grant_ref) == 24, "gntdev ABI");
_Static_assert(sizeof(struct ioctl_gntdev_grant_copy_segment) == 24,
               "gntdev ABI");

#define GNTDEV_IOC(nr, type)         _IOC(_IOC_NONE, 'G', nr, sizeof(struct type))

#define IOCTL_GNTDEV_MAP_GRANT_REF   GNTDEV_IOC(0, ioctl_gntdev_map_grant_ref)
#define IOCTL_GNTDEV_UNMAP_GRANT_REF GNTDEV_IOC(1, ioctl_gntdev_unmap_grant_ref)
#define IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR \
    GNTDEV_IOC(2, ioctl_gntdev_get_offset_for_vaddr)
#define IOCTL_GNTDEV_SET_MAX_GRANTS   GNTDEV_IOC(3, ioctl_gntdev_set_max_grants)
#define IOCTL_GNTDEV_SET_UNMAP_NOTIFY GNTDEV_IOC(7, ioctl_gntdev_unmap_notify)
#define IOCTL_GNTDEV_GRANT_COPY       GNTDEV_IOC(8, ioctl_gntdev_grant_copy)

#endif
