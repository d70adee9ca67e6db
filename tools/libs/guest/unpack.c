/* SPDX-License-Identifier: MIT */
/* Unpack kernels: gzip, xz, zstd and lz4, each by its own library. */

/*
 * The build of Linux appends the unpacked size to a payload, so bytes after
 * the end of the packed stream are no error. The size is not trusted, but is a
 * good first guess for the buffer.
 */

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "private.h"

/* No kernel unpacks to this; a bomb does. */
#define MAX_UNPACKED (1ull << 30)
#define MIN_GUESS    (1u << 20)

/* The LZ4 "legacy" format: blocks of this size, each packed by itself. */
#define LZ4_BLOCK (8u << 20)

struct buffer
{
    uint8_t *data;
    size_t used, room;
};

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Make place for more bytes; -1 when there is no memory or it is absurd. */
static int grow(struct buffer *b, size_t more, struct xg_error *err)
{
    size_t room = b->room;
    uint8_t *data;

    if ( b->room - b->used >= more )
        return 0;
    while ( room - b->used < more )
        room *= 2;
    if ( room > MAX_UNPACKED * 2 )
        return xg_fail(err, "unpacks to more than 1 GiB");
    data = realloc(b->data, room);
    if ( !data )
        return xg_fail(err, "out of memory while unpacking the kernel");
    b->data = data;
    b->room = room;
    return 0;
}

static int unpack_gzip(const uint8_t *data, size_t size, struct buffer *b,
                       struct xg_error *err)
{
    z_stream z = { .next_in = (uint8_t *)data, .avail_in = size };
    int rc, ret = -1;

    if ( size > UINT_MAX || inflateInit2(&z, MAX_WBITS + 16) != Z_OK )
        return xg_fail(err, "cannot start zlib");
    do
    {
        if ( grow(b, MIN_GUESS, err) )
            goto out;
        z.next_out = b->data + b->used;
        z.avail_out = b->room - b->used;
        rc = inflate(&z, Z_NO_FLUSH);
        b->used = b->room - z.avail_out;
    } while ( rc == Z_OK && (z.avail_in || !z.avail_out) );

    if ( rc == Z_STREAM_END )
        ret = 0;
    else
        xg_fail(err, "damaged gzip data (%s)", z.msg ? z.msg : "cut short");
out:
    inflateEnd(&z);
    return ret;
}

static int unpack_xz(const uint8_t *data, size_t size, struct buffer *b,
                     struct xg_error *err)
{
    lzma_stream z = LZMA_STREAM_INIT;
    lzma_ret rc;
    int ret = -1;

    if ( lzma_stream_decoder(&z, UINT64_MAX, 0) != LZMA_OK )
        return xg_fail(err, "cannot start liblzma");
    z.next_in = data;
    z.avail_in = size;
    do
    {
        if ( grow(b, MIN_GUESS, err) )
            goto out;
        z.next_out = b->data + b->used;
        z.avail_out = b->room - b->used;
        rc = lzma_code(&z, LZMA_RUN);
        b->used = b->room - z.avail_out;
    } while ( rc == LZMA_OK && (z.avail_in || !z.avail_out) );

    if ( rc == LZMA_STREAM_END )
        ret = 0;
    else
        xg_fail(err, "damaged xz data (%s)",
                rc == LZMA_OK ? "cut short" : "liblzma refuses it");
out:
    lzma_end(&z);
    return ret;
}

static int unpack_zstd(const uint8_t *data, size_t size, struct buffer *b,
                       struct xg_error *err)
{
    ZSTD_DCtx *z = ZSTD_createDCtx();
    ZSTD_inBuffer in = { data, size, 0 };
    ZSTD_outBuffer out;
    size_t rc = 1;
    int ret = -1;

