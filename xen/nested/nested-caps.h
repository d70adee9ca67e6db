/* SPDX-License-Identifier: MIT */
/* Which VMX an L1 has: capability MSRs, frozen when its domain is made. */
#pragma once

#include <xen/types.h>
#include <asm/vmx-defs.h>

#include "vmcs12.h"

/* One of the control words: bits that must be 1, bits that may be 1. */
struct vmx_ctl_cap
{
    uint32_t must;
    uint32_t may;
};

static inline bool vmx_ctl_valid(struct vmx_ctl_cap cap, uint32_t val)
{
    return (val & cap.must) == cap.must && !(val & ~cap.may);
}

/*
 * The VMX MSRs by number, for the machine as for a domain. Those that a
 * machine does not have are zero.
 */
#define VMX_MSR_COUNT  (MSR_IA32_VMX_LAST - MSR_IA32_VMX_FIRST + 1)
#define VMX_MSR(m, nr) ((m)->val[(nr)-MSR_IA32_VMX_FIRST])

struct vmx_msr_set
{
    uint64_t val[VMX_MSR_COUNT];
};

/*
 * APIC virtualization, which needs of the machine the TPR shadow only: the
 * rest is its work or ours (vapic.c).
 */
#define PROC2_VAPIC (PROC2_X2APIC | PROC2_APIC_REG | PROC2_VINTR)

/* What the domain's CPUID policy and configuration say about its L1. */
struct nested_opts
{
    uint8_t maxphyaddr;
    bool rdtscp, invpcid, xsaves, rdrand, rdseed, nx, lm, page_1g;
    bool perf_global; /* has IA32_PERF_GLOBAL_CTRL */
    bool debugctl_rtm;
    uint64_t cr4_valid; /* CR4 bits that L1 may set, VMXE aside */
    uint64_t xss_valid;
    uint64_t perf_global_valid;
    uint64_t debugctl_valid;
};

/*
 * Everything that depends on them is derived once: the decoded words are for
 * checks and merging, the MSR values for RDMSR, the stream and the toolstack.
 */
struct nested_caps
{
    struct vmx_msr_set msrs;
    struct vmx_ctl_cap pin, proc, proc2, exit, entry; /* the true controls */
    uint64_t misc;
    uint64_t ept_vpid;
    uint64_t vmfunc;
    uint64_t cr0_fixed0, cr0_fixed1, cr4_fixed0, cr4_fixed1;
    struct nested_opts opts;
    struct vmcs12_field_set fields;
};

static inline bool nested_caps_addr_ok(const struct nested_caps *caps,
                                       uint64_t pa)
{
    return !(pa >> caps->opts.maxphyaddr);
}

/* May a region with this revision be current? Shadow VMCSs if L1 has them. */
static inline bool nested_caps_revision_ok(const struct nested_caps *caps,
                                           uint32_t revision)
{
    return (revision & VMCS_REVISION_MASK) == VMCS12_REVISION &&
           (!(revision & VMCS_SHADOW_BIT) ||
            (caps->proc2.may & PROC2_SHADOW_VMCS));
}

/* From the machine's MSRs and the domain's options; false: no VMX to offer. */
bool nested_caps_compute(struct nested_caps *caps,
                         const struct vmx_msr_set *host,
                         const struct nested_opts *opts);

/*
 * Rebuild the derived part after msrs and opts were set, as by a restore.
 */
void nested_caps_derive(struct nested_caps *caps);

/* RDMSR by L1 of a VMX capability MSR: false if it has no such MSR. */
bool nested_caps_rdmsr(const struct nested_caps *caps, uint32_t msr,
                       uint64_t *val);
