/* SPDX-License-Identifier: MIT */
/* The pure parts of the domain builder, for each other and for the tests. */
#ifndef XENGUEST_PRIVATE_H
#define XENGUEST_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "xenguest.h"

#define XG_PAGE_SHIFT 12
#define XG_PAGE_SIZE  (1ull << XG_PAGE_SHIFT)
#define XG_2M_SHIFT   21
#define XG_4G         (1ull << 32)

/* RAM below 4 GiB ends here at the latest; devices and ACPI come above. */
#define XG_LOWMEM_MAX 0xf0000000ull

/* Where real Xen puts the ACPI tables and special pages of PVH domains. */
#define XG_ACPI_BASE          0xfc000000ull
#define XG_SPECIAL_FIRST_GFN  0xfeff8ull
#define XG_NR_SPECIAL         8
#define XG_SPECIAL_XENSTORE   4
#define XG_SPECIAL_IDENT_PT   6
#define XG_SPECIAL_CONSOLE    7
#define XG_SPECIAL_GFN(which) (XG_SPECIAL_FIRST_GFN + (which))

static inline uint64_t xg_page_up(uint64_t value)
{
    return (value + XG_PAGE_SIZE - 1) & ~(XG_PAGE_SIZE - 1);
}

/* Record the message and return -1. */
int xg_fail(struct xg_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* --- elf.c --- */

bool xg_is_elf(const uint8_t *data, size_t size);
int xg_elf_parse(const uint8_t *data, size_t size, struct xg_kernel *kernel,
                 struct xg_error *err);

/* --- bzimage.c --- */

bool xg_is_bzimage(const uint8_t *data, size_t size);
int xg_bzimage_payload(const uint8_t *data, size_t size, size_t *offset,
                       size_t *length, struct xg_error *err);

/* --- unpack.c --- */

/* The name of the packing that the bytes begin with, or null. */
const char *xg_packing(const uint8_t *data, size_t size);
/* malloc()ed result. */
int xg_unpack(const uint8_t *data, size_t size, uint8_t **out, size_t *out_size,
              struct xg_error *err);

/* --- start-info.c --- */

/* Bytes that start info, module list, command line and memory map take. */
uint64_t xg_start_info_size(const char *cmdline, bool have_ramdisk,
                            unsigned int nr_regions);
/* Write them for guest address plan->start_info; buf is that large. */
void xg_start_info_write(uint8_t *buf, const struct xg_plan *plan,
                         const char *cmdline);

/* --- acpi.c --- */

/* Bytes that the tables take, and the tables for guest address base. */
size_t xg_acpi_size(unsigned int nr_vcpus);
/* Returns the guest address of the RSDP. */
uint64_t xg_acpi_write(uint8_t *buf, uint64_t base, unsigned int nr_vcpus);

/* --- hvm-context.c --- */

/*
 * From the save stream of a fresh domain make one that starts its first vcpu
 * at a PVH entry point. malloc()ed.
 */
int xg_hvm_context(const uint8_t *saved, size_t saved_size, uint32_t entry,
                   uint32_t start_info, uint8_t **out, size_t *out_size,
                   struct xg_error *err);

#endif
