/* SPDX-License-Identifier: MIT */
/* From the settings of an xl.cfg to a domain's configuration. */

/*
 * Every setting is looked up by a function for its group; each says what is
 * wrong with file, line and column, and all are tried, so that one run shows
 * all mistakes. What nobody looked up is unknown, which is only a warning.
 */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cfg.h>

#include "xl_parse.h"

#define MAX_MEMORY_MIB (1ll << 24)

void parse_error_at(struct parse *p, const char *name, const char *text)
{
    cfg_error_at(p->cfg, cfg_get(p->cfg, name), "%s: %s", name, text);
    p->failed = true;
}

/* Lookups that note a wrong type; true when there is a value. */
static bool get_string(struct parse *p, const char *name, const char **out)
{
    int rc = cfg_get_string(p->cfg, name, out);

    p->failed |= rc < 0;
    return rc > 0;
}

static bool get_range(struct parse *p, const char *name, long long min,
                      long long max, long long *out)
{
    int rc = cfg_get_range(p->cfg, name, min, max, out);

    p->failed |= rc < 0;
    return rc > 0;
}

bool parse_get_bool(struct parse *p, const char *name, bool *out)
{
    int rc = cfg_get_bool(p->cfg, name, out);

    p->failed |= rc < 0;
    return rc > 0;
}

bool parse_get_strings(struct parse *p, const char *name,
                       const struct cfg_value **out)
{
    int rc = cfg_get_strings(p->cfg, name, out);

    p->failed |= rc < 0;
    return rc > 0;
}

static void copy_string(struct parse *p, const char *name, char **to)
{
    const char *s;

    if ( get_string(p, name, &s) )
    {
        free(*to);
        *to = *s ? xl_strdup(s) : NULL;
    }
}

/* --- what is served --- */

static void parse_type(struct parse *p)
{
    const char *type = NULL, *builder = NULL;

    (void)get_string(p, "builder", &builder);
    if ( get_string(p, "type", &type) )
    {
        if ( !strcmp(type, "hvm") || !strcmp(type, "pv") )
            parse_error_at(p, "type",
                           "only PVH domains are supported: set type=\"pvh\"");
        else if ( strcmp(type, "pvh") )
            parse_error_at(p, "type", "not one of \"pvh\", \"hvm\" and \"pv\"");
    }
    else if ( builder )
        parse_error_at(
            p, "builder",
            "only PVH domains are supported: set type=\"pvh\" instead");
    else if ( !p->failed )
    {
        fprintf(stderr, "type is not set, which means a PV domain, and only "
                        "PVH domains are supported: set type=\"pvh\"\n");
        p->failed = true;
    }
}

static void parse_identity(struct parse *p)
{
    libxl_domain_create_info *c = &p->config->c_info;
    const char *s;
    bool on;

    copy_string(p, "name", &c->name);
    if ( !c->name && !p->failed )
    {
        fprintf(stderr, "Domain name must be specified.\n");
        p->failed = true;
    }
    if ( get_string(p, "uuid", &s) )
    {
        if ( uuid_parse(s, c->uuid) )
            parse_error_at(p, "uuid", "not a UUID");
        c->have_uuid = true;
    }
    copy_string(p, "pool", &c->pool_name);
    if ( parse_get_bool(p, "run_hotplug_scripts", &on) && !on )
        parse_error_at(p, "run_hotplug_scripts",
                       "scripts run by udev are not supported");
}

static void parse_kernel(struct parse *p)
{
    libxl_domain_build_info *b = &p->config->b_info;
    const char *root = NULL, *extra = NULL;
    int n;

    copy_string(p, "kernel", &b->kernel);
    copy_string(p, "ramdisk", &b->ramdisk);
    copy_string(p, "cmdline", &b->cmdline);
    (void)get_string(p, "root", &root);
    (void)get_string(p, "extra", &extra);
    if ( b->cmdline && (root || extra) )
        fprintf(stderr,
                "Warning: ignoring root= and extra= in favour of cmdline=\n");
    else if ( root || extra )
    {
        n = asprintf(&b->cmdline, "%s%s%s%s", root ? "root=" : "",
                     root ? root : "", root && extra ? " " : "",
                     extra ? extra : "");
        if ( n < 0 )
            b->cmdline = NULL;
    }
    if ( !b->kernel )
    {
        fprintf(stderr, "No kernel specified: set kernel=\n");
        p->failed = true;
    }
}

