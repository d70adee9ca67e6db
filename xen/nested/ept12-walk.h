/* SPDX-License-Identifier: MIT */
/* Walk L1's EPT for one L2-physical address. */
#pragma once

#include "nested.h"

enum ept12_status
{
    EPT12_OK,
    EPT12_VIOLATION,
    EPT12_MISCONFIG,
    EPT12_AGAIN,    /* L1 changed an entry meanwhile: walk again */
    EPT12_PML_FULL, /* the dirty flag cannot be logged */
};

struct ept12_walk
{
    enum ept12_status status;
    uint64_t l1_gpa;    /* of the byte asked for */
    unsigned int order; /* of the page that maps it: 0, 9 or 18 */
    uint64_t rights;    /* EPT_R, EPT_W, EPT_X, EPT_XU that all levels give */
    uint64_t memtype;   /* memory type and ignore-PAT bits of the leaf */
    bool dirty;         /* a write needs no further update of EPT12 */
    bool dirtied;       /* the leaf became dirty by this access */
    bool suppress_ve;   /* a violation here is no virtualization exception */
    uint64_t qual;      /* exit qualification, of a violation */
};

/*
 * eptp is that of vmcs12_eptp(), checked; access has EPT_QUAL_READ, _WRITE,
 * _FETCH as the processor reported them, and what else of the qualification is
 * to be kept. With accessed and dirty flags on, EPT12 gets them as by hardware.
 */
void ept12_walk(const struct nested_vcpu *nv, uint64_t eptp, uint64_t l2_gpa,
                uint64_t access, struct ept12_walk *w);

/* The rights that an access needs, of those in entries below eptp. */
uint64_t ept12_rights_wanted(uint64_t eptp, uint64_t access);

/*
 * The walk for an access of L2, with page-modification logging where the
 * vmcs12 has it: SDM "Page-Modification Logging".
 */
void ept12_access(const struct nested_vcpu *nv, struct vmcs12 *v,
                  uint64_t l2_gpa, uint64_t access, struct ept12_walk *w);
