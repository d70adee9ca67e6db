/* SPDX-License-Identifier: MIT */
/* Where the usual HVM memory layout has its hole below 4 GiB. */
#ifndef XEN_PUBLIC_HVM_E820_H
#define XEN_PUBLIC_HVM_E820_H

#include "../xen.h"

#define HVM_BELOW_4G_RAM_END    0xF0000000
#define HVM_BELOW_4G_MMIO_START HVM_BELOW_4G_RAM_END
#define HVM_BELOW_4G_MMIO_LENGTH \
    ((xen_mk_ullong(1) << 32) - HVM_BELOW_4G_MMIO_START)

#endif