static void parse_size(struct parse *p)
{
    libxl_domain_build_info *b = &p->config->b_info;
    long long n;

    if ( get_range(p, "memory", 1, MAX_MEMORY_MIB, &n) )
        b->max_memkb = b->target_memkb = n << 10;
    if ( get_range(p, "maxmem", 1, MAX_MEMORY_MIB, &n) )
        b->max_memkb = n << 10;
    if ( b->target_memkb != LIBXL_MEMKB_DEFAULT &&
         b->max_memkb < b->target_memkb )
        parse_error_at(p, "maxmem", "less than memory");

    b->max_vcpus = b->avail_vcpus = 1;
    if ( get_range(p, "vcpus", 1, LIBXL_MAX_VCPUS, &n) )
        b->max_vcpus = b->avail_vcpus = n;
    if ( get_range(p, "maxvcpus", 1, LIBXL_MAX_VCPUS, &n) )
    {
        b->max_vcpus = n;
        if ( b->avail_vcpus > b->max_vcpus )
            parse_error_at(p, "maxvcpus", "less than vcpus");
    }
    if ( get_range(p, "cpu_weight", 1, 65535, &n) )
        b->sched_weight = n;
    if ( get_range(p, "cap", 0, 65535, &n) )
        b->sched_cap = n;
}

/* "0-3" for all vcpus, or a list with one entry for each. */
static void parse_affinity(struct parse *p, const char *name,
                           libxl_bitmap **maps, unsigned int *nr)
{
    const struct cfg_value *list;
    unsigned int i;

    if ( !parse_get_strings(p, name, &list) )
        return;
    if ( list->type != CFG_LIST )
    {
        *maps = xl_alloc(1, sizeof(**maps));
        *nr = 1;
        if ( parse_cpu_range(cfg_value_text(list), *maps) )
            parse_error_at(p, name, "not of the form \"0-3,^1\" or \"all\"");
        return;
    }
    *maps = xl_alloc(list->nr_items, sizeof(**maps));
    *nr = list->nr_items;
    for ( i = 0; i < list->nr_items; i++ )
        if ( parse_cpu_range(cfg_value_text(list->items[i]), &(*maps)[i]) )
        {
            cfg_error_at(p->cfg, list->items[i],
                         "%s: not of the form \"0-3,^1\" or \"all\"", name);
            p->failed = true;
        }
}

static void parse_platform(struct parse *p)
{
    libxl_domain_build_info *b = &p->config->b_info;
    const char *s;
    long long n;

    (void)parse_get_bool(p, "nestedhvm", &b->nested_hvm);
    (void)parse_get_bool(p, "localtime", &b->localtime);
    (void)parse_get_bool(p, "msr_relaxed", &b->msr_relaxed);
    if ( get_range(p, "rtc_timeoffset", INT32_MIN, INT32_MAX, &n) )
        b->rtc_timeoffset = n;
    if ( get_string(p, "tsc_mode", &s) && parse_tsc_mode(s, &b->tsc_mode) )
        parse_error_at(
            p, "tsc_mode",
            "not one of \"default\", \"always_emulate\" and \"native\"");
    if ( get_string(p, "timer_mode", &s) &&
         parse_timer_mode(s, &b->timer_mode) )
        parse_error_at(
            p, "timer_mode",
            "not one of \"delay_for_missed_ticks\", "
            "\"no_delay_for_missed_ticks\", \"no_missed_ticks_pending\" "
            "and \"one_missed_tick_pending\"");
    if ( get_range(p, "max_event_channels", 16, 131071, &n) )
        b->event_channels = n;
    if ( get_range(p, "max_grant_frames", 1, 4096, &n) )
        b->max_grant_frames = n;
    if ( get_range(p, "max_maptrack_frames", 0, 4096, &n) )
        b->max_maptrack_frames = n;
    if ( get_range(p, "max_grant_version", 1, 2, &n) )
        b->max_grant_version = n;
    if ( get_string(p, "passthrough", &s) && strcmp(s, "disabled") &&
         strcmp(s, "default") )
        parse_error_at(p, "passthrough", "needs VT-d, which is not supported");
}

