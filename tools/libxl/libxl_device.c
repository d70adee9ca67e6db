/* SPDX-License-Identifier: MIT */
/* What all paravirtual devices have in common: nodes, handshake, removal. */

/*
 * A device lives in three places of XenStore: its frontend (the domain's own,
 * which the domain may write), its backend (Dom0's) and /libxl, where the
 * domain cannot forge anything and which therefore is what we later believe.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libxl_internal.h"

#define BACKEND_SECONDS 40
#define REMOVE_SECONDS  10

struct libxl__path libxl__device_backend(const struct libxl__device *dev)
{
    return path("/local/domain/%u/backend/%s/%u/%d", dev->backend_domid,
                dev->kind, dev->domid, dev->devid);
}

static struct libxl__path libxl__device_frontend(
    const struct libxl__device *dev)
{
    /* The first console is older than the device tree. */
    if ( !strcmp(dev->kind, "console") && !dev->devid )
        return path("/local/domain/%u/console", dev->domid);
    return path("/local/domain/%u/device/%s/%d", dev->domid, dev->kind,
                dev->devid);
}

static struct libxl__path libxl__device_libxl(const struct libxl__device *dev)
{
    return path("/libxl/%u/device/%s/%d", dev->domid, dev->kind, dev->devid);
}

static struct libxl__path below(struct libxl__path base, const char *name)
{
    return path("%.200s/%s", base.s, name);
}

void libxl__device_begin(struct libxl__batch *b,
                         const struct libxl__device *dev)
{
    struct libxl__path front = libxl__device_frontend(dev);
    struct libxl__path back = libxl__device_backend(dev);
    struct libxl__path ours = libxl__device_libxl(dev);
    bool console = !strcmp(dev->kind, "console") && !dev->devid;

    libxl__batch_rm(b, ours);
    libxl__batch_rm(b, front);
    libxl__batch_rm(b, back);
    libxl__batch_mkdir(b, libxl__perms_private(), ours);
    libxl__batch_write(b, libxl__perms_private(), below(ours, "frontend"), "%s",
                       front.s);
    libxl__batch_write(b, libxl__perms_private(), below(ours, "backend"), "%s",
                       back.s);

    /* The console's node stays ours: its pages and tty are not the guest's. */
    libxl__batch_mkdir(b,
                       console ? libxl__perms_readable(dev->domid)
                               : libxl__perms_owned_ro(dev->domid),
                       front);
    libxl__device_front(b, dev, "backend", "%s", back.s);
    libxl__device_front(b, dev, "backend-id", "%u", dev->backend_domid);

    libxl__batch_mkdir(b, libxl__perms_readable(dev->domid), back);
    libxl__device_back(b, dev, "frontend", "%s", front.s);
    libxl__device_back(b, dev, "frontend-id", "%u", dev->domid);
    libxl__device_back(b, dev, "online", "1");
    libxl__device_back(b, dev, "state", "%d", LIBXL__STATE_INITIALISING);
}

void libxl__device_back(struct libxl__batch *b, const struct libxl__device *dev,
                        const char *key, const char *fmt, ...)
{
    char text[XENSTORE_PAYLOAD_MAX];
    va_list al;

    va_start(al, fmt);
    vsnprintf(text, sizeof(text), fmt, al);
    va_end(al);
    libxl__batch_write(b, libxl__perms_readable(dev->domid),
                       below(libxl__device_backend(dev), key), "%s", text);
    libxl__batch_write(b, libxl__perms_private(),
                       below(libxl__device_libxl(dev), key), "%s", text);
}

void libxl__device_front(struct libxl__batch *b,
                         const struct libxl__device *dev, const char *key,
                         const char *fmt, ...)
{
    bool console = !strcmp(dev->kind, "console") && !dev->devid;
    char text[XENSTORE_PAYLOAD_MAX];
    va_list al;

    va_start(al, fmt);
    vsnprintf(text, sizeof(text), fmt, al);
    va_end(al);
    libxl__batch_write(b,
                       console ? libxl__perms_readable(dev->domid)
                               : libxl__perms_owned_ro(dev->domid),
                       below(libxl__device_frontend(dev), key), "%s", text);
}

/* Has the node the wanted state, or one beyond it? */
static int state_reached(libxl_ctx *ctx, const char *node, void *opaque)
{
    long long state = libxl__xs_read_number(ctx, path("%s", node));

    return state >= *(int *)opaque;
}

