/* SPDX-License-Identifier: MIT */
/* The nodes of the store by their paths. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "tree.h"

#define INITIAL_BUCKETS 64

/*
 * Xen's daemon keeps a node as one record; the record's header takes this much
 * of the node size quota.
 */
#define RECORD_HEADER_SIZE 24

/* Odd, and known to nobody. */
static uint64_t hash_key(void)
{
    static uint64_t key;

    if ( !key )
    {
        const void *random = (const void *)getauxval(AT_RANDOM);

        if ( random )
            memcpy(&key, random, sizeof(key));
        key |= 1;
    }

    return key;
}

/* Goes on where it has stopped, first from the key. */
static uint64_t hash_more(uint64_t hash, const char *bytes, size_t len)
{
    uint64_t key = hash_key();

    for ( size_t i = 0; i < len; i++ )
        hash = (hash ^ (unsigned char)bytes[i]) * key;

    return hash;
}

uint64_t store_hash(const char *bytes, size_t len)
{
    return hash_more(hash_key(), bytes, len);
}

static uint64_t hash_path(const char *path)
{
    return store_hash(path, strlen(path));
}

bool tree_init(struct tree *tree)
{
    tree->buckets = calloc(INITIAL_BUCKETS, sizeof(*tree->buckets));
    tree->nr_buckets = INITIAL_BUCKETS;
    tree->nr_nodes = 0;

    return tree->buckets;
}

void tree_destroy(struct tree *tree)
{
    for ( size_t i = 0; i < tree->nr_buckets; i++ )
        while ( tree->buckets[i] )
        {
            struct node *node = tree->buckets[i];

            tree->buckets[i] = node->hash_next;
            node_free(node);
        }

    free(tree->buckets);
    tree->buckets = NULL;
    tree->nr_buckets = tree->nr_nodes = 0;
}

static struct node **bucket_of(const struct tree *tree, uint64_t hash)
{
    return &tree->buckets[STORE_HASH_SLOT(hash, tree->nr_buckets)];
}

struct node *tree_find(const struct tree *tree, const char *path)
{
    uint64_t hash = hash_path(path);
    struct node *node;

    for ( node = *bucket_of(tree, hash); node; node = node->hash_next )
        if ( node->hash == hash && !strcmp(node->path, path) )
            return node;

    return NULL;
}

struct node *tree_find_child(const struct tree *tree, const struct node *node,
                             const char *name)
{
    /* Below the root there is nothing before the slash. */
    bool root = !strcmp(node->path, "/");
    size_t len = root ? 0 : strlen(node->path);
    uint64_t hash = hash_more(root ? hash_key() : node->hash, "/", 1);
    struct node *child;

    hash = hash_more(hash, name, strlen(name));
    for ( child = *bucket_of(tree, hash); child; child = child->hash_next )
        if ( child->hash == hash && !strncmp(child->path, node->path, len) &&
             child->path[len] == '/' && !strcmp(child->path + len + 1, name) )
            return child;

    return NULL;
}

/* Without memory for more buckets the chains just get longer. */
static void grow(struct tree *tree)
{
    size_t nr_old = tree->nr_buckets;
    struct node **old = tree->buckets;
    struct node **buckets = calloc(nr_old * 2, sizeof(*buckets));

    if ( !buckets )
        return;

    tree->buckets = buckets;
    tree->nr_buckets = nr_old * 2;
    for ( size_t i = 0; i < nr_old; i++ )
        while ( old[i] )
        {
            struct node *node = old[i];
            struct node **bucket = bucket_of(tree, node->hash);

            old[i] = node->hash_next;
            node->hash_next = *bucket;
            *bucket = node;
        }
    free(old);
}

void tree_insert(struct tree *tree, struct node *node)
{
    struct node **bucket;

    if ( tree->nr_nodes >= tree->nr_buckets )
        grow(tree);

    node->hash = hash_path(node->path);
    bucket = bucket_of(tree, node->hash);
    node->hash_next = *bucket;
    *bucket = node;
    tree->nr_nodes++;
}

void tree_remove(struct tree *tree, struct node *node)
{
    struct node **link = bucket_of(tree, node->hash);

    while ( *link != node )
        link = &(*link)->hash_next;

    *link = node->hash_next;
    node->hash_next = NULL;
    tree->nr_nodes--;
}

void tree_for_each(const struct tree *tree,
                   void (*fn)(struct node *node, void *opaque), void *opaque)
{
    for ( size_t i = 0; i < tree->nr_buckets; i++ )
        for ( struct node *node = tree->buckets[i]; node;
              node = node->hash_next )
            fn(node, opaque);
}

