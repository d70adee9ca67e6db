/* SPDX-License-Identifier: MIT */
/* sysctl(struct xen_sysctl *): asking about and tuning the whole machine. */
#ifndef XEN_PUBLIC_SYSCTL_H
#define XEN_PUBLIC_SYSCTL_H

#include "xen.h"
#include "domctl.h"
#include "physdev.h"

/* Not a stable ABI: tools of another version are refused with -EACCES. */
#define XEN_SYSCTL_INTERFACE_VERSION      0x00000015

#define XEN_SYSCTL_readconsole            1
#define XEN_SYSCTL_tbuf_op                2
#define XEN_SYSCTL_physinfo               3
#define XEN_SYSCTL_sched_id               4
#define XEN_SYSCTL_perfc_op               5
#define XEN_SYSCTL_getdomaininfolist      6
#define XEN_SYSCTL_debug_keys             7
#define XEN_SYSCTL_getcpuinfo             8
#define XEN_SYSCTL_availheap              9
#define XEN_SYSCTL_get_pmstat             10
#define XEN_SYSCTL_cpu_hotplug            11
#define XEN_SYSCTL_pm_op                  12
#define XEN_SYSCTL_page_offline_op        14
#define XEN_SYSCTL_lockprof_op            15
#define XEN_SYSCTL_cputopoinfo            16
#define XEN_SYSCTL_numainfo               17
#define XEN_SYSCTL_cpupool_op             18
#define XEN_SYSCTL_scheduler_op           19
#define XEN_SYSCTL_coverage_op            20
#define XEN_SYSCTL_psr_cmt_op             21
#define XEN_SYSCTL_pcitopoinfo            22
#define XEN_SYSCTL_psr_alloc              23
#define XEN_SYSCTL_get_cpu_levelling_caps 25
#define XEN_SYSCTL_get_cpu_featureset     26
#define XEN_SYSCTL_livepatch_op           27
#define XEN_SYSCTL_get_cpu_policy         29

/* Read the console ring from index on, or from its start. */
struct xen_sysctl_readconsole
{
    uint8_t clear;       /* IN: forget what was read */
    uint8_t incremental; /* IN: start at index */
    uint8_t pad0, pad1;
    uint32_t index;                   /* IN/OUT */
    XEN_GUEST_HANDLE_64(char) buffer; /* OUT */
    uint32_t count;                   /* IN: room, OUT: bytes */
};

#define _XEN_SYSCTL_PHYSCAP_hvm                0
#define XEN_SYSCTL_PHYSCAP_hvm                 (1u << _XEN_SYSCTL_PHYSCAP_hvm)
#define _XEN_SYSCTL_PHYSCAP_pv                 1
#define XEN_SYSCTL_PHYSCAP_pv                  (1u << _XEN_SYSCTL_PHYSCAP_pv)
#define _XEN_SYSCTL_PHYSCAP_directio           2
#define XEN_SYSCTL_PHYSCAP_directio            (1u << _XEN_SYSCTL_PHYSCAP_directio)
#define _XEN_SYSCTL_PHYSCAP_hap                3
#define XEN_SYSCTL_PHYSCAP_hap                 (1u << _XEN_SYSCTL_PHYSCAP_hap)
#define _XEN_SYSCTL_PHYSCAP_shadow             4
#define XEN_SYSCTL_PHYSCAP_shadow              (1u << _XEN_SYSCTL_PHYSCAP_shadow)
#define _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share 5
#define XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share \
    (1u << _XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share)
#define XEN_SYSCTL_PHYSCAP_vmtrace   (1u << 6)
#define XEN_SYSCTL_PHYSCAP_vpmu      (1u << 7)
#define XEN_SYSCTL_PHYSCAP_gnttab_v1 (1u << 8)
#define XEN_SYSCTL_PHYSCAP_gnttab_v2 (1u << 9)
#define XEN_SYSCTL_PHYSCAP_MAX       XEN_SYSCTL_PHYSCAP_gnttab_v2

/* All OUT. */
struct xen_sysctl_physinfo
{
    uint32_t threads_per_core;
    uint32_t cores_per_socket;
    uint32_t nr_cpus;
    uint32_t max_cpu_id;
    uint32_t nr_nodes;
    uint32_t max_node_id;
    uint32_t cpu_khz;
    uint32_t capabilities; /* XEN_SYSCTL_PHYSCAP_* */
    uint32_t arch_capabilities;
    uint32_t pad;
    uint64_aligned_t total_pages;
    uint64_aligned_t free_pages;
    uint64_aligned_t scrub_pages;
    uint64_aligned_t outstanding_pages;
    uint64_aligned_t max_mfn;
    uint32_t hw_cap[8];
};

struct xen_sysctl_sched_id
{
    uint32_t sched_id; /* OUT: XEN_SCHEDULER_* */
};

struct xen_sysctl_getdomaininfolist
{
    domid_t first_domain;                                   /* IN */
    uint32_t max_domains;                                   /* IN */
    XEN_GUEST_HANDLE_64(xen_domctl_getdomaininfo_t) buffer; /* OUT */
    uint32_t num_domains;                                   /* OUT */
};

