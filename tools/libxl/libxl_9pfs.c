/* SPDX-License-Identifier: MIT */
/* Directories of Dom0's that a guest mounts by 9P. */

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "libxl_internal.h"

int libxl__p9_check(libxl_ctx *ctx, const libxl_device_p9 *p9)
{
    struct stat st;
    int error = stat(p9->path, &st) ? errno : 0;

    if ( !error && !S_ISDIR(st.st_mode) )
        error = ENOTDIR;
    if ( !error )
        return libxl__dm_check(ctx);
    LOG(ctx, ERROR, "9pfs \"%s\": \"%s\": %s", p9->tag, p9->path,
        strerror(error));
    return ERROR_INVAL;
}

static struct libxl__device device_of(uint32_t domid, const libxl_device_p9 *p9)
{
    return (struct libxl__device){ domid, p9->backend_domid, LIBXL__KIND_9PFS,
                                   p9->devid };
}

int libxl__p9_add(libxl_ctx *ctx, uint32_t domid, const libxl_device_p9 *p9)
{
    struct libxl__device dev = device_of(domid, p9);
    struct libxl__batch b = { 0 };

    libxl__device_begin(&b, &dev);
    libxl__device_front(&b, &dev, "state", "%d", LIBXL__STATE_INITIALISING);
    libxl__device_front(&b, &dev, "tag", "%s", p9->tag);
    libxl__device_back(&b, &dev, "path", "%s", p9->path);
    libxl__device_back(&b, &dev, "security_model", "%s", p9->security_model);
    return libxl__batch_commit(ctx, &b);
}

int libxl__p9_connect(libxl_ctx *ctx, uint32_t domid, const libxl_device_p9 *p9)
{
    struct libxl__device dev = device_of(domid, p9);

    return libxl__device_connect(ctx, &dev, NULL, NULL);
}
