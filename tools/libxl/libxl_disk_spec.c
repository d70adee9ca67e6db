/* SPDX-License-Identifier: MIT */
/* Parse xl's disk specifications (xl-disk-configuration(5)): pure text work. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libxl_internal.h"

/* Parameters by position, in this order; all have names too. */
enum
{
    TARGET,
    FORMAT,
    VDEV,
    ACCESS,
    NR_POSITIONS,
};

struct parse
{
    libxl_device_disk *disk;
    char *err;
    size_t err_size;
    unsigned int given; /* bits of the positions that have a value */
    unsigned int next;  /* where the next bare word goes */
};

#define fail(p, ...) libxl__spec_fail((p)->err, (p)->err_size, __VA_ARGS__)

static int set_target(struct parse *p, const char *value)
{
    free(p->disk->pdev_path);
    p->disk->pdev_path = NULL;
    if ( !*value )
        return 0;
    p->disk->pdev_path = *value == '/' ? libxl__strdup(value)
                                       : libxl__asprintf("/dev/%s", value);
    return 0;
}

static int set_format(struct parse *p, const char *value)
{
    static const char *const others[] = { "qcow", "qcow2", "vhd", "qed" };
    size_t i;

    if ( !*value || !strcmp(value, "raw") )
    {
        p->disk->format = LIBXL_DISK_FORMAT_RAW;
        return 0;
    }
    for ( i = 0; i < ARRAY_SIZE(others); i++ )
        if ( !strcmp(value, others[i]) )
        {
            p->disk->format = LIBXL_DISK_FORMAT_OTHER;
            return 0;
        }
    return fail(p, "unknown format \"%s\" (raw, qcow, qcow2, vhd, qed)", value);
}

static int set_vdev(struct parse *p, const char *value)
{
    const char *colon = strchr(value, ':');

    /* The old "hdc:cdrom" */
    if ( colon && strcmp(colon, ":cdrom") && strcmp(colon, ":disk") )
        return fail(p, "unknown device type in \"%s\"", value);
    if ( colon && !strcmp(colon, ":cdrom") )
        p->disk->is_cdrom = true;
    free(p->disk->vdev);
    p->disk->vdev =
        strndup(value, colon ? (size_t)(colon - value) : strlen(value));
    if ( libxl_vdev_to_devid(p->disk->vdev) < 0 )
        return fail(p, "unknown virtual device \"%s\" (for example xvda, sda1)",
                    p->disk->vdev);
    return 0;
}

static int set_access(struct parse *p, const char *value)
{
    if ( !strcmp(value, "ro") || !strcmp(value, "r") )
        p->disk->readwrite = false;
    else if ( !*value || !strcmp(value, "rw") || !strcmp(value, "w") )
        p->disk->readwrite = true;
    else
        return fail(p, "unknown access \"%s\" (ro, rw)", value);
    return 0;
}

static int set_devtype(struct parse *p, const char *value)
{
    if ( strcmp(value, "cdrom") && strcmp(value, "disk") )
        return fail(p, "unknown devtype \"%s\" (disk, cdrom)", value);
    p->disk->is_cdrom = !strcmp(value, "cdrom");
    return 0;
}

static int set_backendtype(struct parse *p, const char *value)
{
    if ( !*value || !strcmp(value, "phy") )
        return 0;
    if ( !strcmp(value, "qdisk") || !strcmp(value, "tap") )
        return fail(p, "backendtype \"%s\" is not supported (phy is)", value);
    return fail(p, "unknown backendtype \"%s\" (phy)", value);
}

static int set_backend(struct parse *p, const char *value)
{
    return libxl__spec_backend(value, p->err, p->err_size);
}

static int set_script(struct parse *p, const char *value)
{
    free(p->disk->script);
    p->disk->script = *value ? libxl__strdup(value) : NULL;
    return 0;
}

static const struct key
{
    const char *name;
    int (*set)(struct parse *p, const char *value);
    int position; /* -1: only by name */
} keys[] = {
    { "target", set_target, TARGET }, { "format", set_format, FORMAT },
    { "vdev", set_vdev, VDEV },       { "access", set_access, ACCESS },
    { "devtype", set_devtype, -1 },   { "backendtype", set_backendtype, -1 },
    { "backend", set_backend, -1 },   { "script", set_script, -1 },
};

