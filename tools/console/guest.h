/* SPDX-License-Identifier: MIT */
/* A domain and its console, between guest.c and guest-connect.c. */

#ifndef NIDUS_CONSOLE_GUEST_H
#define NIDUS_CONSOLE_GUEST_H

#include "daemon.h"
#include "logfile.h"
#include "outbuf.h"
#include "tty.h"

struct xencons_interface;

struct guest
{
    struct guest *next;
    uint32_t domid;
    char *path; /* the console's nodes */
    bool seen;  /* by the current guests_update() */

    struct xencons_interface *ring;
    unsigned int remote_port;
    int port; /* negative: none */

    struct tty tty;
    uint32_t polled; /* the events that epoll knows of */
    struct outbuf out;
    struct logfile log;
    bool log_failed;

    int64_t period_end;
    unsigned int period_events;
    bool masked; /* by the rate limit or a full buffer */

    bool dead;
    int64_t linger_end, linger_check;
    bool drained_once;
};

/* The console's nodes have changed: connect if they say all that is needed. */
void guest_connect(struct daemon *daemon, struct guest *guest);
void guest_unmap(struct daemon *daemon, struct guest *guest);

/* From the ring to the buffer and the log. */
void guest_take_output(struct daemon *daemon, struct guest *guest);

#endif /* NIDUS_CONSOLE_GUEST_H */
