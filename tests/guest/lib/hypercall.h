/* SPDX-License-Identifier: MIT */
/* Hypercalls, by VMCALL; hypercall_by_page() takes the page's way. */
#ifndef TEST_HYPERCALL_H
#define TEST_HYPERCALL_H

#include <public/errno.h>
#include <public/event_channel.h>
#include <public/grant_table.h>
#include <public/hvm/hvm_op.h>
#include <public/hvm/params.h>
#include <public/memory.h>
#include <public/sched.h>
#include <public/vcpu.h>
#include <public/version.h>
#include <public/xen.h>

static inline long hypercall5(unsigned int nr, unsigned long a1,
                              unsigned long a2, unsigned long a3,
                              unsigned long a4, unsigned long a5)
{
    register unsigned long r10 asm("r10") = a4;
    register unsigned long r8 asm("r8") = a5;
    long ret;

    asm volatile("vmcall"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3), "+r"(r10), "+r"(r8)
                 : "0"((unsigned long)nr)
                 : "memory");
    return ret;
}

static inline long hypercall2(unsigned int nr, unsigned long a1,
                              unsigned long a2)
{
    long ret;

    asm volatile("vmcall"
                 : "=a"(ret), "+D"(a1), "+S"(a2)
                 : "0"((unsigned long)nr)
                 : "memory");
    return ret;
}

static inline long hypercall3(unsigned int nr, unsigned long a1,
                              unsigned long a2, unsigned long a3)
{
    long ret;

    asm volatile("vmcall"
                 : "=a"(ret), "+D"(a1), "+S"(a2), "+d"(a3)
                 : "0"((unsigned long)nr)
                 : "memory");
    return ret;
}

/* Write the page at the MSR that CPUID names, then call through it. */
void hypercall_page_init(void);
long hypercall_by_page(unsigned int nr, unsigned long a1, unsigned long a2,
                       unsigned long a3);

static inline long memory_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_memory_op, cmd, (unsigned long)arg);
}

/* Give the page at gfn back, or have one there: how many were, so 1 or 0. */
static inline long page_reservation(unsigned int cmd, unsigned long gfn)
{
    xen_pfn_t frame = gfn;
    struct xen_memory_reservation r = {
        .nr_extents = 1,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(r.extent_start, &frame);
    return memory_op(cmd, &r);
}

static inline long xen_version(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_xen_version, cmd, (unsigned long)arg);
}

static inline long console_io(unsigned int cmd, unsigned int n, char *buf)
{
    return hypercall3(__HYPERVISOR_console_io, cmd, n, (unsigned long)buf);
}

static inline long grant_table_op(unsigned int cmd, void *arg, unsigned int n)
{
    return hypercall3(__HYPERVISOR_grant_table_op, cmd, (unsigned long)arg, n);
}

static inline long vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return hypercall3(__HYPERVISOR_vcpu_op, cmd, vcpu, (unsigned long)arg);
}

static inline long sched_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_sched_op, cmd, (unsigned long)arg);
}

static inline long evtchn_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_event_channel_op, cmd, (unsigned long)arg);
}

static inline long hvm_op(unsigned int cmd, void *arg)
{
    return hypercall2(__HYPERVISOR_hvm_op, cmd, (unsigned long)arg);
}

long hvm_get_param(unsigned int index, uint64_t *val);
long hvm_set_param(unsigned int index, uint64_t val);

#endif /* TEST_HYPERCALL_H */
