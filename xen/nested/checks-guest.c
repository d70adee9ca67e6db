/* SPDX-License-Identifier: MIT */
/* SDM "Checking and Loading Guest State": what must hold of the guest state. */
#include <asm/canonical.h>
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "checks.h"

#define CHECK(name) static bool name(const struct entry_check *c)

static bool ia32e(const struct vmcs12 *v)
{
    return v->entry_ctrl & ENTRY_CTL_GUEST_64;
}

static bool unrestricted(const struct vmcs12 *v)
{
    return vmcs12_proc2(v) & PROC2_UNRESTRICTED;
}

static bool v8086(const struct vmcs12 *v)
{
    return v->guest_rflags & X86_EFLAGS_VM;
}

/* --- Control registers, debug registers, MSRs --- */
CHECK(cr0_fixed)
{
    /* CD and NW are not looked at by a VM entry. */
    const uint64_t unchecked = X86_CR0_CD | X86_CR0_NW;
    uint64_t cr0 = c->v->guest_cr0 & ~unchecked;
    uint64_t fixed0 = c->caps->cr0_fixed0;

    if ( unrestricted(c->v) )
        fixed0 &= ~(X86_CR0_PE | X86_CR0_PG);

    return (cr0 & fixed0) == fixed0 && !(cr0 & ~c->caps->cr0_fixed1);
}

CHECK(pg_needs_pe)
{
    return !(c->v->guest_cr0 & X86_CR0_PG) || (c->v->guest_cr0 & X86_CR0_PE);
}

CHECK(cr4_fixed)
{
    uint64_t cr4 = c->v->guest_cr4;

    return (cr4 & c->caps->cr4_fixed0) == c->caps->cr4_fixed0 &&
           !(cr4 & ~c->caps->cr4_fixed1);
}

CHECK(cet_needs_wp)
{
    return !(c->v->guest_cr4 & X86_CR4_CET) || (c->v->guest_cr0 & X86_CR0_WP);
}

CHECK(debugctl)
{
    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_DEBUG) ||
           check_debugctl(c->caps, c->v->guest_debugctl);
}

CHECK(ia32e_paging)
{
    return !ia32e(c->v) ||
           ((c->v->guest_cr0 & X86_CR0_PG) && (c->v->guest_cr4 & X86_CR4_PAE));
}

CHECK(legacy_pcide)
{
    return ia32e(c->v) || !(c->v->guest_cr4 & X86_CR4_PCIDE);
}

CHECK(cr3_width)
{
    return nested_caps_addr_ok(c->caps, c->v->guest_cr3);
}

CHECK(dr7_high)
{
    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_DEBUG) ||
           !(c->v->guest_dr7 >> 32);
}

CHECK(sysenter_canonical)
{
    return is_canonical(c->v->guest_sysenter_esp) &&
           is_canonical(c->v->guest_sysenter_eip);
}

CHECK(perf_global)
{
    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_PERF) ||
           !(c->v->guest_perf_global_ctrl & ~c->caps->opts.perf_global_valid);
}

CHECK(pat)
{
    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_PAT) ||
           check_pat(c->v->guest_pat);
}

CHECK(efer_reserved)
{
    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_EFER) ||
           check_efer_reserved(c->caps, c->v->guest_efer);
}

CHECK(efer_lma)
{
    bool lma = c->v->guest_efer & EFER_LMA;

    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_EFER) || lma == ia32e(c->v);
}

CHECK(efer_lme)
{
    bool lma = c->v->guest_efer & EFER_LMA;
    bool lme = c->v->guest_efer & EFER_LME;

    return !(c->v->entry_ctrl & ENTRY_CTL_LOAD_EFER) ||
           !(c->v->guest_cr0 & X86_CR0_PG) || lma == lme;
}

/* --- RIP and RFLAGS --- */
/* Of 48 bits: the ones above are all alike, but bit 47 may differ from them. */
CHECK(rip)
{
    if ( ia32e(c->v) && (c->v->guest_cs_ar & SEG_AR_L) )
        return (c->v->guest_rip + (1ULL << 48)) >> 48 <= 1;

    return !(c->v->guest_rip >> 32);
}

#define RFLAGS_RESERVED (~0x3fffffULL | 0x8028ULL)

