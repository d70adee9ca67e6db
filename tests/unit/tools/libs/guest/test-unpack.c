/* SPDX-License-Identifier: MIT */
/* Packed kernels: each packing forth and back, damaged ones, bzImage. */
/* TEST-SOURCES: tools/libs/guest/unpack.c tools/libs/guest/bzimage.c */
/* TEST-SOURCES: tools/libs/guest/error.c */
/* TEST-CFLAGS: -Itools/libs/guest */
/* TEST-LIBS: -lz -llzma -lzstd -llz4 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include <lz4.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "private.h"

/* More than one lz4 block, so that their chain is walked. */
#define PLAIN_SIZE (9u << 20)

static uint8_t *plain;

static size_t pack_gzip(uint8_t *out, size_t room)
{
    z_stream z = { .next_in = plain, .avail_in = PLAIN_SIZE };

    deflateInit2(&z, 1, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
    z.next_out = out;
    z.avail_out = room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t pack_xz(uint8_t *out, size_t room)
{
    size_t used = 0;

    assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain,
                                             PLAIN_SIZE, out, &used, room),
                     LZMA_OK);
    return used;
}

static size_t pack_zstd(uint8_t *out, size_t room)
{
    size_t n = ZSTD_compress(out, room, plain, PLAIN_SIZE, 1);

    assert_false(ZSTD_isError(n));
    return n;
}

static void put32(uint8_t *p, uint32_t value)
{
    p[0] = value;
    p[1] = value >> 8;
    p[2] = value >> 16;
    p[3] = value >> 24;
}

static size_t pack_lz4(uint8_t *out, size_t room)
{
    size_t used = 4, at = 0, chunk;
    int n;

    put32(out, 0x184c2102);
    for ( ; at < PLAIN_SIZE; at += chunk )
    {
        chunk = PLAIN_SIZE - at < (8u << 20) ? PLAIN_SIZE - at : 8u << 20;
        n = LZ4_compress_default((char *)plain + at, (char *)out + used + 4,
                                 chunk, room - used - 4);
        assert_true(n > 0);
        put32(out + used, n);
        used += 4 + n;
    }
    return used;
}

static const struct
{
    const char *name;
    size_t (*pack)(uint8_t *out, size_t room);
} packings[] = {
    { "gzip", pack_gzip },
    { "xz", pack_xz },
    { "zstd", pack_zstd },
    { "lz4", pack_lz4 },
};

/* Packed, with the plain size behind it as Linux's build appends it. */
static uint8_t *packed(size_t i, size_t *size)
{
    size_t room = PLAIN_SIZE + (1u << 20);
    uint8_t *out = malloc(room);

    *size = packings[i].pack(out, room);
    put32(out + *size, PLAIN_SIZE);
    *size += 4;
    return out;
}

static void there_and_back(void **state)
{
    struct xg_error err;
    uint8_t *in, *out;
    size_t i, size, out_size;

    for ( i = 0; i < 4; i++ )
    {
        in = packed(i, &size);
        assert_string_equal(xg_packing(in, size), packings[i].name);
        assert_int_equal(xg_unpack(in, size, &out, &out_size, &err), 0);
        assert_int_equal(out_size, PLAIN_SIZE);
        assert_memory_equal(out, plain, PLAIN_SIZE);
        free(out);
        free(in);
    }
}

static void damaged(void **state)
{
    struct xg_error err;
    uint8_t *in, *out, *copy;
    size_t i, size, out_size;

    for ( i = 0; i < 4; i++ )
    {
        in = packed(i, &size);
        /* Cut in the middle, in memory of just that size. */
        copy = malloc(size / 2);
        memcpy(copy, in, size / 2);
        assert_int_equal(xg_unpack(copy, size / 2, &out, &out_size, &err), -1);
        assert_non_null(strstr(err.text, packings[i].name));
        free(copy);
        /* Garbled. */
        memset(in + size / 2, 0xff, 64);
        if ( i != 3 ) /* lz4 blocks have no checksum */
            assert_int_equal(xg_unpack(in, size, &out, &out_size, &err), -1);
        free(in);
    }
}

static void refused(void **state)
{
    static const uint8_t bzip2[] = "BZh91AY&SY padding";
    static const uint8_t nothing[] = "not packed at all";
    struct xg_error err;
    uint8_t *out;
    size_t out_size;

    assert_int_equal(xg_unpack(bzip2, sizeof(bzip2), &out, &out_size, &err),
                     -1);
    assert_non_null(strstr(err.text, "bzip2"));
    assert_null(xg_packing(nothing, sizeof(nothing)));
    assert_int_equal(xg_unpack(nothing, sizeof(nothing), &out, &out_size, &err),
                     -1);
    assert_null(xg_packing(nothing, 1));
}

static void bzimage(void **state)
{
    uint8_t image[4096] = { 0 };
    struct xg_error err;
    size_t offset, length;

    assert_false(xg_is_bzimage(image, sizeof(image)));
    image[0x1f1] = 1; /* one setup sector after the boot sector */
    memcpy(image + 0x202, "HdrS", 4);
    image[0x206] = 0x0c;
    image[0x207] = 0x02;
    put32(image + 0x248, 0x100);
    put32(image + 0x24c, 0x200);
    assert_true(xg_is_bzimage(image, sizeof(image)));
    assert_false(xg_is_bzimage(image, 0x24f));
    assert_int_equal(
        xg_bzimage_payload(image, sizeof(image), &offset, &length, &err), 0);
    assert_int_equal(offset, 2 * 512 + 0x100);
    assert_int_equal(length, 0x200);

    put32(image + 0x24c, sizeof(image));
    assert_int_equal(
        xg_bzimage_payload(image, sizeof(image), &offset, &length, &err), -1);
    assert_non_null(strstr(err.text, "cut short"));
    put32(image + 0x248, UINT32_MAX);
    assert_int_equal(
        xg_bzimage_payload(image, sizeof(image), &offset, &length, &err), -1);
    image[0x206] = 0x07;
    assert_int_equal(
        xg_bzimage_payload(image, sizeof(image), &offset, &length, &err), -1);
    assert_non_null(strstr(err.text, "too old"));
}

static int make_plain(void **state)
{
    uint32_t x = 1, i;

    plain = malloc(PLAIN_SIZE);
    for ( i = 0; i < PLAIN_SIZE; i++ )
    {
        /* Half noise, half runs: packs, but not into nothing. */
        x = x * 1103515245 + 12345;
        plain[i] = i & 0x1000 ? x >> 24 : i >> 12;
    }
    return 0;
}

static int free_plain(void **state)
{
    free(plain);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(damaged),
        cmocka_unit_test(refused),
        cmocka_unit_test(bzimage),
    };

    return cmocka_run_group_tests(tests, make_plain, free_plain);
}
