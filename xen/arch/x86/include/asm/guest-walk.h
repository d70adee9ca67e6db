/* SPDX-License-Identifier: MIT */
/* Translation of guest linear addresses of the current vCPU. */
#pragma once

#include <xen/domain.h>

#define PFEC_PRESENT 0x1u
#define PFEC_WRITE   0x2u
#define PFEC_USER    0x4u

/*
 * Translate gva for an access by v's kernel; v is current. Sets accessed and
 * dirty bits as the processor would. -EFAULT with the page-fault error code
 * in *pfec when there is no translation. SMEP and SMAP are not applied.
 */
int guest_walk(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
               uint32_t *pfec);
/* The same for an access by v's user mode. */
int guest_walk_user(struct vcpu *v, uint64_t gva, bool write, paddr_t *gpa,
                    uint32_t *pfec);

/*
 * guest_walk() and a copy, of n bytes within one page. -EFAULT as above;
 * -ENOENT if there is no memory where it leads.
 */
int guest_read_page(struct vcpu *v, uint64_t gva, void *to, size_t n,
                    uint32_t *pfec);
int guest_write_page(struct vcpu *v, uint64_t gva, const void *from, size_t n,
                     uint32_t *pfec);
