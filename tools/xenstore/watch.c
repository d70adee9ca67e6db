/* SPDX-License-Identifier: MIT */
/* Watches, and the events that fire them. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conn.h"
#include "watch.h"

static bool keep_first(struct perms *kept, const struct perms *perms,
                       size_t *memory)
{
    if ( kept->nr || !perms )
        return true;

    if ( !perms_copy(kept, perms) )
        return false;
    *memory += perms->nr * sizeof(*perms->entry);

    return true;
}

static void event_free(struct event *event)
{
    perms_free(&event->before);
    perms_free(&event->parent);
    free(event->path);
    free(event);
}

static struct event *find_event(struct list *events, const char *path)
{
    struct event *event;

    list_for_each_entry (event, events, link)
        if ( !strcmp(event->path, path) )
            return event;

    return NULL;
}

bool events_add(struct list *events, const char *path, bool exact, bool merge,
                const struct perms *before, const struct perms *parent,
                size_t *memory)
{
    struct event *event = merge ? find_event(events, path) : NULL;

    if ( event )
    {
        event->exact &= exact;
        return keep_first(&event->before, before, memory) &&
               keep_first(&event->parent, parent, memory);
    }

    event = calloc(1, sizeof(*event));
    if ( !event )
        return false;

    event->exact = exact;
    event->path = strdup(path);
    if ( !event->path || !keep_first(&event->before, before, memory) ||
         !keep_first(&event->parent, parent, memory) )
    {
        event_free(event);
        return false;
    }
    list_add_tail(events, &event->link);
    *memory += sizeof(*event) + strlen(path) + 1;

    return true;
}

void events_drop(struct list *events)
{
    struct event *event, *tmp;

    list_for_each_entry_safe (event, tmp, events, link)
    {
        list_del(&event->link);
        event_free(event);
    }
}

static bool can_read(const struct conn *conn, const struct node *node)
{
    return node && (perms_of_actor(&node->perms, &conn->actor) & XS_PERM_READ);
}

static bool could_read(const struct conn *conn, const struct perms *before)
{
    return before->nr && (perms_of_actor(before, &conn->actor) & XS_PERM_READ);
}

static bool may_hear(const struct conn *conn, const struct event *event,
                     const struct node *node, const struct node *parent)
{
    return can_read(conn, node) || can_read(conn, parent) ||
           could_read(conn, &event->before) || could_read(conn, &event->parent);
}

static void fire_event(struct store *store, const struct event *event)
{
    const struct node *node = tree_find(&store->tree, event->path);
    const struct node *parent = NULL;
    struct conn *conn;

    if ( !path_is_special(event->path) )
    {
        char *parent_path = path_parent(event->path);

        if ( parent_path )
            parent = tree_find(&store->tree, parent_path);
        free(parent_path);
    }

    list_for_each_entry (conn, &store->conns, link)
    {
        struct watch *watch;

        if ( list_empty(&conn->watches) ||
             !may_hear(conn, event, node, parent) )
            continue;

        list_for_each_entry (watch, &conn->watches, link)
            if ( event->exact ? !strcmp(event->path, watch->path)
                              : path_is_below(event->path, watch->path) )
                watch_send(conn, watch, event->path);
    }
}

void events_fire(struct store *store, struct list *events)
{
    struct event *event, *tmp;

    list_for_each_entry_safe (event, tmp, events, link)
    {
        fire_event(store, event);
        list_del(&event->link);
        event_free(event);
    }
}

void event_fire_path(struct store *store, const char *path)
{
    struct event event = { .path = (char *)path, .exact = true };

    fire_event(store, &event);
}

struct watch *watch_find(struct conn *conn, const char *path, const char *token)
{
    struct watch *watch;

    list_for_each_entry (watch, &conn->watches, link)
        if ( !strcmp(watch->path, path) && !strcmp(watch->token, token) )
            return watch;

    return NULL;
}

static size_t watch_memory(const struct watch *watch)
{
    return sizeof(*watch) + strlen(watch->path) + strlen(watch->token) + 2;
}

static void watch_free(struct watch *watch)
{
    free(watch->path);
    free(watch->token);
    free(watch);
}

int watch_add(struct store *store, struct conn *conn, const char *path,
              size_t implied, const char *token, struct watch **out)
{
    const struct actor *actor = &conn->actor;
    struct account *account = quota_account(&store->quotas, actor->domid);
    struct watch *watch;

    if ( watch_find(conn, path, token) )
        return -EEXIST;

    if ( !quota_allows(&store->quotas, actor, QUOTA_WATCHES,
                       account->watches + 1) )
        return -E2BIG;

    watch = calloc(1, sizeof(*watch));
    if ( !watch )
        return -ENOMEM;

    list_init(&watch->link);
    watch->implied = implied;
    watch->path = strdup(path);
    watch->token = strdup(token);
    if ( !watch->path || !watch->token ||
         !quota_allows(&store->quotas, actor, QUOTA_MEMORY,
                       account->memory + watch_memory(watch)) )
    {
        watch_free(watch);
        return -ENOMEM;
    }

    list_add_tail(&conn->watches, &watch->link);
    quota_book_watches(&store->quotas, actor->domid, 1);
    quota_book_memory(&store->quotas, actor->domid, watch_memory(watch));
    *out = watch;

    return 0;
}

void watch_remove(struct store *store, struct conn *conn, struct watch *watch)
{
    quota_book_watches(&store->quotas, conn->actor.domid, -1);
    quota_book_memory(&store->quotas, conn->actor.domid,
                      -(ptrdiff_t)watch_memory(watch));
    list_del(&watch->link);
    watch_free(watch);
}

void watches_remove_all(struct store *store, struct conn *conn)
{
    while ( !list_empty(&conn->watches) )
        watch_remove(store, conn,
                     list_first(&conn->watches, struct watch, link));
}

void watch_send(struct conn *conn, const struct watch *watch, const char *path)
{
    char body[XENSTORE_PAYLOAD_MAX];
    size_t path_len, token_len = strlen(watch->token) + 1;

    path += watch->implied;
    path_len = strlen(path) + 1;
    /* A path that leaves the token no room cannot be told. */
    if ( path_len + token_len > sizeof(body) )
        return;

    memcpy(body, path, path_len);
    memcpy(body + path_len, watch->token, token_len);
    conn_send_event(conn, body, path_len + token_len);
}
