/* SPDX-License-Identifier: MIT */
/* Nested VMX on the machine: life cycle, MSRs, VMX instructions. */

/*
 * The files nested-hw*.c are the only ones of xen/nested that touch the
 * processor; all they decide they ask the others. While L2 runs, v->arch.vmx
 * describes the vmcs02 and L1's is kept aside: so the base code injects,
 * reads registers and moves RIP in whichever VMCS is current.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "insn.h"
#include "nested-hw.h"

/* EPT02s that nobody uses and that are kept for who may come back. */
#define SPARE_ROOTS 48

/* --- Capabilities, from the machine's and the domain's CPU policy --- */
#define F1C_RDRAND       (1u << 30)
#define F7B_INVPCID      (1u << 10)
#define F7B_RDSEED       (1u << 18)
#define FD1A_XSAVES      (1u << 3)
#define FE1D_NX          (1u << 20)
#define FE1D_1G          (1u << 26)
#define FE1D_RDTSCP      (1u << 27)
#define FE1D_LM          (1u << 29)
#define DEBUGCTL_LBR_BTF 3ULL

static void host_msrs(struct vmx_msr_set *m)
{
    const struct vmx_msrs *raw = &vmx_caps.raw;

    *m = (struct vmx_msr_set){ { 0 } };
    VMX_MSR(m, MSR_IA32_VMX_BASIC) = raw->basic;
    /* The base read whichever form there is: both are the same here. */
    VMX_MSR(m, MSR_IA32_VMX_PINBASED_CTLS) = raw->pin;
    VMX_MSR(m, MSR_IA32_VMX_TRUE_PINBASED_CTLS) = raw->pin;
    VMX_MSR(m, MSR_IA32_VMX_PROCBASED_CTLS) = raw->proc;
    VMX_MSR(m, MSR_IA32_VMX_TRUE_PROC_CTLS) = raw->proc;
    VMX_MSR(m, MSR_IA32_VMX_EXIT_CTLS) = raw->exit;
    VMX_MSR(m, MSR_IA32_VMX_TRUE_EXIT_CTLS) = raw->exit;
    VMX_MSR(m, MSR_IA32_VMX_ENTRY_CTLS) = raw->entry;
    VMX_MSR(m, MSR_IA32_VMX_TRUE_ENTRY_CTLS) = raw->entry;
    VMX_MSR(m, MSR_IA32_VMX_MISC) = raw->misc;
    VMX_MSR(m, MSR_IA32_VMX_PROCBASED_CTLS2) = raw->proc2;
    VMX_MSR(m, MSR_IA32_VMX_EPT_VPID_CAP) = raw->ept_vpid;
    VMX_MSR(m, MSR_IA32_VMX_VMFUNC) = raw->vmfunc;
}

static void domain_opts(const struct domain *d, struct nested_opts *o)
{
    const struct cpu_policy *p = d->arch.policy;

    *o = (struct nested_opts){
        .maxphyaddr = p->ext[8].a & 0xff,
        .rdtscp = (p->ext[1].d & FE1D_RDTSCP) && vmx_caps.rdtscp,
        .invpcid = (p->feat[0].b & F7B_INVPCID) && vmx_caps.invpcid,
        .xsaves = (p->xstate[1].a & FD1A_XSAVES) && vmx_caps.xsaves,
        .rdrand = p->basic[1].c & F1C_RDRAND,
        .rdseed = p->feat[0].b & F7B_RDSEED,
        .nx = p->ext[1].d & FE1D_NX,
        .lm = p->ext[1].d & FE1D_LM,
        .page_1g = p->ext[1].d & FE1D_1G,
        .debugctl_valid = DEBUGCTL_LBR_BTF,
    };
    for ( uint32_t i = 0; i < d->max_vcpus; i++ )
        if ( d->vcpu[i] )
        {
            o->cr4_valid = vmx_cr4_valid_bits(d->vcpu[i]);
            break;
        }
}

