/* SPDX-License-Identifier: MIT */
/* Arithmetic of time, without a clock. */
#pragma once

#include <xen/types.h>

/* a * b / c with a 128-bit product; the quotient must fit 64 bits. */
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c);
/* Set tsc_scale (but for its base) for a TSC of hz. */
void time_scale_set(uint64_t hz);