struct node *node_new(const char *path, const struct perms *perms)
{
    struct node *node = calloc(1, sizeof(*node));

    if ( !node )
        return NULL;

    node->path = strdup(path);
    if ( !node->path || (perms && !perms_copy(&node->perms, perms)) )
    {
        node_free(node);
        return NULL;
    }

    return node;
}

void node_free(struct node *node)
{
    if ( !node )
        return;

    free(node->path);
    free(node->data);
    free(node->children);
    perms_free(&node->perms);
    free(node);
}

struct node *node_clone(const struct node *node)
{
    struct node *copy = node_new(node->path, &node->perms);

    if ( !copy )
        return NULL;

    copy->generation = node->generation;
    if ( !node_set_data(copy, node->data, node->data_len) )
        goto fail;

    if ( node->children_len )
    {
        copy->children = malloc(node->children_len);
        if ( !copy->children )
            goto fail;
        memcpy(copy->children, node->children, node->children_len);
        copy->children_len = node->children_len;
    }

    return copy;

fail:
    node_free(copy);
    return NULL;
}

bool node_set_data(struct node *node, const void *data, size_t len)
{
    char *copy = NULL;

    if ( len )
    {
        copy = malloc(len);
        if ( !copy )
            return false;
        memcpy(copy, data, len);
    }

    free(node->data);
    node->data = copy;
    node->data_len = len;

    return true;
}

const char *node_next_child(const struct node *node, const char *name)
{
    const char *next = name ? name + strlen(name) + 1 : node->children;

    if ( !node->children_len || next == node->children + node->children_len )
        return NULL;

    return next;
}

static const char *find_child(const struct node *node, const char *name)
{
    const char *child = NULL;

    while ( (child = node_next_child(node, child)) )
        if ( !strcmp(child, name) )
            break;

    return child;
}

bool node_has_child(const struct node *node, const char *name)
{
    return find_child(node, name);
}

bool node_add_child(struct node *node, const char *name)
{
    size_t len = strlen(name) + 1;
    char *grown = realloc(node->children, node->children_len + len);

    if ( !grown )
        return false;

    memcpy(grown + node->children_len, name, len);
    node->children = grown;
    node->children_len += len;

    return true;
}

void node_remove_child(struct node *node, const char *name)
{
    const char *child = find_child(node, name);
    size_t len = strlen(name) + 1, offset;

    if ( !child )
        return;

    offset = child - node->children;
    memmove(node->children + offset, node->children + offset + len,
            node->children_len - offset - len);
    node->children_len -= len;
}

size_t node_size(const struct node *node)
{
    return RECORD_HEADER_SIZE + node->perms.nr * sizeof(*node->perms.entry) +
           node->data_len + node->children_len;
}

size_t node_memory(const struct node *node)
{
    return node_size(node) + strlen(node->path);
}

static bool valid_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '_' ||
           c == '@';
}

bool path_is_special(const char *path)
{
    return path[0] == '@';
}

/* How much of a path leads into a domain's home, the slash included. */
static size_t path_home_length(const char *path)
{
    unsigned int domid;
    int len = 0;

    return sscanf(path, "/local/domain/%5u/%n", &domid, &len) == 1 ? len : 0;
}

bool path_valid(const char *path, bool allow_special, size_t max)
{
    size_t len = strlen(path);

    if ( path[0] != '/' && !(allow_special && path_is_special(path)) )
        return false;

    if ( (len > 1 && path[len - 1] == '/') || strstr(path, "//") )
        return false;

    if ( len >= XENSTORE_ABS_PATH_MAX || len > path_home_length(path) + max )
        return false;

    for ( size_t i = 0; i < len; i++ )
        if ( !valid_char(path[i]) )
            return false;

    return true;
}

bool path_is_below(const char *path, const char *above)
{
    size_t len = strlen(above);

    /* Everything is below the root, special names included. */
    if ( !strcmp(above, "/") )
        return true;

    return !strncmp(path, above, len) &&
           (path[len] == '/' || path[len] == '\0');
}

const char *path_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

char *path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    return !slash || slash == path ? strdup("/") : strndup(path, slash - path);
}

char *path_join(const char *parent, const char *name)
{
    char *path;

    if ( asprintf(&path, "%s/%s", strcmp(parent, "/") ? parent : "", name) < 0 )
        return NULL;

    return path;
}
