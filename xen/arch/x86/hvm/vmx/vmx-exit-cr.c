/* SPDX-License-Identifier: MIT */
/* Exits of control-register accesses. */

/*
 * The guest owns nearly all of CR0 and CR4: it changes them without an exit,
 * paging and long mode included (unrestricted guest). Ours are CR0.NE, which
 * VMX wants set, CR0.CD/NW, which we do not let through, and the CR4 bits
 * that VMX or the guest's CPU policy say something about. What the guest
 * wrote into those is in the read shadows.
 */

#include <xen/domain.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include <asm/nested-hvm.h>
#include "vmx-ops.h"

#define CR0_VALID                                                     \
    (X86_CR0_PE | X86_CR0_MP | X86_CR0_EM | X86_CR0_TS | X86_CR0_ET | \
     X86_CR0_NE | X86_CR0_WP | X86_CR0_AM | X86_CR0_NW | X86_CR0_CD | \
     X86_CR0_PG)

#define PDPTE_PRESENT  1ULL
#define PDPTE_RESERVED 0x1e6ULL
#define CR3_PAE_MASK   0xffffffe0ULL

uint64_t hvm_get_cr0(void)
{
    uint64_t mask = current->arch.vmx.cr0_mask;

    return (vmread(VMCS_guest_cr0) & ~mask) |
           (vmread(VMCS_cr0_read_shadow) & mask);
}

uint64_t hvm_get_cr4(void)
{
    uint64_t mask = current->arch.vmx.cr4_mask;

    return (vmread(VMCS_guest_cr4) & ~mask) |
           (vmread(VMCS_cr4_read_shadow) & mask);
}

void vmx_flush_guest_tlb(struct vcpu *v)
{
    if ( vmx_caps.vpid )
        vmx_invvpid(vmx_caps.invvpid_single ? INVVPID_SINGLE : INVVPID_ALL,
                    v->arch.vmx.vpid, 0);
}

/* SDM "PDPTE Registers": loaded by us when a MOV CR is emulated. */
int vmx_read_pdptes(struct vcpu *v, uint64_t cr3, uint64_t pdpte[4])
{
    if ( copy_from_guest_phys(v->domain, pdpte, cr3 & CR3_PAE_MASK,
                              4 * sizeof(*pdpte)) )
        return -EFAULT;
    for ( unsigned int i = 0; i < 4; i++ )
        if ( (pdpte[i] & PDPTE_PRESENT) && (pdpte[i] & PDPTE_RESERVED) )
            return -EINVAL;
    return 0;
}

void vmx_write_pdptes(const uint64_t pdpte[4])
{
    for ( unsigned int i = 0; i < 4; i++ )
        vmwrite(VMCS_guest_pdpte0 + 2 * i, pdpte[i]);
}

int vmx_load_pdptes(struct vcpu *v, uint64_t cr3)
{
    uint64_t pdpte[4];
    int rc = vmx_read_pdptes(v, cr3, pdpte);

    if ( !rc )
        vmx_write_pdptes(pdpte);
    return rc;
}

/* Bring EFER.LMA and the entry control in line with CR0.PG and EFER.LME. */
static void update_long_mode(struct vcpu *v, bool paging)
{
    uint64_t efer = vmread(VMCS_guest_efer);
    bool lma = paging && (efer & EFER_LME);
    uint32_t entry = vmread(VMCS_entry_ctrl);

    entry = lma ? entry | ENTRY_CTL_GUEST_64 : entry & ~ENTRY_CTL_GUEST_64;
    efer = lma ? efer | EFER_LMA : efer & ~EFER_LMA;
    vmwrite(VMCS_guest_efer, efer);
    vmwrite(VMCS_entry_ctrl, entry);
}

/*
 * What a write changes is told by the real registers: to its L2 an L1 may show
 * other values.
 */
