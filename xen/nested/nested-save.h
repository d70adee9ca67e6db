/* SPDX-License-Identifier: MIT */
/* An L1's VMX operation as a record that is saved with its vCPU. */
#pragma once

#include "nested.h"

/*
 * A type of record of the HVM context that Xen does not know, and so refuses:
 * it is only there for a vCPU in VMX operation.
 */
#define NESTED_SAVE_VERSION 1u

struct nested_save
{
    uint32_t version;
    uint32_t flags; /* none yet */
    uint64_t vmxon_ptr;
    uint64_t current_ptr; /* VMX_NO_CURRENT_VMCS: none */
};
_Static_assert(sizeof(struct nested_save) == 24, "format");

/* Is there anything to save? L2 must not be running. */
bool nested_save_needed(const struct nested_vcpu *nv);
void nested_save_fill(const struct nested_vcpu *nv, struct nested_save *rec);
/*
 * Put the vCPU, which is not in VMX operation, into that of rec. -EINVAL when
 * an instruction could not have led there, -ENOMEM.
 */
int nested_save_load(struct nested_vcpu *nv, const struct nested_save *rec);
/* L1's memory gets what every active vmcs12 is now; they stay active. */
void nested_save_contexts(struct nested_vcpu *nv);
