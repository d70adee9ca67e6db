/* SPDX-License-Identifier: MIT */
/* Fill a new domain from an image: the part that needs Xen. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenforeignmemory.h>
#include <xen/hvm/params.h>

#include "stream.h"

#define WORD_BITS        64u
#define SUPERPAGE_ORDER  (XG_2M_SHIFT - XG_PAGE_SHIFT)
#define SUPERPAGE_FRAMES (1u << SUPERPAGE_ORDER)

struct restore
{
    xc_interface *xch;
    uint32_t domid;
    xentoollog_logger *logger;
    const struct xg_restore_options *options;
    struct xg_config *config;
    uint64_t max_pfn;
    unsigned long *populated;
};

static int failed(struct xg_error *err, const char *what)
{
    return xg_fail(err, "cannot %s: %s", what, strerror(errno));
}

static int take_policy(void *opaque, xen_cpuid_leaf_t *leaves,
                       uint32_t nr_leaves, xen_msr_entry_t *msrs,
                       uint32_t nr_msrs, struct xg_error *err)
{
    struct restore *r = opaque;

    if ( !leaves )
        return xg_domain_set_policy(r->xch, r->domid, r->options->policy, NULL,
                                    0, err);
    return xg_domain_load_policy(r->xch, r->domid, leaves, nr_leaves, msrs,
                                 nr_msrs, err);
}

/* --- memory --- */

static bool is_populated(const struct restore *r, uint64_t pfn)
{
    return r->populated[pfn / WORD_BITS] >> (pfn % WORD_BITS) & 1;
}

static void set_populated(struct restore *r, uint64_t pfn, bool there)
{
    unsigned long bit = 1ul << (pfn % WORD_BITS);

    if ( there )
        r->populated[pfn / WORD_BITS] |= bit;
    else
        r->populated[pfn / WORD_BITS] &= ~bit;
}

/* Single pages; all of them, or it is an error. */
static int add_pages(struct restore *r, unsigned int nr, xen_pfn_t *pfns,
                     struct xg_error *err)
{
    int got;

    if ( !nr )
        return 0;
    got = xc_domain_populate_physmap(r->xch, r->domid, nr, 0, 0, pfns);
    if ( got < 0 )
        return failed(err, "get memory for the domain");
    if ( (unsigned int)got != nr )
        return xg_fail(err, "there is not enough memory for the domain");
    return 0;
}

/* Do these begin with all frames of a superpage? */
static bool is_superpage(const xen_pfn_t *pfns, unsigned int nr)
{
    unsigned int i;

    if ( nr < SUPERPAGE_FRAMES || pfns[0] % SUPERPAGE_FRAMES )
        return false;
    for ( i = 1; i < SUPERPAGE_FRAMES; i++ )
        if ( pfns[i] != pfns[0] + i )
            return false;
    return true;
}

/* Superpages where the frames allow it and there are some, else pages. */
static int add_frames(struct restore *r, unsigned int nr, xen_pfn_t *pfns,
                      struct xg_error *err)
{
    unsigned int i, done = 0;
    xen_pfn_t start;

    for ( i = 0; i < nr; )
    {
        start = pfns[i];
        if ( !is_superpage(pfns + i, nr - i) ||
             xc_domain_populate_physmap(r->xch, r->domid, 1, SUPERPAGE_ORDER, 0,
                                        &start) != 1 )
        {
            i++;
            continue;
        }
        if ( add_pages(r, i - done, pfns + done, err) )
            return -1;
        i += SUPERPAGE_FRAMES;
        done = i;
    }
    return add_pages(r, nr - done, pfns + done, err);
}

static int take_frames(void *opaque, unsigned int nr, const uint64_t *pfns,
                       const uint8_t *types, struct xg_error *err)
{
    struct restore *r = opaque;
    xen_pfn_t add[XG_BATCH], gone;
    unsigned int i, nr_add = 0;

    for ( i = 0; i < nr; i++ )
    {
        if ( is_populated(r, pfns[i]) == (types[i] != XG_TYPE_XTAB) )
            continue;
        set_populated(r, pfns[i], types[i] != XG_TYPE_XTAB);
        if ( types[i] == XG_TYPE_XTAB )
        {
            /* It was there in an earlier pass. */
            gone = pfns[i];
            if ( xc_domain_decrease_reservation_exact(r->xch, r->domid, 1, 0,
                                                      &gone) )
                return failed(err, "give memory of the domain back");
            continue;
        }
        add[nr_add++] = pfns[i];
        if ( nr_add == XG_BATCH )
        {
            if ( add_frames(r, nr_add, add, err) )
                return -1;
            nr_add = 0;
        }
    }
    return add_frames(r, nr_add, add, err);
}

