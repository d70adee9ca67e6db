/* SPDX-License-Identifier: MIT */
/* Seam between the base VMX code and xen/nested (see nested-hw.c there). */
#pragma once

#include <xen/domain.h>

/* Per-domain part: called at creation when XEN_DOMCTL_CDF_nested_virt is set.
 */
int nested_domain_init(struct domain *d);
void nested_domain_destroy(struct domain *d);
/* Sets v->arch.nested when the domain has nesting; 0 or -ENOMEM. */
int nested_vcpu_init(struct vcpu *v);
void nested_vcpu_destroy(struct vcpu *v);
/* L2, which v runs, shut itself down by a triple fault: an exit for L1. */
void nested_triple_fault(struct vcpu *v);

/* VMCLEAR all of v's VMCSs but the one in v->arch.vmx: v leaves the pCPU. */
void nested_clear_vmcss(struct vcpu *v);
/* v came to another pCPU: translations of its L2s there are stale. */
void nested_flush_vpids(struct vcpu *v);
/* Reset by INIT or power-up: leaves VMX operation. */
void nested_vcpu_reset(struct vcpu *v);

/* Is v's L2 what would run next? v->arch.nested must not be NULL. */
bool nested_guest_mode(const struct vcpu *v);

/*
 * A VMX instruction of L1 exited (reason: EXIT_REASON_VMxxx). Emulates it,
 * moves RIP or injects. May switch the loaded VMCS to vmcs02 (VM entry).
 */
void nested_handle_vmx_insn(struct vcpu *v, uint32_t reason);

/*
 * L2 exited; the vmcs02 is loaded. True: dealt with (reflected to L1, or
 * served from nested state such as an ept02 fill). False: L0 handles it as
 * an exit of the running guest with vmx_dispatch_exit(), vmcs02 current.
 */
bool nested_handle_exit(struct vcpu *v, uint32_t reason);

/*
 * Before each entry of a vCPU with nesting: reflect what became due for L1
 * (an interrupt that L1 wants to exit for, its preemption timer), bring the
 * vmcs02 up to date. False: state changed, decide again.
 */
bool nested_prepare_entry(struct vcpu *v);

/*
 * L1-physical for L2-physical, while L2 is what v runs; INVALID_PADDR where
 * L1's EPT has nothing to read. The lock of the domain's p2m is held.
 */
paddr_t nested_l2_to_l1(struct vcpu *v, paddr_t gpa);

/* INIT for v, from any pCPU. True: VMX operation of L1 takes it from here. */
bool nested_take_init(struct vcpu *v);
/* A start-up IPI for v that no INIT came before. */
void nested_take_sipi(struct vcpu *v, uint8_t vector);

/*
 * The TSC of v, which is in its L2, has another offset; its VMCSs are written.
 * What the domain's TSC is has changed: L2s get theirs at the next entry.
 */
void nested_tsc_moved(struct vcpu *v);
void nested_tsc_changed(struct vcpu *v);

/* CR0/CR4 values that VMX operation forbids L1. */
bool nested_cr0_allowed(const struct vcpu *v, uint64_t val);
bool nested_cr4_allowed(const struct vcpu *v, uint64_t val);

/* IA32_FEATURE_CONTROL and the VMX capability MSRs: 0 or -EFAULT (#GP). */
int nested_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val);
int nested_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val);

/*
 * No vCPU of d runs, and its memory is about to be saved: what is kept of it
 * in L0 goes back there.
 */
void nested_suspend(struct domain *d);
/* Can v's state be put into records? Not while its L2 runs. */
bool nested_can_save(const struct vcpu *v);
/* The record of a vCPU in VMX operation: its length, and to out if not NULL. */
size_t nested_save_record(struct vcpu *v, void *out);
int nested_load_record(struct vcpu *v, const void *in, size_t len);

/* nested_p2m_invalidate() is declared in p2m.h. */
