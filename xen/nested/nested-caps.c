/* SPDX-License-Identifier: MIT */
/* Compute the VMX capability MSRs that an L1 sees. */
#include <xen/compiler.h>
#include <asm/processor.h>

#include "nested-caps.h"

/*
 * SDM "VMX Capability Reporting Facility". A control is offered to L1 when
 * the code here serves it: either the machine has it too and it reaches the
 * vmcs02, or it is served in software whatever the machine has.
 */

/* Served through the machine's own control of the same name. */
#define PIN_PASS (PIN_EXT_INTR | PIN_NMI | PIN_VIRT_NMI | PIN_PREEMPT)
#define PROC_PASS                                                            \
    (PROC_INTR_WINDOW | PROC_TSC_OFFSET | PROC_HLT | PROC_INVLPG |           \
     PROC_MWAIT | PROC_RDPMC | PROC_RDTSC | PROC_CR3_LOAD | PROC_CR3_STORE | \
     PROC_CR8_LOAD | PROC_CR8_STORE | PROC_TPR_SHADOW | PROC_NMI_WINDOW |    \
     PROC_MOV_DR | PROC_MTF | PROC_MONITOR | PROC_PAUSE | PROC_SECONDARY |   \
     PROC_UNCOND_IO)
/* Bitmaps are read by us, the vmcs02 has ours. */
#define PROC_SOFT (PROC_IO_BITMAPS | PROC_MSR_BITMAPS)

#define PROC2_PASS                                                     \
    (PROC2_APIC_ACCESS | PROC2_EPT | PROC2_DESC_TABLE | PROC2_RDTSCP | \
     PROC2_WBINVD | PROC2_UNRESTRICTED | PROC2_RDRAND | PROC2_RDSEED | \
     PROC2_INVPCID | PROC2_XSAVES | PROC2_PLE | PROC2_TSC_SCALING |    \
     PROC2_MBEC)
/*
 * VPIDs: those of the vmcs02s are ours. VMCS shadowing: L2's VMREAD and VMWRITE
 * exit, the shadow VMCS is an image in L1's memory. #VE: we walk EPT12, so we
 * know which violations convert. VMFUNC needs the machine's, to exit.
 */
#define PROC2_SOFT (PROC2_VPID | PROC2_SHADOW_VMCS | PROC2_VE)
#define EXIT_PASS  (EXIT_CTL_HOST_64 | EXIT_CTL_SAVE_PREEMPT)
#define EXIT_SOFT                                                  \
    (EXIT_CTL_SAVE_DEBUG | EXIT_CTL_ACK_INTR | EXIT_CTL_SAVE_PAT | \
     EXIT_CTL_LOAD_PAT | EXIT_CTL_SAVE_EFER | EXIT_CTL_LOAD_EFER)
#define ENTRY_PASS (ENTRY_CTL_GUEST_64)
#define ENTRY_SOFT \
    (ENTRY_CTL_LOAD_DEBUG | ENTRY_CTL_LOAD_PAT | ENTRY_CTL_LOAD_EFER)

#define EPT_CAP_PASS (EPT_CAP_EXEC_ONLY | EPT_CAP_AD | EPT_CAP_ADV_EXIT_INFO)
#define EPT_CAP_SOFT                                                      \
    (EPT_CAP_WALK_4 | EPT_CAP_UC | EPT_CAP_WB | EPT_CAP_2M | EPT_CAP_1G | \
     EPT_CAP_INVEPT | EPT_CAP_INVEPT_SINGLE | EPT_CAP_INVEPT_ALL)
#define VPID_CAP_SOFT                                                     \
    (VPID_CAP_INVVPID | VPID_CAP_INVVPID_ADDR | VPID_CAP_INVVPID_SINGLE | \
     VPID_CAP_INVVPID_ALL | VPID_CAP_INVVPID_NONGLOBAL)

#define MISC_PASS (VMX_MISC_TIMER_RATE_MASK | VMX_MISC_ZERO_LEN_INJECT)
#define MISC_SOFT                                         \
    (VMX_MISC_ACTIVITY_HLT | VMX_MISC_ACTIVITY_SHUTDOWN | \
     VMX_MISC_ACTIVITY_SIPI | VMX_MISC_VMWRITE_ALL)
#define MISC_CR3_TARGETS 4ULL

/* CR0 bits that VMX operation fixes to 1: SDM "VMX-Fixed Bits in CR0". */
#define CR0_FIXED1_BITS 0xffffffffULL

