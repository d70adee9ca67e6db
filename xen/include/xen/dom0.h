/* SPDX-License-Identifier: MIT */
/* Building Dom0 at boot, in two steps around the start of the heap. */
#pragma once

#include <xen/types.h>

struct domain;

/*
 * Before the heap: move the modules out of the way and take Dom0's memory
 * out of boot_ram_map, from low addresses up.
 */
void dom0_reserve_memory(void);
/* After everything else: create Dom0 from the modules, unpause it. */
void dom0_build(void);
/*
 * Dom0 touched gpa, where nothing is mapped: if that is an address above
 * 4 GiB without RAM of the machine (a 64-bit BAR), map it to itself.
 */
bool dom0_map_device(struct domain *d, paddr_t gpa);
