/* SPDX-License-Identifier: MIT */
/* XenStore, for who has all the time in the world: one request, one answer. */
#ifndef SUSPEND_XS_H
#define SUSPEND_XS_H

#include "lib.h"

/* Find the ring: at the start, and when a domain was restored. */
void xs_init(void);
void xs_write(const char *path, const char *value);
/* Is this the node's value? */
bool xs_is(const char *path, const char *value);

#endif
