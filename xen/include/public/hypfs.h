/* SPDX-License-Identifier: MIT */
/* hypfs_op: the hypervisor's file system of parameters (numbers only). */
#ifndef XEN_PUBLIC_HYPFS_H
#define XEN_PUBLIC_HYPFS_H

#include "xen.h"

#define XEN_HYPFS_VERSION           1
#define XEN_HYPFS_MAX_PATHLEN       1024
#define XEN_HYPFS_OP_get_version    0
#define XEN_HYPFS_OP_read           1
#define XEN_HYPFS_OP_write_contents 2

#endif
