/* SPDX-License-Identifier: MIT */
/* CPU policy: from the machine's CPUID leaves to what a domain sees. Pure. */

/*
 * A policy holds the static part of every CPUID leaf a domain may ask for,
 * and two feature MSRs. It is made once per domain:
 *
 *   host leaves --(allow lists, controls)--> features --(derive)--> policy
 *
 * Features pass through an allow list per register, so that a processor
 * newer than this file cannot show guests what we do not virtualize. The
 * toolstack may then take features away (cpu_policy_recalculate()); leaves
 * that follow from features, topology or controls are always derived here
 * and never believed. What depends on the state of a vCPU (APIC id, OSXSAVE,
 * XSAVE sizes) is patched into the answer by lookup.c.
 *
 * Leaves above 0xd stay hidden: among them 0x15 and 0x16, clock rates that
 * contradict the measured TSC on some machines; guests get theirs by pvclock.
 */
#include <xen/lib.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/msr-index.h>

/* What a guest may see of each feature register at most. */
struct allowed
{
    uint32_t l1d, l1c, l7b, l7c, l7d, l71a, d1a, e1d, e1c, e7d, e8b;
};

#define BITS_0_TO_9 0x3ffu

static const struct allowed allowed_max = {
    .l1d = BITS_0_TO_9 | CPUID1_D_SEP | CPUID1_D_MTRR | CPUID1_D_PGE |
           CPUID1_D_MCA | (1u << 15) /* CMOV */ | CPUID1_D_PAT |
           (1u << 17) /* PSE36 */ | (1u << 19) /* CLFLUSH */ | CPUID1_D_ACPI |
           (1u << 23) /* MMX */ | CPUID1_D_FXSR | CPUID1_D_SSE | CPUID1_D_SSE2 |
           (1u << 27) /* SS */ | CPUID1_D_HTT,
    .l1c = (1u << 0) /* SSE3 */ | (1u << 1) /* PCLMULQDQ */ | CPUID1_C_VMX |
           (1u << 9) /* SSSE3 */ | CPUID1_C_FMA | (1u << 13) /* CX16 */ |
           CPUID1_C_PCID | (1u << 19) /* SSE4.1 */ | (1u << 20) /* SSE4.2 */ |
           CPUID1_C_X2APIC | (1u << 22) /* MOVBE */ | (1u << 23) /* POPCNT */ |
           CPUID1_C_TSCDL | (1u << 25) /* AES */ | CPUID1_C_XSAVE |
           CPUID1_C_AVX | CPUID1_C_F16C | (1u << 30) /* RDRAND */ |
           CPUID1_C_HYPERVISOR,
    .l7b = CPUID7_B_FSGSBASE | CPUID7_B_TSCADJUST | (1u << 3) /* BMI1 */ |
           CPUID7_B_HLE | CPUID7_B_AVX2 | (1u << 6) /* FDP_EXCP_ONLY */ |
           CPUID7_B_SMEP | (1u << 8) /* BMI2 */ | (1u << 9) /* ERMS */ |
           CPUID7_B_INVPCID | CPUID7_B_RTM | (1u << 13) /* NO_FPU_SEL */ |
           (1u << 18) /* RDSEED */ | (1u << 19) /* ADX */ | CPUID7_B_SMAP |
           (1u << 23) /* CLFLUSHOPT */ | (1u << 24) /* CLWB */ |
           (1u << 29) /* SHA */ | CPUID7_B_AVX512_ALL,
    .l7c = CPUID7_C_PREFETCHWT1 | CPUID7_C_UMIP | CPUID7_C_PKU |
           CPUID7_C_WAITPKG | CPUID7_C_GFNI | CPUID7_C_VAES | CPUID7_C_VPCLMUL |
           CPUID7_C_RDPID | CPUID7_C_CLDEMOTE | CPUID7_C_MOVDIRI |
           CPUID7_C_MOVDIR64B | CPUID7_C_AVX512_ALL,
    .l7d = CPUID7_D_FSRM | CPUID7_D_MD_CLEAR | CPUID7_D_SERIALIZE |
           CPUID7_D_TSXLDTRK | CPUID7_D_ARCH_CAPS | CPUID7_D_AVX512_ALL,
    .l71a = CPUID71_A_AVX_VNNI | CPUID71_A_AVX512_BF16 | CPUID71_A_FZRM |
            CPUID71_A_FSRS | CPUID71_A_FSRCS,
    .d1a = CPUIDD1_A_XSAVEOPT | CPUIDD1_A_XSAVEC | CPUIDD1_A_XGETBV1 |
           CPUIDD1_A_XSAVES,
    .e1d = CPUIDE1_D_SYSCALL | CPUIDE1_D_NX | CPUIDE1_D_PAGE1GB |
           CPUIDE1_D_RDTSCP | CPUIDE1_D_LM,
    .e1c = CPUIDE1_C_LAHF_LM | CPUIDE1_C_ABM | CPUIDE1_C_PREFETCH,
    .e7d = CPUIDE7_D_ITSC,
    .e8b = CPUIDE8_B_NO_LMSL,
};

