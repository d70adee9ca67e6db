/* SPDX-License-Identifier: MIT */
/* CPU policy: the CPUID leaves and feature MSRs that a domain sees. */
#pragma once

#include <xen/types.h>
#include <public/arch-x86/xen.h>
#include <asm/cpuid-defs.h>
#include <asm/processor.h>

/* Sizes are those that Xen 4.17's tools can hold; see serialise.c. */
#define CPUID_NR_BASIC  0x0e
#define CPUID_NR_CACHE  6
#define CPUID_NR_FEAT   3
#define CPUID_NR_TOPO   2
#define CPUID_NR_XSTATE 63
#define CPUID_NR_EXT    0x22
#define CPUID_EXT_BASE  0x80000000u

/* What xen_version and Xen leaf 1 report: major << 16 | minor. */
#define CPU_POLICY_XEN_VERSION ((4u << 16) | 17u)

struct cpu_policy
{
    struct cpuid_leaf basic[CPUID_NR_BASIC]; /* 4, 7, b, d: see below */
    struct cpuid_leaf ext[CPUID_NR_EXT];
    struct cpuid_leaf cache[CPUID_NR_CACHE];
    struct cpuid_leaf feat[CPUID_NR_FEAT];
    struct cpuid_leaf topo[CPUID_NR_TOPO];
    struct cpuid_leaf xstate[CPUID_NR_XSTATE];
    uint32_t xen_max_leaf; /* 0x40000000 + n; 0: no Xen leaves */

    uint64_t platform_info; /* MSR 0xce */
    uint64_t arch_caps;     /* MSR 0x10a */
};

enum cpu_policy_kind
{
    CPU_POLICY_HWDOM, /* Dom0 */
    CPU_POLICY_DOMU,  /* default for a guest */
    CPU_POLICY_MAX,   /* most that a guest may be given */
};

struct cpu_policy_params
{
    enum cpu_policy_kind kind;
    bool nested_virt;      /* VMX may be shown */
    uint32_t max_vcpus;    /* topology leaves */
    uint64_t xcr0_allowed; /* state components the hypervisor switches */
    bool hw_rdtscp;        /* VM-execution controls that instructions need */
    bool hw_invpcid;
    bool hw_xsaves;
    bool hw_waitpkg;
};

/* What the machine reports: raw leaves and the MSRs that go with them. */
void cpu_policy_read_host(struct cpu_policy *host);
/* MISC_ENABLE_FAST_STR, or 0 where firmware has turned them off. */
uint64_t host_fast_strings(void);
/* Pure: what a domain described by params sees on that machine. */
void cpu_policy_compute(const struct cpu_policy *host,
                        const struct cpu_policy_params *params,
                        struct cpu_policy *out);

/* Pure: may software of a domain with that policy set XCR0 to val? */
bool xcr0_valid(const struct cpu_policy *p, uint64_t val);

/*
 * Pure: whether an area written by XSAVEC holds the components where the
 * CPUID leaves of host say, given what XSAVE wrote of the same registers.
 */
bool xsave_compacted_ok(const struct cpu_policy *host, uint64_t components,
                        const uint8_t *standard, const uint8_t *compacted);
/* Try that on this processor, where XCR0 is components. */
bool xsave_probe_compacted(const struct cpu_policy *host, uint64_t components);

/*
 * Bring a policy that a toolstack wrote in line: features within max, and
 * everything derived from features, controls and topology computed again.
 */
void cpu_policy_recalculate(struct cpu_policy *p, const struct cpu_policy *max,
                            const struct cpu_policy_params *params);
/* -EINVAL with the offending leaf when guest cannot run on max. */
struct cpu_policy_error
{
    uint32_t leaf, subleaf, msr; /* ~0: none */
};
int cpu_policy_check(const struct cpu_policy *max, const struct cpu_policy *p,
                     struct cpu_policy_error *err);

/* The leaf without what depends on the state of a vCPU; unknown: zeros. */
static inline void cpuid_policy_lookup(const struct cpu_policy *p,
                                       uint32_t leaf, uint32_t subleaf,
                                       struct cpuid_leaf *out);
void cpuid_policy_lookup_slow(const struct cpu_policy *p, uint32_t leaf,
                              uint32_t subleaf, struct cpuid_leaf *out);

/* Leaves with subleaves or with bits that follow the vCPU's state. */
#define CPUID_BASIC_SPECIAL \
    ((1u << 1) | (1u << 4) | (1u << 7) | (1u << 0xb) | (1u << 0xd))

