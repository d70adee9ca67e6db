/* SPDX-License-Identifier: MIT */
/* EPT of L2: exits, fills from EPT12 and the p2m, invalidation. */

#include <xen/domain.h>
#include <xen/lib.h>
#include <xen/smp.h>
#include <asm/emulate.h>
#include <asm/log-dirty.h>
#include <asm/nested-hvm.h>
#include <asm/processor.h>
#include <asm/vmx.h>
#include "../arch/x86/hvm/vmx/vmx-ops.h"

#include "checks.h"
#include "ept12-walk.h"
#include "nested-hw.h"

/* --- The EPT02 that a vmcs02 uses --- */
void nested_put_ept(struct vcpu *v, struct nested_hw_ctx *hw)
{
    struct nested_domain *nd = domain_nested(v);

    if ( !hw->root )
        return;
    spin_lock(&nd->lock);
    ept02_put(&nd->ept02, hw->root);
    spin_unlock(&nd->lock);
    hw->root = NULL;
}

static void out_of_guest(void *data __maybe_unused)
{
}

/*
 * Give tables up, and free them: a pCPU that was in an L2 has left it before
 * that, and flushes what it has cached of them before it enters one again.
 */
static void shrink(struct nested_domain *nd)
{
    uint64_t gen;

    spin_lock(&nd->lock);
    ept02_shrink(&nd->ept02);
    gen = nd->ept02.gen;
    spin_unlock(&nd->lock);

    on_selected_cpus(cpu_online_map, out_of_guest, NULL, true);

    spin_lock(&nd->lock);
    ept02_reap(&nd->ept02, gen);
    spin_unlock(&nd->lock);
}

static struct ept02_root *get_root(struct nested_domain *nd, uint64_t eptp12)
{
    struct ept02_root *root;

    spin_lock(&nd->lock);
    root = ept02_get(&nd->ept02, eptp12);
    spin_unlock(&nd->lock);

    return root;
}

int nested_set_ept(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_domain *nd = domain_nested(v);
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    uint64_t eptp12 = vmcs12_eptp(&ctx->v12), eptp = v->domain->p2m.eptp;
    int rc = 0;

    /*
     * L1 may have cleared dirty flags, and without VPIDs an entry has dropped
     * what was cached of them: it need not use INVEPT for them to be logged.
     */
    if ( unlikely(hw->dirtied) && (vmcs12_proc2(&ctx->v12) & PROC2_PML) &&
         !(vmcs12_proc2(&ctx->v12) & PROC2_VPID) )
        nested_hw_env.invept(nested_hw(v), INVEPT_SINGLE, eptp12);
    hw->dirtied = false;

    if ( !(vmcs12_proc2(&ctx->v12) & PROC2_EPT) )
        nested_put_ept(v, hw);
    else if ( !hw->root || !ept02_root_is(hw->root, eptp12) )
    {
        nested_put_ept(v, hw);
        hw->root = get_root(nd, eptp12);
        if ( !hw->root )
        {
            shrink(nd);
            hw->root = get_root(nd, eptp12);
        }
        if ( !hw->root )
            rc = -ENOMEM;
    }
    if ( hw->root )
        eptp = ept02_eptp(&nd->ept02, hw->root);
    if ( eptp != hw->eptp )
    {
        vmwrite(VMCS_ept_pointer, eptp);
        hw->eptp = eptp;
        hw->ept_gen = 0;
    }

    return rc;
}

void nested_flush_ept(struct vcpu *v, struct nested_hw_ctx *hw)
{
    struct nested_domain *nd = domain_nested(v);

    if ( !hw->root || likely(hw->ept_gen == READ_ONCE(nd->ept02.gen)) )
        return;
    /* Under the lock: what made it the new generation is complete then. */
    spin_lock(&nd->lock);
    hw->ept_gen = nd->ept02.gen;
    spin_unlock(&nd->lock);
    vmx_invept(vmx_caps.invept_single ? INVEPT_SINGLE : INVEPT_ALL, hw->eptp);
}

