/* SPDX-License-Identifier: MIT */
/* Virtual network interfaces and their connection to netback. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "libxl_internal.h"

/* The organisation that guests' generated MAC addresses belong to: Xen's. */
static const uint8_t xen_oui[3] = { 0x00, 0x16, 0x3e };

static int make_mac(libxl_ctx *ctx, libxl_device_nic *nic)
{
    if ( nic->have_mac )
        return 0;
    memcpy(nic->mac, xen_oui, sizeof(xen_oui));
    if ( getrandom(nic->mac + 3, 3, 0) != 3 )
    {
        LOGE(ctx, ERROR, "cannot make up a MAC address");
        return ERROR_FAIL;
    }
    nic->mac[3] &= 0x7f;
    nic->have_mac = true;
    return 0;
}

/* Keep the number that it was given; otherwise the first free one. */
static int choose_devid(libxl_ctx *ctx, uint32_t domid, int devid)
{
    char *taken;

    if ( devid >= 0 )
        return devid;
    for ( devid = 0;; devid++ )
    {
        taken = libxl__xs_read(
            ctx, path("/libxl/%u/device/vif/%d/backend", domid, devid));
        if ( !taken )
            return devid;
        free(taken);
    }
}

int libxl_device_nic_add(libxl_ctx *ctx, uint32_t domid, libxl_device_nic *nic)
{
    struct libxl__device dev = { domid, nic->backend_domid, "vif", 0 };
    struct libxl__batch b = { 0 };
    char *script, mac[18];
    int rc;

    rc = make_mac(ctx, nic);
    if ( rc )
        return rc;
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", nic->mac[0],
             nic->mac[1], nic->mac[2], nic->mac[3], nic->mac[4], nic->mac[5]);
    nic->devid = dev.devid = choose_devid(ctx, domid, nic->devid);
    script = libxl__script_path(nic->script ? nic->script : "vif-bridge");

    libxl__device_begin(&b, &dev);
    libxl__device_front(&b, &dev, "state", "%d", LIBXL__STATE_INITIALISING);
    libxl__device_front(&b, &dev, "handle", "%d", dev.devid);
    libxl__device_front(&b, &dev, "mac", "%s", mac);
    libxl__device_front(&b, &dev, "trusted", "%d", !nic->untrusted);
    if ( nic->mtu )
        libxl__device_front(&b, &dev, "mtu", "%d", nic->mtu);

    libxl__device_back(&b, &dev, "script", "%s", script);
    libxl__device_back(&b, &dev, "mac", "%s", mac);
    if ( nic->ifname )
        libxl__device_back(&b, &dev, "vifname", "%s", nic->ifname);
    if ( nic->ip )
        libxl__device_back(&b, &dev, "ip", "%s", nic->ip);
    if ( nic->gatewaydev )
        libxl__device_back(&b, &dev, "gatewaydev", "%s", nic->gatewaydev);
    if ( nic->rate_interval_usecs )
        libxl__device_back(&b, &dev, "rate", "%llu,%u",
                           (unsigned long long)nic->rate_bytes_per_interval,
                           nic->rate_interval_usecs);
    libxl__device_back(&b, &dev, "bridge", "%s",
                       nic->bridge ? nic->bridge : "xenbr0");
    libxl__device_back(&b, &dev, "handle", "%d", dev.devid);
    libxl__device_back(&b, &dev, "type", "vif");

    rc = libxl__device_add(ctx, &dev, &b, script, "online");
    if ( rc )
        LOGD(ctx, ERROR, domid, "cannot attach vif %d (bridge %s)", dev.devid,
             nic->bridge ? nic->bridge : "xenbr0");
    free(script);
    return rc;
}
