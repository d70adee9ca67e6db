/* SPDX-License-Identifier: MIT */
/* memory_op(cmd, arg): a domain's memory and its physical address map. */
#ifndef XEN_PUBLIC_MEMORY_H
#define XEN_PUBLIC_MEMORY_H

#include "xen.h"
#include "physdev.h"

/*
 * A long operation is restarted with the number of extents already done in
 * the upper bits of cmd, so only these low bits name the operation.
 */
#define XENMEM_increase_reservation       0
#define XENMEM_decrease_reservation       1
#define XENMEM_maximum_ram_page           2
#define XENMEM_current_reservation        3
#define XENMEM_maximum_reservation        4
#define XENMEM_machphys_mfn_list          5
#define XENMEM_populate_physmap           6
#define XENMEM_add_to_physmap             7
#define XENMEM_memory_map                 9
#define XENMEM_machine_memory_map         10
#define XENMEM_exchange                   11
#define XENMEM_machphys_mapping           12
#define XENMEM_set_memory_map             13
#define XENMEM_maximum_gpfn               14
#define XENMEM_remove_from_physmap        15
#define XENMEM_set_pod_target             16
#define XENMEM_get_pod_target             17
#define XENMEM_get_sharing_freed_pages    18
#define XENMEM_get_sharing_shared_pages   19
#define XENMEM_paging_op                  20
#define XENMEM_access_op                  21
#define XENMEM_sharing_op                 22
#define XENMEM_add_to_physmap_batch       23
#define XENMEM_claim_pages                24
#define XENMEM_machphys_compat_mfn_list   25
#define XENMEM_get_vnumainfo              26
#define XENMEM_reserved_device_memory_map 27
#define XENMEM_acquire_resource           28

/* Bits of mem_flags. */
#define XENMEMF_address_bits(x)     (x)
#define XENMEMF_get_address_bits(x) ((x)&0xffu)
#define XENMEMF_node(x)             (((x) + 1) << 8)
#define XENMEMF_get_node(x)         ((((x) >> 8) - 1) & 0xffu)
#define XENMEMF_populate_on_demand  (1 << 16)
#define XENMEMF_exact_node_request  (1 << 17)
#define XENMEMF_exact_node(n)       (XENMEMF_node(n) | XENMEMF_exact_node_request)
#define XENMEMF_vnode               (1 << 18)

/* increase, decrease, populate: each returns the number of extents done. */
struct xen_memory_reservation
{
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start; /* IN gfns, OUT mfns for PV */
    xen_ulong_t nr_extents;                   /* IN */
    unsigned int extent_order;                /* IN: log2 of pages in each */
    unsigned int mem_flags;                   /* IN: XENMEMF_* */
    domid_t domid;                            /* IN */
};
typedef struct xen_memory_reservation xen_memory_reservation_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_reservation_t);

struct xen_memory_exchange
{
    struct xen_memory_reservation in;  /* IN: pages given up */
    struct xen_memory_reservation out; /* IN/OUT: pages got */
    xen_ulong_t nr_exchanged;          /* OUT; must be zero on entry */
};
typedef struct xen_memory_exchange xen_memory_exchange_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_exchange_t);

/* current_reservation, maximum_reservation, maximum_gpfn: value returned. */
struct xen_memory_domain
{
    domid_t domid; /* IN */
};

struct xen_machphys_mfn_list
{
    unsigned int max_extents;
    XEN_GUEST_HANDLE(xen_pfn_t) extent_start;
    unsigned int nr_extents;
};
typedef struct xen_machphys_mfn_list xen_machphys_mfn_list_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mfn_list_t);

struct xen_machphys_mapping
{
    xen_ulong_t v_start, v_end;
    xen_ulong_t max_mfn;
};
typedef struct xen_machphys_mapping xen_machphys_mapping_t;
DEFINE_XEN_GUEST_HANDLE(xen_machphys_mapping_t);

#define XENMAPSPACE_shared_info  0 /* the shared info page */
#define XENMAPSPACE_grant_table  1 /* grant table frame number idx */
#define XENMAPSPACE_gmfn         2 /* move a page of the same domain */
#define XENMAPSPACE_gmfn_range   3 /* move a range, add_to_physmap only */
#define XENMAPSPACE_gmfn_foreign 4 /* another domain's page, batch only */
#define XENMAPSPACE_dev_mmio     5 /* device memory */

/* In idx: a frame of the v2 status array rather than of the table. */
#define XENMAPIDX_grant_table_status 0x80000000
struct xen_add_to_physmap
{
    domid_t domid;      /* IN */
    uint16_t size;      /* IN for gmfn_range */
    unsigned int space; /* IN: XENMAPSPACE_* */
    xen_ulong_t idx;    /* IN: what, within the space */
    xen_pfn_t gpfn;     /* IN: where */
};
typedef struct xen_add_to_physmap xen_add_to_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_t);

