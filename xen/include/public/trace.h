/* SPDX-License-Identifier: MIT */
/* Trace record sizes that other ABI structures refer to. */
#ifndef XEN_PUBLIC_TRACE_H
#define XEN_PUBLIC_TRACE_H

/* Extra 32-bit words that one record can carry. */
#define TRACE_EXTRA_MAX   7
#define TRACE_EXTRA_SHIFT 28

#endif
