/* SPDX-License-Identifier: MIT */
/* Who may do what with a node. */

#ifndef NIDUS_XENSTORE_PERMS_H
#define NIDUS_XENSTORE_PERMS_H

#include <stdbool.h>
#include <stddef.h>

#include <xenstore_lib.h>

/*
 * The first entry is the owner; its bits hold for domains not listed.  Entries
 * with XS_PERM_IGNORE are of domains that have died, or never were: they are
 * listed, but give nothing to a later domain with the same id.
 */
struct perms
{
    unsigned int nr;
    struct xs_permissions *entry;
};

/* On whose behalf a request runs. */
struct actor
{
    unsigned int domid;
    /* May do everything: Dom0 and the sockets. */
    bool privileged;
    /* A device model's domain has its target's rights besides its own. */
    bool has_target;
    unsigned int target;
};

/* XS_PERM_READ, _WRITE and _OWNER as far as the actor has them. */
unsigned int perms_of_actor(const struct perms *perms,
                            const struct actor *actor);

bool perms_set(struct perms *perms, const struct xs_permissions *entry,
               unsigned int nr);
bool perms_copy(struct perms *to, const struct perms *from);
void perms_free(struct perms *perms);

/* A domain is gone: its entries hold for nobody, what it owned is Dom0's. */
void perms_forget_domain(struct perms *perms, unsigned int domid);
bool perms_mention(const struct perms *perms, unsigned int domid);

/* "n0" "r1" ..., NUL behind each; length, or what it would need. */
size_t perms_to_strings(const struct perms *perms, char *buf, size_t size);

#endif /* NIDUS_XENSTORE_PERMS_H */
