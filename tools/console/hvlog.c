/* SPDX-License-Identifier: MIT */
/* The hypervisor's own console into a file. */

#include <errno.h>
#include <stdio.h>
#include <syslog.h>

#include <xen/xen.h>

#include "daemon.h"
#include "logfile.h"

#define CHUNK 4096

static struct logfile hv_log;
static int hv_port = -1;
/* How far the console ring has been read. */
static uint32_t ring_index;

static void copy_new(struct daemon *daemon)
{
    char buf[CHUNK];
    unsigned int len;

    do
    {
        len = sizeof(buf);
        if ( xc_readconsolering(daemon->xc, buf, &len, 0, 1, &ring_index) )
        {
            syslog(LOG_ERR, "cannot read the hypervisor's console: %m");
            return;
        }
        logfile_write(&hv_log, buf, len);
    } while ( len );
}

int hvlog_open(struct daemon *daemon)
{
    char *path;

    logfile_init(&hv_log);
    hv_log.replace_escape = daemon->options.replace_escape;
    if ( asprintf(&path, "%s/hypervisor.log", daemon->options.log_dir) < 0 ||
         !logfile_open(&hv_log, path, daemon->options.time_hv) )
        return -1;

    hv_port = xenevtchn_bind_virq(daemon->evtchn, VIRQ_CON_RING);
    if ( hv_port < 0 )
    {
        syslog(LOG_ERR, "cannot bind the console ring's interrupt: %m");
        return -1;
    }

    copy_new(daemon);
    return 0;
}

bool hvlog_port_event(struct daemon *daemon, int port)
{
    if ( port != hv_port )
        return false;

    copy_new(daemon);
    xenevtchn_unmask(daemon->evtchn, port);

    return true;
}

void hvlog_reopen(void)
{
    logfile_reopen(&hv_log);
}
