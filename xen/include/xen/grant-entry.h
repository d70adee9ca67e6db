/* SPDX-License-Identifier: MIT */
/* Grant entries: reading, claiming and releasing one, pure logic. */
#pragma once

#include <xen/types.h>
#include <public/grant_table.h>

/*
 * What the hypervisor knows about an entry that is in use. Frame numbers fit:
 * no RAM above 512 GiB is used.
 */
struct grant_active
{
    uint32_t mfn;            /* these three are set by whoever made the */
    uint16_t offset, length; /* first claim: the part that is offered */
    uint16_t readers, writers;
    domid_t domid; /* who uses it */
    uint16_t pad;
};

static inline bool grant_in_use(const struct grant_active *act)
{
    return act->readers || act->writers;
}

/*
 * The parts of an entry that change while it is offered. Version 1 has the
 * marks for its owner to see (GTF_reading, GTF_writing) among the flags,
 * version 2 in an array of their own. All is in memory that the owner may
 * write at any time.
 */
struct grant_slot
{
    grant_entry_header_t *hdr;
    grant_status_t *status; /* NULL: version 1 */
};

/*
 * Claim an entry for domain who, to be mapped or else to be copied from or
 * to: parts of pages and other domains' grants (version 2) can be copied
 * only. GNTST_okay or the error for the caller of the hypercall.
 */
int grant_claim(const struct grant_slot *slot, struct grant_active *act,
                domid_t who, bool readonly, bool mapping);
/* Undo one claim; clears the marks with the last one. */
void grant_release(const struct grant_slot *slot, struct grant_active *act,
                   bool readonly);

/* What an entry offers. */
struct grant_offer
{
    bool readonly;
    /* Transitive: what trans_domid offers as trans_ref. */
    bool transitive;
    domid_t trans_domid;
    grant_ref_t trans_ref;
    /* Else: length bytes from offset on, of the page at frame. */
    uint64_t frame;
    uint16_t offset, length;
};

void grant_read_v1(const grant_entry_v1_t *e, struct grant_offer *offer);
void grant_read_v2(const grant_entry_v2_t *e, struct grant_offer *offer);

/*
 * The same offer in the other version, marks included. -ERANGE where version
 * 1 has no words for it: parts of pages, other domains' grants, far frames.
 */
void grant_v1_to_v2(const grant_entry_v1_t *from, grant_entry_v2_t *to,
                    grant_status_t *status);
int grant_v2_to_v1(const grant_entry_v2_t *from, grant_status_t status,
                   grant_entry_v1_t *to);
