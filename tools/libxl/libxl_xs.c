/* SPDX-License-Identifier: MIT */
/* XenStore: paths, lists of writes done as one, waiting for changes. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "libxl_internal.h"

#define WATCH_TOKEN "libxl"

struct libxl__path libxl__path(const char *fmt, ...)
{
    struct libxl__path p;
    va_list al;
    int n;

    va_start(al, fmt);
    n = vsnprintf(p.s, sizeof(p.s), fmt, al);
    va_end(al);
    /* No path can be this long; an empty one fails wherever it is used. */
    if ( n < 0 || (size_t)n >= sizeof(p.s) )
        p.s[0] = '\0';
    return p;
}

struct xs_handle *libxl__xs(libxl_ctx *ctx)
{
    if ( !ctx->xsh )
    {
        ctx->xsh = xs_open(0);
        if ( !ctx->xsh )
            LOGE(ctx, ERROR, "cannot connect to xenstored: is it running?");
    }
    return ctx->xsh;
}

static struct libxl__perms perms(unsigned int owner, unsigned int reader,
                                 unsigned int nr)
{
    return (struct libxl__perms){
        { { owner, XS_PERM_NONE }, { reader, XS_PERM_READ } },
        nr,
    };
}

struct libxl__perms libxl__perms_private(void)
{
    return perms(LIBXL__TOOLSTACK_DOMID, 0, 1);
}

struct libxl__perms libxl__perms_readable(uint32_t domid)
{
    return perms(LIBXL__TOOLSTACK_DOMID, domid, 2);
}

struct libxl__perms libxl__perms_owned(uint32_t domid)
{
    return perms(domid, 0, 1);
}

struct libxl__perms libxl__perms_owned_ro(uint32_t domid)
{
    return perms(domid, LIBXL__TOOLSTACK_DOMID, 2);
}

static struct libxl__write *batch_add(struct libxl__batch *b,
                                      struct libxl__path *where)
{
    struct libxl__write *w;

    if ( b->nr == b->room )
    {
        b->room = b->room ? 2 * b->room : 32;
        b->writes = libxl__realloc(b->writes, b->room, sizeof(*b->writes));
    }
    w = &b->writes[b->nr++];
    memset(w, 0, sizeof(*w));
    w->path = libxl__strdup(where->s);
    return w;
}

void libxl__batch_write(struct libxl__batch *b, struct libxl__perms p,
                        struct libxl__path where, const char *fmt, ...)
{
    struct libxl__write *w = batch_add(b, &where);
    char text[XENSTORE_PAYLOAD_MAX];
    va_list al;

    va_start(al, fmt);
    vsnprintf(text, sizeof(text), fmt, al);
    va_end(al);
    w->value = libxl__strdup(text);
    w->perms = p;
}

void libxl__batch_mkdir(struct libxl__batch *b, struct libxl__perms p,
                        struct libxl__path where)
{
    batch_add(b, &where)->perms = p;
}

void libxl__batch_rm(struct libxl__batch *b, struct libxl__path where)
{
    batch_add(b, &where)->remove = true;
}

static bool do_write(struct xs_handle *xsh, xs_transaction_t t,
                     const struct libxl__write *w)
{
    if ( w->remove )
        return xs_rm(xsh, t, w->path) || errno == ENOENT;
    if ( w->value ? !xs_write(xsh, t, w->path, w->value, strlen(w->value))
                  : !xs_mkdir(xsh, t, w->path) )
        return false;
    return xs_set_permissions(xsh, t, w->path,
                              (struct xs_permissions *)w->perms.p, w->perms.nr);
}

void libxl__batch_free(struct libxl__batch *b)
{
    unsigned int i;

    for ( i = 0; i < b->nr; i++ )
    {
        free(b->writes[i].path);
        free(b->writes[i].value);
    }
    free(b->writes);
    memset(b, 0, sizeof(*b));
}

