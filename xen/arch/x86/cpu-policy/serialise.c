/* SPDX-License-Identifier: MIT */
/* CPU policy: the wire format of the cpu_policy domctl and sysctl. Pure. */

/*
 * Tools of Xen 4.17 keep a policy in fixed arrays: basic leaves up to 0xd,
 * six cache subleaves, three of leaf 7, two of leaf 0xb, 63 of leaf 0xd and
 * extended leaves up to 0x80000021. They refuse anything else, so the arrays
 * of struct cpu_policy have the same sizes. The hypervisor's own leaves are
 * represented by their limit alone.
 *
 * Which subleaves are sent is part of the format too: tools write a policy
 * back into a buffer of the length that they read. Leaves 4 and 0xb end with
 * the first empty subleaf, leaf 0xd has all up to its highest component.
 */
#include <xen/lib.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>

#define MSR_INTEL_PLATFORM_INFO 0xceu
#define MSR_ARCH_CAPS           0x10au
#define XEN_LEAF_VIRIDIAN       0x40000100u

/* Fields that are zero in the subleaf behind the last. */
#define CACHE_TYPE      0x1fu
#define TOPO_LEVEL_TYPE 0xff00u

struct leaf_writer
{
    xen_cpuid_leaf_t *out;
    uint32_t room, nr;
};

static void put_leaf(struct leaf_writer *w, uint32_t leaf, uint32_t subleaf,
                     const struct cpuid_leaf *l)
{
    if ( w->nr < w->room )
        w->out[w->nr] =
            (xen_cpuid_leaf_t){ leaf, subleaf, l->a, l->b, l->c, l->d };
    w->nr++;
}

static void put_subleaves(struct leaf_writer *w, uint32_t leaf,
                          const struct cpuid_leaf *l, uint32_t nr)
{
    for ( uint32_t i = 0; i < nr; i++ )
        put_leaf(w, leaf, i, &l[i]);
}

int cpu_policy_serialise_leaves(const struct cpu_policy *p,
                                xen_cpuid_leaf_t *leaves, uint32_t *nr)
{
    struct leaf_writer w = { leaves, *nr, 0 };
    uint32_t max_basic = min(p->basic[0].a, (uint32_t)CPUID_NR_BASIC - 1);
    uint32_t max_ext = min(p->ext[0].a & 0xffff, (uint32_t)CPUID_NR_EXT - 1);
    uint64_t xstates = p->xstate[0].a | p->xstate[1].c |
                       ((uint64_t)(p->xstate[0].d | p->xstate[1].d) << 32);
    struct cpuid_leaf limit = { .a = p->xen_max_leaf }, zero = { 0 };

    for ( uint32_t leaf = 0; leaf <= max_basic; leaf++ )
    {
        switch ( leaf )
        {
        case 4:
            for ( uint32_t i = 0; i < CPUID_NR_CACHE; i++ )
            {
                put_leaf(&w, leaf, i, &p->cache[i]);
                if ( !(p->cache[i].a & CACHE_TYPE) )
                    break;
            }
            break;
        case 7:
            put_subleaves(&w, leaf, p->feat,
                          min(p->feat[0].a, (uint32_t)CPUID_NR_FEAT - 1) + 1);
            break;
        case 0xb:
            for ( uint32_t i = 0; i < CPUID_NR_TOPO; i++ )
            {
                put_leaf(&w, leaf, i, &p->topo[i]);
                if ( !(p->topo[i].c & TOPO_LEVEL_TYPE) )
                    break;
            }
            break;
        case 0xd:
            put_subleaves(&w, leaf, p->xstate, 2);
            /* The tools write gaps too, into a buffer of our size. */
            for ( uint32_t i = 2; i < CPUID_NR_XSTATE && xstates >> i; i++ )
                put_leaf(&w, leaf, i, &p->xstate[i]);
            break;
        default:
            put_leaf(&w, leaf, XEN_CPUID_NO_SUBLEAF, &p->basic[leaf]);
            break;
        }
    }
    put_leaf(&w, XEN_CPUID_FIRST_LEAF, XEN_CPUID_NO_SUBLEAF, &limit);
    put_leaf(&w, XEN_LEAF_VIRIDIAN, XEN_CPUID_NO_SUBLEAF, &zero);
    for ( uint32_t i = 0; i <= max_ext; i++ )
        put_leaf(&w, CPUID_EXT_BASE + i, XEN_CPUID_NO_SUBLEAF, &p->ext[i]);

    *nr = w.nr;
    return w.nr <= w.room ? 0 : -ENOBUFS;
}

