/* SPDX-License-Identifier: MIT */
/* Watches, and the events that fire them. */

/*
 * A request that changes nodes collects events; once the changes are in the
 * store, at the end of the request or of the transaction, they are fired.  A
 * watch fires for its path and everything below; removing a tree is one event
 * of that kind for its root, and an exact one for each node below.
 *
 * A domain hears only of what it may read: the node itself, before or after
 * the change, or the node's parent, whose list of children has changed.
 */

#ifndef NIDUS_XENSTORE_WATCH_H
#define NIDUS_XENSTORE_WATCH_H

#include "store.h"

struct conn;

struct watch
{
    struct list link; /* the connection's */
    char *path;
    char *token;
    /* The home directory's part of the path, if the client left it out. */
    size_t implied;
};

struct event
{
    struct list link;
    char *path;
    /* Only watches of this very path. */
    bool exact;
    /*
     * Permissions from before the change, of the node and of the one above it;
     * either may be empty.  Both let one hear of it.
     */
    struct perms before, parent;
};

/*
 * Add an event.  The permissions, each may be NULL, are copied.  With merge a
 * path that has an event gets no second one, and permissions only where it has
 * none yet: nobody has seen those that came and went in between.  The bytes
 * that it takes are added to *memory.  False: out of memory.
 */
bool events_add(struct list *events, const char *path, bool exact, bool merge,
                const struct perms *before, const struct perms *parent,
                size_t *memory);
void events_drop(struct list *events);
/* Queue what the watches have to say at their connections; empties the list. */
void events_fire(struct store *store, struct list *events);
/* A special event, for those who watch just that. */
void event_fire_path(struct store *store, const char *path);

struct watch *watch_find(struct conn *conn, const char *path,
                         const char *token);
/* 0, -EEXIST, -E2BIG (quota), -ENOMEM. */
int watch_add(struct store *store, struct conn *conn, const char *path,
              size_t implied, const char *token, struct watch **out);
void watch_remove(struct store *store, struct conn *conn, struct watch *watch);
void watches_remove_all(struct store *store, struct conn *conn);
void watch_send(struct conn *conn, const struct watch *watch, const char *path);

#endif /* NIDUS_XENSTORE_WATCH_H */
