/* SPDX-License-Identifier: MIT */
/* APIC virtualization for L2: exits, virtual interrupts, notifications. */

/*
 * What L1 asks for is carried out by the processor where it can, and otherwise
 * here and in vapic.c. Both work on L1's virtual-APIC page, which the vmcs02
 * names, and on RVI and SVI, which live in the vmcs12: where the processor
 * delivers virtual interrupts they are copied to and from the vmcs02 around
 * each run of L2.
 *
 * A virtual interrupt that can be recognized before an entry is delivered, or
 * its window opened, by us in either case: processors' models forget that a
 * VM entry evaluates. What happens from there on, by EOI, task priority and
 * self-IPI, is the processor's.
 */

#include <xen/cmdline.h>
#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <asm/emulate.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "nested-hw.h"
#include "vapic.h"

/* --- Option nested-apicv, which counts when a domain first uses VMX --- */
enum
{
    SOFTWARE,
    REGISTERS,
    ALL,
};
static const struct
{
    const char *name;
    uint32_t controls;
} levels[] = {
    [SOFTWARE] = { "software", 0 },
    [REGISTERS] = { "registers", PROC2_X2APIC | PROC2_APIC_REG },
    [ALL] = { "all", PROC2_VAPIC },
};
/* Not all: docs/limits.md, "Virtual interrupts in Bochs". */
static unsigned int level = REGISTERS;

static int parse_nested_apicv(const char *s)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(levels); i++ )
        if ( strcmp(s, levels[i].name) == 0 )
        {
            level = i;
            return 0;
        }

    return -EINVAL;
}

static void show_nested_apicv(char *buf, size_t size)
{
    strlcpy(buf, levels[level].name, size);
}
runtime_param("nested-apicv", parse_nested_apicv, show_nested_apicv);

uint32_t nested_vapic_controls(void)
{
    return levels[level].controls &
           ((vmx_caps.x2apic_virt ? PROC2_X2APIC : 0) |
            (vmx_caps.apic_reg_virt ? PROC2_APIC_REG : 0) |
            (vmx_caps.vintr ? PROC2_VINTR : 0));
}

static struct vapic vapic_of(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    const struct page_info *pg = hw_ctx(hv->nv.cur)->pin[PIN_PAGE_VAPIC];

    return (struct vapic){
        .page = pg ? page_to_virt(pg) : hv->scratch,
        .v = &hv->nv.cur->v12,
        .pending = &hv->nv.state.virt_intr,
    };
}

static bool delivers_virtual(const struct vmcs12 *v12)
{
    return vmcs12_proc2(v12) & PROC2_VINTR;
}

void nested_vapic_enter(struct vcpu *v, const struct vmcs12 *v12)
{
    struct vapic va;

    if ( !delivers_virtual(v12) )
        return;
    va = vapic_of(v);
    vapic_evaluate(&va);
}

void nested_vapic_exit(struct vcpu *v, const struct vmcs12 *v12)
{
    struct vapic va;

    if ( !delivers_virtual(v12) )
        return;
    va = vapic_of(v);
    vapic_update_ppr(&va);
    nested_hw(v)->nv.state.virt_intr = false;
}

void nested_vapic_fetch(struct vcpu *v)
{
    struct vapic va = vapic_of(v);

    va.v->guest_intr_status = vmread(VMCS_guest_intr_status);
    vapic_evaluate(&va);
    if ( *va.pending )
        vmx_intr_dirty(v);
}

void nested_vapic_store(struct vcpu *v)
{
    vmwrite(VMCS_guest_intr_status,
            nested_hw(v)->nv.cur->v12.guest_intr_status);
}

void nested_vapic_take_posted(struct vcpu *v, const struct vmcs12 *v12)
{
    uint32_t requests[8];
    struct vapic va;

    /*
     * Only what the local APIC has is a notification. Once: where they come
     * without end, L1 gets exits of the others.
     */
    if ( !(v12->pin_ctrl & PIN_POSTED_INTR) ||
         vlapic_pending_irq(v) != v12->posted_intr_nv )
        return;
    vlapic_ack_irq(v, v12->posted_intr_nv);
    vlapic_eoi(v);
    /* Where L1 has no memory there is nothing posted. */
    if ( nested_fetch_posted(nested_hw(v), v12->pi_desc_addr, requests) )
        return;
    va = vapic_of(v);
    vapic_post(&va, requests);
}

