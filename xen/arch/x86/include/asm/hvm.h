/* SPDX-License-Identifier: MIT */
/* The x86 part of domains and vCPUs: hardware-virtualized, nothing else. */
#pragma once

#include <xen/compiler.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/typesafe.h>
#include <public/hvm/params.h>
#include <asm/seg-defs.h>

struct domain;
struct vcpu;
struct vlapic;
struct vioapic;
struct cpu_policy;

/* General registers in the order of their encoding; rsp lives in the VMCS. */
struct guest_gprs
{
    union
    {
        struct
        {
            uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
            uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
        };
        uint64_t r[16];
    };
    uint64_t cr2;
};

struct segment
{
    uint16_t sel;
    uint32_t limit;
    uint32_t ar; /* access rights as in the VMCS, bit 16 = unusable */
    uint64_t base;
};

/* An event to inject at the next entry. */
struct hvm_event
{
    bool pending;
    uint8_t vector;
    uint8_t type; /* as in the VM-entry interruption information */
    bool has_error;
    uint32_t error_code;
    uint32_t insn_len; /* software events */
};

/* MSRs the guest owns while it runs; swapped at context switch. */
struct guest_msrs
{
    uint64_t star, lstar, cstar, syscall_mask, shadow_gs_base, tsc_aux;
};

struct vmx_vcpu
{
    mfn_t vmcs; /* vmcs01 */
    bool launched;
    uint16_t vpid;
    uint32_t pin, proc, proc2, entry, exit; /* controls as last written */
    uint64_t cr0_mask, cr4_mask;            /* bits that exit */
    uint64_t cr0_shadow, cr4_shadow;        /* guest's view of owned bits */
    uint64_t *msr_bitmap;                   /* 4 KiB */
    uint32_t idt_vectoring; /* of the exit being handled, to re-inject */
    bool intr_window;       /* interrupt-window exiting is on */
    bool nmi_window;
    uint64_t ept_gen; /* p2m.flush_gen this vCPU entered with */
    bool intr_dirty;  /* look at pending events before entry */
    uint64_t *pml;    /* log of modified pages, NULL: off */
    /* pCPU whose addresses the host state names; NR_CPUS: not written yet. */
    unsigned int host_cpu;
};

struct hvm_vcpu
{
    struct guest_gprs gprs; /* first: the entry code addresses it */
    struct vmx_vcpu vmx;
    /*
     * pCPU where this vCPU ran last and its VMCSs may be active, and its
     * registers loaded; NR_CPUS: nowhere. Changes by vmx_unload() there, or
     * by running. tlb_cpu: where its VPIDs' translations are up to date.
     */
    unsigned int vmcs_cpu, tlb_cpu;
    struct guest_msrs msrs;
    void *xsave_area; /* 64-byte aligned, xsave_size bytes */
    uint64_t xcr0, xss;
    uint64_t tsc_offset, tsc_adjust;
    uint64_t dr[4], dr6; /* while not loaded */
    uint64_t mtrr_def_type, mtrr_cap, mtrr_fixed[11], mtrr_var[16];
    uint64_t misc_enable, misc_features;

    struct vlapic *vlapic;
    uint8_t evtchn_upcall_vector; /* HVMOP_set_evtchn_upcall_vector, or 0 */
    struct hvm_event inject;      /* exception or software event */
    bool nmi_pending;

    struct nested_vcpu *nested; /* NULL unless nestedhvm=1 */
};

#define NR_HVM_PARAMS HVM_NR_PARAMS

/* One line of a guest's memory map, laid out as XENMEM_memory_map has it. */
struct e820_entry_guest
{
    uint64_t addr, size;
    uint32_t type;
} __packed;

/* Ports for test kernels, hvm/test-ports.c. */
struct test_ports
{
    uint8_t on;         /* NIDUS_TEST_PORTS_* */
    uint8_t lcr;        /* COM1's line control register */
    uint8_t exit_typed; /* letters of the word that powers off, so far */
};

/* Who counts the TSC, and at which rate: hvm/tsc.c. */
struct domain_tsc
{
    uint32_t mode;        /* TSC_MODE_* */
    uint32_t khz;         /* rate that the guest is told */
    uint32_t incarnation; /* rises with each restore */
    bool emulated;        /* RDTSC exits */
    uint64_t ratio;       /* to the machine's TSC (tsc-ratio.h); 0: the same */
    uint64_t inverse;     /* of the ratio ... */
    struct time_scale
        scale;      /* ... and the scale of this TSC, if there is one */
    s_time_t start; /* when the domain's time began */
};

