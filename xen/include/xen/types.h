/* SPDX-License-Identifier: MIT */
/* Basic types of the hypervisor; the same file serves host-compiled tests. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t paddr_t; /* host-physical or guest-physical byte address */
typedef int64_t s_time_t; /* nanoseconds since boot, see NOW() */

#define INVALID_PADDR (~(paddr_t)0)
