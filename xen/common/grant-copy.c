/* SPDX-License-Identifier: MIT */
/* GNTTABOP_copy: bytes from page to page, each by grant or of the caller. */
#include <xen/grant-table.h>
#include <xen/lib.h>
#include <asm/log-dirty.h>

/*
 * One end of a copy: a page with a reference, the part of it that may be
 * used, and how to let go of it. A grant that passes another one on holds
 * both.
 */
struct copy_end
{
    struct page_info *pg;
    bool readonly;
    uint16_t offset, length;
    unsigned int nr_claims;
    struct
    {
        struct domain *d;
        grant_ref_t ref;
    } claim[2];
};

static void end_release(struct copy_end *e)
{
    if ( e->pg )
    {
        /* Its own page by frame; writes by grant are marked as such. */
        if ( !e->readonly && !e->nr_claims &&
             e->pg->owner == current->domain->domain_id + 1 )
            p2m_mark_page_dirty(current->domain, e->pg);
        put_page(e->pg);
    }
    while ( e->nr_claims-- )
    {
        grant_drop(e->claim[e->nr_claims].d, e->claim[e->nr_claims].ref,
                   e->readonly);
        put_domain(e->claim[e->nr_claims].d);
    }
}

/* What domid offers to ld as ref. */
static int end_claim(struct copy_end *e, domid_t domid, grant_ref_t ref,
                     const struct domain *ld, struct grant_offer *offer)
{
    struct domain *d = get_domain_by_id(domid);
    int rc;

    if ( !d )
        return GNTST_bad_domain;
    rc = grant_acquire(d, ref, ld, e->readonly, false, offer, &e->pg);
    if ( rc != GNTST_okay )
    {
        put_domain(d);
        return rc;
    }
    e->claim[e->nr_claims].d = d;
    e->claim[e->nr_claims++].ref = ref;
    e->offset = offer->offset;
    e->length = offer->length;
    return GNTST_okay;
}

static int end_by_ref(struct copy_end *e, const struct gnttab_copy_ptr *p)
{
    struct domain *cd = current->domain;
    struct grant_offer offer;
    int rc;

    rc = end_claim(e, p->domid == DOMID_SELF ? cd->domain_id : p->domid,
                   p->u.ref, cd, &offer);
    /* Passed on: the one offers it to the other, and only one step far. */
    if ( rc == GNTST_okay && offer.transitive )
    {
        rc = end_claim(e, offer.trans_domid, offer.trans_ref, e->claim[0].d,
                       &offer);
        if ( rc == GNTST_okay && offer.transitive )
            rc = GNTST_general_error;
    }
    return rc;
}

static int end_by_frame(struct copy_end *e, const struct gnttab_copy_ptr *p)
{
    struct domain *cd = current->domain;
    p2m_type_t t;

    e->pg = get_page_from_gfn(cd, _gfn(p->u.gmfn), &t);
    if ( !e->pg )
        return GNTST_bad_page;
    e->length = PAGE_SIZE;
    return !e->readonly && p2m_is_readonly(t) ? GNTST_bad_page : GNTST_okay;
}

static int end_acquire(struct copy_end *e, const struct gnttab_copy_ptr *p,
                       uint16_t len, bool by_ref)
{
    int rc = by_ref ? end_by_ref(e, p) : end_by_frame(e, p);

    if ( rc != GNTST_okay )
        return rc;
    return p->offset < e->offset || p->offset + len > e->offset + e->length
               ? GNTST_general_error
               : GNTST_okay;
}

static bool is_self(domid_t domid)
{
    return domid == DOMID_SELF || domid == current->domain->domain_id;
}

int gnttab_copy_one(void *arg)
{
    struct gnttab_copy *op = arg;
    struct copy_end src = { .readonly = true }, dst = { .readonly = false };
    int status;

    /* By frame there are only the caller's own pages. */
    if ( (!(op->flags & GNTCOPY_source_gref) && !is_self(op->source.domid)) ||
         (!(op->flags & GNTCOPY_dest_gref) && !is_self(op->dest.domid)) )
        status = GNTST_permission_denied;
    else if ( op->flags & ~(GNTCOPY_source_gref | GNTCOPY_dest_gref) )
        status = GNTST_general_error;
    else if ( op->source.offset + op->len > PAGE_SIZE ||
              op->dest.offset + op->len > PAGE_SIZE )
        status = GNTST_bad_copy_arg;
    else
        status = end_acquire(&src, &op->source, op->len,
                             op->flags & GNTCOPY_source_gref);
    if ( status == GNTST_okay )
        status = end_acquire(&dst, &op->dest, op->len,
                             op->flags & GNTCOPY_dest_gref);
    if ( status == GNTST_okay )
        memmove((char *)page_to_virt(dst.pg) + op->dest.offset,
                (char *)page_to_virt(src.pg) + op->source.offset, op->len);
    end_release(&dst);
    end_release(&src);
    op->status = status;
    return 0;
}