int cpu_policy_serialise_msrs(const struct cpu_policy *p, xen_msr_entry_t *msrs,
                              uint32_t *nr)
{
    uint32_t room = *nr;

    *nr = CPU_POLICY_MAX_MSRS;
    if ( room < CPU_POLICY_MAX_MSRS )
        return -ENOBUFS;
    msrs[0] = (xen_msr_entry_t){ MSR_INTEL_PLATFORM_INFO, 0, p->platform_info };
    msrs[1] = (xen_msr_entry_t){ MSR_ARCH_CAPS, 0, p->arch_caps };
    return 0;
}

/* Where a leaf of the wire format lives; NULL: nowhere. */
static struct cpuid_leaf *find_leaf(struct cpu_policy *p, uint32_t leaf,
                                    uint32_t subleaf)
{
    struct cpuid_leaf *sub = NULL;
    uint32_t nr = 0;

    switch ( leaf )
    {
    case 4:
        sub = p->cache;
        nr = CPUID_NR_CACHE;
        break;
    case 7:
        sub = p->feat;
        nr = CPUID_NR_FEAT;
        break;
    case 0xb:
        sub = p->topo;
        nr = CPUID_NR_TOPO;
        break;
    case 0xd:
        sub = p->xstate;
        nr = CPUID_NR_XSTATE;
        break;
    }
    if ( sub )
        return subleaf < nr ? &sub[subleaf] : NULL;

    if ( subleaf != XEN_CPUID_NO_SUBLEAF )
        return NULL;
    if ( leaf < CPUID_NR_BASIC )
        return &p->basic[leaf];
    if ( leaf - CPUID_EXT_BASE < CPUID_NR_EXT )
        return &p->ext[leaf - CPUID_EXT_BASE];
    return NULL;
}

int cpu_policy_deserialise_leaves(struct cpu_policy *p,
                                  const xen_cpuid_leaf_t *leaves, uint32_t nr,
                                  struct cpu_policy_error *err)
{
    *err = (struct cpu_policy_error){ ~0u, ~0u, ~0u };

    for ( uint32_t i = 0; i < nr; i++ )
    {
        const xen_cpuid_leaf_t *l = &leaves[i];
        struct cpuid_leaf *to = find_leaf(p, l->leaf, l->subleaf);

        if ( to )
            *to = (struct cpuid_leaf){ l->a, l->b, l->c, l->d };
        else if ( l->leaf == XEN_CPUID_FIRST_LEAF &&
                  l->subleaf == XEN_CPUID_NO_SUBLEAF )
            p->xen_max_leaf = l->a & 0xff;
        else if ( l->leaf != XEN_LEAF_VIRIDIAN ||
                  l->subleaf != XEN_CPUID_NO_SUBLEAF )
        {
            err->leaf = l->leaf;
            err->subleaf = l->subleaf;
            return -ERANGE;
        }
    }
    return 0;
}

int cpu_policy_deserialise_msrs(struct cpu_policy *p,
                                const xen_msr_entry_t *msrs, uint32_t nr,
                                struct cpu_policy_error *err)
{
    *err = (struct cpu_policy_error){ ~0u, ~0u, ~0u };

    for ( uint32_t i = 0; i < nr; i++ )
    {
        const xen_msr_entry_t *m = &msrs[i];

        err->msr = m->idx;
        if ( m->flags )
            return -EINVAL;
        switch ( m->idx )
        {
        case MSR_INTEL_PLATFORM_INFO:
            /* The wire value of this one has 32 bits of meaning. */
            if ( m->val >> 32 )
                return -EOVERFLOW;
            p->platform_info = m->val;
            break;
        case MSR_ARCH_CAPS:
            p->arch_caps = m->val;
            break;
        default:
            return -ERANGE;
        }
    }
    err->msr = ~0u;
    return 0;
}

void cpu_policy_to_featureset(const struct cpu_policy *p,
                              uint32_t fs[CPU_FEATURESET_NR])
{
    const uint32_t words[CPU_FEATURESET_NR] = {
        p->basic[1].d,  p->basic[1].c,      p->ext[1].d,  p->ext[1].c,
        p->xstate[1].a, p->feat[0].b,       p->feat[0].c, p->ext[7].d,
        p->ext[8].b,    p->feat[0].d,       p->feat[1].a, p->ext[0x21].a,
        p->feat[1].b,   p->feat[2].d,       p->feat[1].c, p->feat[1].d,
        p->arch_caps,   p->arch_caps >> 32,
    };

    memcpy(fs, words, sizeof(words));
}
