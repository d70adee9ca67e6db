/* SPDX-License-Identifier: MIT */
/* Create a domain: from a configuration to a paused, complete guest. */

/*
 * The order: everything that can be checked without a domain (files, names,
 * memory); the empty domain and its XenStore nodes; its limits, CPU policy and
 * memory; its console and devices; its stored configuration. From the second
 * step on any failure destroys the domain again.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/time.h>
#include <unistd.h>

#include "libxl_create.h"

#define DEFAULT_TIMER_MODE 1
#define LOCK_FILE          "/run/lock/xl"

/* --- before there is a domain --- */

static int check_name(libxl_ctx *ctx, const char *name)
{
    uint32_t other;

    if ( !libxl__name_is_valid(ctx, name) )
        return ERROR_INVAL;
    if ( !libxl_name_to_domid(ctx, name, &other) )
    {
        LOG(ctx, ERROR,
            "domain name \"%s\" is already in use by domain %u: choose "
            "another or destroy that one",
            name, other);
        return ERROR_INVAL;
    }
    return 0;
}

static int check_uuid(libxl_ctx *ctx, libxl_domain_create_info *c)
{
    char text[UUID_STR_LEN];
    libxl_dominfo *list;
    int nr, i, rc = 0;

    if ( !c->have_uuid )
    {
        uuid_generate(c->uuid);
        c->have_uuid = true;
        return 0;
    }
    list = libxl_list_domain(ctx, &nr);
    for ( i = 0; i < nr && !rc; i++ )
        if ( !uuid_compare(list[i].uuid, c->uuid) )
        {
            uuid_unparse_lower(c->uuid, text);
            LOG(ctx, ERROR, "uuid %s is already in use by domain %u", text,
                list[i].domid);
            rc = ERROR_INVAL;
        }
    free(list);
    return rc;
}

static int set_defaults(libxl_ctx *ctx, libxl_domain_build_info *b)
{
    if ( !b->max_vcpus )
        b->max_vcpus = 1;
    if ( !b->avail_vcpus )
        b->avail_vcpus = b->max_vcpus;
    if ( b->max_vcpus > LIBXL_MAX_VCPUS || b->avail_vcpus > b->max_vcpus )
    {
        LOG(ctx, ERROR, "vcpus: %u of %u are not possible (at most %u)",
            b->avail_vcpus, b->max_vcpus, LIBXL_MAX_VCPUS);
        return ERROR_INVAL;
    }

    if ( b->max_memkb == LIBXL_MEMKB_DEFAULT )
        b->max_memkb =
            b->target_memkb != LIBXL_MEMKB_DEFAULT ? b->target_memkb : 32 << 10;
    if ( b->target_memkb == LIBXL_MEMKB_DEFAULT )
        b->target_memkb = b->max_memkb;
    if ( b->target_memkb > b->max_memkb )
    {
        LOG(ctx, ERROR, "memory = %llu MiB is more than maxmem = %llu MiB",
            (unsigned long long)b->target_memkb >> 10,
            (unsigned long long)b->max_memkb >> 10);
        return ERROR_INVAL;
    }
    if ( !b->event_channels )
        b->event_channels = LIBXL_EVENT_CHANNELS;
    if ( b->timer_mode < 0 )
        b->timer_mode = DEFAULT_TIMER_MODE;
    return 0;
}

static int open_image(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    struct xg_error err;

    if ( c->image_fd < 0 && !b->kernel )
    {
        LOG(c->ctx, ERROR, "the domain has no kernel: set kernel=");
        return ERROR_INVAL;
    }
    c->guest = (struct xg_config){
        .cmdline = b->cmdline,
        .memory_kb = b->target_memkb,
        .maxmem_kb = b->max_memkb,
        .nr_vcpus = b->max_vcpus,
        .populate_on_demand = b->target_memkb < b->max_memkb,
    };
    if ( c->image_fd >= 0 )
        return 0;
    if ( xg_image_open(&c->image, b->kernel, b->ramdisk, &err) ||
         xg_plan(&c->plan, &c->image, &c->guest, &err) )
    {
        LOG(c->ctx, ERROR, "%s", err.text);
        return ERROR_INVAL;
    }
    return 0;
}

