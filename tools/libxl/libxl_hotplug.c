/* SPDX-License-Identifier: MIT */
/* Hotplug scripts: what connects a backend to the world of Dom0. */

/*
 * The contract is that of Xen's scripts: called with XENBUS_PATH and friends in
 * the environment and "add"/"remove" (block) or "online"/"offline" (vif) as
 * argument, a script writes physical-device (block) and hotplug-status into the
 * backend's node. It has failed if it exits nonzero, or leaves "error" there.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libxl_internal.h"

#define SCRIPT_SECONDS 40

char *libxl__script_path(const char *script)
{
    if ( script[0] == '/' )
        return libxl__strdup(script);
    return libxl__asprintf("%s/%s", XEN_SCRIPT_DIR, script);
}

static void set_environment(const struct libxl__device *dev, const char *script)
{
    char vif[32];

    setenv("script", script, 1);
    setenv("XENBUS_TYPE", dev->kind, 1);
    setenv("XENBUS_PATH", libxl__device_backend(dev).s, 1);
    setenv("XENBUS_BASE_PATH", "backend", 1);
    if ( !strcmp(dev->kind, "vif") )
    {
        snprintf(vif, sizeof(vif), "vif%u.%d", dev->domid, dev->devid);
        setenv("vif", vif, 1);
    }
}

static int run(libxl_ctx *ctx, const struct libxl__device *dev,
               const char *script, const char *action)
{
    bool vif = !strcmp(dev->kind, "vif");
    int status, null;
    pid_t pid = fork();

    if ( pid < 0 )
    {
        LOGED(ctx, ERROR, dev->domid, "cannot fork for %s", script);
        return ERROR_FAIL;
    }
    if ( !pid )
    {
        null = open("/dev/null", O_RDONLY);
        if ( null >= 0 )
            dup2(null, STDIN_FILENO);
        set_environment(dev, script);
        /* A script that hangs must not hang us: the alarm survives exec. */
        alarm(SCRIPT_SECONDS);
        execl(script, script, action, vif ? "type_if=vif" : (char *)NULL,
              (char *)NULL);
        _exit(127);
    }

    while ( waitpid(pid, &status, 0) < 0 )
        if ( errno != EINTR )
            return ERROR_FAIL;
    if ( WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM )
        LOGD(ctx, ERROR, dev->domid,
             "hotplug script %s %s took over %d seconds", script, action,
             SCRIPT_SECONDS);
    else if ( WIFEXITED(status) && WEXITSTATUS(status) == 127 )
        LOGD(ctx, ERROR, dev->domid, "cannot execute hotplug script %s",
             script);
    else if ( status )
        LOGD(ctx, ERROR, dev->domid, "hotplug script %s %s failed", script,
             action);
    return status ? ERROR_FAIL : 0;
}

int libxl__hotplug(libxl_ctx *ctx, const struct libxl__device *dev,
                   const char *script, const char *action)
{
    struct libxl__path back = libxl__device_backend(dev);
    int rc = run(ctx, dev, script, action);
    char *error = libxl__xs_read(ctx, path("%.200s/hotplug-error", back.s));

    if ( error )
    {
        LOGD(ctx, ERROR, dev->domid, "%s %d: %s", dev->kind, dev->devid, error);
        rc = ERROR_FAIL;
    }
    free(error);
    return rc;
}
