/* SPDX-License-Identifier: MIT */
/* What domctl, sysctl and platform_op share: versions, copying back. */
#pragma once

#include <xen/types.h>

/* What of the argument's copy goes back to the caller. */
enum control_copy
{
    COPY_NONE,
    COPY_OK,     /* results, when there are any */
    COPY_ALWAYS, /* also what says where it failed or goes on */
};

/* The head that the arguments of all three begin with. */
struct control_head
{
    uint32_t cmd;
    uint32_t interface_version;
};

/*
 * Copy an argument of size bytes in from the guest's address arg.
 * 0; -EFAULT; -EACCES for callers built for another version.
 */
int control_op_begin(void *op, size_t size, uint64_t arg, uint32_t version);

/*
 * Only one such operation runs at a time: they may wait for other pCPUs, so
 * who comes second does not, but tries again (-ERESTART).
 */
bool control_op_enter(void);
void control_op_leave(void);

/* Copy it back as the operation's row and result say: rc, or -EFAULT. */
int control_op_end(uint64_t arg, const void *op, size_t size,
                   enum control_copy copy, int rc);
