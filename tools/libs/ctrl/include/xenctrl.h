/* SPDX-License-Identifier: MIT */
/* Control of the hypervisor: domctl, sysctl, memory and HVM operations. */
#ifndef XENCTRL_H
#define XENCTRL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/version.h>
#include <nidus-domctl.h>

#include <xentoollog.h>

#define XC_PAGE_SHIFT 12
#define XC_PAGE_SIZE  (1ul << XC_PAGE_SHIFT)

#define INVALID_DOMID DOMID_INVALID

typedef struct xc_interface_core xc_interface;
struct xencall_handle;
struct xenforeignmemory_handle;

/*
 * Every function returns 0 (or what it says) and -1 with errno on failure,
 * errno being the hypervisor's own. Failures are logged to the logger at
 * debug level only: the caller knows what its user should be told.
 */
xc_interface *xc_interface_open(xentoollog_logger *logger,
                                xentoollog_logger *dombuild_logger,
                                unsigned int open_flags);
int xc_interface_close(xc_interface *xch);
struct xencall_handle *xc_interface_xcall_handle(xc_interface *xch);
struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch);

/* Raw operations; pointers inside must come from xencall_alloc_buffer(). */
int xc_domctl(xc_interface *xch, struct xen_domctl *domctl);
int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl);
long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg, size_t len);

/* --- domains: domain.c --- */

typedef struct xc_dominfo
{
    uint32_t domid;
    uint32_t ssidref;
    unsigned int dying : 1, crashed : 1, shutdown : 1, paused : 1, blocked : 1,
        running : 1, hvm : 1, debugged : 1, xenstore : 1, hap : 1;
    unsigned int shutdown_reason; /* SHUTDOWN_*, only if shutdown */
    unsigned long nr_pages;
    unsigned long nr_outstanding_pages;
    unsigned long nr_shared_pages;
    unsigned long nr_paged_pages;
    unsigned long shared_info_frame;
    uint64_t cpu_time;
    unsigned long max_memkb;
    unsigned int nr_online_vcpus;
    unsigned int max_vcpu_id;
    xen_domain_handle_t handle;
    unsigned int cpupool;
    uint8_t gpaddr_bits;
    struct xen_arch_domainconfig arch_config;
} xc_dominfo_t;

typedef struct xen_domctl_getdomaininfo xc_domaininfo_t;
typedef struct xen_domctl_getvcpuinfo xc_vcpuinfo_t;

/* *pdomid: in, the wanted id or 0 for any; out, the id of the new domain. */
int xc_domain_create(xc_interface *xch, uint32_t *pdomid,
                     struct xen_domctl_createdomain *config);
int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid, unsigned int max);
int xc_domain_pause(xc_interface *xch, uint32_t domid);
int xc_domain_unpause(xc_interface *xch, uint32_t domid);
int xc_domain_destroy(xc_interface *xch, uint32_t domid);
int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason);
int xc_domain_sethandle(xc_interface *xch, uint32_t domid,
                        xen_domain_handle_t handle);
int xc_domain_send_trigger(xc_interface *xch, uint32_t domid, uint32_t trigger,
                           uint32_t vcpu);
int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid,
                              int32_t time_offset_seconds);

/* The number of domains found from first_domid on, at most max_doms. */
int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid,
                      unsigned int max_doms, xc_dominfo_t *info);
int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
                          unsigned int max_domains, xc_domaininfo_t *info);
/* Just this one: ESRCH if there is no such domain. */
int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid,
                             xc_domaininfo_t *info);

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t tsc_mode,
                           uint64_t elapsed_nsec, uint32_t gtsc_khz,
                           uint32_t incarnation);
int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid,
                               uint64_t *size);
int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid,
                               uint64_t size);

/* --- vcpus and CPU maps: vcpu.c --- */

typedef uint8_t *xc_cpumap_t;

int xc_get_max_cpus(xc_interface *xch);
int xc_get_cpumap_size(xc_interface *xch);
xc_cpumap_t xc_cpumap_alloc(xc_interface *xch); /* free(3) it */
void xc_cpumap_setcpu(int cpu, xc_cpumap_t map);
void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map);
int xc_cpumap_testcpu(int cpu, xc_cpumap_t map);

int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                    xc_vcpuinfo_t *info);
/* Registers, in the form that PV guests have them in. */
int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
                       vcpu_guest_context_t *ctxt);
int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t cpumap_hard, xc_cpumap_t cpumap_soft,
                        uint32_t flags);
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu,
                        xc_cpumap_t cpumap_hard, xc_cpumap_t cpumap_soft,
                        uint32_t flags);

/* --- schedulers and pools: sched.c --- */

typedef struct xc_cpupoolinfo
{
    uint32_t cpupool_id;
    uint32_t sched_id;
    uint32_t n_dom;
    xc_cpumap_t cpumap;
} xc_cpupoolinfo_t;

int xc_sched_id(xc_interface *xch, int *sched_id);
int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);
int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
                                struct xen_domctl_sched_credit2 *sdom);
int xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);
/* The values that are in force then come back in schedule. */
int xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
                                struct xen_sysctl_credit2_schedule *schedule);
int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);
int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
                               struct xen_domctl_sched_credit *sdom);

/* The first pool at or above poolid; null at the end. */
xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid);
void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info);
/* The CPUs in no pool; free(3) it. */
xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch);
/* *poolid: the wanted id, or XC_CPUPOOL_POOLID_ANY; and the one it got. */
#define XC_CPUPOOL_POOLID_ANY 0xffffffffu
int xc_cpupool_create(xc_interface *xch, uint32_t *poolid, uint32_t sched_id);
int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid);
/* cpu: -1 is any that fits. */
int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu);
int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu);
int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid, uint32_t domid);

