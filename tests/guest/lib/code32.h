/* SPDX-License-Identifier: MIT */
/* Comes before 32-bit code that is assembled into a 64-bit object. */
asm(".code32");
