/* SPDX-License-Identifier: MIT */
/* A XenStore in memory, and nothing behind the rest that a context opens. */
#pragma once

#include <stdbool.h>

void fake_reset(void);
void fake_write(const char *path, const char *value);
/* Null: there is none. */
const char *fake_read(const char *path);
/* How many nodes are at a path or below it. */
unsigned int fake_count(const char *path);

/* Called while somebody waits for a watch: what drivers would do meanwhile. */
extern void (*fake_drivers)(void);
/* For each node whose path ends so, its value is changed from one to another.
 */
void fake_change_all(const char *end, const char *from, const char *to);