struct hvm_domain
{
    uint64_t params[NR_HVM_PARAMS];
    uint8_t callback_vector; /* HVM_PARAM_CALLBACK_IRQ type 2, or 0 */
    uint32_t emulation_flags;
    struct vioapic *vioapic; /* NULL: none (DomU) */
    struct cpu_policy *policy;
    uint64_t *io_bitmap;  /* two pages */
    spinlock_t task_lock; /* hardware task switches; outside of p2m.lock */
    void *apic_page;      /* hvm/vmx/vmx-apic.c */
    bool apic_moved;      /* a vCPU's APIC is not where it was at first */
    struct debug_line *debug_line; /* port 0xe9, hvm/debug-port.c */
    struct test_ports test_ports;
    uint32_t e820_nr;
    struct e820_entry_guest *e820; /* what XENMEM_memory_map tells */
    struct domain_tsc tsc;
    uint64_t tsc_offset;   /* of vCPUs to come: see hvm_tsc_at() */
    uint64_t sync_tsc;     /* when a context is saved or loaded */
    uint64_t wc_sec;       /* as last written into shared_info */
    bool has_32bit_shinfo; /* as 32-bit code has it: xen/shared.h */
};

/* --- Registers of a vCPU that is current or not running (hvm/vmx). --- */
struct hvm_hw_cpu;
struct vcpu_hvm_context;

uint64_t hvm_get_rip(void); /* current */
uint64_t hvm_get_rsp(void);
void hvm_set_rsp(uint64_t rsp);
void hvm_set_rip(uint64_t rip);
/* RIP has moved behind an instruction that was carried out for the guest. */
void hvm_insn_done(void);
uint64_t hvm_get_rflags(void);
void hvm_set_rflags(uint64_t f);
uint64_t hvm_get_cr0(void);
uint64_t hvm_get_cr3(void);
uint64_t hvm_get_cr4(void);
uint64_t hvm_get_efer(void);
void hvm_get_segment(unsigned int seg, struct segment *out); /* current */
void hvm_set_segment(unsigned int seg, const struct segment *s);
unsigned int hvm_get_cpl(void);
/* 8 in 64-bit code, else 4 or 2 (1 stands for real mode never). */
unsigned int hvm_guest_mode_bytes(void);
/* Quicker, for deciding whose registers to take at their full width. */
bool hvm_code_is_64bit(void);
bool hvm_paging_enabled(void);
bool hvm_long_mode_active(void);

/* Whole CPU state as in Xen's HVM save record CPU. v must not be running. */
void hvm_save_cpu_ctxt(struct vcpu *v, struct hvm_hw_cpu *c);
int hvm_load_cpu_ctxt(struct vcpu *v, const struct hvm_hw_cpu *c);
/* Pure: 0, or -EINVAL for a state that no guest can have. */
int hvm_check_cpu_ctxt(const struct hvm_hw_cpu *c, uint64_t cr4_valid);
/* Pure: that of VCPUOP_initialise (public/hvm/hvm_vcpu.h); 0 or -EINVAL. */
int hvm_decode_context(const struct vcpu_hvm_context *c,
                       struct hvm_hw_cpu *out);

/* --- Events. --- */
void hvm_inject_exception(unsigned int vector, int error_code); /* -1: none */
void hvm_inject_page_fault(uint64_t cr2, uint32_t error_code);
void hvm_inject_gp0(void);
void hvm_inject_ud(void);
void hvm_inject_nmi(struct vcpu *v);
/* Is there anything to deliver to v, interrupt flag aside? */
bool hvm_vcpu_has_pending_irq(struct vcpu *v);
/* Ask for the event-channel upcall of v (vcpu_info was marked pending). */
void hvm_assert_evtchn_upcall(struct vcpu *v);

/*
 * Called where a guest sets up its PV drivers, at its start and after it was
 * restored: from now on it has shared_info as the code that it executes has it.
 * What is pending in the other form stays behind.
 */
void hvm_latch_shinfo_size(struct domain *d);

/* --- Life cycle. --- */
int hvm_domain_init(struct domain *d);
/*
 * A dying, paused domain lets go of its own pages that it holds references
 * to; they would keep it from ever being destroyed.
 */
void hvm_domain_relinquish(struct domain *d);
void hvm_domain_destroy(struct domain *d);
/* hypercall-page.c: fill the guest page at this address; 0 or -EFAULT. */
int hypercall_page_write(struct domain *d, uint64_t val);
int hvm_vcpu_init(struct vcpu *v);
void hvm_vcpu_destroy(struct vcpu *v);
/* State at reset or at INIT; vector >= 0: start-up IPI, cs = vector << 8. */
void hvm_vcpu_reset_state(struct vcpu *v, uint16_t cs_sel, uint64_t ip);