/* --- Filling it --- */
static uint64_t p2m_rights(p2m_type_t t)
{
    switch ( t )
    {
    case p2m_ram_rw:
    case p2m_map_foreign:
    case p2m_grant_map_rw:
    case p2m_xen:
    case p2m_mmio_direct:
        return EPT_RWX | EPT_XU;

    case p2m_ram_ro:
    case p2m_ram_logdirty:
        return EPT_R | EPT_FETCH;

    case p2m_grant_map_ro:
        return EPT_R;

    default:
        return 0;
    }
}

enum fill_result
{
    FILL_DONE,
    FILL_NO_MEMORY, /* of L1 at that address, or not with these rights */
};

/*
 * What the p2m has for the walk's result, into the EPT02. -EAGAIN: a write
 * that is to be logged first.
 */
static int fill_locked(struct vcpu *v, struct ept02_root *root, uint64_t l2_gpa,
                       uint64_t access, const struct ept12_walk *w)
{
    struct nested_domain *nd = domain_nested(v);
    uint64_t gfn = w->l1_gpa >> PAGE_SHIFT, rights;
    unsigned int order;
    struct ept02_map map;
    p2m_type_t t;
    mfn_t mfn;
    int rc;

    mfn = p2m_get_entry(v->domain, _gfn(gfn), &t, &order);
    if ( t == p2m_ram_logdirty && (access & w->rights & EPT_W) )
        return -EAGAIN;
    rights = p2m_rights(t) & w->rights;
    if ( ept12_rights_wanted(root->eptp12, access) & ~rights )
        return -EFAULT;
    /* Without the dirty flag a first write has to come back here. */
    if ( !w->dirty )
        rights &= ~EPT_W;

    order = min(order, w->order);
    if ( order >= PAGE_ORDER_1G && !vmx_caps.ept_1g )
        order = PAGE_ORDER_2M;
    if ( order >= PAGE_ORDER_2M && !vmx_caps.ept_2m )
        order = PAGE_ORDER_4K;
    map = (struct ept02_map){
        .l2_gpa = l2_gpa,
        .pa = mfn_x(mfn) << PAGE_SHIFT,
        .gfn = gfn,
        .order = order,
        .bits =
            rights | (t == p2m_mmio_direct ? EPT_MEMTYPE_UC << EPT_MEMTYPE_SHIFT
                                           : w->memtype),
    };

    spin_lock(&nd->lock);
    rc = ept02_fill(&nd->ept02, root, &map);
    spin_unlock(&nd->lock);

    return rc;
}

/* The entry goes in before anybody can change what it was made from. */
static int try_fill(struct vcpu *v, struct nested_ctx *ctx, uint64_t l2_gpa,
                    uint64_t access, const struct ept12_walk *w)
{
    int rc;

    spin_lock(&v->domain->p2m.lock);
    rc = fill_locked(v, hw_ctx(ctx)->root, l2_gpa, access, w);
    spin_unlock(&v->domain->p2m.lock);

    return rc;
}

static enum fill_result fill(struct vcpu *v, struct nested_ctx *ctx,
                             uint64_t l2_gpa, uint64_t access,
                             const struct ept12_walk *w)
{
    int rc = try_fill(v, ctx, l2_gpa, access, w);

    /* Where the reader of the log is quicker, L2's retry comes back here. */
    if ( rc == -EAGAIN )
    {
        log_dirty_fault(v->domain, gaddr_to_gfn(w->l1_gpa));
        rc = try_fill(v, ctx, l2_gpa, access, w);
    }
    if ( rc == -ENOMEM )
    {
        shrink(domain_nested(v));
        rc = try_fill(v, ctx, l2_gpa, access, w);
    }
    /* After shrinking only if L0 is out of memory altogether. */
    if ( rc == -ENOMEM )
        domain_crash(v->domain, "no memory left for nested EPT");

    return rc == -EFAULT ? FILL_NO_MEMORY : FILL_DONE;
}

#define WALK_TRIES 8

