/* SPDX-License-Identifier: MIT */
/* Existing domains: names, state, pause, shutdown requests. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/hvm/params.h>

#include "libxl_internal.h"

#define LIST_MAX 1024
/* A guest that does not take up a request in this time has no driver for it. */
#define CONTROL_SECONDS 10

static void fill_info(libxl_dominfo *to, const xc_domaininfo_t *from)
{
    const unsigned int to_kb = XC_PAGE_SHIFT - 10;

    memset(to, 0, sizeof(*to));
    to->domid = from->domain;
    memcpy(to->uuid, from->handle, sizeof(to->uuid));
    to->dying = !!(from->flags & XEN_DOMINF_dying);
    to->shutdown = !!(from->flags & XEN_DOMINF_shutdown);
    to->paused = !!(from->flags & XEN_DOMINF_paused);
    to->blocked = !!(from->flags & XEN_DOMINF_blocked);
    to->running = !!(from->flags & XEN_DOMINF_running);
    to->shutdown_reason =
        (from->flags >> XEN_DOMINF_shutdownshift) & XEN_DOMINF_shutdownmask;
    to->outstanding_memkb = from->outstanding_pages << to_kb;
    to->current_memkb = from->tot_pages << to_kb;
    to->max_memkb = from->max_pages << to_kb;
    to->cpu_time = from->cpu_time;
    to->nr_vcpus = from->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID
                       ? 0
                       : from->max_vcpu_id + 1;
    to->vcpu_online = from->nr_online_vcpus;
    to->cpupool = from->cpupool;
}

int libxl_domain_info(libxl_ctx *ctx, libxl_dominfo *info, uint32_t domid)
{
    xc_domaininfo_t xcinfo;

    if ( xc_domain_getinfo_single(ctx->xch, domid, &xcinfo) )
        return errno == ESRCH ? ERROR_DOMAIN_NOTFOUND : ERROR_FAIL;
    fill_info(info, &xcinfo);
    return 0;
}

libxl_dominfo *libxl_list_domain(libxl_ctx *ctx, int *nr)
{
    xc_domaininfo_t *info = libxl__calloc(LIST_MAX, sizeof(*info));
    libxl_dominfo *list = NULL;
    int i;

    *nr = xc_domain_getinfolist(ctx->xch, 0, LIST_MAX, info);
    if ( *nr < 0 )
    {
        LOGE(ctx, ERROR, "cannot list the domains");
        *nr = 0;
    }
    else
    {
        list = libxl__calloc(*nr, sizeof(*list));
        for ( i = 0; i < *nr; i++ )
            fill_info(&list[i], &info[i]);
    }
    free(info);
    return list;
}

char *libxl_domid_to_name(libxl_ctx *ctx, uint32_t domid)
{
    return libxl__xs_read(ctx, path("/local/domain/%u/name", domid));
}

/*
 * Our xenstored looks for a value itself, in one request: the numbers of the
 * domains, one on a line; null where another daemon does not know that.
 */
static char *ask_who_has(libxl_ctx *ctx, const char *key, const char *value)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    char data[XENSTORE_PAYLOAD_MAX];
    int len = snprintf(data, sizeof(data), "/local/domain%c%s%c%s", '\0', key,
                       '\0', value);

    if ( !xsh || len < 0 || (size_t)len >= sizeof(data) )
        return NULL;
    return xs_control_command(xsh, "find", data, len + 1);
}

/* Any other daemon is asked for the value of each domain. */
static bool search_who_has(libxl_ctx *ctx, const char *key, const char *value,
                           uint32_t except, uint32_t *domid)
{
    bool found = false;
    int nr, i;
    libxl_dominfo *list = libxl_list_domain(ctx, &nr);
    char *other;

    for ( i = 0; i < nr && !found; i++ )
    {
        if ( list[i].domid == except )
            continue;
        other = libxl__xs_read(ctx,
                               path("/local/domain/%u/%s", list[i].domid, key));
        found = other && !strcmp(other, value);
        if ( found )
            *domid = list[i].domid;
        free(other);
    }
    free(list);
    return found;
}

bool libxl__domain_with(libxl_ctx *ctx, const char *key, const char *value,
                        uint32_t except, uint32_t *domid)
{
    char *answer = ask_who_has(ctx, key, value), *line, *end;
    libxl_dominfo info;
    bool found = false;
    uint32_t id;

    if ( !answer )
        return search_who_has(ctx, key, value, except, domid);
    for ( line = answer; !found; line = end + 1 )
    {
        id = strtoul(line, &end, 10);
        if ( end == line )
            break;
        /* A node can outlive its domain. */
        found = id != except && !libxl_domain_info(ctx, &info, id);
        if ( found )
            *domid = id;
    }
    free(answer);
    return found;
}

