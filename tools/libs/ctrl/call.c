/* SPDX-License-Identifier: MIT */
/* Hypercalls through Linux's /dev/xen/privcmd, and buffers for them. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xen-linux/privcmd.h>

#include "xencall.h"

#define PRIVCMD_DEVICE   "/dev/xen/privcmd"
#define HYPERCALL_DEVICE "/dev/xen/hypercall"
#define PAGE_BYTES       4096ul

/* Nearly every operation wants one page: keep a few for the next. */
#define CACHED_PAGES 4

struct xencall_handle
{
    int fd;
    /* Pages of this device are never moved or unmapped; -1: not there. */
    int buf_fd;
    unsigned int nr_cached;
    void *cached[CACHED_PAGES];
};

xencall_handle *xencall_open(struct xentoollog_logger *logger,
                             unsigned int open_flags)
{
    xencall_handle *xcall = calloc(1, sizeof(*xcall));
    int saved;

    if ( !xcall )
        return NULL;

    xcall->fd = open(PRIVCMD_DEVICE, O_RDWR | O_CLOEXEC);
    if ( xcall->fd < 0 )
    {
        saved = errno;
        free(xcall);
        errno = saved;
        return NULL;
    }
    xcall->buf_fd = open(HYPERCALL_DEVICE, O_RDWR | O_CLOEXEC);
    return xcall;
}

static size_t round_up(size_t size)
{
    return (size + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

int xencall_close(xencall_handle *xcall)
{
    int rc;

    if ( !xcall )
        return 0;
    while ( xcall->nr_cached )
        munmap(xcall->cached[--xcall->nr_cached], PAGE_BYTES);
    if ( xcall->buf_fd >= 0 )
        close(xcall->buf_fd);
    rc = close(xcall->fd);
    free(xcall);
    return rc;
}

int xencall_fd(xencall_handle *xcall)
{
    return xcall->fd;
}

/* ioctl(3) returns an int, but a hypercall's result may need a long. */
static long call(xencall_handle *xcall, const struct privcmd_hypercall *hc)
{
    return syscall(SYS_ioctl, xcall->fd, IOCTL_PRIVCMD_HYPERCALL, hc);
}

long xencall0(xencall_handle *xcall, unsigned int op)
{
    struct privcmd_hypercall hc = { .op = op };

    return call(xcall, &hc);
}

long xencall1(xencall_handle *xcall, unsigned int op, uint64_t a1)
{
    struct privcmd_hypercall hc = { .op = op, .arg = { a1 } };

    return call(xcall, &hc);
}

long xencall2(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2)
{
    struct privcmd_hypercall hc = { .op = op, .arg = { a1, a2 } };

    return call(xcall, &hc);
}

long xencall3(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2,
              uint64_t a3)
{
    struct privcmd_hypercall hc = { .op = op, .arg = { a1, a2, a3 } };

    return call(xcall, &hc);
}

long xencall5(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2,
              uint64_t a3, uint64_t a4, uint64_t a5)
{
    struct privcmd_hypercall hc = { .op = op, .arg = { a1, a2, a3, a4, a5 } };

    return call(xcall, &hc);
}

static void *map_pages(xencall_handle *xcall, size_t size)
{
    void *buf;

    if ( xcall->buf_fd >= 0 )
    {
        buf = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                   xcall->buf_fd, 0);
        return buf == MAP_FAILED ? NULL : buf;
    }

    /* Locked memory may still move under an old kernel: second best. */
    buf = mmap(NULL, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED | MAP_POPULATE, -1, 0);
    if ( buf == MAP_FAILED )
        return NULL;
    (void)madvise(buf, size, MADV_DONTFORK);
    return buf;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
    void *buf;

    size = round_up(size ? size : 1);
    if ( size == PAGE_BYTES && xcall->nr_cached )
        buf = xcall->cached[--xcall->nr_cached];
    else
        buf = map_pages(xcall, size);
    if ( buf )
        memset(buf, 0, size);
    return buf;
}

void xencall_free_buffer(xencall_handle *xcall, void *buf, size_t size)
{
    if ( !buf )
        return;
    size = round_up(size ? size : 1);
    if ( size == PAGE_BYTES && xcall->nr_cached < CACHED_PAGES )
        xcall->cached[xcall->nr_cached++] = buf;
    else
        munmap(buf, size);
}
