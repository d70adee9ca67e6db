/* SPDX-License-Identifier: MIT */
/* What the daemon does to nodes of its own accord: deaths and repairs. */

#include <stdlib.h>
#include <string.h>

#include "node-array.h"
#include "nodes.h"

struct domain_search
{
    struct store *store;
    unsigned int domid;
    struct node_array owned, mentioned;
};

/*
 * Find a domain's nodes in the order of their parents' lists.  What is below
 * a node that goes need not be looked at.  As deep as the longest path has
 * parts.
 */
static void search_tree(struct domain_search *search, const struct node *node)
{
    const char *name = NULL;

    if ( node->perms.entry[0].id == search->domid && strcmp(node->path, "/") &&
         !path_is_special(node->path) )
    {
        array_add(&search->owned, node);
        return;
    }

    if ( perms_mention(&node->perms, search->domid) )
        array_add(&search->mentioned, node);

    while ( (name = node_next_child(node, name)) )
    {
        const struct node *child =
            tree_find_child(&search->store->tree, node, name);

        if ( child )
            search_tree(search, child);
    }
}

void nodes_forget_domain(struct store *store, unsigned int domid)
{
    static const struct actor daemon = { .privileged = true };
    struct domain_search search = { .store = store, .domid = domid };
    /* The root, and what is nobody's child. */
    static const char *const tops[] = { "/", INTRODUCED, RELEASED };
    struct list events;
    struct op op = {
        .view = { .store = store, .actor = &daemon },
        .events = &events,
    };

    list_init(&events);
    for ( size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++ )
        search_tree(&search, tree_find(&store->tree, tops[i]));

    for ( size_t i = 0; i < search.mentioned.nr; i++ )
    {
        struct node *node = view_edit(&op.view, search.mentioned.nodes[i]);

        perms_forget_domain(&node->perms, domid);
        view_done(&op.view, node);
    }

    for ( size_t i = 0; i < search.owned.nr; i++ )
        node_remove_tree(&op, search.owned.nodes[i]);

    free(search.owned.nodes);
    free(search.mentioned.nodes);
    events_fire(store, &events);
}

struct check
{
    struct store *store;
    unsigned int wrong;
    const struct node *orphan;
};

static void check_node(struct node *node, void *opaque)
{
    struct check *check = opaque;
    const char *name = NULL;
    char *path;

    while ( (name = node_next_child(node, name)) )
        if ( !tree_find_child(&check->store->tree, node, name) )
        {
            check->wrong++;
            node_remove_child(node, name);
            name = NULL;
        }

    if ( !strcmp(node->path, "/") || path_is_special(node->path) )
        return;

    path = path_parent(node->path);
    if ( path )
    {
        struct node *parent = tree_find(&check->store->tree, path);

        if ( !parent || !node_has_child(parent, path_name(node->path)) )
            check->orphan = node;
        free(path);
    }
}

static void recount(struct node *node, void *opaque)
{
    struct store *store = opaque;
    struct account *account =
        quota_account(&store->quotas, node->perms.entry[0].id);

    account->nodes++;
}

unsigned int nodes_check(struct store *store)
{
    struct check check = { .store = store };
    struct account *account;
    struct node *orphan;

    do
    {
        check.orphan = NULL;
        tree_for_each(&store->tree, check_node, &check);
        orphan = (struct node *)check.orphan;
        if ( orphan )
        {
            check.wrong++;
            tree_remove(&store->tree, orphan);
            node_free(orphan);
        }
    } while ( orphan );

    list_for_each_entry (account, &store->quotas.accounts, link)
        account->nodes = 0;
    tree_for_each(&store->tree, recount, store);

    return check.wrong;
}
