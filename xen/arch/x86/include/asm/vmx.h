/* SPDX-License-Identifier: MIT */
/* VT-x: what the processor offers, what we use of it, and the entry points. */
#pragma once

#include <xen/domain.h>
#include <asm/vmx-defs.h>

/* The capability MSRs as the processor reports them. */
struct vmx_msrs
{
    uint64_t basic, misc, ept_vpid, vmfunc, vmcs_enum;
    uint64_t pin, proc, exit, entry; /* the TRUE forms where they exist */
    uint64_t proc2;
    uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
};

/* Control words for our guests, and shortcuts for what was found. */
struct vmx_caps
{
    struct vmx_msrs raw;
    uint32_t revision;
    uint32_t pin, proc, proc2, entry, exit;
    bool ept_1g, ept_2m, ept_ad, ept_exec_only, invept_single;
    bool vpid, invvpid_single;
    bool preemption_timer;
    unsigned int preemption_shift; /* TSC bits per timer tick */
    bool tpr_shadow, apic_access, apic_reg_virt, vintr, x2apic_virt;
    bool shadow_vmcs, mtf, tsc_scaling, xsaves, pml, rdtscp, invpcid;
    bool store_lma;
};

extern struct vmx_caps vmx_caps;

/*
 * Pure: choose the control words. Returns NULL, or the reason why this
 * processor cannot run us, as a phrase for the user.
 * SDM "Reserved Controls and Default Settings".
 */
const char *vmx_caps_choose(const struct vmx_msrs *raw, struct vmx_caps *out);

/* Turn VT-x on: on the boot pCPU, which panics with the reason if it cannot */
void vmx_bringup(void);
/* ... and on another one: NULL, or why that cannot be used. */
const char *vmx_cpu_up(void);

int vmx_vcpu_init(struct vcpu *v);
void vmx_vcpu_destroy(struct vcpu *v);
/* Make v's VMCS current on this pCPU, with the host state of this pCPU. */
void vmx_load_vmcs(struct vcpu *v);
/* VMCLEAR; the VMCS can be loaded on another pCPU then. */
void vmx_clear_vmcs(struct vmx_vcpu *vmx);
/*
 * Bring the state of a vCPU that does not run to memory, from whichever pCPU
 * still has it. Waits for that one: no spinlock may be held.
 */
void vmx_unload(struct vcpu *v);
/*
 * Access to the VMCS of a vCPU that is not running: the VMCS is made current
 * in between. No-ops for the one that already is. No spinlock may be held.
 */
void vmx_vmcs_enter(struct vcpu *v);
void vmx_vmcs_exit(struct vcpu *v);

/* --- vmx-apic.c --- */
/* Bits of the secondary controls that every vmcs01 has for it. */
uint32_t vmx_apic_controls(void);
/* A domain's APIC-access page: -ENOMEM; INVALID_PADDR: not in use. */
int vmx_apic_domain_init(struct domain *d);
void vmx_apic_domain_destroy(struct domain *d);
paddr_t vmx_apic_access_page(const struct domain *d);
/* An EPT violation at gpa: true if a mapping of the window answers it. */
bool vmx_apic_map_window(struct vcpu *v, paddr_t gpa);
/* IA32_APIC_BASE of v has another value. */
void vmx_apic_base_changed(struct vcpu *v);

/* Control updates that keep the cached copies right. VMCS must be current. */
void vmx_set_proc(struct vcpu *v, uint32_t set, uint32_t clear);

/* Entry and exit, vmx-entry.S: never returns. */
void noreturn vmx_run_loop(void);
/* Called by the entry code. */
struct vcpu *vmx_prepare_entry(void);
void vmx_handle_exit(struct vcpu *v);
void noreturn vmx_entry_failed(struct vcpu *v);
void vmx_exit_stub(void);
extern uint8_t vmx_exit_call[]; /* the CALL of vmx_handle_exit in there */

/* Counters of exits (exit-counters=) and their debug keys; all CPUs are up. */
void vmx_counters_init(void);

/* Outcome of an exit handler; only the dispatcher moves RIP. */
enum exit_result
{
    EXIT_RESUME, /* continue where the registers say */
    EXIT_SKIP,   /* the instruction is done: continue behind it */
};
typedef enum exit_result exit_handler_t(struct vcpu *v);

exit_handler_t vmx_exit_cpuid, vmx_exit_hlt, vmx_exit_vmcall, vmx_exit_cr,
    vmx_exit_io, vmx_exit_rdmsr, vmx_exit_wrmsr, vmx_exit_ept_violation,
    vmx_exit_ept_misconfig, vmx_exit_ext_intr, vmx_exit_exception_nmi,
    vmx_exit_triple_fault, vmx_exit_intr_window, vmx_exit_nmi_window,
    vmx_exit_xsetbv, vmx_exit_wbinvd, vmx_exit_invd, vmx_exit_preempt_timer,
    vmx_exit_ud, vmx_exit_gp, vmx_exit_task_switch, vmx_exit_tpr_below,
    vmx_exit_vmx_insn, vmx_exit_pause, vmx_exit_entry_failure, vmx_exit_mtf,
    vmx_exit_rdtsc, vmx_exit_rdtscp, vmx_exit_pml_full, vmx_exit_apic_access,
    vmx_exit_apic_write;

