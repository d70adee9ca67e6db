/* SPDX-License-Identifier: MIT */
/* Model-specific registers that exit and have no place in the VMCS. */
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>
#include <asm/hvm-tsc.h>
#include <asm/msr-index.h>
#include <asm/vlapic.h>
#include <public/arch-x86/cpuid.h>
#include "msr-private.h"

#define MSR_BIOS_UPDT_TRIG 0x79
#define MSR_XEN_HYPERCALL  XEN_CPUID_FIRST_LEAF
#define MSR_XEN_LAST       (XEN_CPUID_FIRST_LEAF + 0xff)

/* SDM "IA32_MISC_ENABLE": what is unavailable, and what software may flip. */
#define MISC_ENABLE_BTS_UNAVAIL  0x800ULL
#define MISC_ENABLE_PEBS_UNAVAIL 0x1000ULL
#define MISC_ENABLE_WRITABLE     MISC_ENABLE_FAST_STR

static bool has_tsc_adjust(const struct vcpu *v)
{
    return v->domain->arch.policy->feat[0].b & CPUID7_B_TSCADJUST;
}

/* SDM "IA32_TSC_ADJUST Register": both MSRs move together. */
static void shift_tsc(struct vcpu *v, uint64_t delta)
{
    v->arch.tsc_adjust += delta;
    hvm_set_tsc_offset(v, v->arch.tsc_offset + delta);
    vlapic_tsc_changed(v);
    pvclock_update(v);
}

/* What the machine has is Dom0's to read; nobody else's. */
static int read_unknown(const struct vcpu *v, uint32_t msr, uint64_t *val)
{
    return v->domain->is_hwdom ? rdmsr_safe(msr, val) : -EFAULT;
}

/* CPUID that faults in user mode, but not MWAIT there. */
static uint64_t misc_features_allowed(const struct cpu_policy *p)
{
    return p->platform_info & PLATFORM_CPUID_FAULTING ? MISC_CPUID_FAULTING : 0;
}

int hvm_msr_read(struct vcpu *v, uint32_t msr, uint64_t *val)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    switch ( msr )
    {
    case MSR_TSC:
        *val = hvm_guest_tsc(v);
        return 0;
    case MSR_TSC_ADJUST:
        if ( !has_tsc_adjust(v) )
            return -EFAULT;
        *val = v->arch.tsc_adjust;
        return 0;
    case MSR_PLATFORM_ID:
    case MSR_MCG_CAP:
    case MSR_MCG_STATUS:
        *val = 0;
        return 0;
    case MSR_UCODE_REV:
        if ( rdmsr_safe(msr, val) )
            *val = 0;
        return 0;
    case MSR_PLATFORM_INFO:
        *val = p->platform_info;
        return 0;
    case MSR_MISC_FEATURES:
        *val = v->arch.misc_features;
        return 0;
    case MSR_ARCH_CAPABILITIES:
        if ( !(p->feat[0].d & CPUID7_D_ARCH_CAPS) )
            return -EFAULT;
        *val = p->arch_caps;
        return 0;
    case MSR_MISC_ENABLE:
        *val = v->arch.misc_enable;
        return 0;
    case MSR_XSS:
        if ( !(p->xstate[1].a & CPUIDD1_A_XSAVES) )
            return -EFAULT;
        *val = v->arch.xss;
        return 0;
    case MSR_MTRRCAP:
    case MSR_MTRR_PHYSBASE0 ... MSR_MTRR_DEF_TYPE:
        return mtrr_read(v, msr, val);
    case MSR_XEN_HYPERCALL ... MSR_XEN_LAST:
        *val = 0;
        return 0;
    default:
        return read_unknown(v, msr, val);
    }
}

int hvm_msr_write(struct vcpu *v, uint32_t msr, uint64_t val)
{
    const struct cpu_policy *p = v->domain->arch.policy;

    switch ( msr )
    {
    case MSR_TSC:
        shift_tsc(v, val - hvm_guest_tsc(v));
        return 0;
    case MSR_TSC_ADJUST:
        if ( !has_tsc_adjust(v) )
            return -EFAULT;
        shift_tsc(v, val - v->arch.tsc_adjust);
        return 0;
    case MSR_UCODE_REV:
    case MSR_BIOS_UPDT_TRIG:
        /* Software clears the revision before it asks for it. */
        return 0;
    case MSR_MCG_STATUS:
        return val ? -EFAULT : 0;
    case MSR_MISC_FEATURES:
        if ( val & ~misc_features_allowed(p) )
            return -EFAULT;
        v->arch.misc_features = val;
        return 0;
    case MSR_MISC_ENABLE:
        v->arch.misc_enable = (v->arch.misc_enable & ~MISC_ENABLE_WRITABLE) |
                              (val & MISC_ENABLE_WRITABLE);
        return 0;
    case MSR_XSS:
        /* No supervisor state is virtualized. */
        return (p->xstate[1].a & CPUIDD1_A_XSAVES) && !val ? 0 : -EFAULT;
    case MSR_MTRRCAP:
    case MSR_MTRR_PHYSBASE0 ... MSR_MTRR_DEF_TYPE:
        return mtrr_write(v, msr, val);
    case MSR_XEN_HYPERCALL:
        return hypercall_page_write(v->domain, val);
    default:
        return -EFAULT;
    }
}

void hvm_msr_reset(struct vcpu *v)
{
    mtrr_reset(v);
    /* With fast strings off a guest had better copy otherwise. */
    v->arch.misc_enable = host_fast_strings() | MISC_ENABLE_BTS_UNAVAIL |
                          MISC_ENABLE_PEBS_UNAVAIL;
    v->arch.misc_features = 0;
    v->arch.tsc_adjust = 0;
    v->arch.xss = 0;
}