int vmx_set_cr0(struct vcpu *v, uint64_t val)
{
    uint64_t old = vmread(VMCS_guest_cr0), cr4 = vmread(VMCS_guest_cr4);
    bool paging = val & X86_CR0_PG, was_paging = old & X86_CR0_PG;
    bool lme = vmread(VMCS_guest_efer) & EFER_LME;

    if ( (val >> 32) || (paging && !(val & X86_CR0_PE)) ||
         ((val & X86_CR0_NW) && !(val & X86_CR0_CD)) )
        return -EINVAL;
    if ( v->arch.nested && !nested_cr0_allowed(v, val) )
        return -EINVAL;
    if ( paging && !was_paging )
    {
        struct segment cs;

        hvm_get_segment(SEG_CS, &cs);
        if ( lme && (!(cr4 & X86_CR4_PAE) || (cs.ar & SEG_AR_L)) )
            return -EINVAL;
        if ( !lme && (cr4 & X86_CR4_PAE) &&
             vmx_load_pdptes(v, vmread(VMCS_guest_cr3)) )
            return -EINVAL;
    }
    if ( !paging && was_paging && (cr4 & X86_CR4_PCIDE) )
        return -EINVAL;

    val = (val & CR0_VALID) | X86_CR0_ET;
    vmwrite(VMCS_cr0_read_shadow, val);
    vmwrite(VMCS_guest_cr0, (val & ~(X86_CR0_CD | X86_CR0_NW)) | X86_CR0_NE);
    if ( paging != was_paging )
    {
        update_long_mode(v, paging);
        vmx_flush_guest_tlb(v);
    }
    else if ( (val ^ old) & X86_CR0_WP )
        vmx_flush_guest_tlb(v);
    return 0;
}

/* Feature bits of CPUID leaf 1 ECX / EDX and leaf 7 EBX / ECX. */
#define F1C_PCID  (1u << 17)
#define F1C_XSAVE (1u << 26)
#define F7B_FSGS  (1u << 0)
#define F7B_SMEP  (1u << 7)
#define F7B_SMAP  (1u << 20)
#define F7C_UMIP  (1u << 2)
#define F7C_PKU   (1u << 3)

/* What the domain's CPU lets its kernel set. */
uint64_t vmx_cr4_valid_bits(const struct vcpu *v)
{
    const struct cpu_policy *p = v->domain->arch.policy;
    uint32_t c1 = p->basic[1].c, b7 = p->feat[0].b, c7 = p->feat[0].c;
    uint64_t valid = X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD | X86_CR4_DE |
                     X86_CR4_PSE | X86_CR4_PAE | X86_CR4_MCE | X86_CR4_PGE |
                     X86_CR4_PCE | X86_CR4_OSFXSR | X86_CR4_OSXMMEXCPT;

    valid |= (c1 & F1C_PCID) ? X86_CR4_PCIDE : 0;
    valid |= (c1 & F1C_XSAVE) ? X86_CR4_OSXSAVE : 0;
    valid |= (b7 & F7B_FSGS) ? X86_CR4_FSGSBASE : 0;
    valid |= (b7 & F7B_SMEP) ? X86_CR4_SMEP : 0;
    valid |= (b7 & F7B_SMAP) ? X86_CR4_SMAP : 0;
    valid |= (c7 & F7C_UMIP) ? X86_CR4_UMIP : 0;
    valid |= (c7 & F7C_PKU) ? X86_CR4_PKE : 0;
    valid |= v->arch.nested ? X86_CR4_VMXE : 0;
    return valid;
}