static uint64_t ctl_msr(uint32_t must, uint32_t may)
{
    return (uint64_t)(may | must) << 32 | must;
}

static uint32_t host_may(const struct vmx_msr_set *host, uint32_t true_msr,
                         uint32_t msr)
{
    bool has_true = VMX_MSR(host, MSR_IA32_VMX_BASIC) & VMX_BASIC_TRUE_CTLS;

    return (has_true ? VMX_MSR(host, true_msr) : VMX_MSR(host, msr)) >> 32;
}

/* Set a control's MSR and its true form: the first has all default1 bits. */
static void set_ctl(struct vmx_msr_set *m, uint32_t msr, uint32_t true_msr,
                    uint32_t default1, uint32_t true_default1, uint32_t may)
{
    VMX_MSR(m, msr) = ctl_msr(default1, may);
    VMX_MSR(m, true_msr) = ctl_msr(true_default1, may | default1);
}

/* Secondary controls that are pointless to L1 without the CPU feature. */
static uint32_t proc2_of_opts(const struct nested_opts *o)
{
    return ~((o->rdtscp ? 0 : PROC2_RDTSCP) | (o->invpcid ? 0 : PROC2_INVPCID) |
             (o->xsaves ? 0 : PROC2_XSAVES) | (o->rdrand ? 0 : PROC2_RDRAND) |
             (o->rdseed ? 0 : PROC2_RDSEED));
}

static void compute_controls(struct vmx_msr_set *m,
                             const struct vmx_msr_set *host,
                             const struct nested_opts *opts)
{
    uint32_t pin = host_may(host, MSR_IA32_VMX_TRUE_PINBASED_CTLS,
                            MSR_IA32_VMX_PINBASED_CTLS);
    uint32_t proc = host_may(host, MSR_IA32_VMX_TRUE_PROC_CTLS,
                             MSR_IA32_VMX_PROCBASED_CTLS);
    uint32_t exit =
        host_may(host, MSR_IA32_VMX_TRUE_EXIT_CTLS, MSR_IA32_VMX_EXIT_CTLS);
    uint32_t entry =
        host_may(host, MSR_IA32_VMX_TRUE_ENTRY_CTLS, MSR_IA32_VMX_ENTRY_CTLS);
    uint32_t proc2 = VMX_MSR(host, MSR_IA32_VMX_PROCBASED_CTLS2) >> 32;

    pin &= PIN_PASS;
    if ( proc & PROC_TPR_SHADOW )
        pin |= PIN_POSTED_INTR;
    exit = (exit & EXIT_PASS) | EXIT_SOFT;
    entry = (entry & ENTRY_PASS) | ENTRY_SOFT;
    if ( !(pin & PIN_PREEMPT) )
        exit &= ~EXIT_CTL_SAVE_PREEMPT;
    if ( !opts->lm )
    {
        exit &= ~EXIT_CTL_HOST_64;
        entry &= ~ENTRY_CTL_GUEST_64;
    }
    if ( opts->perf_global )
    {
        exit |= EXIT_CTL_LOAD_PERF;
        entry |= ENTRY_CTL_LOAD_PERF;
    }

    set_ctl(m, MSR_IA32_VMX_PINBASED_CTLS, MSR_IA32_VMX_TRUE_PINBASED_CTLS,
            PIN_DEFAULT1, PIN_DEFAULT1, pin);
    set_ctl(m, MSR_IA32_VMX_PROCBASED_CTLS, MSR_IA32_VMX_TRUE_PROC_CTLS,
            PROC_DEFAULT1, PROC_TRUE_DEFAULT1, (proc & PROC_PASS) | PROC_SOFT);
    set_ctl(m, MSR_IA32_VMX_EXIT_CTLS, MSR_IA32_VMX_TRUE_EXIT_CTLS,
            EXIT_CTL_DEFAULT1, EXIT_CTL_TRUE_DEFAULT1, exit);
    set_ctl(m, MSR_IA32_VMX_ENTRY_CTLS, MSR_IA32_VMX_TRUE_ENTRY_CTLS,
            ENTRY_CTL_DEFAULT1, ENTRY_CTL_TRUE_DEFAULT1, entry);

    proc2 = ((proc2 & (PROC2_PASS | PROC2_VMFUNC)) | PROC2_SOFT |
             (proc & PROC_TPR_SHADOW ? PROC2_VAPIC : 0)) &
            proc2_of_opts(opts);
    /* Whether a fetch was in user mode is advanced information. */
    if ( !(VMX_MSR(host, MSR_IA32_VMX_EPT_VPID_CAP) & EPT_CAP_ADV_EXIT_INFO) )
        proc2 &= ~PROC2_MBEC;
    if ( proc2 & PROC2_VMFUNC )
        VMX_MSR(m, MSR_IA32_VMX_VMFUNC) = VMFUNC_EPTP_SWITCHING;
    /* The log is ours to write; there is one where there are dirty flags. */
    if ( VMX_MSR(host, MSR_IA32_VMX_EPT_VPID_CAP) & EPT_CAP_AD )
        proc2 |= PROC2_PML;
    VMX_MSR(m, MSR_IA32_VMX_PROCBASED_CTLS2) = ctl_msr(0, proc2);
}