struct xen_add_to_physmap_batch
{
    domid_t domid;  /* IN */
    uint16_t space; /* IN: XENMAPSPACE_* */
    uint16_t size;  /* IN: entries in the arrays */
    union xen_add_to_physmap_batch_extra
    {
        domid_t foreign_domid; /* IN for gmfn_foreign */
        uint16_t res0;         /* otherwise zero */
    } u;
    XEN_GUEST_HANDLE(xen_ulong_t) idxs; /* IN */
    XEN_GUEST_HANDLE(xen_pfn_t) gpfns;  /* IN */
    XEN_GUEST_HANDLE(int) errs;         /* OUT: 0 or -errno for each */
};
typedef struct xen_add_to_physmap_batch xen_add_to_physmap_batch_t;
DEFINE_XEN_GUEST_HANDLE(xen_add_to_physmap_batch_t);

struct xen_remove_from_physmap
{
    domid_t domid;  /* IN */
    xen_pfn_t gpfn; /* IN */
};
typedef struct xen_remove_from_physmap xen_remove_from_physmap_t;
DEFINE_XEN_GUEST_HANDLE(xen_remove_from_physmap_t);

/* Entries are packed E820 records of 20 bytes. */
struct xen_memory_map
{
    unsigned int nr_entries;       /* IN: room, OUT: filled */
    XEN_GUEST_HANDLE(void) buffer; /* OUT */
};
typedef struct xen_memory_map xen_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_memory_map_t);

struct xen_foreign_memory_map
{
    domid_t domid;             /* IN */
    struct xen_memory_map map; /* IN */
};
typedef struct xen_foreign_memory_map xen_foreign_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_foreign_memory_map_t);

struct xen_pod_target
{
    uint64_t target_pages; /* IN for set */
    uint64_t tot_pages;    /* OUT */
    uint64_t pod_cache_pages;
    uint64_t pod_entries;
    domid_t domid; /* IN */
};
typedef struct xen_pod_target xen_pod_target_t;

struct xen_reserved_device_memory
{
    xen_pfn_t start_pfn;
    xen_ulong_t nr_pages;
};
typedef struct xen_reserved_device_memory xen_reserved_device_memory_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_t);

#define XENMEM_RDM_ALL 1
struct xen_reserved_device_memory_map
{
    uint32_t flags;          /* IN */
    unsigned int nr_entries; /* IN: room, OUT: entries there are */
    XEN_GUEST_HANDLE(xen_reserved_device_memory_t) buffer; /* OUT */
    union
    {
        physdev_pci_device_t pci;
    } dev; /* IN */
};
typedef struct xen_reserved_device_memory_map xen_reserved_device_memory_map_t;
DEFINE_XEN_GUEST_HANDLE(xen_reserved_device_memory_map_t);

/* Pages of another domain's hypervisor-side resource. */
#define XENMEM_resource_ioreq_server                0
#define XENMEM_resource_grant_table                 1
#define XENMEM_resource_vmtrace_buf                 2
#define XENMEM_resource_grant_table_id_shared       0
#define XENMEM_resource_grant_table_id_status       1
#define XENMEM_resource_ioreq_server_frame_bufioreq 0
#define XENMEM_resource_ioreq_server_frame_ioreq(n) (1 + (n))
struct xen_mem_acquire_resource
{
    domid_t domid;      /* IN */
    uint16_t type;      /* IN: XENMEM_resource_* */
    uint32_t id;        /* IN */
    uint32_t nr_frames; /* IN, OUT when asked for the size */
    uint32_t pad;       /* IN: zero */
    uint64_t frame;     /* IN: first frame */
    /* IN: gfns to map at; null with nr_frames 0 asks for the size. */
    XEN_GUEST_HANDLE(xen_pfn_t) frame_list;
};
typedef struct xen_mem_acquire_resource xen_mem_acquire_resource_t;
DEFINE_XEN_GUEST_HANDLE(xen_mem_acquire_resource_t);

struct xen_vmemrange
{
    uint64_t start, end;
    unsigned int flags;
    unsigned int nid;
};
typedef struct xen_vmemrange xen_vmemrange_t;
DEFINE_XEN_GUEST_HANDLE(xen_vmemrange_t);

struct xen_vnuma_topology_info
{
    domid_t domid; /* IN */
    uint16_t pad;
    unsigned int nr_vnodes;     /* IN: room, OUT */
    unsigned int nr_vcpus;      /* IN: room, OUT */
    unsigned int nr_vmemranges; /* IN: room, OUT */
    union
    {
        XEN_GUEST_HANDLE(uint) h;
        uint64_t pad;
    } vdistance;
    union
    {
        XEN_GUEST_HANDLE(uint) h;
        uint64_t pad;
    } vcpu_to_vnode;
    union
    {
        XEN_GUEST_HANDLE(xen_vmemrange_t) h;
        uint64_t pad;
    } vmemrange;
};
typedef struct xen_vnuma_topology_info xen_vnuma_topology_info_t;
DEFINE_XEN_GUEST_HANDLE(xen_vnuma_topology_info_t);

#endif
