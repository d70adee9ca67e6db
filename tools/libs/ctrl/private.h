/* SPDX-License-Identifier: MIT */
/* What the files of libxenctrl share. */
#ifndef XENCTRL_PRIVATE_H
#define XENCTRL_PRIVATE_H

#include "xencall.h"
#include "xenctrl.h"

struct xenforeignmemory_handle;

struct xc_interface_core
{
    xentoollog_logger *logger;
    struct xencall_handle *xcall;
    struct xenforeignmemory_handle *fmem;
};

/* Free a hypercall buffer and keep errno. */
void xc_buffer_free(xc_interface *xch, void *buf, size_t size);

/*
 * Issue hypercall op(sub, arg) with a copy of the argument in memory that the
 * hypervisor may write to, and copy it back, also after a failure: some
 * operations explain themselves there.
 */
long xc_call_bounced(xc_interface *xch, unsigned int op, unsigned long sub,
                     void *arg, size_t len);

#endif
