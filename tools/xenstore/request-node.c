/* SPDX-License-Identifier: MIT */
/* Requests about nodes. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "domain.h"
#include "wire.h"

/* The node that the body's one string names. */
static int named_node(struct request *req, const struct node **node)
{
    int rc = request_path(req, request_string(req), false, NULL);

    return rc ? rc : node_access(&req->op, req->path, XS_PERM_READ, node);
}

int request_directory(struct request *req)
{
    const struct node *node;
    int rc = named_node(req, &node);

    if ( !rc )
        request_reply(req, node->children, node->children_len);

    return rc;
}

/*
 * A directory in pieces: the node's generation, then as many whole names from
 * an offset on as fit, and an empty name behind the last one.
 */
int request_directory_part(struct request *req)
{
    char reply[XENSTORE_PAYLOAD_MAX];
    const struct node *node;
    const char *strings[2];
    uint64_t offset;
    size_t len, names_end;
    int rc;

    if ( request_strings(req, strings, 2) != 2 ||
         !parse_number(strings[1], &offset) )
        return -EINVAL;

    rc = request_path(req, strings[0], false, NULL);
    if ( !rc )
        rc = node_access(&req->op, req->path, XS_PERM_READ, &node);
    if ( rc )
        return rc;

    len = snprintf(reply, sizeof(reply), "%" PRIu64, node->generation) + 1;
    names_end = sizeof(reply) - 1;

    while ( offset < node->children_len )
    {
        const char *name = node->children + offset;
        /* The offset may point anywhere, but not behind the last NUL. */
        size_t name_len = strlen(name) + 1;

        if ( len + name_len > names_end )
            break;
        memcpy(reply + len, name, name_len);
        len += name_len;
        offset += name_len;
    }

    if ( offset >= node->children_len )
        reply[len++] = '\0';

    request_reply(req, reply, len);
    return 0;
}

int request_read(struct request *req)
{
    const struct node *node;
    int rc = named_node(req, &node);

    if ( !rc )
        request_reply(req, node->data, node->data_len);

    return rc;
}

int request_write(struct request *req)
{
    const char *name;
    size_t used;
    int rc;

    /* A path with its NUL, then the value, which has none. */
    if ( !request_strings(req, &name, 1) )
        return -EINVAL;

    rc = request_path(req, name, false, NULL);
    if ( rc )
        return rc;

    used = strlen(name) + 1;
    return node_write(&req->op, req->path, req->body + used,
                      req->hdr.len - used);
}

int request_mkdir(struct request *req)
{
    int rc = request_path(req, request_string(req), false, NULL);

    return rc ? rc : node_mkdir(&req->op, req->path);
}

int request_rm(struct request *req)
{
    int rc = request_path(req, request_string(req), false, NULL);

    return rc ? rc : node_rm(&req->op, req->path);
}

int request_get_perms(struct request *req)
{
    char reply[XENSTORE_PAYLOAD_MAX + 1];
    const struct node *node;
    int rc = named_node(req, &node);

    if ( !rc )
        request_reply(req, reply,
                      perms_to_strings(&node->perms, reply, sizeof(reply)));

    return rc;
}

/*
 * A domain that does not exist gets no permissions, or the next one with its
 * id would have them.  False: that concerns the owner.
 */
static bool ignore_strangers(struct store *store, struct xs_permissions *entry,
                             unsigned int nr)
{
    for ( unsigned int i = 0; i < nr; i++ )
        if ( !domain_exists(store, entry[i].id) )
            entry[i].perms |= XS_PERM_IGNORE;

    return !(entry[0].perms & XS_PERM_IGNORE);
}

int request_set_perms(struct request *req)
{
    struct xs_permissions *entry;
    const char *name;
    unsigned int nr = request_strings(req, &name, 1);
    int rc;

    if ( nr < 2 )
        return -EINVAL;

    nr--;
    entry = calloc(nr, sizeof(*entry));
    if ( !entry )
        return -ENOMEM;

    if ( !xs_strings_to_perms(entry, nr, name + strlen(name) + 1) )
        rc = -errno;
    else if ( !quota_allows(&req->store->quotas, &req->conn->actor, QUOTA_PERMS,
                            nr) )
        rc = -ENOSPC;
    else if ( !ignore_strangers(req->store, entry, nr) )
        rc = -ENOENT;
    else
        rc = request_path(req, name, true, NULL);
    if ( !rc )
        rc = node_set_perms(&req->op, req->path, entry, nr);
    free(entry);

    return rc;
}
