/* SPDX-License-Identifier: MIT */
/* Reflect an exit of L2 to L1. */
#include <asm/msr-index.h>
#include <asm/processor.h>

#include "reflect.h"

void reflect_exit_info(struct vmcs12 *v, const struct l2_exit *e)
{
    unsigned int basic = l2_exit_basic(e);

    v->exit_reason = e->reason;
    v->exit_qualification = e->qual;
    v->exit_intr_info = e->intr_info;
    if ( e->intr_info & INTR_INFO_ERROR_CODE )
        v->exit_intr_error_code = e->intr_error_code;
    v->idt_vectoring_info = e->idt_info;
    if ( e->idt_info & INTR_INFO_ERROR_CODE )
        v->idt_vectoring_error_code = e->idt_error_code;
    v->exit_insn_len = e->insn_len;
    v->exit_insn_info = e->insn_info;
    v->guest_linear_addr = e->gla;
    v->guest_phys_addr = e->gpa;
    if ( basic == EXIT_REASON_IO || basic == EXIT_REASON_IO_SMI )
    {
        v->io_rcx = e->io_rcx;
        v->io_rsi = e->io_rsi;
        v->io_rdi = e->io_rdi;
        v->io_rip = e->io_rip;
    }
    v->entry_intr_info &= ~INTR_INFO_VALID;
}

void reflect_entry_failure(struct vmcs12 *v, uint32_t basic_reason,
                           uint64_t qual)
{
    v->exit_reason = basic_reason | EXIT_REASON_ENTRY_FAILED;
    v->exit_qualification = qual;
}

#define AR_CODE                                                              \
    (SEG_AR_CODE | SEG_AR_READABLE | SEG_AR_ACCESSED | SEG_AR_S | SEG_AR_P | \
     SEG_AR_G)
#define AR_DATA                                                            \
    (SEG_AR_WRITABLE | SEG_AR_ACCESSED | SEG_AR_S | SEG_AR_P | SEG_AR_DB | \
     SEG_AR_G)
#define AR_TSS     (SEG_TYPE_TSS_BUSY | SEG_AR_P)
#define LIMIT_FLAT 0xffffffffu
#define LIMIT_TSS  0x67u
#define LIMIT_DT   0xffffu

/* SDM "Loading Host Segment and Descriptor-Table Registers" */
static void host_segments(const struct vmcs12 *v, struct l1_host_state *out)
{
    static const uint16_t fields[] = {
        [SEG_ES] = offsetof(struct vmcs12, host_es_selector),
        [SEG_CS] = offsetof(struct vmcs12, host_cs_selector),
        [SEG_SS] = offsetof(struct vmcs12, host_ss_selector),
        [SEG_DS] = offsetof(struct vmcs12, host_ds_selector),
        [SEG_FS] = offsetof(struct vmcs12, host_fs_selector),
        [SEG_GS] = offsetof(struct vmcs12, host_gs_selector),
    };

    for ( unsigned int seg = SEG_ES; seg <= SEG_GS; seg++ )
    {
        uint16_t sel = *(const uint16_t *)((const char *)v + fields[seg]);

        out->selector[seg] = sel;
        out->limit[seg] = LIMIT_FLAT;
        out->ar[seg] = seg == SEG_CS
                           ? AR_CODE | (out->ia32e ? SEG_AR_L : SEG_AR_DB)
                       : sel ? AR_DATA
                             : AR_DATA | SEG_AR_UNUSABLE;
    }

    out->selector[SEG_TR] = v->host_tr_selector;
    out->limit[SEG_TR] = LIMIT_TSS;
    out->ar[SEG_TR] = AR_TSS;
    out->selector[SEG_LDTR] = 0;
    out->limit[SEG_LDTR] = 0;
    out->ar[SEG_LDTR] = SEG_AR_UNUSABLE;

    out->fs_base = v->host_fs_base;
    out->gs_base = v->host_gs_base;
    out->tr_base = v->host_tr_base;
    out->gdtr_base = v->host_gdtr_base;
    out->idtr_base = v->host_idtr_base;
    out->table_limit = LIMIT_DT;
}

