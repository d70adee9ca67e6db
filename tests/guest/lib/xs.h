/* SPDX-License-Identifier: MIT */
/* XenStore, for who has all the time in the world: one request, one answer. */
#ifndef TEST_XS_H
#define TEST_XS_H

#include "lib.h"

/* Find the ring: at the start, and when a domain was restored. */
void xs_init(void);
void xs_write(const char *path, const char *value);
void xs_write_number(const char *path, unsigned int n);
/* The value as a string, cut off where the room ends. */
void xs_read(const char *path, char *value, uint32_t room);
/* Is this the node's value? */
bool xs_is(const char *path, const char *value);

#endif
