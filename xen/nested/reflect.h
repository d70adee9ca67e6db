/* SPDX-License-Identifier: MIT */
/* A VM exit to L1: what it stores in the vmcs12 and makes of L1's state. */
#pragma once

#include "route.h"

/* L1's registers after a VM exit, for the vmcs01. */
struct l1_host_state
{
    uint64_t cr0, cr3, cr4, efer, pat;
    uint64_t rip, rsp;
    uint64_t fs_base, gs_base, tr_base, gdtr_base, idtr_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t perf_global_ctrl;
    uint16_t selector[SEG_COUNT];
    uint32_t limit[SEG_COUNT], ar[SEG_COUNT];
    uint32_t table_limit; /* GDTR and IDTR */
    bool load_perf;
    bool ia32e;       /* L1 continues in IA-32e mode */
    bool nmi_blocked; /* the exit was an NMI's */
};

/* What a VM exit leaves as it is, so L1 finds L2's or its own value. */
struct l1_kept
{
    uint64_t cr0;  /* L1's before entry: CD, NW and ET are kept */
    uint64_t efer; /* L2's */
    uint64_t pat;  /* L2's */
};

/* SDM "Recording VM-Exit Information and Updating VM-entry Control Fields" */
void reflect_exit_info(struct vmcs12 *v, const struct l2_exit *e);

/*
 * SDM "Loading Host State", in two parts: what depends on the vmcs12's host
 * state and controls alone and is the same until these change, and what the
 * exit and the registers before it have to say.
 */
void reflect_host_fixed(const struct vmcs12 *v, struct l1_host_state *out);
void reflect_host_kept(const struct vmcs12 *v, const struct l1_kept *kept,
                       const struct l2_exit *e, struct l1_host_state *out);

/*
 * A VM entry that fails its checks on guest state, or its MSR loads: an exit
 * that stores reason and qualification and touches neither the guest state
 * nor the event fields. SDM "VM-Entry Failures During or After Loading
 * Guest State".
 */
void reflect_entry_failure(struct vmcs12 *v, uint32_t basic_reason,
                           uint64_t qual);

/*
 * An event that was on its way into L2 when L0 makes up an exit goes to the
 * IDT-vectoring fields, as if the exit had come during its delivery.
 */
void reflect_pending_event(struct l2_exit *e, uint32_t entry_intr_info,
                           uint32_t error_code, uint32_t insn_len);

/* SDM "VM-Exit Controls", the store of EFER.LMA into the entry controls. */
void reflect_lma(struct vmcs12 *v, uint64_t l2_efer);

/* Exits made up by L0. */
struct l2_exit reflect_ext_intr(const struct vmcs12 *v, int vector);
struct l2_exit reflect_nmi(void);
struct l2_exit reflect_simple(uint32_t reason);
struct l2_exit reflect_exception(uint8_t vector, bool has_error,
                                 uint32_t error_code, uint64_t qual);
