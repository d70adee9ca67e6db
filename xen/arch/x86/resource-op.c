/* SPDX-License-Identifier: MIT */
/* platform_op's resource_op: Dom0 reads and writes a few MSRs of any pCPU. */
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/smp.h>
#include <xen/time.h>
#include <public/platform.h>
#include <asm/cpu-policy.h>
#include <asm/msr-index.h>
#include <asm/platform-op.h>
#include <asm/processor.h>

#define MAX_ENTRIES              3u

#define CPUID7_D_SRBDS_CTRL      (1u << 9)
#define CPUID7_D_TSX_FORCE_ABORT (1u << 13)
#define ARCH_CAPS_TSX_CTRL       (1ull << 7)

/*
 * May it be read? Test programs look at these: one that the processor does not
 * have is -EPERM, as when reading it faults; all others are -EACCES.
 */
static int msr_access(uint32_t idx)
{
    uint32_t l7d = raw_cpu_policy.feat[0].d;
    bool there;

    switch ( idx )
    {
    case MSR_TSC:
        return 0;
    case MSR_TSX_FORCE_ABORT:
        there = l7d & CPUID7_D_TSX_FORCE_ABORT;
        break;
    case MSR_TSX_CTRL:
        there = raw_cpu_policy.arch_caps & ARCH_CAPS_TSX_CTRL;
        break;
    case MSR_MCU_OPT_CTRL:
        there = l7d & CPUID7_D_SRBDS_CTRL;
        break;
    default:
        return -EACCES;
    }
    return there ? 0 : -EPERM;
}

static int check(const xenpf_resource_entry_t *e)
{
    int rc;

    if ( e->rsvd )
        return -EINVAL;
    if ( e->u.cmd != XEN_RESOURCE_OP_MSR_READ &&
         e->u.cmd != XEN_RESOURCE_OP_MSR_WRITE )
        return -EOPNOTSUPP;
    if ( e->idx >> 32 )
        return -EINVAL;
    rc = msr_access(e->idx);
    /* LIMIT: nothing that Dom0 would have to write is left to it. */
    return !rc && e->u.cmd == XEN_RESOURCE_OP_MSR_WRITE ? -EPERM : rc;
}

struct batch
{
    unsigned int nr, done;
    xenpf_resource_entry_t entry[MAX_ENTRIES];
};

/* The checked entries, up to the first that fails. */
static void run(void *data)
{
    struct batch *b = data;

    for ( b->done = 0; b->done < b->nr; b->done++ )
    {
        xenpf_resource_entry_t *e = &b->entry[b->done];

        if ( e->idx == MSR_TSC )
            e->val = NOW();
        else if ( rdmsr_safe(e->idx, &e->val) )
        {
            e->u.ret = -EFAULT;
            break;
        }
    }
}

int platform_resource_op(struct xen_platform_op *op)
{
    const struct xenpf_resource_op *r = &op->u.resource_op;
    struct batch b = { 0 };
    int rc;

    if ( !r->nr_entries )
        return 0;
    if ( r->nr_entries > MAX_ENTRIES )
        return -EINVAL;
    if ( r->cpu >= nr_cpus_online )
        return -ENODEV;
    if ( copy_from_guest(b.entry, r->entries, r->nr_entries) )
        return -EFAULT;
    for ( ; b.nr < r->nr_entries; b.nr++ )
    {
        rc = check(&b.entry[b.nr]);
        if ( rc )
        {
            b.entry[b.nr].u.ret = rc;
            break;
        }
    }
    on_selected_cpus(1ull << r->cpu, run, &b, true);
    if ( copy_to_guest(r->entries, b.entry, min(b.done + 1, r->nr_entries)) )
        return -EFAULT;
    return b.done;
}
