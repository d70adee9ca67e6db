/* SPDX-License-Identifier: MIT */
/* Bytes of a domain image, to and from file descriptors. */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "stream.h"

int xg_read(int fd, void *to, size_t size, struct xg_error *err)
{
    uint8_t *p = to;
    ssize_t n;

    while ( size )
    {
        n = read(fd, p, size);
        if ( n < 0 && errno == EINTR )
            continue;
        if ( n < 0 )
            return xg_fail(err, "cannot read the image: %s", strerror(errno));
        if ( !n )
            return xg_fail(err, "the image is truncated");
        p += n;
        size -= n;
    }
    return 0;
}

int xg_write(int fd, const void *from, size_t size, struct xg_error *err)
{
    const uint8_t *p = from;
    ssize_t n;

    while ( size )
    {
        n = write(fd, p, size);
        if ( n < 0 && errno == EINTR )
            continue;
        if ( n < 0 )
            return xg_fail(err, "cannot write the image: %s", strerror(errno));
        p += n;
        size -= n;
    }
    return 0;
}

int xg_write_record(int fd, uint32_t type, const void *body, uint32_t length,
                    struct xg_error *err)
{
    const struct xg_record record = { type, length };
    static const uint8_t zeros[8];

    if ( xg_write(fd, &record, sizeof(record), err) ||
         (length && xg_write(fd, body, length, err)) )
        return -1;
    return xg_write(fd, zeros, -length & 7, err);
}
