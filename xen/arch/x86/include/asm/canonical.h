/* SPDX-License-Identifier: MIT */
/* Which linear addresses there are. */
#pragma once

#include <xen/types.h>

/* Linear addresses have 48 bits: no CPUID policy offers LA57. */
static inline bool is_canonical(uint64_t la)
{
    return (uint64_t)((int64_t)(la << 16) >> 16) == la;
}