static inline void cpuid_policy_lookup(const struct cpu_policy *p,
                                       uint32_t leaf, uint32_t subleaf,
                                       struct cpuid_leaf *out)
{
    if ( leaf < CPUID_NR_BASIC && !((CPUID_BASIC_SPECIAL >> leaf) & 1) )
        *out = p->basic[leaf];
    else
        cpuid_policy_lookup_slow(p, leaf, subleaf, out);
}

/* State of a vCPU that shows in CPUID. */
struct cpuid_vcpu_state
{
    uint32_t vcpu_id, domid, apic_id;
    uint64_t cr4, xcr0, xss;
    /* Xen leaf 3 */
    uint32_t tsc_mode, tsc_khz, tsc_incarnation;
    bool tsc_emulated;
    uint64_t tsc_offset_ns;
    uint32_t tsc_mul_frac;
    int8_t tsc_shift;
    uint32_t host_tsc_khz;
    bool host_rdtscp;
    bool apic_off;      /* IA32_APIC_BASE disables the local APIC */
    bool upcall_vector; /* HVMOP_set_evtchn_upcall_vector offered */
    bool hwdom;
};
/* Leaf 1, which guests ask for all the time: initial APIC id, APIC, OSXSAVE. */
static inline void cpuid_policy_patch_1(struct cpuid_leaf *l, uint32_t apic_id,
                                        bool apic_off, uint64_t cr4)
{
    l->b = (l->b & 0x00ffffff) | (apic_id << 24);
    if ( unlikely(apic_off) )
        l->d &= ~CPUID1_D_APIC;
    if ( (l->c & CPUID1_C_XSAVE) && (cr4 & X86_CR4_OSXSAVE) )
        l->c |= CPUID1_C_OSXSAVE;
}
/* Fill in the bits of a looked-up leaf that follow s; pure. */
void cpuid_policy_patch(const struct cpu_policy *p,
                        const struct cpuid_vcpu_state *s, uint32_t leaf,
                        uint32_t subleaf, struct cpuid_leaf *out);
/* Size of the XSAVE area (standard or compacted) for a set of components. */
uint32_t xstate_size(const struct cpu_policy *p, uint64_t components,
                     bool compacted);

/* --- Wire format of XEN_DOMCTL_{get,set}_cpu_policy and their sysctl. --- */
#define CPU_POLICY_MAX_LEAVES                                              \
    (CPUID_NR_BASIC - 4 + CPUID_NR_CACHE + CPUID_NR_FEAT + CPUID_NR_TOPO + \
     CPUID_NR_XSTATE + CPUID_NR_EXT + 2)
#define CPU_POLICY_MAX_MSRS 2

/*
 * *nr: room in, entries written out; -ENOBUFS when there is not enough
 * (then *nr is what would do).
 */
int cpu_policy_serialise_leaves(const struct cpu_policy *p,
                                xen_cpuid_leaf_t *leaves, uint32_t *nr);
int cpu_policy_serialise_msrs(const struct cpu_policy *p, xen_msr_entry_t *msrs,
                              uint32_t *nr);
/* -ERANGE / -EINVAL / -EOVERFLOW with err filled; p changes piece by piece. */
int cpu_policy_deserialise_leaves(struct cpu_policy *p,
                                  const xen_cpuid_leaf_t *leaves, uint32_t nr,
                                  struct cpu_policy_error *err);
int cpu_policy_deserialise_msrs(struct cpu_policy *p,
                                const xen_msr_entry_t *msrs, uint32_t nr,
                                struct cpu_policy_error *err);

/* Feature words in the order of XEN_SYSCTL_get_cpu_featureset. */
#define CPU_FEATURESET_NR 18
void cpu_policy_to_featureset(const struct cpu_policy *p,
                              uint32_t fs[CPU_FEATURESET_NR]);

/* --- Policies of this machine, cpu-policy/system.c. --- */
struct domain;
extern struct cpu_policy raw_cpu_policy, host_cpu_policy, hvm_max_cpu_policy,
    hvm_def_cpu_policy;
/* At boot, after the VMX capabilities are known. */
void cpu_policy_init_system(const struct cpu_policy_params *hw);
/* A new domain's policy into d->arch.policy; follows d->create_flags. */
int cpu_policy_init_domain(struct domain *d);
void cpu_policy_destroy_domain(struct domain *d);
/* XEN_DOMCTL_set_cpu_policy: take, check, recalculate, install. */
int cpu_policy_set_domain(struct domain *d, const xen_cpuid_leaf_t *leaves,
                          uint32_t nr_leaves, const xen_msr_entry_t *msrs,
                          uint32_t nr_msrs, struct cpu_policy_error *err);
