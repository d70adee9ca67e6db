/* SPDX-License-Identifier: MIT */
/* Expands the list into initialisers of struct abi_row. */
#define CONST(name)        { #name, (long long)(name) },
#define SIZE(type)         { "sizeof " #type, sizeof(type) },
#define FIELD(type, field) { #type "." #field, offsetof(type, field) },
#include "abi-list.h"
#undef CONST
#undef SIZE
#undef FIELD

#define XEN_ERRNO(name, value) { "XEN_" #name, XEN_##name },
#ifdef ABI_OURS
#include <public/errno.h>
#else
#include "/usr/include/xen/errno.h"
#endif