    /* Kernels are packed with windows beyond the library's cautious default. */
    if ( !z ||
         ZSTD_isError(ZSTD_DCtx_setParameter(z, ZSTD_d_windowLogMax, 30)) )
    {
        xg_fail(err, "cannot start libzstd");
        goto out;
    }
    do
    {
        if ( grow(b, MIN_GUESS, err) )
            goto out;
        out = (ZSTD_outBuffer){ b->data, b->room, b->used };
        rc = ZSTD_decompressStream(z, &out, &in);
        b->used = out.pos;
    } while ( rc && !ZSTD_isError(rc) &&
              (in.pos < in.size || out.pos == out.size) );

    if ( !rc )
        ret = 0;
    else
        xg_fail(err, "damaged zstd data (%s)",
                ZSTD_isError(rc) ? ZSTD_getErrorName(rc) : "cut short");
out:
    ZSTD_freeDCtx(z);
    return ret;
}

static int unpack_lz4(const uint8_t *data, size_t size, struct buffer *b,
                      struct xg_error *err)
{
    const uint8_t *p = data + 4, *end = data + size;
    uint32_t block;
    int n;

    /* What is left at the end is nothing or the unpacked size. */
    while ( end - p > 4 )
    {
        block = le32(p);
        p += 4;
        if ( !block || block > (size_t)(end - p) || block > INT_MAX )
            return xg_fail(err, "damaged lz4 data (cut short)");
        if ( grow(b, LZ4_BLOCK, err) )
            return -1;
        n = LZ4_decompress_safe((const char *)p, (char *)b->data + b->used,
                                block, LZ4_BLOCK);
        if ( n < 0 )
            return xg_fail(err, "damaged lz4 data");
        b->used += n;
        p += block;
    }
    return b->used ? 0 : xg_fail(err, "damaged lz4 data (empty)");
}

static const struct packing
{
    const char *name;
    const char magic[6];
    unsigned int magic_size;
    int (*unpack)(const uint8_t *data, size_t size, struct buffer *b,
                  struct xg_error *err);
} packings[] = {
    { "gzip", { 0x1f, (char)0x8b }, 2, unpack_gzip },
    { "xz", { (char)0xfd, '7', 'z', 'X', 'Z', 0 }, 6, unpack_xz },
    { "zstd", { 0x28, (char)0xb5, 0x2f, (char)0xfd }, 4, unpack_zstd },
    { "lz4", { 0x02, 0x21, 0x4c, 0x18 }, 4, unpack_lz4 },
    { "bzip2", { 'B', 'Z', 'h' }, 3, NULL },
    { "lzma", { 0x5d, 0, 0, 0 }, 3, NULL },
    { "lzo", { (char)0x89, 'L', 'Z', 'O' }, 4, NULL },
};

static const struct packing *find_packing(const uint8_t *data, size_t size)
{
    size_t i;

    for ( i = 0; i < sizeof(packings) / sizeof(packings[0]); i++ )
        if ( size > packings[i].magic_size + 4 &&
             !memcmp(data, packings[i].magic, packings[i].magic_size) )
            return &packings[i];
    return NULL;
}

const char *xg_packing(const uint8_t *data, size_t size)
{
    const struct packing *p = find_packing(data, size);

    return p ? p->name : NULL;
}

int xg_unpack(const uint8_t *data, size_t size, uint8_t **out, size_t *out_size,
              struct xg_error *err)
{
    const struct packing *p = find_packing(data, size);
    struct buffer b = { NULL, 0, 0 };
    uint32_t guess;

    if ( !p )
        return xg_fail(err, "packed in an unknown way");
    if ( !p->unpack )
        return xg_fail(err,
                       "packed with %s, which is not supported (gzip, xz, "
                       "zstd and lz4 are)",
                       p->name);

    guess = le32(data + size - 4);
    b.room = guess >= size && guess < MAX_UNPACKED ? guess + MIN_GUESS
                                                   : 4 * size + MIN_GUESS;
    b.data = malloc(b.room);
    if ( !b.data )
        return xg_fail(err, "out of memory while unpacking the kernel");
    if ( p->unpack(data, size, &b, err) )
    {
        free(b.data);
        return -1;
    }
    *out = b.data;
    *out_size = b.used;
    return 0;
}
