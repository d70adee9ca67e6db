/* SPDX-License-Identifier: MIT */
/* Virtual disks: their names and their connection to blkback. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libxl_internal.h"

/* Majors of the Linux numbers that old vdev names stand for. */
#define XVD_MAJOR     202u
#define XVD_MINORS    16u
#define XVD_CLASSIC   16u /* disks whose devid is a plain Linux number */
#define XVD_EXT_FLAG  (1u << 28)
#define XVD_EXT_SHIFT 8
#define SD_MAJOR      8u
#define HD_MAJOR0     3u
#define HD_MAJOR1     22u

/* a..z, aa..zz: -1 if there is none; *s is moved behind it */
static int letters(const char **s)
{
    int n = 0, count = 0;

    while ( **s >= 'a' && **s <= 'z' && count < 2 )
    {
        n = n * 26 + (**s - 'a' + 1);
        (*s)++;
        count++;
    }
    return n - 1;
}

/* The rest of a name as a partition: 0 for none, -1 if it is no number. */
static int partition(const char *s, unsigned int max)
{
    char *end;
    unsigned long n;

    if ( !*s )
        return 0;
    if ( *s < '1' || *s > '9' )
        return -1;
    n = strtoul(s, &end, 10);
    return *end || n > max ? -1 : (int)n;
}

static int xvd_devid(unsigned int disk, unsigned int part)
{
    if ( disk < XVD_CLASSIC && part < XVD_MINORS )
        return (XVD_MAJOR << 8) | (disk * XVD_MINORS) | part;
    return XVD_EXT_FLAG | (disk << XVD_EXT_SHIFT) | part;
}

int libxl_vdev_to_devid(const char *vdev)
{
    const char *s = vdev;
    int disk, part;

    if ( !strncmp(s, "xvd", 3) || !strncmp(s, "sd", 2) || !strncmp(s, "hd", 2) )
    {
        s += s[0] == 'x' ? 3 : 2;
        disk = letters(&s);
        part = partition(s, vdev[0] == 'x' ? 255 : 15);
        if ( disk < 0 || part < 0 )
            return -1;
        if ( vdev[0] == 'x' )
            return xvd_devid(disk, part);
        if ( vdev[0] == 's' )
            return disk > 15 ? -1 : (int)((SD_MAJOR << 8) | disk << 4 | part);
        return disk > 3 ? -1
                        : (int)((disk < 2 ? HD_MAJOR0 : HD_MAJOR1) << 8 |
                                (disk & 1) << 6 | part);
    }
    /* dNpM, or a number as it is */
    if ( *s == 'd' )
    {
        char *end;
        unsigned long d = strtoul(s + 1, &end, 10), p = 0;

        if ( end == s + 1 || d >= (1u << 20) )
            return -1;
        if ( *end == 'p' )
        {
            s = end + 1;
            p = strtoul(s, &end, 10);
            if ( end == s || p > 255 )
                return -1;
        }
        return *end ? -1 : xvd_devid(d, p);
    }
    part = partition(s, 1u << 28);
    return *s && part > 0 ? part : -1;
}

int libxl__disk_check(libxl_ctx *ctx, const libxl_device_disk *disk)
{
    if ( libxl_vdev_to_devid(disk->vdev) < 0 )
    {
        LOG(ctx, ERROR, "disk \"%s\": no such virtual device name", disk->vdev);
        return ERROR_INVAL;
    }
    if ( disk->format == LIBXL_DISK_FORMAT_OTHER )
    {
        LOG(ctx, ERROR,
            "disk \"%s\": only raw images and block devices can be served",
            disk->vdev);
        return ERROR_INVAL;
    }
    if ( disk->format == LIBXL_DISK_FORMAT_EMPTY )
    {
        LOG(ctx, ERROR, "disk \"%s\": an empty drive needs an HVM domain",
            disk->vdev);
        return ERROR_INVAL;
    }
    if ( !disk->script &&
         access(disk->pdev_path, disk->readwrite ? R_OK | W_OK : R_OK) )
    {
        LOGE(ctx, ERROR, "disk \"%s\": \"%s\"", disk->vdev, disk->pdev_path);
        return ERROR_INVAL;
    }
    return 0;
}

int libxl_device_disk_add(libxl_ctx *ctx, uint32_t domid,
                          libxl_device_disk *disk)
{
    struct libxl__device dev = { domid, disk->backend_domid, "vbd", 0 };
    struct libxl__batch b = { 0 };
    char *script;
    int rc;

    rc = libxl__disk_check(ctx, disk);
    if ( rc )
        return rc;
    dev.devid = libxl_vdev_to_devid(disk->vdev);

    libxl__device_begin(&b, &dev);
    libxl__device_front(&b, &dev, "state", "%d", LIBXL__STATE_INITIALISING);
    libxl__device_front(&b, &dev, "virtual-device", "%d", dev.devid);
    libxl__device_front(&b, &dev, "device-type",
                        disk->is_cdrom ? "cdrom" : "disk");
    libxl__device_front(&b, &dev, "trusted", "1");

    libxl__device_back(&b, &dev, "params", "%s", disk->pdev_path);
    /* It finds the device, and out whether somebody else has it. */
    script = libxl__script_path(disk->script ? disk->script : "block");
    libxl__device_back(&b, &dev, "script", "%s", script);
    libxl__device_back(&b, &dev, "removable", "%d", disk->removable);
    libxl__device_back(&b, &dev, "bootable", "1");
    libxl__device_back(&b, &dev, "dev", "%s", disk->vdev);
    libxl__device_back(&b, &dev, "type", "phy");
    libxl__device_back(&b, &dev, "mode", "%s", disk->readwrite ? "w" : "r");
    libxl__device_back(&b, &dev, "device-type",
                       disk->is_cdrom ? "cdrom" : "disk");
    libxl__device_back(&b, &dev, "discard-enable", "%d", !disk->no_discard);
    libxl__device_back(&b, &dev, "specification", "xen");
    if ( disk->direct_io_safe )
        libxl__device_back(&b, &dev, "direct-io-safe", "1");

    rc = libxl__device_add(ctx, &dev, &b, script, "add");
    if ( rc )
        LOGD(ctx, ERROR, domid, "cannot attach disk \"%s\" (\"%s\")",
             disk->vdev, disk->pdev_path);
    free(script);
    return rc;
}
