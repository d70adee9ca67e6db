/* SPDX-License-Identifier: MIT */
/* CPU policy: answering CPUID from a policy and the state of a vCPU. Pure. */
#include <xen/lib.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>

static const struct cpuid_leaf none;

/* Beyond the last level: only the subleaf number echoes (and the APIC id). */
static void lookup_topo(const struct cpu_policy *p, uint32_t subleaf,
                        struct cpuid_leaf *out)
{
    if ( subleaf < CPUID_NR_TOPO )
        *out = p->topo[subleaf];
    else
    {
        *out = none;
        if ( p->basic[0].a >= 0xb )
            out->c = subleaf & 0xff;
    }
}

static void lookup_xen(const struct cpu_policy *p, uint32_t idx,
                       struct cpuid_leaf *out)
{
    *out = none;
    if ( idx > p->xen_max_leaf )
        return;
    switch ( idx )
    {
    case 0:
        *out = (struct cpuid_leaf){ XEN_CPUID_LEAF(p->xen_max_leaf),
                                    XEN_CPUID_SIGNATURE_EBX,
                                    XEN_CPUID_SIGNATURE_ECX,
                                    XEN_CPUID_SIGNATURE_EDX };
        break;
    case 1:
        out->a = CPU_POLICY_XEN_VERSION;
        break;
    case 2:
        /* One hypercall page, written through this MSR. */
        out->a = 1;
        out->b = XEN_CPUID_FIRST_LEAF;
        break;
    }
}

void cpuid_policy_lookup_slow(const struct cpu_policy *p, uint32_t leaf,
                              uint32_t subleaf, struct cpuid_leaf *out)
{
    uint32_t ext = leaf - CPUID_EXT_BASE, xen = leaf - XEN_CPUID_FIRST_LEAF;

    switch ( leaf )
    {
    case 4:
        *out = subleaf < CPUID_NR_CACHE ? p->cache[subleaf] : none;
        break;
    case 7:
        *out = subleaf < CPUID_NR_FEAT ? p->feat[subleaf] : none;
        break;
    case 0xb:
        lookup_topo(p, subleaf, out);
        break;
    case 0xd:
        *out = subleaf < CPUID_NR_XSTATE ? p->xstate[subleaf] : none;
        break;
    default:
        if ( leaf < CPUID_NR_BASIC )
            *out = p->basic[leaf];
        else if ( ext < CPUID_NR_EXT )
            *out = p->ext[ext];
        else if ( xen < 0x100 )
            lookup_xen(p, xen, out);
        else
            *out = none;
        break;
    }
}

/* Xen leaf 3: the guest's TSC. */
#define XEN_TSC_EMULATED 0x1u
#define XEN_TSC_RELIABLE 0x2u
#define XEN_TSC_RDTSCP   0x4u

static void patch_xen_tsc(const struct cpuid_vcpu_state *s, uint32_t subleaf,
                          struct cpuid_leaf *out)
{
    switch ( subleaf )
    {
    case 0:
        out->a = XEN_TSC_RELIABLE;
        if ( s->tsc_emulated )
            out->a |= XEN_TSC_EMULATED;
        if ( s->host_rdtscp )
            out->a |= XEN_TSC_RDTSCP;
        out->b = s->tsc_mode;
        out->c = s->tsc_khz;
        out->d = s->tsc_incarnation;
        break;
    case 1:
        out->a = s->tsc_offset_ns;
        out->b = s->tsc_offset_ns >> 32;
        out->c = s->tsc_mul_frac;
        out->d = (uint32_t)(int32_t)s->tsc_shift;
        break;
    case 2:
        out->a = s->host_tsc_khz;
        break;
    }
}

static void patch_xen(const struct cpu_policy *p,
                      const struct cpuid_vcpu_state *s, uint32_t idx,
                      uint32_t subleaf, struct cpuid_leaf *out)
{
    if ( idx > p->xen_max_leaf )
        return;
    if ( idx == 3 )
        patch_xen_tsc(s, subleaf, out);
    else if ( idx == 4 && subleaf == 0 )
    {
        out->a = XEN_HVM_CPUID_VCPU_ID_PRESENT | XEN_HVM_CPUID_DOMID_PRESENT;
        if ( s->upcall_vector )
            out->a |= XEN_HVM_CPUID_UPCALL_VECTOR;
        if ( s->hwdom )
            out->a |= XEN_HVM_CPUID_IOMMU_MAPPINGS;
        out->b = s->vcpu_id;
        out->c = s->domid;
    }
}

void cpuid_policy_patch(const struct cpu_policy *p,
                        const struct cpuid_vcpu_state *s, uint32_t leaf,
                        uint32_t subleaf, struct cpuid_leaf *out)
{
    switch ( leaf )
    {
    case 1:
        cpuid_policy_patch_1(out, s->apic_id, s->apic_off, s->cr4);
        break;

    case 7:
        if ( subleaf == 0 && (out->c & CPUID7_C_PKU) && (s->cr4 & X86_CR4_PKE) )
            out->c |= CPUID7_C_OSPKE;
        break;

    case 0xb:
        if ( p->basic[0].a >= 0xb )
            out->d = s->apic_id;
        break;

    case 0xd:
        if ( !(p->basic[1].c & CPUID1_C_XSAVE) )
            break;
        if ( subleaf == 0 )
            out->b = xstate_size(p, s->xcr0, false);
        else if ( subleaf == 1 &&
                  (out->a & (CPUIDD1_A_XSAVEC | CPUIDD1_A_XSAVES)) )
            out->b = xstate_size(p, s->xcr0 | s->xss, true);
        break;

    default:
        if ( leaf - XEN_CPUID_FIRST_LEAF < 0x100 )
            patch_xen(p, s, leaf - XEN_CPUID_FIRST_LEAF, subleaf, out);
        break;
    }
}