struct xen_sysctl_debug_keys
{
    XEN_GUEST_HANDLE_64(const_char) keys; /* IN */
    uint32_t nr_keys;                     /* IN */
};

struct xen_sysctl_cpuinfo
{
    uint64_aligned_t idletime; /* ns */
};
typedef struct xen_sysctl_cpuinfo xen_sysctl_cpuinfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpuinfo_t);

struct xen_sysctl_getcpuinfo
{
    uint32_t max_cpus;                              /* IN */
    XEN_GUEST_HANDLE_64(xen_sysctl_cpuinfo_t) info; /* OUT */
    uint32_t nr_cpus;                               /* OUT */
};

struct xen_sysctl_availheap
{
    uint32_t min_bitwidth;        /* IN */
    uint32_t max_bitwidth;        /* IN */
    int32_t node;                 /* IN */
    uint64_aligned_t avail_bytes; /* OUT */
};

#define PMSTAT_CATEGORY_MASK  0xf0
#define PMSTAT_PX             0x10
#define PMSTAT_CX             0x20

#define XEN_INVALID_CORE_ID   (~0U)
#define XEN_INVALID_SOCKET_ID (~0U)
#define XEN_INVALID_NODE_ID   (~0U)
struct xen_sysctl_cputopo
{
    uint32_t core;
    uint32_t socket;
    uint32_t node;
};
typedef struct xen_sysctl_cputopo xen_sysctl_cputopo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cputopo_t);

/* A null handle asks for the number. */
struct xen_sysctl_cputopoinfo
{
    uint32_t num_cpus;                                 /* IN/OUT */
    XEN_GUEST_HANDLE_64(xen_sysctl_cputopo_t) cputopo; /* OUT */
};

#define XEN_INVALID_MEM_SZ    (~0U)
#define XEN_INVALID_NODE_DIST (~0U)
struct xen_sysctl_meminfo
{
    uint64_t memsize;
    uint64_t memfree;
};
typedef struct xen_sysctl_meminfo xen_sysctl_meminfo_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_meminfo_t);

struct xen_sysctl_numainfo
{
    uint32_t num_nodes;                                /* IN/OUT */
    XEN_GUEST_HANDLE_64(xen_sysctl_meminfo_t) meminfo; /* OUT */
    XEN_GUEST_HANDLE_64(uint32) distance;              /* OUT: matrix */
};

#define XEN_SYSCTL_CPUPOOL_OP_CREATE     1
#define XEN_SYSCTL_CPUPOOL_OP_DESTROY    2
#define XEN_SYSCTL_CPUPOOL_OP_INFO       3 /* the first pool from the id on */
#define XEN_SYSCTL_CPUPOOL_OP_ADDCPU     4
#define XEN_SYSCTL_CPUPOOL_OP_RMCPU      5
#define XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN 6
#define XEN_SYSCTL_CPUPOOL_OP_FREEINFO   7
#define XEN_SYSCTL_CPUPOOL_PAR_ANY       0xFFFFFFFF
struct xen_sysctl_cpupool_op
{
    uint32_t op;                 /* IN */
    uint32_t cpupool_id;         /* IN/OUT */
    uint32_t sched_id;           /* IN/OUT */
    uint32_t domid;              /* IN */
    uint32_t cpu;                /* IN */
    uint32_t n_dom;              /* OUT */
    struct xenctl_bitmap cpumap; /* OUT */
};

#define XEN_SYSCTL_SCHED_RATELIMIT_MAX 500000
#define XEN_SYSCTL_SCHED_RATELIMIT_MIN 100
#define XEN_SYSCTL_CSCHED_TSLICE_MAX   1000
#define XEN_SYSCTL_CSCHED_TSLICE_MIN   1
struct xen_sysctl_credit_schedule
{
    uint32_t tslice_ms;
    uint32_t ratelimit_us;
    uint32_t vcpu_migr_delay_us;
};

struct xen_sysctl_credit2_schedule
{
    uint32_t ratelimit_us;
};

#define XEN_SYSCTL_SCHEDOP_putinfo 0
#define XEN_SYSCTL_SCHEDOP_getinfo 1
struct xen_sysctl_scheduler_op
{
    uint32_t cpupool_id; /* IN */
    uint32_t sched_id;   /* IN: XEN_SCHEDULER_* */
    uint32_t cmd;        /* IN: XEN_SYSCTL_SCHEDOP_* */
    union
    {
        struct xen_sysctl_sched_arinc653
        {
            XEN_GUEST_HANDLE_64(void) schedule;
        } sched_arinc653;
        struct xen_sysctl_credit_schedule sched_credit;
        struct xen_sysctl_credit2_schedule sched_credit2;
    } u;
};

#define XEN_INVALID_DEV (XEN_INVALID_NODE_ID - 1)
struct xen_sysctl_pcitopoinfo
{
    uint32_t num_devs;                              /* IN/OUT */
    XEN_GUEST_HANDLE_64(physdev_pci_device_t) devs; /* IN */
    XEN_GUEST_HANDLE_64(uint32) nodes;              /* OUT */
};

