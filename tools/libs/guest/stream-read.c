/* SPDX-License-Identifier: MIT */
/* Taking a domain image apart, which anybody may have written. */

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "stream.h"

/* More than any record but PAGE_DATA has; bounds what a length makes us do. */
#define BODY_MAX (16u << 20)
/* Frames in one record; the tools send XG_BATCH at the most. */
#define FRAMES_MAX   (16 * XG_BATCH)
#define PAGE_IS_DATA 12 /* page_shift that the domain must have */

#define MAX_RINGS    2

/* What has been seen: most records come once, and in order. */
struct reader
{
    int fd;
    const struct xg_sink *sink;
    void *opaque;
    struct xg_error *err;
    uint32_t version;
    bool started; /* policy done, memory may come */
    bool verify;  /* pages are to be compared */
    bool have_params, ended;
    uint64_t nr_differing; /* pages, and the first of them */
    uint64_t maybe_rings[MAX_RINGS];
    uint64_t rings[MAX_RINGS]; /* daemons write to these at any time */
    xen_cpuid_leaf_t *leaves;
    xen_msr_entry_t *msrs;
    uint32_t nr_leaves, nr_msrs;
    uint8_t *context;
    uint32_t context_size;
};

#define bad(r, ...) xg_fail((r)->err, __VA_ARGS__)

static int read_headers(struct reader *r)
{
    struct xg_image_header image;
    struct xg_domain_header domain;

    if ( xg_read(r->fd, &image, sizeof(image), r->err) )
        return -1;
    r->version = be32toh(image.version);
    if ( image.marker != XG_IMAGE_MARKER || be32toh(image.id) != XG_IMAGE_ID )
        return bad(r, "this is not a domain image (its marker is wrong)");
    if ( r->version < XG_IMAGE_OLDEST || r->version > XG_IMAGE_VERSION )
        return bad(r, "the image is of version %u, known are %u to %u",
                   r->version, XG_IMAGE_OLDEST, XG_IMAGE_VERSION);
    if ( be16toh(image.options) & XG_IMAGE_BIG_ENDIAN )
        return bad(r, "the image is of a big-endian machine");
    if ( xg_read(r->fd, &domain, sizeof(domain), r->err) )
        return -1;
    if ( domain.type != XG_DOMAIN_HVM )
        return bad(r, "the image is of a domain of type %u, not PVH",
                   domain.type);
    if ( domain.page_shift != PAGE_IS_DATA )
        return bad(r, "the image has pages of 2^%u bytes", domain.page_shift);
    return 0;
}

static int skip_padding(struct reader *r, uint32_t length)
{
    uint8_t pad[8];

    return xg_read(r->fd, pad, -length & 7, r->err);
}

/* --- memory --- */

static bool type_has_data(uint8_t type)
{
    return type == XG_TYPE_NOTAB;
}

/* Frames and types; the number of those with data, or -1. */
static int read_frames(struct reader *r, uint32_t count, uint64_t *pfns,
                       uint8_t *types)
{
    uint32_t i, with_data = 0;

    if ( xg_read(r->fd, pfns, count * sizeof(*pfns), r->err) )
        return -1;
    for ( i = 0; i < count; i++ )
    {
        types[i] = pfns[i] >> XG_PFN_TYPE_SHIFT;
        if ( types[i] != XG_TYPE_NOTAB && types[i] < XG_TYPE_BROKEN )
            return bad(r, "frame 0x%llx of the image has type %u",
                       (unsigned long long)(pfns[i] & XG_PFN_MASK), types[i]);
        if ( pfns[i] & ~XG_PFN_MASK & ((1ull << XG_PFN_TYPE_SHIFT) - 1) )
            return bad(r, "reserved bits are set in a frame number");
        pfns[i] &= XG_PFN_MASK;
        if ( pfns[i] >= r->sink->max_pfn )
            return bad(r,
                       "frame 0x%llx of the image is beyond the domain's "
                       "memory",
                       (unsigned long long)pfns[i]);
        with_data += type_has_data(types[i]);
    }
    return with_data;
}

/* The rings' frames come late in the image: two pages can wait for them. */
static void compare(struct reader *r, uint64_t pfn, const void *saved,
                    const void *ours)
{
    if ( !memcmp(saved, ours, XG_PAGE_SIZE) )
        return;
    if ( r->nr_differing < MAX_RINGS )
        r->maybe_rings[r->nr_differing] = pfn;
    r->nr_differing++;
}

