/* SPDX-License-Identifier: MIT */
/* Clients in the daemon's own domain, over a unix socket. */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "socket.h"

#define BACKLOG 16

static ssize_t result(ssize_t done)
{
    if ( done >= 0 )
        return done;

    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static ssize_t socket_read(struct conn *conn, void *buf, size_t len)
{
    ssize_t done = recv(conn->fd, buf, len, 0);

    /* The end of the stream is the end of the client. */
    if ( done == 0 && len )
        return -ECONNRESET;

    return result(done);
}

static ssize_t socket_write(struct conn *conn, const void *buf, size_t len)
{
    return result(send(conn->fd, buf, len, MSG_NOSIGNAL));
}

static void socket_close(struct conn *conn)
{
    close(conn->fd);
}

static const struct transport socket_transport = {
    .read = socket_read,
    .write = socket_write,
    .close = socket_close,
};

int socket_listen(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd, rc;
    mode_t mask;

    if ( !path || strlen(path) >= sizeof(addr.sun_path) )
        return -ENAMETOOLONG;
    strcpy(addr.sun_path, path);

    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if ( fd < 0 )
        return -errno;

    /* Everything is allowed on this socket, so it is for root only. */
    unlink(path);
    mask = umask(0177);
    rc = bind(fd, (struct sockaddr *)&addr, sizeof(addr));
    if ( !rc )
        rc = listen(fd, BACKLOG);
    umask(mask);

    if ( rc )
    {
        rc = -errno;
        close(fd);
        return rc;
    }

    return fd;
}

void socket_accept(struct store *store, int listener)
{
    struct conn *conn;
    int fd;

    while ( (fd = accept4(listener, NULL, NULL,
                          SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0 )
    {
        conn = conn_new(store, &socket_transport, 0);
        if ( !conn )
        {
            close(fd);
            continue;
        }
        conn->fd = fd;
    }
}
