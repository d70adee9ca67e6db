/* SPDX-License-Identifier: MIT */
/* Wait for the end of a domain. */

/*
 * The hypervisor tells xenstored by a virtual interrupt that some domain
 * stopped, and xenstored tells everybody who watches @releaseDomain. Which
 * domain it was one has to find out by looking.
 */

#include <errno.h>
#include <stdlib.h>

#include "libxl_internal.h"

#define WATCH_NODE "@releaseDomain"

int libxl_wait_domain_end(libxl_ctx *ctx, uint32_t domid,
                          libxl_event_type *type, unsigned int *reason)
{
    struct xs_handle *xsh = libxl__xs(ctx);
    libxl_dominfo info;
    unsigned int nr;
    char **event;
    int rc;

    if ( !xsh || !xs_watch(xsh, WATCH_NODE, "libxl-end") )
        return ERROR_FAIL;

    for ( ;; )
    {
        rc = libxl_domain_info(ctx, &info, domid);
        if ( rc == ERROR_DOMAIN_NOTFOUND || (!rc && info.dying) )
        {
            *type = LIBXL_EVENT_DOMAIN_DEATH;
            rc = 0;
            break;
        }
        /* One that is suspended for saving goes on, or somebody destroys it. */
        if ( !rc && info.shutdown && info.shutdown_reason != SHUTDOWN_suspend )
        {
            *type = LIBXL_EVENT_DOMAIN_SHUTDOWN;
            *reason = info.shutdown_reason;
            break;
        }
        event = xs_read_watch(xsh, &nr);
        if ( !event && errno != EINTR && errno != EAGAIN )
        {
            LOGE(ctx, ERROR, "lost the connection to xenstored");
            rc = ERROR_FAIL;
            break;
        }
        free(event);
    }
    xs_unwatch(xsh, WATCH_NODE, "libxl-end");
    return rc;
}
