/* SPDX-License-Identifier: MIT */
/* What domctl, sysctl and platform_op share: versions, copying back. */
#include <xen/control-op.h>
#include <xen/spinlock.h>
#include <xen/guest-access.h>
#include <xen/lib.h>
#include <public/domctl.h>
#include <public/platform.h>
#include <public/sysctl.h>

#define CHECK_HEAD(t)                                                        \
    _Static_assert(offsetof(struct t, cmd) ==                                \
                           offsetof(struct control_head, cmd) &&             \
                       offsetof(struct t, interface_version) ==              \
                           offsetof(struct control_head, interface_version), \
                   "the head of " #t)

CHECK_HEAD(xen_domctl);
CHECK_HEAD(xen_sysctl);
CHECK_HEAD(xen_platform_op);

int control_op_begin(void *op, size_t size, uint64_t arg, uint32_t version)
{
    const struct control_head *head = op;

    if ( copy_from_guest_va(op, arg, size) )
        return -EFAULT;
    return head->interface_version == version ? 0 : -EACCES;
}

static spinlock_t control_lock = SPIN_LOCK_UNLOCKED;

bool control_op_enter(void)
{
    return spin_trylock(&control_lock);
}

void control_op_leave(void)
{
    spin_unlock(&control_lock);
}

int control_op_end(uint64_t arg, const void *op, size_t size,
                   enum control_copy copy, int rc)
{
    bool back = copy == COPY_ALWAYS || (copy == COPY_OK && !rc);

    if ( back && copy_to_guest_va(arg, op, size) )
        return -EFAULT;
    return rc;
}