/* --- the machine: sysctl.c --- */

typedef struct xen_sysctl_physinfo xc_physinfo_t;
typedef struct xen_sysctl_cputopo xc_cputopo_t;
typedef struct xen_sysctl_meminfo xc_meminfo_t;

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info);
/* *max: in, the room; out, how many there are. */
int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus,
                   xc_cputopo_t *cputopo);
int xc_numainfo(xc_interface *xch, unsigned int *max_nodes,
                xc_meminfo_t *meminfo, uint32_t *distance);
int xc_readconsolering(xc_interface *xch, char *buffer, unsigned int *pnr_chars,
                       int clear, int incremental, uint32_t *pindex);
int xc_send_debug_keys(xc_interface *xch, const char *keys);
/* Options of the hypervisor, NAME=VALUE separated by spaces: up to the first
 * that is refused. */
int xc_set_parameters(xc_interface *xch, const char *params);

/* XENVER_*: arg is filled with as many bytes as the command returns. */
int xc_version(xc_interface *xch, int cmd, void *arg);
/* The build id as bytes; returns its length. */
int xc_build_id(xc_interface *xch, uint8_t *buf, size_t size);

/* --- guest memory: memory.c --- */

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb);
int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns);
/* The number of extents done, possibly fewer than asked for. */
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long nr_extents,
                               unsigned int extent_order,
                               unsigned int mem_flags, xen_pfn_t *extent_start);
/* All or -1 with ENOMEM. */
int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long nr_extents,
                                     unsigned int extent_order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extent_start);
int xc_domain_decrease_reservation_exact(xc_interface *xch, uint32_t domid,
                                         unsigned long nr_extents,
                                         unsigned int extent_order,
                                         xen_pfn_t *extent_start);
int xc_domain_claim_pages(xc_interface *xch, uint32_t domid,
                          unsigned long nr_pages);
int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid,
                             uint64_t target_pages, uint64_t *tot_pages,
                             uint64_t *pod_cache_pages, uint64_t *pod_entries);

struct e820entry
{
    uint64_t addr;
    uint64_t size;
    uint32_t type;
} __attribute__((packed));

int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
                             struct e820entry entries[], uint32_t nr_entries);

/* --- HVM: hvm.c --- */

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t value);
int xc_hvm_param_get(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t *value);
/* With a null buffer the size needed; else the bytes written. */
int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid,
                             uint8_t *ctxt_buf, uint32_t size);
int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid,
                             uint8_t *hvm_ctxt, uint32_t size);
int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid,
                                     uint16_t typecode, uint16_t instance,
                                     void *ctxt_buf, uint32_t size);

/* --- saving: migrate.c --- */

typedef struct xen_domctl_shadow_op_stats xc_shadow_op_stats_t;

/* XEN_DOMCTL_SHADOW_OP_*; bitmap (of this many pages) and stats may be null. */
int xc_logdirty_control(xc_interface *xch, uint32_t domid, unsigned int op,
                        unsigned long *bitmap, uint64_t pages,
                        unsigned int mode, xc_shadow_op_stats_t *stats);
/* In place: from frame numbers to XEN_DOMCTL_PFINFO_*; at most 1024. */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t domid, unsigned int num,
                          xen_pfn_t *arr);
int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid,
                           uint32_t *tsc_mode, uint64_t *elapsed_nsec,
                           uint32_t *gtsc_khz, uint32_t *incarnation);
/* Let a domain that suspended itself run again; fast: tell it so. */
int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast);

/* --- event channels and grants of other domains: grant.c --- */

typedef int xc_evtchn_port_or_error_t;
typedef struct evtchn_status xc_evtchn_status_t;

xc_evtchn_port_or_error_t xc_evtchn_alloc_unbound(xc_interface *xch,
                                                  uint32_t dom,
                                                  uint32_t remote_dom);
int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status);

/*
 * Let the console and xenstore daemons map those pages of a new domain
 * through the grant references that are reserved for them.
 */
int xc_dom_gnttab_seed(xc_interface *xch, uint32_t guest_domid,
                       xen_pfn_t console_gfn, xen_pfn_t xenstore_gfn,
                       uint32_t console_domid, uint32_t xenstore_domid);

/* --- CPU policies: cpu-policy.c --- */

/* *nr_*: in, the room; out, what is there. */
int xc_cpu_policy_get_size(xc_interface *xch, uint32_t *nr_leaves,
                           uint32_t *nr_msrs);
int xc_get_system_cpu_policy(xc_interface *xch, uint32_t index,
                             uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t *nr_msrs, xen_msr_entry_t *msrs);
int xc_get_domain_cpu_policy(xc_interface *xch, uint32_t domid,
                             uint32_t *nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t *nr_msrs, xen_msr_entry_t *msrs);
/* On failure err_* name what the hypervisor objected to, or all ones. */
int xc_set_domain_cpu_policy(xc_interface *xch, uint32_t domid,
                             uint32_t nr_leaves, xen_cpuid_leaf_t *leaves,
                             uint32_t nr_msrs, xen_msr_entry_t *msrs,
                             uint32_t *err_leaf, uint32_t *err_subleaf,
                             uint32_t *err_msr);

/* --- nidus.c: what only Nidus has; Xen answers with ENOSYS --- */

/*
 * Nested VMX of a domain. info's nr_counters and nr_msrs say how much room the
 * arrays have, and then how much there is; what is missing is zero.
 */
int xc_nidus_nested(xc_interface *xch, uint32_t domid,
                    struct nidus_domctl_nested *info, uint64_t *counters,
                    uint64_t *msrs);

#endif
