/* SPDX-License-Identifier: MIT */
/* Grant entries: reading, claiming and releasing one. */
#include <xen/compiler.h>
#include <xen/errno.h>
#include <xen/grant-entry.h>
#include <xen/mm.h>

/* The owner may keep changing the entry; it gets so many chances. */
#define CLAIM_TRIES 5

/* flags and domid change together, so they are compared together. */
union entry_word
{
    uint32_t word;
    grant_entry_header_t hdr;
};
_Static_assert(sizeof(union entry_word) == 4, "one word to exchange");
_Static_assert(offsetof(grant_entry_v1_t, domid) ==
                   offsetof(grant_entry_header_t, domid),
               "both versions begin alike");
_Static_assert(sizeof(grant_entry_v2_t) == 16, "ABI layout");

static uint32_t *entry_word(const struct grant_slot *slot)
{
    return (uint32_t *)(void *)slot->hdr;
}

static bool may_claim(const struct grant_slot *slot, uint32_t word, domid_t who,
                      bool readonly, bool mapping)
{
    union entry_word e = { .word = word };
    uint16_t type = e.hdr.flags & GTF_type_mask;

    if ( e.hdr.domid != who || (!readonly && (e.hdr.flags & GTF_readonly)) )
        return false;
    if ( type == GTF_permit_access )
        return !mapping || !(e.hdr.flags & GTF_sub_page);
    return type == GTF_transitive && slot->status && !mapping;
}

static int set_marks_v1(const struct grant_slot *slot, uint16_t marks,
                        domid_t who, bool readonly, bool mapping)
{
    uint32_t *shared = entry_word(slot);
    union entry_word old, new;
    unsigned int i;

    old.word = READ_ONCE(*shared);
    for ( i = 0; i < CLAIM_TRIES; i++ )
    {
        if ( !may_claim(slot, old.word, who, readonly, mapping) )
            return GNTST_general_error;
        new.word = old.word;
        new.hdr.flags |= marks;
        if ( __atomic_compare_exchange_n(shared, &old.word, new.word, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) )
            return GNTST_okay;
    }
    return GNTST_general_error;
}

/*
 * The owner withdraws an entry by changing its flags, then looks at the
 * status: so the status is set first and the flags are looked at again.
 */
static int set_marks_v2(const struct grant_slot *slot, uint16_t marks,
                        uint16_t undo, domid_t who, bool readonly, bool mapping)
{
    uint32_t *shared = entry_word(slot);

    if ( !may_claim(slot, READ_ONCE(*shared), who, readonly, mapping) )
        return GNTST_general_error;
    __atomic_fetch_or(slot->status, marks, __ATOMIC_SEQ_CST);
    if ( may_claim(slot, READ_ONCE(*shared), who, readonly, mapping) )
        return GNTST_okay;
    __atomic_fetch_and(slot->status, (uint16_t)~undo, __ATOMIC_SEQ_CST);
    return GNTST_general_error;
}

int grant_claim(const struct grant_slot *slot, struct grant_active *act,
                domid_t who, bool readonly, bool mapping)
{
    const uint16_t marks = GTF_reading | (readonly ? 0 : GTF_writing);
    int rc;

    if ( grant_in_use(act) &&
         (act->domid != who || act->readers == UINT16_MAX ||
          act->writers == UINT16_MAX || (mapping && act->length != PAGE_SIZE)) )
        return GNTST_general_error;
    /* The marks that the first claim of its kind needs; others have them. */
    if ( !grant_in_use(act) || (!readonly && !act->writers) )
    {
        if ( slot->status )
            rc = set_marks_v2(slot, marks,
                              grant_in_use(act) ? GTF_writing : marks, who,
                              readonly, mapping);
        else
            rc = set_marks_v1(slot, marks, who, readonly, mapping);
        if ( rc != GNTST_okay )
            return rc;
        act->domid = who;
    }
    if ( readonly )
        act->readers++;
    else
        act->writers++;
    return GNTST_okay;
}

void grant_release(const struct grant_slot *slot, struct grant_active *act,
                   bool readonly)
{
    uint16_t *marks = slot->status ? slot->status : &slot->hdr->flags;
    uint16_t clear = 0;

    if ( readonly )
        act->readers--;
    else if ( --act->writers == 0 )
        clear |= GTF_writing;
    if ( !grant_in_use(act) )
        clear |= GTF_reading;
    if ( clear )
        __atomic_fetch_and(marks, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}

void grant_read_v1(const grant_entry_v1_t *e, struct grant_offer *offer)
{
    *offer = (struct grant_offer){
        .readonly = READ_ONCE(e->flags) & GTF_readonly,
        .frame = READ_ONCE(e->frame),
        .length = PAGE_SIZE,
    };
}

void grant_read_v2(const grant_entry_v2_t *e, struct grant_offer *offer)
{
    uint16_t flags = READ_ONCE(e->hdr.flags);

    *offer = (struct grant_offer){ .readonly = flags & GTF_readonly };
    if ( (flags & GTF_type_mask) == GTF_transitive )
    {
        offer->transitive = true;
        offer->trans_domid = READ_ONCE(e->transitive.trans_domid);
        offer->trans_ref = READ_ONCE(e->transitive.gref);
        return;
    }
    offer->frame = READ_ONCE(e->full_page.frame);
    offer->length = PAGE_SIZE;
    if ( flags & GTF_sub_page )
    {
        offer->offset = READ_ONCE(e->sub_page.page_off);
        offer->length = READ_ONCE(e->sub_page.length);
    }
}

#define MARKS (GTF_reading | GTF_writing)

void grant_v1_to_v2(const grant_entry_v1_t *from, grant_entry_v2_t *to,
                    grant_status_t *status)
{
    *to = (grant_entry_v2_t){
        .full_page = { .hdr = { .flags = from->flags & (uint16_t)~MARKS,
                                .domid = from->domid },
                       .frame = from->frame },
    };
    *status = from->flags & MARKS;
}

int grant_v2_to_v1(const grant_entry_v2_t *from, grant_status_t status,
                   grant_entry_v1_t *to)
{
    uint16_t type = from->hdr.flags & GTF_type_mask;

    *to = (grant_entry_v1_t){ 0 };
    if ( type == GTF_invalid )
        return 0;
    if ( type == GTF_transitive || (from->hdr.flags & GTF_sub_page) ||
         from->full_page.frame > UINT32_MAX )
        return -ERANGE;
    to->flags = from->hdr.flags | (status & MARKS);
    to->domid = from->hdr.domid;
    to->frame = (uint32_t)from->full_page.frame;
    return 0;
}