static bool flag(libxl_device_disk *disk, const char *word)
{
    if ( !strcmp(word, "cdrom") )
        disk->is_cdrom = true;
    else if ( !strcmp(word, "removable") )
        disk->removable = true;
    else if ( !strcmp(word, "discard") )
        disk->no_discard = false;
    else if ( !strcmp(word, "no-discard") )
        disk->no_discard = true;
    else if ( !strcmp(word, "direct-io-safe") )
        disk->direct_io_safe = true;
    else
        return false;
    return true;
}

/* "phy:/dev/x", "file:/image", "raw:...": how it was written of old. */
static const char *strip_prefix(struct parse *p, const char *word, int *rc)
{
    static const char *const prefixes[] = {
        "phy:",  "file:", "raw:",   "aio:", "tap:",
        "tap2:", "qcow:", "qcow2:", "vhd:",
    };
    size_t i, n;

    *rc = 0;
    for ( i = 0; i < ARRAY_SIZE(prefixes); i++ )
    {
        n = strlen(prefixes[i]);
        if ( strncmp(word, prefixes[i], n) )
            continue;
        if ( !strncmp(word, "qcow", 4) || !strncmp(word, "vhd", 3) )
            p->disk->format = LIBXL_DISK_FORMAT_OTHER;
        return strip_prefix(p, word + n, rc);
    }
    if ( !strncmp(word, "script:", 7) || !strncmp(word, "iscsi:", 6) )
        *rc = fail(p, "prefix in \"%s\" is not supported: use script=", word);
    return word;
}

static int bare_word(struct parse *p, const char *word)
{
    int rc;

    if ( *word && flag(p->disk, word) )
        return 0;
    while ( p->next < NR_POSITIONS && (p->given & (1u << p->next)) )
        p->next++;
    if ( p->next == NR_POSITIONS )
        return *word ? fail(p, "unexpected \"%s\"", word) : 0;

    if ( p->next == TARGET )
    {
        word = strip_prefix(p, word, &rc);
        if ( rc )
            return rc;
        /* A raw prefix stands for the format, whose field is then missing. */
    }
    p->given |= 1u << p->next;
    if ( p->next == VDEV && !*word )
        return 0;
    return keys[p->next].set(p, word);
}

static int named(struct parse *p, char *word, char *equals)
{
    size_t i;

    *equals = '\0';
    for ( i = 0; i < ARRAY_SIZE(keys); i++ )
    {
        if ( strcmp(word, keys[i].name) )
            continue;
        if ( keys[i].position >= 0 )
        {
            if ( p->given & (1u << keys[i].position) &&
                 keys[i].position != TARGET )
                return fail(p, "%s is given twice", word);
            p->given |= 1u << keys[i].position;
        }
        return keys[i].set(p, equals + 1);
    }
    return fail(p, "unknown parameter \"%s\"", word);
}

/* With an old prefix the list is target,vdev,access: there is no format. */
static bool has_old_prefix(const char *spec)
{
    const char *colon = strchr(spec, ':');
    const char *comma = strchr(spec, ',');
    const char *slash = strchr(spec, '/');

    return colon && (!comma || colon < comma) && (!slash || colon < slash) &&
           !memchr(spec, '=', colon - spec);
}

int libxl_disk_parse(const char *spec, libxl_device_disk *disk, char *err,
                     size_t err_size)
{
    struct parse p = { .disk = disk, .err = err, .err_size = err_size };
    char *copy, *word, *comma, *equals;
    int rc = 0;

    libxl_device_disk_init(disk);
    while ( isspace((unsigned char)*spec) )
        spec++;
    copy = libxl__strdup(spec);
    if ( has_old_prefix(spec) )
        p.given |= 1u << FORMAT;

    for ( word = copy; word && !rc; word = comma ? comma + 1 : NULL )
    {
        while ( isspace((unsigned char)*word) )
            word++;
        /* A named target takes all that follows, commas and all. */
        if ( !strncmp(word, "target=", 7) )
        {
            rc = named(&p, word, word + 6);
            break;
        }
        comma = strchr(word, ',');
        if ( comma )
            *comma = '\0';
        equals = strchr(word, '=');
        rc = equals ? named(&p, word, equals) : bare_word(&p, word);
    }

    if ( !rc && !disk->vdev )
        rc = fail(&p, "vdev is missing (for example vdev=xvda)");
    if ( !rc && !disk->pdev_path )
    {
        if ( disk->is_cdrom )
            disk->format = LIBXL_DISK_FORMAT_EMPTY;
        else
            rc = fail(&p, "target is missing");
    }
    if ( !rc && disk->is_cdrom )
    {
        disk->readwrite = false;
        disk->removable = true;
    }
    free(copy);
    if ( rc )
        libxl_device_disk_dispose(disk);
    return rc;
}
