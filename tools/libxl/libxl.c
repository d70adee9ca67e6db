/* SPDX-License-Identifier: MIT */
/* The context of libxl, its messages, and memory that cannot fail. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libxl_internal.h"

libxl_ctx *libxl_ctx_alloc(xentoollog_logger *logger)
{
    libxl_ctx *ctx = calloc(1, sizeof(*ctx));

    if ( !ctx )
        return NULL;
    ctx->lg = logger;
    ctx->xch = xc_interface_open(logger, logger, 0);
    if ( ctx->xch )
        return ctx;

    LOGE(ctx, ERROR,
         "cannot open /dev/xen/privcmd: is this Dom0, and are you root?");
    free(ctx);
    return NULL;
}

void libxl_ctx_free(libxl_ctx *ctx)
{
    if ( !ctx )
        return;
    if ( ctx->xsh )
        xs_close(ctx->xsh);
    xc_interface_close(ctx->xch);
    free(ctx);
}

xc_interface *libxl_ctx_xch(libxl_ctx *ctx)
{
    return ctx->xch;
}

void libxl_abort(libxl_ctx *ctx)
{
    ctx->aborted = 1;
}

int libxl_ctx_postfork(libxl_ctx *ctx)
{
    if ( ctx->xsh )
        xs_daemon_destroy_postfork(ctx->xsh);
    ctx->xsh = NULL;
    xc_interface_close(ctx->xch);
    ctx->xch = xc_interface_open(ctx->lg, ctx->lg, 0);
    return ctx->xch ? 0 : ERROR_FAIL;
}

void libxl__log(libxl_ctx *ctx, xentoollog_level level, int errnoval,
                uint32_t domid, const char *fmt, ...)
{
    char text[1024];
    int saved = errno;
    va_list al;

    va_start(al, fmt);
    vsnprintf(text, sizeof(text), fmt, al);
    va_end(al);
    if ( domid == INVALID_DOMID )
        xtl_log(ctx->lg, level, errnoval, "libxl", "%s", text);
    else
        xtl_log(ctx->lg, level, errnoval, "libxl", "Domain %u: %s", domid,
                text);
    errno = saved;
}

static void *check(void *p)
{
    if ( p )
        return p;
    fputs("libxl: critical: out of memory\n", stderr);
    _exit(EXIT_FAILURE);
}

char *libxl__strdup(const char *s)
{
    return s ? check(strdup(s)) : NULL;
}

char *libxl__asprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list al;
    int n;

    va_start(al, fmt);
    n = vasprintf(&s, fmt, al);
    va_end(al);
    return check(n < 0 ? NULL : s);
}

void *libxl__calloc(size_t n, size_t size)
{
    return check(calloc(n ? n : 1, size));
}

void *libxl__realloc(void *p, size_t n, size_t size)
{
    return check(reallocarray(p, n, size));
}
