/* SPDX-License-Identifier: MIT */
/* Exits of RDMSR and WRMSR, and the MSRs that live in the VMCS. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/canonical.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include <asm/nested-hvm.h>
#include "vmx-ops.h"

#define EFER_VALID   (EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE)
#define DEBUGCTL_LBR 1ULL
#define DEBUGCTL_BTF 2ULL

uint64_t hvm_get_efer(void)
{
    return vmread(VMCS_guest_efer);
}

/* SDM "Extended Feature Enable Register": LME is fixed while paging is on. */
static int write_efer(struct vcpu *v, uint64_t val)
{
    uint64_t old = vmread(VMCS_guest_efer);

    if ( val & ~EFER_VALID )
        return -EFAULT;
    if ( hvm_paging_enabled() && ((val ^ old) & EFER_LME) )
        return -EFAULT;
    vmwrite(VMCS_guest_efer, (val & ~EFER_LMA) | (old & EFER_LMA));
    if ( (val ^ old) & EFER_NXE )
        vmx_flush_guest_tlb(v);
    return 0;
}

/* A switch, not a table: compilers search it in fewer instructions. */
static bool in_vmcs(uint32_t msr, uint32_t *field)
{
    switch ( msr )
    {
    case MSR_SYSENTER_CS:
        *field = VMCS_guest_sysenter_cs;
        return true;
    case MSR_SYSENTER_ESP:
        *field = VMCS_guest_sysenter_esp;
        return true;
    case MSR_SYSENTER_EIP:
        *field = VMCS_guest_sysenter_eip;
        return true;
    case MSR_PAT:
        *field = VMCS_guest_pat;
        return true;
    case MSR_FS_BASE:
        *field = VMCS_guest_fs_base;
        return true;
    case MSR_GS_BASE:
        *field = VMCS_guest_gs_base;
        return true;
    default:
        return false;
    }
}

/* SDM "WRMSR": values that raise #GP; VM entry would fail with them. */
static bool vmcs_msr_valid(uint32_t msr, uint64_t val)
{
    if ( msr == MSR_SYSENTER_CS )
        return true;
    if ( msr == MSR_PAT )
        return hvm_pat_valid(val);
    return is_canonical(val);
}

static bool is_vmx_msr(uint32_t msr)
{
    return msr == MSR_FEATURE_CONTROL ||
           (msr >= MSR_IA32_VMX_FIRST && msr <= MSR_IA32_VMX_LAST);
}

int vmx_msr_read(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    uint32_t field;

    if ( vlapic_owns_msr(msr) )
        return vlapic_rdmsr(v, msr, val);
    if ( msr == MSR_EFER )
        *val = hvm_get_efer();
    else if ( in_vmcs(msr, &field) )
        *val = vmread(field);
    else if ( msr == MSR_DEBUGCTL )
        *val = vmread(VMCS_guest_debugctl);
    else if ( is_vmx_msr(msr) )
    {
        if ( v->arch.nested )
            return nested_rdmsr(v, msr, val);
        /* As Xen: readable, locked, VMX off; the capability MSRs fault. */
        if ( msr != MSR_FEATURE_CONTROL )
            return -EFAULT;
        *val = FEATURE_CONTROL_LOCK;
    }
    else
        return hvm_msr_read(v, msr, val);
    return 0;
}

int vmx_msr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    uint32_t field;

    if ( vlapic_owns_msr(msr) )
        return vlapic_wrmsr(v, msr, val);
    if ( msr == MSR_EFER )
        return write_efer(v, val);
    if ( in_vmcs(msr, &field) )
    {
        if ( !vmcs_msr_valid(msr, val) )
            return -EFAULT;
        vmwrite(field, val);
        return 0;
    }
    if ( msr == MSR_DEBUGCTL )
    {
        /* Branch records are not switched: single-stepping bits only. */
        if ( val & ~(DEBUGCTL_LBR | DEBUGCTL_BTF) )
            return -EFAULT;
        vmwrite(VMCS_guest_debugctl, val & DEBUGCTL_BTF);
        return 0;
    }
    if ( is_vmx_msr(msr) )
        return v->arch.nested ? nested_wrmsr(v, msr, val) : -EFAULT;
    return hvm_msr_write(v, msr, val);
}

enum exit_result vmx_exit_rdmsr(struct vcpu *v)
{
    struct guest_gprs *g = &v->arch.gprs;
    uint64_t val;

    if ( vmx_msr_read(v, g->rcx, &val) )
    {
        hvm_inject_gp0();
        return EXIT_RESUME;
    }
    g->rax = (uint32_t)val;
    g->rdx = val >> 32;
    return EXIT_SKIP;
}

enum exit_result vmx_exit_wrmsr(struct vcpu *v)
{
    struct guest_gprs *g = &v->arch.gprs;

    if ( vmx_msr_write(v, g->rcx, (uint32_t)g->rax | (g->rdx << 32)) )
    {
        hvm_inject_gp0();
        return EXIT_RESUME;
    }
    return EXIT_SKIP;
}
