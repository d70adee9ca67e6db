/* SPDX-License-Identifier: MIT */
/* Choosing VM-execution controls from the capability MSRs; pure. */

#include <asm/vmx.h>

/*
 * SDM "Reserved Controls and Default Settings": the low half of a capability
 * MSR has the bits that must be 1, the high half those that may be 1.
 */
static bool choose(uint64_t msr, uint32_t required, uint32_t wanted,
                   uint32_t *out)
{
    uint32_t must = msr, may = msr >> 32;

    *out = (required | wanted | must) & may;
    return (required & ~may) == 0;
}

static const char *choose_controls(const struct vmx_msrs *raw,
                                   struct vmx_caps *c)
{
    if ( !choose(raw->pin, PIN_EXT_INTR | PIN_NMI, PIN_VIRT_NMI | PIN_PREEMPT,
                 &c->pin) )
        return "external-interrupt or NMI exiting is missing";
    if ( !choose(raw->proc,
                 PROC_HLT | PROC_IO_BITMAPS | PROC_MSR_BITMAPS |
                     PROC_SECONDARY | PROC_TSC_OFFSET,
                 PROC_TPR_SHADOW, &c->proc) )
        return "a primary processor-based control we need is missing";
    /* Without a TPR shadow, CR8 accesses exit. */
    if ( !(c->proc & PROC_TPR_SHADOW) )
        c->proc |= (PROC_CR8_LOAD | PROC_CR8_STORE) & (raw->proc >> 32);
    if ( !choose(raw->proc2, PROC2_EPT, 0, &c->proc2) )
        return "extended page tables (EPT) are missing";
    if ( !choose(raw->proc2, PROC2_UNRESTRICTED, 0, &c->proc2) )
        return "the unrestricted-guest feature is missing";
    choose(raw->proc2, PROC2_EPT | PROC2_UNRESTRICTED,
           PROC2_VPID | PROC2_RDTSCP | PROC2_INVPCID | PROC2_WBINVD |
               PROC2_XSAVES,
           &c->proc2);
    if ( !choose(raw->exit, EXIT_CTL_HOST_64 | EXIT_CTL_ACK_INTR,
                 EXIT_CTL_SAVE_PAT | EXIT_CTL_LOAD_PAT | EXIT_CTL_SAVE_EFER |
                     EXIT_CTL_LOAD_EFER | EXIT_CTL_SAVE_PREEMPT |
                     EXIT_CTL_SAVE_DEBUG,
                 &c->exit) )
        return "64-bit hosts or acknowledging interrupts at exit are missing";
    if ( !choose(raw->entry, 0,
                 ENTRY_CTL_LOAD_PAT | ENTRY_CTL_LOAD_EFER |
                     ENTRY_CTL_LOAD_DEBUG,
                 &c->entry) )
        return "a VM-entry control we need is missing";
    if ( !(c->entry & ENTRY_CTL_LOAD_EFER) || !(c->exit & EXIT_CTL_LOAD_EFER) ||
         !(c->exit & EXIT_CTL_SAVE_EFER) || !(c->entry & ENTRY_CTL_LOAD_PAT) ||
         !(c->exit & EXIT_CTL_LOAD_PAT) || !(c->exit & EXIT_CTL_SAVE_PAT) )
        return "loading and saving EFER and PAT with the guest is missing";
    return NULL;
}

const char *vmx_caps_choose(const struct vmx_msrs *raw, struct vmx_caps *c)
{
    const char *why;

    *c = (struct vmx_caps){ .raw = *raw };
    if ( (why = choose_controls(raw, c)) != NULL )
        return why;
    if ( !(raw->ept_vpid & EPT_CAP_WALK_4) || !(raw->ept_vpid & EPT_CAP_WB) )
        return "EPT does not support 4-level write-back tables";
    if ( !(raw->ept_vpid & EPT_CAP_INVEPT) )
        return "INVEPT is missing";
    if ( ((raw->basic >> VMX_BASIC_MEMTYPE_SHIFT) & VMX_BASIC_MEMTYPE_MASK) !=
         VMX_BASIC_MEMTYPE_WB )
        return "VMCS memory is not write-back";

    c->revision = raw->basic & VMX_BASIC_REVISION_MASK;
    c->ept_2m = raw->ept_vpid & EPT_CAP_2M;
    c->ept_1g = raw->ept_vpid & EPT_CAP_1G;
    c->ept_ad = raw->ept_vpid & EPT_CAP_AD;
    c->ept_exec_only = raw->ept_vpid & EPT_CAP_EXEC_ONLY;
    c->invept_single = raw->ept_vpid & EPT_CAP_INVEPT_SINGLE;
    c->invvpid_single = raw->ept_vpid & VPID_CAP_INVVPID_SINGLE;
    /* A VPID that cannot be flushed by itself or wholesale is of no use. */
    if ( !(raw->ept_vpid & VPID_CAP_INVVPID) ||
         !(raw->ept_vpid & (VPID_CAP_INVVPID_SINGLE | VPID_CAP_INVVPID_ALL)) )
        c->proc2 &= ~PROC2_VPID;
    c->vpid = c->proc2 & PROC2_VPID;
    c->preemption_timer =
        (c->pin & PIN_PREEMPT) && (c->exit & EXIT_CTL_SAVE_PREEMPT);
    if ( !c->preemption_timer )
    {
        c->pin &= ~PIN_PREEMPT | (uint32_t)raw->pin;
        c->exit &= ~EXIT_CTL_SAVE_PREEMPT | (uint32_t)raw->exit;
    }
    c->preemption_shift = raw->misc & VMX_MISC_TIMER_RATE_MASK;
    c->store_lma = raw->misc & VMX_MISC_STORE_LMA;
    c->tpr_shadow = c->proc & PROC_TPR_SHADOW;
    c->xsaves = c->proc2 & PROC2_XSAVES;
    c->rdtscp = c->proc2 & PROC2_RDTSCP;
    c->invpcid = c->proc2 & PROC2_INVPCID;
    c->shadow_vmcs = (raw->proc2 >> 32) & PROC2_SHADOW_VMCS;
    c->pml = (raw->proc2 >> 32) & PROC2_PML;
    c->tsc_scaling = (raw->proc2 >> 32) & PROC2_TSC_SCALING;
    c->mtf = (raw->proc >> 32) & PROC_MTF;
    /* Both act on the page that the TPR shadow has, too. */
    c->apic_access = c->tpr_shadow && ((raw->proc2 >> 32) & PROC2_APIC_ACCESS);
    c->apic_reg_virt = c->tpr_shadow && ((raw->proc2 >> 32) & PROC2_APIC_REG);
    c->vintr = (raw->proc2 >> 32) & PROC2_VINTR;
    c->x2apic_virt = (raw->proc2 >> 32) & PROC2_X2APIC;
    return NULL;
}
