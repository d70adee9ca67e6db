/* SPDX-License-Identifier: MIT */
/* The VMCS of a vCPU (vmcs01): construction, loading, host state. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/hvm-io.h>
#include <asm/msr-index.h>
#include <asm/processor.h>
#include <asm/spec-ctrl.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

_Static_assert(offsetof(struct vcpu, arch.gprs.rdi) == 0x38, "vmx-entry.S");
_Static_assert(offsetof(struct vcpu, arch.gprs.r15) == 0x78, "vmx-entry.S");
_Static_assert(offsetof(struct percpu, curr) == 8, "vmx-entry.S");
_Static_assert(offsetof(struct percpu, stack_top) == 0x20, "vmx-entry.S");

/* CR0 bits the guest does not own: see vmx-exit-cr.c. */
#define CR0_HOST_OWNED (X86_CR0_NE | X86_CR0_CD | X86_CR0_NW)

#define PAT_RESET      0x0007040600070406ULL /* SDM "IA32_PAT MSR" */

struct desc_ptr
{
    uint16_t limit;
    uint64_t base;
} __packed;

static void write_host_state(void)
{
    struct percpu *cpu = this_cpu();
    struct desc_ptr gdt, idt;
    uint16_t tr, cs, ss;

    __asm__ volatile("sgdt %0" : "=m"(gdt));
    __asm__ volatile("sidt %0" : "=m"(idt));
    __asm__ volatile("str %0" : "=r"(tr));
    __asm__ volatile("movw %%cs, %0" : "=r"(cs));
    __asm__ volatile("movw %%ss, %0" : "=r"(ss));

    vmwrite(VMCS_host_cr0, read_cr0());
    vmwrite(VMCS_host_cr3, read_cr3());
    vmwrite(VMCS_host_cr4, read_cr4());
    vmwrite(VMCS_host_cs_selector, cs);
    vmwrite(VMCS_host_ss_selector, ss & ~7);
    vmwrite(VMCS_host_ds_selector, 0);
    vmwrite(VMCS_host_es_selector, 0);
    vmwrite(VMCS_host_fs_selector, 0);
    vmwrite(VMCS_host_gs_selector, 0);
    vmwrite(VMCS_host_tr_selector, tr);
    vmwrite(VMCS_host_fs_base, 0);
    vmwrite(VMCS_host_gs_base, (uint64_t)cpu);
    vmwrite(VMCS_host_tr_base, (uint64_t)cpu->tss);
    vmwrite(VMCS_host_gdtr_base, gdt.base);
    vmwrite(VMCS_host_idtr_base, idt.base);
    vmwrite(VMCS_host_sysenter_cs, 0);
    vmwrite(VMCS_host_sysenter_esp, 0);
    vmwrite(VMCS_host_sysenter_eip, 0);
    vmwrite(VMCS_host_rsp, cpu->stack_top);
    vmwrite(VMCS_host_rip, (uint64_t)vmx_exit_stub);
    vmwrite(VMCS_host_pat, rdmsr(MSR_PAT));
    vmwrite(VMCS_host_efer, rdmsr(MSR_EFER));
}

/*
 * CR4 bits that exit when they change: VMXE, which must stay set, and all
 * that the guest's CPU does not have (the processor would take the rest).
 */
static uint64_t cr4_host_owned(void)
{
    const uint64_t guest_owned = X86_CR4_VME | X86_CR4_PVI | X86_CR4_TSD |
                                 X86_CR4_DE | X86_CR4_PSE | X86_CR4_PAE |
                                 X86_CR4_PGE | X86_CR4_PCE | X86_CR4_OSFXSR |
                                 X86_CR4_OSXMMEXCPT | X86_CR4_FSGSBASE |
                                 X86_CR4_PCIDE | X86_CR4_SMEP | X86_CR4_SMAP;

    /* MCE and OSXSAVE are kept by the guest but reflected in CPUID etc. */
    return ~guest_owned;
}

