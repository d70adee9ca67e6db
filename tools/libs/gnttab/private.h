/* SPDX-License-Identifier: MIT */
/* What both sides of grants share: opening their device, notifications. */
#ifndef GNTTAB_PRIVATE_H
#define GNTTAB_PRIVATE_H

#include "xengnttab.h"

#define PAGE_BYTES 4096u

/* Handles of both kinds are their device's file. */
struct grant_device
{
    int fd;
};

/* Null with errno on failure. */
struct grant_device *grant_device_open(const char *path);
int grant_device_close(struct grant_device *dev);

/*
 * Ask the device (its ioctl request) to clear a byte of the pages at index
 * and to send an event when they are unmapped: each unless it is -1. 0 or -1.
 */
int grant_device_notify(struct grant_device *dev, unsigned long request,
                        uint64_t index, uint32_t offset, evtchn_port_t port);

#endif
