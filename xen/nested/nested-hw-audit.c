/* SPDX-License-Identifier: MIT */
/* Option nested-audit: is each vmcs02 as safe as it was meant to be? */

/*
 * nested-hw-write.c asserts that what it writes is safe, when it writes it.
 * Windows, timers, flushes and VM functions change the vmcs02 after that. With
 * this option, which costs each entry of an L2 some thousand instructions, the
 * VMCS itself is read back at the last moment and held against what L0 and L1
 * want: it never lets L2 do more than both allow. One that does stops the
 * machine, so this is for tests.
 */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"

bool opt_nested_audit;
boolean_param("nested-audit", opt_nested_audit);

static void read_vmcs02(struct vmcs02_ctrl *c, struct vmcs02_cr *cr)
{
    *c = (struct vmcs02_ctrl){
        .pin = vmread(VMCS_pin_ctrl),
        .proc = vmread(VMCS_proc_ctrl),
        .proc2 = vmread(VMCS_proc2_ctrl),
        .exception_bitmap = vmread(VMCS_exception_bitmap),
        .pf_error_mask = vmread(VMCS_pf_error_mask),
        .pf_error_match = vmread(VMCS_pf_error_match),
        .cr3_target_count = vmread(VMCS_cr3_target_count),
    };
    *cr = (struct vmcs02_cr){
        .cr0 = vmread(VMCS_guest_cr0),
        .cr0_mask = vmread(VMCS_cr0_mask),
        .cr4 = vmread(VMCS_guest_cr4),
        .cr4_mask = vmread(VMCS_cr4_mask),
    };
}

/* Machine addresses: of pages of ours, or of L1's that are held. */
static bool page_is(const struct nested_hw_vcpu *hv, enum nested_pin which,
                    uint64_t pa)
{
    const struct page_info *pg = hw_ctx(hv->nv.cur)->pin[which];

    return pa == virt_to_maddr(pg ? page_to_virt(pg) : hv->scratch);
}

static bool addresses_are_safe(const struct vcpu *v,
                               const struct vmcs02_ctrl *c)
{
    const struct nested_hw_vcpu *hv = nested_hw(v);
    const struct nested_hw_ctx *hw = hw_ctx(hv->nv.cur);
    struct nested_domain *nd = domain_nested(v);
    bool l1_apic_access = vmcs12_proc2(&hv->nv.cur->v12) & PROC2_APIC_ACCESS;
    uint64_t eptp =
        hw->root ? ept02_eptp(&nd->ept02, hw->root) : v->domain->p2m.eptp;

    return vmread(VMCS_ept_pointer) == eptp &&
           vmread(VMCS_vpid) == hw->vmx.vpid &&
           vmread(VMCS_vmcs_link_ptr) == VMCS_LINK_PTR_NONE &&
           vmread(VMCS_msr_bitmap) == virt_to_maddr(hw->vmx.msr_bitmap) &&
           !vmread(VMCS_entry_msr_load_count) &&
           !vmread(VMCS_exit_msr_load_count) &&
           !vmread(VMCS_exit_msr_store_count) &&
           (!(c->proc & PROC_TPR_SHADOW) ||
            page_is(hv, PIN_PAGE_VAPIC, vmread(VMCS_virtual_apic_addr))) &&
           (!l1_apic_access ||
            page_is(hv, PIN_PAGE_APIC_ACCESS, vmread(VMCS_apic_access_addr))) &&
           (!(c->proc2 & PROC2_VMFUNC) || !vmread(VMCS_vm_function_ctrl));
}

static const char *unsafe(const struct vcpu *v)
{
    const struct nested_hw_vcpu *hv = nested_hw(v);
    const struct vmx_vcpu *vmx01 = &hv->vmx01;
    const struct vmcs12 *v12 = &hv->nv.cur->v12;
    const struct merge_l0 l0 = {
        .pin = vmx01->pin,
        .proc = vmx01->proc,
        .proc2 = vmx01->proc2,
        .vapic = domain_nested(v)->vapic,
        .exception_bitmap = vmx_exception_bitmap(),
        .cr0_mask = vmx01->cr0_mask,
        .cr4_mask = vmx01->cr4_mask,
        .cr0_forced0 = L0_CR0_FORCED0,
        .cr0_forced1 = L0_CR0_FORCED1,
        .cr4_forced1 = L0_CR4_FORCED1,
    };
    struct vmcs02_ctrl ctrl;
    struct vmcs02_cr cr;

    read_vmcs02(&ctrl, &cr);
    if ( !merge_is_safe(&l0, v12, &ctrl) )
        return "controls";
    if ( !merge_cr_is_safe(&l0, v12, &cr) )
        return "CR0 or CR4";
    if ( (ctrl.proc & PROC_MSR_BITMAPS) &&
         !merge_bitmap_is_safe(hw_ctx(hv->nv.cur)->vmx.msr_bitmap,
                               vmx01->msr_bitmap, ctrl.proc2) )
        return "MSR bitmap";
    if ( !addresses_are_safe(v, &ctrl) )
        return "addresses";

    return NULL;
}

void nested_audit_entry(const struct vcpu *v)
{
    const char *what = unsafe(v);

    if ( what )
        panic("nested-audit: %s of the vmcs02 of d%uv%u\n", what,
              v->domain->domain_id, v->vcpu_id);
}
