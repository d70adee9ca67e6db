/* SPDX-License-Identifier: MIT */
/* SDM "Checks on VMX Controls": execution, exit and entry controls. */
#include <asm/processor.h>

#include "checks.h"

#define CHECK(name) static bool name(const struct entry_check *c)

static bool page_ok(const struct entry_check *c, uint64_t pa)
{
    return !(pa & (VMCS_REGION_SIZE - 1)) && nested_caps_addr_ok(c->caps, pa);
}

/* --- VM-execution control fields --- */
CHECK(pin_reserved)
{
    return vmx_ctl_valid(c->caps->pin, c->v->pin_ctrl);
}

CHECK(proc_reserved)
{
    return vmx_ctl_valid(c->caps->proc, c->v->proc_ctrl);
}

CHECK(proc2_reserved)
{
    return vmx_ctl_valid(c->caps->proc2, vmcs12_proc2(c->v));
}

CHECK(cr3_target_count)
{
    return c->v->cr3_target_count <=
           (c->caps->misc >> VMX_MISC_CR3_TARGETS_SHIFT &
            VMX_MISC_CR3_TARGETS_MASK);
}

CHECK(io_bitmaps)
{
    return !(c->v->proc_ctrl & PROC_IO_BITMAPS) ||
           (page_ok(c, c->v->io_bitmap_a) && page_ok(c, c->v->io_bitmap_b));
}

CHECK(msr_bitmap)
{
    return !(c->v->proc_ctrl & PROC_MSR_BITMAPS) ||
           page_ok(c, c->v->msr_bitmap);
}

CHECK(virtual_apic_page)
{
    return !(c->v->proc_ctrl & PROC_TPR_SHADOW) ||
           page_ok(c, c->v->virtual_apic_addr);
}

CHECK(tpr_threshold_reserved)
{
    return !(c->v->proc_ctrl & PROC_TPR_SHADOW) ||
           (vmcs12_proc2(c->v) & PROC2_VINTR) || !(c->v->tpr_threshold >> 4);
}

#define VAPIC_TPR 0x80

CHECK(tpr_threshold_vtpr)
{
    uint8_t vtpr;

    if ( !(c->v->proc_ctrl & PROC_TPR_SHADOW) ||
         (vmcs12_proc2(c->v) & (PROC2_APIC_ACCESS | PROC2_VINTR)) )
        return true;
    /* Without memory there the processor reads ones. */
    if ( c->env->read_phys(c->priv, c->v->virtual_apic_addr + VAPIC_TPR, &vtpr,
                           sizeof(vtpr)) )
        return true;

    return (c->v->tpr_threshold & 0xf) <= vtpr >> 4;
}

CHECK(apic_needs_tpr_shadow)
{
    return (c->v->proc_ctrl & PROC_TPR_SHADOW) ||
           !(vmcs12_proc2(c->v) &
             (PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR));
}

CHECK(virtual_nmis)
{
    return (c->v->pin_ctrl & PIN_NMI) || !(c->v->pin_ctrl & PIN_VIRT_NMI);
}

CHECK(nmi_window)
{
    return (c->v->pin_ctrl & PIN_VIRT_NMI) ||
           !(c->v->proc_ctrl & PROC_NMI_WINDOW);
}

CHECK(apic_access_page)
{
    return !(vmcs12_proc2(c->v) & PROC2_APIC_ACCESS) ||
           page_ok(c, c->v->apic_access_addr);
}

CHECK(x2apic_or_apic_access)
{
    const uint32_t both = PROC2_X2APIC | PROC2_APIC_ACCESS;

    return (vmcs12_proc2(c->v) & both) != both;
}

CHECK(virtual_interrupts)
{
    return !(vmcs12_proc2(c->v) & PROC2_VINTR) ||
           (c->v->pin_ctrl & PIN_EXT_INTR);
}

CHECK(posted_needs)
{
    return !(c->v->pin_ctrl & PIN_POSTED_INTR) ||
           ((vmcs12_proc2(c->v) & PROC2_VINTR) &&
            (c->v->exit_ctrl & EXIT_CTL_ACK_INTR));
}

#define PI_DESC_ALIGN   64
#define PI_VECTOR_LIMIT 256

