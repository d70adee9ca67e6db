/* SPDX-License-Identifier: MIT */
/* The configuration of a running domain: as stored, with what has changed. */

#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

static bool has_device(libxl_ctx *ctx, uint32_t domid, const char *kind,
                       int devid)
{
    char *backend = libxl__xs_read(
        ctx, path("/libxl/%u/device/%s/%d/backend", domid, kind, devid));
    bool there = backend;

    free(backend);
    return there;
}

/* Devices that were detached since are not to come back. */
static void drop_detached(libxl_ctx *ctx, uint32_t domid,
                          libxl_domain_config *config)
{
    unsigned int i, kept = 0;

    for ( i = 0; i < config->num_disks; i++ )
        if ( has_device(ctx, domid, "vbd",
                        libxl_vdev_to_devid(config->disks[i].vdev)) )
            config->disks[kept++] = config->disks[i];
        else
            libxl_device_disk_dispose(&config->disks[i]);
    config->num_disks = kept;

    kept = 0;
    for ( i = 0; i < config->num_nics; i++ )
        if ( has_device(ctx, domid, "vif", config->nics[i].devid) )
            config->nics[kept++] = config->nics[i];
        else
            libxl_device_nic_dispose(&config->nics[i]);
    config->num_nics = kept;
}

static char *disk_node(libxl_ctx *ctx, uint32_t domid, const char *devid,
                       const char *key)
{
    return libxl__xs_read(
        ctx, path("/libxl/%u/device/vbd/%s/%s", domid, devid, key));
}

/* Disks that were attached since come from what we noted of them then. */
static void add_attached(libxl_ctx *ctx, uint32_t domid,
                         libxl_domain_config *config)
{
    libxl_device_disk *disk;
    unsigned int nr, i, j;
    char **ids, *mode;

    ids = libxl__xs_directory(ctx, path("/libxl/%u/device/vbd", domid), &nr);
    for ( i = 0; i < nr; i++ )
    {
        for ( j = 0; j < config->num_disks; j++ )
            if ( libxl_vdev_to_devid(config->disks[j].vdev) == atoi(ids[i]) )
                break;
        if ( j < config->num_disks )
            continue;
        config->disks =
            libxl__realloc(config->disks, config->num_disks + 1, sizeof(*disk));
        disk = &config->disks[config->num_disks];
        libxl_device_disk_init(disk);
        disk->vdev = disk_node(ctx, domid, ids[i], "dev");
        disk->pdev_path = disk_node(ctx, domid, ids[i], "params");
        mode = disk_node(ctx, domid, ids[i], "mode");
        disk->readwrite = mode && !strcmp(mode, "w");
        free(mode);
        if ( disk->vdev && disk->pdev_path )
            config->num_disks++;
        else
            libxl_device_disk_dispose(disk);
    }
    free(ids);
}

int libxl_retrieve_domain_configuration(libxl_ctx *ctx, uint32_t domid,
                                        libxl_domain_config *config)
{
    char *text = libxl_userdata_retrieve(ctx, domid, "libxl-json");
    long long target;
    char *name;
    int rc;

    if ( !text )
    {
        LOGD(ctx, ERROR, domid,
             "no configuration is stored of it: it cannot be saved");
        return ERROR_FAIL;
    }
    rc = libxl_domain_config_from_json(ctx, text, config);
    free(text);
    if ( rc )
        return rc;

    name = libxl_domid_to_name(ctx, domid);
    if ( name )
    {
        free(config->c_info.name);
        config->c_info.name = name;
    }
    target = libxl__xs_read_number(
        ctx, path("/local/domain/%u/memory/target", domid));
    if ( target > 0 )
        config->b_info.target_memkb = target;
    drop_detached(ctx, domid, config);
    add_attached(ctx, domid, config);
    return 0;
}
