/* SPDX-License-Identifier: MIT */
/* hypfs_op: a tree of what the hypervisor says about itself, and settings. */
#include <xen/control-op.h>
#include <xen/guest-access.h>
#include <xen/hypercalls.h>
#include <xen/hypfs.h>
#include <xen/lib.h>

/* One name and the slashes around it. */
static bool next_component(const char **path, const char **name, size_t *len)
{
    const char *end;

    while ( **path == '/' )
        (*path)++;
    *name = *path;
    end = strchr(*path, '/');
    *len = end ? (size_t)(end - *path) : strlen(*path);
    *path += *len;
    return *len != 0;
}

int hypfs_find(const char *path, struct hypfs_node *out)
{
    struct hypfs_node dir;
    const char *name;
    unsigned int i;
    size_t len;

    if ( *path != '/' )
        return -EINVAL;
    *out = hypfs_root;
    while ( next_component(&path, &name, &len) )
    {
        dir = *out;
        if ( dir.type != XEN_HYPFS_TYPE_DIR )
            return -ENOENT;
        for ( i = 0;; i++ )
        {
            if ( !dir.child(&dir, i, out) )
                return -ENOENT;
            if ( strlen(out->name) == len && !strncmp(out->name, name, len) )
                break;
        }
    }
    return 0;
}

static size_t listed_size(const struct hypfs_node *node)
{
    return ROUNDUP(offsetof(struct xen_hypfs_dirlistentry, name) +
                       strlen(node->name) + 1,
                   _Alignof(struct xen_hypfs_dirlistentry));
}

void hypfs_describe(const struct hypfs_node *node, struct xen_hypfs_direntry *e)
{
    char value[HYPFS_VALUE_MAX];
    struct hypfs_node child;

    *e = (struct xen_hypfs_direntry){
        .type = node->type,
        .encoding = XEN_HYPFS_ENC_PLAIN,
        .max_write_len = node->max_write,
    };
    if ( node->type != XEN_HYPFS_TYPE_DIR )
        e->content_len = node->read(node, value);
    else
        for ( unsigned int i = 0; node->child(node, i, &child); i++ )
            e->content_len += listed_size(&child);
}

static void list_children(const struct hypfs_node *dir, char *buf)
{
    struct xen_hypfs_dirlistentry *entry = NULL;
    struct hypfs_node child;

    for ( unsigned int i = 0; dir->child(dir, i, &child); i++ )
    {
        entry = (void *)buf;
        hypfs_describe(&child, &entry->e);
        entry->off_next = listed_size(&child);
        strlcpy(entry->name, child.name, strlen(child.name) + 1);
        buf += entry->off_next;
    }
    if ( entry )
        entry->off_next = 0;
}

void hypfs_contents(const struct hypfs_node *node, void *buf)
{
    if ( node->type == XEN_HYPFS_TYPE_DIR )
        list_children(node, buf);
    else
        node->read(node, buf);
}

int hypfs_set(const struct hypfs_node *node, const void *buf, size_t size)
{
    bool text = node->type == XEN_HYPFS_TYPE_STRING;

    if ( !node->max_write )
        return -EACCES;
    if ( size > node->max_write )
        return -ENOSPC;
    if ( !text && node->type != XEN_HYPFS_TYPE_BLOB && size != node->max_write )
        return -EDOM;
    if ( text && (!size || memchr(buf, 0, size) != (char *)buf + size - 1) )
        return -EINVAL;
    return node->write(node, buf, size);
}

static int op_read(const struct hypfs_node *node, uint64_t to, size_t room)
{
    struct xen_hypfs_direntry e;
    size_t size;
    void *buf;
    int rc = 0;

    if ( room < sizeof(e) )
        return -EINVAL;
    hypfs_describe(node, &e);
    /* Also when there is no room for the rest: how much there would be. */
    if ( copy_to_guest_va(to, &e, sizeof(e)) )
        return -EFAULT;
    size = e.content_len;
    if ( room - sizeof(e) < size )
        return -ENOBUFS;

    buf = xzalloc_bytes(max(size, (size_t)HYPFS_VALUE_MAX));
    if ( !buf )
        return -ENOMEM;
    hypfs_contents(node, buf);
    if ( copy_to_guest_va(to + sizeof(e), buf, size) )
        rc = -EFAULT;
    xfree(buf);
    return rc;
}

static int op_write(const struct hypfs_node *node, uint64_t from, size_t size)
{
    char value[HYPFS_VALUE_MAX];

    /* Refusals that do not depend on the value come before it is looked at. */
    if ( size > sizeof(value) )
        return node->max_write ? -ENOSPC : -EACCES;
    if ( node->max_write && size <= node->max_write &&
         copy_from_guest_va(value, from, size) )
        return -EFAULT;
    return hypfs_set(node, value, size);
}

/* The operations that are about a node of the tree. */
static int access_node(unsigned long cmd, uint64_t path_gva, size_t path_len,
                       uint64_t buf_gva, size_t buf_len)
{
    char path[XEN_HYPFS_MAX_PATHLEN];
    struct hypfs_node node;
    int rc;

    if ( !path_len || path_len > sizeof(path) )
        return -EINVAL;
    if ( copy_from_guest_va(path, path_gva, path_len) )
        return -EFAULT;
    if ( memchr(path, 0, path_len) != path + path_len - 1 )
        return -EINVAL;
    rc = hypfs_find(path, &node);
    if ( rc )
        return rc;

    switch ( cmd )
    {
    case XEN_HYPFS_OP_read:
        return op_read(&node, buf_gva, buf_len);
    case XEN_HYPFS_OP_write_contents:
        return op_write(&node, buf_gva, buf_len);
    }
    return -EOPNOTSUPP;
}

/* hypfs_op(cmd, path, bytes of path, buffer, bytes of buffer) */
long do_hypfs_op(unsigned long cmd, unsigned long path_gva,
                 unsigned long path_len, unsigned long buf_gva,
                 unsigned long buf_len)
{
    int rc;

    if ( !current->domain->is_privileged )
        return -EPERM;
    cmd = (uint32_t)cmd;
    if ( cmd == XEN_HYPFS_OP_get_version )
        return path_gva || path_len || buf_gva || buf_len ? -EINVAL
                                                          : XEN_HYPFS_VERSION;

    /* What a directory lists (pools) must not change while it is measured. */
    if ( !control_op_enter() )
        return -ERESTART;
    rc = access_node(cmd, path_gva, path_len, buf_gva, buf_len);
    control_op_leave();
    return rc;
}
