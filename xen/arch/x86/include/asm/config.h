/* SPDX-License-Identifier: MIT */
/* Addresses and selectors shared by C, assembly and the linker script. */
#pragma once

/* The image is loaded at 2 MiB and runs in the top 2 GiB. */
#define XEN_PHYS_BASE  0x200000
#define XEN_VIRT_BASE  0xffffffff80200000
#define IMAGE_OFFSET   0xffffffff80000000

#define DIRECTMAP_BASE 0xffff830000000000

#define STACK_SIZE     32768

/* Selectors of every CPU's GDT. */
#define SEL_NULL   0x00
#define SEL_CODE64 0x08
#define SEL_DATA   0x10
#define SEL_CODE32 0x18
#define SEL_TSS    0x20
