/* SPDX-License-Identifier: MIT */
/* Records of the x86 HVM save stream. */
#ifndef XEN_PUBLIC_HVM_SAVE_X86_H
#define XEN_PUBLIC_HVM_SAVE_X86_H

#include "../../hvm/save.h"

#define HVM_FILE_MAGIC   0x54381286
#define HVM_FILE_VERSION 0x00000001

/* Always the first record. */
struct hvm_save_header
{
    uint32_t magic;
    uint32_t version;
    uint64_t changeset;
    uint32_t cpuid; /* leaf 1 eax of the saving host */
    uint32_t gtsc_khz;
};
DECLARE_HVM_SAVE_TYPE(HEADER, 1, struct hvm_save_header);

/* Set in hvm_hw_cpu.flags when fpu_regs means something. */
#define _XEN_X86_FPU_INITIALISED 0
#define XEN_X86_FPU_INITIALISED  (1U << _XEN_X86_FPU_INITIALISED)

/* Registers of one vCPU. */
struct hvm_hw_cpu
{
    uint8_t fpu_regs[512]; /* FXSAVE layout */

    uint64_t rax;
    uint64_t rbx;
    uint64_t rcx;
    uint64_t rdx;
    uint64_t rbp;
    uint64_t rsi;
    uint64_t rdi;
    uint64_t rsp;
    uint64_t r8;
    uint64_t r9;
    uint64_t r10;
    uint64_t r11;
    uint64_t r12;
    uint64_t r13;
    uint64_t r14;
    uint64_t r15;

    uint64_t rip;
    uint64_t rflags;

    uint64_t cr0;
    uint64_t cr2;
    uint64_t cr3;
    uint64_t cr4;

    uint64_t dr0;
    uint64_t dr1;
    uint64_t dr2;
    uint64_t dr3;
    uint64_t dr6;
    uint64_t dr7;

    uint32_t cs_sel;
    uint32_t ds_sel;
    uint32_t es_sel;
    uint32_t fs_sel;
    uint32_t gs_sel;
    uint32_t ss_sel;
    uint32_t tr_sel;
    uint32_t ldtr_sel;

    uint32_t cs_limit;
    uint32_t ds_limit;
    uint32_t es_limit;
    uint32_t fs_limit;
    uint32_t gs_limit;
    uint32_t ss_limit;
    uint32_t tr_limit;
    uint32_t ldtr_limit;
    uint32_t idtr_limit;
    uint32_t gdtr_limit;

    uint64_t cs_base;
    uint64_t ds_base;
    uint64_t es_base;
    uint64_t fs_base;
    uint64_t gs_base;
    uint64_t ss_base;
    uint64_t tr_base;
    uint64_t ldtr_base;
    uint64_t idtr_base;
    uint64_t gdtr_base;

    /* Attributes in the descriptor's form, bits 8-11 of the gap left out. */
    uint32_t cs_arbytes;
    uint32_t ds_arbytes;
    uint32_t es_arbytes;
    uint32_t fs_arbytes;
    uint32_t gs_arbytes;
    uint32_t ss_arbytes;
    uint32_t tr_arbytes;
    uint32_t ldtr_arbytes;

    uint64_t sysenter_cs;
    uint64_t sysenter_esp;
    uint64_t sysenter_eip;

    uint64_t shadow_gs;

    uint64_t msr_flags; /* obsolete, zero */
    uint64_t msr_lstar;
    uint64_t msr_star;
    uint64_t msr_cstar;
    uint64_t msr_syscall_mask;
    uint64_t msr_efer;
    uint64_t msr_tsc_aux;

    uint64_t tsc;

    /* An event that was being delivered, in VMCS interruption-info form. */
    union
    {
        uint32_t pending_event;
        struct
        {
            uint8_t pending_vector : 8;
            uint8_t pending_type : 3;
            uint8_t pending_error_valid : 1;
            uint32_t pending_reserved : 19;
            uint8_t pending_valid : 1;
        };
    };
    uint32_t error_code;

    uint32_t flags; /* XEN_X86_FPU_INITIALISED */
    uint32_t pad0;
};
DECLARE_HVM_SAVE_TYPE(CPU, 2, struct hvm_hw_cpu);

/* Types 3, 4, 7-13 (PIC to PM timer) belong to models PVH does not have. */

struct hvm_hw_lapic
{
    uint64_t apic_base_msr;
    uint32_t disabled; /* VLAPIC_..._DISABLED bits */
    uint32_t timer_divisor;
    uint64_t tdt_msr;
};
DECLARE_HVM_SAVE_TYPE(LAPIC, 5, struct hvm_hw_lapic);

/* The register page, 16 bytes for each 32-bit register. */
struct hvm_hw_lapic_regs
{
    uint8_t data[1024];
};
DECLARE_HVM_SAVE_TYPE(LAPIC_REGS, 6, struct hvm_hw_lapic_regs);

#define MTRR_VCNT     8
#define NUM_FIXED_MSR 11
struct hvm_hw_mtrr
{
    uint64_t msr_pat_cr;
    uint64_t msr_mtrr_var[MTRR_VCNT * 2]; /* base, mask pairs */
    uint64_t msr_mtrr_fixed[NUM_FIXED_MSR];
    uint64_t msr_mtrr_cap;
    uint64_t msr_mtrr_def_type;
};
DECLARE_HVM_SAVE_TYPE(MTRR, 14, struct hvm_hw_mtrr);

/* XSAVE area; its length depends on xfeature_mask. */
struct hvm_hw_cpu_xsave
{
    uint64_t xfeature_mask;
    uint64_t xcr0;
    uint64_t xcr0_accum;
    struct
    {
        struct
        {
            char x[512];
        } fpu_sse;
        struct hvm_hw_cpu_xsave_hdr
        {
            uint64_t xstate_bv;
            uint64_t xcomp_bv;
            uint64_t reserved[6];
        } xsave_hdr;
    } save_area;
};
#define CPU_XSAVE_CODE 16

struct hvm_vmce_vcpu
{
    uint64_t caps;
    uint64_t mci_ctl2_bank0;
    uint64_t mci_ctl2_bank1;
    uint64_t mcg_ext_ctl;
};
DECLARE_HVM_SAVE_TYPE(VMCE_VCPU, 18, struct hvm_vmce_vcpu);

struct hvm_tsc_adjust
{
    uint64_t tsc_adjust;
};
DECLARE_HVM_SAVE_TYPE(TSC_ADJUST, 19, struct hvm_tsc_adjust);

struct hvm_msr
{
    uint32_t count;
    struct hvm_one_msr
    {
        uint32_t index;
        uint32_t _rsvd;
        uint64_t val;
    } msr[];
};
#define CPU_MSR_CODE      20

#define HVM_SAVE_CODE_MAX 20

#endif
