/* SPDX-License-Identifier: MIT */
/* XenStore helpers without a connection: places, permissions, paths. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xenstore.h"

#define DEFAULT_RUNDIR "/run/xenstored"

static const struct
{
    char letter;
    unsigned int perms;
} perm_letters[] = {
    { 'n', XS_PERM_NONE },
    { 'r', XS_PERM_READ },
    { 'w', XS_PERM_WRITE },
    { 'b', XS_PERM_READ | XS_PERM_WRITE },
};

const char *xs_daemon_rundir(void)
{
    const char *dir = getenv("XENSTORED_RUNDIR");

    return dir ? dir : DEFAULT_RUNDIR;
}

const char *xs_daemon_socket(void)
{
    static char path[PATH_MAX];
    const char *chosen = getenv("XENSTORED_PATH");

    if ( chosen )
        return chosen;

    if ( snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir()) >=
         (int)sizeof(path) )
        return NULL;

    return path;
}

const char *xs_daemon_socket_ro(void)
{
    return xs_daemon_socket();
}

bool xs_write_all(int fd, const void *data, unsigned int len)
{
    const char *pos = data;

    while ( len )
    {
        ssize_t done = write(fd, pos, len);

        if ( done < 0 )
        {
            if ( errno == EINTR )
                continue;
            return false;
        }
        pos += done;
        len -= done;
    }

    return true;
}

static bool string_to_perm(struct xs_permissions *perm, const char *string)
{
    unsigned long id;
    char *end;

    for ( unsigned int i = 0;; i++ )
    {
        if ( i == sizeof(perm_letters) / sizeof(perm_letters[0]) )
            return false;
        if ( perm_letters[i].letter == string[0] )
        {
            perm->perms = perm_letters[i].perms;
            break;
        }
    }

    errno = 0;
    id = strtoul(string + 1, &end, 0);
    if ( *end || end == string + 1 || errno || id > UINT_MAX )
        return false;
    perm->id = id;

    return true;
}

bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
                         const char *strings)
{
    for ( unsigned int i = 0; i < num; i++ )
    {
        if ( !string_to_perm(&perms[i], strings) )
        {
            errno = EINVAL;
            return false;
        }
        strings += strlen(strings) + 1;
    }

    return true;
}

bool xs_path_is_subpath(const char *parent, const char *child)
{
    size_t len = strlen(parent);

    return !strncmp(child, parent, len) &&
           (child[len] == '/' || child[len] == '\0');
}
