/* SPDX-License-Identifier: MIT */
/* domctl: registers, CPU policy, time and memory types of x86 domains. */
#include <xen/domctl.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <xen/time.h>
#include <public/sched.h>
#include <asm/cpu-policy.h>
#include <asm/hvm-io.h>
#include <asm/hvm-tsc.h>
#include <asm/log-dirty.h>
#include <asm/nested-hvm.h>

/* More than any stream of ours has; bounds what a caller makes us allocate. */
#define HVMCONTEXT_MAX MB(1)
/* Frames in one getpageframeinfo3, as the tools send them. */
#define PAGEFRAMES_MAX 1024
/* ... and those dealt with at a time. */
#define PAGEFRAMES_CHUNK 64

static unsigned int order_of(uint64_t bytes)
{
    unsigned int order = 0;

    while ( (PAGE_SIZE << order) < bytes )
        order++;
    return order;
}

int arch_domctl_gethvmcontext(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext *c = &op->u.hvmcontext;
    unsigned int order;
    void *buf;
    int rc;

    if ( d == current->domain )
        return -EINVAL;
    domain_pause(d);
    rc = hvm_save(d, NULL, 0);
    if ( rc < 0 || guest_handle_is_null(c->buffer) )
    {
        if ( rc >= 0 )
            c->size = rc;
        domain_unpause(d);
        return min(rc, 0);
    }
    if ( c->size < (uint32_t)rc )
    {
        domain_unpause(d);
        return -ENOSPC;
    }
    order = order_of(rc);
    buf = alloc_xenheap_pages(order);
    rc = buf ? hvm_save(d, buf, rc) : -ENOMEM;
    domain_unpause(d);
    if ( rc >= 0 )
    {
        c->size = rc;
        rc = copy_to_guest(c->buffer, (uint8_t *)buf, rc) ? -EFAULT : 0;
    }
    if ( buf )
        free_xenheap_pages(buf, order);
    return rc;
}

int arch_domctl_gethvmcontext_partial(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext_partial *c = &op->u.hvmcontext_partial;
    size_t size = 0;
    void *buf;
    int rc;

    if ( d == current->domain )
        return -EINVAL;
    domain_pause(d);
    rc = hvm_save_one(d, c->type, c->instance, NULL, &size);
    buf = rc ? NULL : xmalloc_bytes(size);
    if ( !rc && !buf )
        rc = -ENOMEM;
    if ( !rc && !guest_handle_is_null(c->buffer) && c->bufsz < size )
        rc = -ENOSPC;
    if ( !rc && !guest_handle_is_null(c->buffer) )
        rc = hvm_save_one(d, c->type, c->instance, buf, &size);
    domain_unpause(d);
    if ( !rc && !guest_handle_is_null(c->buffer) &&
         copy_to_guest(c->buffer, (uint8_t *)buf, size) )
        rc = -EFAULT;
    if ( !rc )
        c->bufsz = size;
    xfree(buf);
    return rc;
}

int arch_domctl_sethvmcontext(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_hvmcontext *c = &op->u.hvmcontext;
    unsigned int order;
    void *buf;
    int rc;

    if ( d == current->domain || c->size > HVMCONTEXT_MAX )
        return -EINVAL;
    order = order_of(c->size);
    buf = alloc_xenheap_pages(order);
    if ( !buf )
        return -ENOMEM;
    if ( copy_from_guest(buf, c->buffer, c->size) )
        rc = -EFAULT;
    else
    {
        domain_pause(d);
        rc = hvm_load(d, buf, c->size);
        domain_unpause(d);
    }
    free_xenheap_pages(buf, order);
    return rc;
}

int arch_domctl_gettscinfo(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_tsc_info *t = &op->u.tsc_info;
    struct tsc_info info;

    if ( d == current->domain )
        return -EINVAL;
    hvm_tsc_get(d, &info);
    *t = (struct xen_domctl_tsc_info){ .tsc_mode = info.mode,
                                       .gtsc_khz = info.khz,
                                       .incarnation = info.incarnation,
                                       .elapsed_nsec = info.elapsed_ns };
    return 0;
}

int arch_domctl_settscinfo(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_tsc_info *t = &op->u.tsc_info;
    const struct tsc_info info = { .mode = t->tsc_mode,
                                   .khz = t->gtsc_khz,
                                   .incarnation = t->incarnation,
                                   .elapsed_ns = t->elapsed_nsec };
    int rc;

    if ( d == current->domain )
        return -EINVAL;
    domain_pause(d);
    rc = hvm_tsc_set(d, &info);
    domain_unpause(d);
    return rc;
}

static xen_pfn_t frame_type(struct domain *d, gfn_t gfn)
{
    unsigned int order;
    p2m_type_t t;

    p2m_get_entry(d, gfn, &t, &order);
    /* What others lent it is not its own to be saved. */
    return p2m_is_ram(t) || t == p2m_xen ? XEN_DOMCTL_PFINFO_NOTAB
                                         : XEN_DOMCTL_PFINFO_XTAB;
}

