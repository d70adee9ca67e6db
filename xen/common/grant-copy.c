/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: bytes from page to page, each by grant or of the caller. */
#include <xen/grant-table.h>
#include <xen/lib.h>

/* One end of a copy: a page with a reference, and how to let go of it. */
struct copy_end
{
    struct domain *d;
    struct page_info *pg;
    bool claimed;
    grant_ref_t ref;
    bool readonly;
};

static void end_release(struct copy_end *e)
{
    if ( e->pg )
        put_page(e->pg);
    if ( e->claimed )
        grant_drop(e->d, e->ref, e->readonly);
    if ( e->d )
        put_domain(e->d);
}

static int end_acquire(struct copy_end *e, const struct gnttab_copy_ptr *p,
                       bool by_ref, bool readonly)
{
    struct domain *cd = current->domain;
    p2m_type_t t;
    int rc;

    e->readonly = readonly;
    if ( by_ref )
    {
        e->d =
            get_domain_by_id(p->domid == DOMID_SELF ? cd->domain_id : p->domid);
        if ( !e->d )
            return GNTST_bad_domain;
        rc = grant_acquire(e->d, p->u.ref, cd, readonly, &e->pg);
        e->claimed = rc == GNTST_okay;
        e->ref = p->u.ref;
        return rc;
    }
    if ( p->domid != DOMID_SELF && p->domid != cd->domain_id )
        return GNTST_permission_denied;
    e->pg = get_page_from_gfn(cd, _gfn(p->u.gmfn), &t);
    if ( !e->pg )
        return GNTST_bad_page;
    return !readonly && p2m_is_readonly(t) ? GNTST_bad_page : GNTST_okay;
}

int gnttab_copy_one(void *arg)
{
    struct gnttab_copy *op = arg;
    struct copy_end src = { 0 }, dst = { 0 };
    int status;

    if ( op->flags & ~(GNTCOPY_source_gref | GNTCOPY_dest_gref) )
        status = GNTST_general_error;
    else if ( op->source.offset + op->len > PAGE_SIZE ||
              op->dest.offset + op->len > PAGE_SIZE )
        status = GNTST_bad_copy_arg;
    else
        status = end_acquire(&src, &op->source, op->flags & GNTCOPY_source_gref,
                             true);
    if ( status == GNTST_okay )
        status =
            end_acquire(&dst, &op->dest, op->flags & GNTCOPY_dest_gref, false);
    if ( status == GNTST_okay )
        memmove((char *)page_to_virt(dst.pg) + op->dest.offset,
                (char *)page_to_virt(src.pg) + op->source.offset, op->len);
    end_release(&dst);
    end_release(&src);
    op->status = status;
    return 0;
}
