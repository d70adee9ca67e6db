/* SPDX-License-Identifier: MIT */
/* The text screen as a console, until Dom0 has it. */
#pragma once

#include <xen/console.h>

extern const struct console_channel vga_console;

/* Dom0 runs: the screen is its own, unless vga=keep. */
void vga_release(void);
