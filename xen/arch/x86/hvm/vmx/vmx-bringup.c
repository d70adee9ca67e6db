/* SPDX-License-Identifier: MIT */
/* Turning VT-x on for a pCPU, with every capability checked before use. */

#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

#define CPUID1_ECX_VMX (1u << 5)

struct vmx_caps vmx_caps;

static uint64_t read_or_zero(uint32_t msr)
{
    uint64_t v;

    return rdmsr_safe(msr, &v) ? 0 : v;
}

static void read_capability_msrs(struct vmx_msrs *m)
{
    bool true_ctls;

    m->basic = rdmsr(MSR_IA32_VMX_BASIC);
    true_ctls = m->basic & VMX_BASIC_TRUE_CTLS;
    m->pin = rdmsr(true_ctls ? MSR_IA32_VMX_TRUE_PINBASED_CTLS
                             : MSR_IA32_VMX_PINBASED_CTLS);
    m->proc = rdmsr(true_ctls ? MSR_IA32_VMX_TRUE_PROC_CTLS
                              : MSR_IA32_VMX_PROCBASED_CTLS);
    m->exit =
        rdmsr(true_ctls ? MSR_IA32_VMX_TRUE_EXIT_CTLS : MSR_IA32_VMX_EXIT_CTLS);
    m->entry = rdmsr(true_ctls ? MSR_IA32_VMX_TRUE_ENTRY_CTLS
                               : MSR_IA32_VMX_ENTRY_CTLS);
    m->misc = rdmsr(MSR_IA32_VMX_MISC);
    m->cr0_fixed0 = rdmsr(MSR_IA32_VMX_CR0_FIXED0);
    m->cr0_fixed1 = rdmsr(MSR_IA32_VMX_CR0_FIXED1);
    m->cr4_fixed0 = rdmsr(MSR_IA32_VMX_CR4_FIXED0);
    m->cr4_fixed1 = rdmsr(MSR_IA32_VMX_CR4_FIXED1);
    m->vmcs_enum = read_or_zero(MSR_IA32_VMX_VMCS_ENUM);
    if ( (m->proc >> 32) & PROC_SECONDARY )
        m->proc2 = read_or_zero(MSR_IA32_VMX_PROCBASED_CTLS2);
    if ( (m->proc2 >> 32) & (PROC2_EPT | PROC2_VPID) )
        m->ept_vpid = read_or_zero(MSR_IA32_VMX_EPT_VPID_CAP);
    if ( (m->proc2 >> 32) & PROC2_VMFUNC )
        m->vmfunc = read_or_zero(MSR_IA32_VMX_VMFUNC);
}

/*
 * Firmware may leave the lock bit open, set it with VMX on, or lock it off.
 * NULL, or why VMX cannot be used.
 */
static const char *check_feature_control(void)
{
    uint64_t fc = read_or_zero(MSR_FEATURE_CONTROL);

    if ( !(fc & FEATURE_CONTROL_LOCK) )
    {
        fc |= FEATURE_CONTROL_VMX | FEATURE_CONTROL_LOCK;
        if ( wrmsr_safe(MSR_FEATURE_CONTROL, fc) )
            return "IA32_FEATURE_CONTROL cannot be written";
    }
    else if ( !(fc & FEATURE_CONTROL_VMX) )
        return "VMX is locked off by the firmware (IA32_FEATURE_CONTROL): "
               "enable VT-x in the firmware setup";
    return NULL;
}

static void print_caps(const struct vmx_caps *c)
{
    uint32_t apic = vmx_apic_controls();

    printk(XENLOG_INFO "VMX: supported and used:%s%s%s%s%s%s%s%s%s%s%s\n",
           " EPT unrestricted-guest", c->ept_2m ? " EPT-2M" : "",
           c->ept_1g ? " EPT-1G" : "", c->vpid ? " VPID" : "",
           c->tpr_shadow ? " TPR-shadow" : "",
           apic & PROC2_APIC_ACCESS ? " APIC-accesses" : "",
           apic & PROC2_APIC_REG ? " APIC-register-virtualization" : "",
           c->preemption_timer ? " preemption-timer" : "",
           (c->pin & PIN_VIRT_NMI) ? " virtual-NMIs" : "",
           c->shadow_vmcs ? " VMCS-shadowing" : "",
           c->pml && c->ept_ad ? " PML" : "");
    printk(XENLOG_INFO "VMX: supported, not used:%s%s%s%s\n",
           c->apic_reg_virt && !(apic & PROC2_APIC_REG)
               ? " APIC-register-virtualization"
               : "",
           c->vintr ? " virtual-interrupt-delivery" : "",
           c->x2apic_virt ? " x2APIC-virtualization" : "",
           c->tsc_scaling ? " TSC-scaling" : "");
    printk(XENLOG_DEBUG "VMX: revision %#x pin %#x proc %#x proc2 %#x exit %#x "
                        "entry %#x\n",
           c->revision, c->pin, c->proc, c->proc2, c->exit, c->entry);
}

/* What the processor offers; panics if that is too little. */
static void detect(struct vmx_msrs *raw)
{
    const char *why;

    if ( !(cpuid_count(1, 0).c & CPUID1_ECX_VMX) )
        panic("VMX is required, and this processor does not have it\n");
    if ( (why = check_feature_control()) != NULL )
        panic("VMX: %s\n", why);
    read_capability_msrs(raw);
    if ( (why = vmx_caps_choose(raw, &vmx_caps)) != NULL )
        panic("VMX: %s on this processor\n", why);
    print_caps(&vmx_caps);
}

static const char *turn_on(const struct vmx_msrs *raw)
{
    uint32_t *region = alloc_xenheap_page();

    if ( !region )
        return "no memory for the VMXON region";
    region[0] = vmx_caps.revision;
    this_cpu()->vmxon_region = region;

    write_cr0((read_cr0() | raw->cr0_fixed0) & raw->cr0_fixed1);
    write_cr4((read_cr4() | X86_CR4_VMXE | raw->cr4_fixed0) & raw->cr4_fixed1);
    if ( !vmx_vmxon(virt_to_maddr(region)) )
        return "VMXON failed";
    if ( vmx_caps.vpid )
        vmx_invvpid(INVVPID_ALL, 0, 0);
    vmx_invept(INVEPT_ALL, 0);
    return NULL;
}

void vmx_bringup(void)
{
    struct vmx_msrs raw = { 0 };
    const char *why;

    detect(&raw);
    if ( (why = turn_on(&raw)) != NULL )
        panic("VMX: %s\n", why);
}

const char *vmx_cpu_up(void)
{
    struct vmx_msrs raw = { 0 };
    const char *why;

    if ( !(cpuid_count(1, 0).c & CPUID1_ECX_VMX) )
        return "it has no VMX";
    if ( (why = check_feature_control()) != NULL )
        return why;
    read_capability_msrs(&raw);
    if ( memcmp(&raw, &vmx_caps.raw, sizeof(raw)) != 0 )
        return "its VMX capabilities are not the boot processor's";
    return turn_on(&raw);
}

void noreturn vmx_insn_failed(const char *insn, uint64_t operand)
{
    panic("VMX: %s %#lx failed\n", insn, operand);
}
