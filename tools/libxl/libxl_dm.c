/* SPDX-License-Identifier: MIT */
/* QEMU, as what serves devices that Dom0's kernel has no back end for. */

/*
 * A domain with such devices has a process of QEMU's machine "xenpv", which
 * emulates nothing: it looks for its domain's back-end nodes in XenStore,
 * serves them, and says in device-model/DOMID/state when it is ready. It is
 * nobody's child, since it lives as long as the domain; its pid stands in
 * XenStore where Xen's libxl has it, so that either toolstack can end a domain
 * of the other's.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libxl_internal.h"

#define QEMU_PACKAGE  "qemu-system-xen"
#define LOG_DIR       "/var/log/xen"
#define RUN_DIR       "/run/xen"
#define START_SECONDS 60
#define STOP_SECONDS  10

/* Its sockets for QMP: what Xen's tools talk to. */
static const char *const sockets[] = { "libxl", "libxenstat" };

static struct libxl__path socket_path(const char *name, uint32_t domid)
{
    return path(RUN_DIR "/qmp-%s-%u", name, domid);
}

static struct libxl__path dm_node(uint32_t domid)
{
    return path("/local/domain/%u/device-model/%u", LIBXL__TOOLSTACK_DOMID,
                domid);
}

static struct libxl__path pid_node(uint32_t domid)
{
    return path("/local/domain/%u/image/device-model-pid", domid);
}

int libxl__dm_check(libxl_ctx *ctx)
{
    if ( !access(XEN_QEMU_PATH, X_OK) )
        return 0;
    LOG(ctx, ERROR, "cannot execute %s (%s): is the package %s installed?",
        XEN_QEMU_PATH, strerror(errno), QEMU_PACKAGE);
    return ERROR_INVAL;
}

/* --- the process --- */

/* Does not return. */
static void become_qemu(int log, uint32_t domid, uint64_t memory_kb)
{
    char id[16], memory[24], chardevs[ARRAY_SIZE(sockets)][160];
    char monitors[ARRAY_SIZE(sockets)][64];
    const char *argv[24];
    unsigned int argc = 0;
    size_t i;
    int null = open("/dev/null", O_RDONLY);

    snprintf(id, sizeof(id), "%u", domid);
    snprintf(memory, sizeof(memory), "%llu",
             (unsigned long long)memory_kb >> 10);
    argv[argc++] = XEN_QEMU_PATH;
    argv[argc++] = "-xen-domid";
    argv[argc++] = id;
    argv[argc++] = "-no-shutdown";
    for ( i = 0; i < ARRAY_SIZE(sockets); i++ )
    {
        snprintf(chardevs[i], sizeof(chardevs[i]),
                 "socket,id=%s-cmd,path=%.80s,server=on,wait=off", sockets[i],
                 socket_path(sockets[i], domid).s);
        snprintf(monitors[i], sizeof(monitors[i]),
                 "chardev=%s-cmd,mode=control", sockets[i]);
        argv[argc++] = "-chardev";
        argv[argc++] = chardevs[i];
        argv[argc++] = "-mon";
        argv[argc++] = monitors[i];
    }
    argv[argc++] = "-nodefaults";
    argv[argc++] = "-no-user-config";
    argv[argc++] = "-xen-attach";
    argv[argc++] = "-display";
    argv[argc++] = "none";
    argv[argc++] = "-machine";
    argv[argc++] = "xenpv";
    argv[argc++] = "-m";
    argv[argc++] = memory;
    argv[argc] = NULL;

    if ( null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
         dup2(log, STDOUT_FILENO) >= 0 && dup2(log, STDERR_FILENO) >= 0 )
    {
        /* Whoever called us may have left files open, or signals ignored. */
        close_range(STDERR_FILENO + 1, ~0u, 0);
        signal(SIGPIPE, SIG_DFL);
        execv(XEN_QEMU_PATH, (char **)argv);
        perror(XEN_QEMU_PATH);
    }
    _exit(127);
}

/* Its pid, or -1 with errno set. It is not our child. */
static pid_t spawn_qemu(int log, uint32_t domid, uint64_t memory_kb)
{
    pid_t between, pid = -1;
    int fds[2], status;

    if ( pipe2(fds, O_CLOEXEC) )
        return -1;
    between = fork();
    if ( !between )
    {
        /* What the terminal tells us is not for QEMU. */
        setsid();
        pid = fork();
        if ( !pid )
            become_qemu(log, domid, memory_kb);
        _exit(write(fds[1], &pid, sizeof(pid)) != sizeof(pid));
    }
    close(fds[1]);
    if ( between > 0 )
    {
        while ( read(fds[0], &pid, sizeof(pid)) < 0 && errno == EINTR )
            ;
        while ( waitpid(between, &status, 0) < 0 && errno == EINTR )
            ;
    }
    close(fds[0]);
    return pid;
}

