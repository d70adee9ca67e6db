/* SPDX-License-Identifier: MIT */
/* The ELF32 file that boot loaders take, written out around the flat image. */

/*
 * Boot loaders want a 32-bit ELF; the image is 64-bit code linked high. So
 * the ELF header, its program headers and the note that names the PVH entry
 * are spelled here and the flat image follows. Built with IMAGE (file),
 * IMAGE_ENTRY, IMAGE_PVH_ENTRY and IMAGE_MEMSZ on the command line.
 */
#include <asm/config.h>

#define ET_EXEC   2
#define EM_386    3
#define PT_LOAD   1
#define PT_NOTE   4
#define PF_RWX    7
#define PF_R      4

#define XEN_ELFNOTE_PHYS32_ENTRY 18

        .section .text
elf:
        .byte 0x7f
        .ascii "ELF"
        .byte 1, 1, 1, 0 /* 32 bits, little endian, version 1 */
        .fill 8, 1, 0
        .short ET_EXEC, EM_386
        .long 1
        .long IMAGE_ENTRY
        .long phdrs - elf
        .long 0 /* no section headers */
        .long 0
        .short phdrs - elf
        .short (phdrs_end - phdrs) / 2
        .short 2
        .short 0, 0, 0
phdrs:
        .long PT_LOAD, image - elf, XEN_PHYS_BASE, XEN_PHYS_BASE
        .long image_end - image, IMAGE_MEMSZ, PF_RWX, 0x1000

        .long PT_NOTE, note - elf, 0, 0
        .long note_end - note, note_end - note, PF_R, 4
phdrs_end:

        .balign 4
note:
        .long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz "Xen"
        .long IMAGE_PVH_ENTRY
note_end:

        .balign 0x1000
image:
        .incbin IMAGE
        .balign 4
image_end:
