/* SPDX-License-Identifier: MIT */
/* dm_op(domid, nr_bufs, bufs): device models outside the hypervisor. */
#ifndef XEN_PUBLIC_HVM_DM_OP_H
#define XEN_PUBLIC_HVM_DM_OP_H

#include "../xen.h"
#include "../event_channel.h"

typedef uint16_t ioservid_t;

#define XEN_DMOP_create_ioreq_server              1
#define XEN_DMOP_get_ioreq_server_info            2
#define XEN_DMOP_map_io_range_to_ioreq_server     3
#define XEN_DMOP_unmap_io_range_from_ioreq_server 4
#define XEN_DMOP_set_ioreq_server_state           5
#define XEN_DMOP_destroy_ioreq_server             6
#define XEN_DMOP_track_dirty_vram                 7
#define XEN_DMOP_set_pci_intx_level               8
#define XEN_DMOP_set_isa_irq_level                9
#define XEN_DMOP_set_pci_link_route               10
#define XEN_DMOP_modified_memory                  11
#define XEN_DMOP_set_mem_type                     12
#define XEN_DMOP_inject_event                     13
#define XEN_DMOP_inject_msi                       14
#define XEN_DMOP_map_mem_type_to_ioreq_server     15
#define XEN_DMOP_remote_shutdown                  16
#define XEN_DMOP_relocate_memory                  17
#define XEN_DMOP_pin_memory_cacheattr             18
#define XEN_DMOP_set_irq_level                    19
#define XEN_DMOP_nr_vcpus                         20

/* One buffer of the call; the first holds the operation itself. */
struct xen_dm_op_buf
{
    XEN_GUEST_HANDLE(void) h;
    xen_ulong_t size;
};
typedef struct xen_dm_op_buf xen_dm_op_buf_t;
DEFINE_XEN_GUEST_HANDLE(xen_dm_op_buf_t);

#endif