static int read_contents(struct reader *r, uint32_t nr, const uint64_t *pfns)
{
    uint8_t *mapping = r->sink->map(r->opaque, nr, pfns, r->err);
    uint8_t page[XG_PAGE_SIZE];
    int rc = 0;
    uint32_t i;

    if ( !mapping )
        return -1;
    if ( !r->verify )
        rc = xg_read(r->fd, mapping, (size_t)nr * XG_PAGE_SIZE, r->err);
    else
        for ( i = 0; i < nr && !rc; i++ )
        {
            rc = xg_read(r->fd, page, sizeof(page), r->err);
            if ( !rc )
                compare(r, pfns[i], page, mapping + i * XG_PAGE_SIZE);
        }
    r->sink->unmap(r->opaque, mapping, nr);
    return rc;
}

/* A batch whose arrays are ours: count frames. */
static int read_batch(struct reader *r, uint32_t count, uint64_t bytes,
                      uint64_t *pfns, uint8_t *types)
{
    uint32_t i, nr = 0;
    int with_data = read_frames(r, count, pfns, types);

    if ( with_data < 0 )
        return -1;
    if ( bytes != (uint64_t)with_data * XG_PAGE_SIZE )
        return bad(r,
                   "a record of %u frames, %d with contents, has %llu bytes "
                   "of them",
                   count, with_data, (unsigned long long)bytes);
    if ( !r->verify &&
         r->sink->populate(r->opaque, count, pfns, types, r->err) )
        return -1;
    for ( i = 0; i < count; i++ )
        if ( type_has_data(types[i]) )
            pfns[nr++] = pfns[i];
    return nr ? read_contents(r, nr, pfns) : 0;
}

static int read_pages(struct reader *r, uint32_t length)
{
    struct xg_page_data head;
    uint64_t *pfns, bytes;
    uint8_t *types;
    int rc = -1;

    if ( !r->started )
        return bad(r, "memory comes before the end of the static data");
    if ( length < sizeof(head) )
        return bad(r, "a memory record of %u bytes", length);
    if ( xg_read(r->fd, &head, sizeof(head), r->err) )
        return -1;
    length -= sizeof(head);
    if ( !head.count || head.count > length / sizeof(*pfns) ||
         head.count > FRAMES_MAX )
        return bad(r, "a memory record of %u frames in %u bytes", head.count,
                   length);
    bytes = length - head.count * sizeof(*pfns);
    pfns = calloc(head.count, sizeof(*pfns));
    types = calloc(head.count, sizeof(*types));
    if ( !pfns || !types )
        bad(r, "out of memory");
    else
        rc = read_batch(r, head.count, bytes, pfns, types);
    free(pfns);
    free(types);
    return rc;
}

/* --- other records --- */

static int take_array(struct reader *r, const char *what, size_t size,
                      void *body, uint32_t length, void **array, uint32_t *nr)
{
    if ( r->started || r->version < 3 || *array )
    {
        free(body);
        return bad(r, "a %s policy where none belongs", what);
    }
    if ( !length || length % size )
    {
        free(body);
        return bad(r, "a %s policy of %u bytes", what, length);
    }
    *array = body;
    *nr = length / size;
    return 0;
}

static int start_memory(struct reader *r)
{
    r->started = true;
    return r->sink->policy(r->opaque, r->leaves, r->nr_leaves, r->msrs,
                           r->nr_msrs, r->err);
}

static int take_params(struct reader *r, const uint8_t *body, uint32_t length)
{
    struct xg_params_header head;
    struct xg_param param;
    uint32_t i;

    if ( length < sizeof(head) )
        return bad(r, "a parameter record of %u bytes", length);
    memcpy(&head, body, sizeof(head));
    if ( (length - sizeof(head)) / sizeof(param) != head.count ||
         (length - sizeof(head)) % sizeof(param) )
        return bad(r, "%u parameters in %u bytes", head.count, length);
    for ( i = 0; i < head.count; i++ )
    {
        memcpy(&param, body + sizeof(head) + i * sizeof(param), sizeof(param));
        if ( param.index == HVM_PARAM_STORE_PFN )
            r->rings[0] = param.value;
        if ( param.index == HVM_PARAM_CONSOLE_PFN )
            r->rings[1] = param.value;
        if ( r->sink->param(r->opaque, param.index, param.value, r->err) )
            return -1;
    }
    r->have_params = true;
    return 0;
}