void nested_vapic_offer(struct vcpu *v, const struct vmcs12 *v12, bool busy)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct vapic va;
    bool open;

    if ( !delivers_virtual(v12) )
        return;
    va = vapic_of(v);
    vmwrite(VMCS_tpr_threshold, vapic_tpr_threshold(&va));
    if ( !hv->nv.state.virt_intr )
    {
        vmx_set_proc(v, 0, PROC_INTR_WINDOW & ~v12->proc_ctrl);
        return;
    }
    open = (vmread(VMCS_guest_rflags) & X86_EFLAGS_IF) &&
           !(vmread(VMCS_guest_interruptibility) &
             (INTR_STATE_STI | INTR_STATE_MOV_SS));
    if ( busy || !open )
    {
        vmx_set_proc(v, PROC_INTR_WINDOW, 0);
        return;
    }

    vmwrite(VMCS_entry_intr_info,
            INTR_INFO_VALID | INTR_TYPE_EXT_INTR << INTR_INFO_TYPE_SHIFT |
                vapic_deliver(&va));
    /* More may wait behind it: recognized when that can change, by EOI. */
    vmwrite(VMCS_tpr_threshold, vapic_tpr_threshold(&va));
    vmx_set_proc(v, 0, PROC_INTR_WINDOW);
    hv->nv.state.run_pending = hv->nv.state.delivers = true;
    hv->nv.state.l2_halted = false;
}

/* The instruction is carried out; an exit of L2 may follow it. */
static void finish(struct vcpu *v, enum vapic_next next, struct l2_exit *e)
{
    if ( next == VAPIC_EXIT )
        nested_vmexit(v, e);
    else
        vmx_intr_dirty(v);
}

void nested_vapic_tpr_below(struct vcpu *v)
{
    struct vapic va = vapic_of(v);

    vapic_evaluate(&va);
    vmx_intr_dirty(v);
}

bool nested_vapic_msr(struct vcpu *v, bool write)
{
    struct guest_gprs *g = &v->arch.gprs;
    uint64_t val = (uint32_t)g->rax | g->rdx << 32;
    struct vapic va = vapic_of(v);
    enum vapic_next next;
    struct l2_exit e;

    if ( !(vmcs12_proc2(va.v) & PROC2_X2APIC) )
        return false;
    next = write ? vapic_msr_write(&va, g->rcx, val, &e)
                 : vapic_msr_read(&va, g->rcx, &val);
    switch ( next )
    {
    case VAPIC_REAL:
        return false;

    case VAPIC_GP:
        hvm_inject_gp0();
        return true;

    default:
        break;
    }
    if ( !write )
    {
        g->rax = (uint32_t)val;
        g->rdx = val >> 32;
    }
    vmx_skip_insn();
    finish(v, next, &e);

    return true;
}

/* --- The APIC-access page: the instruction is emulated --- */
static int page_read(struct vcpu *v, unsigned int offset, void *buf,
                     unsigned int n)
{
    struct vapic va = vapic_of(v);

    if ( !vapic_mmio_virtualized(va.v, offset, n, false) )
        return EMUL_UNHANDLED;
    vapic_mmio_read(&va, offset, buf, n);

    return EMUL_OK;
}

/* What follows a write is left where the caller of the emulator finds it. */
static int page_write(struct vcpu *v, unsigned int offset, const void *buf,
                      unsigned int n)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct vapic va = vapic_of(v);

    if ( !vapic_mmio_virtualized(va.v, offset, n, true) )
        return EMUL_UNHANDLED;
    hv->vapic_exits =
        vapic_mmio_write(&va, offset, buf, n, &hv->vapic_exit) == VAPIC_EXIT;

    return EMUL_OK;
}

bool nested_vapic_access(struct vcpu *v, const struct l2_exit *e)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    const struct vmcs12 *v12 = &hv->nv.cur->v12;
    const struct emul_page page = { .gpa = v12->apic_access_addr,
                                    .read = page_read,
                                    .write = page_write };
    unsigned int type = e->qual >> APIC_QUAL_TYPE_SHIFT & APIC_QUAL_TYPE_MASK;
    int rc;

    if ( !(vmcs12_proc2(v12) & (PROC2_APIC_REG | PROC2_VINTR)) ||
         (type != APIC_QUAL_TYPE_READ && type != APIC_QUAL_TYPE_WRITE) ||
         !vapic_mmio_virtualized(v12, e->qual & APIC_QUAL_OFFSET_MASK, 1,
                                 type == APIC_QUAL_TYPE_WRITE) )
        return false;

    hv->vapic_exits = false;
    rc = hvm_emulate_access(v, 0, 0, EMUL_ANYWHERE, &page);
    if ( rc == EMUL_UNHANDLED )
        return false;
    finish(v, hv->vapic_exits ? VAPIC_EXIT : VAPIC_DONE, &hv->vapic_exit);

    return true;
}

/*
 * The processor virtualizes registers, and leaves to us what a write to one
 * means for virtual interrupts.
 */
bool nested_vapic_written(struct vcpu *v, const struct l2_exit *e)
{
    struct vapic va = vapic_of(v);
    enum vapic_next next;
    struct l2_exit behind;

    if ( !delivers_virtual(va.v) ||
         (hw_ctx(nested_hw(v)->nv.cur)->ctrl.proc2 & PROC2_VINTR) )
        return false;
    next = vapic_written(&va, e->qual & APIC_QUAL_OFFSET_MASK, &behind);
    finish(v, next, &behind);

    return true;
}
