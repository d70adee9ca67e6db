/* SPDX-License-Identifier: MIT */
/* Exits of hardware task switches: between the VMCS and hvm/task-switch.c. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/guest-walk.h>
#include <asm/processor.h>
#include <asm/task-switch.h>
#include <asm/vmx.h>
#include "vmx-ops.h"

#define GPR_RSP 4

struct task_ctx
{
    struct vcpu *v;
    uint64_t pdpte[4]; /* of the new CR3, with PAE paging */
};

/* --- Memory, page by page. --- */

static int take_walk_result(int rc, uint32_t linear, uint32_t pfec,
                            struct task_fault *f)
{
    if ( rc != -EFAULT )
        return 0;
    *f = (struct task_fault){ .vector = X86_EXC_PF,
                              .error_code = pfec,
                              .cr2 = linear };
    return -EFAULT;
}

static unsigned int in_first_page(uint32_t linear, unsigned int n)
{
    return min(n, (unsigned int)(PAGE_SIZE - (linear & ~PAGE_MASK)));
}

static int read_linear(void *c, uint32_t linear, void *buf, unsigned int n,
                       struct task_fault *f)
{
    struct task_ctx *ctx = c;
    uint8_t *to = buf;

    while ( n )
    {
        unsigned int part = in_first_page(linear, n);
        uint32_t pfec;
        int rc = guest_read_page(ctx->v, linear, to, part, &pfec);

        if ( take_walk_result(rc, linear, pfec, f) )
            return -EFAULT;
        if ( rc ) /* there is a page, but no memory behind it */
            memset(to, 0xff, part);
        to += part;
        linear += part;
        n -= part;
    }
    return 0;
}

static int write_linear(void *c, uint32_t linear, const void *buf,
                        unsigned int n, struct task_fault *f)
{
    struct task_ctx *ctx = c;
    const uint8_t *from = buf;

    while ( n )
    {
        unsigned int part = in_first_page(linear, n);
        uint32_t pfec;
        paddr_t gpa;
        int rc = from ? guest_write_page(ctx->v, linear, from, part, &pfec)
                      : guest_walk(ctx->v, linear, true, &gpa, &pfec);

        if ( take_walk_result(rc, linear, pfec, f) )
            return -EFAULT;
        from = from ? from + part : NULL;
        linear += part;
        n -= part;
    }
    return 0;
}

static int check_user(void *c, uint32_t linear, unsigned int n,
                      struct task_fault *f)
{
    struct task_ctx *ctx = c;

    while ( n )
    {
        unsigned int part = in_first_page(linear, n);
        uint32_t pfec;
        paddr_t gpa;
        int rc = guest_walk_user(ctx->v, linear, true, &gpa, &pfec);

        if ( take_walk_result(rc, linear, pfec, f) )
            return -EFAULT;
        linear += part;
        n -= part;
    }
    return 0;
}

/* --- CR3. --- */

static bool uses_pae(void)
{
    return hvm_get_cr4() & X86_CR4_PAE;
}

/* SDM "PDPTE Registers": invalid ones are #GP(0). */
static int check_cr3(void *c, uint32_t cr3, struct task_fault *f)
{
    struct task_ctx *ctx = c;

    if ( !uses_pae() || !vmx_read_pdptes(ctx->v, cr3, ctx->pdpte) )
        return 0;
    *f = (struct task_fault){ .vector = X86_EXC_GP };
    return -EFAULT;
}

static void load_cr3(void *c, uint32_t cr3)
{
    struct task_ctx *ctx = c;

    vmwrite(VMCS_guest_cr3, cr3);
    if ( uses_pae() )
        vmx_write_pdptes(ctx->pdpte);
    vmx_flush_guest_tlb(ctx->v);
}

static const struct task_ops ops = {
    .read = read_linear,
    .write = write_linear,
    .check_user = check_user,
    .check_cr3 = check_cr3,
    .load_cr3 = load_cr3,
};

/* --- What is switched, and from where. --- */

static void collect_request(struct vcpu *v, struct task_request *req)
{
    uint64_t qual = vmread(VMCS_exit_qualification);
    const struct hvm_event *ev = &v->arch.inject;

    *req = (struct task_request){
        .source = (qual >> TS_QUAL_SOURCE_SHIFT) & TS_QUAL_SOURCE_MASK,
        .selector = qual & TS_QUAL_SELECTOR_MASK,
    };
    if ( req->source != TASK_GATE )
        return;
    /* INT1 counts as an event from outside. SDM "Error Code" */
    req->external =
        ev->type != INTR_TYPE_SW_INTR && ev->type != INTR_TYPE_SW_EXCEPTION;
    req->has_error = ev->has_error;
    req->error_code = ev->error_code;
}

