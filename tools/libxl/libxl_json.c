/* SPDX-License-Identifier: MIT */
/* A domain's configuration as JSON, with the names that libxl gives things. */

/*
 * In the order of Xen's libxl and, like there, only what differs from its
 * type's zero: so the text is the same where it means the same.
 */

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "libxl_internal.h"

static void key(yajl_gen g, const char *name)
{
    yajl_gen_string(g, (const unsigned char *)name, strlen(name));
}

static void string(yajl_gen g, const char *name, const char *value)
{
    if ( !value )
        return;
    key(g, name);
    yajl_gen_string(g, (const unsigned char *)value, strlen(value));
}

static void number(yajl_gen g, const char *name, long long value)
{
    key(g, name);
    yajl_gen_integer(g, value);
}

/* libxl's "defbool" is written as a word. */
static void defbool(yajl_gen g, const char *name, bool value)
{
    string(g, name, value ? "True" : "False");
}

static void empty_map(yajl_gen g, const char *name)
{
    key(g, name);
    yajl_gen_map_open(g);
    yajl_gen_map_close(g);
}

static void gen_c_info(yajl_gen g, const libxl_domain_create_info *c)
{
    char uuid[UUID_STR_LEN];

    key(g, "c_info");
    yajl_gen_map_open(g);
    string(g, "type", "pvh");
    string(g, "name", c->name);
    number(g, "domid", UINT32_MAX); /* none in particular */
    if ( c->have_uuid )
    {
        uuid_unparse_lower(c->uuid, uuid);
        string(g, "uuid", uuid);
    }
    string(g, "pool_name", c->pool_name);
    defbool(g, "run_hotplug_scripts", true);
    yajl_gen_map_close(g);
}

static void gen_bitmap(yajl_gen g, const libxl_bitmap *map)
{
    unsigned int i;

    yajl_gen_array_open(g);
    for ( i = 0; i < map->size * 8; i++ )
        if ( map->map[i / 8] & (1u << (i % 8)) )
            yajl_gen_integer(g, i);
    yajl_gen_array_close(g);
}

static void gen_affinity(yajl_gen g, const char *name, const libxl_bitmap *maps,
                         unsigned int nr)
{
    unsigned int i;

    if ( !nr )
        return;
    key(g, name);
    yajl_gen_array_open(g);
    for ( i = 0; i < nr; i++ )
        gen_bitmap(g, &maps[i]);
    yajl_gen_array_close(g);
}

static void gen_b_info(yajl_gen g, const libxl_domain_build_info *b)
{
    unsigned int i;

    key(g, "b_info");
    yajl_gen_map_open(g);
    if ( b->max_vcpus )
    {
        number(g, "max_vcpus", b->max_vcpus);
        key(g, "avail_vcpus");
        yajl_gen_array_open(g);
        for ( i = 0; i < b->avail_vcpus; i++ )
            yajl_gen_integer(g, i);
        yajl_gen_array_close(g);
    }
    gen_affinity(g, "vcpu_hard_affinity", b->hard, b->nr_hard);
    gen_affinity(g, "vcpu_soft_affinity", b->soft, b->nr_soft);
    if ( b->max_memkb != LIBXL_MEMKB_DEFAULT )
        number(g, "max_memkb", b->max_memkb);
    if ( b->target_memkb != LIBXL_MEMKB_DEFAULT )
        number(g, "target_memkb", b->target_memkb);
    number(g, "video_memkb", 0);
    if ( b->rtc_timeoffset )
        number(g, "rtc_timeoffset", b->rtc_timeoffset);
    if ( b->localtime )
        defbool(g, "localtime", true);
    if ( b->max_grant_frames >= 0 )
        number(g, "max_grant_frames", b->max_grant_frames);
    if ( b->max_maptrack_frames >= 0 )
        number(g, "max_maptrack_frames", b->max_maptrack_frames);

    key(g, "sched_params");
    yajl_gen_map_open(g);
    if ( b->sched_weight >= 0 )
        number(g, "weight", b->sched_weight);
    if ( b->sched_cap >= 0 )
        number(g, "cap", b->sched_cap);
    yajl_gen_map_close(g);
    defbool(g, "claim_mode", true);
    if ( b->event_channels && b->event_channels != LIBXL_EVENT_CHANNELS )
        number(g, "event_channels", b->event_channels);

    string(g, "kernel", b->kernel);
    string(g, "cmdline", b->cmdline);
    string(g, "ramdisk", b->ramdisk);
    if ( b->nested_hvm )
        defbool(g, "nested_hvm", true);
    empty_map(g, "type.pvh");
    empty_map(g, "arch_arm");
    key(g, "arch_x86");
    yajl_gen_map_open(g);
    defbool(g, "msr_relaxed", b->msr_relaxed);
    yajl_gen_map_close(g);
    yajl_gen_map_close(g);
}

