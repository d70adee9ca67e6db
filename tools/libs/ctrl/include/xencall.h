/* SPDX-License-Identifier: MIT */
/* Hypercalls from user space, and memory that they can safely point to. */
#ifndef XENCALL_H
#define XENCALL_H

#include <stddef.h>
#include <stdint.h>

struct xentoollog_logger;
typedef struct xencall_handle xencall_handle;

xencall_handle *xencall_open(struct xentoollog_logger *logger,
                             unsigned int open_flags);
int xencall_close(xencall_handle *xcall);
int xencall_fd(xencall_handle *xcall);

/* The hypercall's result; on failure -1 and errno. Pointers are addresses. */
long xencall0(xencall_handle *xcall, unsigned int op);
long xencall1(xencall_handle *xcall, unsigned int op, uint64_t a1);
long xencall2(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2);
long xencall3(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2,
              uint64_t a3);
long xencall5(xencall_handle *xcall, unsigned int op, uint64_t a1, uint64_t a2,
              uint64_t a3, uint64_t a4, uint64_t a5);

/*
 * Zeroed, page-aligned memory that the kernel neither moves nor faults on.
 * A null pointer may be freed. Not for use by several threads at once.
 */
void *xencall_alloc_buffer(xencall_handle *xcall, size_t size);
void xencall_free_buffer(xencall_handle *xcall, void *buf, size_t size);

#endif
