/* SPDX-License-Identifier: MIT */
/*
 * What an ordinary domain must not do.
 *
 * Expect: every hypercall of the toolstack, and every ordinary one aimed at
 * another domain, is refused, and for the reason real Xen gives.
 */
#include <public/arch-x86/cpuid.h>
#include <public/domctl.h>
#include <public/physdev.h>
#include <public/platform.h>
#include <public/sysctl.h>

#include "lib.h"

#define PAGE_ARG(name) void *name = alloc_page()

static void check_domctl(void)
{
    struct xen_domctl *op = alloc_page();
    static const uint32_t cmds[] = {
        XEN_DOMCTL_createdomain,  XEN_DOMCTL_destroydomain,
        XEN_DOMCTL_pausedomain,   XEN_DOMCTL_unpausedomain,
        XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_max_mem,
        XEN_DOMCTL_max_vcpus,     XEN_DOMCTL_setvcpuaffinity,
        XEN_DOMCTL_gethvmcontext, XEN_DOMCTL_set_cpu_policy,
    };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cmds); i++ )
        for ( domid_t target = 0; target < 2; target++ )
        {
            long rc;

            memset(op, 0, sizeof(*op));
            op->cmd = cmds[i];
            op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
            /* Dom0, then ourselves: neither may be touched. */
            op->domain = target ? (domid_t)cpuid(XEN_CPUID_LEAF(4), 0).c : 0;
            rc = hypercall2(__HYPERVISOR_domctl, (unsigned long)op, 0);
            if ( rc != -XEN_EPERM )
                test_failure("domctl %u on domain %u: got %ld, want %d",
                             cmds[i], op->domain, rc, -XEN_EPERM);
        }

    op->interface_version++;
    check_rc("domctl of another version",
             hypercall2(__HYPERVISOR_domctl, (unsigned long)op, 0),
             -XEN_EACCES);
    check_rc("domctl from nowhere",
             hypercall2(__HYPERVISOR_domctl, (unsigned long)UNMAPPED_VA, 0),
             -XEN_EFAULT);
}

static void check_sysctl(void)
{
    struct xen_sysctl *op = alloc_page();
    static const uint32_t cmds[] = { XEN_SYSCTL_readconsole,
                                     XEN_SYSCTL_physinfo,
                                     XEN_SYSCTL_getdomaininfolist,
                                     XEN_SYSCTL_debug_keys };

    for ( unsigned int i = 0; i < ARRAY_SIZE(cmds); i++ )
    {
        long rc;

        memset(op, 0, sizeof(*op));
        op->cmd = cmds[i];
        op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        rc = hypercall2(__HYPERVISOR_sysctl, (unsigned long)op, 0);
        if ( rc != -XEN_EPERM )
            test_failure("sysctl %u: got %ld, want %d", cmds[i], rc,
                         -XEN_EPERM);
    }
}

static void check_platform(void)
{
    struct xen_platform_op *op = alloc_page();

    op->cmd = XENPF_settime64;
    op->interface_version = XENPF_INTERFACE_VERSION;
    check_rc("platform_op",
             hypercall2(__HYPERVISOR_platform_op, (unsigned long)op, 0),
             -XEN_EPERM);
}

static void check_others_memory(void)
{
    xen_pfn_t gfn = gfn_of(alloc_page());
    xen_ulong_t idx = 0x100;
    int err = 0;
    struct xen_add_to_physmap_batch b = {
        .domid = DOMID_SELF,
        .space = XENMAPSPACE_gmfn_foreign,
        .size = 1,
        .u.foreign_domid = 0,
    };
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = 0 };
    struct xen_memory_domain d = { .domid = 0 };
    struct xen_mem_acquire_resource a = { .domid = 0,
                                          .type = XENMEM_resource_grant_table };
    struct xen_foreign_memory_map m = { .domid = 0 };

    set_xen_guest_handle(b.idxs, &idx);
    set_xen_guest_handle(b.gpfns, &gfn);
    set_xen_guest_handle(b.errs, &err);
    check_rc("a batch with Dom0's page",
             memory_op(XENMEM_add_to_physmap_batch, &b), 0);
    check_rc("the page's own error", err, -XEN_EPERM);

    set_xen_guest_handle(r.extent_start, &gfn);
    check(memory_op(XENMEM_decrease_reservation, &r) <= 0,
          "take Dom0's memory");
    check(memory_op(XENMEM_populate_physmap, &r) <= 0, "give Dom0 memory");
    check_rc("count Dom0's pages", memory_op(XENMEM_current_reservation, &d),
             -XEN_EPERM);
    check(memory_op(XENMEM_acquire_resource, &a) < 0, "Dom0's grant table");
    check(memory_op(XENMEM_set_memory_map, &m) < 0, "set Dom0's memory map");
}

static void check_others_rest(void)
{
    struct sched_remote_shutdown s = { .domain_id = 0,
                                       .reason = SHUTDOWN_crash };
    struct xen_hvm_param p = { .domid = 0, .index = HVM_PARAM_CALLBACK_IRQ };
    struct evtchn_reset reset = { .dom = 0 };
    struct evtchn_status status = { .dom = 0, .port = 1 };
    struct gnttab_setup_table g = { .dom = 0, .nr_frames = 1 };
    PAGE_ARG(page);

    check_rc("shut Dom0 down", sched_op(SCHEDOP_remote_shutdown, &s),
             -XEN_EPERM);
    check(hvm_op(HVMOP_set_param, &p) < 0, "set Dom0's parameter");
    check(hvm_op(HVMOP_get_param, &p) < 0, "get Dom0's parameter");
    check_rc("reset Dom0's ports", evtchn_op(EVTCHNOP_reset, &reset),
             -XEN_EPERM);
    check_rc("status of Dom0's port", evtchn_op(EVTCHNOP_status, &status),
             -XEN_EPERM);
    set_xen_guest_handle(g.frame_list, page);
    check_rc("setup_table", grant_table_op(GNTTABOP_setup_table, &g, 1), 0);
    check_eq("of Dom0", g.status, GNTST_permission_denied);
    check(hypercall2(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add,
                     (unsigned long)page) < 0,
          "add a PCI device");
    check(hypercall3(__HYPERVISOR_dm_op, 0, 1, (unsigned long)page) < 0,
          "be Dom0's device model");
    check(hypercall2(__HYPERVISOR_kexec_op, 0, (unsigned long)page) < 0,
          "kexec");
}

void test_main(void)
{
    check_domctl();
    check_sysctl();
    check_platform();
    check_others_memory();
    check_others_rest();
}
