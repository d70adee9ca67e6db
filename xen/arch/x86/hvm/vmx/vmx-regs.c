/* SPDX-License-Identifier: MIT */
/* Guest registers in the VMCS: single ones, and whole CPU states. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <public/arch-x86/hvm/save.h>
#include <asm/hvm-tsc.h>
#include <asm/msr-index.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

/* Offset of segment register n's fields from those of ES. */
#define SEG_FIELD(base, n) ((base) + 2 * (n))

uint64_t hvm_get_rip(void)
{
    return vmread(VMCS_guest_rip);
}

void hvm_set_rip(uint64_t rip)
{
    vmwrite(VMCS_guest_rip, rip);
}

uint64_t hvm_get_rsp(void)
{
    return vmread(VMCS_guest_rsp);
}

void hvm_set_rsp(uint64_t rsp)
{
    vmwrite(VMCS_guest_rsp, rsp);
}

uint64_t hvm_get_rflags(void)
{
    return vmread(VMCS_guest_rflags);
}

void hvm_set_rflags(uint64_t f)
{
    vmwrite(VMCS_guest_rflags, f | X86_EFLAGS_MBS);
}

uint64_t hvm_get_cr3(void)
{
    return vmread(VMCS_guest_cr3);
}

void hvm_get_segment(unsigned int seg, struct segment *out)
{
    out->sel = vmread(SEG_FIELD(VMCS_guest_es_selector, seg));
    out->limit = vmread(SEG_FIELD(VMCS_guest_es_limit, seg));
    out->ar = vmread(SEG_FIELD(VMCS_guest_es_ar, seg));
    out->base = vmread(SEG_FIELD(VMCS_guest_es_base, seg));
}

void hvm_set_segment(unsigned int seg, const struct segment *s)
{
    vmwrite(SEG_FIELD(VMCS_guest_es_selector, seg), s->sel);
    vmwrite(SEG_FIELD(VMCS_guest_es_limit, seg), s->limit);
    vmwrite(SEG_FIELD(VMCS_guest_es_ar, seg), s->ar);
    vmwrite(SEG_FIELD(VMCS_guest_es_base, seg), s->base);
}

/* SS.DPL is the CPL whatever the mode. SDM "Guest Register State". */
unsigned int hvm_get_cpl(void)
{
    return (vmread(VMCS_guest_ss_ar) & SEG_AR_DPL_MASK) >> SEG_AR_DPL_SHIFT;
}

bool hvm_paging_enabled(void)
{
    return vmread(VMCS_guest_cr0) & X86_CR0_PG;
}

bool hvm_long_mode_active(void)
{
    return vmread(VMCS_guest_efer) & EFER_LMA;
}

unsigned int hvm_guest_mode_bytes(void)
{
    uint32_t ar = vmread(VMCS_guest_cs_ar);

    if ( hvm_long_mode_active() && (ar & SEG_AR_L) )
        return 8;
    return (ar & SEG_AR_DB) ? 4 : 2;
}

/* Outside long mode the bit means nothing: who sets it there is misread. */
bool hvm_code_is_64bit(void)
{
    return vmread(VMCS_guest_cs_ar) & SEG_AR_L;
}

/* --- Whole states: the HVM save record keeps attributes in 12 bits. --- */

static uint32_t ar_from_save(uint32_t attr)
{
    if ( !(attr & SEG_AR_P) )
        return SEG_AR_UNUSABLE;
    return (attr & 0xff) | ((attr & 0xf00) << 4);
}

static uint32_t ar_to_save(uint32_t ar)
{
    if ( ar & SEG_AR_UNUSABLE )
        return 0;
    return (ar & 0xff) | ((ar >> 4) & 0xf00);
}

#define FOR_EACH_SAVED_SEGMENT(X) \
    X(SEG_ES, es)                 \
    X(SEG_CS, cs)                 \
    X(SEG_SS, ss)                 \
    X(SEG_DS, ds) X(SEG_FS, fs) X(SEG_GS, gs) X(SEG_LDTR, ldtr) X(SEG_TR, tr)

static void save_segments(struct hvm_hw_cpu *c)
{
    struct segment s;

#define SAVE_ONE(n, name)      \
    hvm_get_segment(n, &s);    \
    c->name##_sel = s.sel;     \
    c->name##_limit = s.limit; \
    c->name##_base = s.base;   \
    c->name##_arbytes = ar_to_save(s.ar);
    FOR_EACH_SAVED_SEGMENT(SAVE_ONE)
#undef SAVE_ONE
    c->gdtr_base = vmread(VMCS_guest_gdtr_base);
    c->gdtr_limit = vmread(VMCS_guest_gdtr_limit);
    c->idtr_base = vmread(VMCS_guest_idtr_base);
    c->idtr_limit = vmread(VMCS_guest_idtr_limit);
}

