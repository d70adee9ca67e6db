/* SPDX-License-Identifier: MIT */
/* CPUID of the current vCPU. */
#include <xen/domain.h>
#include <public/arch-x86/cpuid.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>

/* The answer follows the vCPU's state: gather only what the leaf shows. */
static void patch_dynamic(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
                          struct cpuid_leaf *out)
{
    const struct domain *d = v->domain;
    struct cpuid_vcpu_state s = {
        .vcpu_id = v->vcpu_id,
        .domid = d->domain_id,
        .apic_id = vlapic_id(v),
        .xcr0 = v->arch.xcr0,
        .xss = v->arch.xss,
        .upcall_vector = true,
        .hwdom = d->is_hwdom,
    };

    if ( leaf == 7 )
        s.cr4 = hvm_get_cr4();
    else if ( leaf == XEN_CPUID_LEAF(3) )
    {
        const struct domain_tsc *t = &d->arch.tsc;
        const struct time_scale *scale = hvm_tsc_scale(d);

        s.tsc_emulated = t->emulated;
        s.tsc_mode = t->mode;
        s.tsc_khz = t->khz;
        s.tsc_incarnation = t->incarnation;
        /* An emulated TSC has it in it. */
        s.tsc_offset_ns = t->emulated ? 0 : t->start;
        s.tsc_mul_frac = scale->mul_frac;
        s.tsc_shift = scale->shift;
        s.host_tsc_khz = cpu_khz;
        s.host_rdtscp = vmx_caps.rdtscp;
    }
    cpuid_policy_patch(d->arch.policy, &s, leaf, subleaf, out);
}

void hvm_cpuid(struct vcpu *v, uint32_t leaf, uint32_t subleaf,
               struct cpuid_leaf *out)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    if ( likely(leaf < CPUID_NR_BASIC) &&
         likely(!((CPUID_BASIC_SPECIAL >> leaf) & 1)) )
    {
        *out = p->basic[leaf];
        return;
    }
    if ( leaf == 1 )
    {
        *out = p->basic[1];
        cpuid_policy_patch_1(out, vlapic_id(v),
                             vlapic_hw_disabled(vcpu_vlapic(v)), hvm_get_cr4());
        return;
    }
    cpuid_policy_lookup_slow(p, leaf, subleaf, out);
    if ( leaf < CPUID_NR_BASIC || leaf == XEN_CPUID_LEAF(3) ||
         leaf == XEN_CPUID_LEAF(4) )
        patch_dynamic(v, leaf, subleaf, out);
}