static const char *who_serves(const char *kind)
{
    if ( !strcmp(kind, "vbd") )
        return "is xen-blkback loaded in Dom0";
    if ( !strcmp(kind, "vif") )
        return "is xen-netback loaded in Dom0";
    return "was QEMU built without it";
}

int libxl__device_connect(libxl_ctx *ctx, const struct libxl__device *dev,
                          const char *script, const char *action)
{
    int wanted = LIBXL__STATE_INIT_WAIT, rc;
    struct libxl__path state = below(libxl__device_backend(dev), "state");

    rc = libxl__xs_wait(ctx, state.s, BACKEND_SECONDS, state_reached, &wanted);
    if ( rc )
    {
        LOGD(ctx, ERROR, dev->domid, "no backend took up %s %d: %s?", dev->kind,
             dev->devid, who_serves(dev->kind));
        return rc;
    }
    return script ? libxl__hotplug(ctx, dev, script, action) : 0;
}

/* The backend is done when it is closed or its node is gone. */
static int backend_closed(libxl_ctx *ctx, const char *node, void *opaque)
{
    long long state = libxl__xs_read_number(ctx, path("%s", node));

    return state < 0 || state == LIBXL__STATE_CLOSED;
}

/* Also the nodes above a backend, when nothing else is below them. */
static void remove_nodes(libxl_ctx *ctx, const struct libxl__device *dev)
{
    struct libxl__path parents[] = {
        path("/local/domain/%u/backend/%s/%u", dev->backend_domid, dev->kind,
             dev->domid),
        path("/local/domain/%u/backend/%s", dev->backend_domid, dev->kind),
        path("/local/domain/%u/backend", dev->backend_domid),
    };
    struct libxl__batch b = { 0 };
    unsigned int nr, i;

    libxl__batch_rm(&b, libxl__device_frontend(dev));
    libxl__batch_rm(&b, libxl__device_backend(dev));
    libxl__batch_rm(&b, libxl__device_libxl(dev));
    (void)libxl__batch_commit(ctx, &b);

    for ( i = 0; i < ARRAY_SIZE(parents); i++ )
    {
        free(libxl__xs_directory(ctx, parents[i], &nr));
        if ( nr || libxl__xs_rm(ctx, parents[i]) )
            break;
    }
}

/* Tell the backend to close, run its script, remove the nodes. */
static int remove_device(libxl_ctx *ctx, const struct libxl__device *dev,
                         bool force)
{
    struct libxl__path back = libxl__device_backend(dev);
    struct libxl__batch b = { 0 };
    char *script = libxl__xs_read(ctx, below(back, "script"));
    long long state = libxl__xs_read_number(ctx, below(back, "state"));
    int rc = 0;

    if ( state >= 0 && state != LIBXL__STATE_CLOSED )
    {
        /* A guest that is gone answers no more: its missing node tells. */
        if ( force )
            libxl__batch_rm(&b, libxl__device_frontend(dev));
        libxl__batch_write(&b, libxl__perms_readable(dev->domid),
                           below(back, "online"), "0");
        libxl__batch_write(&b, libxl__perms_readable(dev->domid),
                           below(back, "state"), "%d", LIBXL__STATE_CLOSING);
        rc = libxl__batch_commit(ctx, &b);
        if ( !rc )
            rc = libxl__xs_wait(ctx, below(back, "state").s, REMOVE_SECONDS,
                                backend_closed, NULL);
        if ( rc && !force )
        {
            LOGD(ctx, ERROR, dev->domid,
                 "%s %d is in use and did not close within %d seconds",
                 dev->kind, dev->devid, REMOVE_SECONDS);
            goto out;
        }
    }
    if ( script && !access(script, X_OK) )
        (void)libxl__hotplug(ctx, dev, script,
                             !strcmp(dev->kind, "vif") ? "offline" : "remove");
    remove_nodes(ctx, dev);
    rc = 0;
out:
    free(script);
    return rc;
}

/* /local/domain/B/backend/KIND/D/ID: B as we wrote it, not as a guest could. */
static bool read_device(libxl_ctx *ctx, uint32_t domid, const char *kind,
                        const char *id, struct libxl__device *dev)
{
    char *back, *end;

    *dev = (struct libxl__device){ .domid = domid, .kind = kind };
    dev->devid = strtol(id, &end, 10);
    back = libxl__xs_read(
        ctx, path("/libxl/%u/device/%s/%s/backend", domid, kind, id));
    if ( !back || *end ||
         sscanf(back, "/local/domain/%u/", &dev->backend_domid) != 1 )
    {
        free(back);
        return false;
    }
    free(back);
    return true;
}