void vmx_msr_intercept(struct vcpu *v, uint32_t msr, bool read, bool write)
{
    uint8_t *map = (uint8_t *)v->arch.vmx.msr_bitmap;
    unsigned int low = MSR_BITMAP_READ_LOW, bit = msr;

    if ( msr >= MSR_BITMAP_HIGH_BASE )
    {
        bit = msr - MSR_BITMAP_HIGH_BASE;
        low = MSR_BITMAP_READ_HIGH;
    }
    ASSERT(bit < MSR_BITMAP_RANGE);
    for ( unsigned int w = 0; w < 2; w++ )
    {
        uint8_t *byte = map + low + w * MSR_BITMAP_WRITE_LOW + bit / 8;
        bool exits = w ? write : read;

        *byte = exits ? *byte | (1u << (bit & 7)) : *byte & ~(1u << (bit & 7));
    }
}

static void init_msr_bitmap(struct vcpu *v)
{
    /* Swapped at context switch, or kept in the VMCS: the guest's own. */
    static const uint32_t passed_through[] = {
        MSR_STAR,           MSR_LSTAR,       MSR_CSTAR,
        MSR_SYSCALL_MASK,   MSR_FS_BASE,     MSR_GS_BASE,
        MSR_SHADOW_GS_BASE, MSR_SYSENTER_CS, MSR_SYSENTER_ESP,
        MSR_SYSENTER_EIP,   MSR_PAT,
    };

    memset(v->arch.vmx.msr_bitmap, 0xff, PAGE_SIZE);
    for ( unsigned int i = 0; i < ARRAY_SIZE(passed_through); i++ )
        vmx_msr_intercept(v, passed_through[i], false, false);
    if ( vmx_caps.rdtscp )
        vmx_msr_intercept(v, MSR_TSC_AUX, false, false);
    /*
     * Reads of EFER only when every bit in it is the guest's: LMA follows
     * the entry control. Writes exit: the processor's set of bits is larger
     * than the guest's.
     */
    vmx_msr_intercept(v, MSR_EFER, false, true);
}

static void write_controls(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;

    vmx->pin = vmx_caps.pin;
    vmx->proc = vmx_caps.proc;
    vmx->proc2 = vmx_caps.proc2 | vmx_apic_controls();
    vmx->exit = vmx_caps.exit;
    vmx->entry = vmx_caps.entry;
    vmwrite(VMCS_pin_ctrl, vmx->pin);
    vmwrite(VMCS_proc_ctrl, vmx->proc);
    vmwrite(VMCS_proc2_ctrl, vmx->proc2);
    vmwrite(VMCS_exit_ctrl, vmx->exit);
    vmwrite(VMCS_entry_ctrl, vmx->entry);
    vmwrite(VMCS_exception_bitmap, vmx_exception_bitmap());
    vmwrite(VMCS_pf_error_mask, 0);
    vmwrite(VMCS_pf_error_match, 0);
    vmwrite(VMCS_cr3_target_count, 0);
    vmwrite(VMCS_exit_msr_store_count, 0);
    vmwrite(VMCS_exit_msr_load_count, 0);
    spec_ctrl_write_entry_msrs();
    vmwrite(VMCS_entry_intr_info, 0);
    vmwrite(VMCS_guest_pat, PAT_RESET);
    vmwrite(VMCS_tsc_offset, v->arch.tsc_offset);
    vmwrite(VMCS_io_bitmap_a, virt_to_maddr(v->domain->arch.io_bitmap));
    vmwrite(VMCS_io_bitmap_b,
            virt_to_maddr(v->domain->arch.io_bitmap) + PAGE_SIZE);
    vmwrite(VMCS_msr_bitmap, virt_to_maddr(vmx->msr_bitmap));
    vmwrite(VMCS_ept_pointer, v->domain->p2m.eptp);
    if ( vmx_caps.vpid )
        vmwrite(VMCS_vpid, vmx->vpid);
    if ( vmx_caps.tpr_shadow )
    {
        vmwrite(VMCS_virtual_apic_addr, virt_to_maddr(v->arch.vlapic->regs));
        vmwrite(VMCS_tpr_threshold, 0);
    }
    if ( vmx->proc2 & PROC2_APIC_ACCESS )
        vmwrite(VMCS_apic_access_addr, vmx_apic_access_page(v->domain));
    if ( vmx_caps.xsaves )
        vmwrite(VMCS_xss_exit_bitmap, 0);
    if ( vmx_caps.preemption_timer )
        vmwrite(VMCS_preemption_timer, ~0u);
    vmwrite(VMCS_vmcs_link_ptr, VMCS_LINK_PTR_NONE);
    vmx->cr0_mask = CR0_HOST_OWNED;
    vmx->cr4_mask = cr4_host_owned();
    vmwrite(VMCS_cr0_mask, vmx->cr0_mask);
    vmwrite(VMCS_cr4_mask, vmx->cr4_mask);
}

