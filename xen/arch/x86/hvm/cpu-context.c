/* SPDX-License-Identifier: MIT */
/* Is a CPU state one that a guest could have? Pure. */

/*
 * States come from images and from hypercalls of guests. What VM entry would
 * refuse ends the domain at worst; what is loaded by WRMSR or MOV DR outside
 * of it would fault in the hypervisor.
 */
#include <xen/errno.h>
#include <public/arch-x86/hvm/save.h>
#include <asm/canonical.h>
#include <asm/hvm.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vmx-defs.h>

/* SDM "Checks on Guest Control Registers, Debug Registers, and MSRs". */
static bool control_registers_ok(const struct hvm_hw_cpu *c, uint64_t cr4_valid)
{
    bool paging = c->cr0 & X86_CR0_PG;

    if ( (c->cr0 >> 32) || (paging && !(c->cr0 & X86_CR0_PE)) )
        return false;
    if ( c->msr_efer & ~(EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE) )
        return false;
    if ( paging && (c->msr_efer & EFER_LME) && !(c->cr4 & X86_CR4_PAE) )
        return false;
    return !(c->cr4 & ~cr4_valid);
}

/* SDM "WRMSR", "MOV—Move to/from Debug Registers": what raises #GP. */
static bool loaded_by_us_ok(const struct hvm_hw_cpu *c)
{
    return is_canonical(c->msr_lstar) && is_canonical(c->msr_cstar) &&
           is_canonical(c->shadow_gs) && !(c->msr_syscall_mask >> 32) &&
           !(c->msr_tsc_aux >> 32) && !(c->dr6 >> 32) && !(c->dr7 >> 32);
}

int hvm_check_cpu_ctxt(const struct hvm_hw_cpu *c, uint64_t cr4_valid)
{
    uint32_t event_type =
        (c->pending_event & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;

    if ( !control_registers_ok(c, cr4_valid) || !loaded_by_us_ok(c) )
        return -EINVAL;
    if ( (c->pending_event & INTR_INFO_VALID) &&
         event_type == INTR_TYPE_RESERVED )
        return -EINVAL;
    return 0;
}
