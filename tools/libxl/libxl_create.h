/* SPDX-License-Identifier: MIT */
/* A creation under way, for the files that take part in it. */
#ifndef LIBXL_CREATE_H
#define LIBXL_CREATE_H

#include "libxl_internal.h"

struct libxl__create
{
    libxl_ctx *ctx;
    libxl_domain_config *config;
    struct xg_image image;
    struct xg_plan plan;
    struct xg_config guest;
    uint32_t domid;
    int image_fd;  /* of a saved domain, -1: from kernel and ramdisk */
    bool incoming; /* that domain may still be here */
};

/* Steps of libxl_build.c, in this order. */
int libxl__set_limits(struct libxl__create *c);
int libxl__alloc_ports(struct libxl__create *c);
int libxl__set_policy(struct libxl__create *c);
int libxl__build(struct libxl__create *c);
int libxl__restore(struct libxl__create *c);

#endif
