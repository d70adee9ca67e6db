/* SPDX-License-Identifier: MIT */
/* Grant entries: claiming and releasing one, pure logic. */
#pragma once

#include <xen/types.h>
#include <public/grant_table.h>

/* What the hypervisor knows about an entry that is in use. */
struct grant_active
{
    uint64_t mfn; /* set by whoever made the first claim */
    uint16_t readers, writers;
    domid_t domid; /* who uses it */
    uint16_t pad;
};

static inline bool grant_in_use(const struct grant_active *act)
{
    return act->readers || act->writers;
}

/*
 * Claim e for domain who; marks it GTF_reading/GTF_writing for its owner to
 * see. GNTST_okay or the error for the caller of the hypercall. The entry is
 * in memory its owner may write at any time.
 */
int grant_claim(grant_entry_v1_t *e, struct grant_active *act, domid_t who,
                bool readonly);
/* Undo one claim; clears the marks with the last one. */
void grant_release(grant_entry_v1_t *e, struct grant_active *act,
                   bool readonly);
