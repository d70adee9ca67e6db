/* SPDX-License-Identifier: MIT */
/* Between the files of domctl and sysctl. */
#pragma once

#include <xen/domain.h>
#include <public/domctl.h>
#include <public/sysctl.h>

/*
 * A domctl: works on op->u, the copy of the caller's argument; d is the
 * domain named in it, with a reference. 0 or -errno; -ERESTART runs the
 * hypercall again with what op holds by then where the row says COPY_ALWAYS.
 */
typedef int domctl_fn_t(struct domain *d, struct xen_domctl *op);

domctl_fn_t domctl_createdomain, domctl_destroydomain, domctl_pausedomain,
    domctl_unpausedomain, domctl_resumedomain, domctl_max_mem, domctl_max_vcpus,
    domctl_setdomainhandle, domctl_settimeoffset, domctl_set_virq_handler;
domctl_fn_t domctl_getvcpuinfo, domctl_setvcpuaffinity, domctl_getvcpuaffinity,
    domctl_setnodeaffinity, domctl_getnodeaffinity, domctl_scheduler_op;
domctl_fn_t domctl_setdebugging, domctl_set_access_required, domctl_assign,
    domctl_psr;
/* arch/x86/domctl.c */
domctl_fn_t arch_domctl_shadow_op, arch_domctl_gethvmcontext,
    arch_domctl_gethvmcontext_partial, arch_domctl_sethvmcontext,
    arch_domctl_gettscinfo, arch_domctl_settscinfo,
    arch_domctl_getpageframeinfo3, arch_domctl_get_cpu_policy,
    arch_domctl_set_cpu_policy, arch_domctl_get_paging_mempool_size,
    arch_domctl_set_paging_mempool_size, arch_domctl_sendtrigger,
    arch_domctl_get_address_size, arch_domctl_getvcpucontext,
    arch_domctl_setvcpucontext, arch_domctl_hypercall_init;

/* xen/nested/nested-domctl.c */
domctl_fn_t nested_domctl;

void getdomaininfo(struct domain *d, struct xen_domctl_getdomaininfo *info);

/* A bitmap of nr bits out to, or in from, the caller's; -EFAULT. */
int bitmap_to_guest(const struct xenctl_bitmap *to, uint64_t bits,
                    unsigned int nr);
int bitmap_from_guest(uint64_t *bits, const struct xenctl_bitmap *from);

typedef int sysctl_fn_t(struct xen_sysctl *op);
sysctl_fn_t sysctl_cpu_hotplug, sysctl_page_offline_op, sysctl_coverage_op,
    sysctl_psr, sysctl_psr_alloc;
/* sched/control.c */
sysctl_fn_t sysctl_sched_id, sysctl_scheduler_op, sysctl_cpupool_op;
/* arch/x86/sysctl.c */
sysctl_fn_t arch_sysctl_get_cpu_policy, arch_sysctl_get_cpu_featureset;
void arch_sysctl_physinfo(struct xen_sysctl_physinfo *pi);

/* The wire form of a policy, as far as the caller gave handles for it. */
struct cpu_policy;
int copy_policy_to_guest(const struct cpu_policy *p,
                         __guest_handle_xen_cpuid_leaf_t leaves_out,
                         uint32_t *nr_leaves,
                         __guest_handle_xen_msr_entry_t msrs_out,
                         uint32_t *nr_msrs);
