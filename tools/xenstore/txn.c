/* SPDX-License-Identifier: MIT */
/* Views of the tree: the store itself, or the store as a transaction has it. */

#include <errno.h>
#include <stdlib.h>

#include "txn.h"

static unsigned int owner(const struct node *node)
{
    return node->perms.entry[0].id;
}

static void book_in(struct store *store, const struct node *node)
{
    quota_book_nodes(&store->quotas, owner(node), 1);
    quota_book_memory(&store->quotas, owner(node), node_memory(node));
}

static void book_out(struct store *store, const struct node *node)
{
    quota_book_nodes(&store->quotas, owner(node), -1);
    quota_book_memory(&store->quotas, owner(node),
                      -(ptrdiff_t)node_memory(node));
}

struct txn *txn_start(struct store *store, const struct actor *actor)
{
    struct txn *txn = calloc(1, sizeof(*txn));

    if ( !txn || !tree_init(&txn->touched) )
    {
        free(txn);
        return NULL;
    }

    list_init(&txn->link);
    list_init(&txn->events);
    txn->actor = *actor;
    /* Zero means "no transaction". */
    if ( !++store->last_txn_id )
        store->last_txn_id++;
    txn->id = store->last_txn_id;
    quota_book_transactions(&store->quotas, actor->domid, 1);

    return txn;
}

void txn_free(struct store *store, struct txn *txn)
{
    quota_book_transactions(&store->quotas, txn->actor.domid, -1);
    quota_book_memory(&store->quotas, txn->actor.domid,
                      -(ptrdiff_t)txn->memory);
    list_del(&txn->link);
    events_drop(&txn->events);
    tree_destroy(&txn->touched);
    free(txn);
}

struct commit
{
    struct store *store;
    struct txn *txn;
    bool conflict;
};

static void check_conflict(struct node *node, void *opaque)
{
    struct commit *commit = opaque;
    const struct node *now = tree_find(&commit->store->tree, node->path);
    uint64_t generation = now ? now->generation : GENERATION_ABSENT;

    if ( generation != node->base_generation )
        commit->conflict = true;
}

/* The tree owns both nodes by now; move the copy's contents by swapping. */
static void swap_contents(struct node *a, struct node *b)
{
    struct node old = *a;

    a->perms = b->perms;
    a->data = b->data;
    a->data_len = b->data_len;
    a->children = b->children;
    a->children_len = b->children_len;
    b->perms = old.perms;
    b->data = old.data;
    b->data_len = old.data_len;
    b->children = old.children;
    b->children_len = old.children_len;
}

/*
 * Nodes that the store does not have yet are moved over afterwards, because
 * the tree that is walked here may not change.
 */
static void apply_change(struct node *node, void *opaque)
{
    struct commit *commit = opaque;
    struct store *store = commit->store;
    struct node *now;

    if ( !node->modified )
        return;

    now = tree_find(&store->tree, node->path);
    if ( !now )
        return;

    book_out(store, now);
    node->modified = false;
    if ( node->absent )
    {
        tree_remove(&store->tree, now);
        node_free(now);
        return;
    }

    swap_contents(now, node);
    now->generation = ++store->generation;
    book_in(store, now);
}

static void move_new_nodes(struct store *store, struct tree *from)
{
    for ( size_t i = 0; i < from->nr_buckets; i++ )
    {
        struct node *node, *next;

        for ( node = from->buckets[i]; node; node = next )
        {
            next = node->hash_next;
            if ( !node->modified || node->absent )
                continue;

            tree_remove(from, node);
            node->modified = false;
            node->generation = ++store->generation;
            tree_insert(&store->tree, node);
            book_in(store, node);
        }
    }
}

int txn_commit(struct store *store, struct txn *txn)
{
    struct commit commit = { .store = store, .txn = txn };
    const struct account *account =
        quota_account(&store->quotas, txn->actor.domid);

    tree_for_each(&txn->touched, check_conflict, &commit);
    if ( commit.conflict )
        return -EAGAIN;

    /* Others may have used up what was there when the nodes were made. */
    if ( txn->own_nodes > 0 &&
         !quota_allows(&store->quotas, &txn->actor, QUOTA_NODES,
                       (size_t)account->nodes + txn->own_nodes) )
        return -ENOSPC;

    tree_for_each(&txn->touched, apply_change, &commit);
    move_new_nodes(store, &txn->touched);

    return 0;
}

