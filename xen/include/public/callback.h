/* SPDX-License-Identifier: MIT */
/* callback_op is PV's; HVM guests get -ENOSYS and need the numbers only. */
#ifndef XEN_PUBLIC_CALLBACK_H
#define XEN_PUBLIC_CALLBACK_H

#include "xen.h"

#define CALLBACKTYPE_event     0
#define CALLBACKTYPE_failsafe  1
#define CALLBACKTYPE_syscall   2
#define CALLBACKTYPE_nmi       4
#define CALLBACKTYPE_sysenter  5
#define CALLBACKTYPE_syscall32 7
#define CALLBACKOP_register    0
#define CALLBACKOP_unregister  1

#endif
