/* SPDX-License-Identifier: MIT */
/* The interface version that these headers describe: Xen 4.17's. */
#ifndef XEN_PUBLIC_XEN_COMPAT_H
#define XEN_PUBLIC_XEN_COMPAT_H

#define __XEN_LATEST_INTERFACE_VERSION__ 0x00040e00

/* Only the current layout is offered; older ones are not kept around. */
#undef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__

#endif
