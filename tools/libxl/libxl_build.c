/* SPDX-License-Identifier: MIT */
/* Turn an empty domain into a guest: limits, CPU policy, memory, kernel. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/hvm/params.h>

#include "libxl_create.h"
#include "libxl_stream.h"

static int set_affinity(struct libxl__create *c, const libxl_bitmap *maps,
                        unsigned int nr, uint32_t flags)
{
    unsigned int vcpu, cpu, which;
    xc_cpumap_t map;
    int size, rc = 0;

    size = xc_get_cpumap_size(c->ctx->xch);
    if ( !nr || size < 0 )
        return 0;
    for ( vcpu = 0; vcpu < c->config->b_info.max_vcpus && !rc; vcpu++ )
    {
        which = vcpu < nr ? vcpu : nr - 1;
        map = libxl__calloc(size, 1);
        for ( cpu = 0; cpu < (unsigned int)size * 8; cpu++ )
            if ( cpu < maps[which].size * 8 &&
                 (maps[which].map[cpu / 8] & (1u << (cpu % 8))) )
                xc_cpumap_setcpu(cpu, map);
        if ( xc_vcpu_setaffinity(c->ctx->xch, c->domid, vcpu,
                                 flags & XEN_VCPUAFFINITY_HARD ? map : NULL,
                                 flags & XEN_VCPUAFFINITY_SOFT ? map : NULL,
                                 flags) )
        {
            LOGED(c->ctx, ERROR, c->domid,
                  "cannot pin vcpu %u: does the machine have these CPUs?",
                  vcpu);
            rc = ERROR_FAIL;
        }
        free(map);
    }
    return rc;
}

static int set_scheduling(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    struct xen_domctl_sched_credit2 params;
    int rc;

    rc = set_affinity(c, b->hard, b->nr_hard, XEN_VCPUAFFINITY_HARD);
    if ( !rc )
        rc = set_affinity(c, b->soft, b->nr_soft, XEN_VCPUAFFINITY_SOFT);
    if ( rc || (b->sched_weight < 0 && b->sched_cap < 0) )
        return rc;

    /* Its pool may have another scheduler. */
    if ( xc_sched_credit2_domain_get(c->ctx->xch, c->domid, &params) )
    {
        LOGD(c->ctx, ERROR, c->domid,
             "the scheduler takes neither cpu_weight nor cap");
        return ERROR_FAIL;
    }
    if ( b->sched_weight >= 0 )
        params.weight = b->sched_weight;
    if ( b->sched_cap >= 0 )
        params.cap = b->sched_cap;
    if ( xc_sched_credit2_domain_set(c->ctx->xch, c->domid, &params) )
    {
        LOGED(c->ctx, ERROR, c->domid, "cannot set cpu_weight or cap");
        return ERROR_FAIL;
    }
    return 0;
}

/* One failed hypercall of many that need no explanation of their own. */
static int hypercall_failed(struct libxl__create *c, const char *what)
{
    LOGED(c->ctx, ERROR, c->domid, "cannot set its %s", what);
    return ERROR_FAIL;
}

int libxl__set_limits(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    xc_interface *xch = c->ctx->xch;
    uint64_t pool = libxl__paging_memory_kb(b) << 10;
    int32_t offset = b->rtc_timeoffset;
    time_t now = time(NULL);
    struct tm local;

    if ( xc_domain_max_vcpus(xch, c->domid, b->max_vcpus) )
        return hypercall_failed(c, "number of vcpus");
    if ( xc_domain_setmaxmem(xch, c->domid,
                             b->target_memkb + LIBXL_MAXMEM_CONSTANT) )
        return hypercall_failed(c, "memory limit");
    if ( xc_hvm_param_set(xch, c->domid, HVM_PARAM_TIMER_MODE, b->timer_mode) )
        return hypercall_failed(c, "timer mode");
    if ( xc_domain_set_tsc_info(xch, c->domid, b->tsc_mode, 0, 0, 0) )
        return hypercall_failed(c, "TSC mode");
    if ( xc_set_paging_mempool_size(xch, c->domid, pool) )
        return hypercall_failed(c, "page table memory");
    if ( b->localtime && localtime_r(&now, &local) )
        offset += local.tm_gmtoff;
    if ( offset && xc_domain_set_time_offset(xch, c->domid, offset) )
        return hypercall_failed(c, "time offset");
    return set_scheduling(c);
}