static bool has_ended(int pidfd, int milliseconds)
{
    struct pollfd pfd = { .fd = pidfd, .events = POLLIN };

    return poll(&pfd, 1, milliseconds) > 0;
}

/* --- start --- */

static int is_running(libxl_ctx *ctx, const char *node, void *opaque)
{
    char *state = libxl__xs_read(ctx, path("%s", node));
    bool running = state && !strcmp(state, "running");

    free(state);
    if ( running )
        return 1;
    return has_ended(*(int *)opaque, 0) ? ERROR_FAIL : 0;
}

static int wait_until_running(libxl_ctx *ctx, uint32_t domid, pid_t pid,
                              const char *log_name)
{
    struct libxl__path state = path("%.200s/state", dm_node(domid).s);
    int pidfd = pidfd_open(pid, 0), rc = ERROR_FAIL;

    /* One that ended before that is not there any more. */
    if ( pidfd >= 0 )
    {
        rc = libxl__xs_wait_or(ctx, state.s, pidfd, START_SECONDS, is_running,
                               &pidfd);
        close(pidfd);
    }
    if ( rc && rc != ERROR_ABORTED )
        LOGD(ctx, ERROR, domid, "QEMU %s: see %s",
             rc == ERROR_TIMEDOUT ? "does not become ready" : "has ended",
             log_name);
    return rc;
}

int libxl__dm_start(libxl_ctx *ctx, uint32_t domid, const char *name,
                    uint64_t memory_kb)
{
    struct libxl__perms ro = libxl__perms_readable(domid);
    char *log_name = libxl__asprintf(LOG_DIR "/qemu-dm-%s.log", name);
    struct libxl__batch b = { 0 };
    int log, rc = ERROR_FAIL;
    pid_t pid = -1;

    /* What an earlier domain of this number left would say "running". */
    if ( libxl__xs_rm(ctx, dm_node(domid)) )
        goto out;
    (void)mkdir(LOG_DIR, 0755);
    (void)mkdir(RUN_DIR, 0755);
    log = open(log_name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if ( log < 0 )
    {
        LOGED(ctx, ERROR, domid, "cannot write %s", log_name);
        goto out;
    }
    pid = spawn_qemu(log, domid, memory_kb);
    close(log);
    if ( pid < 0 )
    {
        LOGED(ctx, ERROR, domid, "cannot fork for QEMU");
        goto out;
    }
    libxl__batch_write(&b, ro, pid_node(domid), "%ld", (long)pid);
    libxl__batch_write(&b, libxl__perms_private(),
                       path("/libxl/%u/dm-version", domid), "qemu_xen");
    rc = libxl__batch_commit(ctx, &b);
    if ( rc ) /* who destroys the domain would not find it */
        kill(pid, SIGKILL);
    else
        rc = wait_until_running(ctx, domid, pid, log_name);
out:
    free(log_name);
    return rc;
}

/* --- end --- */

/* The pid may be that of another process by now: has this one "-xen-domid D"?
 */
static bool is_dm_of(pid_t pid, uint32_t domid)
{
    char text[4096 + 1], want[48];
    size_t size = 0, len;
    FILE *f = fopen(path("/proc/%ld/cmdline", (long)pid).s, "re");

    if ( f )
    {
        size = fread(text, 1, sizeof(text) - 1, f);
        fclose(f);
    }
    text[size] = '\0';
    len = snprintf(want, sizeof(want), "-xen-domid%c%u", '\0', domid) + 1;
    return memmem(text, size, want, len);
}

void libxl__dm_stop(libxl_ctx *ctx, uint32_t domid)
{
    long long pid = libxl__xs_read_number(ctx, pid_node(domid));
    int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
    size_t i;

    if ( pid <= 0 )
        return;
    if ( pidfd >= 0 )
    {
        if ( is_dm_of(pid, domid) &&
             !pidfd_send_signal(pidfd, SIGHUP, NULL, 0) &&
             !has_ended(pidfd, STOP_SECONDS * 1000) )
        {
            LOGD(ctx, WARN, domid, "QEMU does not end: it is killed");
            (void)pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
            (void)has_ended(pidfd, STOP_SECONDS * 1000);
        }
        close(pidfd);
    }
    for ( i = 0; i < ARRAY_SIZE(sockets); i++ )
        (void)unlink(socket_path(sockets[i], domid).s);
    (void)libxl__xs_rm(ctx, dm_node(domid));
}
