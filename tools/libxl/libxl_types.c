/* SPDX-License-Identifier: MIT */
/* The types of a domain's configuration: defaults and disposal. */

#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

static const char *const action_names[] = {
    [LIBXL_ACTION_ON_SHUTDOWN_DESTROY] = "destroy",
    [LIBXL_ACTION_ON_SHUTDOWN_RESTART] = "restart",
    [LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME] = "rename-restart",
    [LIBXL_ACTION_ON_SHUTDOWN_PRESERVE] = "preserve",
    [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY] = "coredump-destroy",
    [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART] = "coredump-restart",
    [LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET] = "soft-reset",
};

const char *libxl_action_on_shutdown_to_string(libxl_action_on_shutdown a)
{
    if ( a >= ARRAY_SIZE(action_names) )
        return NULL;
    return action_names[a];
}

int libxl_action_on_shutdown_from_string(const char *s,
                                         libxl_action_on_shutdown *a)
{
    size_t i;

    for ( i = 1; i < ARRAY_SIZE(action_names); i++ )
        if ( !strcmp(s, action_names[i]) )
        {
            *a = i;
            return 0;
        }
    return ERROR_INVAL;
}

void libxl_device_disk_init(libxl_device_disk *disk)
{
    memset(disk, 0, sizeof(*disk));
    disk->format = LIBXL_DISK_FORMAT_RAW;
    disk->readwrite = true;
}

void libxl_device_disk_dispose(libxl_device_disk *disk)
{
    free(disk->pdev_path);
    free(disk->vdev);
    free(disk->script);
    memset(disk, 0, sizeof(*disk));
}

void libxl_device_nic_init(libxl_device_nic *nic)
{
    memset(nic, 0, sizeof(*nic));
    nic->devid = -1;
}

void libxl_device_nic_dispose(libxl_device_nic *nic)
{
    free(nic->ip);
    free(nic->bridge);
    free(nic->ifname);
    free(nic->script);
    free(nic->gatewaydev);
    free(nic->model);
    memset(nic, 0, sizeof(*nic));
}

void libxl_device_p9_init(libxl_device_p9 *p9)
{
    memset(p9, 0, sizeof(*p9));
}

void libxl_device_p9_dispose(libxl_device_p9 *p9)
{
    free(p9->tag);
    free(p9->path);
    free(p9->security_model);
    memset(p9, 0, sizeof(*p9));
}

void libxl_domain_config_init(libxl_domain_config *config)
{
    libxl_domain_build_info *b = &config->b_info;

    memset(config, 0, sizeof(*config));
    b->max_memkb = LIBXL_MEMKB_DEFAULT;
    b->target_memkb = LIBXL_MEMKB_DEFAULT;
    b->timer_mode = -1;
    b->max_grant_frames = -1;
    b->max_maptrack_frames = -1;
    b->sched_weight = -1;
    b->sched_cap = -1;
    config->on_poweroff = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    config->on_reboot = LIBXL_ACTION_ON_SHUTDOWN_RESTART;
    config->on_watchdog = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    config->on_crash = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    config->on_soft_reset = LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET;
}

static void dispose_bitmaps(libxl_bitmap *maps, unsigned int nr)
{
    unsigned int i;

    for ( i = 0; i < nr; i++ )
        free(maps[i].map);
    free(maps);
}

void libxl_domain_config_dispose(libxl_domain_config *config)
{
    libxl_domain_build_info *b = &config->b_info;
    unsigned int i;

    free(config->c_info.name);
    free(config->c_info.pool_name);
    free(b->kernel);
    free(b->ramdisk);
    free(b->cmdline);
    dispose_bitmaps(b->hard, b->nr_hard);
    dispose_bitmaps(b->soft, b->nr_soft);
    free(b->cpuid);
    for ( i = 0; i < config->num_disks; i++ )
        libxl_device_disk_dispose(&config->disks[i]);
    for ( i = 0; i < config->num_nics; i++ )
        libxl_device_nic_dispose(&config->nics[i]);
    for ( i = 0; i < config->num_p9s; i++ )
        libxl_device_p9_dispose(&config->p9s[i]);
    free(config->disks);
    free(config->nics);
    free(config->p9s);
    memset(config, 0, sizeof(*config));
}