uint16_t vmx_alloc_vpid(void)
{
    static uint16_t last;
    uint16_t vpid;

    do
        vpid = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    while ( vpid == 0 );
    return vpid;
}

int vmx_vcpu_init(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;
    uint32_t *vmcs = alloc_xenheap_page();

    vmx->msr_bitmap = alloc_xenheap_page();
    if ( !vmcs || !vmx->msr_bitmap )
    {
        free_xenheap_page(vmcs);
        free_xenheap_page(vmx->msr_bitmap);
        vmx->msr_bitmap = NULL;
        return -ENOMEM;
    }
    vmcs[0] = vmx_caps.revision;
    vmx->vmcs = virt_to_mfn(vmcs);
    vmx->vpid = vmx_alloc_vpid();
    vmx->intr_dirty = true;
    vmx->host_cpu = NR_CPUS;
    init_msr_bitmap(v);

    vmx_vmclear(virt_to_maddr(vmcs));
    vmx_vmcs_enter(v);
    write_controls(v);
    hvm_tsc_controls(v);
    if ( vmx_caps.vpid )
        vmx_invvpid(vmx_caps.invvpid_single ? INVVPID_SINGLE : INVVPID_ALL,
                    vmx->vpid, 0);
    vmx_vmcs_exit(v);
    return 0;
}

void vmx_vcpu_destroy(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;

    if ( !vmx->msr_bitmap )
        return;
    free_xenheap_page(mfn_to_virt(vmx->vmcs));
    free_xenheap_page(vmx->msr_bitmap);
    vmx->msr_bitmap = NULL;
}

void vmx_load_vmcs(struct vcpu *v)
{
    struct vmx_vcpu *vmx = &v->arch.vmx;

    vmx_vmptrld(mfn_x(vmx->vmcs) << PAGE_SHIFT);
    if ( vmx->host_cpu != smp_processor_id() )
    {
        write_host_state();
        vmx->host_cpu = smp_processor_id();
    }
}

void vmx_clear_vmcs(struct vmx_vcpu *vmx)
{
    vmx_vmclear(mfn_x(vmx->vmcs) << PAGE_SHIFT);
    vmx->launched = false;
}

void vmx_vmcs_enter(struct vcpu *v)
{
    if ( this_cpu()->vmcs_owner == v )
        return;
    vmx_unload(v);
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
}

/*
 * It does not stay active here, where nobody would look for it; but that of
 * the running vCPU, whose state was taken out, serves its handler to the end.
 */
void vmx_vmcs_exit(struct vcpu *v)
{
    struct percpu *cpu = this_cpu();
    struct vcpu *owner = cpu->vmcs_owner;

    if ( owner == v )
        return;
    if ( cpu->curr == v )
    {
        v->arch.vmcs_cpu = cpu->cpu;
        return;
    }
    vmx_clear_vmcs(&v->arch.vmx);
    if ( owner )
        vmx_vmptrld(mfn_x(owner->arch.vmx.vmcs) << PAGE_SHIFT);
}

void vmx_set_proc(struct vcpu *v, uint32_t set, uint32_t clear)
{
    uint32_t proc = (v->arch.vmx.proc | set) & ~clear;

    if ( proc != v->arch.vmx.proc )
    {
        v->arch.vmx.proc = proc;
        vmwrite(VMCS_proc_ctrl, proc);
    }
}
