/* SPDX-License-Identifier: MIT */
/* The order of boot, and the machine's end. */
#pragma once

#include <xen/compiler.h>
#include <xen/types.h>

/* Called by head.S; info is where the loader's structure is. */
void noreturn boot_main(uint32_t magic, uint32_t info);

extern const char nidus_version[], nidus_commit[];

void noreturn machine_restart(void);
void noreturn machine_halt(void);
void noreturn machine_power_off(void); /* ACPI S5, or halt */

/* The memory the hypervisor was linked to, in bytes of physical address. */
paddr_t image_start(void);
paddr_t image_end(void);
/* Version and commit, as the build found them. */
extern const char nidus_version[], nidus_commit[];
/* Say who we are. */
void banner_print(void);
