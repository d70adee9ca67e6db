/* SPDX-License-Identifier: MIT */
/* domctl operations of Nidus alone; Xen answers them with -ENOSYS. */

/*
 * Operations are numbered far from those of Xen, which adds its own at the end
 * of its list.
 */
#ifndef NIDUS_DOMCTL_H
#define NIDUS_DOMCTL_H

#ifndef XEN_DOMCTL_INTERFACE_VERSION /* the tools may use Xen's own header */
#include "../public/domctl.h"
#endif

/*
 * NIDUS_DOMCTL_nested: what a domain has of nested VMX, and what it did with
 * it. Counters are sums over its vCPUs since they were made; those of EPT02s
 * belong to the domain.
 */
#define NIDUS_DOMCTL_nested 0x4e440001u

/* Whether the domain has VMX, or why not. */
#define NIDUS_NESTED_ON     0
#define NIDUS_NESTED_CONFIG 1 /* made without nestedhvm=1 */
#define NIDUS_NESTED_CPU    2 /* the processor has too little to offer */

/* Capability MSRs: IA32_VMX_BASIC (480h) and those that follow it. */
#define NIDUS_NESTED_MSRS 20

enum nidus_nested_counter
{
    NIDUS_NESTED_insns,          /* VMX instructions emulated */
    NIDUS_NESTED_entries,        /* L2 entered */
    NIDUS_NESTED_entry_failures, /* VM entries that failed */
    NIDUS_NESTED_ctx_hits,       /* VMPTRLD of a vmcs12 that has a vmcs02 */
    NIDUS_NESTED_ctx_misses,
    NIDUS_NESTED_ctx_evictions,
    NIDUS_NESTED_shadow_exports, /* vmcs12 to shadow VMCS */
    NIDUS_NESTED_shadow_imports,
    NIDUS_NESTED_ept_hits, /* EPT12 root that has an EPT02 */
    NIDUS_NESTED_ept_misses,
    NIDUS_NESTED_ept_fills, /* translations made */
    NIDUS_NESTED_ept_invalidations,
    NIDUS_NESTED_ept_evictions,
    /* Exits of L2 by basic reason: two for each, in this order. */
    NIDUS_NESTED_exits,
};
#define NIDUS_NESTED_exit_l0(reason) (NIDUS_NESTED_exits + 2 * (reason))
#define NIDUS_NESTED_exit_l1(reason) (NIDUS_NESTED_exits + 2 * (reason) + 1)

struct nidus_domctl_nested
{
    uint32_t state;       /* OUT: NIDUS_NESTED_ON, ... */
    uint32_t contexts;    /* OUT: vmcs12 that have a vmcs02 now */
    uint32_t shadowed;    /* OUT: of these, with a shadow VMCS */
    uint32_t nr_counters; /* IN: room; OUT: how many there are */
    uint32_t nr_msrs;     /* IN: room; OUT: 0 while the domain is built */
    uint32_t pad;
    XEN_GUEST_HANDLE_64(uint64) counters; /* OUT */
    XEN_GUEST_HANDLE_64(uint64) msrs;     /* OUT */
};

#endif