void reflect_host_fixed(const struct vmcs12 *v, struct l1_host_state *out)
{
    out->ia32e = v->exit_ctrl & EXIT_CTL_HOST_64;
    out->cr3 = v->host_cr3;
    out->cr4 =
        out->ia32e ? v->host_cr4 | X86_CR4_PAE : v->host_cr4 & ~X86_CR4_PCIDE;
    out->load_perf = v->exit_ctrl & EXIT_CTL_LOAD_PERF;
    out->perf_global_ctrl = v->host_perf_global_ctrl;

    out->rip = v->host_rip;
    out->rsp = v->host_rsp;
    out->sysenter_cs = v->host_sysenter_cs;
    out->sysenter_esp = v->host_sysenter_esp;
    out->sysenter_eip = v->host_sysenter_eip;
    host_segments(v, out);
}

void reflect_host_kept(const struct vmcs12 *v, const struct l1_kept *kept,
                       const struct l2_exit *e, struct l1_host_state *out)
{
    const uint64_t cr0_kept = X86_CR0_ET | X86_CR0_CD | X86_CR0_NW;
    unsigned int type =
        (e->intr_info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;

    out->cr0 = (v->host_cr0 & ~cr0_kept) | (kept->cr0 & cr0_kept);
    if ( v->exit_ctrl & EXIT_CTL_LOAD_EFER )
        out->efer = v->host_efer;
    else if ( out->ia32e )
        out->efer = kept->efer | EFER_LMA | EFER_LME;
    else
        out->efer = kept->efer & ~(EFER_LMA | EFER_LME);
    out->pat = v->exit_ctrl & EXIT_CTL_LOAD_PAT ? v->host_pat : kept->pat;
    out->nmi_blocked = l2_exit_basic(e) == EXIT_REASON_EXCEPTION_NMI &&
                       (e->intr_info & INTR_INFO_VALID) &&
                       type == INTR_TYPE_NMI;
}

void reflect_lma(struct vmcs12 *v, uint64_t l2_efer)
{
    if ( l2_efer & EFER_LMA )
        v->entry_ctrl |= ENTRY_CTL_GUEST_64;
    else
        v->entry_ctrl &= ~ENTRY_CTL_GUEST_64;
}

void reflect_pending_event(struct l2_exit *e, uint32_t entry_intr_info,
                           uint32_t error_code, uint32_t insn_len)
{
    unsigned int type =
        (entry_intr_info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT;

    if ( !(entry_intr_info & INTR_INFO_VALID) || type == INTR_TYPE_OTHER )
        return;

    e->idt_info =
        entry_intr_info & (INTR_INFO_VALID | INTR_INFO_ERROR_CODE |
                           INTR_INFO_TYPE_MASK | INTR_INFO_VECTOR_MASK);
    e->idt_error_code = error_code;
    if ( type >= INTR_TYPE_SW_INTR )
        e->insn_len = insn_len;
}

struct l2_exit reflect_simple(uint32_t reason)
{
    return (struct l2_exit){ .reason = reason };
}

struct l2_exit reflect_ext_intr(const struct vmcs12 *v, int vector)
{
    struct l2_exit e = reflect_simple(EXIT_REASON_EXT_INTR);

    if ( v->exit_ctrl & EXIT_CTL_ACK_INTR )
        e.intr_info = INTR_INFO_VALID |
                      INTR_TYPE_EXT_INTR << INTR_INFO_TYPE_SHIFT | vector;

    return e;
}

struct l2_exit reflect_nmi(void)
{
    struct l2_exit e = reflect_simple(EXIT_REASON_EXCEPTION_NMI);

    e.intr_info =
        INTR_INFO_VALID | INTR_TYPE_NMI << INTR_INFO_TYPE_SHIFT | X86_EXC_NMI;
    return e;
}

struct l2_exit reflect_exception(uint8_t vector, bool has_error,
                                 uint32_t error_code, uint64_t qual)
{
    struct l2_exit e = reflect_simple(EXIT_REASON_EXCEPTION_NMI);

    e.intr_info = INTR_INFO_VALID | vector |
                  INTR_TYPE_HW_EXCEPTION << INTR_INFO_TYPE_SHIFT |
                  (has_error ? INTR_INFO_ERROR_CODE : 0);
    e.intr_error_code = error_code;
    e.qual = qual;

    return e;
}