/* Did an instruction ask for it, behind which the old task goes on? */
static bool asked_for(const struct vcpu *v, const struct task_request *req)
{
    return req->source != TASK_GATE || v->arch.inject.type >= INTR_TYPE_SW_INTR;
}

static void collect_cpu(struct vcpu *v, const struct task_request *req,
                        struct task_cpu *cpu)
{
    cpu->eip = vmread(VMCS_guest_rip);
    if ( asked_for(v, req) )
        cpu->eip += vmread(VMCS_exit_insn_len);
    cpu->eflags = vmread(VMCS_guest_rflags);
    for ( unsigned int i = 0; i < ARRAY_SIZE(cpu->gpr); i++ )
        cpu->gpr[i] = v->arch.gprs.r[i];
    cpu->gpr[GPR_RSP] = vmread(VMCS_guest_rsp);
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
        hvm_get_segment(i, &cpu->seg[i]);
    cpu->gdt_base = vmread(VMCS_guest_gdtr_base);
    cpu->gdt_limit = vmread(VMCS_guest_gdtr_limit);
    cpu->paging = hvm_paging_enabled();
}

static void apply_cpu(struct vcpu *v, const struct task_cpu *cpu)
{
    vmwrite(VMCS_guest_rip, cpu->eip);
    vmwrite(VMCS_guest_rflags, cpu->eflags);
    for ( unsigned int i = 0; i < ARRAY_SIZE(cpu->gpr); i++ )
        v->arch.gprs.r[i] = cpu->gpr[i];
    vmwrite(VMCS_guest_rsp, cpu->gpr[GPR_RSP]);
    for ( unsigned int i = 0; i < SEG_COUNT; i++ )
        hvm_set_segment(i, &cpu->seg[i]);
}

/* What a new task starts with besides the contents of its TSS. */
static void begin_task(void)
{
    /* In what the guest sees and in what is, whoever owns the bit. */
    vmwrite(VMCS_guest_cr0, vmread(VMCS_guest_cr0) | X86_CR0_TS);
    vmwrite(VMCS_cr0_read_shadow, vmread(VMCS_cr0_read_shadow) | X86_CR0_TS);
    vmwrite(VMCS_guest_dr7, vmread(VMCS_guest_dr7) & ~(uint64_t)DR7_TASK_LOCAL);
    vmwrite(VMCS_guest_interruptibility,
            vmread(VMCS_guest_interruptibility) &
                ~(INTR_STATE_STI | INTR_STATE_MOV_SS));
}

/*
 * NMIs are blocked from the moment one is taken, and no more from an IRET on,
 * whatever becomes of the switch. SDM "Handling Multiple NMIs", "IRET".
 */
static void block_nmis(struct vcpu *v, const struct task_request *req)
{
    uint64_t blocking = vmread(VMCS_guest_interruptibility);

    if ( req->source == TASK_IRET )
        blocking &= ~(uint64_t)INTR_STATE_NMI;
    else if ( req->source == TASK_GATE && v->arch.inject.type == INTR_TYPE_NMI )
        blocking |= INTR_STATE_NMI;
    vmwrite(VMCS_guest_interruptibility, blocking);
}

/*
 * The event that went through a task gate waits in v->arch.inject to be
 * delivered again: a fault on the way combines with it or takes its place.
 */
static void finish_event(struct vcpu *v, const struct task_result *r)
{
    if ( r->faulted )
    {
        if ( r->fault.vector == X86_EXC_PF )
            hvm_inject_page_fault(r->fault.cr2, r->fault.error_code);
        else
            hvm_inject_exception(r->fault.vector, r->fault.error_code);
        return;
    }
    v->arch.inject.pending = false;
    if ( r->trap )
    {
        write_dr6(read_dr6() | DR6_BT);
        hvm_inject_exception(X86_EXC_DB, -1);
    }
}

enum exit_result vmx_exit_task_switch(struct vcpu *v)
{
    struct task_ctx ctx = { .v = v };
    struct task_request req;
    struct task_cpu cpu;
    struct task_result r;

    collect_request(v, &req);
    collect_cpu(v, &req, &cpu);
    block_nmis(v, &req);
    spin_lock(&v->domain->arch.task_lock);
    r = task_switch(&req, &cpu, &ops, &ctx);
    spin_unlock(&v->domain->arch.task_lock);
    if ( r.committed )
    {
        apply_cpu(v, &cpu);
        begin_task();
    }
    finish_event(v, &r);
    vmx_intr_dirty(v);
    return EXIT_RESUME;
}
