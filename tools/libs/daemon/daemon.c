/* SPDX-License-Identifier: MIT */
/* What programs do that stay in the background. */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemonize.h"

int daemon_fork(void)
{
    int fds[2];
    char byte;

    if ( pipe2(fds, O_CLOEXEC) )
        return -1;

    switch ( fork() )
    {
    case -1:
        return -1;

    case 0:
        close(fds[0]);
        setsid();
        return fds[1];

    default:
        close(fds[1]);
        /* No byte: the child has failed, and said why. */
        _exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
    }
}

void daemon_ready(int ready_fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if ( null >= 0 )
        for ( int fd = 0; fd < 3; fd++ )
            dup2(null, fd);
    (void)!chdir("/");
    (void)!write(ready_fd, "", 1);
    close(ready_fd);
}

int daemon_pid_file(const char *program, const char *path)
{
    char text[20];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    int len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    if ( fd >= 0 && !lockf(fd, F_TLOCK, 0) && !ftruncate(fd, 0) &&
         write(fd, text, len) == len )
        return fd;

    fprintf(stderr, "%s: %s: %s\n", program, path,
            errno == EAGAIN || errno == EACCES ? "another one runs"
                                               : strerror(errno));
    return -1;
}

int daemon_signals(const int *more)
{
    sigset_t set;

    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    while ( *more )
        sigaddset(&set, *more++);
    sigprocmask(SIG_BLOCK, &set, NULL);

    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}
