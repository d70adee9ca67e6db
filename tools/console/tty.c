/* SPDX-License-Identifier: MIT */
/* The pseudo terminal that makes a guest's console available. */

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <syslog.h>
#include <termios.h>
#include <unistd.h>

#include "tty.h"

void tty_init(struct tty *tty)
{
    tty->master = tty->slave = -1;
    tty->name = NULL;
}

static bool prepare(int fd, int flags)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | flags) == 0;
}

bool tty_open(struct tty *tty)
{
    struct termios term;
    const char *name;

    if ( openpty(&tty->master, &tty->slave, NULL, NULL, NULL) )
    {
        tty_init(tty);
        syslog(LOG_ERR, "cannot open a pseudo terminal: %m");
        return false;
    }

    /* The guest does its own line editing and echo. */
    name = ttyname(tty->slave);
    if ( !name || !(tty->name = strdup(name)) || tcgetattr(tty->slave, &term) )
        goto fail;
    cfmakeraw(&term);
    if ( tcsetattr(tty->slave, TCSANOW, &term) ||
         !prepare(tty->master, O_NONBLOCK) || !prepare(tty->slave, 0) )
        goto fail;

    return true;

fail:
    syslog(LOG_ERR, "cannot set up a pseudo terminal: %m");
    tty_close(tty);
    return false;
}

void tty_close(struct tty *tty)
{
    if ( tty->master >= 0 )
        close(tty->master);
    if ( tty->slave >= 0 )
        close(tty->slave);
    free(tty->name);
    tty_init(tty);
}

bool tty_is_drained(const struct tty *tty)
{
    int waiting = 0;

    return tty->slave < 0 || ioctl(tty->slave, FIONREAD, &waiting) || !waiting;
}
