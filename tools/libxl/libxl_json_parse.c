/* SPDX-License-Identifier: MIT */
/* A domain's configuration from JSON: as ours, or as Xen's libxl, writes it. */

/*
 * What is not known is passed over, since another version may write more than
 * matters here; what is known and of the wrong kind is an error.
 */

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_tree.h>

#include "libxl_internal.h"

/* The first thing that was wrong; names are of string literals. */
struct parse
{
    libxl_ctx *ctx;
    const char *wrong;
};

static yajl_val member(yajl_val object, const char *name)
{
    const char *where[] = { name, NULL };

    return object ? yajl_tree_get(object, where, yajl_t_any) : NULL;
}

static void take_string(struct parse *p, yajl_val object, const char *name,
                        char **to)
{
    yajl_val v = member(object, name);

    if ( !v || YAJL_IS_NULL(v) )
        return;
    if ( !YAJL_IS_STRING(v) )
    {
        p->wrong = name;
        return;
    }
    free(*to);
    *to = libxl__strdup(YAJL_GET_STRING(v));
}

static bool take_number(struct parse *p, yajl_val object, const char *name,
                        long long *to)
{
    yajl_val v = member(object, name);

    if ( !v || YAJL_IS_NULL(v) )
        return false;
    if ( !YAJL_IS_INTEGER(v) )
    {
        p->wrong = name;
        return false;
    }
    *to = YAJL_GET_INTEGER(v);
    return true;
}

#define take_into(p, object, name, field)             \
    do                                                \
    {                                                 \
        long long number_;                            \
        if ( take_number(p, object, name, &number_) ) \
        {                                             \
            (field) = number_;                        \
            if ( (long long)(field) != number_ )      \
                (p)->wrong = name;                    \
        }                                             \
    } while ( 0 )

/* Written as a word, or as a truth value. */
static void take_bool(struct parse *p, yajl_val object, const char *name,
                      bool *to)
{
    yajl_val v = member(object, name);
    const char *s;

    if ( !v || YAJL_IS_NULL(v) )
        return;
    s = YAJL_IS_STRING(v) ? YAJL_GET_STRING(v) : "";
    if ( YAJL_IS_TRUE(v) || !strcmp(s, "True") )
        *to = true;
    else if ( YAJL_IS_FALSE(v) || !strcmp(s, "False") )
        *to = false;
    else if ( strcmp(s, "<default>") )
        p->wrong = name;
}

/* One of some words; their index. */
static void take_enum(struct parse *p, yajl_val object, const char *name,
                      const char *const *words, unsigned int nr, int *to)
{
    char *s = NULL;
    unsigned int i;

    take_string(p, object, name, &s);
    if ( !s )
        return;
    for ( i = 0; i < nr; i++ )
        if ( words[i] && !strcmp(words[i], s) )
            *to = i;
    free(s);
}

static void take_c_info(struct parse *p, yajl_val v,
                        libxl_domain_create_info *c)
{
    char *text = NULL;

    take_string(p, v, "type", &text);
    if ( text && strcmp(text, "pvh") )
        p->wrong = "type";
    free(text);
    text = NULL;
    take_string(p, v, "name", &c->name);
    take_string(p, v, "pool_name", &c->pool_name);
    take_string(p, v, "uuid", &text);
    if ( text && uuid_parse(text, c->uuid) )
        p->wrong = "uuid";
    c->have_uuid = text;
    free(text);
}

/* Numbers of CPUs; the highest is what the map has room for. */
static void take_bitmap(struct parse *p, yajl_val v, libxl_bitmap *map)
{
    const long long most = 4096;
    long long n, highest = -1;
    size_t i;

    if ( !YAJL_IS_ARRAY(v) )
    {
        p->wrong = "affinity";
        return;
    }
    for ( i = 0; i < v->u.array.len; i++ )
    {
        n = YAJL_IS_INTEGER(v->u.array.values[i])
                ? YAJL_GET_INTEGER(v->u.array.values[i])
                : -1;
        if ( n < 0 || n >= most )
        {
            p->wrong = "affinity";
            return;
        }
        if ( n > highest )
            highest = n;
    }
    map->size = highest / 8 + 1;
    map->map = libxl__calloc(map->size, 1);
    for ( i = 0; i < v->u.array.len; i++ )
    {
        n = YAJL_GET_INTEGER(v->u.array.values[i]);
        map->map[n / 8] |= 1u << (n % 8);
    }
}

