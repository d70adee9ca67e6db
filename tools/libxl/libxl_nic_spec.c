/* SPDX-License-Identifier: MIT */
/* Parse xl's vif specifications (xl-network-configuration(5)): pure. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "libxl_internal.h"

#define RATE_DEFAULT_USECS 50000u

struct parse
{
    libxl_device_nic *nic;
    char *err;
    size_t err_size;
};

#define fail(p, ...) libxl__spec_fail((p)->err, (p)->err_size, __VA_ARGS__)

static void replace(char **to, const char *value)
{
    free(*to);
    *to = libxl__strdup(value);
}

static int set_mac(struct parse *p, const char *value)
{
    unsigned int byte[6], i;
    int end = 0;

    if ( sscanf(value, "%2x:%2x:%2x:%2x:%2x:%2x%n", &byte[0], &byte[1],
                &byte[2], &byte[3], &byte[4], &byte[5], &end) != 6 ||
         value[end] )
        return fail(p, "mac \"%s\" is not of the form aa:bb:cc:dd:ee:ff",
                    value);
    if ( byte[0] & 1 )
        return fail(p, "mac \"%s\" is a multicast address", value);
    for ( i = 0; i < 6; i++ )
        p->nic->mac[i] = byte[i];
    p->nic->have_mac = true;
    return 0;
}

static int set_bridge(struct parse *p, const char *value)
{
    replace(&p->nic->bridge, value);
    return 0;
}

static int set_ip(struct parse *p, const char *value)
{
    replace(&p->nic->ip, value);
    return 0;
}

static int set_script(struct parse *p, const char *value)
{
    replace(&p->nic->script, value);
    return 0;
}

static int set_ifname(struct parse *p, const char *value)
{
    if ( strlen(value) > 15 )
        return fail(p, "vifname \"%s\" is longer than Linux's 15 characters",
                    value);
    replace(&p->nic->ifname, value);
    return 0;
}

static int set_gatewaydev(struct parse *p, const char *value)
{
    replace(&p->nic->gatewaydev, value);
    return 0;
}

static int set_model(struct parse *p, const char *value)
{
    replace(&p->nic->model, value);
    return 0;
}

static int set_type(struct parse *p, const char *value)
{
    if ( !strcmp(value, "vif") )
        return 0;
    if ( !strcmp(value, "ioemu") )
        return fail(p, "type \"ioemu\" needs an HVM domain (vif is supported)");
    return fail(p, "unknown type \"%s\" (vif)", value);
}

static int set_backend(struct parse *p, const char *value)
{
    return libxl__spec_backend(value, p->err, p->err_size);
}

static int set_number(struct parse *p, const char *name, const char *value,
                      long max, int *to)
{
    char *end;
    long n = strtol(value, &end, 0);

    if ( end == value || *end || n < 0 || n > max )
        return fail(p, "%s \"%s\" is not a number up to %ld", name, value, max);
    *to = n;
    return 0;
}

static int set_devid(struct parse *p, const char *value)
{
    return set_number(p, "devid", value, 255, &p->nic->devid);
}

static int set_mtu(struct parse *p, const char *value)
{
    return set_number(p, "mtu", value, 65535, &p->nic->mtu);
}

static int set_trusted(struct parse *p, const char *value)
{
    int trusted = 1;

    if ( set_number(p, "trusted", value, 1, &trusted) )
        return ERROR_INVAL;
    p->nic->untrusted = !trusted;
    return 0;
}

/* "10Mb/s@20ms": bits or bytes a second, and over which interval. */
static int set_rate(struct parse *p, const char *value)
{
    unsigned long long rate, interval = RATE_DEFAULT_USECS;
    const char *at = strchr(value, '@');
    char *s;

    rate = strtoull(value, &s, 10);
    if ( s == value )
        return fail(p, "rate \"%s\" is not of the form 10Mb/s@20ms", value);
    switch ( *s )
    {
    case 'G':
        rate *= 1000;
        /* fall through */
    case 'M':
        rate *= 1000;
        /* fall through */
    case 'k':
    case 'K':
        rate *= 1000;
        s++;
    }
    if ( *s == 'b' )
        rate /= 8;
    else if ( *s != 'B' )
        return fail(p, "rate \"%s\": unit b/s or B/s expected", value);
    if ( strncmp(s + 1, "/s", 2) || (s[3] && s + 3 != at) )
        return fail(p, "rate \"%s\" is not of the form 10Mb/s@20ms", value);

    if ( at )
    {
        interval = strtoull(at + 1, &s, 10);
        if ( !strcmp(s, "ms") )
            interval *= 1000;
        else if ( !strcmp(s, "s") )
            interval *= 1000000;
        else if ( strcmp(s, "us") )
            return fail(p, "rate \"%s\": interval in s, ms or us expected",
                        value);
    }
    if ( !rate || !interval || interval > UINT32_MAX || rate > UINT32_MAX )
        return fail(p, "rate \"%s\" is out of range", value);
    p->nic->rate_bytes_per_interval = rate * interval / 1000000;
    p->nic->rate_interval_usecs = interval;
    return 0;
}

static const struct key
{
    const char *name;
    int (*set)(struct parse *p, const char *value);
} keys[] = {
    { "mac", set_mac },         { "bridge", set_bridge },
    { "ip", set_ip },           { "script", set_script },
    { "vifname", set_ifname },  { "gatewaydev", set_gatewaydev },
    { "model", set_model },     { "type", set_type },
    { "backend", set_backend }, { "devid", set_devid },
    { "mtu", set_mtu },         { "trusted", set_trusted },
    { "rate", set_rate },       { "accel", set_model },
};

static int set_parameter(void *opaque, const char *name, const char *value)
{
    struct parse *p = opaque;
    size_t i;

    for ( i = 0; i < ARRAY_SIZE(keys); i++ )
        if ( !strcasecmp(name, keys[i].name) )
            return keys[i].set(p, value);
    return fail(p, "unknown parameter \"%s\"", name);
}

int libxl_nic_parse(const char *spec, libxl_device_nic *nic, char *err,
                    size_t err_size)
{
    struct parse p = { nic, err, err_size };
    int rc;

    libxl_device_nic_init(nic);
    rc = libxl__spec_parse(spec, set_parameter, &p, err, err_size);
    if ( rc )
        libxl_device_nic_dispose(nic);
    return rc;
}