/*
 * Features that software provides, whatever the machine has. A machine without
 * IA32_ARCH_CAPABILITIES has one that promises nothing, and EFER.LMSLE is there
 * nowhere; both are told because Xen's guests are.
 */
#define FORCED_L1C (CPUID1_C_X2APIC | CPUID1_C_TSCDL | CPUID1_C_HYPERVISOR)
#define FORCED_L7D CPUID7_D_ARCH_CAPS
#define FORCED_E8B CPUIDE8_B_NO_LMSL

/*
 * IA32_ARCH_CAPABILITIES: only statements that the processor is not
 * vulnerable, none that offer an MSR.
 */
#define ARCH_CAPS_RDCL_NO           (1ULL << 0)
#define ARCH_CAPS_SKIP_L1DFL        (1ULL << 3)
#define ARCH_CAPS_SSB_NO            (1ULL << 4)
#define ARCH_CAPS_MDS_NO            (1ULL << 5)
#define ARCH_CAPS_IF_PSCHANGE_MC_NO (1ULL << 6)
#define ARCH_CAPS_TAA_NO            (1ULL << 8)
#define ARCH_CAPS_SBDR_SSDP_NO      (1ULL << 13)
#define ARCH_CAPS_FBSDP_NO          (1ULL << 14)
#define ARCH_CAPS_PSDP_NO           (1ULL << 15)
#define ARCH_CAPS_FB_CLEAR          (1ULL << 17)
#define ARCH_CAPS_ALLOWED                                                \
    (ARCH_CAPS_RDCL_NO | ARCH_CAPS_SKIP_L1DFL | ARCH_CAPS_SSB_NO |       \
     ARCH_CAPS_MDS_NO | ARCH_CAPS_IF_PSCHANGE_MC_NO | ARCH_CAPS_TAA_NO | \
     ARCH_CAPS_SBDR_SSDP_NO | ARCH_CAPS_FBSDP_NO | ARCH_CAPS_PSDP_NO |   \
     ARCH_CAPS_FB_CLEAR)

/* Highest leaves ever shown. */
#define MAX_BASIC_LEAF (CPUID_NR_BASIC - 1)
#define MAX_EXT_LEAF   (CPUID_EXT_BASE + 8)

/* Leaves of which nothing is kept, see the head of this file. */
static const uint8_t hidden_basic[] = { 3, 5, 6, 8, 9, 0xa, 0xc };

static void mask_features(struct cpu_policy *p, const struct allowed *m)
{
    p->basic[1].d &= m->l1d;
    p->basic[1].c &= m->l1c;
    p->feat[0].b &= m->l7b;
    p->feat[0].c &= m->l7c;
    p->feat[0].d &= m->l7d;
    p->feat[1].a &= m->l71a;
    p->xstate[1].a &= m->d1a;
    p->ext[1].d &= m->e1d;
    p->ext[1].c &= m->e1c;
    p->ext[7].d &= m->e7d;
    p->ext[8].b &= m->e8b;
}

static void get_features(const struct cpu_policy *p, struct allowed *m)
{
    *m = (struct allowed){
        .l1d = p->basic[1].d,
        .l1c = p->basic[1].c,
        .l7b = p->feat[0].b,
        .l7c = p->feat[0].c,
        .l7d = p->feat[0].d,
        .l71a = p->feat[1].a,
        .d1a = p->xstate[1].a,
        .e1d = p->ext[1].d,
        .e1c = p->ext[1].c,
        .e7d = p->ext[7].d,
        .e8b = p->ext[8].b,
    };
}

