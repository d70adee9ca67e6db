/* SPDX-License-Identifier: MIT */
/* Exits of L2 that L0 serves, otherwise than it would L1's. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/hvm-tsc.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"

/*
 * MOV to CR0 or CR4, or LMSW, that touches bits of L0's only. The base checks
 * and writes it; L1's bits keep their real values and their shadows.
 */
static void handle_cr(struct vcpu *v, const struct l2_exit *e,
                      const struct vmcs12 *v12)
{
    bool is_cr4 = (e->qual & CR_QUAL_NUM_MASK) == 4;
    uint64_t mask = is_cr4 ? v12->cr4_mask : v12->cr0_mask;
    uint64_t shadow = is_cr4 ? v12->cr4_read_shadow : v12->cr0_read_shadow;
    uint32_t hw_field = is_cr4 ? VMCS_guest_cr4 : VMCS_guest_cr0;
    uint32_t shadow_field =
        is_cr4 ? VMCS_cr4_read_shadow : VMCS_cr0_read_shadow;
    uint64_t real = vmread(hw_field), val, merged;

    if ( (e->qual >> CR_QUAL_TYPE_SHIFT & CR_QUAL_TYPE_MASK) ==
         CR_QUAL_TYPE_LMSW )
        val = (hvm_get_cr0() & ~(X86_CR0_MP | X86_CR0_EM | X86_CR0_TS)) |
              (e->qual >> CR_QUAL_LMSW_SHIFT &
               (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS));
    else
        val = v->arch.gprs.r[e->qual >> CR_QUAL_GPR_SHIFT & CR_QUAL_GPR_MASK];

    merged = (val & ~mask) | (real & mask);
    if ( is_cr4 ? vmx_set_cr4(v, merged) : vmx_set_cr0(v, merged) )
    {
        hvm_inject_gp0();
        return;
    }
    vmwrite(shadow_field, (val & ~mask) | (shadow & mask));
    vmx_skip_insn();
}

static void handle_hlt(struct vcpu *v)
{
    /* nested_prepare_entry() blocks, once the timer that may wake it is set. */
    vmx_skip_insn();
    v->arch.nested->state.l2_halted = !vmx_debug_trap_pending();
    vmx_intr_dirty(v);
}

static void handle_rdtsc(struct vcpu *v, const struct vmcs12 *v12)
{
    vmx_return_tsc(v, merge_l2_tsc(hvm_guest_tsc(v), v12));
    vmx_skip_insn();
}

/* RDMSR of the TSC shows it as RDTSC does. */
static bool handle_rdmsr(struct vcpu *v, const struct vmcs12 *v12)
{
    if ( (uint32_t)v->arch.gprs.rcx != MSR_TSC )
        return nested_vapic_msr(v, false);
    handle_rdtsc(v, v12);

    return true;
}

/* VMREAD and VMWRITE to the shadow VMCS that L1 has linked. */
static void handle_shadow_access(struct vcpu *v, const struct l2_exit *e)
{
    const struct insn_exit exit = { .reason = l2_exit_basic(e),
                                    .info = e->insn_info,
                                    .qual = e->qual };
    struct insn_outcome out;
    struct insn_cpu cpu;
    uint64_t rsp;

    nested_read_cpu(v, exit.reason, &cpu);
    rsp = v->arch.gprs.rsp;
    out = cpu.cpl ? insn_fault(X86_EXC_GP, true, 0)
                  : insn_shadow_access(v->arch.nested, &cpu, &exit);
    if ( out.result == INSN_FAULT )
        nested_inject_fault(&out.fault);
    else
        nested_insn_done(v, &cpu, &out, rsp);
}

/* SDM "VM Functions": one that is not enabled, or fails, exits. */
static void handle_vmfunc(struct vcpu *v, struct l2_exit *e,
                          const struct vmcs12 *v12)
{
    uint32_t function = v->arch.gprs.rax;

    if ( function < VMFUNC_COUNT && (v12->vm_function_ctrl >> function & 1) &&
         nested_switch_eptp(v, v->arch.gprs.rcx) )
        vmx_skip_insn();
    else
        nested_vmexit(v, e);
}

bool nested_serve_exit(struct vcpu *v, struct l2_exit *e)
{
    const struct vmcs12 *v12 = &v->arch.nested->cur->v12;

    switch ( l2_exit_basic(e) )
    {
    case EXIT_REASON_CR_ACCESS:
        if ( (e->qual & CR_QUAL_NUM_MASK) == 8 )
            return false;
        handle_cr(v, e, v12);
        return true;

    case EXIT_REASON_HLT:
        handle_hlt(v);
        return true;

    case EXIT_REASON_RDTSCP:
        v->arch.gprs.rcx = rdmsr(MSR_TSC_AUX); /* L2's: v is loaded */
        handle_rdtsc(v, v12);
        return true;

    case EXIT_REASON_RDTSC:
        handle_rdtsc(v, v12);
        return true;

    case EXIT_REASON_RDMSR:
        return handle_rdmsr(v, v12);

    case EXIT_REASON_WRMSR:
        return nested_vapic_msr(v, true);

    case EXIT_REASON_TPR_BELOW:
        nested_vapic_tpr_below(v);
        return true;

    case EXIT_REASON_VMREAD:
    case EXIT_REASON_VMWRITE:
        handle_shadow_access(v, e);
        return true;

    case EXIT_REASON_VMFUNC:
        handle_vmfunc(v, e, v12);
        return true;

    default:
        return false;
    }
}
