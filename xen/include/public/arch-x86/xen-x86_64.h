/* SPDX-License-Identifier: MIT */
/* Kept so that code which includes the 64-bit part by name still builds. */
#ifndef XEN_PUBLIC_ARCH_X86_XEN_X86_64_H
#define XEN_PUBLIC_ARCH_X86_XEN_X86_64_H

#include "../xen.h"

#endif
