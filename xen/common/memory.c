/* SPDX-License-Identifier: MIT */
/*
 * memory_op: a domain's memory and its physical address map.
 *
 * memory-reservation.c gives pages to domains and takes them back,
 * memory-physmap.c puts other pages into their maps; here are the table of
 * sub-operations and the ones that only tell or note something.
 */
#include <xen/compat.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include "memory.h"

/* More entries than any firmware map or toolstack needs. */
#define E820_MAX 128
_Static_assert(sizeof(struct e820_entry_guest) == 20, "ABI layout");

/* struct xen_memory_map: see xen/compat.h. */
#define MEMORY_MAP "4w"

static long mem_memory_map(uint64_t arg, unsigned long start,
                           unsigned long *done)
{
    struct domain *d = current->domain;
    struct xen_memory_map m;
    int rc = 0;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&m, arg, MEMORY_MAP) )
        return -EFAULT;
    /* It may be set anew, and the old one freed, by another vCPU. */
    spin_lock(&d->lock);
    m.nr_entries = min(m.nr_entries, d->arch.e820_nr);
    if ( !d->arch.e820_nr )
        rc = -ENOSYS;
    else if ( copy_to_guest_va((uint64_t)m.buffer.p, d->arch.e820,
                               m.nr_entries * sizeof(struct e820_entry_guest)) )
        rc = -EFAULT;
    spin_unlock(&d->lock);
    if ( rc )
        return rc;
    return copy_struct_to_guest(arg, &m, MEMORY_MAP) ? -EFAULT : 0;
}

static long mem_set_memory_map(uint64_t arg, unsigned long start,
                               unsigned long *done)
{
    struct xen_foreign_memory_map f;
    struct e820_entry_guest *e820;
    struct domain *d;
    int rc;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&f, arg, "2|" MEMORY_MAP) )
        return -EFAULT;
    if ( f.map.nr_entries > E820_MAX )
        return -EINVAL;
    rc = domain_get_target(f.domid, &d);
    if ( rc )
        return rc;
    e820 = xzalloc_array(struct e820_entry_guest, f.map.nr_entries + 1);
    if ( !e820 )
        rc = -ENOMEM;
    else if ( copy_from_guest_va(e820, (uint64_t)f.map.buffer.p,
                                 f.map.nr_entries * sizeof(*e820)) )
    {
        xfree(e820);
        rc = -EFAULT;
    }
    else
    {
        spin_lock(&d->lock);
        xfree(d->arch.e820);
        d->arch.e820 = e820;
        d->arch.e820_nr = f.map.nr_entries;
        spin_unlock(&d->lock);
    }
    put_domain(d);
    return rc;
}

static long mem_maximum_ram_page(uint64_t arg, unsigned long start,
                                 unsigned long *done)
{
    (void)arg, (void)done;
    return start ? -EINVAL : (long)max_page;
}

static long domain_number(uint64_t arg, unsigned long start,
                          uint64_t (*number)(const struct domain *d))
{
    struct xen_memory_domain m;
    struct domain *d;
    long rc;

    if ( start )
        return -EINVAL;
    if ( copy_arg_from_guest(&m, arg) )
        return -EFAULT;
    rc = domain_get_target(m.domid, &d);
    if ( rc )
        return rc;
    rc = number(d);
    put_domain(d);
    return rc;
}

static uint64_t tot_pages(const struct domain *d)
{
    return d->tot_pages;
}

static uint64_t max_pages(const struct domain *d)
{
    return d->max_pages;
}

static uint64_t max_gfn(const struct domain *d)
{
    return d->p2m.max_mapped_gfn;
}

static long mem_current_reservation(uint64_t arg, unsigned long start,
                                    unsigned long *done)
{
    (void)done;
    return domain_number(arg, start, tot_pages);
}

static long mem_maximum_reservation(uint64_t arg, unsigned long start,
                                    unsigned long *done)
{
    (void)done;
    return domain_number(arg, start, max_pages);
}

static long mem_maximum_gpfn(uint64_t arg, unsigned long start,
                             unsigned long *done)
{
    (void)done;
    return domain_number(arg, start, max_gfn);
}

/* Pages are never shared between domains behind their backs: none saved. */
static long mem_sharing_pages(uint64_t arg, unsigned long start,
                              unsigned long *done)
{
    (void)arg, (void)start, (void)done;
    return 0;
}

static long mem_get_vnumainfo(uint64_t arg, unsigned long start,
                              unsigned long *done)
{
    struct xen_vnuma_topology_info t;
    struct domain *d;
    int rc;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_arg_from_guest(&t, arg) )
        return -EFAULT;
    if ( t.pad )
        return -EINVAL;
    rc = domain_get_target(t.domid, &d);
    if ( rc )
        return rc;
    put_domain(d);
    return -EOPNOTSUPP; /* no domain has a NUMA layout */
}

static long mem_reserved_device_map(uint64_t arg, unsigned long start,
                                    unsigned long *done)
{
    static const char layout[] = "44w211";
    struct xen_reserved_device_memory_map m;

    (void)done;
    if ( start )
        return -EINVAL;
    if ( copy_struct_from_guest(&m, arg, layout) )
        return -EFAULT;
    if ( m.flags & ~XENMEM_RDM_ALL )
        return -EINVAL;
    m.nr_entries = 0; /* no IOMMU, so no device needs memory of its own */
    return copy_struct_to_guest(arg, &m, layout) ? -EFAULT : 0;
}

static memory_fn_t *const ops[] = {
    [XENMEM_increase_reservation] = mem_increase_reservation,
    [XENMEM_decrease_reservation] = mem_decrease_reservation,
    [XENMEM_maximum_ram_page] = mem_maximum_ram_page,
    [XENMEM_current_reservation] = mem_current_reservation,
    [XENMEM_maximum_reservation] = mem_maximum_reservation,
    [XENMEM_populate_physmap] = mem_populate_physmap,
    [XENMEM_add_to_physmap] = mem_add_to_physmap,
    [XENMEM_memory_map] = mem_memory_map,
    [XENMEM_exchange] = mem_exchange,
    [XENMEM_set_memory_map] = mem_set_memory_map,
    [XENMEM_maximum_gpfn] = mem_maximum_gpfn,
    [XENMEM_remove_from_physmap] = mem_remove_from_physmap,
    [XENMEM_set_pod_target] = mem_set_pod_target,
    [XENMEM_get_pod_target] = mem_get_pod_target,
    [XENMEM_get_sharing_freed_pages] = mem_sharing_pages,
    [XENMEM_get_sharing_shared_pages] = mem_sharing_pages,
    [XENMEM_add_to_physmap_batch] = mem_add_to_physmap_batch,
    [XENMEM_claim_pages] = mem_claim_pages,
    [XENMEM_get_vnumainfo] = mem_get_vnumainfo,
    [XENMEM_reserved_device_memory_map] = mem_reserved_device_map,
    [XENMEM_acquire_resource] = mem_acquire_resource,
};

/* memory_op(cmd, arg) */
long do_memory_op(unsigned long cmd, unsigned long arg, unsigned long a3,
                  unsigned long a4, unsigned long a5)
{
    unsigned int op = cmd & MEMOP_CMD_MASK;
    unsigned long start = cmd >> MEMOP_EXTENT_SHIFT;
    unsigned long done = start;
    long rc;

    if ( op >= ARRAY_SIZE(ops) || !ops[op] )
        return -ENOSYS;
    rc = ops[op](arg, start, &done);
    if ( rc == -ERESTART )
        hypercall_continue(op | (done << MEMOP_EXTENT_SHIFT), arg, a3, a4, a5);
    return rc;
}
