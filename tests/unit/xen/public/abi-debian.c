/* SPDX-License-Identifier: MIT */
/* The same table as test-abi.c, made from the distribution's Xen headers. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <errno.h>

#include "abi-table.h"

#if __has_include("/usr/include/xen/domctl.h")

#define __XEN_TOOLS__
/* By full path: <xen/...> may name the hypervisor's own headers here. */
#include "/usr/include/xen/xen.h"
#include "/usr/include/xen/arch-x86/cpuid.h"
#include "/usr/include/xen/arch-x86/hvm/start_info.h"
#include "/usr/include/xen/elfnote.h"
#include "/usr/include/xen/version.h"
#include "/usr/include/xen/event_channel.h"
#include "/usr/include/xen/grant_table.h"
#include "/usr/include/xen/physdev.h"
#include "/usr/include/xen/memory.h"
#include "/usr/include/xen/sched.h"
#include "/usr/include/xen/vcpu.h"
#include "/usr/include/xen/callback.h"
#include "/usr/include/xen/nmi.h"
#include "/usr/include/xen/trace.h"
#include "/usr/include/xen/hypfs.h"
#include "/usr/include/xen/hvm/hvm_op.h"
#include "/usr/include/xen/hvm/params.h"
#include "/usr/include/xen/hvm/dm_op.h"
#include "/usr/include/xen/hvm/hvm_vcpu.h"
#include "/usr/include/xen/hvm/save.h"
#include "/usr/include/xen/hvm/e820.h"
#include "/usr/include/xen/domctl.h"
#include "/usr/include/xen/sysctl.h"
#include "/usr/include/xen/platform.h"
#include "/usr/include/xen/io/xs_wire.h"
#include "/usr/include/xen/io/console.h"
#include "/usr/include/xen/io/xenbus.h"
#include "/usr/include/xen/io/blkif.h"
#include "/usr/include/xen/io/netif.h"
#include "/usr/include/xen/errno.h"

const struct abi_row abi_debian[] = {
#include "abi-rows.h"
};
const unsigned int abi_debian_rows = sizeof(abi_debian) / sizeof(abi_debian[0]);

#else

const struct abi_row abi_debian[1];
const unsigned int abi_debian_rows;

#endif