int arch_domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_getpageframeinfo3 *g = &op->u.getpageframeinfo3;
    xen_pfn_t frames[PAGEFRAMES_CHUNK];
    uint64_t done, n;

    if ( g->num > PAGEFRAMES_MAX )
        return -E2BIG;
    /*
     * Asked before the pages of a suspended domain are read. In log-dirty mode
     * it has been done, and must not make pages dirty again.
     */
    if ( d->nested && d->is_shut_down && d->shutdown_code == SHUTDOWN_suspend &&
         !d->p2m.log_dirty )
    {
        domain_pause(d);
        nested_suspend(d);
        domain_unpause(d);
    }
    for ( done = 0; done < g->num; done += n )
    {
        n = min(g->num - done, (uint64_t)PAGEFRAMES_CHUNK);
        if ( copy_from_guest_offset(frames, g->array, done, n) )
            return -EFAULT;
        for ( uint64_t i = 0; i < n; i++ )
            frames[i] = frame_type(d, _gfn(frames[i]));
        if ( copy_to_guest_offset(g->array, done, frames, n) )
            return -EFAULT;
    }
    return 0;
}

/* Tools expect a new domain to have this much already, as on Xen. */
#define DEFAULT_PAGING_POOL MB(1)

static uint64_t paging_pool_bytes(const struct domain *d)
{
    return d->p2m.paging_pool_pages ? d->p2m.paging_pool_pages << PAGE_SHIFT
                                    : DEFAULT_PAGING_POOL;
}

int arch_domctl_shadow_op(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_shadow_op *s = &op->u.shadow_op;

    if ( d == current->domain )
        return -EINVAL;
    switch ( s->op )
    {
    case XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION:
        s->mb = paging_pool_bytes(d) >> 20;
        return 0;
    case XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION:
        d->p2m.paging_pool_pages = (uint64_t)s->mb << (20 - PAGE_SHIFT);
        return 0;
    }
    return log_dirty_op(d, s);
}

/* EPT tables come from the common heap; the size set here limits them. */
int arch_domctl_get_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
    op->u.paging_mempool.size = paging_pool_bytes(d);
    return 0;
}

int arch_domctl_set_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
    uint64_t size = op->u.paging_mempool.size;

    if ( !IS_ALIGNED(size, PAGE_SIZE) || (size >> PAGE_SHIFT) > UINT32_MAX )
        return -EINVAL;
    d->p2m.paging_pool_pages = size >> PAGE_SHIFT;
    return 0;
}

int arch_domctl_get_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;

    return copy_policy_to_guest(d->arch.policy, c->leaves, &c->nr_leaves,
                                c->msrs, &c->nr_msrs);
}

int arch_domctl_set_cpu_policy(struct domain *d, struct xen_domctl *op)
{
    struct xen_domctl_cpu_policy *c = &op->u.cpu_policy;
    struct cpu_policy_error err = { ~0u, ~0u, ~0u };
    xen_cpuid_leaf_t *leaves;
    xen_msr_entry_t *msrs;
    int rc;

    if ( d == current->domain )
        return -EINVAL;
    if ( d->creation_finished )
        return -EEXIST;
    if ( c->nr_leaves > CPU_POLICY_MAX_LEAVES ||
         c->nr_msrs > CPU_POLICY_MAX_MSRS )
        return -E2BIG;
    leaves = xzalloc_array(xen_cpuid_leaf_t, c->nr_leaves + 1);
    msrs = xzalloc_array(xen_msr_entry_t, c->nr_msrs + 1);
    if ( !leaves || !msrs )
        rc = -ENOMEM;
    else if ( copy_from_guest(leaves, c->leaves, c->nr_leaves) ||
              copy_from_guest(msrs, c->msrs, c->nr_msrs) )
        rc = -EFAULT;
    else
        rc = cpu_policy_set_domain(d, leaves, c->nr_leaves, msrs, c->nr_msrs,
                                   &err);
    xfree(leaves);
    xfree(msrs);
    c->err_leaf = err.leaf;
    c->err_subleaf = err.subleaf;
    c->err_msr = err.msr;
    return rc;
}

int arch_domctl_sendtrigger(struct domain *d, struct xen_domctl *op)
{
    const struct xen_domctl_sendtrigger *t = &op->u.sendtrigger;

    switch ( t->trigger )
    {
    case XEN_DOMCTL_SENDTRIGGER_NMI:
        break;
    case XEN_DOMCTL_SENDTRIGGER_POWER:
    case XEN_DOMCTL_SENDTRIGGER_SLEEP:
        return 0; /* PVH guests have no buttons to press */
    default:
        return -ENOSYS;
    }
    if ( t->vcpu >= d->max_vcpus || !d->vcpu[t->vcpu] )
        return -ESRCH;
    hvm_inject_nmi(d->vcpu[t->vcpu]);
    return 0;
}

int arch_domctl_hypercall_init(struct domain *d, struct xen_domctl *op)
{
    uint64_t gfn = op->u.hypercall_init.gmfn;

    if ( gfn > UINT64_MAX >> PAGE_SHIFT )
        return -EINVAL;
    return hypercall_page_write(d, gfn << PAGE_SHIFT) ? -EINVAL : 0;
}

int arch_domctl_get_address_size(struct domain *d, struct xen_domctl *op)
{
    (void)d;
    op->u.address_size.size = 64;
    return 0;
}
