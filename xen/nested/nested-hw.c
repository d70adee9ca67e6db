/* SPDX-License-Identifier: MIT */
/* Nested VMX on the machine: life cycle, L1's memory, VMX instructions. */

/*
 * The files nested-hw*.c are the only ones of xen/nested that touch the
 * processor; all they decide they ask the others. While L2 runs, v->arch.vmx
 * describes the vmcs02 and L1's is kept aside: so the base code injects,
 * reads registers and moves RIP in whichever VMCS is current.
 */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/cpu-policy.h>
#include <asm/guest-walk.h>
#include <asm/msr-index.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "insn.h"
#include "nested-hw.h"
#include "vpid02.h"

/* Table pages for EPT02s: one for each so many pages of the domain's RAM. */
#define EPT02_PAGES_MIN   512
#define EPT02_PAGES_RATIO 64

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

    if ( !nd->caps_known )
    {
        struct vmx_msr_set host;
        struct nested_opts opts;

        host_msrs(&host);
        domain_opts(d, &opts);
        if ( !nested_caps_compute(&nd->caps, &host, &opts) )
            printk(XENLOG_WARNING "d%u: this processor has no VMX to offer\n",
                   d->domain_id);
        nd->caps_known = true;
    }

    return &nd->caps;
}

/* --- What the pure part asks for --- */
static struct vcpu *env_vcpu(void *priv)
{
    return ((struct nested_hw_vcpu *)priv)->v;
}

/*
 * L1's page at gpa, without a reference: one pCPU runs everything with
 * interrupts off, so it stays while we copy. NULL if there is no such memory.
 */
static char *l1_page(void *priv, uint64_t gpa, bool write)
{
    unsigned int order;
    p2m_type_t t;
    mfn_t mfn =
        p2m_get_entry(env_vcpu(priv)->domain, gaddr_to_gfn(gpa), &t, &order);

    if ( !p2m_is_any_ram(t) || (write && p2m_is_readonly(t)) )
        return NULL;

    return (char *)mfn_to_virt(mfn) + (gpa & ~PAGE_MASK);
}

/* Up to the end of a page, or as much as is left. */
static size_t page_part(uint64_t addr, size_t len)
{
    return min(len, (size_t)(PAGE_SIZE - (addr & ~PAGE_MASK)));
}

static int env_read_phys(void *priv, uint64_t gpa, void *buf, size_t len)
{
    for ( char *to = buf; len; )
    {
        size_t n = page_part(gpa, len);
        const char *from = l1_page(priv, gpa, false);

        if ( !from )
            return -EFAULT;
        if ( n == sizeof(uint64_t) )
            *(uint64_t *)to = *(const volatile uint64_t *)from;
        else
            memcpy(to, from, n);
        to += n;
        gpa += n;
        len -= n;
    }

    return 0;
}

static int env_write_phys(void *priv, uint64_t gpa, const void *buf, size_t len)
{
    for ( const char *from = buf; len; )
    {
        size_t n = page_part(gpa, len);
        char *to = l1_page(priv, gpa, true);

        if ( !to )
            return -EFAULT;
        memcpy(to, from, n);
        from += n;
        gpa += n;
        len -= n;
    }

    return 0;
}

static int env_or_phys(void *priv, uint64_t gpa, uint64_t old, uint64_t bits)
{
    uint64_t *p = (uint64_t *)l1_page(priv, gpa, true);

    if ( !p )
        return -EFAULT;
    return __atomic_compare_exchange_n(p, &old, old | bits, false,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)
               ? 0
               : -EAGAIN;
}

static int linear_to_phys(struct vcpu *v, uint64_t la, bool write, paddr_t *gpa,
                          struct nested_fault *fault)
{
    uint32_t pfec;

    if ( guest_walk(v, la, write, gpa, &pfec) == 0 )
        return 0;
    *fault = (struct nested_fault){
        .vector = X86_EXC_PF, .has_error = true, .error = pfec, .cr2 = la
    };
    return -EFAULT;
}