CHECK(posted_vector)
{
    return !(c->v->pin_ctrl & PIN_POSTED_INTR) ||
           c->v->posted_intr_nv < PI_VECTOR_LIMIT;
}

CHECK(posted_descriptor)
{
    return !(c->v->pin_ctrl & PIN_POSTED_INTR) ||
           (!(c->v->pi_desc_addr & (PI_DESC_ALIGN - 1)) &&
            nested_caps_addr_ok(c->caps, c->v->pi_desc_addr));
}

CHECK(vpid_nonzero)
{
    return !(vmcs12_proc2(c->v) & PROC2_VPID) || c->v->vpid;
}

CHECK(eptp)
{
    return !(vmcs12_proc2(c->v) & PROC2_EPT) ||
           check_eptp(c->caps, c->v->ept_pointer);
}

CHECK(pml)
{
    return !(vmcs12_proc2(c->v) & PROC2_PML) ||
           ((vmcs12_proc2(c->v) & PROC2_EPT) && page_ok(c, c->v->pml_address));
}

CHECK(unrestricted_needs_ept)
{
    return !(vmcs12_proc2(c->v) & PROC2_UNRESTRICTED) ||
           (vmcs12_proc2(c->v) & PROC2_EPT);
}

CHECK(mbec_needs_ept)
{
    return !(vmcs12_proc2(c->v) & PROC2_MBEC) ||
           (vmcs12_proc2(c->v) & PROC2_EPT);
}

CHECK(vmfunc_reserved)
{
    return !(vmcs12_proc2(c->v) & PROC2_VMFUNC) ||
           !(c->v->vm_function_ctrl & ~c->caps->vmfunc);
}

CHECK(eptp_switching)
{
    return !(vmcs12_proc2(c->v) & PROC2_VMFUNC) ||
           !(c->v->vm_function_ctrl & VMFUNC_EPTP_SWITCHING) ||
           ((vmcs12_proc2(c->v) & PROC2_EPT) &&
            page_ok(c, c->v->eptp_list_addr));
}

CHECK(shadow_bitmaps)
{
    return !(vmcs12_proc2(c->v) & PROC2_SHADOW_VMCS) ||
           (page_ok(c, c->v->vmread_bitmap) &&
            page_ok(c, c->v->vmwrite_bitmap));
}

CHECK(ve_info_page)
{
    return !(vmcs12_proc2(c->v) & PROC2_VE) || page_ok(c, c->v->ve_info_addr);
}

CHECK(tsc_multiplier)
{
    return !(vmcs12_proc2(c->v) & PROC2_TSC_SCALING) || c->v->tsc_multiplier;
}

/* --- VM-exit and VM-entry control fields --- */
CHECK(exit_reserved)
{
    return vmx_ctl_valid(c->caps->exit, c->v->exit_ctrl);
}

CHECK(save_preemption_timer)
{
    return (c->v->pin_ctrl & PIN_PREEMPT) ||
           !(c->v->exit_ctrl & EXIT_CTL_SAVE_PREEMPT);
}

static bool msr_area_ok(const struct entry_check *c, uint64_t pa,
                        uint32_t count)
{
    uint64_t last = pa + (uint64_t)count * VMX_MSR_ENTRY_SIZE - 1;

    return !count || (!(pa & (VMX_MSR_ENTRY_SIZE - 1)) &&
                      nested_caps_addr_ok(c->caps, pa) &&
                      nested_caps_addr_ok(c->caps, last));
}

CHECK(exit_msr_store)
{
    return msr_area_ok(c, c->v->exit_msr_store_addr,
                       c->v->exit_msr_store_count);
}

CHECK(exit_msr_load)
{
    return msr_area_ok(c, c->v->exit_msr_load_addr, c->v->exit_msr_load_count);
}

CHECK(entry_reserved)
{
    return vmx_ctl_valid(c->caps->entry, c->v->entry_ctrl);
}

CHECK(entry_msr_load)
{
    return msr_area_ok(c, c->v->entry_msr_load_addr,
                       c->v->entry_msr_load_count);
}

