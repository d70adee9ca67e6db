/* SPDX-License-Identifier: MIT */
/* libxl's stream: a frame around the domain image that libxc streams. */

/*
 * A header in big-endian order and records as libxc's. LIBXC_CONTEXT has no
 * length: the image follows it and knows its own end. The records of device
 * models never come with PVH domains.
 */

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "libxl_stream.h"

#define STREAM_IDENT      0x4c6962786c466d74ull /* "LibxlFmt" */
#define STREAM_VERSION    2u
#define STREAM_BIG_ENDIAN 1u
#define STREAM_LEGACY     2u
#define REC_OPTIONAL      0x80000000u
/* An optional record of any use is shorter. */
#define BODY_MAX (1u << 20)

enum
{
    REC_END,
    REC_LIBXC_CONTEXT,
};

struct stream_header
{
    uint64_t ident;
    uint32_t version, options;
};
_Static_assert(sizeof(struct stream_header) == 16, "format");

struct record
{
    uint32_t type, length;
};

static int refuse(struct xg_error *err, const char *what, unsigned int number)
{
    snprintf(err->text, sizeof(err->text), what, number);
    return -1;
}

int libxl__stream_begin(int fd, struct xg_error *err)
{
    const struct stream_header header = {
        .ident = htobe64(STREAM_IDENT),
        .version = htobe32(STREAM_VERSION),
    };

    return xg_write(fd, &header, sizeof(header), err) ||
                   xg_write_record(fd, REC_LIBXC_CONTEXT, NULL, 0, err)
               ? -1
               : 0;
}

int libxl__stream_end(int fd, struct xg_error *err)
{
    return xg_write_record(fd, REC_END, NULL, 0, err);
}

static int check_header(int fd, struct xg_error *err)
{
    struct stream_header header;

    if ( xg_read(fd, &header, sizeof(header), err) )
        return -1;
    if ( be64toh(header.ident) != STREAM_IDENT )
        return refuse(err, "this is not a stream of libxl", 0);
    if ( be32toh(header.version) != STREAM_VERSION )
        return refuse(err, "the stream is of version %u, which is unknown",
                      be32toh(header.version));
    if ( be32toh(header.options) & (STREAM_BIG_ENDIAN | STREAM_LEGACY) )
        return refuse(err, "the stream has options 0x%x, which are unknown",
                      be32toh(header.options));
    return 0;
}

/* Read over a record that need not be understood. */
static int skip(int fd, const struct record *rec, struct xg_error *err)
{
    size_t size = (rec->length + 7ull) & ~7ull;
    void *body;
    int rc;

    if ( !(rec->type & REC_OPTIONAL) )
        return refuse(err,
                      "the stream has a record of type %u, which PVH "
                      "domains have not",
                      rec->type);
    if ( rec->length > BODY_MAX || !(body = malloc(size + 1)) )
        return refuse(err, "the stream has a record of %u bytes", rec->length);
    rc = xg_read(fd, body, size, err);
    free(body);
    return rc;
}

int libxl__stream_read(int fd, int (*image)(void *opaque, struct xg_error *err),
                       void *opaque, struct xg_error *err)
{
    bool have_image = false;
    struct record rec;

    if ( check_header(fd, err) )
        return -1;
    for ( ;; )
    {
        if ( xg_read(fd, &rec, sizeof(rec), err) )
            return -1;
        if ( rec.type == REC_END )
            break;
        if ( rec.type != REC_LIBXC_CONTEXT )
        {
            if ( skip(fd, &rec, err) )
                return -1;
            continue;
        }
        if ( rec.length || have_image )
            return refuse(err, "the stream has a second image", 0);
        if ( image(opaque, err) )
            return -1;
        have_image = true;
    }
    return have_image ? 0 : refuse(err, "the stream has no image", 0);
}