int libxl__device_add(libxl_ctx *ctx, const struct libxl__device *dev,
                      struct libxl__batch *b, const char *script,
                      const char *action)
{
    char *backend =
        libxl__xs_read(ctx, below(libxl__device_libxl(dev), "backend"));
    int rc;

    if ( backend )
    {
        free(backend);
        libxl__batch_free(b);
        LOGD(ctx, ERROR, dev->domid, "has a %s %d already", dev->kind,
             dev->devid);
        return ERROR_DEVICE_EXISTS;
    }
    rc = libxl__batch_commit(ctx, b);
    if ( rc )
        return rc;
    rc = libxl__device_connect(ctx, dev, script, action);
    if ( rc )
        (void)remove_device(ctx, dev, true);
    return rc;
}

int libxl_device_remove(libxl_ctx *ctx, uint32_t domid, const char *kind,
                        int devid, bool force)
{
    struct libxl__device dev;
    char id[16];

    snprintf(id, sizeof(id), "%d", devid);
    if ( !read_device(ctx, domid, kind, id, &dev) )
    {
        LOGD(ctx, ERROR, domid, "there is no %s %d", kind, devid);
        return ERROR_NOTFOUND;
    }
    return remove_device(ctx, &dev, force);
}

void libxl__devices_destroy(libxl_ctx *ctx, uint32_t domid)
{
    struct libxl__device dev;
    unsigned int nr_kinds, nr, i, j;
    char **kinds, **ids;

    kinds =
        libxl__xs_directory(ctx, path("/libxl/%u/device", domid), &nr_kinds);
    for ( i = 0; i < nr_kinds; i++ )
    {
        ids = libxl__xs_directory(
            ctx, path("/libxl/%u/device/%s", domid, kinds[i]), &nr);
        for ( j = 0; j < nr; j++ )
        {
            if ( !read_device(ctx, domid, kinds[i], ids[j], &dev) )
                continue;
            /* Of a process's devices nobody is there to close them. */
            if ( !strcmp(kinds[i], "console") ||
                 !strcmp(kinds[i], LIBXL__KIND_9PFS) )
                remove_nodes(ctx, &dev);
            else
                (void)remove_device(ctx, &dev, true);
        }
        free(ids);
    }
    free(kinds);
}

static int front_number(libxl_ctx *ctx, const struct libxl__device *dev,
                        const char *key)
{
    return libxl__xs_read_number(ctx, below(libxl__device_frontend(dev), key));
}

libxl_device_info *libxl_device_list(libxl_ctx *ctx, uint32_t domid,
                                     const char *kind, int *nr)
{
    struct libxl__device dev;
    libxl_device_info *list, *info;
    unsigned int count, i;
    char **ids;

    *nr = 0;
    ids = libxl__xs_directory(ctx, path("/libxl/%u/device/%s", domid, kind),
                              &count);
    list = libxl__calloc(count, sizeof(*list));
    for ( i = 0; i < count; i++ )
    {
        if ( !read_device(ctx, domid, kind, ids[i], &dev) )
            continue;
        info = &list[(*nr)++];
        info->devid = dev.devid;
        info->backend_domid = dev.backend_domid;
        info->state = front_number(ctx, &dev, "state");
        info->evtch = front_number(ctx, &dev, "event-channel");
        info->ref_tx = front_number(ctx, &dev, "ring-ref");
        if ( !strcmp(kind, "vif") )
        {
            info->ref_tx = front_number(ctx, &dev, "tx-ring-ref");
            info->ref_rx = front_number(ctx, &dev, "rx-ring-ref");
            info->mac =
                libxl__xs_read(ctx, below(libxl__device_libxl(&dev), "mac"));
        }
        info->backend = libxl__strdup(libxl__device_backend(&dev).s);
    }
    free(ids);
    return list;
}

void libxl_device_list_free(libxl_device_info *list, int nr)
{
    int i;

    for ( i = 0; i < nr; i++ )
    {
        free(list[i].backend);
        free(list[i].mac);
    }
    free(list);
}
