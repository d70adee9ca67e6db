/* SPDX-License-Identifier: MIT */
/* What the console daemon's parts share. */

#ifndef NIDUS_CONSOLE_DAEMON_H
#define NIDUS_CONSOLE_DAEMON_H

#include <stdint.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

struct options
{
    const char *log_dir;
    bool log_guest, log_hv;
    bool time_guest, time_hv;
    bool replace_escape;
    /* When the buffer is full: keep what is old, and let the guest wait. */
    bool keep_overflow;
};

struct daemon
{
    struct options options;
    struct xs_handle *xs;
    xc_interface *xc;
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    struct guest *guests;
};

/* Milliseconds of a clock that is never set. */
int64_t now_ms(void);

/* guest.c: a domain and its console. */
struct guest;

/* Find out which domains have come and which have gone. */
void guests_update(struct daemon *daemon);
/* A watch with a guest's token has fired; false: not a guest's token. */
bool guests_watch_event(struct daemon *daemon, const char *token);
/* The event channel is a guest's; false: it is not. */
bool guests_port_event(struct daemon *daemon, int port);
/*
 * Have epoll_fd tell of the guests' terminals what is of use now. Its data is
 * then the guest, which stays until guests_run_timers().
 */
void guests_poll(struct daemon *daemon, int epoll_fd);
/* What epoll has told of one. */
void guest_serve(struct daemon *daemon, struct guest *guest, uint32_t events);
/* Milliseconds until something has to be done without an event; -1: never. */
int guests_timeout(const struct daemon *daemon);
void guests_run_timers(struct daemon *daemon);
void guests_reopen_logs(struct daemon *daemon);

/* hvlog.c: the hypervisor's own console into a file. */
int hvlog_open(struct daemon *daemon);
bool hvlog_port_event(struct daemon *daemon, int port);
void hvlog_reopen(void);

#endif /* NIDUS_CONSOLE_DAEMON_H */
