/* SPDX-License-Identifier: MIT */
/* The PV console of a domain: its nodes, and the program that shows it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libxl_internal.h"

/* How many bytes the daemon keeps while nobody reads them. */
#define CONSOLE_LIMIT 1048576

static const char *const console_programs[] = {
    XEN_LIBEXEC_BIN "/xenconsole",
    "/usr/lib/xen-4.17/bin/xenconsole",
};

int libxl__console_add(libxl_ctx *ctx, uint32_t domid, uint32_t port,
                       xen_pfn_t gfn)
{
    struct libxl__device dev = { domid, LIBXL__TOOLSTACK_DOMID, "console", 0 };
    struct libxl__batch b = { 0 };

    libxl__device_begin(&b, &dev);
    libxl__device_back(&b, &dev, "protocol", "vt100");
    libxl__device_front(&b, &dev, "limit", "%d", CONSOLE_LIMIT);
    libxl__device_front(&b, &dev, "type", "xenconsoled");
    libxl__device_front(&b, &dev, "output", "pty");
    libxl__device_front(&b, &dev, "tty", "%s", "");
    libxl__device_front(&b, &dev, "port", "%u", port);
    libxl__device_front(&b, &dev, "ring-ref", "%lu", (unsigned long)gfn);
    return libxl__batch_commit(ctx, &b);
}

int libxl_console_exec(libxl_ctx *ctx, uint32_t domid, int cons_num,
                       int notify_fd, const char *escape)
{
    char dom[16], num[16], fd[16];
    char *argv[12];
    int argc = 0;
    size_t i;

    snprintf(dom, sizeof(dom), "%u", domid);
    snprintf(num, sizeof(num), "%d", cons_num);
    snprintf(fd, sizeof(fd), "%d", notify_fd);
    argv[argc++] = (char *)"xenconsole";
    argv[argc++] = dom;
    argv[argc++] = (char *)"--num";
    argv[argc++] = num;
    argv[argc++] = (char *)"--type";
    argv[argc++] = (char *)"pv";
    if ( notify_fd >= 0 )
    {
        argv[argc++] = (char *)"--start-notify-fd";
        argv[argc++] = fd;
    }
    if ( escape )
    {
        argv[argc++] = (char *)"--escape";
        argv[argc++] = (char *)escape;
    }
    argv[argc] = NULL;

    for ( i = 0; i < ARRAY_SIZE(console_programs); i++ )
        execv(console_programs[i], argv);
    execvp("xenconsole", argv);
    LOGED(ctx, ERROR, domid, "cannot execute %s", console_programs[0]);
    return ERROR_FAIL;
}
