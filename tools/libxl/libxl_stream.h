/* SPDX-License-Identifier: MIT */
/* libxl's stream: a frame around the domain image that libxc streams. */
#ifndef LIBXL_STREAM_H
#define LIBXL_STREAM_H

#include "libxl_internal.h"

/* What comes before and after the image. -1 with the error set. */
int libxl__stream_begin(int fd, struct xg_error *err);
int libxl__stream_end(int fd, struct xg_error *err);

/*
 * Read a stream to its end; image() reads the image in it, 0 or -1. A stream
 * without one is an error.
 */
int libxl__stream_read(int fd, int (*image)(void *opaque, struct xg_error *err),
                       void *opaque, struct xg_error *err);

#endif
