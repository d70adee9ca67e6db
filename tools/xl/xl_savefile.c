/* SPDX-License-Identifier: MIT */
/* What xl puts before a domain's image, in files and when it migrates. */

/*
 * A magic text, the byte order, flags, and a block with the length and the
 * text of the configuration as JSON. What the mandatory flags do not say we
 * know may not be overlooked.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xl_savefile.h"

#define BYTE_ORDER_MARK 0x01020304u
#define FLAG_JSON       1u
#define FLAG_STREAM_V2  2u
#define FLAGS_KNOWN     (FLAG_JSON | FLAG_STREAM_V2)
/* No configuration is longer. */
#define OPTIONAL_MAX (4u << 20)

static const char magic[32] = "Xen saved domain, xl format\n \0 \r";

struct header
{
    char magic[sizeof(magic)];
    uint32_t byte_order, mandatory_flags, optional_flags, optional_length;
};
_Static_assert(sizeof(struct header) == 48, "format");

static bool failed(const char *what, const char *why)
{
    fprintf(stderr, "xl: %s: %s\n", what, why);
    return false;
}

bool savefile_write(int fd, const char *what, const libxl_domain_config *config)
{
    struct header header = {
        .byte_order = BYTE_ORDER_MARK,
        .mandatory_flags = FLAGS_KNOWN,
    };
    char *text = libxl_domain_config_to_json(config);
    struct xg_error err;
    uint32_t length;
    bool ok;

    if ( !text )
        return failed(what, "out of memory");
    length = strlen(text) + 1;
    header.optional_length = sizeof(length) + length;
    memcpy(header.magic, magic, sizeof(magic));
    ok = !xg_write(fd, &header, sizeof(header), &err) &&
         !xg_write(fd, &length, sizeof(length), &err) &&
         !xg_write(fd, text, length, &err);
    free(text);
    return ok || failed(what, err.text);
}

static bool check_header(const char *what, const struct header *header)
{
    if ( memcmp(header->magic, magic, sizeof(magic)) )
        return failed(what, "this is not a saved domain");
    if ( header->byte_order != BYTE_ORDER_MARK )
        return failed(what, "it is of a machine with another byte order");
    if ( header->mandatory_flags & ~FLAGS_KNOWN )
        return failed(what, "it was saved by a newer xl");
    if ( (header->mandatory_flags & FLAGS_KNOWN) != FLAGS_KNOWN )
        return failed(what, "it was saved in a format of before Xen 4.6");
    if ( header->optional_length > OPTIONAL_MAX )
        return failed(what, "its header is damaged");
    return true;
}

/* The text in the optional block; null when there is none in it. */
static char *find_config(char *block, uint32_t size)
{
    uint32_t length;

    if ( size < sizeof(length) )
        return NULL;
    memcpy(&length, block, sizeof(length));
    if ( !length || length > size - sizeof(length) )
        return NULL;
    block[sizeof(length) + length - 1] = '\0';
    return block + sizeof(length);
}

bool savefile_read(int fd, const char *what, bool quiet,
                   libxl_domain_config *config)
{
    struct header header;
    struct xg_error err;
    char *block, *text;
    bool ok = false;

    if ( xg_read(fd, &header, sizeof(header), &err) )
        return failed(what, err.text);
    if ( !check_header(what, &header) )
        return false;
    if ( !quiet )
        fprintf(stderr,
                "Loading new save file %s (new xl fmt info 0x%x/0x%x/%u)\n",
                what, header.mandatory_flags, header.optional_flags,
                header.optional_length);
    block = xl_alloc(header.optional_length + 1, 1);
    if ( xg_read(fd, block, header.optional_length, &err) )
        failed(what, err.text);
    else if ( !(text = find_config(block, header.optional_length)) )
        failed(what, "it has no configuration");
    else
        ok = !libxl_domain_config_from_json(ctx, text, config);
    free(block);
    return ok;
}
