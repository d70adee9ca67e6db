/* SPDX-License-Identifier: MIT */
/* Arithmetic of time, without a clock. */
#pragma once

#include <xen/time.h>

/* a * b / c with a 128-bit product; the quotient must fit 64 bits. */
uint64_t muldiv64(uint64_t a, uint64_t b, uint64_t c);
/* Set s, but for its base, for a TSC of hz. */
void time_scale_set(struct time_scale *s, uint64_t hz);
/* Nanoseconds for so many of its ticks. */
s_time_t time_scale_ns(const struct time_scale *s, uint64_t delta);