static void walk(struct vcpu *v, struct nested_ctx *ctx, uint64_t l2_gpa,
                 uint64_t access, struct ept12_walk *w)
{
    /* L1 racing with itself for ever just retries from the instruction. */
    for ( unsigned int i = 0; i < WALK_TRIES; i++ )
    {
        ept12_access(v->arch.nested, &ctx->v12, l2_gpa, access, w);
        if ( w->status != EPT12_AGAIN )
            return;
    }
}

/* An instruction's own access, at a linear address that is known. */
static bool is_data_access(uint64_t qual)
{
    const uint64_t final = EPT_QUAL_GLA_VALID | EPT_QUAL_GLA_FINAL;

    return (qual & final) == final && !(qual & EPT_QUAL_FETCH);
}

paddr_t nested_l2_to_l1(struct vcpu *v, paddr_t gpa)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    struct ept12_walk w;

    if ( !hw_ctx(ctx)->root )
        return gpa;
    hv->p2m_locked = true;
    ept12_walk(&hv->nv, vmcs12_eptp(&ctx->v12), gpa, EPT_QUAL_READ, &w);
    hv->p2m_locked = false;

    return w.status == EPT12_OK ? w.l1_gpa : INVALID_PADDR;
}

/*
 * SDM "Convertible EPT Violations", "Virtualization Exceptions": true if L2
 * gets an exception instead of L1 an exit.
 */
static bool deliver_ve(struct vcpu *v, const struct nested_ctx *ctx,
                       const struct l2_exit *e, const struct ept12_walk *w)
{
    const struct vmcs12 *v12 = &ctx->v12;
    struct
    {
        uint32_t reason, busy;
        uint64_t qual, gla, gpa;
        uint16_t eptp_index;
    } __packed info = {
        .reason = EXIT_REASON_EPT_VIOLATION,
        .busy = ~0u,
        .qual = w->qual,
        .gla = e->gla,
        .gpa = e->gpa,
        .eptp_index = v12->eptp_index,
    };
    uint32_t busy;

    _Static_assert(offsetof(typeof(info), gpa) == VE_INFO_GPA, "layout");
    _Static_assert(offsetof(typeof(info), eptp_index) == VE_INFO_EPTP_INDEX,
                   "layout");
    if ( !(vmcs12_proc2(v12) & PROC2_VE) || w->suppress_ve ||
         (e->idt_info & INTR_INFO_VALID) || !(hvm_get_cr0() & X86_CR0_PE) ||
         nested_hw_env.read_phys(nested_hw(v), v12->ve_info_addr + VE_INFO_BUSY,
                                 &busy, sizeof(busy)) ||
         busy ||
         nested_hw_env.write_phys(nested_hw(v), v12->ve_info_addr, &info,
                                  sizeof(info)) )
        return false;
    hvm_inject_exception(X86_EXC_VE, -1);

    return true;
}

bool nested_switch_eptp(struct vcpu *v, uint32_t index)
{
    struct nested_hw_vcpu *hv = nested_hw(v);
    struct nested_ctx *ctx = hv->nv.cur;
    struct vmcs12 *v12 = &ctx->v12;
    uint64_t eptp;

    if ( index >= VMFUNC_EPTP_LIST_SIZE ||
         nested_hw_env.read_phys(hv, v12->eptp_list_addr + index * sizeof(eptp),
                                 &eptp, sizeof(eptp)) ||
         !check_eptp(hv->nv.caps, eptp) )
        return false;
    v12->ept_pointer = eptp;
    if ( vmcs12_proc2(v12) & PROC2_VE )
        v12->eptp_index = index;
    if ( nested_set_ept(v, ctx) )
        domain_crash(v->domain, "no memory left for nested EPT");

    return true;
}