static int prepare(struct libxl__create *c)
{
    unsigned int i;
    int rc;

    rc = set_defaults(c->ctx, &c->config->b_info);
    for ( i = 0; i < c->config->num_disks && !rc; i++ )
        rc = libxl__disk_check(c->ctx, &c->config->disks[i]);
    for ( i = 0; i < c->config->num_p9s && !rc; i++ )
        rc = libxl__p9_check(c->ctx, &c->config->p9s[i]);
    if ( !rc )
        rc = open_image(c);
    return rc;
}

/* --- the empty domain --- */

static int make_domain(struct libxl__create *c)
{
    libxl_domain_build_info *b = &c->config->b_info;
    struct xen_domctl_createdomain create = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = b->max_vcpus,
        .max_evtchn_port = b->event_channels,
        .max_grant_frames = b->max_grant_frames,
        .max_maptrack_frames = b->max_maptrack_frames,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
        .arch.emulation_flags = XEN_X86_EMU_LAPIC,
    };
    xc_physinfo_t info;
    uint32_t domid = 0;

    if ( c->config->c_info.pool_name &&
         libxl_cpupool_qualifier_to_cpupoolid(
             c->ctx, c->config->c_info.pool_name, &create.cpupool_id) )
    {
        LOG(c->ctx, ERROR, "there is no pool \"%s\"",
            c->config->c_info.pool_name);
        return ERROR_INVAL;
    }
    if ( xc_physinfo(c->ctx->xch, &info) )
    {
        LOGE(c->ctx, ERROR, "cannot ask the hypervisor what it can do");
        return ERROR_FAIL;
    }
    if ( !(info.capabilities & XEN_SYSCTL_PHYSCAP_hvm) )
    {
        LOG(c->ctx, ERROR,
            "the hypervisor cannot run PVH domains: the CPU lacks VT-x, or "
            "the firmware has locked it off");
        return ERROR_FAIL;
    }
    if ( b->max_grant_version )
        create.grant_opts = XEN_DOMCTL_GRANT_version(b->max_grant_version);
    else if ( info.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2 )
        create.grant_opts = XEN_DOMCTL_GRANT_version(2);
    if ( b->nested_hvm )
        create.flags |= XEN_DOMCTL_CDF_nested_virt;
    if ( b->msr_relaxed )
        create.arch.misc_flags |= XEN_X86_MSR_RELAXED;
    memcpy(create.handle, c->config->c_info.uuid, sizeof(create.handle));

    if ( xc_domain_create(c->ctx->xch, &domid, &create) )
    {
        LOGE(c->ctx, ERROR, "the hypervisor does not create the domain%s",
             b->nested_hvm ? " (does it support nestedhvm?)" : "");
        return ERROR_FAIL;
    }
    c->domid = domid;
    return 0;
}

/* The nodes that the domain itself may write, and those it may only read. */
static const struct node
{
    const char *name;
    bool guest_writes;
} nodes[] = {
    { "cpu", false },
    { "memory", false },
    { "device", false },
    { "device/suspend", false },
    { "device/suspend/event-channel", true },
    { "control", false },
    { "control/shutdown", true },
    { "control/feature-poweroff", true },
    { "control/feature-reboot", true },
    { "control/feature-suspend", true },
    { "control/sysrq", true },
    { "data", true },
    { "drivers", true },
    { "feature", true },
    { "attr", true },
    { "error", true },
};