static void load_segments(const struct hvm_hw_cpu *c)
{
#define LOAD_ONE(n, name)                               \
    hvm_set_segment(                                    \
        n, &(struct segment){ .sel = c->name##_sel,     \
                              .limit = c->name##_limit, \
                              .base = c->name##_base,   \
                              .ar = ar_from_save(c->name##_arbytes) });
    FOR_EACH_SAVED_SEGMENT(LOAD_ONE)
#undef LOAD_ONE
    vmwrite(VMCS_guest_gdtr_base, c->gdtr_base);
    vmwrite(VMCS_guest_gdtr_limit, c->gdtr_limit);
    vmwrite(VMCS_guest_idtr_base, c->idtr_base);
    vmwrite(VMCS_guest_idtr_limit, c->idtr_limit);
}

void hvm_save_cpu_ctxt(struct vcpu *v, struct hvm_hw_cpu *c)
{
    const struct guest_gprs *g = &v->arch.gprs;
    const struct guest_msrs *m = &v->arch.msrs;

    memset(c, 0, sizeof(*c));
    vmx_sync_state(v);
    vmx_vmcs_enter(v);
    c->rax = g->rax;
    c->rbx = g->rbx;
    c->rcx = g->rcx;
    c->rdx = g->rdx;
    c->rbp = g->rbp;
    c->rsi = g->rsi;
    c->rdi = g->rdi;
    c->rsp = vmread(VMCS_guest_rsp);
    c->r8 = g->r8;
    c->r9 = g->r9;
    c->r10 = g->r10;
    c->r11 = g->r11;
    c->r12 = g->r12;
    c->r13 = g->r13;
    c->r14 = g->r14;
    c->r15 = g->r15;
    c->rip = vmread(VMCS_guest_rip);
    c->rflags = vmread(VMCS_guest_rflags);
    c->cr0 = (vmread(VMCS_guest_cr0) & ~v->arch.vmx.cr0_mask) |
             (vmread(VMCS_cr0_read_shadow) & v->arch.vmx.cr0_mask);
    c->cr2 = g->cr2;
    c->cr3 = vmread(VMCS_guest_cr3);
    c->cr4 = (vmread(VMCS_guest_cr4) & ~v->arch.vmx.cr4_mask) |
             (vmread(VMCS_cr4_read_shadow) & v->arch.vmx.cr4_mask);
    c->dr0 = v->arch.dr[0];
    c->dr1 = v->arch.dr[1];
    c->dr2 = v->arch.dr[2];
    c->dr3 = v->arch.dr[3];
    c->dr6 = v->arch.dr6;
    c->dr7 = vmread(VMCS_guest_dr7);
    save_segments(c);
    c->sysenter_cs = vmread(VMCS_guest_sysenter_cs);
    c->sysenter_esp = vmread(VMCS_guest_sysenter_esp);
    c->sysenter_eip = vmread(VMCS_guest_sysenter_eip);
    c->shadow_gs = m->shadow_gs_base;
    c->msr_lstar = m->lstar;
    c->msr_star = m->star;
    c->msr_cstar = m->cstar;
    c->msr_syscall_mask = m->syscall_mask;
    c->msr_efer = vmread(VMCS_guest_efer);
    c->msr_tsc_aux = m->tsc_aux;
    c->tsc = hvm_guest_tsc(v);
    if ( v->arch.inject.pending )
    {
        c->pending_event =
            INTR_INFO_VALID |
            ((uint32_t)v->arch.inject.type << INTR_INFO_TYPE_SHIFT) |
            (v->arch.inject.has_error ? INTR_INFO_ERROR_CODE : 0) |
            v->arch.inject.vector;
        c->error_code = v->arch.inject.error_code;
    }
    memcpy(c->fpu_regs, v->arch.xsave_area, sizeof(c->fpu_regs));
    c->flags = XEN_X86_FPU_INITIALISED;
    vmx_vmcs_exit(v);
}

int hvm_load_cpu_ctxt(struct vcpu *v, const struct hvm_hw_cpu *c)
{
    struct guest_gprs *g = &v->arch.gprs;
    uint64_t efer = c->msr_efer & ~EFER_LMA;
    bool lma = (c->cr0 & X86_CR0_PG) && (efer & EFER_LME);
    int rc = hvm_check_cpu_ctxt(c, vmx_cr4_valid_bits(v));

    if ( rc )
        return rc;
    vmx_sync_state(v);
    vmx_forget_state(v);
    g->rax = c->rax;
    g->rbx = c->rbx;
    g->rcx = c->rcx;
    g->rdx = c->rdx;
    g->rbp = c->rbp;
    g->rsi = c->rsi;
    g->rdi = c->rdi;
    g->r8 = c->r8;
    g->r9 = c->r9;
    g->r10 = c->r10;
    g->r11 = c->r11;
    g->r12 = c->r12;
    g->r13 = c->r13;
    g->r14 = c->r14;
    g->r15 = c->r15;
    g->cr2 = c->cr2;
    v->arch.msrs = (struct guest_msrs){ .star = c->msr_star,
                                        .lstar = c->msr_lstar,
                                        .cstar = c->msr_cstar,
                                        .syscall_mask = c->msr_syscall_mask,
                                        .shadow_gs_base = c->shadow_gs,
                                        .tsc_aux = c->msr_tsc_aux };
    v->arch.dr[0] = c->dr0;
    v->arch.dr[1] = c->dr1;
    v->arch.dr[2] = c->dr2;
    v->arch.dr[3] = c->dr3;
    v->arch.dr6 = c->dr6;

    vmx_vmcs_enter(v);
    vmwrite(VMCS_guest_rsp, c->rsp);
    vmwrite(VMCS_guest_rip, c->rip);
    vmwrite(VMCS_guest_rflags, c->rflags | X86_EFLAGS_MBS);
    vmwrite(VMCS_cr0_read_shadow, c->cr0);
    vmwrite(VMCS_guest_cr0,
            (c->cr0 & ~(X86_CR0_CD | X86_CR0_NW)) | X86_CR0_NE | X86_CR0_ET);
    vmwrite(VMCS_guest_cr3, c->cr3);
    vmwrite(VMCS_cr4_read_shadow, c->cr4);
    vmwrite(VMCS_guest_cr4, c->cr4 | X86_CR4_VMXE);
    vmwrite(VMCS_guest_dr7, c->dr7 ? c->dr7 : 0x400);
    load_segments(c);
    vmwrite(VMCS_guest_sysenter_cs, c->sysenter_cs);
    vmwrite(VMCS_guest_sysenter_esp, c->sysenter_esp);
    vmwrite(VMCS_guest_sysenter_eip, c->sysenter_eip);
    vmwrite(VMCS_guest_efer, efer | (lma ? EFER_LMA : 0));
    v->arch.vmx.entry = lma ? v->arch.vmx.entry | ENTRY_CTL_GUEST_64
                            : v->arch.vmx.entry & ~ENTRY_CTL_GUEST_64;
    vmwrite(VMCS_entry_ctrl, v->arch.vmx.entry);
    vmwrite(VMCS_guest_interruptibility, 0);
    vmwrite(VMCS_guest_activity, ACTIVITY_ACTIVE);
    vmwrite(VMCS_guest_pending_dbg, 0);
    vmwrite(VMCS_guest_debugctl, 0);
    if ( (c->cr0 & X86_CR0_PG) && !lma && (c->cr4 & X86_CR4_PAE) )
        rc = vmx_load_pdptes(v, c->cr3);
    v->arch.tlb_cpu = NR_CPUS; /* stale wherever it will run */
    vmx_vmcs_exit(v);

    v->arch.inject.pending = c->pending_event & INTR_INFO_VALID;
    v->arch.inject.vector = c->pending_event & INTR_INFO_VECTOR_MASK;
    v->arch.inject.type =
        (c->pending_event & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;
    v->arch.inject.has_error = c->pending_event & INTR_INFO_ERROR_CODE;
    v->arch.inject.error_code = c->error_code;
    if ( c->flags & XEN_X86_FPU_INITIALISED )
        fpu_load_legacy(v, c->fpu_regs);
    vmx_intr_dirty(v);
    return rc;
}

/* SDM "Processor State After Reset"; a start-up IPI changes CS and IP only. */
void hvm_vcpu_reset_state(struct vcpu *v, uint16_t cs_sel, uint64_t ip)
{
    const uint32_t data =
        SEG_AR_P | SEG_AR_S | SEG_AR_WRITABLE | SEG_AR_ACCESSED;
    struct hvm_hw_cpu c = {
        .rip = ip,
        .rflags = X86_EFLAGS_MBS,
        .cr0 = X86_CR0_ET,
        .dr6 = 0xffff0ff0,
        .dr7 = 0x400,
        .cs_sel = cs_sel,
        .cs_base = (uint32_t)cs_sel << 4,
        .cs_limit = 0xffff,
        .cs_arbytes = data | SEG_AR_CODE,
        .ds_limit = 0xffff,
        .ds_arbytes = data,
        .es_limit = 0xffff,
        .es_arbytes = data,
        .fs_limit = 0xffff,
        .fs_arbytes = data,
        .gs_limit = 0xffff,
        .gs_arbytes = data,
        .ss_limit = 0xffff,
        .ss_arbytes = data,
        .tr_limit = 0xffff,
        .tr_arbytes = SEG_AR_P | SEG_TYPE_TSS_BUSY,
        .ldtr_limit = 0xffff,
        .ldtr_arbytes = SEG_AR_P | SEG_TYPE_LDT,
        .gdtr_limit = 0xffff,
        .idtr_limit = 0xffff,
        .rdx = cpuid_count(1, 0).a,
    };

    if ( hvm_load_cpu_ctxt(v, &c) )
        BUG(); /* the state above is ours and valid */
    fpu_reset(v);
}