const struct nested_caps *nested_domain_caps(struct domain *d)
{
    struct nested_domain *nd = d->nested;

    if ( likely(__atomic_load_n(&nd->caps_known, __ATOMIC_ACQUIRE)) )
        return &nd->caps;

    spin_lock(&nd->lock);
    if ( !nd->caps_known )
    {
        struct vmx_msr_set host;
        struct nested_opts opts;

        host_msrs(&host);
        domain_opts(d, &opts);
        if ( !nested_caps_compute(&nd->caps, &host, &opts) )
            printk(XENLOG_WARNING "d%u: this processor has no VMX to offer\n",
                   d->domain_id);
        nd->vapic = nested_vapic_controls();
        __atomic_store_n(&nd->caps_known, true, __ATOMIC_RELEASE);
    }
    spin_unlock(&nd->lock);

    return &nd->caps;
}

/* --- Life cycle --- */
/* Tables are the domain's own expense: they count as those of its p2m do. */
static uint64_t *table_alloc(void *priv, uint64_t *pa)
{
    uint64_t *table;

    if ( !p2m_charge(priv, 1) )
        return NULL;
    table = alloc_xenheap_page();
    if ( table )
        *pa = virt_to_maddr(table);
    else
        p2m_uncharge(priv, 1);
    return table;
}

static void table_free(void *priv, uint64_t *table, uint64_t pa __maybe_unused)
{
    free_xenheap_page(table);
    p2m_uncharge(priv, 1);
}

int nested_domain_init(struct domain *d)
{
    const struct ept02_ops ops = { .priv = d,
                                   .alloc = table_alloc,
                                   .free = table_free };
    struct nested_domain *nd = xzalloc(struct nested_domain);
    /* Each context may hold on to one. */
    uint32_t nr_roots = d->max_vcpus * NESTED_CTX_MAX + SPARE_ROOTS;

    if ( !nd )
        return -ENOMEM;
    nd->pages = xzalloc_array(struct ept02_page, EPT02_PAGES_LIMIT);
    nd->roots = xzalloc_array(struct ept02_root, nr_roots);
    if ( !nd->pages || !nd->roots )
    {
        xfree(nd->pages);
        xfree(nd->roots);
        xfree(nd);
        return -ENOMEM;
    }
    spin_lock_init(&nd->lock);
    ept02_init(&nd->ept02, &ops, nd->pages, EPT02_PAGES_LIMIT, nd->roots,
               nr_roots);
    d->nested = nd;

    return 0;
}

void nested_domain_destroy(struct domain *d)
{
    struct nested_domain *nd = d->nested;

    d->nested = NULL;
    ept02_destroy(&nd->ept02);
    xfree(nd->pages);
    xfree(nd->roots);
    xfree(nd);
}

static void wake_halted_l2(void *data)
{
    vcpu_kick(data);
}

int nested_vcpu_init(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = xzalloc(struct nested_hw_vcpu);

    if ( !hv )
        return -ENOMEM;
    hv->scratch = alloc_xenheap_page();
    if ( !hv->scratch )
    {
        xfree(hv);
        return -ENOMEM;
    }
    hv->v = v;
    init_timer(&hv->halt_timer, wake_halted_l2, v, v->processor);
    hv->nv.env = &nested_hw_env;
    hv->nv.priv = hv;
    hv->nv.caps = &v->domain->nested->caps;
    hv->nv.state.feature_control = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;
    nested_state_reset(&hv->nv);
    v->arch.nested = &hv->nv;

    return 0;
}

/* Out of L2 without an exit: what L1 would have seen is lost. */
static void leave_guest_mode(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    if ( !hv->nv.state.guest_mode )
        return;
    hv->nv.state.guest_mode = false;
    nested_timer_stop(hv);
    v->arch.vmx = hv->vmx01;
    if ( this_cpu()->vmcs_owner == v )
        vmx_load_vmcs(v);
}

