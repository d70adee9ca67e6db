/* SPDX-License-Identifier: MIT */
/* What p2m.c and p2m-flush.c share: removed things that wait to be freed. */
#pragma once

#include <asm/p2m.h>

enum limbo_kind
{
    LIMBO_REF,   /* a page's reference that an entry held */
    LIMBO_RAM,   /* a page's allocation reference */
    LIMBO_TABLE, /* a table that was unlinked, with all below it */
};

/*
 * Note something for freeing. p2m->lock is held; there must be room, which
 * p2m_make_room() sees to: it takes the lock and returns with it held.
 */
void p2m_make_room(struct domain *d);
void p2m_limbo_add(struct p2m_domain *p2m, enum limbo_kind kind, uint64_t maddr,
                   unsigned int level);
/*
 * The lock was given back. What was removed is freed at once, or when it is
 * worth it. With added, the map has something new, which old translations of
 * the same address must not hide: flush before it is relied on.
 */
void p2m_settle(struct domain *d, bool added);

/* Free the table at maddr, that an entry of level pointed to. */
void p2m_free_subtree(struct p2m_domain *p2m, uint64_t maddr,
                      unsigned int level);
