/* SPDX-License-Identifier: MIT */
/* Nested VMX: theory, and the cache of active vmcs12s. */
#include "nested.h"

/*
 * Theory
 * ======
 *
 * L1 is a guest with nestedhvm=1 that runs guests of its own, L2. The
 * processor knows one level only, so L0 (this hypervisor) plays VT-x to L1:
 *
 *   vmcs01  L0's VMCS for L1
 *   vmcs12  L1's VMCS for L2: a plain struct (vmcs12.h). While active it lives
 *           in L0; L1's memory has an image of it only after VMCLEAR.
 *   vmcs02  L0's VMCS that really runs L2, merged from the other two
 *
 * and the same for memory: the p2m maps L1-physical to machine, L1's EPT12
 * maps L2-physical to L1-physical, and EPT02 is the two folded into one
 * (ept12-walk.c, ept02.c).
 *
 * An L1 instruction such as VMWRITE exits to L0 and is carried out here on the
 * vmcs12 (insn-*.c). VMLAUNCH and VMRESUME check the vmcs12 (checks-*.c) as
 * the SDM has it, merge it (merge-*.c) and let L2 run. When L2 exits, route.c
 * says whether L0 wants the exit, L1 wants it, or nobody: L0 then serves L2 as
 * it would serve L1. For L1, reflect.c writes the exit into the vmcs12 and
 * makes L1's host state from it.
 *
 * Only nested-hw*.c touch the processor. Everything else takes the
 * capabilities as a struct, L1's memory through struct nested_env, and gives
 * its results as structs: so it runs, unchanged, in tests on any machine.
 *
 * Trust. Whatever lies in L1's memory may change at any time. It is copied
 * once, and the copy is checked and used: an active vmcs12 is never read from
 * memory again. The vmcs12 itself is hostile too, so nothing in it reaches the
 * vmcs02 without having been checked or replaced.
 *
 * Cost. Most entries repeat the last one but for RIP. Fields form groups
 * (enum vmcs12_group); a write by L1 marks the group, and an unmarked group is
 * neither checked nor merged again. The other way, guest state that L1 seldom
 * reads stays in the vmcs02 until L1 asks for it (nested_ctx.stale). Each
 * vmcs12 keeps its vmcs02 as long as it is active, so an L1 that switches
 * between L2 vCPUs finds each as it left it.
 *
 * Software. What a processor would do to L1's memory behind our back it does
 * not get to do: bitmaps of ports, page-modification logs, shadow VMCSs of L2,
 * #VE, EPTP switching and posted interrupts are all served here (route.c,
 * ept12-walk.c, insn-shadow.c, vapic.c), so they are the same on every machine.
 * The one exception is the virtual-APIC page, which the processor may have
 * besides vapic.c (nested-hw-vapic.c). merge_is_safe() says which controls must
 * not reach the vmcs02.
 *
 * Ownership. A nested_vcpu and its contexts belong to one L1 vCPU and are
 * used by the pCPU that runs it, without locks; INIT and start-up IPIs from
 * others leave a note (struct nested_notes). EPT02s belong to the domain and
 * have a lock of their own, which nests inside the p2m's.
 *
 * Not done: 32-bit L1s get no VMX in compatibility mode (as on hardware), SMM
 * is not offered, and neither is dual-monitor treatment.
 */

static void context_destroy(struct nested_vcpu *nv, unsigned int slot)
{
    struct nested_ctx *ctx = nv->ctx[slot];

    nv->ctx[slot] = NULL;
    if ( nv->cur == ctx )
        nv->cur = NULL;
    nv->env->ctx_destroy(nv->priv, ctx);
    nv->env->free(nv->priv, ctx);
}

void nested_state_reset(struct nested_vcpu *nv)
{
    nv->state = (struct nested_state){
        .vmxon_ptr = VMX_NO_CURRENT_VMCS,
        .current_ptr = VMX_NO_CURRENT_VMCS,
        .feature_control = nv->state.feature_control,
    };
}

static uint8_t *hint_of(struct nested_vcpu *nv, uint64_t gpa)
{
    return &nv->ctx_hint[(gpa / VMCS_REGION_SIZE) % NESTED_CTX_HINTS];
}

struct nested_ctx *nested_ctx_find(struct nested_vcpu *nv, uint64_t gpa)
{
    struct nested_ctx *ctx = nv->ctx[*hint_of(nv, gpa)];

    if ( ctx && ctx->gpa == gpa )
        return ctx;
    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] && nv->ctx[i]->gpa == gpa )
        {
            *hint_of(nv, gpa) = i;
            return nv->ctx[i];
        }

    return NULL;
}