void nested_vcpu_destroy(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    leave_guest_mode(v);
    kill_timer(&hv->halt_timer);
    nested_ctx_drop_all(&hv->nv);
    v->arch.nested = NULL;
    free_xenheap_page(hv->scratch);
    xfree(hv);
}

void nested_clear_vmcss(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    if ( hv->nv.state.guest_mode )
        vmx_clear_vmcs(&hv->vmx01);
    for ( unsigned int i = 0; i < hv->nv.ctx_slots; i++ )
        if ( hv->nv.ctx[i] )
            vmx_clear_vmcs(&hw_ctx(hv->nv.ctx[i])->vmx);
}

void nested_flush_vpids(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    if ( hv->nv.state.guest_mode && vmx_caps.vpid )
        vmx_invvpid(INVVPID_ALL, 0, 0); /* L1's, too */
    for ( unsigned int i = 0; i < hv->nv.ctx_slots; i++ )
        if ( hv->nv.ctx[i] )
        {
            hw_ctx(hv->nv.ctx[i])->flush_vpid = true;
            hw_ctx(hv->nv.ctx[i])->ept_gen = 0;
        }
}

void nested_vcpu_reset(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    leave_guest_mode(v);
    vmx_vmcs_enter(v);
    nested_set_current(&hv->nv, NULL);
    vmx_vmcs_exit(v);
    nested_ctx_drop_all(&hv->nv);
    nested_state_reset(&hv->nv);
    hv->nv.notes = (struct nested_notes){ 0 };
}

bool nested_guest_mode(const struct vcpu *v)
{
    return v->arch.nested->state.guest_mode;
}

/* --- Registers and MSRs that VMX operation has a say in --- */
bool nested_cr0_allowed(const struct vcpu *v, uint64_t val)
{
    const struct nested_vcpu *nv = v->arch.nested;
    uint64_t fixed0 = nv->caps->cr0_fixed0;

    if ( nv->state.guest_mode &&
         (vmcs12_proc2(&nv->cur->v12) & PROC2_UNRESTRICTED) )
        fixed0 &= ~(X86_CR0_PE | X86_CR0_PG);

    return !nv->state.vmx_on || (val & fixed0) == fixed0;
}

bool nested_cr4_allowed(const struct vcpu *v, uint64_t val)
{
    return !v->arch.nested->state.vmx_on || (val & X86_CR4_VMXE);
}

int nested_rdmsr(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    if ( msr == MSR_FEATURE_CONTROL )
    {
        *val = v->arch.nested->state.feature_control;
        return 0;
    }

    return nested_caps_rdmsr(nested_domain_caps(v->domain), msr, val) ? 0
                                                                      : -EFAULT;
}

int nested_wrmsr(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const uint64_t valid = FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX;
    struct nested_state *s = &v->arch.nested->state;

    if ( msr != MSR_FEATURE_CONTROL ||
         (s->feature_control & FEATURE_CONTROL_LOCK) || (val & ~valid) )
        return -EFAULT;
    s->feature_control = val;

    return 0;
}

/* --- INIT and start-up IPIs, which may come from other pCPUs --- */
static bool take_note(bool *note)
{
    return __atomic_exchange_n(note, false, __ATOMIC_SEQ_CST);
}

/*
 * INIT is blocked in VMX root operation, and L1's to see while L2 runs; v
 * finds out itself which of them it is.
 */
bool nested_take_init(struct vcpu *v)
{
    struct nested_vcpu *nv = v->arch.nested;

    if ( !READ_ONCE(nv->state.vmx_on) )
        return false;
    __atomic_store_n(&nv->notes.init, true, __ATOMIC_SEQ_CST);
    /* Has v left VMX operation meanwhile, and not seen the note? */
    if ( !__atomic_load_n(&nv->state.vmx_on, __ATOMIC_SEQ_CST) &&
         take_note(&nv->notes.init) )
        return false;
    vcpu_kick(v);

    return true;
}

