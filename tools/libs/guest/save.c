/* SPDX-License-Identifier: MIT */
/* Write a domain's image: memory, possibly while it runs, then the rest. */

/*
 * Live: all of memory is sent once, then what was written meanwhile, again and
 * again while that gets less; the domain is suspended for the last bit. What
 * is sent twice simply counts twice for who reads.
 */

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>
#include <xen/hvm/params.h>
#include <xen/version.h>

#include "stream.h"

#define WORD_BITS 64u
/* Passes over a running domain, and what is little enough to stop it for. */
#define MAX_PASSES   5
#define FEW_PAGES    50
#define VERSION_BITS 16

struct save
{
    xc_interface *xch;
    uint32_t domid;
    int fd;
    xentoollog_logger *logger;
    struct xg_error *err;
    const struct xg_save_options *options;
    uint64_t nr_pfns;      /* frames there may be */
    unsigned long *bitmap; /* those to send */
    bool logging;
};

#define detail(s, fmt, ...) \
    xtl_log((s)->logger, XTL_DETAIL, -1, "save", fmt, ##__VA_ARGS__)

static int failed(struct save *s, const char *what)
{
    return xg_fail(s->err, "cannot %s: %s", what, strerror(errno));
}

static int put_headers(struct save *s)
{
    const struct xg_image_header image = {
        .marker = XG_IMAGE_MARKER,
        .id = htobe32(XG_IMAGE_ID),
        .version = htobe32(XG_IMAGE_VERSION),
    };
    int version = xc_version(s->xch, XENVER_version, NULL);
    const struct xg_domain_header domain = {
        .type = XG_DOMAIN_HVM,
        .page_shift = XG_PAGE_SHIFT,
        .xen_major = version >> VERSION_BITS,
        .xen_minor = version & ((1u << VERSION_BITS) - 1),
    };

    if ( version < 0 )
        return failed(s, "ask the hypervisor's version");
    return xg_write(s->fd, &image, sizeof(image), s->err) ||
                   xg_write(s->fd, &domain, sizeof(domain), s->err)
               ? -1
               : 0;
}

static int put_policy(struct save *s)
{
    xen_cpuid_leaf_t *leaves = NULL;
    xen_msr_entry_t *msrs = NULL;
    uint32_t nr_leaves, nr_msrs;
    int rc = -1;

    if ( xc_cpu_policy_get_size(s->xch, &nr_leaves, &nr_msrs) ||
         !(leaves = calloc(nr_leaves, sizeof(*leaves))) ||
         !(msrs = calloc(nr_msrs, sizeof(*msrs))) ||
         xc_get_domain_cpu_policy(s->xch, s->domid, &nr_leaves, leaves,
                                  &nr_msrs, msrs) )
        failed(s, "read the domain's CPU policy");
    else
        rc = xg_write_record(s->fd, XG_REC_CPUID_POLICY, leaves,
                             nr_leaves * sizeof(*leaves), s->err);
    if ( !rc && nr_msrs )
        rc = xg_write_record(s->fd, XG_REC_MSR_POLICY, msrs,
                             nr_msrs * sizeof(*msrs), s->err);
    free(leaves);
    free(msrs);
    return rc ? -1
              : xg_write_record(s->fd, XG_REC_STATIC_DATA_END, NULL, 0, s->err);
}

/* --- memory --- */

struct batch
{
    unsigned int nr, nr_data;
    uint64_t pfns[XG_BATCH];  /* as they go into the record */
    xen_pfn_t data[XG_BATCH]; /* those that have contents */
};

static int put_batch_contents(struct save *s, struct batch *b,
                              const void *contents)
{
    const struct xg_page_data head = { .count = b->nr };
    size_t pfns = b->nr * sizeof(b->pfns[0]);
    size_t pages = b->nr_data * XG_PAGE_SIZE;
    const struct xg_record record = { XG_REC_PAGE_DATA,
                                      sizeof(head) + pfns + pages };

    if ( xg_write(s->fd, &record, sizeof(record), s->err) ||
         xg_write(s->fd, &head, sizeof(head), s->err) ||
         xg_write(s->fd, b->pfns, pfns, s->err) )
        return -1;
    return pages ? xg_write(s->fd, contents, pages, s->err) : 0;
}

/* Ask what the frames are, and drop those that are nothing on a first pass. */
static int classify(struct save *s, struct batch *b, bool first)
{
    xen_pfn_t types[XG_BATCH];
    unsigned int i, kept = 0;
    uint64_t type;

    memcpy(types, b->pfns, b->nr * sizeof(types[0]));
    if ( xc_get_pfn_type_batch(s->xch, s->domid, b->nr, types) )
        return failed(s, "ask for the types of its pages");
    b->nr_data = 0;
    for ( i = 0; i < b->nr; i++ )
    {
        type = XG_DOMCTL_TYPE(types[i]);
        if ( type == XG_TYPE_XTAB && first )
            continue;
        if ( type == XG_TYPE_NOTAB )
            b->data[b->nr_data++] = b->pfns[i];
        b->pfns[kept++] = b->pfns[i] | (type << XG_PFN_TYPE_SHIFT);
    }
    b->nr = kept;
    return 0;
}

/* Takes what b has and empties it. */
static int put_batch(struct save *s, struct batch *b, bool first)
{
    xenforeignmemory_handle *fmem = xc_interface_fmem_handle(s->xch);
    void *contents = NULL;
    int rc;

    if ( s->options->aborted && *s->options->aborted )
        return xg_fail(s->err, "interrupted");
    if ( classify(s, b, first) )
        return -1;
    if ( b->nr_data )
    {
        contents = xenforeignmemory_map(fmem, s->domid, PROT_READ, b->nr_data,
                                        b->data, NULL);
        if ( !contents )
            return failed(s, "map its pages");
    }
    rc = b->nr ? put_batch_contents(s, b, contents) : 0;
    if ( contents )
        xenforeignmemory_unmap(fmem, contents, b->nr_data);
    b->nr = 0;
    return rc;
}

/* All frames, or those of the bitmap; the number of frames, or -1. */
static int64_t put_memory(struct save *s, bool all)
{
    struct batch *b = calloc(1, sizeof(*b));
    int64_t sent = 0;
    uint64_t pfn;
    int rc = 0;

    if ( !b )
        return xg_fail(s->err, "out of memory");
    for ( pfn = 0; pfn < s->nr_pfns && !rc; pfn++ )
    {
        if ( !all )
        {
            if ( !s->bitmap[pfn / WORD_BITS] )
            {
                pfn |= WORD_BITS - 1;
                continue;
            }
            if ( !(s->bitmap[pfn / WORD_BITS] >> (pfn % WORD_BITS) & 1) )
                continue;
        }
        b->pfns[b->nr++] = pfn;
        sent++;
        if ( b->nr == XG_BATCH )
            rc = put_batch(s, b, all);
    }
    if ( !rc && b->nr )
        rc = put_batch(s, b, all);
    free(b);
    return rc ? -1 : sent;
}

/* --- which pages --- */

/* Room for as many frames as the domain has now. */
static int size_bitmap(struct save *s)
{
    unsigned long *bigger;
    xen_pfn_t last;

    if ( xc_domain_maximum_gpfn(s->xch, s->domid, &last) )
        return failed(s, "ask for the size of its memory");
    if ( last + 1 <= s->nr_pfns )
        return 0;
    bigger = realloc(s->bitmap, (last / WORD_BITS + 1) * sizeof(*bigger));
    if ( !bigger )
        return xg_fail(s->err, "out of memory");
    s->bitmap = bigger;
    s->nr_pfns = last + 1;
    return 0;
}

static int log_dirty(struct save *s, unsigned int op,
                     xc_shadow_op_stats_t *stats)
{
    bool bits = op == XEN_DOMCTL_SHADOW_OP_CLEAN;

    return xc_logdirty_control(s->xch, s->domid, op, bits ? s->bitmap : NULL,
                               bits ? s->nr_pfns : 0, 0, stats);
}

static int get_dirty(struct save *s, xc_shadow_op_stats_t *stats)
{
    if ( size_bitmap(s) )
        return -1;
    return log_dirty(s, XEN_DOMCTL_SHADOW_OP_CLEAN, stats)
               ? failed(s, "ask which of its pages were written")
               : 0;
}

/* Memory of a domain that runs, until there is little left to send. */
static int put_running(struct save *s)
{
    xc_shadow_op_stats_t stats = { 0 };
    unsigned int pass;
    int64_t sent;

    /* Somebody may have left it on. */
    if ( log_dirty(s, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL) &&
         (log_dirty(s, XEN_DOMCTL_SHADOW_OP_OFF, NULL) ||
          log_dirty(s, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, NULL)) )
        return failed(s, "record which of its pages are written");
    s->logging = true;

    sent = put_memory(s, true);
    for ( pass = 1; sent >= 0; pass++ )
    {
        detail(s, "pass %u: %lld frames", pass, (long long)sent);
        if ( log_dirty(s, XEN_DOMCTL_SHADOW_OP_PEEK, &stats) )
            return failed(s, "ask how many of its pages were written");
        if ( pass == MAX_PASSES || stats.dirty_count < FEW_PAGES )
            return 0;
        if ( get_dirty(s, NULL) )
            return -1;
        sent = put_memory(s, false);
    }
    return -1;
}

static int put_all_memory(struct save *s)
{
    int64_t sent;

    if ( size_bitmap(s) || (s->options->live && put_running(s)) )
        return -1;
    if ( s->options->suspend(s->options->opaque, s->err) )
        return -1;
    if ( s->options->live ? get_dirty(s, NULL) : size_bitmap(s) )
        return -1;
    sent = put_memory(s, !s->options->live);
    if ( sent < 0 )
        return -1;
    detail(s, "suspended: %lld frames", (long long)sent);
    if ( !s->options->debug )
        return 0;
    return xg_write_record(s->fd, XG_REC_VERIFY, NULL, 0, s->err) ||
                   put_memory(s, true) < 0
               ? -1
               : 0;
}

/* --- the rest --- */

static int put_tsc(struct save *s)
{
    struct xg_tsc_info tsc = { 0 };

    if ( xc_domain_get_tsc_info(s->xch, s->domid, &tsc.mode, &tsc.nsec,
                                &tsc.khz, &tsc.incarnation) )
        return failed(s, "read its TSC's settings");
    return xg_write_record(s->fd, XG_REC_TSC_INFO, &tsc, sizeof(tsc), s->err);
}

static int put_context(struct save *s)
{
    uint8_t *context = NULL;
    int rc = -1, n = xc_domain_hvm_getcontext(s->xch, s->domid, NULL, 0);

    if ( n > 0 && (context = calloc(1, n)) )
        n = xc_domain_hvm_getcontext(s->xch, s->domid, context, n);
    if ( n <= 0 || !context )
        failed(s, "read its virtual hardware");
    else
        rc = xg_write_record(s->fd, XG_REC_HVM_CONTEXT, context, n, s->err);
    free(context);
    return rc;
}

static int put_params(struct save *s)
{
    static const uint32_t indices[] = {
        HVM_PARAM_STORE_PFN,
        HVM_PARAM_IOREQ_PFN,
        HVM_PARAM_BUFIOREQ_PFN,
        HVM_PARAM_PAGING_RING_PFN,
        HVM_PARAM_MONITOR_RING_PFN,
        HVM_PARAM_SHARING_RING_PFN,
        HVM_PARAM_VM86_TSS_SIZED,
        HVM_PARAM_CONSOLE_PFN,
        HVM_PARAM_ACPI_IOPORTS_LOCATION,
        HVM_PARAM_VIRIDIAN,
        HVM_PARAM_IDENT_PT,
        HVM_PARAM_VM_GENERATION_ID_ADDR,
        HVM_PARAM_IOREQ_SERVER_PFN,
        HVM_PARAM_NR_IOREQ_SERVER_PAGES,
        HVM_PARAM_X87_FIP_WIDTH,
        HVM_PARAM_MCA_CAP,
    };
    const size_t max = sizeof(indices) / sizeof(indices[0]);
    struct
    {
        struct xg_params_header head;
        struct xg_param param[sizeof(indices) / sizeof(indices[0])];
    } body = { 0 };
    uint64_t value;
    size_t i;

    for ( i = 0; i < max; i++ )
    {
        if ( xc_hvm_param_get(s->xch, s->domid, indices[i], &value) )
            return failed(s, "read its parameters");
        if ( value )
            body.param[body.head.count++] =
                (struct xg_param){ indices[i], value };
    }
    return xg_write_record(
        s->fd, XG_REC_HVM_PARAMS, &body,
        sizeof(body.head) + body.head.count * sizeof(body.param[0]), s->err);
}

int xg_save(xc_interface *xch, uint32_t domid, int fd,
            const struct xg_save_options *options, xentoollog_logger *logger,
            struct xg_error *err)
{
    struct save s = { .xch = xch,
                      .domid = domid,
                      .fd = fd,
                      .logger = logger,
                      .err = err,
                      .options = options };
    int rc;

    rc = put_headers(&s) || put_policy(&s) || put_all_memory(&s) ||
                 put_tsc(&s) || put_context(&s) || put_params(&s)
             ? -1
             : xg_write_record(fd, XG_REC_END, NULL, 0, err);
    if ( s.logging )
        (void)log_dirty(&s, XEN_DOMCTL_SHADOW_OP_OFF, NULL);
    free(s.bitmap);
    return rc;
}
