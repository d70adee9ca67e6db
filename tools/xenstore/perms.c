/* SPDX-License-Identifier: MIT */
/* Who may do what with a node. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perms.h"

static bool is_actor(const struct actor *actor, unsigned int domid)
{
    return actor->domid == domid ||
           (actor->has_target && actor->target == domid);
}

unsigned int perms_of_actor(const struct perms *perms,
                            const struct actor *actor)
{
    if ( actor->privileged || is_actor(actor, perms->entry[0].id) )
        return XS_PERM_READ | XS_PERM_WRITE | XS_PERM_OWNER;

    for ( unsigned int i = 1; i < perms->nr; i++ )
        if ( !(perms->entry[i].perms & XS_PERM_IGNORE) &&
             is_actor(actor, perms->entry[i].id) )
            return perms->entry[i].perms;

    return perms->entry[0].perms;
}

bool perms_set(struct perms *perms, const struct xs_permissions *entry,
               unsigned int nr)
{
    struct xs_permissions *copy = malloc(nr * sizeof(*copy));

    if ( !copy )
        return false;

    memcpy(copy, entry, nr * sizeof(*copy));
    free(perms->entry);
    perms->entry = copy;
    perms->nr = nr;

    return true;
}

bool perms_copy(struct perms *to, const struct perms *from)
{
    return perms_set(to, from->entry, from->nr);
}

void perms_free(struct perms *perms)
{
    free(perms->entry);
    perms->entry = NULL;
    perms->nr = 0;
}

void perms_forget_domain(struct perms *perms, unsigned int domid)
{
    if ( perms->entry[0].id == domid )
        perms->entry[0].id = 0;

    for ( unsigned int i = 1; i < perms->nr; i++ )
        if ( perms->entry[i].id == domid )
            perms->entry[i].perms |= XS_PERM_IGNORE;
}

bool perms_mention(const struct perms *perms, unsigned int domid)
{
    for ( unsigned int i = 0; i < perms->nr; i++ )
        if ( perms->entry[i].id == domid &&
             !(perms->entry[i].perms & XS_PERM_IGNORE) )
            return true;

    return false;
}

size_t perms_to_strings(const struct perms *perms, char *buf, size_t size)
{
    static const char letters[] = "nrwb";
    size_t len = 0;

    for ( unsigned int i = 0; i < perms->nr; i++ )
        len +=
            snprintf(
                buf + (len < size ? len : size), len < size ? size - len : 0,
                "%c%u",
                letters[perms->entry[i].perms & (XS_PERM_READ | XS_PERM_WRITE)],
                perms->entry[i].id) +
            1;

    return len;
}
