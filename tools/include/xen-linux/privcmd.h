/* SPDX-License-Identifier: MIT */
/* The ioctls of Linux's /dev/xen/privcmd. */
#ifndef XEN_LINUX_PRIVCMD_H
#define XEN_LINUX_PRIVCMD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xen/xen.h>

struct privcmd_hypercall
{
    uint64_t op;
    uint64_t arg[5];
};

/* Map foreign pages one by one; err[] gets 0 or a negative errno per page. */
struct privcmd_mmapbatch_v2
{
    unsigned int num;
    domid_t dom;
    uint64_t addr;
    const xen_pfn_t *arr;
    int *err;
};

struct privcmd_dm_op_buf
{
    void *uptr;
    size_t size;
};

struct privcmd_dm_op
{
    domid_t dom;
    uint16_t num;
    const struct privcmd_dm_op_buf *ubufs;
};

/* With addr and num zero the size of the resource is asked for. */
struct privcmd_mmap_resource
{
    domid_t dom;
    uint32_t type;
    uint32_t id;
    uint32_t idx;
    uint64_t num;
    uint64_t addr;
};

_Static_assert(sizeof(struct privcmd_hypercall) == 48, "privcmd ABI");
_Static_assert(sizeof(struct privcmd_mmapbatch_v2) == 32, "privcmd ABI");
_Static_assert(sizeof(struct privcmd_mmap_resource) == 32, "privcmd ABI");

#define PRIVCMD_IOC(nr, type)       _IOC(_IOC_NONE, 'P', nr, sizeof(type))

#define IOCTL_PRIVCMD_HYPERCALL     PRIVCMD_IOC(0, struct privcmd_hypercall)
#define IOCTL_PRIVCMD_MMAPBATCH_V2  PRIVCMD_IOC(4, struct privcmd_mmapbatch_v2)
#define IOCTL_PRIVCMD_DM_OP         PRIVCMD_IOC(5, struct privcmd_dm_op)
#define IOCTL_PRIVCMD_RESTRICT      PRIVCMD_IOC(6, domid_t)
#define IOCTL_PRIVCMD_MMAP_RESOURCE PRIVCMD_IOC(7, struct privcmd_mmap_resource)

#endif
