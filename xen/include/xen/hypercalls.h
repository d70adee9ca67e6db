/* SPDX-License-Identifier: MIT */
/* The hypercall handlers, and what several of them need. */
#pragma once

#include <xen/domain.h>
#include <xen/hypercall.h>

hypercall_fn_t do_platform_op, do_memory_op, do_multicall, do_xen_version,
    do_console_io, do_grant_table_op, do_vm_assist, do_vcpu_op, do_sched_op,
    do_event_channel_op, do_physdev_op, do_hvm_op, do_sysctl, do_domctl,
    do_xenpmu_op, do_dm_op, do_hypfs_op;

/*
 * The domain a caller names in an operation that it may do to itself, or to
 * any domain when privileged: a reference in *out, -ESRCH or -EPERM.
 */
int domain_get_target(domid_t domid, struct domain **out);

/*
 * Used by multicall: while args is set, hypercall_continue() stores into
 * it rather than into the vCPU's registers.
 */
void hypercall_redirect(unsigned long *args);