bool nested_ept_exit(struct vcpu *v, struct l2_exit *e)
{
    struct nested_ctx *ctx = v->arch.nested->cur;
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    struct ept12_walk w;

    if ( !hw->root )
        return false;

    walk(v, ctx, e->gpa, e->qual, &w);
    switch ( w.status )
    {
    case EPT12_OK:
        /* Without VPIDs an entry looks at dirty flags anew: see set_ept. */
        hw->dirtied |= w.dirtied;
        if ( fill(v, ctx, e->gpa, e->qual, &w) == FILL_DONE )
            return true;
        /* A device that L0 emulates for L1, which L1 gives to L2. */
        if ( is_data_access(e->qual) &&
             hvm_emulate_access(v, w.l1_gpa, e->gla, EMUL_AT_GLA, NULL) !=
                 EMUL_UNHANDLED )
            return true;
        /*
         * LIMIT: L2 fetches code, or has page tables, where L1 has no memory,
         * or uses an instruction there that is not emulated. It is reported
         * to L1 as if EPT12 forbade it.
         */
        e->qual &= ~(EPT_RWX << 3 | EPT_QUAL_CAN_EXEC_USER);
        break;

    case EPT12_AGAIN:
        return true;

    case EPT12_PML_FULL:
        e->reason = EXIT_REASON_PML_FULL;
        e->qual &= EPT_QUAL_NMI_UNBLOCK;
        e->gpa = e->gla = 0;
        nested_vmexit(v, e);
        return true;

    case EPT12_MISCONFIG:
        e->reason = EXIT_REASON_EPT_MISCONFIG;
        e->qual = 0;
        e->gla = 0;
        break;

    case EPT12_VIOLATION:
        if ( deliver_ve(v, ctx, e, &w) )
            return true;
        e->qual = w.qual;
        hw->refill = true;
        hw->refill_gpa = e->gpa;
        break;
    }
    if ( e->reason != EXIT_REASON_EPT_MISCONFIG )
        e->reason = EXIT_REASON_EPT_VIOLATION;
    nested_vmexit(v, e);

    return true;
}

/*
 * L1 resumes L2 after a violation that it has most likely repaired. Filling
 * the translation now spares the exit that L2's retry would make. Reading
 * only: dirty flags are not to be set for what may not happen.
 */
void nested_refill_ept(struct vcpu *v, struct nested_ctx *ctx)
{
    struct nested_hw_ctx *hw = hw_ctx(ctx);
    struct ept12_walk w;

    hw->refill = false;
    if ( !hw->root )
        return;
    ept12_walk(v->arch.nested, vmcs12_eptp(&ctx->v12), hw->refill_gpa,
               EPT_QUAL_READ, &w);
    if ( w.status == EPT12_OK )
        (void)fill(v, ctx, hw->refill_gpa, EPT_QUAL_READ, &w);
}

/* --- The p2m changed --- */
/* The processor writes to virtual-APIC pages past all rights. */
void nested_mark_dirty(struct domain *d)
{
    struct vcpu *v;

    for_each_vcpu (d, v)
        for ( unsigned int i = 0; v->arch.nested && i < NESTED_CTX_MAX; i++ )
        {
            struct nested_ctx *ctx = v->arch.nested->ctx[i];

            if ( ctx && hw_ctx(ctx)->pin[PIN_PAGE_VAPIC] )
                p2m_mark_dirty(d, _gfn(hw_ctx(ctx)->pin_gfn[PIN_PAGE_VAPIC]));
        }
}

/* No translation is stale, but a page that was missing may be there now. */
void nested_p2m_filled(struct domain *d)
{
    struct nested_domain *nd = d->nested;

    spin_lock(&nd->lock);
    WRITE_ONCE(nd->p2m_gen, nd->p2m_gen + 1);
    spin_unlock(&nd->lock);
}

void nested_p2m_invalidate(struct domain *d, gfn_t gfn, unsigned int order)
{
    struct nested_domain *nd = d->nested;

    spin_lock(&nd->lock);
    ept02_invalidate_gfn(&nd->ept02, gfn_x(gfn), order);
    WRITE_ONCE(nd->p2m_gen, nd->p2m_gen + 1);
    spin_unlock(&nd->lock);
}
