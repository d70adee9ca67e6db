/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls as such: both ways in, unknown numbers, bad pointers, privilege.
 *
 * Expect: xen_version answers the same by VMCALL and through the page; unknown
 * numbers and sub-operations give -ENOSYS; pointers that lead nowhere give
 * -EFAULT and nothing else happens; from user mode everything is -EPERM.
 */
#include "lib.h"

#define UNKNOWN_NR 60
#define UNKNOWN_OP 4000
#define XEN_4_17   (4l << 16 | 17)

static void check_version(void)
{
    long version = xen_version(XENVER_version, NULL);
    char extra[sizeof(xen_extraversion_t)] = { 0 };

    check_rc("XENVER_extraversion", xen_version(XENVER_extraversion, extra), 0);
    test_success("version %ld.%ld%s", version >> 16, version & 0xffff, extra);
    check_eq("XENVER_version", version, XEN_4_17);
    check_eq("XENVER_pagesize", xen_version(XENVER_pagesize, NULL), PAGE_SIZE);

    hypercall_page_init();
    check_eq("XENVER_version through the page",
             hypercall_by_page(__HYPERVISOR_xen_version, XENVER_version, 0, 0),
             version);
}

static void check_features(void)
{
    struct xen_feature_info f = { .submap_idx = 0 };
    uint32_t want = 1u << XENFEAT_auto_translated_physmap |
                    1u << XENFEAT_hvm_callback_vector |
                    1u << XENFEAT_hvm_safe_pvclock;

    check_rc("get_features 0", xen_version(XENVER_get_features, &f), 0);
    printf("feature submap 0: %#x\n", f.submap);
    check_eq("the features that PVH needs", f.submap & want, want);
    check(!(f.submap & 1u << XENFEAT_dom0), "a DomU has no dom0 feature");

    f.submap_idx = 1;
    check_rc("get_features 1", xen_version(XENVER_get_features, &f),
             -XEN_EINVAL);
}

static void check_unknown(void)
{
    check_rc("unknown hypercall", hypercall2(UNKNOWN_NR, 0, 0), -XEN_ENOSYS);
    check_rc("hypercall -1", hypercall2(~0u, 0, 0), -XEN_ENOSYS);
    check_rc("hole in the table", hypercall2(11, 0, 0), -XEN_ENOSYS);
    check_rc("unknown memory_op", memory_op(63, NULL), -XEN_ENOSYS);
    check_rc("unknown xen_version", xen_version(UNKNOWN_OP, NULL), -XEN_ENOSYS);
    check_rc("unknown event_channel_op", evtchn_op(UNKNOWN_OP, NULL),
             -XEN_ENOSYS);
    check_rc("unknown sched_op", sched_op(UNKNOWN_OP, NULL), -XEN_ENOSYS);
    check_rc("unknown vcpu_op", vcpu_op(UNKNOWN_OP, 0, NULL), -XEN_ENOSYS);
    check_rc("unknown hvm_op", hvm_op(UNKNOWN_OP, NULL), -XEN_ENOSYS);
}

static void check_pointer(const char *what, void *p)
{
    long rcs[] = {
        xen_version(XENVER_extraversion, p),
        xen_version(XENVER_get_features, p),
        memory_op(XENMEM_add_to_physmap, p),
        evtchn_op(EVTCHNOP_alloc_unbound, p),
        evtchn_op(EVTCHNOP_send, p),
        hvm_op(HVMOP_get_param, p),
        hvm_op(HVMOP_set_evtchn_upcall_vector, p),
        grant_table_op(GNTTABOP_query_size, p, 1),
        vcpu_op(VCPUOP_register_vcpu_info, 0, p),
        sched_op(SCHEDOP_shutdown, p),
        hypercall2(__HYPERVISOR_multicall, (unsigned long)p, 1),
    };

    /* This one returns how many extents were done. */
    check_rc("decrease_reservation of nothing readable",
             memory_op(XENMEM_decrease_reservation, p), 0);

    for ( unsigned int i = 0; i < ARRAY_SIZE(rcs); i++ )
        if ( rcs[i] != -XEN_EFAULT )
            test_failure("%s pointer, call %u: got %ld, want %d", what, i,
                         rcs[i], -XEN_EFAULT);
}

/* A structure that starts on a good page and ends on no page. */
static void check_straddle(void)
{
    void *edge = (void *)((4ul << 30) - 4);

    check_rc("output across the end of the map",
             xen_version(XENVER_extraversion, edge), -XEN_EFAULT);
    check_rc("input across the end of the map",
             evtchn_op(EVTCHNOP_alloc_unbound, edge), -XEN_EFAULT);
}

static void check_multicall(void)
{
    struct multicall_entry calls[3] = {
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_version } },
        { .op = UNKNOWN_NR },
        { .op = __HYPERVISOR_xen_version, .args = { XENVER_pagesize } },
    };

    check_rc("multicall",
             hypercall2(__HYPERVISOR_multicall, (unsigned long)calls,
                        ARRAY_SIZE(calls)),
             0);
    check_eq("first result", calls[0].result, XEN_4_17);
    check_eq("second result", calls[1].result, -XEN_ENOSYS);
    check_eq("third result", calls[2].result, PAGE_SIZE);
}

static unsigned long user_version(void)
{
    return (unsigned long)xen_version(XENVER_version, NULL);
}

void test_main(void)
{
    uint8_t *stack = alloc_page();

    check_version();
    check_features();
    check_unknown();
    check_pointer("unmapped", UNMAPPED_VA);
    check_pointer("non-canonical", NONCANONICAL_VA);
    check_straddle();
    check_multicall();
    check_rc("xen_version from user mode",
             (long)call_user(user_version, stack + PAGE_SIZE), -XEN_EPERM);
}
