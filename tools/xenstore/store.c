/* SPDX-License-Identifier: MIT */
/* The store as it is when the daemon starts. */

#include <string.h>

#include "conn.h"
#include "domain.h"
#include "nodes.h"

static const char *const special_nodes[] = {
    INTRODUCED,
    RELEASED,
};

bool store_init(struct store *store)
{
    static const struct actor daemon = { .privileged = true };
    struct xs_permissions nobody = { .id = 0, .perms = XS_PERM_NONE };
    const struct perms perms = { .nr = 1, .entry = &nobody };
    struct list events;
    struct op op = {
        .view = { .store = store, .actor = &daemon },
        .events = &events,
    };
    struct node *node;

    memset(store, 0, sizeof(*store));
    list_init(&store->conns);
    list_init(&store->active);
    list_init(&store->domains);
    list_init(&events);
    quotas_init(&store->quotas);
    if ( !tree_init(&store->tree) )
        return false;

    node = node_new("/", &perms);
    if ( !node )
        return false;
    view_add(&op.view, node);

    for ( unsigned int i = 0; i < 2; i++ )
    {
        node = node_new(special_nodes[i], &perms);
        if ( !node )
            return false;
        view_add(&op.view, node);
    }

    if ( node_mkdir(&op, "/tool/xenstored") )
        return false;
    events_drop(&events);

    return true;
}

void store_destroy(struct store *store)
{
    struct conn *conn, *tmp;

    while ( !list_empty(&store->domains) )
        domain_release(store, list_first(&store->domains, struct domain, link));
    list_for_each_entry_safe (conn, tmp, &store->conns, link)
        conn_free(store, conn);
    tree_destroy(&store->tree);
    quotas_destroy(&store->quotas);
}
