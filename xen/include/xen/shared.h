/* SPDX-License-Identifier: MIT */
/*
 * The memory that a domain shares with the hypervisor, as 32-bit code has it.
 *
 * A domain has one of two forms of struct shared_info and struct vcpu_info,
 * that of public/xen.h or this one: has_32bit_shinfo. A vcpu_info has the same
 * size in both and, but for the selector of pending words, the same members
 * at the same places.
 */
#pragma once

#include <xen/compiler.h>
#include <public/xen.h>

struct compat_vcpu_info
{
    uint8_t evtchn_upcall_pending;
    uint8_t evtchn_upcall_mask;
    uint16_t pad;
    uint32_t evtchn_pending_sel;
    uint32_t arch[6];
    vcpu_time_info_t time;
} __packed __aligned(4);
_Static_assert(sizeof(struct compat_vcpu_info) == sizeof(struct vcpu_info),
               "ABI layout");
_Static_assert(offsetof(struct compat_vcpu_info, time) ==
                   offsetof(struct vcpu_info, time),
               "ABI layout");
_Static_assert(offsetof(struct compat_vcpu_info, evtchn_pending_sel) == 4,
               "ABI layout");

struct compat_shared_info
{
    struct compat_vcpu_info vcpu_info[XEN_LEGACY_MAX_VCPUS];
    uint32_t evtchn_pending[32];
    uint32_t evtchn_mask[32];
    uint32_t wc_version;
    uint32_t wc_sec;
    uint32_t wc_nsec;
    uint32_t arch[6];
    uint32_t wc_sec_hi;
};
_Static_assert(offsetof(struct compat_shared_info, evtchn_pending) == 2048,
               "ABI layout");
_Static_assert(offsetof(struct compat_shared_info, evtchn_mask) == 2176,
               "ABI layout");
_Static_assert(offsetof(struct compat_shared_info, wc_version) == 2304,
               "ABI layout");
_Static_assert(offsetof(struct compat_shared_info, wc_sec_hi) == 2340,
               "ABI layout");
