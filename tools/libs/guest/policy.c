/* SPDX-License-Identifier: MIT */
/* From the default CPU policy to that of one domain. */

#include <string.h>

#include "private.h"

/* Leaves and fields, SDM "CPUID--CPU Identification" */
#define LEAF_VENDOR         0x0u
#define LEAF_FEATURES       0x1u
#define LEAF_CACHES         0x4u
#define LEAF_EXT            0x80000001u
#define LEAF_POWER          0x80000007u
#define LEAF_SIZES          0x80000008u

#define VENDOR_EBX_INTEL    0x756e6547u /* "Genu" */
#define VENDOR_EBX_AMD      0x68747541u /* "Auth" */

#define FEAT_ECX_VMX        (1u << 5)
#define FEAT_EDX_HTT        (1u << 28)
#define FEAT_EBX_LPPP       0x00ff0000u /* logical processors per package */
#define FEAT_EBX_LPPP_TOP   0x00800000u
#define EXT_ECX_CMP_LEGACY  (1u << 1)
#define EXT_ECX_SVM         (1u << 2)
#define POWER_EDX_ITSC      (1u << 8)

#define CACHE_TYPE_MASK     0x1fu
#define CACHE_THREADS_MASK  0x03ffc000u
#define CACHE_CORES_SHIFT   26
#define CACHE_CORES_MASK    0x3fu
#define SIZES_ECX_NC_MASK   0xffu
#define SIZES_ECX_ID_SHIFT  12
#define SIZES_ECX_ID_MASK   0xfu
#define SIZES_NC_MAX_DOUBLE 0x7fu

static xen_cpuid_leaf_t *find(xen_cpuid_leaf_t *leaves, uint32_t nr,
                              uint32_t leaf, uint32_t subleaf)
{
    uint32_t i;

    for ( i = 0; i < nr; i++ )
        if ( leaves[i].leaf == leaf && leaves[i].subleaf == subleaf )
            return &leaves[i];
    return NULL;
}

static uint32_t *reg_of(xen_cpuid_leaf_t *leaf, unsigned int reg)
{
    switch ( reg )
    {
    case 0:
        return &leaf->a;
    case 1:
        return &leaf->b;
    case 2:
        return &leaf->c;
    default:
        return &leaf->d;
    }
}

static void assign(uint32_t *reg, uint32_t bits, bool value)
{
    *reg = value ? *reg | bits : *reg & ~bits;
}

/* The kernel derives cores from these; APIC ids step by two, so all double. */
static void double_intel(xen_cpuid_leaf_t *leaves, uint32_t nr)
{
    uint32_t i, cores;

    for ( i = 0; i < nr; i++ )
    {
        if ( leaves[i].leaf != LEAF_CACHES || !(leaves[i].a & CACHE_TYPE_MASK) )
            continue;
        cores = (leaves[i].a >> CACHE_CORES_SHIFT) & CACHE_CORES_MASK;
        cores = ((cores << 1) | 1) & CACHE_CORES_MASK;
        leaves[i].a &=
            ~(CACHE_THREADS_MASK | (CACHE_CORES_MASK << CACHE_CORES_SHIFT));
        leaves[i].a |= cores << CACHE_CORES_SHIFT;
    }
}

static void double_amd(xen_cpuid_leaf_t *leaves, uint32_t nr)
{
    xen_cpuid_leaf_t *sizes =
        find(leaves, nr, LEAF_SIZES, XEN_CPUID_NO_SUBLEAF);
    uint32_t cores, id_size;

    if ( !sizes )
        return;
    cores = sizes->c & SIZES_ECX_NC_MASK;
    if ( cores >= SIZES_NC_MAX_DOUBLE )
        return;
    id_size = (sizes->c >> SIZES_ECX_ID_SHIFT) & SIZES_ECX_ID_MASK;
    if ( id_size && id_size < SIZES_ECX_ID_MASK )
        sizes->c += 1u << SIZES_ECX_ID_SHIFT;
    sizes->c = (sizes->c & ~SIZES_ECX_NC_MASK) | (cores << 1) | 1;
}

static void apply_topology(xen_cpuid_leaf_t *leaves, uint32_t nr)
{
    xen_cpuid_leaf_t *vendor =
        find(leaves, nr, LEAF_VENDOR, XEN_CPUID_NO_SUBLEAF);
    xen_cpuid_leaf_t *feat =
        find(leaves, nr, LEAF_FEATURES, XEN_CPUID_NO_SUBLEAF);
    xen_cpuid_leaf_t *ext = find(leaves, nr, LEAF_EXT, XEN_CPUID_NO_SUBLEAF);

    if ( feat )
    {
        feat->d |= FEAT_EDX_HTT;
        if ( !(feat->b & FEAT_EBX_LPPP_TOP) )
            feat->b =
                (feat->b & ~FEAT_EBX_LPPP) | ((feat->b & FEAT_EBX_LPPP) << 1);
    }
    if ( ext )
        ext->c &= ~EXT_ECX_CMP_LEGACY;
    if ( vendor && vendor->b == VENDOR_EBX_INTEL )
        double_intel(leaves, nr);
    else if ( vendor && vendor->b == VENDOR_EBX_AMD )
        double_amd(leaves, nr);
}

