/* SPDX-License-Identifier: MIT */
/* Linux's bzImage: where its packed ELF kernel lies. */

/* Offsets are those of the Linux/x86 boot protocol's setup header. */

#include <string.h>

#include "private.h"

#define SETUP_SECTS           0x1f1
#define HEADER_MAGIC          0x202 /* "HdrS" */
#define PROTOCOL              0x206
#define PAYLOAD_OFFSET        0x248
#define PAYLOAD_LENGTH        0x24c
#define HEADER_END            0x250

#define SECTOR_SIZE           512u
#define DEFAULT_SETUP_SECTS   4
#define PROTOCOL_WITH_PAYLOAD 0x208

static uint32_t le32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

bool xg_is_bzimage(const uint8_t *data, size_t size)
{
    return size >= HEADER_END && !memcmp(data + HEADER_MAGIC, "HdrS", 4);
}

int xg_bzimage_payload(const uint8_t *data, size_t size, size_t *offset,
                       size_t *length, struct xg_error *err)
{
    unsigned int protocol = data[PROTOCOL] | data[PROTOCOL + 1] << 8;
    unsigned int sects = data[SETUP_SECTS];
    uint64_t start, len;

    if ( protocol < PROTOCOL_WITH_PAYLOAD )
        return xg_fail(err,
                       "bzImage of boot protocol %u.%02u: too old, 2.08 "
                       "(Linux 2.6.24) or later is needed",
                       protocol >> 8, protocol & 0xff);

    start = (uint64_t)((sects ? sects : DEFAULT_SETUP_SECTS) + 1) * SECTOR_SIZE;
    start += le32(data + PAYLOAD_OFFSET);
    len = le32(data + PAYLOAD_LENGTH);
    if ( !len || start > size || len > size - start )
        return xg_fail(err,
                       "bzImage is cut short: its payload should end at "
                       "%llu, the file at %zu",
                       (unsigned long long)(start + len), size);

    *offset = start;
    *length = len;
    return 0;
}