bool nested_caps_compute(struct nested_caps *caps,
                         const struct vmx_msr_set *host,
                         const struct nested_opts *opts)
{
    struct vmx_msr_set *m = &caps->msrs;
    uint64_t host_basic = VMX_MSR(host, MSR_IA32_VMX_BASIC);
    uint64_t host_ept = VMX_MSR(host, MSR_IA32_VMX_EPT_VPID_CAP);
    uint32_t host_proc2 = VMX_MSR(host, MSR_IA32_VMX_PROCBASED_CTLS2) >> 32;
    uint64_t misc;

    if ( !host_basic || !(host_proc2 & PROC2_EPT) ||
         !(host_proc2 & PROC2_UNRESTRICTED) )
        return false;

    *caps = (struct nested_caps){ .opts = *opts };
    compute_controls(m, host, opts);

    VMX_MSR(m, MSR_IA32_VMX_BASIC) =
        VMCS12_REVISION | (uint64_t)VMCS_REGION_SIZE << VMX_BASIC_SIZE_SHIFT |
        VMX_BASIC_MEMTYPE_WB << VMX_BASIC_MEMTYPE_SHIFT | VMX_BASIC_TRUE_CTLS |
        (host_basic & (VMX_BASIC_INS_OUTS | VMX_BASIC_NO_HW_ERRCODE));

    misc = (VMX_MSR(host, MSR_IA32_VMX_MISC) & MISC_PASS) | MISC_SOFT |
           MISC_CR3_TARGETS << VMX_MISC_CR3_TARGETS_SHIFT;
    /* Unrestricted guest implies that VM exits store IA32_EFER.LMA. */
    VMX_MSR(m, MSR_IA32_VMX_MISC) = misc | VMX_MISC_STORE_LMA;

    VMX_MSR(m, MSR_IA32_VMX_CR0_FIXED0) = X86_CR0_PE | X86_CR0_NE | X86_CR0_PG;
    VMX_MSR(m, MSR_IA32_VMX_CR0_FIXED1) = CR0_FIXED1_BITS;
    VMX_MSR(m, MSR_IA32_VMX_CR4_FIXED0) = X86_CR4_VMXE;
    VMX_MSR(m, MSR_IA32_VMX_CR4_FIXED1) = opts->cr4_valid | X86_CR4_VMXE;

    VMX_MSR(m, MSR_IA32_VMX_EPT_VPID_CAP) =
        (host_ept & EPT_CAP_PASS) | EPT_CAP_SOFT | VPID_CAP_SOFT;

    nested_caps_derive(caps);
    VMX_MSR(m, MSR_IA32_VMX_VMCS_ENUM) = vmcs12_field_max_index(&caps->fields)
                                         << VMCS_ENC_INDEX_SHIFT;

    return true;
}

/*
 * Fields that exist only with a control: SDM "VM-Execution Control Fields"
 * and the areas' own sections say of each that it does not exist otherwise.
 * A range names its first and last encoding, within one width and area.
 */
enum ctl_word
{
    WORD_NEVER, /* no L1 has them */
    WORD_PIN,
    WORD_PROC,
    WORD_PROC2,
    WORD_EXIT,
    WORD_ENTRY,
};

