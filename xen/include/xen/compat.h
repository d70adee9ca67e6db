/* SPDX-License-Identifier: MIT */
/*
 * Structures of 32-bit callers.
 *
 * Machine words (xen_ulong_t, xen_pfn_t, handles) have 32 bits there, and
 * uint64_t is aligned to 4 bytes only. All else is as in 64-bit code, so what a
 * structure looks like there follows from the kinds of its members, in order:
 *
 *   1 2 4 8  a number of so many bytes
 *   w        a machine word
 *   |        alignment to a machine word: a nested structure begins or ends
 *
 * A hypercall handler copies such a structure by this description, its layout,
 * and has it in the 64-bit form, whoever calls.
 */
#pragma once

#include <xen/compiler.h>

/* Largest structure that a layout is given of, in bytes. */
#define COMPAT_STRUCT_MAX 96

/* That of struct vcpu_runstate_info, which is written elsewhere, too. */
#define RUNSTATE_INFO "488888"

/* --- Pure. --- */
/* Size of a structure in 32-bit code (compat) or in 64-bit code. */
size_t layout_size(const char *layout, bool compat);
/* From the 32-bit form to the 64-bit form, padding cleared, and back. */
void layout_widen(const char *layout, const void *compat, void *native);
void layout_narrow(const char *layout, const void *native, void *compat);

/* --- In a hypercall of the current vCPU. --- */
/*
 * Copy a structure whose 64-bit form has the given size; layout NULL: one that
 * has the same form in 32-bit code. Return true if that failed.
 */
bool copy_layout_from_guest(void *to, uint64_t gva, const char *layout,
                            size_t size);
bool copy_layout_to_guest(uint64_t gva, const void *from, const char *layout,
                          size_t size);
/* What lies between two such structures in an array of the caller's. */
size_t layout_stride(const char *layout, size_t size);

#define copy_struct_from_guest(to, gva, layout) \
    copy_layout_from_guest((to), (gva), (layout), sizeof(*(to)))
#define copy_struct_to_guest(gva, from, layout) \
    copy_layout_to_guest((gva), (from), (layout), sizeof(*(from)))

/* Element i of an array of machine words. Return true if that failed. */
bool copy_word_from_guest_va(unsigned long *to, uint64_t gva, unsigned long i);
bool copy_word_to_guest_va(uint64_t gva, unsigned long i, unsigned long word);

/* The same with a handle of the array. */
#define copy_word_from_guest(to, hnd, i) \
    copy_word_from_guest_va((to), (uint64_t)(hnd).p, (i))
#define copy_word_to_guest(hnd, i, word) \
    copy_word_to_guest_va((uint64_t)(hnd).p, (i), (word))