static void *map_frames(void *opaque, unsigned int nr, const uint64_t *pfns,
                        struct xg_error *err)
{
    struct restore *r = opaque;
    void *p = xenforeignmemory_map(xc_interface_fmem_handle(r->xch), r->domid,
                                   PROT_READ | PROT_WRITE, nr, pfns, NULL);

    if ( !p )
        failed(err, "map the domain's memory");
    return p;
}

static void unmap_frames(void *opaque, void *mapping, unsigned int nr)
{
    struct restore *r = opaque;

    xenforeignmemory_unmap(xc_interface_fmem_handle(r->xch), mapping, nr);
}

/* --- the rest --- */

static int take_tsc(void *opaque, const struct xg_tsc_info *info,
                    struct xg_error *err)
{
    struct restore *r = opaque;

    return xc_domain_set_tsc_info(r->xch, r->domid, info->mode, info->nsec,
                                  info->khz, info->incarnation)
               ? failed(err, "set the domain's TSC")
               : 0;
}

static int take_param(void *opaque, uint64_t index, uint64_t value,
                      struct xg_error *err)
{
    struct restore *r = opaque;

    switch ( index )
    {
    case HVM_PARAM_STORE_PFN:
        r->config->store_gfn = value;
        break;
    case HVM_PARAM_CONSOLE_PFN:
        r->config->console_gfn = value;
        break;
    case HVM_PARAM_STORE_EVTCHN:
    case HVM_PARAM_CONSOLE_EVTCHN:
        return 0; /* this domain has ports of its own */
    }
    if ( index > UINT32_MAX ||
         xc_hvm_param_set(r->xch, r->domid, index, value) )
        return xg_fail(err, "cannot set the domain's parameter %llu: %s",
                       (unsigned long long)index, strerror(errno));
    return 0;
}

/* Rings that their daemons have not seen yet start out empty. */
static int clear_ring(struct restore *r, uint64_t gfn, const char *what,
                      struct xg_error *err)
{
    void *p;

    if ( !gfn || gfn >= r->max_pfn || !is_populated(r, gfn) )
        return xg_fail(err, "the image has no page for the %s", what);
    p = map_frames(r, 1, &gfn, err);
    if ( !p )
        return -1;
    memset(p, 0, XG_PAGE_SIZE);
    unmap_frames(r, p, 1);
    return 0;
}

static int finish(void *opaque, uint8_t *context, uint32_t size,
                  struct xg_error *err)
{
    struct restore *r = opaque;
    const struct xg_config *c = r->config;

    if ( clear_ring(r, c->store_gfn, "store", err) ||
         clear_ring(r, c->console_gfn, "console", err) )
        return -1;
    if ( xc_hvm_param_set(r->xch, r->domid, HVM_PARAM_STORE_EVTCHN,
                          c->store_port) ||
         xc_hvm_param_set(r->xch, r->domid, HVM_PARAM_CONSOLE_EVTCHN,
                          c->console_port) )
        return failed(err, "set the domain's event channels");
    if ( xc_domain_hvm_setcontext(r->xch, r->domid, context, size) )
        return failed(err, "load the domain's virtual hardware");
    if ( xc_dom_gnttab_seed(r->xch, r->domid, c->console_gfn, c->store_gfn,
                            c->console_domid, c->store_domid) )
        return failed(err, "grant console and xenstore pages");
    return 0;
}

int xg_restore(xc_interface *xch, uint32_t domid, int fd,
               const struct xg_restore_options *options,
               struct xg_config *config, xentoollog_logger *logger,
               struct xg_error *err)
{
    struct restore r = {
        .xch = xch,
        .domid = domid,
        .logger = logger,
        .options = options,
        .config = config,
        /* RAM leaves out what is below 4 GiB and not RAM. */
        .max_pfn = (XG_4G >> XG_PAGE_SHIFT) +
                   (options->maxmem_kb >> (XG_PAGE_SHIFT - 10)),
    };
    const struct xg_sink sink = {
        .max_pfn = r.max_pfn,
        .policy = take_policy,
        .populate = take_frames,
        .map = map_frames,
        .unmap = unmap_frames,
        .tsc = take_tsc,
        .param = take_param,
        .end = finish,
    };
    int rc;

    r.populated = calloc(r.max_pfn / WORD_BITS + 1, sizeof(*r.populated));
    if ( !r.populated )
        return xg_fail(err, "out of memory");
    rc = xg_stream_read(fd, &sink, &r, err);
    free(r.populated);
    return rc;
}