static void take_affinity(struct parse *p, yajl_val b, const char *name,
                          libxl_bitmap **maps, unsigned int *nr)
{
    yajl_val v = member(b, name);
    size_t i;

    if ( !v || !YAJL_IS_ARRAY(v) || !v->u.array.len ||
         v->u.array.len > LIBXL_MAX_VCPUS )
        return;
    *nr = v->u.array.len;
    *maps = libxl__calloc(*nr, sizeof(**maps));
    for ( i = 0; i < *nr; i++ )
        take_bitmap(p, v->u.array.values[i], &(*maps)[i]);
}

static void take_b_info(struct parse *p, yajl_val v, libxl_domain_build_info *b)
{
    static const char *const tsc_modes[] = { "default", "always_emulate",
                                             "native" };
    yajl_val sched = member(v, "sched_params"), x86 = member(v, "arch_x86");
    yajl_val online = member(v, "avail_vcpus");
    int tsc_mode = b->tsc_mode;

    take_into(p, v, "max_vcpus", b->max_vcpus);
    if ( online && YAJL_IS_ARRAY(online) )
        b->avail_vcpus = online->u.array.len;
    take_into(p, v, "max_memkb", b->max_memkb);
    take_into(p, v, "target_memkb", b->target_memkb);
    take_into(p, v, "rtc_timeoffset", b->rtc_timeoffset);
    take_bool(p, v, "localtime", &b->localtime);
    take_bool(p, v, "nested_hvm", &b->nested_hvm);
    take_into(p, v, "event_channels", b->event_channels);
    take_into(p, v, "max_grant_frames", b->max_grant_frames);
    take_into(p, v, "max_maptrack_frames", b->max_maptrack_frames);
    take_into(p, v, "max_grant_version", b->max_grant_version);
    take_enum(p, v, "tsc_mode", tsc_modes, ARRAY_SIZE(tsc_modes), &tsc_mode);
    b->tsc_mode = tsc_mode;
    take_into(p, sched, "weight", b->sched_weight);
    take_into(p, sched, "cap", b->sched_cap);
    take_affinity(p, v, "vcpu_hard_affinity", &b->hard, &b->nr_hard);
    take_affinity(p, v, "vcpu_soft_affinity", &b->soft, &b->nr_soft);
    take_string(p, v, "kernel", &b->kernel);
    take_string(p, v, "cmdline", &b->cmdline);
    take_string(p, v, "ramdisk", &b->ramdisk);
    take_bool(p, x86, "msr_relaxed", &b->msr_relaxed);
    /* A PVH domain's part says so by its name alone. */
    if ( !member(v, "type.pvh") )
        p->wrong = "type.pvh";
}

static void take_disk(struct parse *p, yajl_val v, libxl_device_disk *disk)
{
    static const char *const formats[] = {
        [LIBXL_DISK_FORMAT_RAW] = "raw",
        [LIBXL_DISK_FORMAT_EMPTY] = "empty",
    };
    int format = LIBXL_DISK_FORMAT_RAW, number = 1;

    libxl_device_disk_init(disk);
    take_string(p, v, "pdev_path", &disk->pdev_path);
    take_string(p, v, "vdev", &disk->vdev);
    take_string(p, v, "script", &disk->script);
    if ( member(v, "format") )
        format = LIBXL_DISK_FORMAT_OTHER;
    take_enum(p, v, "format", formats, ARRAY_SIZE(formats), &format);
    disk->format = format;
    take_into(p, v, "readwrite", number);
    disk->readwrite = number;
    number = 0;
    take_into(p, v, "is_cdrom", number);
    disk->is_cdrom = number;
    number = 0;
    take_into(p, v, "removable", number);
    disk->removable = number;
    if ( !disk->vdev )
        p->wrong = "vdev";
}

