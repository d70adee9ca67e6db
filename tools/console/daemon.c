/* SPDX-License-Identifier: MIT */
/* xenconsoled: guests' consoles as terminals and logs. */

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "daemon.h"
#include "daemonize.h"

#define DEFAULT_LOG_DIR  "/var/log/xen/console"
#define DEFAULT_PID_FILE "/run/xenconsoled.pid"

#define DOMAINS_TOKEN    "domains"

/* So many of the descriptors that are ready are served in a round. */
#define MAX_READY 64

static const struct option long_options[] = {
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { "verbose", no_argument, NULL, 'v' },
    { "interactive", no_argument, NULL, 'i' },
    { "log", required_argument, NULL, 'l' },
    { "log-dir", required_argument, NULL, 'r' },
    { "pid-file", required_argument, NULL, 'p' },
    { "timestamp", required_argument, NULL, 't' },
    { "overflow-data", required_argument, NULL, 'o' },
    { "replace-escape", no_argument, NULL, 'e' },
    { 0 },
};

static void usage(void)
{
    printf("Usage: xenconsoled [options]\n"
           "  --log=none|guest|hv|all        what is logged\n"
           "  --log-dir=DIR                  where (" DEFAULT_LOG_DIR ")\n"
           "  --timestamp=none|guest|hv|all  logs with times\n"
           "  --overflow-data=discard|keep   what gives way when nobody reads\n"
           "  --replace-escape               no escape characters in logs\n"
           "  --pid-file=FILE                (" DEFAULT_PID_FILE ")\n"
           "  -i, --interactive              stay in the foreground\n"
           "  -v, --verbose                  log to standard error as well\n");
}

int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static bool parse_choice(const char *text, bool *guest, bool *hv)
{
    static const struct
    {
        const char *name;
        bool guest, hv;
    } choices[] = {
        { "none", false, false },
        { "guest", true, false },
        { "hv", false, true },
        { "all", true, true },
    };

    for ( unsigned int i = 0; i < sizeof(choices) / sizeof(choices[0]); i++ )
        if ( !strcmp(text, choices[i].name) )
        {
            *guest = choices[i].guest;
            *hv = choices[i].hv;
            return true;
        }

    fprintf(stderr, "xenconsoled: %s is not none, guest, hv or all\n", text);
    return false;
}

static bool parse_overflow(const char *text, struct options *options)
{
    options->keep_overflow = !strcmp(text, "keep");
    if ( options->keep_overflow || !strcmp(text, "discard") )
        return true;

    fprintf(stderr, "xenconsoled: %s is not discard or keep\n", text);
    return false;
}

static bool failed(const char *what)
{
    fprintf(stderr, "xenconsoled: cannot open %s: %m\n", what);
    return false;
}

static bool open_all(struct daemon *daemon)
{
    daemon->xc = xc_interface_open(NULL, NULL, 0);
    if ( !daemon->xc )
        return failed("the hypervisor control interface");
    daemon->evtchn = xenevtchn_open(NULL, 0);
    if ( !daemon->evtchn )
        return failed("the event channel device");
    daemon->gnttab = xengnttab_open(NULL, 0);
    if ( !daemon->gnttab )
        return failed("the grant table device");
    daemon->xs = xs_open(0);
    if ( !daemon->xs )
        return failed("the connection to xenstored");

    if ( !xs_watch(daemon->xs, "@introduceDomain", DOMAINS_TOKEN) ||
         !xs_watch(daemon->xs, "@releaseDomain", DOMAINS_TOKEN) )
        return failed("watches for domains");

    return true;
}

static void serve_xenstore(struct daemon *daemon)
{
    char **event;

    while ( (event = xs_check_watch(daemon->xs)) )
    {
        if ( !guests_watch_event(daemon, event[XS_WATCH_TOKEN]) )
            guests_update(daemon);
        free(event);
    }
}

static void serve_evtchn(struct daemon *daemon)
{
    int port = xenevtchn_pending(daemon->evtchn);

    if ( port >= 0 && !guests_port_event(daemon, port) )
        hvlog_port_event(daemon, port);
}

/* False: asked to stop. */
static bool serve_signal(struct daemon *daemon, int fd)
{
    struct signalfd_siginfo info;

    if ( read(fd, &info, sizeof(info)) != sizeof(info) )
        return true;
    if ( info.ssi_signo != SIGHUP )
        return false;

    guests_reopen_logs(daemon);
    hvlog_reopen();

    return true;
}

/* What the daemon waits for besides guests. */
struct source
{
    int fd;
    /* 1: go on, 0: asked to stop, negative: an error. */
    int (*serve)(struct daemon *daemon, int fd);
};