CHECK(rflags_reserved)
{
    return !(c->v->guest_rflags & RFLAGS_RESERVED) &&
           (c->v->guest_rflags & X86_EFLAGS_MBS);
}

CHECK(rflags_vm)
{
    return !v8086(c->v) || (!ia32e(c->v) && (c->v->guest_cr0 & X86_CR0_PE));
}

static bool injects(const struct vmcs12 *v, unsigned int type)
{
    return (v->entry_intr_info & INTR_INFO_VALID) &&
           (v->entry_intr_info & INTR_INFO_TYPE_MASK) ==
               type << INTR_INFO_TYPE_SHIFT;
}

CHECK(rflags_if)
{
    return !injects(c->v, INTR_TYPE_EXT_INTR) ||
           (c->v->guest_rflags & X86_EFLAGS_IF);
}

/* --- Non-register state --- */
CHECK(activity_supported)
{
    static const uint64_t cap[] = {
        [ACTIVITY_HLT] = VMX_MISC_ACTIVITY_HLT,
        [ACTIVITY_SHUTDOWN] = VMX_MISC_ACTIVITY_SHUTDOWN,
        [ACTIVITY_WAIT_SIPI] = VMX_MISC_ACTIVITY_SIPI,
    };
    uint32_t activity = c->v->guest_activity;

    return activity == ACTIVITY_ACTIVE ||
           (activity < ARRAY_SIZE(cap) && (c->caps->misc & cap[activity]));
}

CHECK(hlt_dpl)
{
    return c->v->guest_activity != ACTIVITY_HLT ||
           !(c->v->guest_ss_ar & SEG_AR_DPL_MASK);
}

CHECK(blocking_needs_active)
{
    return !(c->v->guest_interruptibility &
             (INTR_STATE_STI | INTR_STATE_MOV_SS)) ||
           c->v->guest_activity == ACTIVITY_ACTIVE;
}

CHECK(activity_event)
{
    unsigned int vector = c->v->entry_intr_info & INTR_INFO_VECTOR_MASK;
    bool mc = injects(c->v, INTR_TYPE_HW_EXCEPTION) && vector == X86_EXC_MC;
    bool db = injects(c->v, INTR_TYPE_HW_EXCEPTION) && vector == X86_EXC_DB;

    if ( !(c->v->entry_intr_info & INTR_INFO_VALID) )
        return true;

    switch ( c->v->guest_activity )
    {
    case ACTIVITY_ACTIVE:
        return true;

    case ACTIVITY_HLT:
        return injects(c->v, INTR_TYPE_EXT_INTR) ||
               injects(c->v, INTR_TYPE_NMI) || mc || db ||
               injects(c->v, INTR_TYPE_OTHER);

    case ACTIVITY_SHUTDOWN:
        return injects(c->v, INTR_TYPE_NMI) || mc;

    default:
        return false;
    }
}

CHECK(interruptibility_reserved)
{
    return !(c->v->guest_interruptibility &
             (INTR_STATE_RESERVED | INTR_STATE_ENCLAVE));
}

CHECK(not_sti_and_mov_ss)
{
    const uint32_t both = INTR_STATE_STI | INTR_STATE_MOV_SS;

    return (c->v->guest_interruptibility & both) != both;
}

CHECK(sti_needs_if)
{
    return (c->v->guest_rflags & X86_EFLAGS_IF) ||
           !(c->v->guest_interruptibility & INTR_STATE_STI);
}

CHECK(ext_intr_not_blocked)
{
    return !injects(c->v, INTR_TYPE_EXT_INTR) ||
           !(c->v->guest_interruptibility &
             (INTR_STATE_STI | INTR_STATE_MOV_SS));
}

CHECK(nmi_not_mov_ss)
{
    return !injects(c->v, INTR_TYPE_NMI) ||
           !(c->v->guest_interruptibility & INTR_STATE_MOV_SS);
}

CHECK(not_smi)
{
    return !(c->v->guest_interruptibility & INTR_STATE_SMI);
}

CHECK(nmi_not_blocked)
{
    return !(c->v->pin_ctrl & PIN_VIRT_NMI) || !injects(c->v, INTR_TYPE_NMI) ||
           !(c->v->guest_interruptibility & INTR_STATE_NMI);
}

