/* SPDX-License-Identifier: MIT */
/* The MSR lists of a vmcs12, in L1's memory. */
#pragma once

#include "nested.h"

/* RDMSR and WRMSR as L1 would do them: 0, or -errno for what would fault. */
struct msr_access
{
    int (*read)(void *priv, uint32_t msr, uint64_t *val);
    int (*write)(void *priv, uint32_t msr, uint64_t val);
};

/* The longest list that is processed; longer ones fail at this entry. */
unsigned int msr_list_max(const struct nested_caps *caps);

/*
 * Load count entries at gpa. 0, or the number (from 1) of the first entry
 * that failed: exit qualification of an entry failure, cause of a VMX abort
 * at an exit.
 */
uint32_t msr_list_load(struct nested_vcpu *nv, const struct msr_access *msr,
                       uint64_t gpa, uint32_t count);
/* Store MSRs into the list's data words; result as above. */
uint32_t msr_list_store(struct nested_vcpu *nv, const struct msr_access *msr,
                        uint64_t gpa, uint32_t count);
