/* SPDX-License-Identifier: MIT */
/* Suspend a domain and write its image; let one that was suspended go on. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"
#include "libxl_stream.h"

/* How long a guest may take: its drivers have to let go of their devices. */
#define SUSPEND_SECONDS 60

struct save
{
    libxl_ctx *ctx;
    uint32_t domid;
};

static int has_stopped(libxl_ctx *ctx, const char *node, void *opaque)
{
    libxl_dominfo info;
    int rc = libxl_domain_info(ctx, &info, *(uint32_t *)opaque);

    return rc ? rc : info.shutdown || info.dying;
}

/*
 * A guest that has taken the request up will stop, and nobody but us will let
 * it go on: an interruption has to wait for that.
 */
static int wait_until_stopped(struct save *s)
{
    int rc = libxl__xs_wait(s->ctx, "@releaseDomain", SUSPEND_SECONDS,
                            has_stopped, &s->domid);

    if ( rc != ERROR_ABORTED )
        return rc;
    s->ctx->aborted = 0;
    rc = libxl__xs_wait(s->ctx, "@releaseDomain", SUSPEND_SECONDS, has_stopped,
                        &s->domid);
    s->ctx->aborted = 1;
    return rc;
}

static int suspend_guest(void *opaque, struct xg_error *err)
{
    struct save *s = opaque;
    libxl_dominfo info;
    int rc;

    rc = libxl__domain_request(s->ctx, s->domid, "suspend", SUSPEND_SECONDS);
    if ( !rc )
        rc = wait_until_stopped(s);
    if ( !rc )
        rc = libxl_domain_info(s->ctx, &info, s->domid);
    if ( !rc && info.shutdown && info.shutdown_reason == SHUTDOWN_suspend )
        return 0;
    snprintf(err->text, sizeof(err->text), "it did not suspend itself%s",
             !rc ? ": it ended" : "");
    return -1;
}

int libxl_domain_suspend(libxl_ctx *ctx, uint32_t domid, int fd,
                         unsigned int flags)
{
    struct save s = { ctx, domid };
    const struct xg_save_options options = {
        .live = flags & LIBXL_SUSPEND_LIVE,
        .debug = flags & LIBXL_SUSPEND_DEBUG,
        .suspend = suspend_guest,
        .opaque = &s,
        .aborted = &ctx->aborted,
    };
    struct xg_error err;

    if ( !libxl__xs(ctx) )
        return ERROR_NOT_READY;
    if ( libxl__stream_begin(fd, &err) ||
         xg_save(ctx->xch, domid, fd, &options, ctx->lg, &err) ||
         libxl__stream_end(fd, &err) )
    {
        LOGD(ctx, ERROR, domid, "cannot save it: %s", err.text);
        return ERROR_FAIL;
    }
    return 0;
}

int libxl_domain_resume(libxl_ctx *ctx, uint32_t domid)
{
    libxl_dominfo info;
    int rc = libxl_domain_info(ctx, &info, domid);

    if ( rc )
        return rc;
    /* It may not have come to that. */
    if ( !info.shutdown || info.shutdown_reason != SHUTDOWN_suspend )
        return 0;
    if ( xc_domain_resume(ctx->xch, domid, true) )
    {
        LOGED(ctx, ERROR, domid, "cannot let it go on");
        return ERROR_FAIL;
    }
    if ( !libxl__xs(ctx) || !xs_resume_domain(ctx->xsh, domid) )
    {
        LOGED(ctx, ERROR, domid, "xenstored does not know that it goes on");
        return ERROR_FAIL;
    }
    return 0;
}
