/* SPDX-License-Identifier: MIT */
/* Merge execution, exit and entry controls of vmcs01 and vmcs12. */
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/tsc-ratio.h>

#include "checks.h"
#include "merge.h"

/*
 * Three kinds of control:
 * - exiting: set if L0 or L1 wants the exit;
 * - enabling: L2 has a feature only if L1 gives it and L0 gives it to L1;
 * - L1's alone: what it does concerns L2 only, L0 has it for L1 at most.
 */
#define PROC_L1_ONLY \
    (PROC_INTR_WINDOW | PROC_NMI_WINDOW | PROC_TPR_SHADOW | PROC_MTF)
/* L2's ports always exit: the bitmaps are looked up in software. */
#define PROC_NEVER  (PROC_IO_BITMAPS | PROC_TERTIARY)
#define PROC_ALWAYS (PROC_UNCOND_IO | PROC_SECONDARY | PROC_TSC_OFFSET)

#define PROC2_ENABLING \
    (PROC2_RDTSCP | PROC2_INVPCID | PROC2_XSAVES | PROC2_USER_WAIT)
#define PROC2_L1_ONLY \
    (PROC2_APIC_ACCESS | PROC2_UNRESTRICTED | PROC2_VMFUNC | PROC2_MBEC)
#define PROC2_EXITING \
    (PROC2_DESC_TABLE | PROC2_WBINVD | PROC2_RDRAND | PROC2_RDSEED | PROC2_PLE)
#define PROC2_ALWAYS (PROC2_EPT | PROC2_VPID)

#define PIN_EXITING  (PIN_EXT_INTR | PIN_NMI | PIN_VIRT_NMI | PIN_PREEMPT)

#define EXIT_ALWAYS                                                  \
    (EXIT_CTL_SAVE_DEBUG | EXIT_CTL_SAVE_EFER | EXIT_CTL_LOAD_EFER | \
     EXIT_CTL_SAVE_PAT | EXIT_CTL_LOAD_PAT | EXIT_CTL_HOST_64)
#define ENTRY_ALWAYS \
    (ENTRY_CTL_LOAD_DEBUG | ENTRY_CTL_LOAD_EFER | ENTRY_CTL_LOAD_PAT)

uint32_t merge_proc(uint32_t l0_proc, const struct vmcs12 *v)
{
    uint32_t proc = (l0_proc & ~PROC_L1_ONLY) | v->proc_ctrl | PROC_ALWAYS;

    proc &= ~PROC_NEVER;
    if ( !(v->proc_ctrl & PROC_MSR_BITMAPS) )
        proc &= ~PROC_MSR_BITMAPS;
    /*
     * Without a TPR shadow of L1's, CR8 is that of L1's local APIC, which
     * only L0 can reach.
     */
    if ( !(v->proc_ctrl & PROC_TPR_SHADOW) )
        proc |= PROC_CR8_LOAD | PROC_CR8_STORE;
    else
        proc = (proc & ~(PROC_CR8_LOAD | PROC_CR8_STORE)) |
               (v->proc_ctrl & (PROC_CR8_LOAD | PROC_CR8_STORE));

    return proc;
}

static uint32_t merge_proc2(const struct merge_l0 *l0, const struct vmcs12 *v)
{
    uint32_t l1 = vmcs12_proc2(v);
    uint32_t proc2 = (l0->proc2 & l1 & PROC2_ENABLING) | (l1 & PROC2_L1_ONLY) |
                     ((l0->proc2 | l1) & PROC2_EXITING) | PROC2_ALWAYS;

    /*
     * On L1's own EPT, L1's APIC page traps for L2 as it does for L1: the
     * processor has one APIC to virtualize, and that is L1's.
     */
    if ( !(l1 & PROC2_EPT) )
        proc2 |= l0->proc2 & PROC2_APIC_ACCESS;
    else
        proc2 |= l0->vapic & l1 & PROC2_VAPIC;

    return proc2;
}

/* Scaling is a part of offsetting. */
static bool l1_scales_tsc(const struct vmcs12 *v)
{
    return (v->proc_ctrl & PROC_TSC_OFFSET) &&
           (vmcs12_proc2(v) & PROC2_TSC_SCALING);
}

/* L2's TSC is L1's, scaled and offset: L1's has L0's offset itself. */
uint64_t merge_tsc_offset(uint64_t l0_offset, const struct vmcs12 *v)
{
    uint64_t offset = l0_offset;

    if ( l1_scales_tsc(v) )
        offset = tsc_times_signed(offset, v->tsc_multiplier);

    return v->proc_ctrl & PROC_TSC_OFFSET ? offset + v->tsc_offset : offset;
}