/*
 * A start-up IPI does something to an L2 alone that waits for one, which v
 * itself finds out.
 */
void nested_take_sipi(struct vcpu *v, uint8_t vector)
{
    struct nested_vcpu *nv = v->arch.nested;

    if ( !READ_ONCE(nv->state.vmx_on) )
        return;
    nv->notes.sipi_vector = vector;
    __atomic_store_n(&nv->notes.sipi, true, __ATOMIC_RELEASE);
    vcpu_kick(v);
}

/* --- VMX instructions of L1 --- */
void nested_inject_fault(const struct nested_fault *f)
{
    if ( f->vector == X86_EXC_PF )
        hvm_inject_page_fault(f->cr2, f->error);
    else
        hvm_inject_exception(f->vector, f->has_error ? (int)f->error : -1);
}

void nested_read_cpu(struct vcpu *v, uint32_t reason, struct insn_cpu *cpu)
{
    v->arch.gprs.rsp = vmread(VMCS_guest_rsp);
    *cpu = (struct insn_cpu){
        .gpr = v->arch.gprs.r,
        .cr0 = vmread(VMCS_guest_cr0),
        .efer = vmread(VMCS_guest_efer),
        .rflags = vmread(VMCS_guest_rflags),
        .cpl = hvm_get_cpl(),
        .cs_l = vmread(VMCS_guest_cs_ar) & SEG_AR_L,
    };
    if ( reason == EXIT_REASON_VMXON )
    {
        cpu->cr0 = hvm_get_cr0();
        cpu->cr4 = hvm_get_cr4();
    }
    if ( reason == EXIT_REASON_VMLAUNCH || reason == EXIT_REASON_VMRESUME )
        cpu->mov_ss = vmread(VMCS_guest_interruptibility) & INTR_STATE_MOV_SS;
}

void nested_handle_vmx_insn(struct vcpu *v, uint32_t reason)
{
    struct nested_vcpu *nv = v->arch.nested;
    bool entry =
        reason == EXIT_REASON_VMLAUNCH || reason == EXIT_REASON_VMRESUME;
    struct insn_exit exit = { .reason = reason };
    struct insn_outcome out;
    struct insn_cpu cpu;
    uint64_t rsp;

    if ( unlikely(!nv->state.vmx_on) )
        nested_domain_caps(v->domain);
    if ( !entry )
    {
        exit.info = vmread(VMCS_exit_insn_info);
        exit.qual = vmread(VMCS_exit_qualification);
    }
    nested_read_cpu(v, reason, &cpu);
    rsp = v->arch.gprs.rsp;
    out = nested_emulate_insn(nv, &cpu, &exit);

    switch ( out.result )
    {
    case INSN_FAULT:
        nested_inject_fault(&out.fault);
        return;

    case INSN_CRASH:
        domain_crash(v->domain, "no memory left for nested VMX");
        return;

    case INSN_ENTER:
        if ( nested_enter(v, &out.error) == NESTED_ENTERED )
            return;
        out = insn_fail(nv, out.error);
        break;

    default:
        break;
    }

    nested_insn_done(v, &cpu, &out, rsp);
    /* VMXOFF: what was blocked so far takes effect now. */
    if ( unlikely(reason == EXIT_REASON_VMXOFF) && !nv->state.vmx_on &&
         take_note(&nv->notes.init) )
        vlapic_init_signal(v);
}

void nested_insn_done(struct vcpu *v, const struct insn_cpu *cpu,
                      const struct insn_outcome *out, uint64_t rsp)
{
    if ( unlikely(v->arch.gprs.rsp != rsp) )
        vmwrite(VMCS_guest_rsp, v->arch.gprs.rsp);
    vmwrite(VMCS_guest_rflags, insn_rflags(cpu->rflags, out));
    vmx_skip_insn();
}
