/* SPDX-License-Identifier: MIT */
/* Pages of a domain that are written to because of its grants. */
#include <xen/grant-table.h>
#include <asm/log-dirty.h>

void grant_table_mark_dirty(struct domain *d)
{
    struct grant_table *gt = d->grant_table;

    spin_lock(&gt->lock);
    for ( uint32_t i = 0; i < gt->nr_frames; i++ )
        p2m_mark_page_dirty(d, mfn_to_page(virt_to_mfn(gt->frame[i])));
    for ( uint32_t i = 0; i < gt->nr_status; i++ )
        p2m_mark_page_dirty(d, mfn_to_page(virt_to_mfn(gt->status[i])));
    for ( uint32_t ref = 0; ref < grant_nr_refs(gt); ref++ )
    {
        const struct grant_active *act = grant_active(gt, ref);

        if ( act->writers )
            p2m_mark_page_dirty(d, mfn_to_page(_mfn(act->mfn)));
    }
    spin_unlock(&gt->lock);
}