static void parse_actions(struct parse *p)
{
    libxl_domain_config *c = p->config;
    const struct
    {
        const char *name;
        libxl_action_on_shutdown *action;
    } actions[] = {
        { "on_poweroff", &c->on_poweroff },     { "on_reboot", &c->on_reboot },
        { "on_watchdog", &c->on_watchdog },     { "on_crash", &c->on_crash },
        { "on_soft_reset", &c->on_soft_reset },
    };
    const char *s;
    size_t i;

    for ( i = 0; i < sizeof(actions) / sizeof(actions[0]); i++ )
        if ( get_string(p, actions[i].name, &s) &&
             libxl_action_on_shutdown_from_string(s, actions[i].action) )
            parse_error_at(
                p, actions[i].name,
                "not one of destroy, restart, rename-restart, preserve, "
                "coredump-destroy, coredump-restart, soft-reset");
}

/* One item of cpuid=, where it stands. */
static void parse_cpuid_item(struct parse *p, const struct cfg_value *where,
                             char *item)
{
    libxl_domain_build_info *b = &p->config->b_info;
    int rc;

    while ( isspace((unsigned char)*item) )
        item++;
    b->cpuid = xl_realloc(b->cpuid, b->nr_cpuid + 1, sizeof(*b->cpuid));
    rc = xg_cpuid_parse(item, &b->cpuid[b->nr_cpuid]);
    if ( !rc )
        b->nr_cpuid++;
    else
    {
        cfg_error_at(p->cfg, where, "cpuid: %s in \"%s\"",
                     rc == -1 ? "unknown feature" : "value out of range", item);
        p->failed = true;
    }
}

/* "host,vmx=0,..." */
static void parse_cpuid(struct parse *p)
{
    const struct cfg_value *value = cfg_get(p->cfg, "cpuid");
    char *copy, *item, *next;

    if ( !value )
        return;
    if ( value->type != CFG_STRING )
    {
        parse_error_at(p, "cpuid",
                       "only the form \"host,feature=value,...\" is supported");
        return;
    }
    copy = xl_strdup(value->text);
    for ( item = copy; item; item = next )
    {
        next = strchr(item, ',');
        if ( next )
            *next++ = '\0';
        if ( item == copy )
        {
            if ( strcmp(item, "host") )
                parse_error_at(p, "cpuid", "must begin with \"host\"");
        }
        else
            parse_cpuid_item(p, value, item);
    }
    free(copy);

    /* The bit that makes KVM in the guest possible has a setting of its own. */
    for ( unsigned int i = 0; i < p->config->b_info.nr_cpuid; i++ )
        if ( p->config->b_info.cpuid[i].leaf == 0x80000007u &&
             p->config->b_info.cpuid[i].set )
            p->config->b_info.invtsc = true;
}

bool parse_domain_config(struct cfg *cfg, libxl_domain_config *config)
{
    struct parse p = { cfg, config, false };

    parse_type(&p);
    parse_identity(&p);
    parse_kernel(&p);
    parse_size(&p);
    parse_affinity(&p, "cpus", &config->b_info.hard, &config->b_info.nr_hard);
    parse_affinity(&p, "cpus_soft", &config->b_info.soft,
                   &config->b_info.nr_soft);
    parse_platform(&p);
    parse_actions(&p);
    parse_cpuid(&p);
    parse_devices(&p);
    parse_check_always(&p);
    parse_check_refused(&p);
    (void)cfg_warn_unused(cfg);
    return !p.failed;
}
