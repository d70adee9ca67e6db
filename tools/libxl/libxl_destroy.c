/* SPDX-License-Identifier: MIT */
/* Remove a domain and everything that was set up for it. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

int libxl_domain_destroy(libxl_ctx *ctx, uint32_t domid)
{
    struct libxl__batch b = { 0 };
    libxl_dominfo info;
    uint32_t other;
    char *vm;
    int rc, result = 0;

    if ( domid == LIBXL__TOOLSTACK_DOMID )
    {
        LOG(ctx, ERROR, "Domain 0 cannot be destroyed");
        return ERROR_INVAL;
    }
    rc = libxl_domain_info(ctx, &info, domid);
    if ( rc )
    {
        LOGD(ctx, ERROR, domid, "there is no such domain");
        return rc;
    }

    /* Stop it first: nothing below may race with a running guest. */
    if ( xc_domain_pause(ctx->xch, domid) )
        LOGED(ctx, DEBUG, domid, "cannot pause");

    libxl__dm_stop(ctx, domid);
    libxl__devices_destroy(ctx, domid);
    vm = libxl__xs_read(ctx, path("/local/domain/%u/vm", domid));
    libxl__userdata_destroy(ctx, domid);

    if ( xc_domain_destroy(ctx->xch, domid) )
    {
        LOGED(ctx, ERROR, domid, "the hypervisor does not destroy it");
        result = ERROR_FAIL;
    }

    /* The domain that takes this one's place in a migration shares its uuid. */
    if ( vm && !libxl__domain_with(ctx, "vm", vm, domid, &other) )
        libxl__batch_rm(&b, path("%.200s", vm));
    libxl__batch_rm(&b, path("/local/domain/%u", domid));
    libxl__batch_rm(&b, path("/libxl/%u", domid));
    rc = libxl__batch_commit(ctx, &b);
    free(vm);
    return result ? result : rc;
}
