/* SPDX-License-Identifier: MIT */
/* The tree of hypfs, and walking it. */
#pragma once

#include <xen/types.h>
#include <public/hypfs.h>

#define HYPFS_NAME_MAX 32
/* The longest contents of an entry that is no directory. */
#define HYPFS_VALUE_MAX 1024

/*
 * An entry. Directories name their children one by one, since some come and
 * go; the rest has a value. data and id are for the entry's own functions.
 */
struct hypfs_node
{
    char name[HYPFS_NAME_MAX];
    uint8_t type;       /* XEN_HYPFS_TYPE_* */
    uint32_t max_write; /* bytes; 0: read-only */
    const void *data;
    unsigned int id;
    /* Child number i in *out; false: there are no more. */
    bool (*child)(const struct hypfs_node *dir, unsigned int i,
                  struct hypfs_node *out);
    /* The value in buf, HYPFS_VALUE_MAX bytes; its length. */
    size_t (*read)(const struct hypfs_node *node, void *buf);
    /* A new value of size bytes, strings with their final NUL. 0 or -errno. */
    int (*write)(const struct hypfs_node *node, const void *buf, size_t size);
};

/* hypfs-tree.c */
extern const struct hypfs_node hypfs_root;

/* The entry at an absolute path: 0, -EINVAL or -ENOENT. */
int hypfs_find(const char *path, struct hypfs_node *out);
/* What is said about an entry. */
void hypfs_describe(const struct hypfs_node *node,
                    struct xen_hypfs_direntry *e);
/* The contents of an entry in buf, as long as described. */
void hypfs_contents(const struct hypfs_node *node, void *buf);
/* Set a value of size bytes: 0, -EACCES, -ENOSPC, -EDOM or -EINVAL. */
int hypfs_set(const struct hypfs_node *node, const void *buf, size_t size);
