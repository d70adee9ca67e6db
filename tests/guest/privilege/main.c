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
#include <public/version.h>

#include "lib.h"

#define PAGE_ARG(name) void *name = alloc_page()

/* Every operation there is, and some that there are not. */
#define NR_DOMCTLS      96
#define NR_SYSCTLS      48
#define NR_PLATFORM_OPS 80
#define NR_HYPFS_OPS    4

static domid_t self(void)
{
    return (domid_t)cpuid(XEN_CPUID_LEAF(4), 0).c;
}

static bool on_nidus(void)
{
    char *extra = alloc_page();

    hypercall2(__HYPERVISOR_xen_version, XENVER_extraversion,
               (unsigned long)extra);
    return !strcmp(extra, ".0-nidus");
}

/*
 * What is for devices and their models has no meaning here. Xen 4.17 looks at
 * the arguments of these before it asks who wants it, and refuses for those.
 */
static bool refused_for_its_arguments(uint32_t cmd, long rc)
{
    switch ( cmd )
    {
    case XEN_DOMCTL_ioport_permission:
    case XEN_DOMCTL_bind_pt_irq:
    case XEN_DOMCTL_memory_mapping:
    case XEN_DOMCTL_ioport_mapping:
    case XEN_DOMCTL_set_target:
    case XEN_DOMCTL_unbind_pt_irq:
    case XEN_DOMCTL_get_device_group:
        return rc == -XEN_EINVAL || rc == -XEN_EOPNOTSUPP;
    }
    return false;
}

static void check_domctl(void)
{
    struct xen_domctl *op = alloc_page();
    bool nidus = on_nidus();
    long rc;

    /* Dom0, then ourselves: neither may be touched. */
    for ( uint32_t i = 0; i < 2 * NR_DOMCTLS; i++ )
    {
        memset(op, 0, sizeof(*op));
        op->cmd = i / 2;
        op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
        op->domain = i % 2 ? self() : 0;
        rc = hypercall2(__HYPERVISOR_domctl, (unsigned long)op, 0);
        if ( rc != -XEN_EPERM &&
             (nidus || !refused_for_its_arguments(i / 2, rc)) )
            test_failure("domctl %u on domain %u: got %ld, want %d", i / 2,
                         op->domain, rc, -XEN_EPERM);
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
    long rc;

    for ( uint32_t cmd = 0; cmd < NR_SYSCTLS; cmd++ )
    {
        memset(op, 0, sizeof(*op));
        op->cmd = cmd;
        op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
        rc = hypercall2(__HYPERVISOR_sysctl, (unsigned long)op, 0);
        if ( rc != -XEN_EPERM )
            test_failure("sysctl %u: got %ld, want %d", cmd, rc, -XEN_EPERM);
    }
}

static void check_platform(void)
{
    struct xen_platform_op *op = alloc_page();
    long rc;

    for ( uint32_t cmd = 0; cmd < NR_PLATFORM_OPS; cmd++ )
    {
        memset(op, 0, sizeof(*op));
        op->cmd = cmd;
        op->interface_version = XENPF_INTERFACE_VERSION;
        rc = hypercall2(__HYPERVISOR_platform_op, (unsigned long)op, 0);
        if ( rc != -XEN_EPERM )
            test_failure("platform_op %u: got %ld, want %d", cmd, rc,
                         -XEN_EPERM);
    }
}

static void check_hypfs(void)
{
    for ( unsigned int cmd = 0; cmd < NR_HYPFS_OPS; cmd++ )
        check_rc("hypfs_op",
                 hypercall5(__HYPERVISOR_hypfs_op, cmd,
                            (unsigned long)alloc_page(), 1, 0, 0),
                 -XEN_EPERM);
}

/* What the toolstack decides for a domain, the domain may not for itself. */
static void check_own_limits(void)
{
    struct xen_memory_reservation claim = { .nr_extents = 1, .domid = self() };
    struct xen_pod_target pod = { .domid = self() };
    struct sched_pin_override pin = { .pcpu = 0 };
    char c;

    check_rc("claim pages", memory_op(XENMEM_claim_pages, &claim), -XEN_EPERM);
    check_rc("read the PoD target", memory_op(XENMEM_get_pod_target, &pod),
             -XEN_EPERM);
    check_rc("set the PoD target", memory_op(XENMEM_set_pod_target, &pod),
             -XEN_EPERM);
    check_rc("pin ourselves", sched_op(SCHEDOP_pin_override, &pin), -XEN_EPERM);
    check_rc("read the console", console_io(CONSOLEIO_read, 1, &c), -XEN_EPERM);
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
    check_hypfs();
    check_own_limits();
    check_others_memory();
    check_others_rest();
}
