/* SPDX-License-Identifier: MIT */
/* Values of the vmcs02, made from L0's wishes and the vmcs12. */
#pragma once

#include "nested.h"

/* What L0 has in the vmcs01, or wants while L2 runs. */
struct merge_l0
{
    uint32_t pin, proc, proc2, exit, entry;
    uint32_t vapic; /* of PROC2_VAPIC, what the processor does for L2s */
    uint32_t exception_bitmap;
    uint64_t cr0_mask, cr4_mask;       /* bits L0 keeps to itself */
    uint64_t cr0_forced0, cr0_forced1; /* clear / set while a guest runs */
    uint64_t cr4_forced1;
    uint64_t tsc_offset, tsc_multiplier; /* TSC_RATIO_ONE: L0 does not scale */
    uint64_t efer, pat, debugctl, dr7;   /* L1's own at the moment of entry */
};

/* Controls of the vmcs02. Addresses are filled in by nested-hw-write.c. */
struct vmcs02_ctrl
{
    uint32_t pin, proc, proc2, exit, entry;
    uint32_t exception_bitmap, pf_error_mask, pf_error_match;
    uint32_t cr3_target_count, tpr_threshold;
    uint32_t ple_gap, ple_window;
    uint64_t xss_exit_bitmap;
    uint64_t tsc_offset, tsc_multiplier;
};

/* What depends on both the masks and the guest's registers. */
struct vmcs02_cr
{
    uint64_t cr0, cr0_mask, cr0_shadow;
    uint64_t cr4, cr4_mask, cr4_shadow;
};

/* Guest MSRs that a VM entry loads, or leaves as L1 had them. */
struct vmcs02_msrs
{
    uint64_t efer, pat, debugctl, dr7;
};

void merge_controls(const struct merge_l0 *l0, const struct vmcs12 *v,
                    struct vmcs02_ctrl *out);
void merge_cr(const struct merge_l0 *l0, const struct vmcs12 *v,
              struct vmcs02_cr *out);
void merge_msrs(const struct merge_l0 *l0, const struct vmcs12 *v,
                struct vmcs02_msrs *out);

/*
 * The primary controls alone, for entries after which nothing else changed.
 * extra has windows that L0 itself wants opened.
 */
uint32_t merge_proc(uint32_t l0_proc, const struct vmcs12 *v);

/*
 * CR0 or CR4 that L2 has now: bits of neither owner from the register, L1's
 * as L1 left them, L0's from the read shadow.
 */
uint64_t unmerge_cr(uint64_t hw, uint64_t shadow, uint64_t l0_mask,
                    uint64_t l1_mask, uint64_t l1_val);

/*
 * The TSC offset of a vmcs02; and what L2's TSC is when L1's is l1_tsc. L0
 * needs that where RDTSC exits though L1 has not asked for it: because L0
 * emulates L1's TSC, or because the two multipliers make none that a VMCS can
 * hold.
 */
uint64_t merge_tsc_offset(uint64_t l0_offset, const struct vmcs12 *v);
uint64_t merge_l2_tsc(uint64_t l1_tsc, const struct vmcs12 *v);

uint64_t unmerge_debugctl(uint64_t hw, uint64_t l1_val);

/*
 * True if the vmcs02 lets nothing through that L0 or L1 wants to see. Asked of
 * what is written; option nested-audit asks it of the VMCS before each entry.
 */
bool merge_is_safe(const struct merge_l0 *l0, const struct vmcs12 *v,
                   const struct vmcs02_ctrl *c);
bool merge_cr_is_safe(const struct merge_l0 *l0, const struct vmcs12 *v,
                      const struct vmcs02_cr *cr);
/*
 * Of L0's bitmap alone: L1 may have changed its own since the merge. x2apic:
 * the vmcs02's secondary controls that make MSRs harmless.
 */
bool merge_bitmap_is_safe(const uint64_t *merged, const uint64_t *l0,
                          uint32_t x2apic);

/* --- Bitmaps, merge-bitmap.c --- */
#define BITMAP_WORDS (VMCS_REGION_SIZE / sizeof(uint64_t))

/*
 * The words of L0's MSR bitmap that let anything through: all others are
 * ones in the merged bitmap, whatever L1 says.
 */
struct msr_bitmap_words
{
    uint16_t count;
    uint16_t word[BITMAP_WORDS];
};

void merge_bitmap_scan(const uint64_t *l0, struct msr_bitmap_words *words);
/*
 * out, all ones except in those words before, gets what both let through.
 * l1 is NULL if L1 uses no bitmap; it may change while being read.
 */
void merge_msr_bitmap(uint64_t *out, const uint64_t *l0, const uint64_t *l1,
                      const struct msr_bitmap_words *words);
/*
 * Of the x2APIC's MSRs L0 lets none through. With the vmcs02's controls proc2
 * some mean the virtual-APIC page: out gets l1's wishes for those. l1 as above.
 */
void merge_x2apic(uint64_t *out, const uint64_t *l1, uint32_t proc2);
