/* SPDX-License-Identifier: MIT */
/* CPU policies of the machine and of its domains. */
#include <xen/domain.h>
#include <xen/lib.h>
#include <public/domctl.h>
#include <asm/cpu-policy.h>
#include <asm/cpuid-defs.h>

struct cpu_policy raw_cpu_policy, host_cpu_policy, hvm_max_cpu_policy,
    hvm_def_cpu_policy;

static struct cpu_policy_params hw_params;

void cpu_policy_init_system(const struct cpu_policy_params *hw)
{
    struct cpu_policy_params params = *hw;

    hw_params = *hw;
    cpu_policy_read_host(&raw_cpu_policy);
    host_cpu_policy = raw_cpu_policy;
    if ( (raw_cpu_policy.xstate[1].a & CPUIDD1_A_XSAVEC) &&
         !xsave_probe_compacted(&raw_cpu_policy, hw->xcr0_allowed) )
    {
        printk(XENLOG_WARNING "XSAVEC contradicts CPUID leaf 0xd: guests get "
                              "neither it nor XSAVES\n");
        host_cpu_policy.xstate[1].a &= ~(CPUIDD1_A_XSAVEC | CPUIDD1_A_XSAVES);
    }

    params.max_vcpus = 1;
    params.kind = CPU_POLICY_MAX;
    params.nested_virt = true;
    cpu_policy_compute(&host_cpu_policy, &params, &hvm_max_cpu_policy);

    params.kind = CPU_POLICY_DOMU;
    params.nested_virt = false;
    cpu_policy_compute(&host_cpu_policy, &params, &hvm_def_cpu_policy);
}

static struct cpu_policy_params domain_params(const struct domain *d)
{
    struct cpu_policy_params params = hw_params;

    params.kind = d->is_hwdom ? CPU_POLICY_HWDOM : CPU_POLICY_DOMU;
    params.nested_virt = d->create_flags & XEN_DOMCTL_CDF_nested_virt;
    params.max_vcpus = max(d->max_vcpus, 1u);
    return params;
}

int cpu_policy_init_domain(struct domain *d)
{
    struct cpu_policy_params params = domain_params(d);
    struct cpu_policy *p = xzalloc(struct cpu_policy);

    if ( !p )
        return -ENOMEM;
    cpu_policy_compute(&host_cpu_policy, &params, p);
    d->arch.policy = p;
    return 0;
}

void cpu_policy_destroy_domain(struct domain *d)
{
    xfree(d->arch.policy);
    d->arch.policy = NULL;
}

int cpu_policy_set_domain(struct domain *d, const xen_cpuid_leaf_t *leaves,
                          uint32_t nr_leaves, const xen_msr_entry_t *msrs,
                          uint32_t nr_msrs, struct cpu_policy_error *err)
{
    struct cpu_policy_params params = domain_params(d);
    struct cpu_policy *p;
    int rc;

    *err = (struct cpu_policy_error){ ~0u, ~0u, ~0u };
    /* A running guest has seen the old one. */
    if ( d->creation_finished )
        return -EEXIST;

    p = xzalloc(struct cpu_policy);
    if ( !p )
        return -ENOMEM;
    *p = *d->arch.policy;

    rc = cpu_policy_deserialise_leaves(p, leaves, nr_leaves, err);
    if ( !rc )
        rc = cpu_policy_deserialise_msrs(p, msrs, nr_msrs, err);
    if ( !rc )
        rc = cpu_policy_check(&hvm_max_cpu_policy, p, err);
    if ( !rc )
    {
        cpu_policy_recalculate(p, &hvm_max_cpu_policy, &params);
        *d->arch.policy = *p;
    }
    xfree(p);
    return rc;
}