static void write_back(struct nested_vcpu *nv, struct nested_ctx *ctx)
{
    nv->env->ctx_sync(nv->priv, ctx, ctx->stale);
    ctx->stale = 0;
    /*
     * L1 may have given the page away meanwhile. Its loss: hardware would
     * write to whatever is at the address too.
     */
    (void)nv->env->write_phys(nv->priv, ctx->gpa, &ctx->v12, sizeof(ctx->v12));
}

static bool is_idle(const struct nested_ctx *ctx)
{
    return ctx->gpa == VMX_NO_CURRENT_VMCS;
}

void nested_ctx_flush(struct nested_vcpu *nv, struct nested_ctx *ctx)
{
    write_back(nv, ctx);
    ctx->gpa = VMX_NO_CURRENT_VMCS;
}

void nested_ctx_flush_all(struct nested_vcpu *nv)
{
    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] )
        {
            if ( !is_idle(nv->ctx[i]) )
                write_back(nv, nv->ctx[i]);
            context_destroy(nv, i);
        }
}

void nested_ctx_write_all(struct nested_vcpu *nv)
{
    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] && !is_idle(nv->ctx[i]) )
            write_back(nv, nv->ctx[i]);
}

void nested_ctx_drop_all(struct nested_vcpu *nv)
{
    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] )
            context_destroy(nv, i);
}

/*
 * The slot to use for another vmcs12: one with an idle context or a free one;
 * NESTED_CTX_MAX when all are in use.
 */
static unsigned int find_slot(const struct nested_vcpu *nv)
{
    unsigned int free = nv->ctx_slots;

    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
    {
        if ( !nv->ctx[i] )
            free = min(free, i);
        else if ( is_idle(nv->ctx[i]) )
            return i;
    }

    return free;
}

/* The context unused for longest makes room; NULL if only the current is. */
static struct nested_ctx *evict(struct nested_vcpu *nv)
{
    struct nested_ctx *oldest = NULL;

    for ( unsigned int i = 0; i < nv->ctx_slots; i++ )
        if ( nv->ctx[i] && nv->ctx[i] != nv->cur &&
             (!oldest || nv->ctx[i]->last_use < oldest->last_use) )
            oldest = nv->ctx[i];
    if ( !oldest )
        return NULL;
    nv->stats.ctx_evictions++;
    nested_ctx_flush(nv, oldest);

    return oldest;
}

static struct nested_ctx *context_create(struct nested_vcpu *nv,
                                         unsigned int slot, int *err)
{
    struct nested_ctx *ctx = nv->env->alloc(nv->priv, sizeof(*ctx));

    *err = -ENOMEM;
    if ( !ctx )
        return NULL;
    ctx->gpa = VMX_NO_CURRENT_VMCS;
    nv->ctx[slot] = ctx;
    nv->ctx_slots = max(nv->ctx_slots, slot + 1);
    *err = nv->env->ctx_init(nv->priv, ctx);
    if ( *err )
    {
        context_destroy(nv, slot);
        return NULL;
    }

    return ctx;
}

struct nested_ctx *nested_ctx_load(struct nested_vcpu *nv, uint64_t gpa,
                                   int *err)
{
    struct nested_ctx *ctx = nested_ctx_find(nv, gpa);
    unsigned int slot;

    *err = 0;
    if ( ctx )
    {
        nv->stats.ctx_hits++;
        return ctx;
    }

    nv->stats.ctx_misses++;
    slot = find_slot(nv);
    if ( slot < NESTED_CTX_MAX && !nv->ctx[slot] )
        ctx = context_create(nv, slot, err);
    if ( !ctx )
    {
        ctx =
            slot < NESTED_CTX_MAX && nv->ctx[slot] ? nv->ctx[slot] : evict(nv);
        if ( !ctx )
            return NULL;
        nv->env->ctx_reuse(nv->priv, ctx);
    }

    ctx->unchecked = ctx->unmerged = VMCS12_GROUPS_ALL;
    ctx->stale = 0;
    *err = nv->env->read_phys(nv->priv, gpa, &ctx->v12, sizeof(ctx->v12));
    if ( *err )
        return NULL; /* it stays idle */
    ctx->gpa = gpa;

    return ctx;
}

void nested_set_current(struct nested_vcpu *nv, struct nested_ctx *ctx)
{
    nv->env->ctx_current(nv->priv, nv->cur, ctx);
    nv->cur = ctx;
    nv->state.current_ptr = ctx ? ctx->gpa : VMX_NO_CURRENT_VMCS;
    if ( ctx )
        ctx->last_use = ++nv->use_clock;
}
