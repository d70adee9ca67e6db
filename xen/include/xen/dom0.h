/* SPDX-License-Identifier: MIT */
/* Building Dom0 at boot, in two steps around the start of the heap. */
#pragma once

/*
 * Before the heap: move the modules out of the way and take Dom0's memory
 * out of boot_ram_map, from low addresses up.
 */
void dom0_reserve_memory(void);
/* After everything else: create Dom0 from the modules, unpause it. */
void dom0_build(void);