static int env_read_linear(void *priv, uint64_t la, void *buf, size_t len,
                           struct nested_fault *fault)
{
    struct vcpu *v = env_vcpu(priv);

    while ( len )
    {
        size_t n = page_part(la, len);
        paddr_t gpa;

        if ( linear_to_phys(v, la, false, &gpa, fault) )
            return -EFAULT;
        /* Where nothing answers the bus reads ones. */
        if ( env_read_phys(priv, gpa, buf, n) )
            memset(buf, 0xff, n);
        buf = (char *)buf + n;
        la += n;
        len -= n;
    }

    return 0;
}

static int env_write_linear(void *priv, uint64_t la, const void *buf,
                            size_t len, struct nested_fault *fault)
{
    struct vcpu *v = env_vcpu(priv);
    size_t first = page_part(la, len);
    paddr_t gpa[2];

    /* Both pages first: nothing is written if one of them faults. */
    if ( linear_to_phys(v, la, true, &gpa[0], fault) ||
         (first < len && linear_to_phys(v, la + first, true, &gpa[1], fault)) )
        return -EFAULT;
    (void)env_write_phys(priv, gpa[0], buf, first);
    if ( first < len )
        (void)env_write_phys(priv, gpa[1], (const char *)buf + first,
                             len - first);

    return 0;
}

static void env_get_segment(void *priv __maybe_unused, unsigned int seg,
                            struct vmcs12_segment *out)
{
    struct segment s;

    hvm_get_segment(seg, &s);
    *out = (struct vmcs12_segment){
        .selector = s.sel, .ar = s.ar, .limit = s.limit, .base = s.base
    };
}

static void *env_alloc(void *priv __maybe_unused, size_t size)
{
    return xzalloc_bytes(size);
}

static void env_free(void *priv __maybe_unused, void *p)
{
    xfree(p);
}

/* --- Contexts: a vmcs02 with its MSR bitmap and VPID --- */
static uint16_t take_vpid(struct nested_hw_vcpu *hv)
{
    for ( unsigned int i = 0; i < NESTED_CTX_MAX; i++ )
        if ( !(hv->vpid_used & (1u << i)) )
        {
            hv->vpid_used |= 1u << i;
            if ( !hv->vpid[i] )
                hv->vpid[i] = vmx_alloc_vpid();
            return hv->vpid[i];
        }

    return 0; /* there are no more contexts than VPIDs */
}

static void give_vpid(struct nested_hw_vcpu *hv, uint16_t vpid)
{
    for ( unsigned int i = 0; i < NESTED_CTX_MAX; i++ )
        if ( hv->vpid[i] == vpid )
            hv->vpid_used &= ~(1u << i);
}

static int env_ctx_init(void *priv, struct nested_ctx *ctx)
{
    struct nested_hw_vcpu *hv = priv;
    struct nested_hw_ctx *hw = xzalloc(struct nested_hw_ctx);
    uint32_t *vmcs;

    if ( !hw )
        return -ENOMEM;
    ctx->hw = hw;
    vmcs = alloc_xenheap_page();
    hw->vmx.msr_bitmap = alloc_xenheap_page();
    hw->vmx.vmcs = vmcs ? virt_to_mfn(vmcs) : INVALID_MFN;
    if ( !vmcs || !hw->vmx.msr_bitmap )
        return -ENOMEM; /* ctx_destroy() frees what there is */

    vmcs[0] = vmx_caps.revision;
    vmx_vmclear(virt_to_maddr(vmcs));
    memset(hw->vmx.msr_bitmap, 0xff, PAGE_SIZE);
    merge_bitmap_scan(hv->v->arch.vmx.msr_bitmap, &hw->words);
    hw->vmx.vpid = take_vpid(hv);
    hw->flush_vpid = true;
    nested_shadow_init(hv->nv.caps, hw);

    return 0;
}