void view_book(struct view *view, ptrdiff_t bytes)
{
    if ( !view->txn )
        return;

    quota_book_memory(&view->store->quotas, view->actor->domid, bytes);
    view->txn->memory += bytes;
}

/* A transaction's copies are memory of who makes it. */
static ptrdiff_t copy_memory(const struct node *copy)
{
    return sizeof(*copy) + node_memory(copy);
}

static bool book_copy(struct view *view, const struct node *copy)
{
    struct quotas *quotas = &view->store->quotas;
    const struct account *account = quota_account(quotas, view->actor->domid);

    if ( !quota_allows(quotas, view->actor, QUOTA_MEMORY,
                       account->memory + copy_memory(copy)) )
        return false;

    view_book(view, copy_memory(copy));
    return true;
}

/* The transaction's copy of what the store has at a path, made now. */
static int touch(struct view *view, const char *path, struct node **out)
{
    struct txn *txn = view->txn;
    const struct node *now = tree_find(&view->store->tree, path);
    struct node *copy;

    if ( !quota_allows(&view->store->quotas, view->actor, QUOTA_TXN_NODES,
                       txn->touched.nr_nodes + 1) )
        return -ENOSPC;

    copy = now ? node_clone(now) : node_new(path, NULL);
    if ( !copy )
        return -ENOMEM;

    if ( !book_copy(view, copy) )
    {
        node_free(copy);
        return -ENOMEM;
    }

    copy->base_generation = now ? now->generation : GENERATION_ABSENT;
    copy->absent = !now;
    tree_insert(&txn->touched, copy);
    *out = copy;

    return 0;
}

int view_get(struct view *view, const char *path, const struct node **out)
{
    struct node *node;
    int rc;

    if ( !view->txn )
    {
        *out = tree_find(&view->store->tree, path);
        return *out ? 0 : -ENOENT;
    }

    node = tree_find(&view->txn->touched, path);
    if ( !node )
    {
        rc = touch(view, path, &node);
        if ( rc )
            return rc;
    }

    *out = node;
    return node->absent ? -ENOENT : 0;
}

struct node *view_edit(struct view *view, const struct node *node)
{
    struct node *edited = (struct node *)node;

    if ( view->txn )
    {
        edited->modified = true;
        view_book(view, -copy_memory(edited));
    }
    else
        book_out(view->store, edited);

    return edited;
}

void view_done(struct view *view, struct node *node)
{
    node->generation = ++view->store->generation;
    if ( view->txn )
        view_book(view, copy_memory(node));
    else
        book_in(view->store, node);
}

static void count_own(struct view *view, const struct node *node, int nr)
{
    if ( owner(node) == view->actor->domid )
        view->txn->own_nodes += nr;
}

void view_add(struct view *view, struct node *node)
{
    node->generation = ++view->store->generation;

    if ( !view->txn )
    {
        tree_insert(&view->store->tree, node);
        book_in(view->store, node);
        return;
    }

    /* It takes the place of the note that there was none. */
    struct node *note = tree_find(&view->txn->touched, node->path);

    if ( note )
    {
        node->base_generation = note->base_generation;
        view_book(view, -copy_memory(note));
        tree_remove(&view->txn->touched, note);
        node_free(note);
    }
    node->modified = true;
    tree_insert(&view->txn->touched, node);
    view_book(view, copy_memory(node));
    count_own(view, node, 1);
}

void view_remove(struct view *view, const struct node *node)
{
    struct node *gone = (struct node *)node;

    if ( !view->txn )
    {
        tree_remove(&view->store->tree, gone);
        book_out(view->store, gone);
        node_free(gone);
        return;
    }

    count_own(view, node, -1);
    gone->absent = true;
    gone->modified = true;
}

unsigned int view_own_nodes(struct view *view)
{
    int nodes = quota_account(&view->store->quotas, view->actor->domid)->nodes;

    if ( view->txn )
        nodes += view->txn->own_nodes;

    return nodes > 0 ? nodes : 0;
}
