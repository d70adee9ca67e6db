/* SPDX-License-Identifier: MIT */
/* What requests do to nodes: permission, quota and parents looked after. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node-array.h"
#include "nodes.h"

/* The nearest node above a path that is there. */
static int nearest_parent(struct op *op, const char *path,
                          const struct node **out)
{
    char *parent = path_parent(path);
    int rc = parent ? view_get(&op->view, parent, out) : -ENOMEM;

    while ( rc == -ENOENT && strcmp(parent, "/") )
    {
        char *above = path_parent(parent);

        free(parent);
        parent = above;
        rc = parent ? view_get(&op->view, parent, out) : -ENOMEM;
    }

    free(parent);
    return rc;
}

/*
 * Whether a node is missing is told only to those who could see that above
 * it; the others must not learn what is there.
 */
static int hide_absence(struct op *op, const char *path, unsigned int perm)
{
    const struct node *parent;
    int rc = nearest_parent(op, path, &parent);

    if ( rc )
        return rc == -ENOENT ? -EACCES : rc;

    return perms_of_actor(&parent->perms, op->view.actor) & perm ? -ENOENT
                                                                 : -EACCES;
}

int node_access(struct op *op, const char *path, unsigned int perm,
                const struct node **out)
{
    const struct node *node;
    int rc = view_get(&op->view, path, &node);

    if ( rc == -ENOENT )
        return hide_absence(op, path, perm);
    if ( rc )
        return rc;

    if ( (perms_of_actor(&node->perms, op->view.actor) & perm) != perm )
        return -EACCES;

    *out = node;
    return 0;
}

/*
 * Something for watches to hear.  A transaction keeps its events until its end:
 * they are memory of who makes it, of which its next new node may find too
 * little.  False: out of memory.
 */
static bool add_event(struct op *op, const char *path, bool exact,
                      const struct perms *before, const struct perms *parent)
{
    size_t memory = 0;
    bool ok = events_add(op->events, path, exact, op->view.txn, before, parent,
                         &memory);

    view_book(&op->view, memory);
    return ok;
}

static bool size_allowed(struct op *op, size_t size)
{
    return quota_allows(&op->view.store->quotas, op->view.actor,
                        QUOTA_NODE_SIZE, size + 1);
}

/* Room for so much more memory on the actor's account? */
static bool memory_allowed(struct op *op, size_t more)
{
    struct quotas *quotas = &op->view.store->quotas;

    return quota_allows(quotas, op->view.actor, QUOTA_MEMORY,
                        quota_account(quotas, op->view.actor->domid)->memory +
                            more);
}

/*
 * Make, outside of the tree, the node for a path and those above it that are
 * missing too, the deepest first.  They have their parent's permissions, and
 * unprivileged domains own what they make.
 */
static int make_chain(struct op *op, const char *path,
                      const struct node *existing, const void *data, size_t len,
                      struct node_array *chain)
{
    char *current = strdup(path);
    const char *child = NULL;
    int rc = -ENOMEM;

    while ( current && strcmp(current, existing->path) )
    {
        struct node *node = node_new(current, &existing->perms);
        char *parent = path_parent(current);

        if ( !node || !parent || !array_add(chain, node) ||
             (child ? !node_add_child(node, child)
                    : !node_set_data(node, data, len)) )
        {
            if ( node && (!chain->nr || chain->nodes[chain->nr - 1] != node) )
                node_free(node);
            free(parent);
            goto out;
        }

        if ( !op->view.actor->privileged )
            node->perms.entry[0].id = op->view.actor->domid;

        child = path_name(node->path);
        free(current);
        current = parent;
    }

    if ( current )
        rc = 0;

out:
    free(current);
    return rc;
}

static int check_chain(struct op *op, const struct node *existing,
                       const struct node_array *chain)
{
    const struct node *top = chain->nodes[chain->nr - 1];
    size_t memory = 0;

    if ( !quota_allows(&op->view.store->quotas, op->view.actor, QUOTA_NODES,
                       view_own_nodes(&op->view) + chain->nr) )
        return -ENOSPC;

    if ( !size_allowed(op,
                       node_size(existing) + strlen(path_name(top->path)) + 1) )
        return -ENOSPC;

    for ( size_t i = 0; i < chain->nr; i++ )
    {
        if ( !size_allowed(op, node_size(chain->nodes[i])) )
            return -ENOSPC;
        memory += node_memory(chain->nodes[i]);
    }

    return memory_allowed(op, memory) ? 0 : -ENOMEM;
}

static int create_node(struct op *op, const char *path, const void *data,
                       size_t len)
{
    struct node_array chain = { 0 };
    const struct node *existing;
    struct node *parent;
    size_t used = 0;
    int rc = nearest_parent(op, path, &existing);

    if ( rc )
        return rc;

    rc = make_chain(op, path, existing, data, len, &chain);
    if ( rc )
        goto out;

    rc = check_chain(op, existing, &chain);
    if ( rc )
        goto out;

    rc = -ENOMEM;
    if ( !add_event(op, path, false, NULL, NULL) )
        goto out;

    parent = view_edit(&op->view, existing);
    if ( node_add_child(parent, path_name(chain.nodes[chain.nr - 1]->path)) )
    {
        rc = 0;
        used = chain.nr;
    }
    view_done(&op->view, parent);

    for ( size_t i = used; i > 0; i-- )
        view_add(&op->view, (struct node *)chain.nodes[i - 1]);

out:
    for ( size_t i = used; i < chain.nr; i++ )
        node_free((struct node *)chain.nodes[i]);
    free(chain.nodes);
    return rc;
}