uint64_t merge_l2_tsc(uint64_t l1_tsc, const struct vmcs12 *v)
{
    if ( l1_scales_tsc(v) )
        l1_tsc = tsc_times(l1_tsc, v->tsc_multiplier);

    return v->proc_ctrl & PROC_TSC_OFFSET ? l1_tsc + v->tsc_offset : l1_tsc;
}

/* The rate: L0 scales for L1, and L1 for L2. */
static void merge_tsc_rate(const struct merge_l0 *l0, const struct vmcs12 *v,
                           struct vmcs02_ctrl *out)
{
    uint64_t multiplier = l0->tsc_multiplier;

    if ( l1_scales_tsc(v) )
        multiplier = tsc_ratio_product(multiplier, v->tsc_multiplier);
    if ( multiplier != TSC_RATIO_ONE )
        out->proc2 |= PROC2_TSC_SCALING;
    if ( !multiplier )
    {
        out->proc2 &= ~PROC2_TSC_SCALING;
        out->proc |= PROC_RDTSC;
    }
    out->tsc_multiplier = multiplier;
}

void merge_controls(const struct merge_l0 *l0, const struct vmcs12 *v,
                    struct vmcs02_ctrl *out)
{
    bool l0_pf = l0->exception_bitmap & BIT(X86_EXC_PF);

    *out = (struct vmcs02_ctrl){
        .pin = l0->pin | (v->pin_ctrl & PIN_EXITING),
        .proc = merge_proc(l0->proc, v),
        .proc2 = merge_proc2(l0, v),
        .exit = l0->exit | EXIT_ALWAYS,
        .entry = (l0->entry & ~ENTRY_CTL_GUEST_64) | ENTRY_ALWAYS |
                 (v->entry_ctrl & ENTRY_CTL_GUEST_64),
        .exception_bitmap = l0->exception_bitmap | v->exception_bitmap,
        /* If L0 wants page faults it wants them all: mask and match 0. */
        .pf_error_mask = l0_pf ? 0 : v->pf_error_mask,
        .pf_error_match = l0_pf ? 0 : v->pf_error_match,
        .cr3_target_count = l0->proc & PROC_CR3_LOAD ? 0 : v->cr3_target_count,
        .tpr_threshold = v->proc_ctrl & PROC_TPR_SHADOW ? v->tpr_threshold : 0,
        .ple_gap = v->ple_gap,
        .ple_window = v->ple_window,
        .xss_exit_bitmap = v->xss_exit_bitmap,
        .tsc_offset = merge_tsc_offset(l0->tsc_offset, v),
    };
    merge_tsc_rate(l0, v, out);
    /* With virtual-interrupt delivery it is for us to set (vapic.c). */
    if ( vmcs12_proc2(v) & PROC2_VINTR )
        out->tpr_threshold = 0;
    if ( v->pin_ctrl & PIN_PREEMPT )
        out->exit |= EXIT_CTL_SAVE_PREEMPT;
}

void merge_cr(const struct merge_l0 *l0, const struct vmcs12 *v,
              struct vmcs02_cr *out)
{
    out->cr0_mask = l0->cr0_mask | v->cr0_mask;
    out->cr0 = (v->guest_cr0 & ~l0->cr0_forced0) | l0->cr0_forced1;
    out->cr0_shadow =
        (v->guest_cr0 & ~v->cr0_mask) | (v->cr0_read_shadow & v->cr0_mask);

    out->cr4_mask = l0->cr4_mask | v->cr4_mask;
    out->cr4 = v->guest_cr4 | l0->cr4_forced1;
    out->cr4_shadow =
        (v->guest_cr4 & ~v->cr4_mask) | (v->cr4_read_shadow & v->cr4_mask);
}

uint64_t unmerge_cr(uint64_t hw, uint64_t shadow, uint64_t l0_mask,
                    uint64_t l1_mask, uint64_t l1_val)
{
    return (hw & ~(l0_mask | l1_mask)) | (l1_val & l1_mask) |
           (shadow & l0_mask & ~l1_mask);
}

/*
 * Of IA32_DEBUGCTL only single-stepping on branches is real: branch records
 * are not switched between guests. L2 still finds the bits it had.
 */
#define DEBUGCTL_BTF (1ULL << 1)

uint64_t unmerge_debugctl(uint64_t hw, uint64_t l1_val)
{
    return (hw & DEBUGCTL_BTF) | (l1_val & ~DEBUGCTL_BTF);
}

