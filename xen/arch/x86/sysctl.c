/* SPDX-License-Identifier: MIT */
/* sysctl: what the processors are and can do. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <asm/cpu-policy.h>

int copy_policy_to_guest(const struct cpu_policy *p,
                         __guest_handle_xen_cpuid_leaf_t leaves_out,
                         uint32_t *nr_leaves,
                         __guest_handle_xen_msr_entry_t msrs_out,
                         uint32_t *nr_msrs)
{
    xen_cpuid_leaf_t *leaves =
        xzalloc_array(xen_cpuid_leaf_t, CPU_POLICY_MAX_LEAVES);
    xen_msr_entry_t msrs[CPU_POLICY_MAX_MSRS];
    uint32_t nl = CPU_POLICY_MAX_LEAVES, nm = CPU_POLICY_MAX_MSRS;
    int rc;

    if ( !leaves )
        return -ENOMEM;
    /* Null handles ask how much room anything could need. */
    if ( guest_handle_is_null(leaves_out) )
        rc = 0;
    else
    {
        rc = cpu_policy_serialise_leaves(p, leaves, &nl);
        if ( !rc && nl > *nr_leaves )
            rc = -ENOBUFS;
        if ( !rc && copy_to_guest(leaves_out, leaves, nl) )
            rc = -EFAULT;
    }
    if ( !rc && !guest_handle_is_null(msrs_out) )
    {
        rc = cpu_policy_serialise_msrs(p, msrs, &nm);
        if ( !rc && nm > *nr_msrs )
            rc = -ENOBUFS;
        if ( !rc && copy_to_guest(msrs_out, msrs, nm) )
            rc = -EFAULT;
    }
    xfree(leaves);
    if ( !rc )
    {
        *nr_leaves = nl;
        *nr_msrs = nm;
    }
    return rc;
}

int arch_sysctl_get_cpu_policy(struct xen_sysctl *op)
{
    static const struct cpu_policy *const policies[] = {
        [XEN_SYSCTL_cpu_policy_raw] = &raw_cpu_policy,
        [XEN_SYSCTL_cpu_policy_host] = &host_cpu_policy,
        [XEN_SYSCTL_cpu_policy_hvm_max] = &hvm_max_cpu_policy,
        [XEN_SYSCTL_cpu_policy_hvm_default] = &hvm_def_cpu_policy,
    };
    struct xen_sysctl_cpu_policy *c = &op->u.cpu_policy;

    if ( c->_rsvd )
        return -EINVAL;
    if ( c->index >= ARRAY_SIZE(policies) )
        return -EINVAL;
    if ( !policies[c->index] )
        return -EOPNOTSUPP; /* PV */
    return copy_policy_to_guest(policies[c->index], c->leaves, &c->nr_leaves,
                                c->msrs, &c->nr_msrs);
}

int arch_sysctl_get_cpu_featureset(struct xen_sysctl *op)
{
    static const struct cpu_policy *const policies[] = {
        [XEN_SYSCTL_cpu_featureset_raw] = &raw_cpu_policy,
        [XEN_SYSCTL_cpu_featureset_host] = &host_cpu_policy,
        [XEN_SYSCTL_cpu_featureset_hvm] = &hvm_def_cpu_policy,
        [XEN_SYSCTL_cpu_featureset_hvm_max] = &hvm_max_cpu_policy,
    };
    struct xen_sysctl_cpu_featureset *f = &op->u.cpu_featureset;
    uint32_t words[CPU_FEATURESET_NR];
    uint32_t room = f->nr_features;

    if ( guest_handle_is_null(f->features) )
    {
        f->nr_features = CPU_FEATURESET_NR;
        return 0;
    }
    if ( f->index >= ARRAY_SIZE(policies) )
        return -EINVAL;
    if ( !policies[f->index] )
        return -EOPNOTSUPP; /* PV */
    cpu_policy_to_featureset(policies[f->index], words);
    f->nr_features = min(room, (uint32_t)CPU_FEATURESET_NR);
    if ( copy_to_guest(f->features, words, f->nr_features) )
        return -EFAULT;
    return room < CPU_FEATURESET_NR ? -ENOBUFS : 0;
}

void arch_sysctl_physinfo(struct xen_sysctl_physinfo *pi)
{
    uint32_t words[CPU_FEATURESET_NR];

    pi->capabilities |= XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap;
    cpu_policy_to_featureset(&host_cpu_policy, words);
    memcpy(pi->hw_cap, words, sizeof(pi->hw_cap));
}
