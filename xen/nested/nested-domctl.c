/* SPDX-License-Identifier: MIT */
/* What the toolstack is told of a domain's nested VMX: `xl nested`. */

#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <nidus/nidus-domctl.h>

#include "nested-hw.h"

#define NR_COUNTERS (NIDUS_NESTED_exits + 2 * EXIT_REASON_COUNT)

_Static_assert(NIDUS_NESTED_MSRS == VMX_MSR_COUNT, "ABI");
_Static_assert(sizeof(struct nidus_domctl_nested) <=
                   sizeof(((struct xen_domctl *)0)->u),
               "fits into every domctl");

static void add_vcpu(uint64_t *c, const struct nested_stats *s)
{
    c[NIDUS_NESTED_insns] += s->insns;
    c[NIDUS_NESTED_entries] += s->entries;
    c[NIDUS_NESTED_entry_failures] += s->entry_failures;
    c[NIDUS_NESTED_ctx_hits] += s->ctx_hits;
    c[NIDUS_NESTED_ctx_misses] += s->ctx_misses;
    c[NIDUS_NESTED_ctx_evictions] += s->ctx_evictions;
    c[NIDUS_NESTED_shadow_exports] += s->shadow_exports;
    c[NIDUS_NESTED_shadow_imports] += s->shadow_imports;
    for ( unsigned int i = 0; i < EXIT_REASON_COUNT; i++ )
    {
        c[NIDUS_NESTED_exit_l0(i)] += s->exits_l0[i];
        c[NIDUS_NESTED_exit_l1(i)] += s->exits_l1[i];
    }
}

static void count_contexts(const struct nested_vcpu *nv,
                           struct nidus_domctl_nested *n)
{
    for ( unsigned int i = 0; i < NESTED_CTX_MAX; i++ )
    {
        const struct nested_ctx *ctx = nv->ctx[i];

        if ( !ctx || ctx->gpa == VMX_NO_CURRENT_VMCS )
            continue;
        n->contexts++;
        n->shadowed += ctx->hw && hw_ctx(ctx)->shadow;
    }
}

static void add_ept02(uint64_t *c, struct nested_domain *nd)
{
    spin_lock(&nd->lock);
    c[NIDUS_NESTED_ept_hits] = nd->ept02.hits;
    c[NIDUS_NESTED_ept_misses] = nd->ept02.misses;
    c[NIDUS_NESTED_ept_fills] = nd->ept02.fills;
    c[NIDUS_NESTED_ept_invalidations] = nd->ept02.invalidations;
    c[NIDUS_NESTED_ept_evictions] = nd->ept02.evictions;
    spin_unlock(&nd->lock);
}

static int put_counters(struct domain *d, struct nidus_domctl_nested *n)
{
    uint32_t room = min(n->nr_counters, (uint32_t)NR_COUNTERS);
    uint64_t *c = xzalloc_array(uint64_t, NR_COUNTERS);
    struct vcpu *v;
    int rc = 0;

    if ( !c )
        return -ENOMEM;
    /* Contexts come and go while their vCPU runs. */
    domain_pause(d);
    for_each_vcpu (d, v)
    {
        if ( !v->arch.nested )
            continue;
        add_vcpu(c, &v->arch.nested->stats);
        count_contexts(v->arch.nested, n);
    }
    domain_unpause(d);
    add_ept02(c, d->nested);
    if ( copy_to_guest(n->counters, c, room) )
        rc = -EFAULT;
    n->nr_counters = NR_COUNTERS;
    xfree(c);

    return rc;
}

int nested_domctl(struct domain *d, struct xen_domctl *op)
{
    struct nidus_domctl_nested n;
    const struct nested_caps *caps;
    uint32_t room;
    int rc;

    memcpy(&n, &op->u, sizeof(n));
    n.contexts = n.shadowed = 0;
    n.state = NIDUS_NESTED_ON;
    room = min(n.nr_msrs, (uint32_t)NIDUS_NESTED_MSRS);
    n.nr_msrs = 0;
    if ( !d->nested )
    {
        n.state = NIDUS_NESTED_CONFIG;
        n.nr_counters = 0;
    }
    else
    {
        if ( (rc = put_counters(d, &n)) )
            return rc;
        /* Asked for before, they would be frozen without the CPU policy. */
        if ( d->creation_finished )
        {
            caps = nested_domain_caps(d);
            if ( !VMX_MSR(&caps->msrs, MSR_IA32_VMX_BASIC) )
                n.state = NIDUS_NESTED_CPU;
            else if ( copy_to_guest(n.msrs, caps->msrs.val, room) )
                return -EFAULT;
            n.nr_msrs = NIDUS_NESTED_MSRS;
        }
    }
    memcpy(&op->u, &n, sizeof(n));

    return 0;
}