/* Features whose instructions fault without a VM-execution control. */
static void mask_by_controls(struct cpu_policy *p,
                             const struct cpu_policy_params *params)
{
    if ( !params->nested_virt )
        p->basic[1].c &= ~CPUID1_C_VMX;
    if ( !params->hw_invpcid )
        p->feat[0].b &= ~CPUID7_B_INVPCID;
    if ( !params->hw_waitpkg )
        p->feat[0].c &= ~CPUID7_C_WAITPKG;
    if ( !params->hw_rdtscp )
    {
        p->ext[1].d &= ~CPUIDE1_D_RDTSCP;
        p->feat[0].c &= ~CPUID7_C_RDPID;
    }
    if ( !params->hw_xsaves )
        p->xstate[1].a &= ~CPUIDD1_A_XSAVES;
}

/* State components this policy may enable, from what features remain. */
static uint64_t policy_xcr0(const struct cpu_policy *p,
                            const struct cpu_policy_params *params)
{
    uint64_t xcr0 = p->xstate[0].a | ((uint64_t)p->xstate[0].d << 32);

    xcr0 &= params->xcr0_allowed & ~(XSTATE_BNDREGS | XSTATE_BNDCSR);
    if ( !(p->basic[1].c & CPUID1_C_XSAVE) )
        return 0;
    xcr0 |= XSTATE_ALWAYS;
    if ( !(p->basic[1].c & CPUID1_C_AVX) || !(xcr0 & XSTATE_YMM) )
        xcr0 &= ~(XSTATE_YMM | XSTATE_AVX512);
    if ( !(p->feat[0].b & CPUID7_B_AVX512F) ||
         (xcr0 & XSTATE_AVX512) != XSTATE_AVX512 )
        xcr0 &= ~XSTATE_AVX512;
    if ( !(p->feat[0].c & CPUID7_C_PKU) )
        xcr0 &= ~XSTATE_PKRU;
    return xcr0;
}

/* Take away features whose state or base feature is missing. */
static void mask_by_dependencies(struct cpu_policy *p, uint64_t xcr0)
{
    if ( !(xcr0 & XSTATE_YMM) )
    {
        p->basic[1].c &= ~(CPUID1_C_AVX | CPUID1_C_FMA | CPUID1_C_F16C);
        p->feat[0].b &= ~CPUID7_B_AVX2;
        p->feat[0].c &= ~(CPUID7_C_VAES | CPUID7_C_VPCLMUL);
        p->feat[1].a &= ~CPUID71_A_AVX_VNNI;
    }
    if ( !(xcr0 & XSTATE_ZMM) || !(p->feat[0].b & CPUID7_B_AVX2) )
    {
        p->feat[0].b &= ~CPUID7_B_AVX512_ALL;
        p->feat[0].c &= ~CPUID7_C_AVX512_ALL;
        p->feat[0].d &= ~CPUID7_D_AVX512_ALL;
        p->feat[1].a &= ~CPUID71_A_AVX512_BF16;
    }
    if ( !(xcr0 & XSTATE_PKRU) )
        p->feat[0].c &= ~CPUID7_C_PKU;
    if ( !(p->basic[1].c & CPUID1_C_XSAVE) )
        p->xstate[1].a = 0;
    if ( !(p->feat[0].b & CPUID7_B_RTM) )
        p->feat[0].d &= ~CPUID7_D_TSXLDTRK;
    if ( !(p->feat[0].d & CPUID7_D_ARCH_CAPS) )
        p->arch_caps = 0;
}

/* SDM "Processor Extended State Enumeration Main Leaf" and sub-leaves. */
static void derive_xstate(struct cpu_policy *p, uint64_t xcr0)
{
    uint32_t features = p->xstate[1].a;

    p->xstate[0] = (struct cpuid_leaf){ .a = xcr0, .d = xcr0 >> 32 };
    p->xstate[1] = (struct cpuid_leaf){ .a = features };
    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
        if ( !((xcr0 >> i) & 1) )
            p->xstate[i] = (struct cpuid_leaf){ 0 };
    if ( xcr0 )
        p->xstate[0].c = xstate_size(p, xcr0, false);
}