int libxl__batch_commit(libxl_ctx *ctx, struct libxl__batch *b)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    xs_transaction_t t;
    unsigned int i;
    int rc = ERROR_FAIL;

    while ( xsh )
    {
        t = xs_transaction_start(xsh);
        if ( t == XBT_NULL )
        {
            LOGE(ctx, ERROR, "cannot start a XenStore transaction");
            break;
        }
        for ( i = 0; i < b->nr; i++ )
            if ( !do_write(xsh, t, &b->writes[i]) )
                break;
        if ( i < b->nr )
        {
            LOGE(ctx, ERROR, "cannot write XenStore node %s",
                 b->writes[i].path);
            xs_transaction_end(xsh, t, true);
            break;
        }
        if ( xs_transaction_end(xsh, t, false) )
        {
            rc = 0;
            break;
        }
        if ( errno != EAGAIN )
        {
            LOGE(ctx, ERROR, "cannot end a XenStore transaction");
            break;
        }
    }

    libxl__batch_free(b);
    return rc;
}

char *libxl__xs_read(libxl_ctx *ctx, struct libxl__path where)
{
    struct xs_handle *xsh = libxl__xs(ctx);

    return xsh ? xs_read(xsh, XBT_NULL, where.s, NULL) : NULL;
}

long long libxl__xs_read_number(libxl_ctx *ctx, struct libxl__path where)
{
    char *s = libxl__xs_read(ctx, where), *end;
    long long n = -1;

    if ( s && *s )
    {
        n = strtoll(s, &end, 10);
        if ( *end || n < 0 )
            n = -1;
    }
    free(s);
    return n;
}

char **libxl__xs_directory(libxl_ctx *ctx, struct libxl__path where,
                           unsigned int *nr)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    char **names;

    *nr = 0;
    names = xsh ? xs_directory(xsh, XBT_NULL, where.s, nr) : NULL;
    if ( !names )
        *nr = 0;
    return names;
}

int libxl__xs_write(libxl_ctx *ctx, struct libxl__path where, const char *fmt,
                    ...)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    char text[XENSTORE_PAYLOAD_MAX];
    va_list al;

    va_start(al, fmt);
    vsnprintf(text, sizeof(text), fmt, al);
    va_end(al);
    if ( xsh && xs_write(xsh, XBT_NULL, where.s, text, strlen(text)) )
        return 0;
    if ( xsh )
        LOGE(ctx, ERROR, "cannot write XenStore node %s", where.s);
    return ERROR_FAIL;
}

int libxl__xs_rm(libxl_ctx *ctx, struct libxl__path where)
{
    struct xs_handle *xsh = libxl__xs(ctx);

    if ( xsh && (xs_rm(xsh, XBT_NULL, where.s) || errno == ENOENT) )
        return 0;
    return ERROR_FAIL;
}

static long long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000ll + ts.tv_nsec / 1000000;
}

int libxl__xs_wait_or(
    libxl_ctx *ctx, const char *node, int fd, unsigned int seconds,
    int (*test)(libxl_ctx *ctx, const char *node, void *opaque), void *opaque)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    long long end = now_ms() + seconds * 1000ll, left;
    struct pollfd pfd[] = { { .events = POLLIN },
                            { .fd = fd, .events = POLLIN } };
    char **event;
    int rc;

    if ( !xsh || !xs_watch(xsh, node, WATCH_TOKEN) )
        return ERROR_FAIL;
    pfd[0].fd = xs_fileno(xsh);

    /* The first event comes at once, so the present state is tested too. */
    for ( ;; )
    {
        while ( (event = xs_check_watch(xsh)) )
            free(event);
        rc = test(ctx, node, opaque);
        if ( rc )
            break;
        if ( ctx->aborted )
        {
            rc = ERROR_ABORTED;
            break;
        }
        left = end - now_ms();
        if ( left <= 0 ||
             (poll(pfd, ARRAY_SIZE(pfd), left) < 0 && errno != EINTR) )
        {
            rc = ERROR_TIMEDOUT;
            break;
        }
    }
    xs_unwatch(xsh, node, WATCH_TOKEN);
    return rc < 0 ? rc : 0;
}

int libxl__xs_wait(libxl_ctx *ctx, const char *node, unsigned int seconds,
                   int (*test)(libxl_ctx *ctx, const char *node, void *opaque),
                   void *opaque)
{
    return libxl__xs_wait_or(ctx, node, -1, seconds, test, opaque);
}
