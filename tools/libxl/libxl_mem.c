/* SPDX-License-Identifier: MIT */
/* Memory: what a domain needs, what is free, and changing it later. */

#include <errno.h>
#include <stdlib.h>

#include "libxl_internal.h"

/* Per page table overhead, in pages: see libxl__paging_memory_kb(). */
#define PAGING_PAGES_PER_VCPU 256ull
#define PAGING_PAGES_PER_MIB  2ull
#define NESTED_PAGES_PER_VCPU 512ull
#define KB_PER_PAGE           4ull

/* What the hypervisor needs besides for a domain's own structures. */
#define HYPERVISOR_SLACK_KB 2048ull

/*
 * A MiB for each vcpu, and two pages for each MiB of memory, as Xen's tools
 * have it. Those do not reckon with what nested VMX keeps for each VMCS of L1.
 */
uint64_t libxl__paging_memory_kb(const libxl_domain_build_info *b)
{
    uint64_t per_vcpu =
        PAGING_PAGES_PER_VCPU + (b->nested_hvm ? NESTED_PAGES_PER_VCPU : 0);

    return KB_PER_PAGE * (per_vcpu * b->max_vcpus +
                          PAGING_PAGES_PER_MIB * (b->max_memkb / 1024));
}

int libxl__check_free_memory(libxl_ctx *ctx, uint64_t needed_kb)
{
    xc_physinfo_t info;
    uint64_t free_kb;

    if ( xc_physinfo(ctx->xch, &info) )
    {
        LOGE(ctx, ERROR, "cannot ask the hypervisor for its free memory");
        return ERROR_FAIL;
    }
    free_kb = (info.free_pages - info.outstanding_pages) * KB_PER_PAGE;
    if ( needed_kb + HYPERVISOR_SLACK_KB <= free_kb )
        return 0;

    LOG(ctx, ERROR,
        "not enough free memory: the domain needs %llu MiB with its page "
        "tables, %llu MiB are free; lower memory=, stop a domain or shrink "
        "Dom0 (dom0_mem= at boot)",
        (unsigned long long)(needed_kb + HYPERVISOR_SLACK_KB) >> 10,
        (unsigned long long)free_kb >> 10);
    return ERROR_NOMEM;
}

int libxl_set_memory_target(libxl_ctx *ctx, uint32_t domid,
                            uint64_t target_memkb)
{
    long long max = libxl__xs_read_number(
        ctx, path("/local/domain/%u/memory/static-max", domid));
    struct libxl__batch b = { 0 };

    if ( max >= 0 && target_memkb > (uint64_t)max )
    {
        LOGD(ctx, ERROR, domid,
             "memory target %llu MiB is above its maximum of %lld MiB",
             (unsigned long long)target_memkb >> 10, max >> 10);
        return ERROR_INVAL;
    }
    if ( domid != LIBXL__TOOLSTACK_DOMID &&
         xc_domain_setmaxmem(ctx->xch, domid,
                             target_memkb + LIBXL_MAXMEM_CONSTANT) )
    {
        LOGED(ctx, ERROR, domid, "cannot set its memory limit");
        return ERROR_FAIL;
    }
    libxl__batch_write(&b, libxl__perms_readable(domid),
                       path("/local/domain/%u/memory/target", domid), "%llu",
                       (unsigned long long)target_memkb);
    return libxl__batch_commit(ctx, &b);
}

int libxl_domain_setmaxmem(libxl_ctx *ctx, uint32_t domid, uint64_t max_memkb)
{
    long long target = libxl__xs_read_number(
        ctx, path("/local/domain/%u/memory/target", domid));

    if ( target >= 0 && max_memkb < (uint64_t)target )
    {
        LOGD(ctx, ERROR, domid,
             "maximum of %llu MiB is below its memory target of %lld MiB",
             (unsigned long long)max_memkb >> 10, target >> 10);
        return ERROR_INVAL;
    }
    if ( !xc_domain_setmaxmem(ctx->xch, domid,
                              max_memkb + LIBXL_MAXMEM_CONSTANT) )
        return 0;
    LOGED(ctx, ERROR, domid, "cannot set its memory limit");
    return ERROR_FAIL;
}
