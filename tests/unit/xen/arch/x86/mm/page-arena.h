/* SPDX-License-Identifier: MIT */
/* An arena of pages for tests of the p2m: the heap, the direct map, the frames.
 */
#pragma once

#include <stdbool.h>

#define ARENA_PAGES 4096

/* Pages allocated and not freed. */
extern unsigned int pages_out;
/* The allocation that fails, from 1 for the next one; 0: none. */
extern unsigned int fail_after;

/* All frames are RAM that nobody has mapped. */
void arena_init(void);
/* All pages must be back. */
void arena_destroy(void);