int libxl_name_to_domid(libxl_ctx *ctx, const char *name, uint32_t *domid)
{
    return libxl__domain_with(ctx, "name", name, INVALID_DOMID, domid)
               ? 0
               : ERROR_INVAL;
}

int libxl_domain_qualifier_to_domid(libxl_ctx *ctx, const char *name,
                                    uint32_t *domid)
{
    libxl_dominfo info, *list;
    unsigned long number;
    uuid_t uuid;
    char *end;
    int nr, i, rc;

    number = strtoul(name, &end, 10);
    if ( isdigit((unsigned char)*name) && !*end )
    {
        if ( number >= DOMID_FIRST_RESERVED )
            return ERROR_INVAL;
        *domid = number;
        return libxl_domain_info(ctx, &info, number) ? ERROR_INVAL : 0;
    }

    rc = libxl_name_to_domid(ctx, name, domid);
    if ( rc && !uuid_parse(name, uuid) )
    {
        list = libxl_list_domain(ctx, &nr);
        for ( i = 0; i < nr && rc; i++ )
            if ( !uuid_compare(uuid, list[i].uuid) )
            {
                *domid = list[i].domid;
                rc = 0;
            }
        free(list);
    }
    return rc;
}

bool libxl__name_is_valid(libxl_ctx *ctx, const char *name)
{
    if ( !name || !*name )
        LOG(ctx, ERROR, "the domain has no name: set name=");
    else if ( strchr(name, '/') )
        LOG(ctx, ERROR, "name \"%s\": a slash is not allowed", name);
    else
        return true;
    return false;
}

int libxl_domain_rename(libxl_ctx *ctx, uint32_t domid, const char *new_name)
{
    struct libxl__batch b = { 0 };
    uint32_t other;
    char *vm;

    if ( !libxl__name_is_valid(ctx, new_name) )
        return ERROR_INVAL;
    if ( !libxl_name_to_domid(ctx, new_name, &other) )
    {
        LOGD(ctx, ERROR, other, "is already called \"%s\"", new_name);
        return ERROR_INVAL;
    }

    vm = libxl__xs_read(ctx, path("/local/domain/%u/vm", domid));
    libxl__batch_write(&b, libxl__perms_readable(domid),
                       path("/local/domain/%u/name", domid), "%s", new_name);
    if ( vm )
        libxl__batch_write(&b, libxl__perms_readable(domid),
                           path("%.200s/name", vm), "%s", new_name);
    free(vm);
    return libxl__batch_commit(ctx, &b);
}

int libxl_domain_pause(libxl_ctx *ctx, uint32_t domid)
{
    if ( !xc_domain_pause(ctx->xch, domid) )
        return 0;
    LOGED(ctx, ERROR, domid, "cannot pause");
    return ERROR_FAIL;
}

int libxl_domain_unpause(libxl_ctx *ctx, uint32_t domid)
{
    if ( !xc_domain_unpause(ctx->xch, domid) )
        return 0;
    LOGED(ctx, ERROR, domid, "cannot unpause");
    return ERROR_FAIL;
}

/* The guest's driver empties the node when it has taken up the request. */
static int request_taken(libxl_ctx *ctx, const char *node, void *opaque)
{
    char *value = libxl__xs_read(ctx, path("%s", node));
    int done = !value || !*value;

    free(value);
    return done;
}

/*
 * A kernel that has drivers for Xen has set its callback; one that was restored
 * does not say again what requests it knows.
 */
static bool listens(libxl_ctx *ctx, uint32_t domid, const char *what)
{
    uint64_t callback = 0;
    char *feature = libxl__xs_read(
        ctx, path("/local/domain/%u/control/feature-%s", domid, what));
    bool says_so = feature && !strcmp(feature, "1");

    free(feature);
    return says_so || (!xc_hvm_param_get(ctx->xch, domid,
                                         HVM_PARAM_CALLBACK_IRQ, &callback) &&
                       callback);
}