int vmx_set_cr4(struct vcpu *v, uint64_t val)
{
    uint64_t old = vmread(VMCS_guest_cr4);
    const uint64_t flushing = X86_CR4_PAE | X86_CR4_PGE | X86_CR4_PSE |
                              X86_CR4_PCIDE | X86_CR4_SMEP | X86_CR4_SMAP |
                              X86_CR4_PKE;

    if ( val & ~vmx_cr4_valid_bits(v) )
        return -EINVAL;
    if ( ((val ^ hvm_get_cr4()) & X86_CR4_VMXE) &&
         (!v->arch.nested || !nested_cr4_allowed(v, val)) )
        return -EINVAL;
    if ( hvm_long_mode_active() )
    {
        if ( !(val & X86_CR4_PAE) )
            return -EINVAL;
        if ( (val & X86_CR4_PCIDE) && !(old & X86_CR4_PCIDE) &&
             (vmread(VMCS_guest_cr3) & 0xfff) )
            return -EINVAL;
    }
    else
    {
        if ( val & X86_CR4_PCIDE )
            return -EINVAL;
        if ( hvm_paging_enabled() && (val & X86_CR4_PAE) &&
             ((val ^ old) & (X86_CR4_PAE | X86_CR4_PSE | X86_CR4_PGE)) &&
             vmx_load_pdptes(v, vmread(VMCS_guest_cr3)) )
            return -EINVAL;
    }
    vmwrite(VMCS_cr4_read_shadow, val);
    vmwrite(VMCS_guest_cr4, val | X86_CR4_VMXE);
    if ( (val ^ old) & flushing )
        vmx_flush_guest_tlb(v);
    return 0;
}

static uint64_t read_gpr(struct vcpu *v, unsigned int reg)
{
    uint64_t val = reg == 4 ? vmread(VMCS_guest_rsp) : v->arch.gprs.r[reg];

    return hvm_guest_mode_bytes() == 8 ? val : (uint32_t)val;
}

static int mov_to_cr(struct vcpu *v, unsigned int cr, uint64_t val)
{
    switch ( cr )
    {
    case 0:
        return vmx_set_cr0(v, val);
    case 3:
        vmwrite(VMCS_guest_cr3, val & ~(1ULL << 63));
        if ( !(val >> 63) )
            vmx_flush_guest_tlb(v);
        return 0;
    case 4:
        return vmx_set_cr4(v, val);
    case 8:
        if ( val >> 4 )
            return -EINVAL;
        vlapic_set_cr8(v, val);
        vmx_intr_dirty(v);
        return 0;
    }
    return -EINVAL;
}

static void mov_from_cr(struct vcpu *v, unsigned int cr, unsigned int reg)
{
    uint64_t val = cr == 8   ? vlapic_get_cr8(v)
                   : cr == 3 ? vmread(VMCS_guest_cr3)
                             : 0;

    if ( reg == 4 )
        vmwrite(VMCS_guest_rsp, val);
    else
        v->arch.gprs.r[reg] = val;
}

enum exit_result vmx_exit_cr(struct vcpu *v)
{
    uint64_t qual = vmread(VMCS_exit_qualification);
    unsigned int cr = qual & CR_QUAL_NUM_MASK;
    unsigned int reg = (qual >> CR_QUAL_GPR_SHIFT) & CR_QUAL_GPR_MASK;
    int rc = 0;

    switch ( (qual >> CR_QUAL_TYPE_SHIFT) & CR_QUAL_TYPE_MASK )
    {
    case CR_QUAL_TYPE_MOV_TO:
        rc = mov_to_cr(v, cr, read_gpr(v, reg));
        break;
    case CR_QUAL_TYPE_MOV_FROM:
        mov_from_cr(v, cr, reg);
        break;
    case CR_QUAL_TYPE_CLTS:
        rc = vmx_set_cr0(v, hvm_get_cr0() & ~X86_CR0_TS);
        break;
    case CR_QUAL_TYPE_LMSW:
    {
        /* LMSW sets PE but never clears it. SDM "LMSW". */
        uint64_t msw = (qual >> CR_QUAL_LMSW_SHIFT) & 0xf;
        uint64_t cr0 = hvm_get_cr0();

        rc = vmx_set_cr0(v, (cr0 & ~0xeULL) | msw);
        break;
    }
    }
    if ( rc )
    {
        hvm_inject_gp0();
        return EXIT_RESUME;
    }
    return EXIT_SKIP;
}
