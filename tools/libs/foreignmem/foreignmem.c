/* SPDX-License-Identifier: MIT */
/* Map memory and resources of other domains through /dev/xen/privcmd. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen-linux/privcmd.h>

#include "xenforeignmemory.h"

#define PRIVCMD_DEVICE "/dev/xen/privcmd"
#define PAGE_SHIFT     12

struct xenforeignmemory_handle
{
    int fd;
};

struct xenforeignmemory_resource_handle
{
    void *addr;
    size_t len;
};

xenforeignmemory_handle *xenforeignmemory_open(struct xentoollog_logger *logger,
                                               unsigned int open_flags)
{
    xenforeignmemory_handle *fmem = malloc(sizeof(*fmem));

    if ( !fmem )
        return NULL;
    fmem->fd = open(PRIVCMD_DEVICE, O_RDWR | O_CLOEXEC);
    if ( fmem->fd < 0 )
    {
        free(fmem);
        return NULL;
    }
    return fmem;
}

int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
    int rc;

    if ( !fmem )
        return 0;
    rc = close(fmem->fd);
    free(fmem);
    return rc;
}

void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t dom,
                            void *addr, int prot, int flags, size_t pages,
                            const xen_pfn_t arr[], int err[])
{
    struct privcmd_mmapbatch_v2 batch;
    int *errs = err;
    size_t i;
    int rc, saved;

    if ( !pages || pages > INT32_MAX )
    {
        errno = EINVAL;
        return NULL;
    }

    if ( !errs && !(errs = calloc(pages, sizeof(*errs))) )
        return NULL;

    addr =
        mmap(addr, pages << PAGE_SHIFT, prot, flags | MAP_SHARED, fmem->fd, 0);
    if ( addr == MAP_FAILED )
    {
        addr = NULL;
        goto out;
    }

    batch.num = pages;
    batch.dom = dom;
    batch.addr = (uintptr_t)addr;
    batch.arr = arr;
    batch.err = errs;
    rc = ioctl(fmem->fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);

    /* ENOENT says that some page is paged out; err[] names it. */
    if ( rc < 0 && errno != ENOENT )
        goto out_unmap;

    for ( i = 0; i < pages; i++ )
    {
        if ( !errs[i] )
            continue;
        errs[i] = -errs[i];
        if ( !err )
        {
            errno = errs[i];
            goto out_unmap;
        }
    }
    goto out;

out_unmap:
    saved = errno;
    munmap(addr, pages << PAGE_SHIFT);
    errno = saved;
    addr = NULL;
out:
    saved = errno;
    if ( errs != err )
        free(errs);
    errno = saved;
    return addr;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t pages, const xen_pfn_t arr[],
                           int err[])
{
    return xenforeignmemory_map2(fmem, dom, NULL, prot, 0, pages, arr, err);
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    return munmap(addr, pages << PAGE_SHIFT);
}

int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid)
{
    return ioctl(fmem->fd, IOCTL_PRIVCMD_RESTRICT, &domid);
}

xenforeignmemory_resource_handle *xenforeignmemory_map_resource(
    xenforeignmemory_handle *fmem, domid_t domid, unsigned int type,
    unsigned int id, unsigned long frame, unsigned long nr_frames, void **paddr,
    int prot, int flags)
{
    struct privcmd_mmap_resource req = {
        .dom = domid,
        .type = type,
        .id = id,
        .idx = frame,
        .num = nr_frames,
    };
    xenforeignmemory_resource_handle *fres;
    int saved;

    if ( !nr_frames )
    {
        errno = EINVAL;
        return NULL;
    }

    fres = calloc(1, sizeof(*fres));
    if ( !fres )
        return NULL;
    fres->len = nr_frames << PAGE_SHIFT;
    fres->addr = mmap(*paddr, fres->len, prot, flags | MAP_SHARED, fmem->fd, 0);
    if ( fres->addr == MAP_FAILED )
    {
        saved = errno;
        free(fres);
        errno = saved;
        return NULL;
    }

    req.addr = (uintptr_t)fres->addr;
    if ( ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &req) )
    {
        saved = errno;
        munmap(fres->addr, fres->len);
        free(fres);
        errno = saved;
        return NULL;
    }

    *paddr = fres->addr;
    return fres;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *fres)
{
    int rc;

    if ( !fres )
        return 0;
    rc = munmap(fres->addr, fres->len);
    free(fres);
    return rc;
}

int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem, domid_t domid,
                                   unsigned int type, unsigned int id,
                                   size_t *size)
{
    struct privcmd_mmap_resource req = {
        .dom = domid,
        .type = type,
        .id = id,
    };

    if ( ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &req) )
        return -1;
    *size = (size_t)req.num << PAGE_SHIFT;
    return 0;
}
