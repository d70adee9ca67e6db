/* SPDX-License-Identifier: MIT */
/* The TSC that guests read (hvm/tsc.c), and its rate. */
#pragma once

#include <xen/domain.h>
#include <asm/processor.h>
#include <asm/time-scale.h>
#include <asm/tsc-ratio.h>

/* tsc_mode of XEN_DOMCTL_settscinfo, and in CPUID. */
#define TSC_MODE_DEFAULT        0
#define TSC_MODE_ALWAYS_EMULATE 1
#define TSC_MODE_NEVER_EMULATE  2

/* v's TSC when the machine's is or was tsc; v may run. */
static inline uint64_t hvm_tsc_at(const struct vcpu *v, uint64_t tsc)
{
    uint64_t ratio = v->domain->arch.tsc.ratio;

    if ( unlikely(ratio) )
        tsc = tsc_times(tsc, ratio);
    return tsc + v->arch.tsc_offset;
}

static inline uint64_t hvm_guest_tsc(const struct vcpu *v)
{
    return hvm_tsc_at(v, rdtsc());
}

/* Ticks of d's TSC to nanoseconds: the factors that pvclock tells it, too. */
static inline const struct time_scale *hvm_tsc_scale(const struct domain *d)
{
    return unlikely(d->arch.tsc.ratio) ? &d->arch.tsc.scale : &tsc_scale;
}

static inline s_time_t hvm_tsc_to_ns(const struct domain *d, uint64_t ticks)
{
    return time_scale_ns(hvm_tsc_scale(d), ticks);
}

/* ... and to ticks of the machine's, rounded up. */
static inline uint64_t hvm_tsc_to_host(const struct domain *d, uint64_t ticks)
{
    return likely(!d->arch.tsc.ratio)
               ? ticks
               : tsc_times(ticks, d->arch.tsc.inverse) + 1;
}

/* The multiplier that the processor is to use: TSC_RATIO_ONE if none. */
static inline uint64_t hvm_tsc_multiplier(const struct domain *d)
{
    const struct domain_tsc *t = &d->arch.tsc;

    return t->ratio && !t->emulated ? t->ratio : TSC_RATIO_ONE;
}

/* What tools get and set (struct xen_domctl_tsc_info). */
struct tsc_info
{
    uint32_t mode, khz, incarnation;
    uint64_t elapsed_ns;
};

/* A new domain: mode default. The machine's TSC has been measured. */
void hvm_tsc_init(struct domain *d);
/*
 * d is paused and not current's. khz 0: the machine's rate. The TSCs of its
 * vCPUs go on from where they are. -EINVAL: no such mode, or a rate too far
 * from the machine's; -EBUSY: a vCPU of it is in an L2.
 */
int hvm_tsc_set(struct domain *d, const struct tsc_info *info);
void hvm_tsc_get(const struct domain *d, struct tsc_info *info);
