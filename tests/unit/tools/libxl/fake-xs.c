/* SPDX-License-Identifier: MIT */
/* A XenStore in memory, and nothing behind the rest that a context opens. */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "fake-xs.h"

#define MAX_NODES 512

static struct
{
    char path[256], value[256];
} nodes[MAX_NODES];
static unsigned int nr_nodes;
/* Readable at all times: who polls looks at once. */
static int always = -1;
static int handle;

void (*fake_drivers)(void);

void fake_reset(void)
{
    nr_nodes = 0;
    fake_drivers = NULL;
}

static int find(const char *path)
{
    for ( unsigned int i = 0; i < nr_nodes; i++ )
        if ( !strcmp(nodes[i].path, path) )
            return i;
    return -1;
}

static bool is_below(const char *path, const char *above)
{
    size_t len = strlen(above);

    return !strncmp(path, above, len) && (!path[len] || path[len] == '/');
}

void fake_write(const char *path, const char *value)
{
    int i = find(path);

    if ( i < 0 )
    {
        assert_true(nr_nodes < MAX_NODES);
        i = nr_nodes++;
    }
    snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
    snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

const char *fake_read(const char *path)
{
    int i = find(path);

    return i < 0 ? NULL : nodes[i].value;
}

unsigned int fake_count(const char *path)
{
    unsigned int count = 0;

    for ( unsigned int i = 0; i < nr_nodes; i++ )
        count += is_below(nodes[i].path, path);
    return count;
}

void fake_change_all(const char *end, const char *from, const char *to)
{
    for ( unsigned int i = 0; i < nr_nodes; i++ )
    {
        size_t len = strlen(nodes[i].path), tail = strlen(end);

        if ( len >= tail && !strcmp(nodes[i].path + len - tail, end) &&
             !strcmp(nodes[i].value, from) )
            strcpy(nodes[i].value, to);
    }
}

struct xs_handle *xs_open(unsigned long flags)
{
    return (struct xs_handle *)&handle;
}

void xs_close(struct xs_handle *h)
{
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    const char *value = fake_read(path);

    if ( !value )
        errno = ENOENT;
    else if ( len )
        *len = strlen(value);
    return value ? strdup(value) : NULL;
}

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    char value[256];

    assert_true(len < sizeof(value));
    memcpy(value, data, len);
    value[len] = '\0';
    fake_write(path, value);
    return true;
}

bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    if ( find(path) < 0 )
        fake_write(path, "");
    return true;
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
    for ( unsigned int i = nr_nodes; i-- > 0; )
        if ( is_below(nodes[i].path, path) )
            nodes[i] = nodes[--nr_nodes];
    return true;
}

/* The names of what is right below, each once. */
char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
                    unsigned int *nr)
{
    char **names = calloc(1, MAX_NODES * (sizeof(*names) + 256));
    char *text = (char *)(names + MAX_NODES);
    size_t above = strlen(path) + 1, len;

    *nr = 0;
    for ( unsigned int i = 0; i < nr_nodes; i++ )
    {
        unsigned int j = 0;

        if ( !is_below(nodes[i].path, path) || !nodes[i].path[above - 1] )
            continue;
        len = strcspn(nodes[i].path + above, "/");
        memcpy(text, nodes[i].path + above, len);
        text[len] = '\0';
        while ( j < *nr && strcmp(names[j], text) )
            j++;
        if ( j < *nr )
            continue;
        names[(*nr)++] = text;
        text += len + 1;
    }
    return names;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int nr)
{
    return find(path) >= 0;
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
    return 1;
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
    return true;
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
    return true;
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
    return true;
}

int xs_fileno(struct xs_handle *h)
{
    if ( always < 0 )
        always = eventfd(1, EFD_CLOEXEC);
    return always;
}

char **xs_check_watch(struct xs_handle *h)
{
    if ( fake_drivers )
        fake_drivers();
    errno = EAGAIN;
    return NULL;
}

/* --- What a context of libxl wants besides: no hypervisor, no log. --- */

void xtl_log(xentoollog_logger *lg, xentoollog_level level, int errnoval,
             const char *context, const char *fmt, ...)
{
}

xc_interface *xc_interface_open(xentoollog_logger *lg,
                                xentoollog_logger *dombuild, unsigned int flags)
{
    return NULL;
}

int xc_interface_close(xc_interface *xch)
{
    return 0;
}