static void gen_disk(yajl_gen g, const libxl_device_disk *disk)
{
    yajl_gen_map_open(g);
    string(g, "pdev_path", disk->pdev_path);
    string(g, "vdev", disk->vdev);
    string(g, "format",
           disk->format == LIBXL_DISK_FORMAT_EMPTY ? "empty" : "raw");
    string(g, "script", disk->script);
    if ( disk->removable )
        number(g, "removable", 1);
    number(g, "readwrite", disk->readwrite);
    if ( disk->is_cdrom )
        number(g, "is_cdrom", 1);
    defbool(g, "colo_restore_enable", false);
    yajl_gen_map_close(g);
}

static void gen_nic(yajl_gen g, const libxl_device_nic *nic)
{
    char mac[18];

    yajl_gen_map_open(g);
    if ( nic->devid >= 0 )
        number(g, "devid", nic->devid);
    if ( nic->have_mac )
    {
        snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", nic->mac[0],
                 nic->mac[1], nic->mac[2], nic->mac[3], nic->mac[4],
                 nic->mac[5]);
        string(g, "mac", mac);
    }
    string(g, "ip", nic->ip);
    string(g, "bridge", nic->bridge);
    string(g, "ifname", nic->ifname);
    string(g, "script", nic->script);
    string(g, "nictype", "vif");
    yajl_gen_map_close(g);
}

static void gen_p9(yajl_gen g, const libxl_device_p9 *p9)
{
    yajl_gen_map_open(g);
    string(g, "tag", p9->tag);
    string(g, "path", p9->path);
    string(g, "security_model", p9->security_model);
    yajl_gen_map_close(g);
}

const char *const libxl__action_names[LIBXL__NR_ACTIONS] = {
    [LIBXL_ACTION_ON_SHUTDOWN_DESTROY] = "destroy",
    [LIBXL_ACTION_ON_SHUTDOWN_RESTART] = "restart",
    [LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME] = "restart_rename",
    [LIBXL_ACTION_ON_SHUTDOWN_PRESERVE] = "preserve",
    [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY] = "coredump_destroy",
    [LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART] = "coredump_restart",
    [LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET] = "soft_reset",
};

static void gen_action(yajl_gen g, const char *name,
                       libxl_action_on_shutdown action)
{
    /* "destroy" is the zero of Xen's type, and so is not written. */
    if ( action != LIBXL_ACTION_ON_SHUTDOWN_DESTROY )
        string(g, name, libxl__action_names[action]);
}

char *libxl_domain_config_to_json(const libxl_domain_config *config)
{
    yajl_gen g = yajl_gen_alloc(NULL);
    const unsigned char *text;
    char *result = NULL;
    unsigned int i;
    size_t len;

    if ( !g )
        return NULL;
    yajl_gen_config(g, yajl_gen_beautify, 1);
    yajl_gen_config(g, yajl_gen_indent_string, "    ");

    yajl_gen_map_open(g);
    gen_c_info(g, &config->c_info);
    gen_b_info(g, &config->b_info);
    if ( config->num_disks )
    {
        key(g, "disks");
        yajl_gen_array_open(g);
        for ( i = 0; i < config->num_disks; i++ )
            gen_disk(g, &config->disks[i]);
        yajl_gen_array_close(g);
    }
    if ( config->num_nics )
    {
        key(g, "nics");
        yajl_gen_array_open(g);
        for ( i = 0; i < config->num_nics; i++ )
            gen_nic(g, &config->nics[i]);
        yajl_gen_array_close(g);
    }
    if ( config->num_p9s )
    {
        key(g, "p9s");
        yajl_gen_array_open(g);
        for ( i = 0; i < config->num_p9s; i++ )
            gen_p9(g, &config->p9s[i]);
        yajl_gen_array_close(g);
    }
    gen_action(g, "on_poweroff", config->on_poweroff);
    gen_action(g, "on_reboot", config->on_reboot);
    gen_action(g, "on_watchdog", config->on_watchdog);
    gen_action(g, "on_crash", config->on_crash);
    gen_action(g, "on_soft_reset", config->on_soft_reset);
    yajl_gen_map_close(g);

    if ( yajl_gen_get_buf(g, &text, &len) == yajl_gen_status_ok )
        result = strndup((const char *)text, len);
    yajl_gen_free(g);
    return result;
}
