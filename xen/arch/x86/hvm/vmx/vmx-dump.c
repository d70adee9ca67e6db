/* SPDX-License-Identifier: MIT */
/* Printing a vCPU's state: what one wants to see when a guest died. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

static void dump_gprs(const struct vcpu *v)
{
    const struct guest_gprs *g = &v->arch.gprs;

    printk(XENLOG_ERR "rip %016lx rflags %08lx cpl %u\n",
           vmread(VMCS_guest_rip), vmread(VMCS_guest_rflags), hvm_get_cpl());
    printk(XENLOG_ERR "rax %016lx rbx %016lx rcx %016lx rdx %016lx\n", g->rax,
           g->rbx, g->rcx, g->rdx);
    printk(XENLOG_ERR "rsi %016lx rdi %016lx rbp %016lx rsp %016lx\n", g->rsi,
           g->rdi, g->rbp, vmread(VMCS_guest_rsp));
    printk(XENLOG_ERR "r8  %016lx r9  %016lx r10 %016lx r11 %016lx\n", g->r8,
           g->r9, g->r10, g->r11);
    printk(XENLOG_ERR "r12 %016lx r13 %016lx r14 %016lx r15 %016lx\n", g->r12,
           g->r13, g->r14, g->r15);
}

static void dump_segment(const char *name, unsigned int seg)
{
    struct segment s;

    hvm_get_segment(seg, &s);
    printk(XENLOG_ERR "%-4s %04x attr %05x limit %08x base %016lx\n", name,
           s.sel, s.ar, s.limit, s.base);
}

static void dump_segments(void)
{
    static const char *const name[] = { "es", "cs", "ss",   "ds",
                                        "fs", "gs", "ldtr", "tr" };

    for ( unsigned int i = 0; i < ARRAY_SIZE(name); i++ )
        dump_segment(name[i], i);
    printk(XENLOG_ERR "gdtr %016lx:%04lx idtr %016lx:%04lx\n",
           vmread(VMCS_guest_gdtr_base), vmread(VMCS_guest_gdtr_limit),
           vmread(VMCS_guest_idtr_base), vmread(VMCS_guest_idtr_limit));
}

static void dump_controls(void)
{
    printk(XENLOG_ERR "cr0 %08lx (shadow %08lx mask %08lx) cr3 %016lx\n",
           vmread(VMCS_guest_cr0), vmread(VMCS_cr0_read_shadow),
           vmread(VMCS_cr0_mask), vmread(VMCS_guest_cr3));
    printk(XENLOG_ERR "cr4 %08lx (shadow %08lx mask %08lx) efer %08lx\n",
           vmread(VMCS_guest_cr4), vmread(VMCS_cr4_read_shadow),
           vmread(VMCS_cr4_mask), vmread(VMCS_guest_efer));
    printk(XENLOG_ERR "pin %08lx proc %08lx proc2 %08lx exit %08lx entry "
                      "%08lx\n",
           vmread(VMCS_pin_ctrl), vmread(VMCS_proc_ctrl),
           vmread(VMCS_proc2_ctrl), vmread(VMCS_exit_ctrl),
           vmread(VMCS_entry_ctrl));
    printk(XENLOG_ERR "exit reason %#lx (%s) qualification %#lx gpa %#lx gla "
                      "%#lx\n",
           vmread(VMCS_exit_reason),
           vmx_exit_reason_name(vmread(VMCS_exit_reason)),
           vmread(VMCS_exit_qualification), vmread(VMCS_guest_phys_addr),
           vmread(VMCS_guest_linear_addr));
    printk(XENLOG_ERR "entry event %08lx exit event %08lx vectoring %08lx "
                      "activity %lu interruptibility %#lx\n",
           vmread(VMCS_entry_intr_info), vmread(VMCS_exit_intr_info),
           vmread(VMCS_idt_vectoring_info), vmread(VMCS_guest_activity),
           vmread(VMCS_guest_interruptibility));
}

static void dump(struct vcpu *v)
{
    vmx_vmcs_enter(v);
    printk(XENLOG_ERR "*** State of d%uv%u ***\n", v->domain->domain_id,
           v->vcpu_id);
    dump_gprs(v);
    dump_segments();
    dump_controls();
    vmx_vmcs_exit(v);
}

static void dump_current(void *data)
{
    if ( data == current )
        dump(data);
}

/* One that another pCPU runs is looked at there. */
void vmx_dump_vcpu(struct vcpu *v)
{
    if ( v != current && READ_ONCE(v->is_running) )
        on_selected_cpus(cpumask_of(READ_ONCE(v->processor)), dump_current, v,
                         true);
    else
        dump(v);
}