/* Handle an exit as one of ours (the vCPU runs in vmcs01, or L0 serves L2). */
void vmx_dispatch_exit(struct vcpu *v, uint32_t reason);
/* What RDTSC or RDMSR of the TSC finds in EDX:EAX. */
void vmx_return_tsc(struct vcpu *v, uint64_t tsc);
/* Move RIP behind the instruction that exited; ends STI/MOV SS blocking. */
void vmx_skip_insn(void);

/*
 * Before entry: inject what is pending or open a window for it; interrupts
 * only if take_vectors, events that were noted and NMIs always.
 */
void vmx_intr_assist(struct vcpu *v, bool take_vectors);
/* The next entry delivers v->arch.inject, which is pending. */
void vmx_inject_event(struct vcpu *v);
/*
 * v->arch.vmx.idt_vectoring names an event whose delivery the exit interrupted:
 * deliver it again, unless the handler injects something of its own.
 * SDM "Information for VM Exits That Occur During Event Delivery".
 */
void vmx_requeue_event(struct vcpu *v);
/*
 * The exit came from an IRET that had unblocked NMIs, if bit 12 of info is set,
 * which is an exit qualification or interruption information. The IRET will be
 * done again, so they are to be blocked up to then.
 * SDM "Resuming Guest Software After Handling an Exception".
 */
void vmx_reblock_nmi(struct vcpu *v, uint64_t info);
/* Something about v's pending events changed: look before the next entry. */
static inline void vmx_intr_dirty(struct vcpu *v)
{
    v->arch.vmx.intr_dirty = true;
}

/* Log the guest's registers and the VMCS of v to the console. */
void vmx_dump_vcpu(struct vcpu *v);
const char *vmx_exit_reason_name(uint32_t reason);

/* State swapped when another vCPU takes the processor. */
void vmx_ctxt_switch_to(struct vcpu *v);

/* MSR bitmap: let reads / writes of msr through (false) or exit (true). */
void vmx_msr_intercept(struct vcpu *v, uint32_t msr, bool read, bool write);

/* MSR accesses as RDMSR/WRMSR of v would do them: 0 or -EFAULT (#GP). */
int vmx_msr_read(struct vcpu *v, uint32_t msr, uint64_t *val);
int vmx_msr_write(struct vcpu *v, uint32_t msr, uint64_t val);
/* Control-register writes with all their checks: 0 or -EINVAL (#GP). */
int vmx_set_cr0(struct vcpu *v, uint64_t val);
int vmx_set_cr4(struct vcpu *v, uint64_t val);
int vmx_load_pdptes(struct vcpu *v, uint64_t cr3);
/* That in two steps: read and check the four, then load what was read. */
int vmx_read_pdptes(struct vcpu *v, uint64_t cr3, uint64_t pdpte[4]);
void vmx_write_pdptes(const uint64_t pdpte[4]);
uint64_t vmx_cr4_valid_bits(const struct vcpu *v);
uint16_t vmx_alloc_vpid(void);
/* The interrupt that v would take, or -1; ack puts it in service. */
int vmx_pending_vector(struct vcpu *v);
void vmx_ack_vector(struct vcpu *v, int vector);
/* Does the current vCPU's last instruction end in a debug trap? */
bool vmx_debug_trap_pending(void);
void vmx_flush_guest_tlb(struct vcpu *v);
/* VMX-preemption timer ticks of the backstop for timers, as of now. */
uint32_t vmx_preemption_ticks(void);
/* This pCPU's next timer has changed: this_cpu()->timer_tsc. */
void vmx_set_backstop(void);

/*
 * Write loaded state back to the struct / drop it without (see vmx-switch.c).
 * v is current or does not run; no spinlock may be held.
 */
void vmx_sync_state(struct vcpu *v);
void vmx_forget_state(struct vcpu *v);
void fpu_init_cpu(void);
uint64_t fpu_xcr0_supported(void);
int fpu_init_vcpu(struct vcpu *v);
void fpu_destroy_vcpu(struct vcpu *v);
void fpu_reset(struct vcpu *v);
void fpu_load_legacy(struct vcpu *v, const uint8_t fxsave[512]);

/* How long a guest may run without an exit, by the TSC: see vmx-quirk.c. */
uint64_t vmx_backstop_max(void);
/* Exceptions of guests that exit: see vmx-quirk.c. */
uint32_t vmx_exception_bitmap(void);
/* An exception exited with that information: true if it is injected again. */
bool vmx_reflect_exception(struct vcpu *v, uint32_t info);
