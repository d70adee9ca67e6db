/* SPDX-License-Identifier: MIT */
/* Find the daemon, or the kernel that leads to it, and connect. */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "private.h"

static const char *const kernel_devices[] = {
    "/dev/xen/xenbus",
    "/proc/xen/xenbus",
};

/* Socket places that older and newer daemons use, after the default one. */
static const char *const other_sockets[] = {
    "/run/xenstored/socket",
    "/var/run/xenstored/socket",
};

static int connect_socket(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd, saved;

    if ( strlen(path) >= sizeof(addr.sun_path) )
    {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(addr.sun_path, path);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if ( fd < 0 )
        return -1;

    if ( connect(fd, (struct sockaddr *)&addr, sizeof(addr)) )
    {
        saved = errno;
        close(fd);
        errno = saved;
        return -1;
    }

    return fd;
}

/* A named place may be the daemon's socket or a device of the kernel's. */
static int connect_path(const char *path)
{
    struct stat info;

    if ( !path || stat(path, &info) )
        return -1;

    return S_ISSOCK(info.st_mode) ? connect_socket(path)
                                  : open(path, O_RDWR | O_CLOEXEC);
}

int xs_connect(void)
{
    int fd = connect_path(xs_daemon_socket());
    bool chosen = getenv("XENSTORED_PATH") || getenv("XENSTORED_RUNDIR");
    int saved = errno;

    for ( unsigned int i = 0; fd < 0 && !chosen && i < 2; i++ )
        fd = connect_path(other_sockets[i]);
    for ( unsigned int i = 0; fd < 0 && i < 2; i++ )
        fd = connect_path(kernel_devices[i]);

    /* What kept us from the daemon says more than a missing device. */
    if ( fd < 0 )
        errno = saved;

    return fd;
}