/* Standard: up to the end of the highest; compacted: packed in order. */
uint32_t xstate_size(const struct cpu_policy *p, uint64_t components,
                     bool compacted)
{
    uint32_t end = 512 + 64; /* legacy area and XSAVE header */

    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
    {
        const struct cpuid_leaf *x = &p->xstate[i];

        if ( !((components >> i) & 1) )
            continue;
        if ( compacted )
            end = (x->c & 2 ? ROUNDUP(end, 64u) : end) + x->a;
        else
            end = max(end, x->a + x->b);
    }
    return end;
}

static unsigned int order_of(uint32_t n)
{
    return n <= 1 ? 0 : 32 - __builtin_clz(n - 1);
}

/*
 * One package; every vCPU is a core of its own, and has a pair of APIC ids
 * of which it uses the even one.
 */
static void derive_topology(struct cpu_policy *p, uint32_t nr_vcpus)
{
    uint32_t core_ids = 1u << order_of(nr_vcpus), ids = core_ids * 2;

    p->basic[1].b &= ~0xffff0000u;
    p->basic[1].b |= min(ids, 0xffu) << 16;
    if ( nr_vcpus > 1 )
        p->basic[1].d |= CPUID1_D_HTT;

    for ( unsigned int i = 0; i < CPUID_NR_CACHE; i++ )
    {
        struct cpuid_leaf *c = &p->cache[i];
        unsigned int level = (c->a >> 5) & 7;
        uint32_t sharing = level <= 2 ? 2 : ids;

        if ( !(c->a & 0x1f) )
            continue;
        c->a = (c->a & 0x3fff) | ((min(sharing, 0x1000u) - 1) << 14) |
               ((min(core_ids, 64u) - 1) << 26);
    }
}

/* SDM "Extended Topology Enumeration Leaf": thread level, core level. */
static void derive_topo_leaf(struct cpu_policy *p, uint32_t nr_vcpus)
{
    uint32_t shift = order_of(nr_vcpus) + 1;

    p->topo[0] = (struct cpuid_leaf){ .a = 1, .b = 1, .c = (1 << 8) | 0 };
    p->topo[1] =
        (struct cpuid_leaf){ .a = shift, .b = nr_vcpus, .c = (2 << 8) | 1 };
    if ( p->basic[0].a < 0xb )
        memset(p->topo, 0, sizeof(p->topo));
}

/* What no leaf may say beyond its leaf limits and ours. */
static void clip_leaves(struct cpu_policy *p)
{
    for ( unsigned int i = 0; i < ARRAY_SIZE(hidden_basic); i++ )
        p->basic[hidden_basic[i]] = (struct cpuid_leaf){ 0 };
    /* These live in arrays of their own. */
    p->basic[4] = p->basic[7] = p->basic[0xb] = p->basic[0xd] =
        (struct cpuid_leaf){ 0 };

    for ( unsigned int i = p->basic[0].a + 1; i < CPUID_NR_BASIC; i++ )
        p->basic[i] = (struct cpuid_leaf){ 0 };
    for ( unsigned int i = (p->ext[0].a & 0xffff) + 1; i < CPUID_NR_EXT; i++ )
        p->ext[i] = (struct cpuid_leaf){ 0 };
    if ( p->basic[0].a < 7 )
        memset(p->feat, 0, sizeof(p->feat));
    if ( p->basic[0].a < 4 )
        memset(p->cache, 0, sizeof(p->cache));
    if ( p->basic[0].a < 0xd )
        memset(p->xstate, 0, sizeof(p->xstate));

    p->feat[0].a = p->feat[1].a ? 1 : 0;
    p->feat[1].b = p->feat[1].c = p->feat[1].d = 0;
    p->feat[2] = (struct cpuid_leaf){ 0 };

    p->ext[1].a = p->ext[1].b = 0;
    p->ext[5] = (struct cpuid_leaf){ 0 };
    p->ext[7].a = p->ext[7].b = p->ext[7].c = 0;
    /* No five-level paging: 48 bits of linear address. */
    p->ext[8].a = min(p->ext[8].a & 0xff, 48u) | (48u << 8);
    p->ext[8].c = p->ext[8].d = 0;
}

