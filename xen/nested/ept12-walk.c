/* SPDX-License-Identifier: MIT */
/* SDM "EPT Translation Mechanism", on L1's tables in L1's memory. */
#include "checks.h"
#include "ept12-walk.h"

#define LEVEL_BITS     9
#define LEVEL_SHIFT(l) (12 + LEVEL_BITS * ((l)-1))
#define LEVEL_ORDER(l) (LEVEL_BITS * ((l)-1))
#define INDEX_MASK     0x1ffULL

/*
 * Rights that are no sensible combination, of those that all have. SDM "EPT
 * Misconfigurations"
 */
static bool rights_misconfigured(const struct nested_caps *caps, uint64_t e,
                                 uint64_t all)
{
    if ( e & EPT_R )
        return false;
    if ( e & EPT_W )
        return true;

    return (e & all & EPT_FETCH) && !(caps->ept_vpid & EPT_CAP_EXEC_ONLY);
}

static bool memtype_misconfigured(uint64_t e)
{
    unsigned int type = (e & EPT_MEMTYPE_MASK) >> EPT_MEMTYPE_SHIFT;

    return type == 2 || type == 3 || type == 7;
}

#define NONLEAF_RESERVED (EPT_MEMTYPE_MASK | EPT_IPAT)

static bool is_leaf(uint64_t e, unsigned int level)
{
    return level == 1 || ((level == 2 || level == 3) && (e & EPT_LEAF));
}

static bool misconfigured(const struct nested_caps *caps, uint64_t e,
                          unsigned int level, uint64_t all)
{
    uint64_t reserved = EPT_ADDR_MASK & ~((1ULL << caps->opts.maxphyaddr) - 1);

    if ( is_leaf(e, level) )
    {
        if ( memtype_misconfigured(e) ||
             (level == 3 && !(caps->ept_vpid & EPT_CAP_1G)) ||
             (level == 2 && !(caps->ept_vpid & EPT_CAP_2M)) )
            return true;
        reserved |= (1ULL << LEVEL_SHIFT(level)) - (1ULL << 12);
    }
    else
        reserved |= NONLEAF_RESERVED | (level > 3 ? EPT_LEAF : 0);

    return rights_misconfigured(caps, e, all) || (e & reserved);
}

/* Set flags in an entry unless they are: false if the entry changed. */
static bool set_flags(const struct nested_vcpu *nv, uint64_t gpa, uint64_t e,
                      uint64_t flags)
{
    return !(flags & ~e) || nv->env->or_phys(nv->priv, gpa, e, flags) == 0;
}

#define QUAL_FROM_CPU                                                       \
    (EPT_QUAL_READ | EPT_QUAL_WRITE | EPT_QUAL_FETCH | EPT_QUAL_GLA_VALID | \
     EPT_QUAL_GLA_FINAL | EPT_QUAL_ADV_MASK | EPT_QUAL_NMI_UNBLOCK)
#define QUAL_RIGHTS_SHIFT 3

static void violation(struct ept12_walk *w, uint64_t access)
{
    w->status = EPT12_VIOLATION;
    w->qual = (access & QUAL_FROM_CPU) |
              (w->rights & EPT_RWX) << QUAL_RIGHTS_SHIFT |
              (w->rights & EPT_XU ? EPT_QUAL_CAN_EXEC_USER : 0);
}

uint64_t ept12_rights_wanted(uint64_t eptp, uint64_t access)
{
    uint64_t rights = access & EPT_RWX; /* EPT_QUAL_* and EPT_* correspond */

    if ( (eptp & EPTP_MBEC) && (access & EPT_QUAL_FETCH) &&
         (access & EPT_QUAL_USER) )
        rights = (rights & ~EPT_X) | EPT_XU;

    return rights;
}

/* The entries of a walk, from the root's level down to the leaf's. */
struct path
{
    uint64_t eptp;
    uint64_t all; /* rights that entries can give */
    unsigned int top, leaf;
    uint64_t at[5], entry[5]; /* by level - 1 */
};

