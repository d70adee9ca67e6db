/* SPDX-License-Identifier: MIT */
/* Grant entries: claiming and releasing one. */
#include <xen/compiler.h>
#include <xen/grant-entry.h>

/* The owner may keep changing the entry; it gets so many chances. */
#define CLAIM_TRIES 5

/* flags and domid change together, so they are compared together. */
union entry_word
{
    uint32_t word;
    struct
    {
        uint16_t flags;
        domid_t domid;
    };
};
_Static_assert(sizeof(union entry_word) == 4, "one word to exchange");
_Static_assert(offsetof(grant_entry_v1_t, domid) == 2, "ABI layout");

static int set_marks(grant_entry_v1_t *e, domid_t who, bool readonly)
{
    uint32_t *shared = (uint32_t *)(void *)e;
    union entry_word old, new;
    unsigned int i;

    old.word = READ_ONCE(*shared);
    for ( i = 0; i < CLAIM_TRIES; i++ )
    {
        if ( (old.flags & GTF_type_mask) != GTF_permit_access ||
             old.domid != who )
            return GNTST_general_error;
        if ( !readonly && (old.flags & GTF_readonly) )
            return GNTST_general_error;
        new.word = old.word;
        new.flags |= GTF_reading | (readonly ? 0 : GTF_writing);
        if ( __atomic_compare_exchange_n(shared, &old.word, new.word, false,
                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) )
            return GNTST_okay;
    }
    return GNTST_general_error;
}

int grant_claim(grant_entry_v1_t *e, struct grant_active *act, domid_t who,
                bool readonly)
{
    int rc;

    if ( grant_in_use(act) )
    {
        if ( act->domid != who )
            return GNTST_general_error;
        if ( act->readers == UINT16_MAX || act->writers == UINT16_MAX )
            return GNTST_general_error;
    }
    /* The marks that the first claim of its kind needs; others have them. */
    if ( !grant_in_use(act) || (!readonly && !act->writers) )
    {
        rc = set_marks(e, who, readonly);
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

void grant_release(grant_entry_v1_t *e, struct grant_active *act, bool readonly)
{
    uint16_t clear = 0;

    if ( readonly )
        act->readers--;
    else if ( --act->writers == 0 )
        clear |= GTF_writing;
    if ( !grant_in_use(act) )
        clear |= GTF_reading;
    if ( clear )
        __atomic_fetch_and(&e->flags, (uint16_t)~clear, __ATOMIC_SEQ_CST);
}
