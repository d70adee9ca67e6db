/* SPDX-License-Identifier: MIT */
/* Connect to a guest's console as its nodes in the store say. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <syslog.h>

#include <xen/grant_table.h>

#include "guest.h"

/* Without a limit in the store, as the toolstack would write. */
#define DEFAULT_LIMIT (1u << 20)

static char *read_node(struct daemon *daemon, const struct guest *guest,
                       const char *name)
{
    char *path, *value = NULL;

    if ( asprintf(&path, "%s/%s", guest->path, name) >= 0 )
    {
        value = xs_read(daemon->xs, XBT_NULL, path, NULL);
        free(path);
    }

    return value;
}

static bool read_number(struct daemon *daemon, const struct guest *guest,
                        const char *name, unsigned long *number)
{
    char *text = read_node(daemon, guest, name), *end;
    bool ok = false;

    if ( text && *text )
    {
        errno = 0;
        *number = strtoul(text, &end, 0);
        ok = !*end && !errno;
    }
    free(text);

    return ok;
}

void guest_unmap(struct daemon *daemon, struct guest *guest)
{
    if ( guest->port >= 0 )
        xenevtchn_unbind(daemon->evtchn, guest->port);
    guest->port = -1;
    if ( guest->ring )
        xengnttab_unmap(daemon->gnttab, guest->ring, 1);
    guest->ring = NULL;
}

static bool map_ring(struct daemon *daemon, struct guest *guest,
                     unsigned int remote_port)
{
    guest->ring = xengnttab_map_grant_ref(daemon->gnttab, guest->domid,
                                          GNTTAB_RESERVED_CONSOLE,
                                          PROT_READ | PROT_WRITE);
    if ( !guest->ring )
    {
        syslog(LOG_ERR, "domain %u: cannot map the console: %m", guest->domid);
        return false;
    }

    guest->port =
        xenevtchn_bind_interdomain(daemon->evtchn, guest->domid, remote_port);
    if ( guest->port < 0 )
    {
        syslog(LOG_ERR, "domain %u: cannot bind the console's port %u: %m",
               guest->domid, remote_port);
        guest_unmap(daemon, guest);
        return false;
    }
    guest->remote_port = remote_port;

    return true;
}

static void open_log(struct daemon *daemon, struct guest *guest)
{
    char *home, *name_path = NULL, *name = NULL, *path = NULL;

    if ( !daemon->options.log_guest || guest->log.fd >= 0 || guest->log_failed )
        return;

    home = xs_get_domain_path(daemon->xs, guest->domid);
    if ( home && asprintf(&name_path, "%s/name", home) >= 0 )
        name = xs_read(daemon->xs, XBT_NULL, name_path, NULL);

    /* Names come from the toolstack, but a slash must not lead elsewhere. */
    if ( name )
        for ( char *c = name; *c; c++ )
            if ( *c == '/' )
                *c = '_';

    if ( name && asprintf(&path, "%s/guest-%s.log", daemon->options.log_dir,
                          name) >= 0 )
    {
        guest->log.replace_escape = daemon->options.replace_escape;
        guest->log_failed =
            !logfile_open(&guest->log, path, daemon->options.time_guest);
    }

    free(name);
    free(name_path);
    free(home);
}

static bool write_tty_name(struct daemon *daemon, struct guest *guest)
{
    char *path;
    bool ok = false;

    if ( asprintf(&path, "%s/tty", guest->path) >= 0 )
    {
        ok = xs_write(daemon->xs, XBT_NULL, path, guest->tty.name,
                      strlen(guest->tty.name));
        free(path);
    }
    if ( !ok )
        syslog(LOG_ERR, "domain %u: cannot publish the console's terminal: %m",
               guest->domid);

    return ok;
}

/* The nodes have changed: connect when they say all that is needed. */
void guest_connect(struct daemon *daemon, struct guest *guest)
{
    unsigned long ring_ref, port, limit;
    char *type;
    bool ours;

    if ( guest->dead || !read_number(daemon, guest, "ring-ref", &ring_ref) ||
         !read_number(daemon, guest, "port", &port) )
        return;

    /* Device models serve some consoles themselves. */
    type = read_node(daemon, guest, "type");
    ours = !type || !strcmp(type, "xenconsoled");
    free(type);
    if ( !ours )
        return;

    if ( guest->ring && guest->remote_port == port )
        return;

    guest_unmap(daemon, guest);
    if ( !map_ring(daemon, guest, port) )
        return;

    guest->out.limit = DEFAULT_LIMIT;
    if ( read_number(daemon, guest, "limit", &limit) )
        guest->out.limit = limit;

    open_log(daemon, guest);
    if ( guest->tty.master < 0 && tty_open(&guest->tty) )
        write_tty_name(daemon, guest);

    /* The guest may have spoken before we listened. */
    guest_take_output(daemon, guest);
}
