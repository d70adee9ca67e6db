/* SPDX-License-Identifier: MIT */
/* Guest output that nobody has read yet, up to a limit. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "outbuf.h"

#define MIN_SIZE 4096

static bool make_room(struct outbuf *buf, size_t len)
{
    size_t size = buf->size ? buf->size : MIN_SIZE;
    char *grown;

    if ( buf->start + buf->len + len <= buf->size )
        return true;

    /* Not for a little at the start: a full buffer would move all the time. */
    if ( buf->start > buf->size / 2 )
    {
        memmove(buf->data, buf->data + buf->start, buf->len);
        buf->start = 0;
        return make_room(buf, len);
    }

    while ( size < buf->start + buf->len + len )
        size *= 2;
    grown = realloc(buf->data, size);
    if ( !grown )
        return false;
    buf->data = grown;
    buf->size = size;

    return true;
}

bool outbuf_add(struct outbuf *buf, const void *data, size_t len)
{
    const char *bytes = data;

    if ( buf->limit && len > buf->limit )
    {
        bytes += len - buf->limit;
        len = buf->limit;
    }
    if ( buf->limit && buf->len + len > buf->limit )
        outbuf_drop(buf, buf->len + len - buf->limit);

    if ( !make_room(buf, len) )
        return false;

    memcpy(buf->data + buf->start + buf->len, bytes, len);
    buf->len += len;

    return true;
}

size_t outbuf_room(const struct outbuf *buf)
{
    if ( !buf->limit )
        return SIZE_MAX;

    return buf->len < buf->limit ? buf->limit - buf->len : 0;
}

const char *outbuf_peek(const struct outbuf *buf, size_t *len)
{
    *len = buf->len;
    return buf->data + buf->start;
}

void outbuf_drop(struct outbuf *buf, size_t len)
{
    buf->start += len;
    buf->len -= len;
    if ( !buf->len )
        buf->start = 0;
}

void outbuf_free(struct outbuf *buf)
{
    free(buf->data);
    buf->data = NULL;
    buf->start = buf->len = buf->size = 0;
}
