/* SPDX-License-Identifier: MIT */
/* Reading the Dom0 kernel: an ELF with a PVH entry note; pure. */
#pragma once

#include <xen/types.h>

#define ELF_MAX_SEGMENTS 16

struct elf_segment
{
    uint64_t file_offset, file_size; /* bytes of the image to copy */
    paddr_t paddr;                   /* where to */
    uint64_t mem_size;               /* the rest is zeroed */
};

struct elf_kernel
{
    unsigned int nr_segments;
    struct elf_segment segment[ELF_MAX_SEGMENTS];
    paddr_t start, end; /* of all segments in memory */
    uint32_t entry;     /* physical, from XEN_ELFNOTE_PHYS32_ENTRY */
};

/*
 * Check image (size bytes) and describe it in *out. Returns NULL, or what is
 * wrong with it as a sentence for the user. Nothing of the image is trusted.
 */
const char *elf_parse_kernel(const uint8_t *image, uint64_t size,
                             struct elf_kernel *out);
