/* SPDX-License-Identifier: MIT */
/* Between the files of memory_op. */
#pragma once

#include <xen/domain.h>
#include <public/memory.h>

/* In cmd, above the operation: how many extents are done. */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK     ((1u << MEMOP_EXTENT_SHIFT) - 1)
/* Extents that still fit there. */
#define MEMOP_MAX_EXTENTS (UINT32_MAX >> MEMOP_EXTENT_SHIFT)

/*
 * A sub-operation. start is the number of extents done before; it returns a
 * result, or stores the new number in *done and returns -ERESTART.
 */
typedef long memory_fn_t(uint64_t arg, unsigned long start,
                         unsigned long *done);

memory_fn_t mem_increase_reservation, mem_decrease_reservation,
    mem_populate_physmap, mem_exchange, mem_claim_pages, mem_set_pod_target,
    mem_get_pod_target;
memory_fn_t mem_add_to_physmap, mem_add_to_physmap_batch,
    mem_remove_from_physmap, mem_acquire_resource;

/* Free the RAM of d at gfn, or unhook what else is there. */
int guest_remove_page(struct domain *d, gfn_t gfn);
