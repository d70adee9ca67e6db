/* SPDX-License-Identifier: MIT */
/* physdev_op: what Dom0 tells about PCI devices. */
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/lib.h>
#include <xen/pci.h>
#include <public/physdev.h>

/*
 * Dom0 finds out by its own means which memory windows of configuration space
 * are good, and whether a device came or went.
 */
static long op_mmcfg_reserved(uint64_t arg)
{
    struct physdev_pci_mmcfg_reserved m;

    if ( copy_arg_from_guest(&m, arg) )
        return -EFAULT;
    if ( m.start_bus > m.end_bus )
        return -EINVAL;
    /* One that Dom0 will not use is one less to watch. */
    if ( !(m.flags & XEN_PCI_MMCFG_RESERVED) )
        return 0;
    return arch_pci_mmcfg(m.address, m.segment, m.start_bus, m.end_bus);
}

static long op_device(uint32_t cmd, uint64_t arg)
{
    struct physdev_pci_device dev;

    if ( copy_arg_from_guest(&dev, arg) )
        return -EFAULT;
    /* MSI-X needs no preparation: it is prepared when it is enabled. */
    if ( cmd != PHYSDEVOP_pci_device_remove )
        return 0;
    return arch_pci_device_remove(pci_sbdf(dev.seg, dev.bus, dev.devfn));
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
    /* Their registers are not where those of other functions are: vpci.c. */
    if ( add.flags & XEN_PCI_DEV_VIRTFN )
        return -EOPNOTSUPP;
    return arch_pci_device_add(pci_sbdf(add.seg, add.bus, add.devfn));
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
        return op_device(cmd, arg);
    case PHYSDEVOP_dbgp_op:
        return op_dbgp(arg);
    }
    return -ENOSYS;
}