/* Takes body over. */
static int take_record(struct reader *r, uint32_t type, uint8_t *body,
                       uint32_t length)
{
    struct xg_tsc_info tsc;
    int rc = 0;

    switch ( type )
    {
    case XG_REC_CPUID_POLICY:
        return take_array(r, "CPUID", sizeof(*r->leaves), body, length,
                          (void **)&r->leaves, &r->nr_leaves);
    case XG_REC_MSR_POLICY:
        return take_array(r, "MSR", sizeof(*r->msrs), body, length,
                          (void **)&r->msrs, &r->nr_msrs);
    case XG_REC_STATIC_DATA_END:
        rc = r->started ? bad(r, "two ends of the static data")
                        : start_memory(r);
        break;
    case XG_REC_TSC_INFO:
        memcpy(&tsc, body, length < sizeof(tsc) ? length : sizeof(tsc));
        rc = length != sizeof(tsc) ? bad(r, "a TSC record of %u bytes", length)
                                   : r->sink->tsc(r->opaque, &tsc, r->err);
        break;
    case XG_REC_HVM_CONTEXT:
        free(r->context); /* the last one counts */
        r->context = body;
        r->context_size = length;
        return 0;
    case XG_REC_HVM_PARAMS:
        rc = take_params(r, body, length);
        break;
    case XG_REC_VERIFY:
        r->verify = true;
        break;
    case XG_REC_CHECKPOINT:
        rc = bad(r, "the image is one of continuous replication");
        break;
    case XG_REC_END:
        r->ended = true;
        break;
    default:
        if ( !(type & XG_REC_OPTIONAL) )
            rc = bad(r,
                     "the image has a record of type 0x%x, which is unknown "
                     "and may not be left out",
                     type);
    }
    free(body);
    return rc;
}

static int read_record(struct reader *r)
{
    struct xg_record record;
    uint8_t *body;

    if ( xg_read(r->fd, &record, sizeof(record), r->err) )
        return -1;
    if ( record.type == XG_REC_PAGE_DATA )
        return read_pages(r, record.length) ? -1
                                            : skip_padding(r, record.length);
    if ( record.length > BODY_MAX )
        return bad(r, "a record of type 0x%x has %u bytes", record.type,
                   record.length);
    body = malloc(record.length + 1);
    if ( !body )
        return bad(r, "out of memory");
    if ( xg_read(r->fd, body, record.length, r->err) ||
         skip_padding(r, record.length) )
    {
        free(body);
        return -1;
    }
    return take_record(r, record.type, body, record.length);
}

static bool only_rings_differ(const struct reader *r)
{
    uint64_t i;

    if ( r->nr_differing > MAX_RINGS )
        return false;
    for ( i = 0; i < r->nr_differing; i++ )
        if ( r->maybe_rings[i] != r->rings[0] &&
             r->maybe_rings[i] != r->rings[1] )
            return false;
    return true;
}

static int finish(struct reader *r)
{
    if ( !r->started )
        return bad(r, "the image ends before there was any memory");
    if ( !r->context_size || !r->have_params )
        return bad(r, "the image has no %s",
                   r->context_size ? "parameters" : "virtual hardware");
    if ( !only_rings_differ(r) )
        return bad(r, "%llu pages differ from those of the saved domain",
                   (unsigned long long)r->nr_differing);
    return r->sink->end(r->opaque, r->context, r->context_size, r->err);
}

int xg_stream_read(int fd, const struct xg_sink *sink, void *opaque,
                   struct xg_error *err)
{
    struct reader r = { .fd = fd, .sink = sink, .opaque = opaque, .err = err };
    int rc = read_headers(&r);

    /* Before version 3 there was no static data. */
    if ( !rc && r.version < 3 )
        rc = start_memory(&r);
    while ( !rc && !r.ended )
        rc = read_record(&r);
    if ( !rc )
        rc = finish(&r);
    free(r.leaves);
    free(r.msrs);
    free(r.context);
    return rc;
}