/* --- Event injection: SDM "VM-Entry Control Fields" --- */
static unsigned int event_type(const struct vmcs12 *v)
{
    return (v->entry_intr_info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;
}

static bool event_valid(const struct vmcs12 *v)
{
    return v->entry_intr_info & INTR_INFO_VALID;
}

CHECK(event_type_known)
{
    if ( !event_valid(c->v) )
        return true;

    return event_type(c->v) != INTR_TYPE_RESERVED &&
           (event_type(c->v) != INTR_TYPE_OTHER ||
            (c->caps->proc.may & PROC_MTF));
}

#define VECTOR_EXCEPTION_LIMIT 32

CHECK(event_vector)
{
    unsigned int vector = c->v->entry_intr_info & INTR_INFO_VECTOR_MASK;

    if ( !event_valid(c->v) )
        return true;

    switch ( event_type(c->v) )
    {
    case INTR_TYPE_NMI:
        return vector == X86_EXC_NMI;

    case INTR_TYPE_HW_EXCEPTION:
        return vector < VECTOR_EXCEPTION_LIMIT;

    case INTR_TYPE_OTHER:
        return vector == 0;

    default:
        return true;
    }
}

CHECK(event_error_code)
{
    unsigned int vector = c->v->entry_intr_info & INTR_INFO_VECTOR_MASK;
    bool deliver = c->v->entry_intr_info & INTR_INFO_ERROR_CODE;
    bool hw_exc = event_type(c->v) == INTR_TYPE_HW_EXCEPTION;
    bool real_mode = (vmcs12_proc2(c->v) & PROC2_UNRESTRICTED) &&
                     !(c->v->guest_cr0 & X86_CR0_PE);

    if ( !event_valid(c->v) )
        return true;
    if ( !hw_exc || real_mode )
        return !deliver;
    if ( VMX_MSR(&c->caps->msrs, MSR_IA32_VMX_BASIC) & VMX_BASIC_NO_HW_ERRCODE )
        return true;

    return deliver ==
           (vector < VECTOR_EXCEPTION_LIMIT && (X86_EXC_HAVE_EC >> vector & 1));
}

CHECK(event_info_reserved)
{
    return !event_valid(c->v) ||
           !(c->v->entry_intr_info & INTR_INFO_ENTRY_RSVD);
}

CHECK(event_error_reserved)
{
    const uint32_t both = INTR_INFO_VALID | INTR_INFO_ERROR_CODE;

    return (c->v->entry_intr_info & both) != both ||
           !(c->v->entry_error_code >> 16);
}

#define INSN_LEN_MAX 15

CHECK(event_insn_len)
{
    unsigned int type = event_type(c->v);

    if ( !event_valid(c->v) ||
         (type != INTR_TYPE_SW_INTR && type != INTR_TYPE_PRIV_SW_EXC &&
          type != INTR_TYPE_SW_EXCEPTION) )
        return true;

    return c->v->entry_insn_len <= INSN_LEN_MAX &&
           (c->v->entry_insn_len || (c->caps->misc & VMX_MISC_ZERO_LEN_INJECT));
}

#define G(g)  VMCS12_GB(g)
#define CTRLS (G(CTRL) | G(PROC))

static const struct check_row control_rows[] = {
    { "pin-based controls: reserved bits", G(CTRL), pin_reserved, 0 },
    { "primary processor-based controls: reserved bits", G(PROC), proc_reserved,
      0 },
    { "secondary processor-based controls: reserved bits", CTRLS,
      proc2_reserved, 0 },
    { "CR3-target count supported", G(CTRL), cr3_target_count, 0 },
    { "I/O-bitmap addresses", CTRLS, io_bitmaps, 0 },
    { "MSR-bitmap address", CTRLS, msr_bitmap, 0 },
    { "virtual-APIC address", CTRLS, virtual_apic_page, 0 },
    { "TPR threshold bits 31:4", CTRLS, tpr_threshold_reserved, 0 },
    { "APIC virtualization needs the TPR shadow", CTRLS, apic_needs_tpr_shadow,
      0 },
    { "virtual NMIs need NMI exiting", G(CTRL), virtual_nmis, 0 },
    { "NMI-window exiting needs virtual NMIs", CTRLS, nmi_window, 0 },
    { "APIC-access address", CTRLS, apic_access_page, 0 },
    { "x2APIC mode excludes APIC accesses", CTRLS, x2apic_or_apic_access, 0 },
    { "virtual-interrupt delivery needs external-interrupt exiting", CTRLS,
      virtual_interrupts, 0 },
    { "posted interrupts need their companions", CTRLS, posted_needs, 0 },
    { "posted-interrupt vector", G(CTRL), posted_vector, 0 },
    { "posted-interrupt descriptor address", G(CTRL), posted_descriptor, 0 },
    { "VPID not 0", CTRLS, vpid_nonzero, 0 },
    { "EPT pointer", CTRLS, eptp, 0 },
    { "page-modification logging", CTRLS, pml, 0 },
    { "unrestricted guest needs EPT", CTRLS, unrestricted_needs_ept, 0 },
    { "mode-based execute control needs EPT", CTRLS, mbec_needs_ept, 0 },
    { "VM-function controls: reserved bits", CTRLS, vmfunc_reserved, 0 },
    { "EPTP switching needs EPT and its list", CTRLS, eptp_switching, 0 },
    { "VMREAD- and VMWRITE-bitmap addresses", CTRLS, shadow_bitmaps, 0 },
    { "virtualization-exception information address", CTRLS, ve_info_page, 0 },
    { "TSC multiplier not 0", CTRLS, tsc_multiplier, 0 },
    { "VM-exit controls: reserved bits", G(CTRL), exit_reserved, 0 },
    { "saving the preemption timer needs it active", G(CTRL),
      save_preemption_timer, 0 },
    { "VM-exit MSR-store area", G(CTRL), exit_msr_store, 0 },
    { "VM-exit MSR-load area", G(CTRL), exit_msr_load, 0 },
    { "VM-entry controls: reserved bits", G(CTRL), entry_reserved, 0 },
    { "VM-entry MSR-load area", G(CTRL), entry_msr_load, 0 },
};

/* Reads L1's memory, which changes without a VMWRITE. */
static const struct check_row memory_rows[] = {
    { "TPR threshold not above VTPR", CHECK_ALWAYS, tpr_threshold_vtpr, 0 },
};

static const struct check_row event_rows[] = {
    { "VM-entry event: type", G(EVENT), event_type_known, 0 },
    { "VM-entry event: vector fits the type", G(EVENT), event_vector, 0 },
    { "VM-entry event: error code fits the vector", G(EVENT) | G(CR) | CTRLS,
      event_error_code, 0 },
    { "VM-entry event: reserved bits", G(EVENT), event_info_reserved, 0 },
    { "VM-entry event: error code bits 31:16", G(EVENT), event_error_reserved,
      0 },
    { "VM-entry event: instruction length", G(EVENT), event_insn_len, 0 },
};

static const struct check_table tables[] = {
    CHECK_TABLE(control_rows, CTRLS),
    CHECK_TABLE(memory_rows, CHECK_ALWAYS),
    CHECK_TABLE(event_rows, G(EVENT) | G(CR) | CTRLS),
};

const struct check_row *check_controls(const struct entry_check *c,
                                       uint32_t groups)
{
    return check_tables(tables, ARRAY_SIZE(tables), c, groups);
}

bool check_eptp(const struct nested_caps *caps, uint64_t eptp)
{
    uint64_t type = eptp & EPTP_MEMTYPE_MASK;
    uint64_t walk = (eptp & EPTP_WALK_MASK) >> EPTP_WALK_SHIFT;
    uint64_t cap = caps->ept_vpid;

    return ((type == EPTP_MEMTYPE_WB && (cap & EPT_CAP_WB)) ||
            (type == EPTP_MEMTYPE_UC && (cap & EPT_CAP_UC))) &&
           ((walk == 3 && (cap & EPT_CAP_WALK_4)) ||
            (walk == 4 && (cap & EPT_CAP_WALK_5))) &&
           (!(eptp & EPTP_AD) || (cap & EPT_CAP_AD)) &&
           (!(eptp & EPTP_SSS) || (cap & EPT_CAP_SSS)) &&
           !(eptp & EPTP_RESERVED) && nested_caps_addr_ok(caps, eptp);
}
