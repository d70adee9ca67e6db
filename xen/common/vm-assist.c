/* SPDX-License-Identifier: MIT */
/* vm_assist: switches that a domain sets for itself. */
#include <xen/hypercalls.h>
#include <xen/lib.h>

/* The others are about PV page tables and segments. */
#define VM_ASSIST_VALID (1u << VMASST_TYPE_runstate_update_flag)

/* vm_assist(cmd, type) */
long do_vm_assist(unsigned long cmd, unsigned long type, unsigned long a3,
                  unsigned long a4, unsigned long a5)
{
    struct domain *d = current->domain;

    (void)a3, (void)a4, (void)a5;
    if ( (uint32_t)type >= 32 || !((VM_ASSIST_VALID >> (uint32_t)type) & 1) )
        return -EINVAL;
    switch ( (uint32_t)cmd )
    {
    case VMASST_CMD_enable:
        d->vm_assist |= 1u << (uint32_t)type;
        return 0;
    case VMASST_CMD_disable:
        d->vm_assist &= ~(1u << (uint32_t)type);
        return 0;
    }
    return -ENOSYS;
}