/* Everything that follows from the features and the parameters. */
static void derive(struct cpu_policy *p, const struct cpu_policy_params *params)
{
    uint64_t xcr0;

    mask_by_controls(p, params);
    clip_leaves(p);
    xcr0 = p->basic[0].a < 0xd ? 0 : policy_xcr0(p, params);
    if ( !xcr0 )
        p->basic[1].c &= ~CPUID1_C_XSAVE;
    mask_by_dependencies(p, xcr0);
    derive_xstate(p, xcr0);
    derive_topo_leaf(p, params->max_vcpus);
    p->basic[1].c &= ~CPUID1_C_OSXSAVE;
    p->feat[0].c &= ~CPUID7_C_OSPKE;
}

void cpu_policy_compute(const struct cpu_policy *host,
                        const struct cpu_policy_params *params,
                        struct cpu_policy *out)
{
    *out = *host;

    out->basic[0].a = min(host->basic[0].a, (uint32_t)MAX_BASIC_LEAF);
    out->ext[0].a = min(host->ext[0].a, MAX_EXT_LEAF);
    out->xen_max_leaf = XEN_CPUID_MAX_NUM_LEAVES;
    /* CPUID always exits, so faults cost nothing to offer. */
    out->platform_info = PLATFORM_CPUID_FAULTING;
    out->arch_caps &= ARCH_CAPS_ALLOWED;

    mask_features(out, &allowed_max);
    out->basic[1].c |= FORCED_L1C;
    out->feat[0].d |= FORCED_L7D;
    out->ext[8].b |= FORCED_E8B;
    /* A domain that may migrate cannot promise a constant TSC rate. */
    if ( params->kind == CPU_POLICY_DOMU )
        out->ext[7].d &= ~CPUIDE7_D_ITSC;

    derive(out, params);
    derive_topology(out, max(params->max_vcpus, 1u));
}

void cpu_policy_recalculate(struct cpu_policy *p, const struct cpu_policy *max,
                            const struct cpu_policy_params *params)
{
    struct allowed most;

    get_features(max, &most);
    mask_features(p, &most);
    p->basic[1].c |= CPUID1_C_HYPERVISOR;
    p->basic[1].d |= max->basic[1].d & CPUID1_D_APIC;
    p->ext[8].a =
        (p->ext[8].a & ~0xffu) | min(p->ext[8].a & 0xff, max->ext[8].a & 0xff);
    if ( !(p->ext[8].a & 0xff) )
        p->ext[8].a = max->ext[8].a;
    if ( (p->ext[0].a ^ CPUID_EXT_BASE) >> 16 )
        p->ext[0].a = CPUID_EXT_BASE;
    p->platform_info &= max->platform_info;
    p->arch_caps &= max->arch_caps;
    /* Sizes and offsets of state components are the machine's. */
    for ( unsigned int i = 2; i < CPUID_NR_XSTATE; i++ )
        p->xstate[i] = max->xstate[i];
    if ( p->xen_max_leaf < 2 || p->xen_max_leaf > XEN_CPUID_MAX_NUM_LEAVES )
        p->xen_max_leaf = XEN_CPUID_MAX_NUM_LEAVES;
    derive(p, params);
}

static int bad_leaf(struct cpu_policy_error *err, uint32_t leaf,
                    uint32_t subleaf)
{
    err->leaf = leaf;
    err->subleaf = subleaf;
    return -EINVAL;
}

int cpu_policy_check(const struct cpu_policy *max, const struct cpu_policy *p,
                     struct cpu_policy_error *err)
{
    *err = (struct cpu_policy_error){ ~0u, ~0u, ~0u };

    if ( p->basic[0].a > max->basic[0].a )
        return bad_leaf(err, 0, ~0u);
    if ( p->feat[0].a > max->feat[0].a )
        return bad_leaf(err, 7, 0);
    if ( p->ext[0].a > max->ext[0].a )
        return bad_leaf(err, CPUID_EXT_BASE, ~0u);
    if ( p->platform_info & ~max->platform_info )
    {
        err->msr = 0xce;
        return -EINVAL;
    }
    return 0;
}
