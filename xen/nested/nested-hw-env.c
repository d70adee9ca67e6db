/* SPDX-License-Identifier: MIT */
/* What the pure part of nested VMX asks for: L1's memory, vmcs02s, flushes. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <asm/guest-walk.h>
#include <asm/log-dirty.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "nested-hw.h"
#include "vpid02.h"

static struct vcpu *env_vcpu(void *priv)
{
    return ((struct nested_hw_vcpu *)priv)->v;
}

/*
 * L1's memory at gpa, up to the end of its page; NULL if there is none. Pages
 * do not go away under a p2m entry, so the lock of the p2m is held until
 * l1_unmap(), unless a caller further up has it.
 */
static char *l1_map(struct nested_hw_vcpu *hv, uint64_t gpa, bool write)
{
    struct domain *d = hv->v->domain;
    unsigned int order;
    p2m_type_t t;
    mfn_t mfn;

    if ( !hv->p2m_locked )
        spin_lock(&d->p2m.lock);
    mfn = p2m_get_entry(d, gaddr_to_gfn(gpa), &t, &order);
    if ( !p2m_is_any_ram(t) || (write && p2m_is_readonly(t)) )
        return NULL;
    if ( write )
        p2m_mark_dirty(d, gaddr_to_gfn(gpa));

    return (char *)mfn_to_virt(mfn) + (gpa & ~PAGE_MASK);
}

/* To be called after every l1_map(). */
static void l1_unmap(struct nested_hw_vcpu *hv)
{
    if ( !hv->p2m_locked )
        spin_unlock(&hv->v->domain->p2m.lock);
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
        const char *from = l1_map(priv, gpa, false);

        if ( from && n == sizeof(uint64_t) )
            *(uint64_t *)to = *(const volatile uint64_t *)from;
        else if ( from )
            memcpy(to, from, n);
        l1_unmap(priv);
        if ( !from )
            return -EFAULT;
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
        char *to = l1_map(priv, gpa, true);

        if ( to )
            memcpy(to, from, n);
        l1_unmap(priv);
        if ( !to )
            return -EFAULT;
        from += n;
        gpa += n;
        len -= n;
    }

    return 0;
}

static int env_or_phys(void *priv, uint64_t gpa, uint64_t old, uint64_t bits)
{
    uint64_t *p = (uint64_t *)l1_map(priv, gpa, true);
    int rc = -EFAULT;

    if ( p )
        rc = __atomic_compare_exchange_n(p, &old, old | bits, false,
                                         __ATOMIC_RELAXED, __ATOMIC_RELAXED)
                 ? 0
                 : -EAGAIN;
    l1_unmap(priv);

    return rc;
}

int nested_fetch_posted(struct nested_hw_vcpu *hv, uint64_t gpa,
                        uint32_t requests[8])
{
    char *desc = l1_map(hv, gpa, true);

    if ( desc )
    {
        /* In this order: what is posted later notifies again. */
        __atomic_fetch_and((uint8_t *)desc + PI_DESC_ON_BYTE,
                           (uint8_t)~PI_DESC_ON, __ATOMIC_SEQ_CST);
        for ( unsigned int i = 0; i < 8; i++ )
            requests[i] =
                __atomic_exchange_n((uint32_t *)desc + i, 0, __ATOMIC_SEQ_CST);
    }
    l1_unmap(hv);

    return desc ? 0 : -EFAULT;
}

static int page_fault(uint64_t la, uint32_t pfec, struct nested_fault *fault)
{
    *fault = (struct nested_fault){
        .vector = X86_EXC_PF, .has_error = true, .error = pfec, .cr2 = la
    };
    return -EFAULT;
}

static int env_read_linear(void *priv, uint64_t la, void *buf, size_t len,
                           struct nested_fault *fault)
{
    while ( len )
    {
        size_t n = page_part(la, len);
        uint32_t pfec;
        int rc = guest_read_page(env_vcpu(priv), la, buf, n, &pfec);

        if ( rc == -EFAULT )
            return page_fault(la, pfec, fault);
        /* Where nothing answers the bus reads ones. */
        if ( rc )
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
    uint32_t pfec;
    paddr_t gpa;

    /* Both pages first: nothing is written if one of them faults. */
    if ( first < len )
    {
        if ( guest_walk(v, la, true, &gpa, &pfec) )
            return page_fault(la, pfec, fault);
        if ( guest_walk(v, la + first, true, &gpa, &pfec) )
            return page_fault(la + first, pfec, fault);
    }
    if ( guest_write_page(v, la, buf, first, &pfec) == -EFAULT )
        return page_fault(la, pfec, fault);
    if ( first < len )
        (void)guest_write_page(v, la + first, (const char *)buf + first,
                               len - first, &pfec);

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
        if ( !(hv->vpid_used & (1ull << i)) )
        {
            hv->vpid_used |= 1ull << i;
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
            hv->vpid_used &= ~(1ull << i);
}

/* vmcs02, MSR bitmap, shadow VMCS, and what describes them. */
#define CTX_PAGES                                                           \
    (3 +                                                                    \
     DIV_ROUND_UP(sizeof(struct nested_ctx) + sizeof(struct nested_hw_ctx), \
                  PAGE_SIZE))

static int env_ctx_init(void *priv, struct nested_ctx *ctx)
{
    struct nested_hw_vcpu *hv = priv;
    struct nested_hw_ctx *hw;
    uint32_t *vmcs;

    if ( !p2m_charge(hv->v->domain, CTX_PAGES) )
        return -ENOMEM;
    hw = xzalloc(struct nested_hw_ctx);
    if ( !hw )
    {
        p2m_uncharge(hv->v->domain, CTX_PAGES);
        return -ENOMEM;
    }
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
    hw->vmx.host_cpu = NR_CPUS;
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
    p2m_uncharge(hv->v->domain, CTX_PAGES);
}

static void env_ctx_reuse(void *priv, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);

    nested_put_ept(env_vcpu(priv), hw);
    hw->flush_vpid = true;
    hw->refill = false;
    hw->host_valid = false;
    hw->statics_valid = false;
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

    for ( unsigned int i = 0; i < hv->nv.ctx_slots; i++ )
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