static const struct
{
    uint16_t first, last;
    uint8_t word;
    uint32_t any_of;
} field_needs[] = {
    { VMCS_vpid, VMCS_vpid, WORD_PROC2, PROC2_VPID },
    { VMCS_posted_intr_nv, VMCS_posted_intr_nv, WORD_PIN, PIN_POSTED_INTR },
    { VMCS_eptp_index, VMCS_eptp_index, WORD_PROC2, PROC2_VE },
    { VMCS_hlat_prefix_size, VMCS_last_pid_index, WORD_NEVER, 0 },
    { VMCS_guest_intr_status, VMCS_guest_intr_status, WORD_PROC2, PROC2_VINTR },
    { VMCS_guest_pml_index, VMCS_guest_pml_index, WORD_PROC2, PROC2_PML },
    { VMCS_guest_uinv, VMCS_guest_uinv, WORD_NEVER, 0 },
    { VMCS_msr_bitmap, VMCS_msr_bitmap, WORD_PROC, PROC_MSR_BITMAPS },
    { VMCS_pml_address, VMCS_pml_address, WORD_PROC2, PROC2_PML },
    { VMCS_virtual_apic_addr, VMCS_virtual_apic_addr, WORD_PROC,
      PROC_TPR_SHADOW },
    { VMCS_apic_access_addr, VMCS_apic_access_addr, WORD_PROC2,
      PROC2_APIC_ACCESS },
    { VMCS_pi_desc_addr, VMCS_pi_desc_addr, WORD_PIN, PIN_POSTED_INTR },
    { VMCS_vm_function_ctrl, VMCS_vm_function_ctrl, WORD_PROC2, PROC2_VMFUNC },
    { VMCS_ept_pointer, VMCS_ept_pointer, WORD_PROC2, PROC2_EPT },
    { VMCS_eoi_exit_bitmap0, VMCS_eoi_exit_bitmap3, WORD_PROC2, PROC2_VINTR },
    { VMCS_eptp_list_addr, VMCS_eptp_list_addr, WORD_PROC2, PROC2_VMFUNC },
    { VMCS_vmread_bitmap, VMCS_vmwrite_bitmap, WORD_PROC2, PROC2_SHADOW_VMCS },
    { VMCS_ve_info_addr, VMCS_ve_info_addr, WORD_PROC2, PROC2_VE },
    { VMCS_xss_exit_bitmap, VMCS_xss_exit_bitmap, WORD_PROC2, PROC2_XSAVES },
    { VMCS_encls_exit_bitmap, VMCS_encls_exit_bitmap, WORD_PROC2, PROC2_ENCLS },
    { VMCS_sppt_pointer, VMCS_sppt_pointer, WORD_PROC2, PROC2_SPP },
    { VMCS_tsc_multiplier, VMCS_tsc_multiplier, WORD_PROC2, PROC2_TSC_SCALING },
    { VMCS_proc3_ctrl, VMCS_spec_ctrl_shadow, WORD_NEVER, 0 },
    { VMCS_guest_phys_addr, VMCS_guest_phys_addr, WORD_PROC2, PROC2_EPT },
    { VMCS_guest_pat, VMCS_guest_pat, WORD_ENTRY, ENTRY_CTL_LOAD_PAT },
    { VMCS_guest_efer, VMCS_guest_efer, WORD_ENTRY, ENTRY_CTL_LOAD_EFER },
    { VMCS_guest_perf_global_ctrl, VMCS_guest_perf_global_ctrl, WORD_ENTRY,
      ENTRY_CTL_LOAD_PERF },
    { VMCS_guest_pdpte0, VMCS_guest_pdpte3, WORD_PROC2, PROC2_EPT },
    { VMCS_guest_bndcfgs, VMCS_guest_bndcfgs, WORD_ENTRY,
      ENTRY_CTL_LOAD_BNDCFGS },
    { VMCS_guest_rtit_ctl, VMCS_guest_rtit_ctl, WORD_ENTRY,
      ENTRY_CTL_LOAD_RTIT },
    { VMCS_guest_lbr_ctl, VMCS_guest_lbr_ctl, WORD_ENTRY, ENTRY_CTL_LOAD_LBR },
    { VMCS_guest_pkrs, VMCS_guest_pkrs, WORD_ENTRY, ENTRY_CTL_LOAD_PKRS },
    { VMCS_host_pat, VMCS_host_pat, WORD_EXIT, EXIT_CTL_LOAD_PAT },
    { VMCS_host_efer, VMCS_host_efer, WORD_EXIT, EXIT_CTL_LOAD_EFER },
    { VMCS_host_perf_global_ctrl, VMCS_host_perf_global_ctrl, WORD_EXIT,
      EXIT_CTL_LOAD_PERF },
    { VMCS_host_pkrs, VMCS_host_pkrs, WORD_EXIT, EXIT_CTL_LOAD_PKRS },
    { VMCS_tpr_threshold, VMCS_tpr_threshold, WORD_PROC, PROC_TPR_SHADOW },
    { VMCS_proc2_ctrl, VMCS_proc2_ctrl, WORD_PROC, PROC_SECONDARY },
    { VMCS_ple_gap, VMCS_ple_window, WORD_PROC2, PROC2_PLE },
    { VMCS_notify_window, VMCS_notify_window, WORD_PROC2, PROC2_NOTIFY },
    { VMCS_preemption_timer, VMCS_preemption_timer, WORD_PIN, PIN_PREEMPT },
    { VMCS_guest_s_cet, VMCS_guest_intr_ssp_table, WORD_ENTRY,
      ENTRY_CTL_LOAD_CET },
    { VMCS_host_s_cet, VMCS_host_intr_ssp_table, WORD_EXIT, EXIT_CTL_LOAD_CET },
};

