/* SPDX-License-Identifier: MIT */
/* Errors of the domain builder: one line for the user. */

#include <stdarg.h>
#include <stdio.h>

#include "private.h"

int xg_fail(struct xg_error *err, const char *fmt, ...)
{
    va_list al;

    va_start(al, fmt);
    vsnprintf(err->text, sizeof(err->text), fmt, al);
    va_end(al);
    return -1;
}
