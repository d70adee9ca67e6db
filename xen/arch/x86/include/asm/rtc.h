/* SPDX-License-Identifier: MIT */
/* The battery-backed clock. */
#pragma once

#include <xen/time.h>

/* False if there is none, or it holds nonsense. */
bool rtc_read(struct civil_time *t);