int libxl__set_policy(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    const struct xg_policy_options options = {
        .nested_virt = b->nested_hvm,
        .itsc = b->invtsc,
    };
    struct xg_error err;

    if ( !xg_domain_set_policy(c->ctx->xch, c->domid, &options, b->cpuid,
                               b->nr_cpuid, &err) )
        return 0;
    LOGD(c->ctx, ERROR, c->domid, "%s", err.text);
    return ERROR_FAIL;
}

int libxl__alloc_ports(struct libxl__create *c)
{
    int store, console;

    store =
        xc_evtchn_alloc_unbound(c->ctx->xch, c->domid, LIBXL__TOOLSTACK_DOMID);
    console =
        xc_evtchn_alloc_unbound(c->ctx->xch, c->domid, LIBXL__TOOLSTACK_DOMID);
    if ( store < 0 || console < 0 )
        return hypercall_failed(c, "event channels");
    c->guest.store_port = store;
    c->guest.console_port = console;
    c->guest.store_domid = LIBXL__TOOLSTACK_DOMID;
    c->guest.console_domid = LIBXL__TOOLSTACK_DOMID;
    return 0;
}

/*
 * A domain that may grow starts with all it may grow to in its memory map,
 * since its balloon driver takes the map for static-max and gives back what is
 * above the target. Where memory can be populated on demand it has only the
 * target's worth until then; otherwise it has all of it for that moment.
 */
static int allow_growth(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;

    if ( !c->guest.populate_on_demand ||
         xg_populate_on_demand_start(c->ctx->xch, c->domid, &c->guest) )
        return 0;
    c->guest.populate_on_demand = false;
    LOGD(c->ctx, VERBOSE, c->domid,
         "starts with maxmem: the hypervisor does not populate on demand");
    if ( xc_domain_setmaxmem(c->ctx->xch, c->domid,
                             b->max_memkb + LIBXL_MAXMEM_CONSTANT) )
        return hypercall_failed(c, "memory limit");
    return 0;
}

int libxl__build(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    struct xg_error err;
    int rc;

    rc = allow_growth(c);
    if ( rc )
        return rc;
    if ( xg_build_pvh(c->ctx->xch, c->domid, &c->image, &c->plan, &c->guest,
                      c->ctx->lg, &err) )
    {
        LOGD(c->ctx, ERROR, c->domid, "%s", err.text);
        return ERROR_FAIL;
    }
    if ( xc_domain_setmaxmem(c->ctx->xch, c->domid,
                             b->target_memkb + LIBXL_MAXMEM_CONSTANT) )
        return hypercall_failed(c, "memory limit");
    return 0;
}

static int read_image(void *opaque, struct xg_error *err)
{
    struct libxl__create *c = opaque;
    libxl_domain_build_info *b = &c->config->b_info;
    struct xg_policy_options policy = {
        .nested_virt = b->nested_hvm,
        .itsc = b->invtsc,
    };
    const struct xg_restore_options options = {
        .policy = &policy,
        .maxmem_kb = b->max_memkb,
    };

    return xg_restore(c->ctx->xch, c->domid, c->image_fd, &options, &c->guest,
                      c->ctx->lg, err);
}

int libxl__restore(struct libxl__create *c)
{
    struct xg_error err;

    if ( !libxl__stream_read(c->image_fd, read_image, c, &err) )
        return 0;
    LOGD(c->ctx, ERROR, c->domid, "cannot restore it: %s", err.text);
    return ERROR_FAIL;
}
