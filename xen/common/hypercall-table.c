/* SPDX-License-Identifier: MIT */
/* Hypercall dispatch: number to handler, and restarting long operations. */
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>

/*
 * What is missing answers -ENOSYS: the PV-only calls, and those whose
 * absence guests and tools accept (xsm_op, kexec_op, argo_op, mca).
 */
hypercall_fn_t *const hypercall_table[NR_HYPERCALLS] = {
    [__HYPERVISOR_platform_op] = do_platform_op,
    [__HYPERVISOR_memory_op] = do_memory_op,
    [__HYPERVISOR_multicall] = do_multicall,
    [__HYPERVISOR_xen_version] = do_xen_version,
    [__HYPERVISOR_console_io] = do_console_io,
    [__HYPERVISOR_grant_table_op] = do_grant_table_op,
    [__HYPERVISOR_vm_assist] = do_vm_assist,
    [__HYPERVISOR_vcpu_op] = do_vcpu_op,
    [__HYPERVISOR_sched_op] = do_sched_op,
    [__HYPERVISOR_event_channel_op] = do_event_channel_op,
    [__HYPERVISOR_physdev_op] = do_physdev_op,
    [__HYPERVISOR_hvm_op] = do_hvm_op,
    [__HYPERVISOR_sysctl] = do_sysctl,
    [__HYPERVISOR_domctl] = do_domctl,
    [__HYPERVISOR_xenpmu_op] = do_xenpmu_op,
    [__HYPERVISOR_dm_op] = do_dm_op,
    [__HYPERVISOR_hypfs_op] = do_hypfs_op,
};

/* Where the arguments of the running hypercall live when it is nested. */
static unsigned long *redirected[NR_CPUS];

void hypercall_redirect(unsigned long *args)
{
    redirected[smp_processor_id()] = args;
}

void hypercall_continue(unsigned long a1, unsigned long a2, unsigned long a3,
                        unsigned long a4, unsigned long a5)
{
    unsigned long *args = redirected[smp_processor_id()];
    struct guest_gprs *g = &current->arch.gprs;

    if ( args )
    {
        args[0] = a1;
        args[1] = a2;
        args[2] = a3;
        args[3] = a4;
        args[4] = a5;
        return;
    }
    if ( unlikely(current->hcall_compat) )
    {
        g->rbx = a1;
        g->rcx = a2;
        g->rdx = a3;
        g->rsi = a4;
        g->rdi = a5;
        return;
    }
    g->rdi = a1;
    g->rsi = a2;
    g->rdx = a3;
    g->r10 = a4;
    g->r8 = a5;
}

/* Arguments and result as the code that calls has them. */
static long call_from_64bit(hypercall_fn_t *fn, const struct guest_gprs *g)
{
    return fn(g->rdi, g->rsi, g->rdx, g->r10, g->r8);
}

static long call_from_32bit(hypercall_fn_t *fn, const struct guest_gprs *g)
{
    return (int32_t)fn((uint32_t)g->rbx, (uint32_t)g->rcx, (uint32_t)g->rdx,
                       (uint32_t)g->rsi, (uint32_t)g->rdi);
}

bool hypercall_dispatch(void)
{
    struct guest_gprs *g = &current->arch.gprs;
    bool compat = !hvm_code_is_64bit();
    hypercall_fn_t *fn = NULL;
    long rc = -ENOSYS;

    current->hcall_compat = compat;
    /* Only the low word names the call. */
    if ( (uint32_t)g->rax < NR_HYPERCALLS )
        fn = hypercall_table[(uint32_t)g->rax];
    if ( likely(fn) )
    {
        rc = likely(!compat) ? call_from_64bit(fn, g) : call_from_32bit(fn, g);
        if ( unlikely(rc == -ERESTART) )
            return false;
    }
    g->rax = likely(!compat) ? (uint64_t)rc : (uint32_t)rc;
    return true;
}

int domain_get_target(domid_t domid, struct domain **out)
{
    struct domain *cd = current->domain;

    if ( domid == DOMID_SELF || domid == cd->domain_id )
    {
        if ( !get_domain(cd) )
            return -ESRCH;
        *out = cd;
        return 0;
    }
    *out = get_domain_by_id(domid);
    if ( !*out )
        return -ESRCH;
    if ( cd->is_privileged )
        return 0;
    put_domain(*out);
    return -EPERM;
}

/* Virtual performance counters do not exist. */
long do_xenpmu_op(unsigned long a1, unsigned long a2, unsigned long a3,
                  unsigned long a4, unsigned long a5)
{
    (void)a1, (void)a2, (void)a3, (void)a4, (void)a5;
    return -EOPNOTSUPP;
}

/* There are no device models outside the hypervisor. */
long do_dm_op(unsigned long domid, unsigned long a2, unsigned long a3,
              unsigned long a4, unsigned long a5)
{
    struct domain *d;
    int rc;

    (void)a2, (void)a3, (void)a4, (void)a5;
    if ( domid == DOMID_SELF )
        return -EPERM;
    rc = domain_get_target(domid, &d);
    if ( rc )
        return rc;
    put_domain(d);
    return -EOPNOTSUPP;
}
