/* SPDX-License-Identifier: MIT */
/* physdev_op: what Dom0 tells about PCI devices. */
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <public/physdev.h>

/*
 * Dom0 drives the devices and their interrupts through its virtual I/O APIC
 * and direct port and memory access, so there is nothing to keep from these
 * announcements; they are checked for form and accepted, since refusal makes
 * Dom0 report the device as broken.
 */
static long op_mmcfg_reserved(uint64_t arg)
{
    struct physdev_pci_mmcfg_reserved m;

    if ( copy_arg_from_guest(&m, arg) )
        return -EFAULT;
    return m.start_bus > m.end_bus ? -EINVAL : 0;
}

static long op_device(uint64_t arg)
{
    struct physdev_pci_device dev;

    return copy_arg_from_guest(&dev, arg) ? -EFAULT : 0;
}

static long op_device_add(uint64_t arg)
{
    struct physdev_pci_device_add add;
    uint32_t pxm;

    if ( copy_arg_from_guest(&add, arg) )
        return -EFAULT;
    if ( (add.flags & XEN_PCI_DEV_PXM) &&
         copy_from_guest_va(
             &pxm, arg + offsetof(struct physdev_pci_device_add, optarr),
             sizeof(pxm)) )
        return -EFAULT;
    return 0;
}

static long op_dbgp(uint64_t arg)
{
    struct physdev_dbgp_op op;

    if ( copy_arg_from_guest(&op, arg) )
        return -EFAULT;
    /* No console of ours sits on a USB debug port: nothing to do. */
    return op.op == PHYSDEVOP_DBGP_RESET_PREPARE ||
                   op.op == PHYSDEVOP_DBGP_RESET_DONE
               ? 0
               : -EINVAL;
}

/* physdev_op(cmd, arg) */
long do_physdev_op(unsigned long cmd, unsigned long arg, unsigned long a3,
                   unsigned long a4, unsigned long a5)
{
    (void)a3, (void)a4, (void)a5;
    /* What is about event-channel pirqs is not there for anyone. */
    if ( !current->domain->is_hwdom )
        return -ENOSYS;
    switch ( (uint32_t)cmd )
    {
    case PHYSDEVOP_pci_mmcfg_reserved:
        return op_mmcfg_reserved(arg);
    case PHYSDEVOP_pci_device_add:
        return op_device_add(arg);
    case PHYSDEVOP_pci_device_remove:
    case PHYSDEVOP_prepare_msix:
    case PHYSDEVOP_release_msix:
        return op_device(arg);
    case PHYSDEVOP_dbgp_op:
        return op_dbgp(arg);
    }
    return -ENOSYS;
}
