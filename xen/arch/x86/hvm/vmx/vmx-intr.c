/* SPDX-License-Identifier: MIT */
/* What is injected at the next VM entry. */

/*
 * Order: an event whose delivery an exit interrupted, or an exception that a
 * handler raised (v->arch.inject); then an NMI; then the best interrupt. What
 * cannot go in now opens the window that ends when it can. Only looked at
 * when intr_dirty says that something changed.
 */

#include <xen/domain.h>
#include <xen/event.h>
#include <xen/lib.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

static void inject(uint32_t type, uint8_t vector, bool has_error,
                   uint32_t error)
{
    vmwrite(VMCS_entry_intr_info,
            INTR_INFO_VALID | (type << INTR_INFO_TYPE_SHIFT) |
                (has_error ? INTR_INFO_ERROR_CODE : 0) | vector);
    if ( has_error )
        vmwrite(VMCS_entry_error_code, error);
}

void vmx_inject_event(struct vcpu *v)
{
    struct hvm_event *ev = &v->arch.inject;

    ev->pending = false;
    if ( ev->type >= INTR_TYPE_SW_INTR )
        vmwrite(VMCS_entry_insn_len, ev->insn_len);
    inject(ev->type, ev->vector, ev->has_error, ev->error_code);
}

void vmx_requeue_event(struct vcpu *v)
{
    uint32_t info = v->arch.vmx.idt_vectoring;
    struct hvm_event *ev = &v->arch.inject;

    *ev = (struct hvm_event){
        .pending = true,
        .vector = info & INTR_INFO_VECTOR_MASK,
        .type = (info & INTR_INFO_TYPE_MASK) >> INTR_INFO_TYPE_SHIFT,
        .has_error = info & INTR_INFO_ERROR_CODE,
        .insn_len = vmread(VMCS_exit_insn_len),
    };
    if ( ev->has_error )
        ev->error_code = vmread(VMCS_idt_vectoring_error_code);
    if ( ev->type == INTR_TYPE_NMI ) /* injecting it blocks NMIs again */
        vmwrite(VMCS_guest_interruptibility,
                vmread(VMCS_guest_interruptibility) & ~INTR_STATE_NMI);
    vmx_intr_dirty(v);
}

void vmx_reblock_nmi(struct vcpu *v, uint64_t info)
{
    if ( (info & INTR_INFO_NMI_UNBLOCK) &&
         !(v->arch.vmx.idt_vectoring & INTR_INFO_VALID) )
        vmwrite(VMCS_guest_interruptibility,
                vmread(VMCS_guest_interruptibility) | INTR_STATE_NMI);
}

/* The legacy callback vector is level: as long as the guest has it pending. */
static bool callback_vector_pending(const struct vcpu *v)
{
    return v->domain->arch.callback_vector && v->vcpu_id < MAX_VIRT_CPUS &&
           !v->arch.evtchn_upcall_vector &&
           READ_ONCE(v->vcpu_info->evtchn_upcall_pending);
}

int vmx_pending_vector(struct vcpu *v)
{
    return callback_vector_pending(v) ? v->domain->arch.callback_vector
                                      : vlapic_pending_irq(v);
}

void vmx_ack_vector(struct vcpu *v, int vector)
{
    if ( !callback_vector_pending(v) )
        vlapic_ack_irq(v, vector);
}

bool hvm_vcpu_has_pending_irq(struct vcpu *v)
{
    return v->arch.nmi_pending || v->arch.inject.pending ||
           callback_vector_pending(v) || vlapic_pending_irq(v) >= 0;
}

static void set_windows(struct vcpu *v, bool intr, bool nmi)
{
    uint32_t set = (intr ? PROC_INTR_WINDOW : 0) | (nmi ? PROC_NMI_WINDOW : 0);

    vmx_set_proc(v, set, (PROC_INTR_WINDOW | PROC_NMI_WINDOW) & ~set);
}

/*
 * A debug trap of the instruction before comes first, and an entry that injects
 * something forgets it. SDM "Delivery of Pending Debug Exceptions after VM
 * Entry".
 */
bool vmx_debug_trap_pending(void)
{
    return unlikely(vmread(VMCS_guest_pending_dbg) & PENDING_DBG_TRAPS);
}

