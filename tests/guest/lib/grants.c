/* SPDX-License-Identifier: MIT */
/* The domain's own grant table, in its first version. */
#include "lib.h"

struct grant_entry_v1 *grant_table;

void grant_table_map(void)
{
    struct xen_add_to_physmap a = { .domid = DOMID_SELF,
                                    .space = XENMAPSPACE_grant_table };

    grant_table = alloc_page();
    a.gpfn = gfn_of(grant_table);
    if ( !check_rc("map the grant table", memory_op(XENMEM_add_to_physmap, &a),
                   0) )
        test_exit();
}

void grant(grant_ref_t ref, domid_t to, const void *page, uint16_t flags)
{
    grant_table[ref].domid = to;
    grant_table[ref].frame = (uint32_t)gfn_of(page);
    __atomic_store_n(&grant_table[ref].flags, GTF_permit_access | flags,
                     __ATOMIC_SEQ_CST);
}
