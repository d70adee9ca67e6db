/* SPDX-License-Identifier: MIT */
/* The x86 part of the base ABI: handles, machine words, shared-info parts. */
#ifndef XEN_PUBLIC_ARCH_X86_XEN_H
#define XEN_PUBLIC_ARCH_X86_XEN_H

#if !defined(__x86_64__)
#error "Only 64-bit hypervisor, tools and guests are described here."
#endif

#ifndef __ASSEMBLY__

#include "../xen-compat.h"

/*
 * A guest handle is a pointer in the caller's address space.  It is wrapped
 * in a struct of its own so that nobody dereferences it by accident: the
 * hypervisor goes through the guest-access functions, the tools fill it with
 * set_xen_guest_handle().  In a 64-bit world the _64 form is the same thing.
 */
#define XEN_GUEST_HANDLE(name)       __guest_handle_##name
#define XEN_GUEST_HANDLE_64(name)    XEN_GUEST_HANDLE(name)
#define XEN_GUEST_HANDLE_PARAM(name) XEN_GUEST_HANDLE(name)

#define XEN_HANDLE_TYPE_(name, type) \
    typedef struct                   \
    {                                \
        type *p;                     \
    } __guest_handle_##name

/* One declaration gives the plain and the const-qualified handle. */
#define __DEFINE_XEN_GUEST_HANDLE(name, type) \
    XEN_HANDLE_TYPE_(name, type);             \
    XEN_HANDLE_TYPE_(const_##name, const type)
#define DEFINE_XEN_GUEST_HANDLE(name) __DEFINE_XEN_GUEST_HANDLE(name, name)

#define set_xen_guest_handle_raw(hnd, val) \
    do                                     \
    {                                      \
        (hnd).p = val;                     \
    } while ( 0 )
#define set_xen_guest_handle(hnd, val) set_xen_guest_handle_raw(hnd, val)

typedef unsigned long xen_pfn_t;
#define PRI_xen_pfn  "lx"
#define PRIu_xen_pfn "lu"

typedef unsigned long xen_ulong_t;
#define PRI_xen_ulong "lx"

typedef uint64_t tsc_timestamp_t;

/* Number of vcpu_info slots inside the shared info page. */
#define XEN_LEGACY_MAX_VCPUS 32

/* Per-vCPU architecture part; only cr2 means something, and only to PV. */
struct arch_vcpu_info
{
    unsigned long cr2;
    unsigned long pad;
};
typedef struct arch_vcpu_info arch_vcpu_info_t;

/* PV guests publish their p2m here; HVM guests leave all of it alone. */
struct arch_shared_info
{
    unsigned long max_pfn;
    xen_pfn_t pfn_to_mfn_frame_list_list;
    unsigned long nmi_reason;
    unsigned long p2m_cr3;
    unsigned long p2m_vaddr;
    unsigned long p2m_generation;
};
typedef struct arch_shared_info arch_shared_info_t;

/* General registers as the tools see them, under all their widths' names. */
#define XEN_REG_(r64, r32, r16) \
    union                       \
    {                           \
        uint64_t r64;           \
        uint32_t r32;           \
        uint16_t r16;           \
    }
struct cpu_user_regs
{
    uint64_t r15;
    uint64_t r14;
    uint64_t r13;
    uint64_t r12;
    XEN_REG_(rbp, ebp, bp);
    XEN_REG_(rbx, ebx, bx);
    uint64_t r11;
    uint64_t r10;
    uint64_t r9;
    uint64_t r8;
    XEN_REG_(rax, eax, ax);
    XEN_REG_(rcx, ecx, cx);
    XEN_REG_(rdx, edx, dx);
    XEN_REG_(rsi, esi, si);
    XEN_REG_(rdi, edi, di);
    uint32_t error_code;
    uint32_t entry_vector;
    XEN_REG_(rip, eip, ip);
    uint16_t cs, _pad0[1];
    uint8_t saved_upcall_mask;
    uint8_t _pad1[3];
    XEN_REG_(rflags, eflags, flags);
    XEN_REG_(rsp, esp, sp);
    uint16_t ss, _pad2[3];
    uint16_t es, _pad3[3];
    uint16_t ds, _pad4[3];
    uint16_t fs, _pad5[3];
    uint16_t gs, _pad6[3];
};
typedef struct cpu_user_regs cpu_user_regs_t;
#undef XEN_REG_

struct trap_info
{
    uint8_t vector;
    uint8_t flags;
    uint16_t cs;
    unsigned long address;
};
typedef struct trap_info trap_info_t;

#define VGCF_I387_VALID (1 << 0)
#define VGCF_IN_KERNEL  (1 << 2)
#define VGCF_online     (1 << 5)

/* State of a vCPU, made for PV; of HVM's the registers can be seen in it. */
struct vcpu_guest_context
{
    struct
    {
        char x[512];
    } fpu_ctxt;
    unsigned long flags; /* VGCF_* */
    struct cpu_user_regs user_regs;
    struct trap_info trap_ctxt[256];
    unsigned long ldt_base, ldt_ents;
    unsigned long gdt_frames[16], gdt_ents;
    unsigned long kernel_ss, kernel_sp;
    unsigned long ctrlreg[8];
    unsigned long debugreg[8];
    unsigned long event_callback_eip;
    unsigned long failsafe_callback_eip;
    unsigned long syscall_callback_eip;
    unsigned long vm_assist;
    uint64_t fs_base;
    uint64_t gs_base_kernel;
    uint64_t gs_base_user;
};
typedef struct vcpu_guest_context vcpu_guest_context_t;
DEFINE_XEN_GUEST_HANDLE(vcpu_guest_context_t);

/* Device models inside the hypervisor that a domain asks for. */
#define _XEN_X86_EMU_LAPIC    0
#define XEN_X86_EMU_LAPIC     (1U << _XEN_X86_EMU_LAPIC)
#define _XEN_X86_EMU_HPET     1
#define XEN_X86_EMU_HPET      (1U << _XEN_X86_EMU_HPET)
#define _XEN_X86_EMU_PM       2
#define XEN_X86_EMU_PM        (1U << _XEN_X86_EMU_PM)
#define _XEN_X86_EMU_RTC      3
#define XEN_X86_EMU_RTC       (1U << _XEN_X86_EMU_RTC)
#define _XEN_X86_EMU_IOAPIC   4
#define XEN_X86_EMU_IOAPIC    (1U << _XEN_X86_EMU_IOAPIC)
#define _XEN_X86_EMU_PIC      5
#define XEN_X86_EMU_PIC       (1U << _XEN_X86_EMU_PIC)
#define _XEN_X86_EMU_VGA      6
#define XEN_X86_EMU_VGA       (1U << _XEN_X86_EMU_VGA)
#define _XEN_X86_EMU_IOMMU    7
#define XEN_X86_EMU_IOMMU     (1U << _XEN_X86_EMU_IOMMU)
#define _XEN_X86_EMU_PIT      8
#define XEN_X86_EMU_PIT       (1U << _XEN_X86_EMU_PIT)
#define _XEN_X86_EMU_USE_PIRQ 9
#define XEN_X86_EMU_USE_PIRQ  (1U << _XEN_X86_EMU_USE_PIRQ)
#define _XEN_X86_EMU_VPCI     10
#define XEN_X86_EMU_VPCI      (1U << _XEN_X86_EMU_VPCI)
#define XEN_X86_EMU_ALL       ((1U << 11) - 1)

/* Unknown MSRs read as zero and swallow writes instead of raising #GP. */
#define XEN_X86_MSR_RELAXED    (1u << 0)
#define XEN_X86_MISC_FLAGS_MAX XEN_X86_MSR_RELAXED

struct xen_arch_domainconfig
{
    uint32_t emulation_flags; /* XEN_X86_EMU_* */
    uint32_t misc_flags;      /* XEN_X86_MSR_RELAXED */
};

/* The wire form of a CPU policy: a list of leaves and a list of MSRs. */
#define XEN_CPUID_NO_SUBLEAF 0xffffffffu
typedef struct xen_cpuid_leaf
{
    uint32_t leaf, subleaf;
    uint32_t a, b, c, d;
} xen_cpuid_leaf_t;
DEFINE_XEN_GUEST_HANDLE(xen_cpuid_leaf_t);

typedef struct xen_msr_entry
{
    uint32_t idx;
    uint32_t flags; /* must be zero */
    uint64_t val;
} xen_msr_entry_t;
DEFINE_XEN_GUEST_HANDLE(xen_msr_entry_t);

#endif /* __ASSEMBLY__ */

/* Byte-wide debug output port of every HVM guest. */
#define XEN_HVM_DEBUGCONS_IOPORT 0xe9

#endif