static void env_ctx_destroy(void *priv, struct nested_ctx *ctx)
{
    struct nested_hw_vcpu *hv = priv;
    struct nested_hw_ctx *hw = ctx->hw;

    if ( !hw )
        return;
    nested_put_ept(hv->v, hw);
    nested_shadow_destroy(hw);
    for ( unsigned int i = 0; i < PIN_PAGE_COUNT; i++ )
        if ( hw->pin[i] )
            put_page(hw->pin[i]);
    if ( !mfn_eq(hw->vmx.vmcs, INVALID_MFN) )
    {
        vmx_vmclear(mfn_x(hw->vmx.vmcs) << PAGE_SHIFT);
        free_xenheap_page(mfn_to_virt(hw->vmx.vmcs));
    }
    free_xenheap_page(hw->vmx.msr_bitmap);
    give_vpid(hv, hw->vmx.vpid);
    xfree(hw);
    ctx->hw = NULL;
}

static void env_ctx_reuse(void *priv, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);

    nested_put_ept(env_vcpu(priv), hw);
    hw->flush_vpid = true;
    hw->refill = false;
    hw->host_valid = false;
}

/* The vmcs01 is current: visit the vmcs02 for what only it has. */
static void env_ctx_sync(void *priv, struct nested_ctx *ctx, uint32_t groups)
{
    struct vcpu *v = env_vcpu(priv);

    if ( !groups )
        return;
    vmx_vmptrld(mfn_x(hw_ctx(ctx)->vmx.vmcs) << PAGE_SHIFT);
    nested_save_groups(ctx, groups);
    vmx_vmptrld(mfn_x(v->arch.vmx.vmcs) << PAGE_SHIFT);
}

static void env_ctx_written(void *priv, struct nested_ctx *ctx, uint32_t enc)
{
    nested_shadow_written(env_vcpu(priv), ctx, enc);
}

static void env_ctx_current(void *priv, struct nested_ctx *from,
                            struct nested_ctx *to)
{
    struct vcpu *v = env_vcpu(priv);

    if ( from )
        nested_shadow_import(v, from);
    nested_shadow_link(v, to);
}

static void env_invept(void *priv, unsigned int type, uint64_t eptp)
{
    struct nested_domain *nd = env_vcpu(priv)->domain->nested;

    spin_lock(&nd->lock);
    if ( type == INVEPT_SINGLE )
        ept02_invalidate(&nd->ept02, eptp);
    else
        ept02_invalidate_all(&nd->ept02);
    spin_unlock(&nd->lock);
}

/*
 * Linear addresses of a VPID02 are invalidated at once where the machine can;
 * the other types cost the whole VPID02 at its next entry.
 */
static void env_invvpid(void *priv, unsigned int type, uint16_t vpid,
                        uint64_t la)
{
    struct nested_hw_vcpu *hv = priv;

    for ( unsigned int i = 0; i < NESTED_CTX_MAX; i++ )
    {
        struct nested_ctx *ctx = hv->nv.ctx[i];

        if ( !ctx || !vpid02_matches(&ctx->v12, type, vpid) )
            continue;
        if ( type == INVVPID_ADDR && !hw_ctx(ctx)->flush_vpid &&
             (vmx_caps.raw.ept_vpid & VPID_CAP_INVVPID_ADDR) )
            vmx_invvpid(INVVPID_ADDR, hw_ctx(ctx)->vmx.vpid, la);
        else
            hw_ctx(ctx)->flush_vpid = true;
    }
}

const struct nested_env nested_hw_env = {
    .read_phys = env_read_phys,
    .write_phys = env_write_phys,
    .or_phys = env_or_phys,
    .read_linear = env_read_linear,
    .write_linear = env_write_linear,
    .get_segment = env_get_segment,
    .ctx_init = env_ctx_init,
    .ctx_destroy = env_ctx_destroy,
    .ctx_reuse = env_ctx_reuse,
    .ctx_sync = env_ctx_sync,
    .ctx_written = env_ctx_written,
    .ctx_current = env_ctx_current,
    .invept = env_invept,
    .invvpid = env_invvpid,
    .alloc = env_alloc,
    .free = env_free,
};