#define XEN_SYSCTL_CPU_HOTPLUG_ONLINE      0
#define XEN_SYSCTL_CPU_HOTPLUG_OFFLINE     1
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE  2
#define XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE 3
struct xen_sysctl_cpu_hotplug
{
    uint32_t cpu; /* IN */
    uint32_t op;  /* IN: XEN_SYSCTL_CPU_HOTPLUG_* */
};

#define sysctl_page_offline       1
#define sysctl_page_online        2
#define sysctl_query_page_offline 3
struct xen_sysctl_page_offline_op
{
    uint32_t cmd;                    /* IN: sysctl_* above */
    uint32_t start;                  /* IN: first frame */
    uint32_t end;                    /* IN: last frame */
    XEN_GUEST_HANDLE(uint32) status; /* OUT: PG_*, one for each frame */
};
/* Answers to offlining and onlining, ... */
#define PG_OFFLINE_INVALID     (1UL << 0)
#define PG_OFFLINE_OFFLINED    (1UL << 1)
#define PG_OFFLINE_PENDING     (1UL << 2)
#define PG_OFFLINE_FAILED      (1UL << 3)
#define PG_OFFLINE_AGAIN       (1UL << 4)
#define PG_ONLINE_FAILED       PG_OFFLINE_FAILED
#define PG_ONLINE_ONLINED      PG_OFFLINE_OFFLINED
#define PG_OFFLINE_XENPAGE     (1UL << 8)
#define PG_OFFLINE_DOM0PAGE    (1UL << 9)
#define PG_OFFLINE_ANONYMOUS   (1UL << 10)
#define PG_OFFLINE_OWNED       (1UL << 12)
#define PG_OFFLINE_OWNER_SHIFT 16
/* ... and to the query. */
#define PG_OFFLINE_STATUS_OFFLINED (1UL << 1)
#define PG_OFFLINE_STATUS_ONLINE   (1UL << 2)

struct xen_sysctl_cpu_levelling_caps
{
    uint32_t caps; /* OUT */
};

#define XEN_SYSCTL_cpu_featureset_raw     0
#define XEN_SYSCTL_cpu_featureset_host    1
#define XEN_SYSCTL_cpu_featureset_pv      2
#define XEN_SYSCTL_cpu_featureset_hvm     3
#define XEN_SYSCTL_cpu_featureset_pv_max  4
#define XEN_SYSCTL_cpu_featureset_hvm_max 5
struct xen_sysctl_cpu_featureset
{
    uint32_t index;                       /* IN */
    uint32_t nr_features;                 /* IN/OUT */
    XEN_GUEST_HANDLE_64(uint32) features; /* OUT; null asks for the number */
};

#define XEN_SYSCTL_cpu_policy_raw         0
#define XEN_SYSCTL_cpu_policy_host        1
#define XEN_SYSCTL_cpu_policy_pv_max      2
#define XEN_SYSCTL_cpu_policy_hvm_max     3
#define XEN_SYSCTL_cpu_policy_pv_default  4
#define XEN_SYSCTL_cpu_policy_hvm_default 5
struct xen_sysctl_cpu_policy
{
    uint32_t index;     /* IN */
    uint32_t nr_leaves; /* IN/OUT */
    uint32_t nr_msrs;   /* IN/OUT */
    uint32_t _rsvd;
    XEN_GUEST_HANDLE_64(xen_cpuid_leaf_t) leaves; /* OUT */
    XEN_GUEST_HANDLE_64(xen_msr_entry_t) msrs;    /* OUT */
};
typedef struct xen_sysctl_cpu_policy xen_sysctl_cpu_policy_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_cpu_policy_t);

struct xen_sysctl
{
    uint32_t cmd;               /* IN: XEN_SYSCTL_* */
    uint32_t interface_version; /* IN */
    union
    {
        struct xen_sysctl_readconsole readconsole;
        struct xen_sysctl_physinfo physinfo;
        struct xen_sysctl_cputopoinfo cputopoinfo;
        struct xen_sysctl_pcitopoinfo pcitopoinfo;
        struct xen_sysctl_numainfo numainfo;
        struct xen_sysctl_sched_id sched_id;
        struct xen_sysctl_getdomaininfolist getdomaininfolist;
        struct xen_sysctl_debug_keys debug_keys;
        struct xen_sysctl_getcpuinfo getcpuinfo;
        struct xen_sysctl_availheap availheap;
        struct xen_sysctl_cpupool_op cpupool_op;
        struct xen_sysctl_scheduler_op scheduler_op;
        struct xen_sysctl_cpu_hotplug cpu_hotplug;
        struct xen_sysctl_page_offline_op page_offline;
        struct xen_sysctl_cpu_levelling_caps cpu_levelling_caps;
        struct xen_sysctl_cpu_featureset cpu_featureset;
        struct xen_sysctl_cpu_policy cpu_policy;
        uint8_t pad[128];
    } u;
};
typedef struct xen_sysctl xen_sysctl_t;
DEFINE_XEN_GUEST_HANDLE(xen_sysctl_t);

#endif
