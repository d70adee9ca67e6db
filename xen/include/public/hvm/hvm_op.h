/* SPDX-License-Identifier: MIT */
/* hvm_op(cmd, arg): what only HVM domains need. */
#ifndef XEN_PUBLIC_HVM_HVM_OP_H
#define XEN_PUBLIC_HVM_HVM_OP_H

#include "../xen.h"
#include "../trace.h"
#include "../event_channel.h"

#define HVMOP_set_param                0
#define HVMOP_get_param                1
#define HVMOP_flush_tlbs               5
#define HVMOP_pagetable_dying          9
#define HVMOP_get_time                 10
#define HVMOP_xentrace                 11
#define HVMOP_set_mem_access           12
#define HVMOP_get_mem_access           13
#define HVMOP_get_mem_type             15
#define HVMOP_set_evtchn_upcall_vector 23
#define HVMOP_guest_request_vm_event   24
#define HVMOP_altp2m                   25

struct xen_hvm_param
{
    domid_t domid; /* IN */
    uint16_t pad;
    uint32_t index; /* IN: HVM_PARAM_* */
    uint64_t value; /* IN or OUT */
};
typedef struct xen_hvm_param xen_hvm_param_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_param_t);

typedef enum
{
    HVMMEM_ram_rw,
    HVMMEM_ram_ro,
    HVMMEM_mmio_dm,
    HVMMEM_unused,
    HVMMEM_ioreq_server
} hvmmem_type_t;

struct xen_hvm_pagetable_dying
{
    domid_t domid; /* IN */
    uint16_t pad[3];
    uint64_t gpa; /* IN */
};
typedef struct xen_hvm_pagetable_dying xen_hvm_pagetable_dying_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_pagetable_dying_t);

struct xen_hvm_get_time
{
    uint64_t now; /* OUT: system time, ns */
};
typedef struct xen_hvm_get_time xen_hvm_get_time_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_get_time_t);

struct xen_hvm_get_mem_type
{
    domid_t domid;     /* IN */
    uint16_t mem_type; /* OUT: HVMMEM_* */
    uint16_t pad[2];
    uint64_t pfn; /* IN */
};
typedef struct xen_hvm_get_mem_type xen_hvm_get_mem_type_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_get_mem_type_t);

/* Deliver events of one vCPU by this vector through its local APIC. */
struct xen_hvm_evtchn_upcall_vector
{
    uint32_t vcpu;  /* IN */
    uint8_t vector; /* IN */
};
typedef struct xen_hvm_evtchn_upcall_vector xen_hvm_evtchn_upcall_vector_t;
DEFINE_XEN_GUEST_HANDLE(xen_hvm_evtchn_upcall_vector_t);

#define HVMOP_ALTP2M_INTERFACE_VERSION 0x00000001

#endif