int node_write(struct op *op, const char *path, const void *data, size_t len)
{
    const struct node *node;
    struct node *edited;
    size_t size;
    int rc = node_access(op, path, XS_PERM_WRITE, &node);

    if ( rc == -ENOENT )
        return create_node(op, path, data, len);
    if ( rc )
        return rc;

    size = node_size(node) - node->data_len + len;
    if ( !size_allowed(op, size) )
        return -ENOSPC;
    if ( len > node->data_len && !memory_allowed(op, len - node->data_len) )
        return -ENOMEM;
    if ( !add_event(op, path, false, NULL, NULL) )
        return -ENOMEM;

    edited = view_edit(&op->view, node);
    if ( !node_set_data(edited, data, len) )
        rc = -ENOMEM;
    view_done(&op->view, edited);

    return rc;
}

int node_mkdir(struct op *op, const char *path)
{
    const struct node *node;
    int rc = node_access(op, path, XS_PERM_WRITE, &node);

    return rc == -ENOENT ? create_node(op, path, NULL, 0) : rc;
}

/*
 * A node and all below it, children before their parents and in their
 * parent's order: the reverse of a walk that takes the last child first.
 */
static int collect_tree(struct op *op, const struct node *root,
                        struct node_array *found)
{
    struct node_array stack = { 0 };
    int rc = array_add(&stack, root) ? 0 : -ENOMEM;

    while ( !rc && stack.nr )
    {
        const struct node *node = stack.nodes[--stack.nr];
        const char *name = NULL;

        if ( !array_add(found, node) )
            rc = -ENOMEM;

        while ( !rc && (name = node_next_child(node, name)) )
        {
            const struct node *child;
            char *path = path_join(node->path, name);

            rc = path ? view_get(&op->view, path, &child) : -ENOMEM;
            free(path);
            /* A list with a name too many is nodes_check()'s business. */
            if ( rc == -ENOENT )
                rc = 0;
            else if ( !rc && !array_add(&stack, child) )
                rc = -ENOMEM;
        }
    }

    free(stack.nodes);

    for ( size_t i = 0; i < found->nr / 2; i++ )
    {
        const struct node *swap = found->nodes[i];

        found->nodes[i] = found->nodes[found->nr - 1 - i];
        found->nodes[found->nr - 1 - i] = swap;
    }

    return rc;
}

/* An event for each node that goes, while its permissions are known. */
static int removal_events(struct op *op, const struct node_array *gone,
                          const struct node *above)
{
    const struct node *root = gone->nodes[gone->nr - 1];

    for ( size_t i = 0; i < gone->nr; i++ )
    {
        const struct node *node = gone->nodes[i], *parent = above;
        char *path = NULL;
        bool ok;

        if ( node != root )
        {
            path = path_parent(node->path);
            if ( !path || view_get(&op->view, path, &parent) )
                parent = NULL;
            free(path);
        }

        ok = add_event(op, node->path, node != root, &node->perms,
                       parent ? &parent->perms : NULL);
        if ( !ok )
            return -ENOMEM;
    }

    return 0;
}

int node_remove_tree(struct op *op, const struct node *node)
{
    struct node_array gone = { 0 };
    const struct node *above = NULL;
    char *parent_path = path_parent(node->path);
    int rc = parent_path ? view_get(&op->view, parent_path, &above) : -ENOMEM;

    free(parent_path);
    if ( !rc )
        rc = collect_tree(op, node, &gone);
    if ( !rc )
        rc = removal_events(op, &gone, above);

    if ( !rc )
    {
        struct node *parent = view_edit(&op->view, above);

        node_remove_child(parent, path_name(node->path));
        view_done(&op->view, parent);
        for ( size_t i = 0; i < gone.nr; i++ )
            view_remove(&op->view, gone.nodes[i]);
    }

    free(gone.nodes);
    return rc;
}

int node_rm(struct op *op, const char *path)
{
    const struct node *node;
    int rc = node_access(op, path, XS_PERM_WRITE, &node);

    if ( rc == -ENOENT )
    {
        /* As good as removed, if there is a place it could be missing from. */
        char *parent = path_parent(path);

        rc = parent ? view_get(&op->view, parent, &node) : -ENOMEM;
        free(parent);
        return rc;
    }
    if ( rc )
        return rc;

    if ( !strcmp(path, "/") || path_is_special(path) )
        return -EINVAL;

    return node_remove_tree(op, node);
}

int node_set_perms(struct op *op, const char *path,
                   const struct xs_permissions *entry, unsigned int nr)
{
    const struct node *node;
    struct perms perms = { 0 };
    struct node *edited;
    int rc;

    rc = node_access(op, path, XS_PERM_WRITE | XS_PERM_OWNER, &node);
    if ( rc )
        return rc;

    if ( !op->view.actor->privileged && entry[0].id != node->perms.entry[0].id )
        return -EPERM;

    if ( !perms_set(&perms, entry, nr) )
        return -ENOMEM;
    /* Who may hear of a special event is no event. */
    if ( !path_is_special(path) &&
         !add_event(op, path, false, &node->perms, NULL) )
    {
        perms_free(&perms);
        return -ENOMEM;
    }

    edited = view_edit(&op->view, node);
    perms_free(&edited->perms);
    edited->perms = perms;
    view_done(&op->view, edited);

    return 0;
}