#define NR_SOURCES 3

static int xenstore_ready(struct daemon *daemon, int fd)
{
    serve_xenstore(daemon);
    if ( errno == EAGAIN )
        return 1;
    syslog(LOG_ERR, "lost the connection to xenstored: %m");
    return -EIO;
}

static int evtchn_ready(struct daemon *daemon, int fd)
{
    serve_evtchn(daemon);
    return 1;
}

static int signal_ready(struct daemon *daemon, int fd)
{
    return serve_signal(daemon, fd);
}

/* Serve what is ready: as struct source's serve() returns. */
static int serve_ready(struct daemon *daemon, const struct epoll_event *ready,
                       int nr, const struct source *sources)
{
    int rc = 1;

    for ( int i = 0; i < nr && rc == 1; i++ )
    {
        uint64_t id = ready[i].data.u64;

        /* No guest is at an address that low. */
        if ( id < NR_SOURCES )
            rc = sources[id].serve(daemon, sources[id].fd);
        else
            guest_serve(daemon, ready[i].data.ptr, ready[i].events);
    }

    return rc;
}

static int run(struct daemon *daemon, int signal_fd)
{
    const struct source sources[NR_SOURCES] = {
        { signal_fd, signal_ready },
        { xs_fileno(daemon->xs), xenstore_ready },
        { xenevtchn_fd(daemon->evtchn), evtchn_ready },
    };
    struct epoll_event ready[MAX_READY];
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC), nr, rc = 1;

    for ( unsigned int i = 0; i < NR_SOURCES; i++ )
    {
        struct epoll_event event = { .events = EPOLLIN, .data.u64 = i };

        if ( epoll_ctl(epoll_fd, EPOLL_CTL_ADD, sources[i].fd, &event) )
            return -errno;
    }

    while ( rc == 1 )
    {
        guests_run_timers(daemon);
        guests_poll(daemon, epoll_fd);
        nr = epoll_wait(epoll_fd, ready, MAX_READY, guests_timeout(daemon));
        if ( nr >= 0 )
            rc = serve_ready(daemon, ready, nr, sources);
        else if ( errno != EINTR )
            rc = -errno;
    }
    close(epoll_fd);

    return rc;
}

static bool parse_options(struct options *options, int argc, char **argv,
                          const char **pid_file, bool *foreground,
                          bool *verbose)
{
    int opt;

    while ( (opt = getopt_long(argc, argv, "hVvit:l:r:p:o:e", long_options,
                               NULL)) != -1 )
        switch ( opt )
        {
        case 'h':
            usage();
            exit(0);
        case 'V':
            printf("xenconsoled (Nidus)\n");
            exit(0);
        case 'v':
            *verbose = true;
            break;
        case 'i':
            *foreground = true;
            break;
        case 'l':
            if ( !parse_choice(optarg, &options->log_guest, &options->log_hv) )
                return false;
            break;
        case 't':
            if ( !parse_choice(optarg, &options->time_guest,
                               &options->time_hv) )
                return false;
            break;
        case 'r':
            options->log_dir = optarg;
            break;
        case 'p':
            *pid_file = optarg;
            break;
        case 'o':
            if ( !parse_overflow(optarg, options) )
                return false;
            break;
        case 'e':
            options->replace_escape = true;
            break;
        default:
            return false;
        }

    return true;
}

int main(int argc, char **argv)
{
    struct daemon daemon = { .options.log_dir = DEFAULT_LOG_DIR };
    const char *pid_file = DEFAULT_PID_FILE;
    bool foreground = false, verbose = false;
    int ready_fd = -1, signal_fd, rc;

    if ( !parse_options(&daemon.options, argc, argv, &pid_file, &foreground,
                        &verbose) )
        return 2;

    if ( !foreground )
    {
        ready_fd = daemon_fork();
        if ( ready_fd < 0 )
            return 1;
    }
    openlog("xenconsoled", verbose ? LOG_PERROR : 0, LOG_DAEMON);

    if ( daemon_pid_file("xenconsoled", pid_file) < 0 )
        return 1;
    signal_fd = daemon_signals((const int[]){ SIGHUP, 0 });
    if ( !open_all(&daemon) )
        return 1;
    if ( daemon.options.log_hv && hvlog_open(&daemon) )
        fprintf(stderr, "xenconsoled: no log of the hypervisor's console\n");

    if ( ready_fd >= 0 )
        daemon_ready(ready_fd);

    rc = run(&daemon, signal_fd);
    unlink(pid_file);

    return rc ? 1 : 0;
}
