/* SPDX-License-Identifier: MIT */
/* What is in hypfs: /buildinfo, /cpupool and the run-time options, /params. */
#include <xen/cmdline.h>
#include <xen/hypfs.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/version.h>

/* What an option may be set to: as long as a value of Xen's. */
#define PARAM_VALUE_MAX 128

static bool table_child(const struct hypfs_node *dir, unsigned int i,
                        struct hypfs_node *out)
{
    const struct hypfs_node *table = dir->data;

    if ( i >= dir->id )
        return false;
    *out = table[i];
    return true;
}

static size_t put_string(void *buf, const char *s)
{
    strlcpy(buf, s, HYPFS_VALUE_MAX);
    return strnlen(s, HYPFS_VALUE_MAX - 1) + 1;
}

static size_t read_string(const struct hypfs_node *node, void *buf)
{
    return put_string(buf, node->data);
}

static size_t read_uint(const struct hypfs_node *node, void *buf)
{
    uint32_t value = node->id;

    memcpy(buf, &value, sizeof(value));
    return sizeof(value);
}

#define DIR(name_, table)                                           \
    {                                                               \
        .name = name_, .type = XEN_HYPFS_TYPE_DIR, .data = (table), \
        .id = ARRAY_SIZE(table), .child = table_child,              \
    }
#define STRING(name_, text)                                           \
    {                                                                 \
        .name = name_, .type = XEN_HYPFS_TYPE_STRING, .data = (text), \
        .read = read_string,                                          \
    }
#define UINT(name_, value)                                         \
    {                                                              \
        .name = name_, .type = XEN_HYPFS_TYPE_UINT, .id = (value), \
        .read = read_uint,                                         \
    }

/* In the words of Xen's configuration, as far as they say something here. */
static const char config[] = "CONFIG_X86_64=y\n"
                             "CONFIG_HVM=y\n"
                             "CONFIG_GRANT_TABLE=y\n"
                             "CONFIG_HYPFS=y\n"
                             "CONFIG_HYPFS_CONFIG=y\n"
                             "# CONFIG_PV is not set\n"
                             "# CONFIG_IOREQ_SERVER is not set\n"
                             "# CONFIG_KEXEC is not set\n"
                             "# CONFIG_LIVEPATCH is not set\n"
                             "# CONFIG_TRACEBUFFER is not set\n"
                             "# CONFIG_XENOPROF is not set\n"
                             "# CONFIG_XSM is not set\n";

static const struct hypfs_node compileinfo[] = {
    STRING("compile_by", XEN_COMPILE_BY),
    STRING("compile_date", XEN_COMPILE_DATE),
    STRING("compile_domain", XEN_COMPILE_DOMAIN),
    STRING("compiler", XEN_COMPILER),
};

static const struct hypfs_node version[] = {
    STRING("extra", XEN_ABI_EXTRA),
    UINT("major", XEN_ABI_MAJOR),
    UINT("minor", XEN_ABI_MINOR),
};

static const struct hypfs_node buildinfo[] = {
    STRING("changeset", nidus_commit),
    DIR("compileinfo", compileinfo),
    STRING("config", config),
    DIR("version", version),
};

/* Scheduling is by CPU: no cores or sockets are scheduled as one. */
static const struct hypfs_node cpupool[] = {
    STRING("sched-gran", "cpu"),
};

static bool pool_child(const struct hypfs_node *dir, unsigned int i,
                       struct hypfs_node *out)
{
    uint32_t id;

    (void)dir;
    if ( !cpupool_nth(i, &id) )
        return false;
    *out = (struct hypfs_node)DIR("", cpupool);
    snprintf(out->name, sizeof(out->name), "%u", id);
    return true;
}

static size_t read_param(const struct hypfs_node *node, void *buf)
{
    const struct param *p = node->data;
    char value[PARAM_VALUE_MAX];

    p->show(value, sizeof(value));
    return put_string(buf, value);
}

static int write_param(const struct hypfs_node *node, const void *buf,
                       size_t size)
{
    const struct param *p = node->data;

    (void)size;
    return p->fn(buf);
}

static bool param_child(const struct hypfs_node *dir, unsigned int i,
                        struct hypfs_node *out)
{
    const struct param *p = param_runtime(i);

    (void)dir;
    if ( !p )
        return false;
    *out = (struct hypfs_node){
        .type = XEN_HYPFS_TYPE_STRING,
        .max_write = PARAM_VALUE_MAX,
        .data = p,
        .read = read_param,
        .write = write_param,
    };
    strlcpy(out->name, p->name, sizeof(out->name));
    return true;
}

static const struct hypfs_node top[] = {
    DIR("buildinfo", buildinfo),
    { .name = "cpupool", .type = XEN_HYPFS_TYPE_DIR, .child = pool_child },
    { .name = "params", .type = XEN_HYPFS_TYPE_DIR, .child = param_child },
};

const struct hypfs_node hypfs_root = DIR("", top);