/* --- Life cycle --- */
static uint64_t *table_alloc(void *priv __maybe_unused, uint64_t *pa)
{
    uint64_t *table = alloc_xenheap_page();

    if ( table )
        *pa = virt_to_maddr(table);
    return table;
}

static void table_free(void *priv __maybe_unused, uint64_t *table,
                       uint64_t pa __maybe_unused)
{
    free_xenheap_page(table);
}

int nested_domain_init(struct domain *d)
{
    const struct ept02_ops ops = { .alloc = table_alloc, .free = table_free };
    struct nested_domain *nd = xzalloc(struct nested_domain);
    uint64_t pages =
        max(d->max_pages / EPT02_PAGES_RATIO, (uint64_t)EPT02_PAGES_MIN);

    if ( !nd )
        return -ENOMEM;
    pages = min(pages, (uint64_t)EPT02_PAGES_LIMIT);
    nd->pages = xzalloc_array(struct ept02_page, pages);
    if ( !nd->pages )
    {
        xfree(nd);
        return -ENOMEM;
    }
    spin_lock_init(&nd->lock);
    ept02_init(&nd->ept02, &ops, nd->pages, pages);
    d->nested = nd;

    return 0;
}

void nested_domain_destroy(struct domain *d)
{
    struct nested_domain *nd = d->nested;

    d->nested = NULL;
    ept02_destroy(&nd->ept02);
    xfree(nd->pages);
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
    stop_timer(&hv->halt_timer);
    hv->halt_start = 0;
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

void nested_vcpu_reset(struct vcpu *v)
{
    struct nested_hw_vcpu *hv = nested_hw(v);

    leave_guest_mode(v);
    vmx_vmcs_enter(v);
    nested_set_current(&hv->nv, NULL);
    vmx_vmcs_exit(v);
    nested_ctx_drop_all(&hv->nv);
    nested_state_reset(&hv->nv);
}

bool nested_guest_mode(const struct vcpu *v)
{
    return v->arch.nested->state.guest_mode;
}

/* --- Registers and MSRs that VMX operation has a say in --- */
bool nested_cr0_allowed(const struct vcpu *v, uint64_t val)
{
    const struct nested_vcpu *nv = v->arch.nested;
    const struct nested_caps *caps = nv->caps;

    return !nv->state.vmx_on || nv->state.guest_mode ||
           (val & caps->cr0_fixed0) == caps->cr0_fixed0;
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

/* --- VMX instructions of L1 --- */
static void inject_fault(const struct nested_fault *f)
{
    if ( f->vector == X86_EXC_PF )
        hvm_inject_page_fault(f->cr2, f->error);
    else
        hvm_inject_exception(f->vector, f->has_error ? (int)f->error : -1);
}

static void read_cpu(struct vcpu *v, uint32_t reason, struct insn_cpu *cpu)
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
    struct insn_exit exit = {
        .reason = reason,
        .info = vmread(VMCS_exit_insn_info),
        .qual = vmread(VMCS_exit_qualification),
    };
    struct insn_outcome out;
    struct insn_cpu cpu;
    uint64_t rsp;

    if ( unlikely(!nv->state.vmx_on) )
        nested_domain_caps(v->domain);
    read_cpu(v, reason, &cpu);
    rsp = v->arch.gprs.rsp;
    out = nested_emulate_insn(nv, &cpu, &exit);

    switch ( out.result )
    {
    case INSN_FAULT:
        inject_fault(&out.fault);
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

    if ( unlikely(v->arch.gprs.rsp != rsp) )
        vmwrite(VMCS_guest_rsp, v->arch.gprs.rsp);
    vmwrite(VMCS_guest_rflags, insn_rflags(cpu.rflags, &out));
    vmx_skip_insn();
}