static void apply_override(xen_cpuid_leaf_t *leaves, uint32_t nr,
                           xen_cpuid_leaf_t *host, uint32_t nr_host,
                           const struct xg_cpuid_override *o)
{
    xen_cpuid_leaf_t *leaf = find(leaves, nr, o->leaf, o->subleaf);
    xen_cpuid_leaf_t *from = find(host, nr_host, o->leaf, o->subleaf);
    uint32_t *reg, value;

    /* What the policy has no leaf for the hypervisor would not take. */
    if ( !leaf )
        return;
    reg = reg_of(leaf, o->reg);
    value = from ? *reg_of(from, o->reg) : 0;
    *reg = (*reg & ~(o->set | o->clear | o->host)) | o->set | (value & o->host);
}

void xg_policy_apply(xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                     const xen_cpuid_leaf_t *host, uint32_t nr_host,
                     const struct xg_policy_options *options,
                     const struct xg_cpuid_override *overrides,
                     unsigned int nr_overrides)
{
    xen_cpuid_leaf_t *feat =
        find(leaves, nr_leaves, LEAF_FEATURES, XEN_CPUID_NO_SUBLEAF);
    xen_cpuid_leaf_t *ext =
        find(leaves, nr_leaves, LEAF_EXT, XEN_CPUID_NO_SUBLEAF);
    xen_cpuid_leaf_t *power =
        find(leaves, nr_leaves, LEAF_POWER, XEN_CPUID_NO_SUBLEAF);
    unsigned int i;

    if ( feat )
        assign(&feat->c, FEAT_ECX_VMX, options->nested_virt);
    if ( ext )
        assign(&ext->c, EXT_ECX_SVM, options->nested_virt);
    if ( power )
        assign(&power->d, POWER_EDX_ITSC, options->itsc);
    apply_topology(leaves, nr_leaves);

    for ( i = 0; i < nr_overrides; i++ )
        apply_override(leaves, nr_leaves, (xen_cpuid_leaf_t *)host, nr_host,
                       &overrides[i]);
}

/* Words of CPUID whose every bit is something that software may come to use. */
static const struct
{
    uint32_t leaf, subleaf;
    unsigned int reg;
} features[] = {
    { 0x1, XEN_CPUID_NO_SUBLEAF, 2 },
    { 0x1, XEN_CPUID_NO_SUBLEAF, 3 },
    { 0x7, 0, 1 },
    { 0x7, 0, 2 },
    { 0x7, 0, 3 },
    { 0x7, 1, 0 },
    { 0xd, 0, 0 },
    { 0xd, 0, 3 },
    { 0xd, 1, 0 },
    { LEAF_EXT, XEN_CPUID_NO_SUBLEAF, 2 },
    { LEAF_EXT, XEN_CPUID_NO_SUBLEAF, 3 },
    { LEAF_POWER, XEN_CPUID_NO_SUBLEAF, 3 },
    { LEAF_SIZES, XEN_CPUID_NO_SUBLEAF, 1 },
};

int xg_policy_check(xen_cpuid_leaf_t *wanted, uint32_t nr_wanted,
                    xen_cpuid_leaf_t *have, uint32_t nr_have,
                    struct xg_error *err)
{
    xen_cpuid_leaf_t *w, *h;
    uint32_t missing;
    size_t i;

    for ( i = 0; i < sizeof(features) / sizeof(features[0]); i++ )
    {
        w = find(wanted, nr_wanted, features[i].leaf, features[i].subleaf);
        h = find(have, nr_have, features[i].leaf, features[i].subleaf);
        if ( !w )
            continue;
        missing = *reg_of(w, features[i].reg) &
                  ~(h ? *reg_of(h, features[i].reg) : 0);
        if ( missing )
            return xg_fail(
                err,
                "this machine lacks what the domain was started with: CPUID "
                "leaf 0x%x.%u, e%cx 0x%08x",
                features[i].leaf,
                features[i].subleaf == XEN_CPUID_NO_SUBLEAF
                    ? 0
                    : features[i].subleaf,
                "abcd"[features[i].reg], missing);
    }
    return 0;
}
