/* SPDX-License-Identifier: MIT */
/* Give a domain its CPU policy. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

struct policy
{
    uint32_t nr_leaves, nr_msrs;
    xen_cpuid_leaf_t *leaves;
    xen_msr_entry_t *msrs;
};

static void policy_free(struct policy *p)
{
    free(p->leaves);
    free(p->msrs);
}

/* errno on failure */
static int policy_alloc(xc_interface *xch, struct policy *p)
{
    if ( xc_cpu_policy_get_size(xch, &p->nr_leaves, &p->nr_msrs) )
        return -1;
    p->leaves = calloc(p->nr_leaves, sizeof(*p->leaves));
    p->msrs = calloc(p->nr_msrs, sizeof(*p->msrs));
    return p->leaves && p->msrs ? 0 : -1;
}

static int policy_get(xc_interface *xch, uint32_t index, struct policy *p)
{
    if ( policy_alloc(xch, p) )
        return -1;
    return xc_get_system_cpu_policy(xch, index, &p->nr_leaves, p->leaves,
                                    &p->nr_msrs, p->msrs);
}

static int refused(struct xg_error *err, uint32_t leaf, uint32_t subleaf,
                   uint32_t msr)
{
    const char *why = strerror(errno);

    if ( leaf != ~0u && subleaf != ~0u )
        return xg_fail(err, "the hypervisor refuses CPUID leaf 0x%x.%u: %s",
                       leaf, subleaf, why);
    if ( leaf != ~0u )
        return xg_fail(err, "the hypervisor refuses CPUID leaf 0x%x: %s", leaf,
                       why);
    if ( msr != ~0u )
        return xg_fail(err, "the hypervisor refuses MSR 0x%x: %s", msr, why);
    return xg_fail(err, "the hypervisor refuses the CPU policy: %s", why);
}

static int load(xc_interface *xch, uint32_t domid, xen_cpuid_leaf_t *leaves,
                uint32_t nr_leaves, xen_msr_entry_t *msrs, uint32_t nr_msrs,
                struct xg_error *err)
{
    uint32_t leaf = ~0u, subleaf = ~0u, msr = ~0u;

    if ( !xc_set_domain_cpu_policy(xch, domid, nr_leaves, leaves, nr_msrs, msrs,
                                   &leaf, &subleaf, &msr) )
        return 0;
    return refused(err, leaf, subleaf, msr);
}

int xg_domain_load_policy(xc_interface *xch, uint32_t domid,
                          xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                          xen_msr_entry_t *msrs, uint32_t nr_msrs,
                          struct xg_error *err)
{
    struct policy now = { 0 };
    int ret;

    if ( load(xch, domid, leaves, nr_leaves, msrs, nr_msrs, err) )
        return -1;
    if ( policy_alloc(xch, &now) ||
         xc_get_domain_cpu_policy(xch, domid, &now.nr_leaves, now.leaves,
                                  &now.nr_msrs, now.msrs) )
        ret = xg_fail(err, "cannot read the CPU policy back: %s",
                      strerror(errno));
    else
        ret =
            xg_policy_check(leaves, nr_leaves, now.leaves, now.nr_leaves, err);
    policy_free(&now);
    return ret;
}

int xg_domain_set_policy(xc_interface *xch, uint32_t domid,
                         const struct xg_policy_options *options,
                         const struct xg_cpuid_override *overrides,
                         unsigned int nr_overrides, struct xg_error *err)
{
    struct policy guest = { 0 }, host = { 0 };
    int ret = -1;

    if ( policy_get(xch, XEN_SYSCTL_cpu_policy_hvm_default, &guest) ||
         policy_get(xch, XEN_SYSCTL_cpu_policy_host, &host) )
    {
        xg_fail(err, "cannot read the CPU policies: %s", strerror(errno));
        goto out;
    }

    xg_policy_apply(guest.leaves, guest.nr_leaves, host.leaves, host.nr_leaves,
                    options, overrides, nr_overrides);
    ret = load(xch, domid, guest.leaves, guest.nr_leaves, guest.msrs,
               guest.nr_msrs, err);

out:
    policy_free(&guest);
    policy_free(&host);
    return ret;
}