CHECK(pending_dbg_reserved)
{
    /* RTM is reserved where the CPU has no RTM, which L1's never has. */
    return !(c->v->guest_pending_dbg &
             (PENDING_DBG_RESERVED | PENDING_DBG_RTM | PENDING_DBG_BLD));
}

#define DEBUGCTL_BTF (1ULL << 1)

CHECK(pending_dbg_bs)
{
    bool blocked =
        (c->v->guest_interruptibility & (INTR_STATE_STI | INTR_STATE_MOV_SS)) ||
        c->v->guest_activity == ACTIVITY_HLT;
    bool want = (c->v->guest_rflags & X86_EFLAGS_TF) &&
                !(c->v->guest_debugctl & DEBUGCTL_BTF);
    bool bs = c->v->guest_pending_dbg & PENDING_DBG_BS;

    return !blocked || bs == want;
}

CHECK(link_pointer)
{
    uint64_t ptr = c->v->vmcs_link_ptr;
    bool shadowing = vmcs12_proc2(c->v) & PROC2_SHADOW_VMCS;
    uint32_t revision;

    if ( ptr == VMCS_LINK_PTR_NONE )
        return true;
    if ( (ptr & (VMCS_REGION_SIZE - 1)) || !nested_caps_addr_ok(c->caps, ptr) ||
         ptr == c->vmcs12_gpa ||
         c->env->read_phys(c->priv, ptr, &revision, sizeof(revision)) )
        return false;

    return (revision & VMCS_REVISION_MASK) == VMCS12_REVISION &&
           !!(revision & VMCS_SHADOW_BIT) == shadowing;
}

/* --- PDPTEs, with EPT; without it L0 reads them from memory at CR3 --- */
static bool pae_paging(const struct vmcs12 *v)
{
    return (v->guest_cr0 & X86_CR0_PG) && (v->guest_cr4 & X86_CR4_PAE) &&
           !ia32e(v);
}

CHECK(pdptes)
{
    uint64_t in_memory[4];
    const uint64_t *pdpte = &c->v->guest_pdpte0;

    if ( !pae_paging(c->v) )
        return true;
    if ( !(vmcs12_proc2(c->v) & PROC2_EPT) )
    {
        if ( c->env->read_phys(c->priv, c->v->guest_cr3 & ~0x1fULL, in_memory,
                               sizeof(in_memory)) )
            return false;
        pdpte = in_memory;
    }

    for ( unsigned int i = 0; i < 4; i++ )
        if ( !check_pdpte(c->caps, pdpte[i]) )
            return false;

    return true;
}

#define G(g) VMCS12_GB(g)

static const struct check_row cr_rows[] = {
    { "guest CR0: bits fixed in VMX operation", G(CR) | G(CTRL), cr0_fixed, 0 },
    { "guest CR0.PG needs CR0.PE", G(CR), pg_needs_pe, 0 },
    { "guest CR4: bits fixed in VMX operation", G(CR), cr4_fixed, 0 },
    { "guest CR4.CET needs CR0.WP", G(CR), cet_needs_wp, 0 },
    { "guest IA32_DEBUGCTL: reserved bits", G(GMSR) | G(CTRL), debugctl, 0 },
    { "IA-32e mode guest: CR0.PG and CR4.PAE", G(CR) | G(CTRL), ia32e_paging,
      0 },
    { "legacy guest: CR4.PCIDE", G(CR) | G(CTRL), legacy_pcide, 0 },
    { "guest CR3: physical-address width", G(CR), cr3_width, 0 },
    { "guest DR7: bits 63:32", G(GMSR) | G(CTRL), dr7_high, 0 },
    { "guest SYSENTER_ESP and SYSENTER_EIP canonical", G(GMSR),
      sysenter_canonical, 0 },
    { "guest IA32_PERF_GLOBAL_CTRL: reserved bits", G(GMSR) | G(CTRL),
      perf_global, 0 },
    { "guest IA32_PAT: memory types", G(GMSR) | G(CTRL), pat, 0 },
    { "guest IA32_EFER: reserved bits", G(CR) | G(CTRL), efer_reserved, 0 },
    { "guest IA32_EFER.LMA as the IA-32e mode guest control", G(CR) | G(CTRL),
      efer_lma, 0 },
    { "guest IA32_EFER.LME as LMA while paging", G(CR) | G(CTRL), efer_lme, 0 },
};