static void derive_fields(struct nested_caps *caps)
{
    const uint32_t may[] = {
        [WORD_NEVER] = 0,
        [WORD_PIN] = caps->pin.may,
        [WORD_PROC] = caps->proc.may,
        [WORD_PROC2] = caps->proc2.may,
        [WORD_EXIT] = caps->exit.may,
        [WORD_ENTRY] = caps->entry.may,
    };

    for ( unsigned int i = 0; i < vmcs12_field_count(); i++ )
        vmcs12_field_set_add(&caps->fields, vmcs12_field_encoding(i));

    for ( unsigned int i = 0; i < ARRAY_SIZE(field_needs); i++ )
    {
        if ( may[field_needs[i].word] & field_needs[i].any_of )
            continue;
        for ( uint32_t enc = field_needs[i].first; enc <= field_needs[i].last;
              enc += 1u << VMCS_ENC_INDEX_SHIFT )
            vmcs12_field_set_del(&caps->fields, enc);
    }
}

static struct vmx_ctl_cap decode_ctl(uint64_t msr)
{
    return (struct vmx_ctl_cap){ .must = (uint32_t)msr, .may = msr >> 32 };
}

void nested_caps_derive(struct nested_caps *caps)
{
    const struct vmx_msr_set *m = &caps->msrs;

    caps->pin = decode_ctl(VMX_MSR(m, MSR_IA32_VMX_TRUE_PINBASED_CTLS));
    caps->proc = decode_ctl(VMX_MSR(m, MSR_IA32_VMX_TRUE_PROC_CTLS));
    caps->proc2 = decode_ctl(VMX_MSR(m, MSR_IA32_VMX_PROCBASED_CTLS2));
    caps->exit = decode_ctl(VMX_MSR(m, MSR_IA32_VMX_TRUE_EXIT_CTLS));
    caps->entry = decode_ctl(VMX_MSR(m, MSR_IA32_VMX_TRUE_ENTRY_CTLS));
    caps->misc = VMX_MSR(m, MSR_IA32_VMX_MISC);
    caps->ept_vpid = VMX_MSR(m, MSR_IA32_VMX_EPT_VPID_CAP);
    caps->vmfunc = VMX_MSR(m, MSR_IA32_VMX_VMFUNC);
    caps->cr0_fixed0 = VMX_MSR(m, MSR_IA32_VMX_CR0_FIXED0);
    caps->cr0_fixed1 = VMX_MSR(m, MSR_IA32_VMX_CR0_FIXED1);
    caps->cr4_fixed0 = VMX_MSR(m, MSR_IA32_VMX_CR4_FIXED0);
    caps->cr4_fixed1 = VMX_MSR(m, MSR_IA32_VMX_CR4_FIXED1);
    caps->fields = (struct vmcs12_field_set){ { 0 } };
    derive_fields(caps);
}

bool nested_caps_rdmsr(const struct nested_caps *caps, uint32_t msr,
                       uint64_t *val)
{
    if ( msr < MSR_IA32_VMX_FIRST || msr > MSR_IA32_VMX_LAST )
        return false;
    /* These exist only with the controls that they describe. */
    if ( msr == MSR_IA32_VMX_VMFUNC && !(caps->proc2.may & PROC2_VMFUNC) )
        return false;
    if ( msr == MSR_IA32_VMX_PROCBASED_CTLS3 &&
         !(caps->proc.may & PROC_TERTIARY) )
        return false;
    if ( msr == MSR_IA32_VMX_EXIT_CTLS2 &&
         !(caps->exit.may & EXIT_CTL_SECONDARY) )
        return false;

    *val = VMX_MSR(&caps->msrs, msr);
    return true;
}