/* Down to the leaf: false with w's status where there is none. */
static bool descend(const struct nested_vcpu *nv, struct path *p,
                    uint64_t l2_gpa, uint64_t access, struct ept12_walk *w)
{
    uint64_t table = p->eptp & EPT_ADDR_MASK, e;
    unsigned int level;

    /* More bits than the levels translate: nothing is mapped there. */
    if ( l2_gpa >> LEVEL_SHIFT(p->top + 1) )
    {
        w->rights = 0;
        w->suppress_ve = true;
        violation(w, access);
        return false;
    }

    for ( level = p->top;; level-- )
    {
        uint64_t at = table + (l2_gpa >> LEVEL_SHIFT(level) & INDEX_MASK) * 8;

        /* Where L1 has no memory the tables read as not present. */
        if ( nv->env->read_phys(nv->priv, at, &e, sizeof(e)) )
            e = 0;
        p->at[level - 1] = at;
        p->entry[level - 1] = e;
        w->suppress_ve = e & EPT_SUPPRESS_VE;

        if ( !(e & p->all) )
        {
            w->rights = 0;
            violation(w, access);
            return false;
        }
        if ( misconfigured(nv->caps, e, level, p->all) )
        {
            w->status = EPT12_MISCONFIG;
            return false;
        }
        w->rights &= e;
        if ( is_leaf(e, level) )
            break;
        table = e & EPT_ADDR_MASK;
    }

    p->leaf = level;
    w->order = LEVEL_ORDER(level);
    w->memtype = e & (EPT_MEMTYPE_MASK | EPT_IPAT);
    w->l1_gpa = (e & EPT_ADDR_MASK & ~((1ULL << LEVEL_SHIFT(level)) - 1)) |
                (l2_gpa & ((1ULL << LEVEL_SHIFT(level)) - 1));

    return true;
}

/* May the leaf become dirty, and did it? */
struct dirtying
{
    bool allowed, done;
};

/* SDM "Accessed and Dirty Flags for EPT": those of the walk's entries. */
static void mark(const struct nested_vcpu *nv, const struct path *p, bool write,
                 struct dirtying *dirtying, struct ept12_walk *w)
{
    uint64_t e = p->entry[p->leaf - 1];

    dirtying->done = write && !(e & EPT_DIRTY);
    if ( dirtying->done && !dirtying->allowed )
    {
        w->status = EPT12_PML_FULL;
        return;
    }
    for ( unsigned int l = p->top; l >= p->leaf; l-- )
    {
        uint64_t flags = EPT_ACCESSED;

        if ( l == p->leaf && write )
            flags |= EPT_DIRTY;
        if ( !set_flags(nv, p->at[l - 1], p->entry[l - 1], flags) )
        {
            w->status = EPT12_AGAIN;
            return;
        }
    }
    w->dirty = (e & EPT_DIRTY) || write;
    w->dirtied = dirtying->done;
}

static void walk(const struct nested_vcpu *nv, uint64_t eptp, uint64_t l2_gpa,
                 uint64_t access, struct dirtying *dirtying,
                 struct ept12_walk *w)
{
    struct path p = {
        .eptp = eptp,
        .all = EPT_RWX | (eptp & EPTP_MBEC ? EPT_XU : 0),
        .top = ((eptp & EPTP_WALK_MASK) >> EPTP_WALK_SHIFT) + 1,
    };
    uint64_t wanted = access;

    *w = (struct ept12_walk){ .rights = p.all };
    /* SDM "Accessed and Dirty Flags for EPT": L2's own walks write. */
    if ( (eptp & EPTP_AD) && (access & EPT_QUAL_GLA_VALID) &&
         !(access & EPT_QUAL_GLA_FINAL) )
        wanted |= EPT_QUAL_READ | EPT_QUAL_WRITE;
    if ( !descend(nv, &p, l2_gpa, wanted, w) )
        return;
    if ( ept12_rights_wanted(eptp, wanted) & ~w->rights )
    {
        violation(w, wanted);
        return;
    }

    w->dirty = true;
    if ( eptp & EPTP_AD )
        mark(nv, &p, wanted & EPT_QUAL_WRITE, dirtying, w);
}

void ept12_walk(const struct nested_vcpu *nv, uint64_t eptp, uint64_t l2_gpa,
                uint64_t access, struct ept12_walk *w)
{
    struct dirtying dirtying = { .allowed = true };

    walk(nv, eptp, l2_gpa, access, &dirtying, w);
}

#define PML_ENTRIES 512

void ept12_access(const struct nested_vcpu *nv, struct vmcs12 *v,
                  uint64_t l2_gpa, uint64_t access, struct ept12_walk *w)
{
    bool pml = vmcs12_proc2(v) & PROC2_PML;
    struct dirtying dirtying = {
        .allowed = !pml || v->guest_pml_index < PML_ENTRIES,
    };
    uint64_t page = l2_gpa & EPT_ADDR_MASK;

    walk(nv, vmcs12_eptp(v), l2_gpa, access, &dirtying, w);
    if ( !pml || w->status != EPT12_OK || !dirtying.done )
        return;

    /* Where L1 has no memory the entry is lost, as on hardware. */
    (void)nv->env->write_phys(
        nv->priv, v->pml_address + v->guest_pml_index * sizeof(page), &page,
        sizeof(page));
    v->guest_pml_index--;
}