static void take_nic(struct parse *p, yajl_val v, libxl_device_nic *nic)
{
    char *mac = NULL;

    libxl_device_nic_init(nic);
    take_into(p, v, "devid", nic->devid);
    take_string(p, v, "ip", &nic->ip);
    take_string(p, v, "bridge", &nic->bridge);
    take_string(p, v, "ifname", &nic->ifname);
    take_string(p, v, "script", &nic->script);
    take_string(p, v, "gatewaydev", &nic->gatewaydev);
    take_into(p, v, "mtu", nic->mtu);
    take_string(p, v, "mac", &mac);
    if ( mac )
    {
        nic->have_mac = sscanf(mac, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx",
                               &nic->mac[0], &nic->mac[1], &nic->mac[2],
                               &nic->mac[3], &nic->mac[4], &nic->mac[5]) == 6;
        if ( !nic->have_mac )
            p->wrong = "mac";
    }
    free(mac);
}

static void take_p9(struct parse *p, yajl_val v, libxl_device_p9 *p9)
{
    libxl_device_p9_init(p9);
    take_string(p, v, "tag", &p9->tag);
    take_string(p, v, "path", &p9->path);
    take_string(p, v, "security_model", &p9->security_model);
    if ( !p9->tag || !p9->path || !p9->security_model )
        p->wrong = "p9s";
}

/* Elements of an array, each taken by a function of its own type. */
#define take_devices(p, root, name, list, nr, take)                         \
    do                                                                      \
    {                                                                       \
        yajl_val array_ = member(root, name);                               \
        size_t i_,                                                          \
            n_ = array_ && YAJL_IS_ARRAY(array_) ? array_->u.array.len : 0; \
        if ( n_ )                                                           \
            (list) = libxl__calloc(n_, sizeof(*(list)));                    \
        (nr) = n_;                                                          \
        for ( i_ = 0; i_ < n_; i_++ )                                       \
            take(p, array_->u.array.values[i_], &(list)[i_]);               \
    } while ( 0 )

static void take_action(struct parse *p, yajl_val root, const char *name,
                        libxl_action_on_shutdown *to)
{
    int action = LIBXL_ACTION_ON_SHUTDOWN_DESTROY;

    take_enum(p, root, name, libxl__action_names, LIBXL__NR_ACTIONS, &action);
    *to = action;
}

int libxl_domain_config_from_json(libxl_ctx *ctx, const char *text,
                                  libxl_domain_config *config)
{
    struct parse p = { .ctx = ctx };
    char message[128];
    yajl_val root = yajl_tree_parse(text, message, sizeof(message));

    if ( !root || !YAJL_IS_OBJECT(root) )
    {
        yajl_tree_free(root);
        LOG(ctx, ERROR, "the stored configuration is not readable as JSON");
        return ERROR_INVAL;
    }
    take_c_info(&p, member(root, "c_info"), &config->c_info);
    take_b_info(&p, member(root, "b_info"), &config->b_info);
    take_devices(&p, root, "disks", config->disks, config->num_disks,
                 take_disk);
    take_devices(&p, root, "nics", config->nics, config->num_nics, take_nic);
    take_devices(&p, root, "p9s", config->p9s, config->num_p9s, take_p9);
    take_action(&p, root, "on_poweroff", &config->on_poweroff);
    take_action(&p, root, "on_reboot", &config->on_reboot);
    take_action(&p, root, "on_watchdog", &config->on_watchdog);
    take_action(&p, root, "on_crash", &config->on_crash);
    take_action(&p, root, "on_soft_reset", &config->on_soft_reset);
    yajl_tree_free(root);
    if ( !p.wrong )
        return 0;
    LOG(ctx, ERROR, "the stored configuration has no usable \"%s\"", p.wrong);
    return ERROR_INVAL;
}