static int make_nodes(struct libxl__create *c)
{
    libxl_domain_config *config = c->config;
    libxl_domain_build_info *b = &config->b_info;
    struct libxl__perms ro = libxl__perms_readable(c->domid);
    struct libxl__perms rw = libxl__perms_owned(c->domid);
    struct libxl__batch batch = { 0 };
    char uuid[UUID_STR_LEN];
    struct timeval now;
    unsigned int i, d = c->domid;

    uuid_unparse_lower(config->c_info.uuid, uuid);
    gettimeofday(&now, NULL);

    libxl__batch_rm(&batch, path("/local/domain/%u", d));
    libxl__batch_rm(&batch, path("/vm/%s", uuid));
    libxl__batch_rm(&batch, path("/libxl/%u", d));
    libxl__batch_mkdir(&batch, ro, path("/local/domain/%u", d));
    libxl__batch_mkdir(&batch, ro, path("/vm/%s", uuid));
    libxl__batch_mkdir(&batch, libxl__perms_private(), path("/libxl/%u", d));
    libxl__batch_write(&batch, libxl__perms_private(),
                       path("/libxl/%u/type", d), "pvh");

    libxl__batch_write(&batch, ro, path("/local/domain/%u/vm", d), "/vm/%s",
                       uuid);
    libxl__batch_write(&batch, ro, path("/local/domain/%u/name", d), "%s",
                       config->c_info.name);
    for ( i = 0; i < ARRAY_SIZE(nodes); i++ )
        libxl__batch_mkdir(&batch, nodes[i].guest_writes ? rw : ro,
                           path("/local/domain/%u/%s", d, nodes[i].name));
    for ( i = 0; i < b->max_vcpus; i++ )
        libxl__batch_write(&batch, ro,
                           path("/local/domain/%u/cpu/%u/availability", d, i),
                           i < b->avail_vcpus ? "online" : "offline");
    libxl__batch_write(&batch, ro,
                       path("/local/domain/%u/memory/static-max", d), "%llu",
                       (unsigned long long)b->max_memkb);
    libxl__batch_write(&batch, ro, path("/local/domain/%u/memory/target", d),
                       "%llu", (unsigned long long)b->target_memkb);
    libxl__batch_write(&batch, ro, path("/local/domain/%u/memory/videoram", d),
                       "0");
    libxl__batch_write(&batch, ro,
                       path("/local/domain/%u/control/"
                            "platform-feature-multiprocessor-suspend",
                            d),
                       "1");
    libxl__batch_write(
        &batch, ro,
        path("/local/domain/%u/control/platform-feature-xs_reset_watches", d),
        "1");
    libxl__batch_write(&batch, ro, path("/local/domain/%u/domid", d), "%u", d);

    libxl__batch_write(&batch, ro, path("/vm/%s/name", uuid), "%s",
                       config->c_info.name);
    libxl__batch_write(&batch, ro, path("/vm/%s/uuid", uuid), "%s", uuid);
    libxl__batch_write(&batch, ro, path("/vm/%s/start_time", uuid), "%lld.%02d",
                       (long long)now.tv_sec, (int)now.tv_usec / 10000);
    return libxl__batch_commit(c->ctx, &batch);
}

/* --- what it is connected to --- */

static int introduce(struct libxl__create *c)
{
    struct libxl__perms ro = libxl__perms_readable(c->domid);
    struct libxl__batch b = { 0 };
    struct xs_handle *xsh;
    int rc;

    libxl__batch_write(&b, ro, path("/local/domain/%u/store/port", c->domid),
                       "%u", c->guest.store_port);
    libxl__batch_write(&b, ro,
                       path("/local/domain/%u/store/ring-ref", c->domid), "%lu",
                       (unsigned long)c->guest.store_gfn);
    rc = libxl__batch_commit(c->ctx, &b);
    if ( rc )
        return rc;

    rc = libxl__console_add(c->ctx, c->domid, c->guest.console_port,
                            c->guest.console_gfn);
    if ( rc )
        return rc;

    xsh = libxl__xs(c->ctx);
    if ( xsh && xs_introduce_domain(xsh, c->domid, c->guest.store_gfn,
                                    c->guest.store_port) )
        return 0;
    LOGED(c->ctx, ERROR, c->domid, "xenstored does not take it up");
    return ERROR_FAIL;
}

static int add_devices(struct libxl__create *c)
{
    libxl_domain_config *config = c->config;
    unsigned int i;
    int rc;

    for ( i = 0; i < config->num_disks; i++ )
    {
        rc = libxl_device_disk_add(c->ctx, c->domid, &config->disks[i]);
        if ( rc )
            return rc;
    }
    for ( i = 0; i < config->num_nics; i++ )
    {
        if ( config->nics[i].devid < 0 )
            config->nics[i].devid = i;
        rc = libxl_device_nic_add(c->ctx, c->domid, &config->nics[i]);
        if ( rc )
            return rc;
    }
    return 0;
}

