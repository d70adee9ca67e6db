/* SPDX-License-Identifier: MIT */
/* CPU policies: which CPUID leaves and MSRs domains see. */

#include <string.h>

#include "private.h"

int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves,
                           uint32_t *nr_msrs)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_get_cpu_policy };

    /* Null handles ask for the largest numbers of any policy. */
    if ( xc_sysctl(xch, &sysctl) )
        return -1;
    *nr_leaves = sysctl.u.cpu_policy.nr_leaves;
    *nr_msrs = sysctl.u.cpu_policy.nr_msrs;
    return 0;
}

/* The two lists of a policy in memory that the hypervisor can reach. */
struct bounce
{
    size_t leaves_size, msrs_size;
    xen_cpuid_leaf_t *leaves;
    xen_msr_entry_t *msrs;
};

static void bounce_free(xc_interface *xch, struct bounce *b)
{
    xc_buffer_free(xch, b->leaves, b->leaves_size);
    xc_buffer_free(xch, b->msrs, b->msrs_size);
}

static int bounce_alloc(xc_interface *xch, struct bounce *b, uint32_t nr_leaves,
                        uint32_t nr_msrs)
{
    b->leaves_size = nr_leaves * sizeof(*b->leaves);
    b->msrs_size = nr_msrs * sizeof(*b->msrs);
    b->leaves = xencall_alloc_buffer(xch->xcall, b->leaves_size);
    b->msrs = xencall_alloc_buffer(xch->xcall, b->msrs_size);
    if ( b->leaves && b->msrs )
        return 0;
    bounce_free(xch, b);
    return -1;
}

static void bounce_out(const struct bounce *b, uint32_t nr_leaves,
                       xen_cpuid_leaf_t *leaves, uint32_t nr_msrs,
                       xen_msr_entry_t *msrs)
{
    memcpy(leaves, b->leaves, nr_leaves * sizeof(*leaves));
    memcpy(msrs, b->msrs, nr_msrs * sizeof(*msrs));
}

int xc_get_system_cpu_policy(xc_interface *xch, uint32_t index,
                             uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
    struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_get_cpu_policy };
    struct bounce b;
    int rc;

    if ( bounce_alloc(xch, &b, *nr_leaves, *nr_msrs) )
        return -1;
    sysctl.u.cpu_policy.index = index;
    sysctl.u.cpu_policy.nr_leaves = *nr_leaves;
    sysctl.u.cpu_policy.nr_msrs = *nr_msrs;
    set_xen_guest_handle(sysctl.u.cpu_policy.leaves, b.leaves);
    set_xen_guest_handle(sysctl.u.cpu_policy.msrs, b.msrs);
    rc = xc_sysctl(xch, &sysctl);
    if ( !rc )
    {
        *nr_leaves = sysctl.u.cpu_policy.nr_leaves;
        *nr_msrs = sysctl.u.cpu_policy.nr_msrs;
        bounce_out(&b, *nr_leaves, leaves, *nr_msrs, msrs);
    }
    bounce_free(xch, &b);
    return rc;
}

int xc_get_domain_cpu_policy(xc_interface *xch, uint32_t domid,
                             uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t *nr_msrs, xen_msr_entry_t *msrs)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_get_cpu_policy,
        .domain = domid,
        .u.cpu_policy = { .nr_leaves = *nr_leaves, .nr_msrs = *nr_msrs },
    };
    struct bounce b;
    int rc;

    if ( bounce_alloc(xch, &b, *nr_leaves, *nr_msrs) )
        return -1;
    set_xen_guest_handle(domctl.u.cpu_policy.leaves, b.leaves);
    set_xen_guest_handle(domctl.u.cpu_policy.msrs, b.msrs);
    rc = xc_domctl(xch, &domctl);
    if ( !rc )
    {
        *nr_leaves = domctl.u.cpu_policy.nr_leaves;
        *nr_msrs = domctl.u.cpu_policy.nr_msrs;
        bounce_out(&b, *nr_leaves, leaves, *nr_msrs, msrs);
    }
    bounce_free(xch, &b);
    return rc;
}

int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid,
                             uint32_t nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t nr_msrs, xen_msr_entry_t *msrs,
                             uint32_t *err_leaf, uint32_t *err_subleaf,
                             uint32_t *err_msr)
{
    struct xen_domctl domctl = {
        .cmd = XEN_DOMCTL_set_cpu_policy,
        .domain = domid,
        .u.cpu_policy = {
            .nr_leaves = nr_leaves,
            .nr_msrs = nr_msrs,
            .err_leaf = ~0u,
            .err_subleaf = ~0u,
            .err_msr = ~0u,
        },
    };
    struct bounce b;
    int rc;

    if ( bounce_alloc(xch, &b, nr_leaves, nr_msrs) )
        return -1;
    memcpy(b.leaves, leaves, nr_leaves * sizeof(*leaves));
    memcpy(b.msrs, msrs, nr_msrs * sizeof(*msrs));
    set_xen_guest_handle(domctl.u.cpu_policy.leaves, b.leaves);
    set_xen_guest_handle(domctl.u.cpu_policy.msrs, b.msrs);
    rc = xc_domctl(xch, &domctl);
    *err_leaf = domctl.u.cpu_policy.err_leaf;
    *err_subleaf = domctl.u.cpu_policy.err_subleaf;
    *err_msr = domctl.u.cpu_policy.err_msr;
    bounce_free(xch, &b);
    return rc;
}
