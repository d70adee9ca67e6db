/* SPDX-License-Identifier: MIT */
/* What the specification parsers' files need of libxl besides: not called. */

#include <stdlib.h>
#include <string.h>

#include "libxl_internal.h"

char *libxl__strdup(const char *s)
{
    return s ? strdup(s) : NULL;
}

char *libxl__asprintf(const char *fmt, ...)
{
    char *s = NULL;
    va_list al;

    va_start(al, fmt);
    if ( vasprintf(&s, fmt, al) < 0 )
        abort();
    va_end(al);
    return s;
}

void libxl__log(libxl_ctx *ctx, xentoollog_level level, int errnoval,
                uint32_t domid, const char *fmt, ...)
{
}

void libxl__device_begin(struct libxl__batch *b,
                         const struct libxl__device *dev)
{
    abort();
}

void libxl__device_back(struct libxl__batch *b, const struct libxl__device *dev,
                        const char *key, const char *fmt, ...)
{
    abort();
}

void libxl__device_front(struct libxl__batch *b,
                         const struct libxl__device *dev, const char *key,
                         const char *fmt, ...)
{
    abort();
}

int libxl__device_add(libxl_ctx *ctx, const struct libxl__device *dev,
                      struct libxl__batch *b, const char *script,
                      const char *action)
{
    abort();
}

char *libxl__script_path(const char *script)
{
    abort();
}