/* Directories, and QEMU, which serves them. */
static int share_directories(struct libxl__create *c)
{
    libxl_domain_config *config = c->config;
    unsigned int i;
    int rc = 0;

    for ( i = 0; i < config->num_p9s && !rc; i++ )
    {
        config->p9s[i].devid = i;
        rc = libxl__p9_add(c->ctx, c->domid, &config->p9s[i]);
    }
    if ( config->num_p9s && !rc )
        rc = libxl__dm_start(c->ctx, c->domid, config->c_info.name,
                             config->b_info.target_memkb);
    for ( i = 0; i < config->num_p9s && !rc; i++ )
        rc = libxl__p9_connect(c->ctx, c->domid, &config->p9s[i]);
    return rc;
}

static int store_config(struct libxl__create *c)
{
    char *json = libxl_domain_config_to_json(c->config);
    int rc = ERROR_NOMEM;

    if ( json )
        rc = libxl_userdata_store(c->ctx, c->domid, "libxl-json", json);
    free(json);
    return rc;
}

/*
 * Two creations at once could take the same name, or the same free memory:
 * one after the other until the domain has both. Who dies releases the lock.
 */
static int lock_creation(libxl_ctx *ctx)
{
    int fd = open(LOCK_FILE, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if ( fd >= 0 && flock(fd, LOCK_EX) )
    {
        close(fd);
        fd = -1;
    }
    if ( fd < 0 )
        LOGE(ctx, WARN, "cannot lock %s", LOCK_FILE);
    return fd;
}

typedef int step_fn(struct libxl__create *c);

/* The list ends with null. */
static step_fn *const new_steps[] = {
    make_nodes,         libxl__set_limits,
    libxl__alloc_ports, libxl__set_policy,
    libxl__build,       introduce,
    add_devices,        share_directories,
    store_config,       NULL,
};

static step_fn *const restore_steps[] = {
    make_nodes,        libxl__set_limits, libxl__alloc_ports,
    libxl__restore,    introduce,         add_devices,
    share_directories, store_config,      NULL,
};

static int create(struct libxl__create *c, step_fn *const *steps,
                  uint32_t *domid)
{
    libxl_ctx *ctx = c->ctx;
    libxl_domain_config *config = c->config;
    int rc, lock;

    c->image.ramdisk_fd = -1;
    if ( !libxl__xs(ctx) )
        return ERROR_NOT_READY;
    lock = lock_creation(ctx);
    rc = check_name(ctx, config->c_info.name);
    if ( !rc && !(c->incoming && config->c_info.have_uuid) )
        rc = check_uuid(ctx, &config->c_info);
    if ( !rc )
        rc = prepare(c);
    if ( !rc )
        rc = libxl__check_free_memory(
            ctx, config->b_info.target_memkb +
                     libxl__paging_memory_kb(&config->b_info));
    if ( !rc )
        rc = make_domain(c);
    if ( rc )
        goto out;

    for ( ; *steps && !rc; steps++ )
    {
        rc = (*steps)(c);
        if ( !rc && ctx->aborted )
        {
            LOGD(ctx, ERROR, c->domid, "interrupted: it is removed again");
            rc = ERROR_ABORTED;
        }
    }
    if ( rc )
    {
        /* Removing it takes its time, unless interrupted once more. */
        ctx->aborted = 0;
        (void)libxl_domain_destroy(ctx, c->domid);
    }
    else
        *domid = c->domid;

out:
    if ( lock >= 0 )
        close(lock);
    xg_image_close(&c->image);
    return rc;
}

int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *config,
                            uint32_t *domid)
{
    struct libxl__create c = { .ctx = ctx, .config = config, .image_fd = -1 };

    return create(&c, new_steps, domid);
}

int libxl_domain_create_restore(libxl_ctx *ctx, libxl_domain_config *config,
                                int fd, bool incoming, uint32_t *domid)
{
    struct libxl__create c = {
        .ctx = ctx, .config = config, .image_fd = fd, .incoming = incoming
    };

    return create(&c, restore_steps, domid);
}
