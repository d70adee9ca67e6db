/* SPDX-License-Identifier: MIT */
/* Copying between the hypervisor and the current guest's memory. */
#pragma once

#include <xen/domain.h>
#include <public/xen.h>

/*
 * By guest linear address in the current vCPU's page tables, with the
 * rights of its kernel (SMAP is not applied: privcmd passes user pointers).
 * Return the number of bytes NOT copied: 0 is success. Nothing faults.
 */
size_t copy_from_guest_va(void *to, uint64_t gva, size_t bytes);
size_t copy_to_guest_va(uint64_t gva, const void *from, size_t bytes);
size_t clear_guest_va(uint64_t gva, size_t bytes);

/* By guest-physical address in domain d: 0 or -EFAULT. */
int copy_from_guest_phys(struct domain *d, void *to, paddr_t gpa, size_t bytes);
int copy_to_guest_phys(struct domain *d, paddr_t gpa, const void *from,
                       size_t bytes);

/*
 * Typed forms over the ABI's guest handles: hnd has a member p of type T *
 * (a guest linear address). off and nr count elements. True value = failure.
 */
#define guest_handle_is_null(hnd) ((hnd).p == NULL)
#define copy_from_guest_offset(to, hnd, off, nr)          \
    copy_from_guest_va((to), (uint64_t)((hnd).p + (off)), \
                       sizeof(*(hnd).p) * (nr))
#define copy_to_guest_offset(hnd, off, from, nr)          \
    copy_to_guest_va((uint64_t)((hnd).p + (off)), (from), \
                     sizeof(*(hnd).p) * (nr))
#define copy_from_guest(to, hnd, nr) copy_from_guest_offset(to, hnd, 0, nr)
#define copy_to_guest(hnd, from, nr) copy_to_guest_offset(hnd, 0, from, nr)

/* For hypercall arguments that arrive as plain linear addresses. */
#define copy_arg_from_guest(to, gva) \
    copy_from_guest_va((to), (gva), sizeof(*(to)))
#define copy_arg_to_guest(gva, from) \
    copy_to_guest_va((gva), (from), sizeof(*(from)))