void vmx_intr_assist(struct vcpu *v, bool take_vectors)
{
    uint32_t blocking = vmread(VMCS_guest_interruptibility);
    bool injected = false, want_nmi = false, want_intr = false;
    int vector;

    v->arch.vmx.intr_dirty = false;
    if ( v->arch.inject.pending )
    {
        vmx_inject_event(v);
        injected = true;
    }
    if ( unlikely(v->arch.nmi_pending) )
    {
        const uint32_t blocks_nmi =
            INTR_STATE_STI | INTR_STATE_MOV_SS | INTR_STATE_NMI;

        if ( !injected && !(blocking & blocks_nmi) &&
             !vmx_debug_trap_pending() )
        {
            v->arch.nmi_pending = false;
            inject(INTR_TYPE_NMI, X86_EXC_NMI, false, 0);
            injected = true;
        }
        else
            want_nmi = v->arch.vmx.pin & PIN_VIRT_NMI;
    }

    vector = take_vectors ? vmx_pending_vector(v) : -1;
    if ( vector >= 0 )
    {
        bool open = (vmread(VMCS_guest_rflags) & X86_EFLAGS_IF) &&
                    !(blocking & (INTR_STATE_STI | INTR_STATE_MOV_SS));

        if ( injected || !open || vmx_debug_trap_pending() )
            want_intr = true;
        else
        {
            bool callback = callback_vector_pending(v);

            inject(INTR_TYPE_EXT_INTR, vector, false, 0);
            if ( !callback )
                vlapic_ack_irq(v, vector);
            /* More behind it, or a level that stays: look again then. */
            want_intr = callback || vlapic_pending_irq(v) >= 0;
        }
    }
    set_windows(v, want_intr, want_nmi);

    if ( v->arch.vmx.proc & PROC_TPR_SHADOW )
    {
        int irr = vlapic_highest_irr(v);

        vmwrite(VMCS_tpr_threshold,
                irr < 0 || vector >= 0
                    ? 0
                    : min((uint32_t)irr >> 4, (uint32_t)vlapic_get_cr8(v)));
    }
}

void hvm_assert_evtchn_upcall(struct vcpu *v)
{
    if ( v->arch.evtchn_upcall_vector )
        vlapic_post_irq(v, v->arch.evtchn_upcall_vector, false);
    else
        vcpu_kick(v);
}

/* SDM "Exception Classifications": the others are traps and aborts. */
#define NOT_FAULTS                                            \
    (1u << X86_EXC_DB | 1u << X86_EXC_BP | 1u << X86_EXC_OF | \
     1u << X86_EXC_DF | 1u << X86_EXC_MC)

/*
 * What pushes EFLAGS at the entry takes RF from the VMCS, where a processor
 * sets it for each fault: no instruction breakpoint hits again at the return.
 */
static void set_resume_flag(unsigned int vector)
{
    if ( !((NOT_FAULTS >> vector) & 1) )
        vmwrite(VMCS_guest_rflags, vmread(VMCS_guest_rflags) | X86_EFLAGS_RF);
}

static void queue_exception(unsigned int vector, bool has_error, uint32_t error)
{
    struct vcpu *v = current;

    set_resume_flag(vector);
    v->arch.inject = (struct hvm_event){
        .pending = true,
        .vector = vector,
        .type = INTR_TYPE_HW_EXCEPTION,
        .has_error = has_error,
        .error_code = error,
    };
    vmx_intr_dirty(v);
}

static bool is_contributory(unsigned int vector)
{
    return vector == X86_EXC_DE ||
           (vector >= X86_EXC_TS && vector <= X86_EXC_GP);
}

/*
 * An exception raised while another one was being delivered makes a double
 * fault. SDM "Interrupt 8 - Double Fault Exception (#DF)".
 */
void hvm_inject_exception(unsigned int vector, int error_code)
{
    struct hvm_event *old = &current->arch.inject;

    if ( old->pending && old->type == INTR_TYPE_HW_EXCEPTION )
    {
        if ( old->vector == X86_EXC_DF )
        {
            domain_crash(current->domain, "triple fault while emulating");
            return;
        }
        if ( (is_contributory(old->vector) && is_contributory(vector)) ||
             (old->vector == X86_EXC_PF &&
              (vector == X86_EXC_PF || is_contributory(vector))) )
        {
            queue_exception(X86_EXC_DF, true, 0);
            return;
        }
    }
    queue_exception(vector, error_code >= 0, error_code);
}

void hvm_inject_page_fault(uint64_t cr2, uint32_t error_code)
{
    write_cr2(cr2);
    hvm_inject_exception(X86_EXC_PF, error_code);
}

void hvm_inject_gp0(void)
{
    hvm_inject_exception(X86_EXC_GP, 0);
}

void hvm_inject_ud(void)
{
    hvm_inject_exception(X86_EXC_UD, -1);
}

void hvm_inject_nmi(struct vcpu *v)
{
    v->arch.nmi_pending = true;
    vcpu_kick(v);
}