static const struct check_row rip_rows[] = {
    { "guest RIP", G(RIP) | G(SEG) | G(CTRL), rip, 0 },
    { "guest RFLAGS: reserved bits", G(RIP), rflags_reserved, 0 },
    { "guest RFLAGS.VM", G(RIP) | G(CR) | G(CTRL), rflags_vm, 0 },
    { "guest RFLAGS.IF for an external interrupt", G(RIP) | G(EVENT), rflags_if,
      0 },
};

static const struct check_row state_rows[] = {
    { "activity state supported", G(ACTIV), activity_supported, 0 },
    { "activity state HLT needs SS.DPL 0", G(ACTIV) | G(SEG), hlt_dpl, 0 },
    { "blocking by STI or MOV SS needs the active state", G(ACTIV),
      blocking_needs_active, 0 },
    { "event fits the activity state", G(ACTIV) | G(EVENT), activity_event, 0 },
    { "interruptibility: reserved bits", G(ACTIV), interruptibility_reserved,
      0 },
    { "interruptibility: STI and MOV SS exclude each other", G(ACTIV),
      not_sti_and_mov_ss, 0 },
    { "interruptibility: external interrupt not blocked", G(ACTIV) | G(EVENT),
      ext_intr_not_blocked, 0 },
    { "interruptibility: NMI not blocked by MOV SS", G(ACTIV) | G(EVENT),
      nmi_not_mov_ss, 0 },
    { "interruptibility: no blocking by SMI outside SMM", G(ACTIV), not_smi,
      0 },
    { "interruptibility: virtual NMI not blocked by NMI",
      G(ACTIV) | G(EVENT) | G(CTRL), nmi_not_blocked, 0 },
    { "pending debug exceptions: reserved bits", G(ACTIV), pending_dbg_reserved,
      0 },
};

/* The same, in what RFLAGS has to do with it. */
static const struct check_row rflags_rows[] = {
    { "interruptibility: STI needs RFLAGS.IF", G(ACTIV) | G(RIP), sti_needs_if,
      0 },
    { "pending debug exceptions: BS as single-stepping has it",
      G(ACTIV) | G(RIP) | G(GMSR), pending_dbg_bs, 0 },
};

/* These read L1's memory, which changes without a VMWRITE. */
static const struct check_row memory_rows[] = {
    { "VMCS link pointer", CHECK_ALWAYS, link_pointer, ENTRY_FAIL_LINK_PTR },
    { "guest PDPTEs: reserved bits", CHECK_ALWAYS, pdptes, ENTRY_FAIL_PDPTE },
};

static const struct check_table tables_before[] = {
    CHECK_TABLE(cr_rows, G(CR) | G(CTRL) | G(GMSR)),
};

static const struct check_table tables_after[] = {
    CHECK_TABLE(rip_rows, G(RIP) | G(SEG) | G(CR) | G(CTRL) | G(EVENT)),
    CHECK_TABLE(state_rows, G(ACTIV) | G(SEG) | G(CTRL) | G(EVENT)),
    CHECK_TABLE(rflags_rows, G(ACTIV) | G(RIP) | G(GMSR)),
    CHECK_TABLE(memory_rows, CHECK_ALWAYS),
};

const struct check_row *check_guest_state(const struct entry_check *c,
                                          uint32_t groups)
{
    const struct check_row *row;

    row = check_tables(tables_before, ARRAY_SIZE(tables_before), c, groups);
    if ( !row )
        row = check_tables(&check_guest_segments, 1, c, groups);
    if ( !row )
        row = check_tables(tables_after, ARRAY_SIZE(tables_after), c, groups);

    return row;
}

#define PDPTE_P        1ULL
#define PDPTE_RESERVED 0x1e6ULL

bool check_pdpte(const struct nested_caps *caps, uint64_t pdpte)
{
    return !(pdpte & PDPTE_P) ||
           (!(pdpte & PDPTE_RESERVED) && nested_caps_addr_ok(caps, pdpte));
}

bool check_debugctl(const struct nested_caps *caps, uint64_t debugctl)
{
    return !(debugctl & ~caps->opts.debugctl_valid);
}
