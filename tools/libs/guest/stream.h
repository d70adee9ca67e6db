/* SPDX-License-Identifier: MIT */
/* The domain image that libxc streams: headers, records, and reading them. */
#ifndef XENGUEST_STREAM_H
#define XENGUEST_STREAM_H

/*
 * An image is a header in big-endian order, a header of the domain and then
 * records, each padded to 8 bytes: in version 3 first what a domain is made
 * with (its CPU policy) up to STATIC_DATA_END, then its memory, page by page
 * and perhaps repeatedly, then its clock, virtual hardware and parameters, and
 * END. libxc-migration-stream of Xen's documentation describes it.
 */

#include <xen/domctl.h>

#include "private.h"

#define XG_IMAGE_MARKER     0xffffffffffffffffull
#define XG_IMAGE_ID         0x58454e46u /* "XENF" */
#define XG_IMAGE_VERSION    3u
#define XG_IMAGE_OLDEST     2u
#define XG_IMAGE_BIG_ENDIAN 1u

struct xg_image_header
{
    uint64_t marker;
    uint32_t id, version;
    uint16_t options, reserved1;
    uint32_t reserved2;
};
_Static_assert(sizeof(struct xg_image_header) == 24, "format");

#define XG_DOMAIN_HVM 2u

struct xg_domain_header
{
    uint32_t type;
    uint16_t page_shift, reserved;
    uint32_t xen_major, xen_minor;
};
_Static_assert(sizeof(struct xg_domain_header) == 16, "format");

struct xg_record
{
    uint32_t type, length;
};
_Static_assert(sizeof(struct xg_record) == 8, "format");

enum
{
    XG_REC_END = 0x0,
    XG_REC_PAGE_DATA = 0x1,
    XG_REC_TSC_INFO = 0x8,
    XG_REC_HVM_CONTEXT = 0x9,
    XG_REC_HVM_PARAMS = 0xa,
    XG_REC_VERIFY = 0xd,
    XG_REC_CHECKPOINT = 0xe,
    XG_REC_STATIC_DATA_END = 0x10,
    XG_REC_CPUID_POLICY = 0x11,
    XG_REC_MSR_POLICY = 0x12,
};
#define XG_REC_OPTIONAL 0x80000000u

struct xg_page_data
{
    uint32_t count, reserved;
};

/* The top four bits of a frame number in PAGE_DATA are its type. */
#define XG_PFN_TYPE_SHIFT 60
#define XG_PFN_MASK       ((1ull << 52) - 1)
#define XG_TYPE_NOTAB     0x0u
#define XG_TYPE_BROKEN    0xdu
#define XG_TYPE_XALLOC    0xeu
#define XG_TYPE_XTAB      0xfu
/* Of the hypervisor's answer, where the type is at bit 28. */
#define XG_DOMCTL_TYPE(t) ((uint32_t)(t) >> XEN_DOMCTL_PFINFO_LTAB_SHIFT)

struct xg_tsc_info
{
    uint32_t mode, khz;
    uint64_t nsec;
    uint32_t incarnation, reserved;
};
_Static_assert(sizeof(struct xg_tsc_info) == 24, "format");

struct xg_params_header
{
    uint32_t count, reserved;
};

struct xg_param
{
    uint64_t index, value;
};

/* Pages in one PAGE_DATA record, and in one mapping. */
#define XG_BATCH 1024u

/* --- reading: stream-read.c (pure) --- */

/*
 * Who takes in the image. Functions return 0, or -1 with the error set. Any
 * number of pages calls comes between policy (absent in version 2) and end.
 */
struct xg_sink
{
    uint64_t max_pfn; /* frames at or above it are not the domain's */
    /* The domain's CPU policy; leaves null: the image has none. */
    int (*policy)(void *opaque, xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                  xen_msr_entry_t *msrs, uint32_t nr_msrs,
                  struct xg_error *err);
    /* Frames that are to exist; type XG_TYPE_XTAB: are not to. */
    int (*populate)(void *opaque, unsigned int nr, const uint64_t *pfns,
                    const uint8_t *types, struct xg_error *err);
    /* Memory for the contents of nr frames, until unmap. */
    void *(*map)(void *opaque, unsigned int nr, const uint64_t *pfns,
                 struct xg_error *err);
    void (*unmap)(void *opaque, void *mapping, unsigned int nr);
    int (*tsc)(void *opaque, const struct xg_tsc_info *info,
               struct xg_error *err);
    int (*param)(void *opaque, uint64_t index, uint64_t value,
                 struct xg_error *err);
    /* The image is whole: start it from this virtual hardware. */
    int (*end)(void *opaque, uint8_t *context, uint32_t size,
               struct xg_error *err);
};

int xg_stream_read(int fd, const struct xg_sink *sink, void *opaque,
                   struct xg_error *err);

#endif
