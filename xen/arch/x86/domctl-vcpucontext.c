/* SPDX-License-Identifier: MIT */
/* domctl: a vCPU's registers in the form that PV guests have them in. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <public/arch-x86/hvm/save.h>
#include <asm/processor.h>

/*
 * The tools use it on HVM guests to look at registers and, when a guest is
 * to go on after a suspend that was given up, to change what the hypercall
 * returns. So all of it can be read, and the general registers written.
 */

/* Registers that both records have under the same name. */
#define EACH_GPR(x)                                                            \
    x(rax) x(rbx) x(rcx) x(rdx) x(rsi) x(rdi) x(rbp) x(rsp) x(r8) x(r9) x(r10) \
        x(r11) x(r12) x(r13) x(r14) x(r15) x(rip) x(rflags)

static int find_vcpu(struct domain *d, uint32_t id, struct vcpu **v)
{
    if ( id >= d->max_vcpus || !d->vcpu[id] || d->vcpu[id] == current )
        return -EINVAL;
    *v = d->vcpu[id];
    return 0;
}

static void fill_context(const struct vcpu *v, const struct hvm_hw_cpu *h,
                         struct vcpu_guest_context *c)
{
    bool kernel = (h->cs_sel & 3) == 0;

    memset(c, 0, sizeof(*c));
    memcpy(&c->fpu_ctxt, h->fpu_regs, sizeof(c->fpu_ctxt));
    if ( h->flags & XEN_X86_FPU_INITIALISED )
        c->flags |= VGCF_I387_VALID;
    if ( !(v->pause_flags & VPF_down) )
        c->flags |= VGCF_online;
#define COPY(r) c->user_regs.r = h->r;
    EACH_GPR(COPY)
#undef COPY
    c->user_regs.cs = h->cs_sel;
    c->user_regs.ss = h->ss_sel;
    c->user_regs.ds = h->ds_sel;
    c->user_regs.es = h->es_sel;
    c->user_regs.fs = h->fs_sel;
    c->user_regs.gs = h->gs_sel;
    c->ctrlreg[0] = h->cr0;
    c->ctrlreg[2] = h->cr2;
    c->ctrlreg[3] = h->cr3;
    c->ctrlreg[4] = h->cr4;
    c->debugreg[0] = h->dr0;
    c->debugreg[1] = h->dr1;
    c->debugreg[2] = h->dr2;
    c->debugreg[3] = h->dr3;
    c->debugreg[6] = h->dr6;
    c->debugreg[7] = h->dr7;
    c->fs_base = h->fs_base;
    /* SWAPGS keeps the other one aside. */
    c->gs_base_kernel = kernel ? h->gs_base : h->shadow_gs;
    c->gs_base_user = kernel ? h->shadow_gs : h->gs_base;
    c->vm_assist = v->domain->vm_assist;
}

int arch_domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu_guest_context *c = xmalloc(struct vcpu_guest_context);
    struct hvm_hw_cpu *h = xzalloc(struct hvm_hw_cpu);
    struct vcpu *v = NULL;
    int rc = find_vcpu(d, op->u.vcpucontext.vcpu, &v);

    if ( !rc && (!c || !h) )
        rc = -ENOMEM;
    if ( !rc )
    {
        /* The others may not get at its registers either. */
        domain_pause(d);
        hvm_save_cpu_ctxt(v, h);
        domain_unpause(d);
        fill_context(v, h, c);
        if ( copy_to_guest(op->u.vcpucontext.ctxt, c, 1) )
            rc = -EFAULT;
    }
    xfree(c);
    xfree(h);
    return rc;
}

int arch_domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
    struct vcpu_guest_context *c;
    struct hvm_hw_cpu *h;
    struct vcpu *v = NULL;
    int rc = find_vcpu(d, op->u.vcpucontext.vcpu, &v);

    if ( rc )
        return rc;
    /* No handle asks for the state after reset, which INIT gives here. */
    if ( guest_handle_is_null(op->u.vcpucontext.ctxt) )
        return -EOPNOTSUPP;
    c = xmalloc(struct vcpu_guest_context);
    h = xzalloc(struct hvm_hw_cpu);
    if ( !c || !h )
        rc = -ENOMEM;
    else if ( copy_from_guest(c, op->u.vcpucontext.ctxt, 1) )
        rc = -EFAULT;
    else
    {
        domain_pause(d);
        hvm_save_cpu_ctxt(v, h);
#define COPY(r) h->r = c->user_regs.r;
        EACH_GPR(COPY)
#undef COPY
        h->rflags |= X86_EFLAGS_MBS;
        rc = hvm_load_cpu_ctxt(v, h);
        domain_unpause(d);
    }
    xfree(c);
    xfree(h);
    return rc;
}
