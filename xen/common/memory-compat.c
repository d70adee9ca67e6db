/* SPDX-License-Identifier: MIT */
/* memory_op from 32-bit code: what a boot loader there needs. */

/*
 * Machine words and pointers have 32 bits there, so structures are smaller.
 * LIMIT: only the sub-operations below, which never stop half way.
 */
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include "memory.h"

struct memory_map_32
{
    uint32_t nr_entries;
    uint32_t buffer;
};
_Static_assert(sizeof(struct memory_map_32) == 8, "ABI layout");

struct add_to_physmap_32
{
    uint16_t domid;
    uint16_t size;
    uint32_t space;
    uint32_t idx;
    uint32_t gpfn;
};
_Static_assert(sizeof(struct add_to_physmap_32) == 16, "ABI layout");

static long op_memory_map(uint64_t arg)
{
    struct memory_map_32 m;
    int rc;

    if ( copy_arg_from_guest(&m, arg) )
        return -EFAULT;
    rc = memory_map(m.buffer, &m.nr_entries);
    if ( rc )
        return rc;
    return copy_arg_to_guest(arg, &m) ? -EFAULT : 0;
}

static long op_add_to_physmap(uint64_t arg)
{
    struct xen_add_to_physmap native = { 0 };
    struct add_to_physmap_32 a;
    unsigned long done;

    if ( copy_arg_from_guest(&a, arg) )
        return -EFAULT;
    if ( a.space == XENMAPSPACE_gmfn_range )
        return -ENOSYS;
    native.domid = a.domid;
    native.space = a.space;
    native.idx = a.idx;
    native.gpfn = a.gpfn;
    return add_to_physmap(&native, 0, &done);
}

/* memory_op(cmd, arg) */
long do_memory_op_32(unsigned long cmd, unsigned long arg, unsigned long a3,
                     unsigned long a4, unsigned long a5)
{
    (void)a3, (void)a4, (void)a5;
    switch ( cmd )
    {
    case XENMEM_memory_map:
        return op_memory_map(arg);
    case XENMEM_add_to_physmap:
        return op_add_to_physmap(arg);
    }
    return -ENOSYS;
}
