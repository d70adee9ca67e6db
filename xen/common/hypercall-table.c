/* SPDX-License-Identifier: MIT */
/* Hypercall dispatch: number to handler, and restarting long operations. */
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>

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
    if ( unlikely(!hvm_code_is_64bit()) )
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

/* From 32-bit code: these have pointers or machine words in memory. */
static long sched_op_32(unsigned long cmd, unsigned long arg, unsigned long a3,
                        unsigned long a4, unsigned long a5)
{
    return cmd == SCHEDOP_poll ? -ENOSYS : do_sched_op(cmd, arg, a3, a4, a5);
}

static long xen_version_32(unsigned long cmd, unsigned long arg,
                           unsigned long a3, unsigned long a4, unsigned long a5)
{
    return cmd == XENVER_platform_parameters
               ? -ENOSYS
               : do_xen_version(cmd, arg, a3, a4, a5);
}

static long vcpu_op_32(unsigned long cmd, unsigned long vcpuid,
                       unsigned long arg, unsigned long a4, unsigned long a5)
{
    switch ( cmd )
    {
    case VCPUOP_get_runstate_info:
    case VCPUOP_register_runstate_memory_area:
    case VCPUOP_register_vcpu_time_memory_area:
        return -ENOSYS;
    }
    return do_vcpu_op(cmd, vcpuid, arg, a4, a5);
}

/*
 * LIMIT: from 32-bit code only the calls whose arguments have the same layout
 * there, and what is translated of memory_op; others with pointers or machine
 * words in their structures would need translating, too.
 */
static hypercall_fn_t *const hypercall_table_32[] = {
    [__HYPERVISOR_memory_op] = do_memory_op_32,
    [__HYPERVISOR_xen_version] = xen_version_32,
    [__HYPERVISOR_console_io] = do_console_io,
    [__HYPERVISOR_vcpu_op] = vcpu_op_32,
    [__HYPERVISOR_sched_op] = sched_op_32,
    [__HYPERVISOR_event_channel_op] = do_event_channel_op,
    [__HYPERVISOR_hvm_op] = do_hvm_op,
    [__HYPERVISOR_sysctl] = do_sysctl,
    [__HYPERVISOR_domctl] = do_domctl,
};

static bool dispatch_32bit(struct guest_gprs *g)
{
    uint32_t nr = g->rax;
    long rc = -ENOSYS;

    if ( nr < ARRAY_SIZE(hypercall_table_32) && hypercall_table_32[nr] )
    {
        rc = hypercall_table_32[nr]((uint32_t)g->rbx, (uint32_t)g->rcx,
                                    (uint32_t)g->rdx, (uint32_t)g->rsi,
                                    (uint32_t)g->rdi);
        if ( unlikely(rc == -ERESTART) )
            return false;
    }
    g->rax = (uint32_t)rc;
    return true;
}

bool hypercall_dispatch(void)
{
    struct guest_gprs *g = &current->arch.gprs;
    hypercall_fn_t *fn = NULL;
    long rc = -ENOSYS;

    if ( unlikely(!hvm_code_is_64bit()) )
        return dispatch_32bit(g);

    /* Only the low word names the call. */
    if ( (uint32_t)g->rax < NR_HYPERCALLS )
        fn = hypercall_table[(uint32_t)g->rax];
    if ( likely(fn) )
    {
        rc = fn(g->rdi, g->rsi, g->rdx, g->r10, g->r8);
        if ( unlikely(rc == -ERESTART) )
            return false;
    }
    g->rax = rc;
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
