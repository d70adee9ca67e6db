/* SPDX-License-Identifier: MIT */
/* The TSC of a domain: who counts it, and at which rate. */

/*
 * A guest's TSC is one linear function of the machine's, whose TSCs are in
 * step: tsc * ratio + offset, the ratio being the domain's and the offset the
 * vCPU's. So it never goes back, on whichever vCPU it is read, and pvclock
 * computes the hypervisor's own time from it. The mode only decides who
 * evaluates that:
 *
 *   the processor  by its offset alone, if the rates are the same, else by TSC
 *                  scaling: RDTSC does not exit
 *   we             where the tools want it (always_emulate), or the processor
 *                  cannot scale: RDTSC and RDTSCP exit
 *
 * RDMSR of the TSC exits always, and is answered by the same function.
 */
#include <xen/lib.h>
#include <xen/pvclock.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/nested-hvm.h>
#include <asm/vlapic.h>
#include <asm/vmx.h>

/*
 * LIMIT: two measurements of one machine's rate may differ by so many
 * millionths, as may two machines of one kind. No guest is scaled or emulated
 * for that.
 */
#define SAME_RATE_PPM 100

void hvm_tsc_init(struct domain *d)
{
    d->arch.tsc = (struct domain_tsc){
        .mode = TSC_MODE_DEFAULT,
        .khz = cpu_khz,
        .incarnation = 1,
        .start = NOW(),
    };
}

static bool is_our_rate(uint32_t khz)
{
    uint64_t off = khz > cpu_khz ? khz - cpu_khz : cpu_khz - khz;

    return off * 1000000 <= (uint64_t)cpu_khz * SAME_RATE_PPM;
}

static uint64_t scaled(const struct domain_tsc *t, uint64_t tsc)
{
    return t->ratio ? tsc_times(tsc, t->ratio) : tsc;
}

/* Decide: -EINVAL, or *out is what d's TSC is to be. */
static int choose(const struct domain *d, const struct tsc_info *info,
                  struct domain_tsc *out)
{
    if ( info->mode > TSC_MODE_NEVER_EMULATE )
        return -EINVAL;
    *out = (struct domain_tsc){
        .mode = info->mode,
        .incarnation = info->incarnation + 1,
        .khz = cpu_khz,
        .start = d->arch.tsc.start,
    };
    if ( info->mode == TSC_MODE_NEVER_EMULATE )
        return 0;

    out->start = (uint64_t)NOW() - info->elapsed_ns;
    if ( info->khz )
        out->khz = info->khz;
    if ( !is_our_rate(out->khz) )
    {
        time_scale_set(&out->scale, out->khz * 1000UL);
        out->ratio = tsc_ratio(&tsc_scale, &out->scale);
        out->inverse = tsc_ratio(&out->scale, &tsc_scale);
        if ( !out->ratio || !out->inverse )
            return -EINVAL;
    }
    out->emulated = info->mode == TSC_MODE_ALWAYS_EMULATE ||
                    (out->ratio && !vmx_caps.tsc_scaling);
    return 0;
}

int hvm_tsc_set(struct domain *d, const struct tsc_info *info)
{
    uint64_t now = rdtsc(), shift;
    struct domain_tsc new;
    struct vcpu *v;
    int rc = choose(d, info, &new);

    if ( rc )
        return rc;
    for_each_vcpu (d, v)
        if ( v->arch.nested && nested_guest_mode(v) )
            return -EBUSY;

    shift = scaled(&d->arch.tsc, now) - scaled(&new, now);
    d->arch.tsc = new;
    d->arch.tsc_offset += shift;
    for_each_vcpu (d, v)
    {
        hvm_set_tsc_offset(v, v->arch.tsc_offset + shift);
        hvm_tsc_controls(v);
        if ( v->arch.nested )
            nested_tsc_changed(v);
        vlapic_tsc_changed(v);
        pvclock_update(v);
    }
    return 0;
}

void hvm_tsc_get(const struct domain *d, struct tsc_info *info)
{
    const struct domain_tsc *t = &d->arch.tsc;
    s_time_t elapsed = (uint64_t)NOW() - t->start;

    *info = (struct tsc_info){ .mode = t->mode, .incarnation = t->incarnation };
    if ( t->mode == TSC_MODE_NEVER_EMULATE )
        return; /* wherever it goes, it gets the TSC of there */
    if ( !t->emulated )
        elapsed = tsc_to_ns(rdtsc());
    info->khz = t->khz;
    info->elapsed_ns = max(elapsed, (s_time_t)0);
}
