/* SPDX-License-Identifier: MIT */
/* Parse xl's 9pfs specifications, p9= of xl.cfg(5): pure. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

/* How QEMU keeps the owners and modes that the guest gives files. */
static const char *const models[] = {
    "none", "passthrough", "mapped", "mapped-xattr", "mapped-file",
};

static bool is_model(const char *text)
{
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(models); i++ )
        if ( !strcmp(text, models[i]) )
            return true;
    return false;
}

struct parse
{
    libxl_device_p9 *p9;
    char *err;
    size_t err_size;
};

#define fail(p, ...) libxl__spec_fail((p)->err, (p)->err_size, __VA_ARGS__)

static int set_parameter(void *opaque, const char *name, const char *value)
{
    struct parse *p = opaque;
    const struct
    {
        const char *name;
        char **to;
    } keys[] = {
        { "tag", &p->p9->tag },
        { "path", &p->p9->path },
        { "security_model", &p->p9->security_model },
    };
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(keys); i++ )
        if ( !strcmp(name, keys[i].name) )
        {
            free(*keys[i].to);
            *keys[i].to = libxl__strdup(value);
            return 0;
        }
    if ( !strcmp(name, "backend") )
        return libxl__spec_backend(value, p->err, p->err_size);
    return fail(p, "unknown parameter \"%s\"", name);
}

static int check(struct parse *p)
{
    const libxl_device_p9 *p9 = p->p9;

    if ( !p9->tag || !*p9->tag )
        return fail(p, "tag is missing: the name that the guest mounts");
    if ( !p9->path || !*p9->path )
        return fail(p, "path is missing: the directory to share");
    if ( *p9->path != '/' )
        return fail(p, "path \"%s\" does not begin with a slash", p9->path);
    if ( !p9->security_model )
        return fail(p, "security_model is missing: \"none\" for example");
    if ( !is_model(p9->security_model) )
        return fail(p,
                    "security_model \"%s\" is not one of none, passthrough, "
                    "mapped, mapped-xattr and mapped-file",
                    p9->security_model);
    return 0;
}

int libxl_p9_parse(const char *spec, libxl_device_p9 *p9, char *err,
                   size_t err_size)
{
    struct parse p = { p9, err, err_size };
    int rc;

    libxl_device_p9_init(p9);
    rc = libxl__spec_parse(spec, set_parameter, &p, err, err_size);
    if ( !rc )
        rc = check(&p);
    if ( rc )
        libxl_device_p9_dispose(p9);
    return rc;
}