int libxl__domain_request(libxl_ctx *ctx, uint32_t domid, const char *what,
                          unsigned int seconds)
{
    struct libxl__path node = path("/local/domain/%u/control/shutdown", domid);
    char *value;
    int rc;

    if ( !listens(ctx, domid, what) )
    {
        LOGD(ctx, ERROR, domid,
             "its kernel does not listen for a %s request (yet): use \"xl "
             "destroy\" if it should just go",
             what);
        return ERROR_NOPARAVIRT;
    }

    rc = libxl__xs_write(ctx, node, "%s", what);
    if ( rc )
        return rc;
    rc = libxl__xs_wait(ctx, node.s, seconds, request_taken, NULL);
    if ( rc != ERROR_TIMEDOUT && rc != ERROR_ABORTED )
        return rc;

    /* Withdraw it, so that it does not strike long after. */
    value = libxl__xs_read(ctx, node);
    if ( value && *value )
        (void)libxl__xs_write(ctx, node, "%s", "");
    free(value);
    if ( rc == ERROR_TIMEDOUT )
        LOGD(ctx, ERROR, domid, "did not take up the %s request in %u seconds",
             what, seconds);
    return rc;
}

int libxl_domain_shutdown(libxl_ctx *ctx, uint32_t domid)
{
    return libxl__domain_request(ctx, domid, "poweroff", CONTROL_SECONDS);
}

int libxl_domain_reboot(libxl_ctx *ctx, uint32_t domid)
{
    return libxl__domain_request(ctx, domid, "reboot", CONTROL_SECONDS);
}

int libxl_send_sysrq(libxl_ctx *ctx, uint32_t domid, char sysrq)
{
    return libxl__xs_write(ctx, path("/local/domain/%u/control/sysrq", domid),
                           "%c", sysrq);
}

int libxl_domain_core_dump(libxl_ctx *ctx, uint32_t domid, const char *filename)
{
    struct xg_error err;

    if ( !xg_dump_core(ctx->xch, domid, filename, &err) )
        return 0;
    LOGD(ctx, ERROR, domid, "no core dump: %s", err.text);
    return ERROR_FAIL;
}

int libxl_send_trigger(libxl_ctx *ctx, uint32_t domid, uint32_t trigger,
                       uint32_t vcpu)
{
    if ( !xc_domain_send_trigger(ctx->xch, domid, trigger, vcpu) )
        return 0;
    LOGED(ctx, ERROR, domid, "cannot send the trigger");
    return ERROR_FAIL;
}

time_t libxl_vm_get_start_time(libxl_ctx *ctx, uint32_t domid)
{
    char *vm = libxl__xs_read(ctx, path("/local/domain/%u/vm", domid));
    char *start = NULL;
    double seconds = 0;

    if ( vm )
        start = libxl__xs_read(ctx, path("%.200s/start_time", vm));
    if ( start )
        seconds = strtod(start, NULL);
    free(start);
    free(vm);
    return seconds;
}

/* The guest's CPU hotplug driver watches these nodes. */
int libxl_set_vcpuonline(libxl_ctx *ctx, uint32_t domid, unsigned int count)
{
    libxl_dominfo info;
    struct libxl__batch b = { 0 };
    unsigned int i;

    if ( libxl_domain_info(ctx, &info, domid) )
        return ERROR_DOMAIN_NOTFOUND;
    if ( !count || count > info.nr_vcpus )
    {
        LOGD(ctx, ERROR, domid, "has %u vcpus at most, and needs at least one",
             info.nr_vcpus);
        return ERROR_INVAL;
    }
    for ( i = 0; i < info.nr_vcpus; i++ )
        libxl__batch_write(
            &b, libxl__perms_readable(domid),
            path("/local/domain/%u/cpu/%u/availability", domid, i), "%s",
            i < count ? "online" : "offline");
    return libxl__batch_commit(ctx, &b);
}

bool libxl_vcpu_available(libxl_ctx *ctx, uint32_t domid, unsigned int vcpu)
{
    char *s = libxl__xs_read(
        ctx, path("/local/domain/%u/cpu/%u/availability", domid, vcpu));
    bool available = s && !strcmp(s, "online");

    free(s);
    return available;
}

static const struct
{
    int id;
    const char *name;
} schedulers[] = {
    { XEN_SCHEDULER_CREDIT, "credit" },
    { XEN_SCHEDULER_CREDIT2, "credit2" },
    { XEN_SCHEDULER_ARINC653, "arinc653" },
    { XEN_SCHEDULER_RTDS, "rtds" },
    { XEN_SCHEDULER_NULL, "null" },
};

const char *libxl_scheduler_to_string(int sched_id)
{
    for ( size_t i = 0; i < sizeof(schedulers) / sizeof(*schedulers); i++ )
        if ( schedulers[i].id == sched_id )
            return schedulers[i].name;
    return "unknown";
}

int libxl_scheduler_from_string(const char *name)
{
    for ( size_t i = 0; i < sizeof(schedulers) / sizeof(*schedulers); i++ )
        if ( !strcmp(schedulers[i].name, name) )
            return schedulers[i].id;
    return -1;
}
