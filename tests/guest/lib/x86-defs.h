/* SPDX-License-Identifier: MIT */
/* Constants of the architecture, for C and assembly. No code here. */
#ifndef TEST_X86_DEFS_H
#define TEST_X86_DEFS_H

#define PAGE_SIZE                4096

#define CR0_PE                   (1 << 0)
#define CR0_MP                   (1 << 1)
#define CR0_ET                   (1 << 4)
#define CR0_NE                   (1 << 5)
#define CR0_WP                   (1 << 16)
#define CR0_CD                   (1 << 30)
#define CR0_PG                   (1 << 31)

#define CR4_PAE                  (1 << 5)
#define CR4_VMXE                 (1 << 13)

#define MSR_TSC                  0x10
#define MSR_APIC_BASE            0x1b
#define MSR_FEATURE_CONTROL      0x3a
#define MSR_MISC_ENABLE          0x1a0
#define MSR_SYSENTER_CS          0x174
#define MSR_SYSENTER_ESP         0x175
#define MSR_SYSENTER_EIP         0x176
#define MSR_PAT                  0x277
#define MSR_TSC_DEADLINE         0x6e0
#define MSR_X2APIC_BASE          0x800
#define MSR_X2APIC_SELF          0x83f
#define MSR_EFER                 0xc0000080
#define MSR_STAR                 0xc0000081
#define MSR_FS_BASE              0xc0000100
#define MSR_GS_BASE              0xc0000101

#define MSR_VMX_BASIC            0x480
#define MSR_VMX_PINBASED         0x481
#define MSR_VMX_PROCBASED        0x482
#define MSR_VMX_EXIT             0x483
#define MSR_VMX_ENTRY            0x484
#define MSR_VMX_MISC             0x485
#define MSR_VMX_CR0_FIXED0       0x486
#define MSR_VMX_CR0_FIXED1       0x487
#define MSR_VMX_CR4_FIXED0       0x488
#define MSR_VMX_CR4_FIXED1       0x489
#define MSR_VMX_VMCS_ENUM        0x48a
#define MSR_VMX_PROCBASED2       0x48b
#define MSR_VMX_EPT_VPID_CAP     0x48c
#define MSR_VMX_TRUE_PINBASED    0x48d
#define MSR_VMX_TRUE_PROCBASED   0x48e
#define MSR_VMX_TRUE_EXIT        0x48f
#define MSR_VMX_TRUE_ENTRY       0x490

#define FEATURE_CONTROL_LOCK     (1 << 0)
#define FEATURE_CONTROL_VMX      (1 << 2) /* outside SMX */

#define APIC_BASE_X2APIC         (1 << 10)
#define APIC_BASE_ENABLE         (1 << 11)

#define EFER_SCE                 (1 << 0)
#define EFER_LME                 (1 << 8)
#define EFER_LMA                 (1 << 10)
#define EFER_NXE                 (1 << 11)

#define CPUID_1_ECX_VMX          (1u << 5)
#define CPUID_1_ECX_X2APIC       (1u << 21)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define CPUID_1_ECX_HYPERVISOR   (1u << 31)
#define CPUID_1_EDX_APIC         (1u << 9)

#define RFLAGS_CF                (1 << 0)
#define RFLAGS_MBS               (1 << 1) /* always one */
#define RFLAGS_ZF                (1 << 6)
#define RFLAGS_IF                (1 << 9)
#define RFLAGS_RF                (1 << 16)

#define VEC_DE                   0
#define VEC_UD                   6
#define VEC_GP                   13
#define VEC_PF                   14

#define PTE_P                    (1 << 0)
#define PTE_W                    (1 << 1)
#define PTE_U                    (1 << 2)
#define PTE_PS                   (1 << 7)

#define SEL_CODE64               0x08
#define SEL_DATA                 0x10
#define SEL_CODE32               0x18
#define SEL_UDATA                0x23
#define SEL_UCODE                0x2b
#define SEL_TSS                  0x30

#define APIC_DEFAULT_BASE        0xfee00000
#define AP_TRAMPOLINE            0x8000 /* a page of its own below 1 MiB */
#define STACK_SIZE               (4 * PAGE_SIZE)

#endif /* TEST_X86_DEFS_H */