/* SDM "Loading Guest Control Registers, Debug Registers, and MSRs" */
void merge_msrs(const struct merge_l0 *l0, const struct vmcs12 *v,
                struct vmcs02_msrs *out)
{
    bool ia32e = v->entry_ctrl & ENTRY_CTL_GUEST_64;
    bool debug = v->entry_ctrl & ENTRY_CTL_LOAD_DEBUG;

    if ( v->entry_ctrl & ENTRY_CTL_LOAD_EFER )
        out->efer = v->guest_efer;
    else
    {
        out->efer = l0->efer & ~EFER_LMA;
        if ( v->guest_cr0 & X86_CR0_PG )
            out->efer &= ~EFER_LME;
        if ( ia32e )
            out->efer |= EFER_LMA | EFER_LME;
    }

    out->pat = v->entry_ctrl & ENTRY_CTL_LOAD_PAT ? v->guest_pat : l0->pat;
    out->debugctl = (debug ? v->guest_debugctl : l0->debugctl) & DEBUGCTL_BTF;
    out->dr7 = debug ? v->guest_dr7 : l0->dr7;
}

/* Exiting controls: each set bit of want is set in have. */
static bool covers(uint32_t have, uint32_t want)
{
    return (have & want) == want;
}

#define PROC_EXITING                                                 \
    (PROC_HLT | PROC_INVLPG | PROC_MWAIT | PROC_RDPMC | PROC_RDTSC | \
     PROC_CR3_LOAD | PROC_CR3_STORE | PROC_MOV_DR | PROC_MONITOR | PROC_PAUSE)
/* Carried out in software: the processor must not do it to L1's memory. */
#define PROC2_NEVER \
    (PROC2_PML | PROC2_VE | PROC2_SHADOW_VMCS | PROC2_SPP | PROC2_ENCLS)
#define PROC_BOTH_CR8 (PROC_CR8_LOAD | PROC_CR8_STORE)

bool merge_is_safe(const struct merge_l0 *l0, const struct vmcs12 *v,
                   const struct vmcs02_ctrl *c)
{
    uint32_t l1_proc2 = vmcs12_proc2(v);
    uint32_t enabled = c->proc2 & PROC2_ENABLING;
    uint32_t vapic = c->proc2 & PROC2_VAPIC;

    return covers(c->pin, (l0->pin | v->pin_ctrl) & PIN_EXITING) &&
           covers(c->proc, (l0->proc | v->proc_ctrl) & PROC_EXITING) &&
           covers(c->proc, PROC_UNCOND_IO) && !(c->proc & PROC_IO_BITMAPS) &&
           ((v->proc_ctrl & PROC_MSR_BITMAPS) ||
            !(c->proc & PROC_MSR_BITMAPS)) &&
           covers(c->proc, v->proc_ctrl & PROC_TPR_SHADOW
                               ? v->proc_ctrl & PROC_BOTH_CR8
                               : PROC_BOTH_CR8) &&
           covers(c->proc2, PROC2_EPT | PROC2_VPID) &&
           covers(c->proc2, (l0->proc2 | l1_proc2) & PROC2_EXITING) &&
           !(enabled & ~l0->proc2) && !(enabled & ~l1_proc2) &&
           !(c->proc2 & PROC2_NEVER) && !(c->pin & PIN_POSTED_INTR) &&
           !(vapic & ~(l0->vapic & l1_proc2)) &&
           (!vapic || (l1_proc2 & PROC2_EPT)) &&
           covers(c->exception_bitmap,
                  l0->exception_bitmap | v->exception_bitmap) &&
           (!(l0->exception_bitmap & BIT(X86_EXC_PF)) ||
            (!c->pf_error_mask && !c->pf_error_match)) &&
           (!(l0->proc & PROC_CR3_LOAD) || !c->cr3_target_count);
}

bool merge_cr_is_safe(const struct merge_l0 *l0, const struct vmcs12 *v,
                      const struct vmcs02_cr *cr)
{
    uint64_t mask0 = l0->cr0_mask | v->cr0_mask;
    uint64_t mask4 = l0->cr4_mask | v->cr4_mask;

    return (cr->cr0_mask & mask0) == mask0 && (cr->cr4_mask & mask4) == mask4 &&
           !(cr->cr0 & l0->cr0_forced0) &&
           (cr->cr0 & l0->cr0_forced1) == l0->cr0_forced1 &&
           (cr->cr4 & l0->cr4_forced1) == l0->cr4_forced1;
}
