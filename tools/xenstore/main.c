/* SPDX-License-Identifier: MIT */
/* xenstored: the daemon that keeps the store. */

/*
 * One process, one thread, no state on disk: the store lives as long as the
 * daemon, and the daemon as long as the host, as clients keep watches and
 * domains their rings with it.
 *
 *   wire.c        requests by a table; request-*.c and control.c handle them
 *   nodes.c       what they do to nodes: permissions, quotas, events
 *   nodes-upkeep.c what becomes of a dead domain's nodes, repairs
 *   txn.c         through views: the store or a transaction's copy of it
 *   tree.c        the nodes; perms.c, quota.c, watch.c what goes with them
 *   conn.c        clients, over a transport: socket.c or domain.c with ring.c
 *   hv-xen.c      the one file that talks to the hypervisor
 *   loop.c        who is served when
 */

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "daemonize.h"
#include "domain.h"
#include "hv.h"
#include "loop.h"
#include "socket.h"
#include "wire.h"

struct options
{
    bool foreground;
    bool no_domains; /* sockets only, no hypervisor */
    bool trace;
    const char *pid_file;
    unsigned int priv_domid;
};

enum
{
    OPTION_SOCKET_ONLY = 0x100,
    OPTION_IGNORED,
    OPTION_IGNORED_ARG,
};

static const struct option long_options[] = {
    { "no-fork", no_argument, NULL, 'N' },
    { "pid-file", required_argument, NULL, 'F' },
    { "entry-nb", required_argument, NULL, 'E' },
    { "entry-size", required_argument, NULL, 'S' },
    { "watch-nb", required_argument, NULL, 'W' },
    { "transaction", required_argument, NULL, 't' },
    { "perm-nb", required_argument, NULL, 'A' },
    { "path-max", required_argument, NULL, 'M' },
    { "quota", required_argument, NULL, 'Q' },
    { "quota-soft", required_argument, NULL, 'q' },
    { "priv-domid", required_argument, NULL, 'p' },
    { "verbose", no_argument, NULL, 'V' },
    { "no-domain-init", no_argument, NULL, 'D' },
    { "socket-only", no_argument, NULL, OPTION_SOCKET_ONLY },
    { "help", no_argument, NULL, 'H' },
    /* Of Xen's daemon, without a meaning for this one. */
    { "output-pid", no_argument, NULL, OPTION_IGNORED },
    { "no-recovery", no_argument, NULL, OPTION_IGNORED },
    { "internal-db", optional_argument, NULL, OPTION_IGNORED_ARG },
    { "preserve-local", no_argument, NULL, OPTION_IGNORED },
    { "keep-orphans", no_argument, NULL, OPTION_IGNORED },
    { "trace-file", required_argument, NULL, OPTION_IGNORED_ARG },
    { "timeout", required_argument, NULL, OPTION_IGNORED_ARG },
    { "event", required_argument, NULL, OPTION_IGNORED_ARG },
    { "master-domid", required_argument, NULL, OPTION_IGNORED_ARG },
    { 0 },
};

static void usage(void)
{
    printf("Usage: xenstored [options]\n"
           "  -N, --no-fork              stay in the foreground\n"
           "  -F, --pid-file FILE        write the process id there\n"
           "  -E, --entry-nb N           nodes per domain\n"
           "  -S, --entry-size N         bytes per node\n"
           "  -W, --watch-nb N           watches per domain\n"
           "  -t, --transaction N        transactions per domain\n"
           "  -A, --perm-nb N            permissions per node\n"
           "  -M, --path-max N           length of a path\n"
           "  -Q, --quota NAME=N         one of");
    for ( unsigned int i = 0; i < NR_QUOTAS; i++ )
        if ( i != QUOTA_MEMORY_SOFT )
            printf(" %s", quota_name[i]);
    printf("\n"
           "  -q, --quota-soft memory=N  warn beyond this\n"
           "  -p, --priv-domid ID        a domain that may do everything\n"
           "  -V, --verbose              log all requests\n"
           "      --socket-only          do without a hypervisor\n"
           "  -H, --help                 print this\n");
}

static bool set_quota_option(struct store *store, enum quota quota,
                             const char *text)
{
    uint64_t value;

    if ( quota == NR_QUOTAS || !parse_number(text, &value) ||
         value > INT32_MAX )
        return false;

    store->quotas.limit[quota] = value;
    return true;
}

static bool set_named_quota(struct store *store, char *text, bool soft)
{
    char *value = strchr(text, '=');
    enum quota quota;

    if ( !value )
        return false;
    *value++ = '\0';

    quota = quota_find(text);
    if ( soft )
        quota = quota == QUOTA_MEMORY ? QUOTA_MEMORY_SOFT : NR_QUOTAS;

    return set_quota_option(store, quota, value);
}

static bool parse_option(struct store *store, struct options *options, int opt)
{
    static const struct
    {
        int opt;
        enum quota quota;
    } quotas[] = {
        { 'E', QUOTA_NODES },   { 'S', QUOTA_NODE_SIZE },
        { 'W', QUOTA_WATCHES }, { 't', QUOTA_TRANSACTIONS },
        { 'A', QUOTA_PERMS },   { 'M', QUOTA_PATH_MAX },
    };

    for ( unsigned int i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++ )
        if ( quotas[i].opt == opt )
            return set_quota_option(store, quotas[i].quota, optarg);

    switch ( opt )
    {
    case 'N':
        options->foreground = true;
        return true;
    case 'F':
        options->pid_file = optarg;
        return true;
    case 'Q':
        return set_named_quota(store, optarg, false);
    case 'q':
        return set_named_quota(store, optarg, true);
    case 'p':
        return parse_domid(optarg, &options->priv_domid);
    case 'V':
        options->trace = true;
        return true;
    case 'D':
    case OPTION_SOCKET_ONLY:
        options->no_domains = true;
        return true;
    case OPTION_IGNORED:
    case OPTION_IGNORED_ARG:
        fprintf(stderr, "xenstored: option has no effect here, ignored\n");
        return true;
    default:
        return false;
    }
}

static void notify_systemd(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    static const char ready[] = "READY=1";
    int fd;

    if ( !path || strlen(path) >= sizeof(addr.sun_path) )
        return;

    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if ( fd < 0 )
        return;

    strcpy(addr.sun_path, path);
    /* An abstract address has a NUL where its name has an at sign. */
    if ( addr.sun_path[0] == '@' )
        addr.sun_path[0] = '\0';
    sendto(fd, ready, strlen(ready), MSG_NOSIGNAL, (struct sockaddr *)&addr,
           offsetof(struct sockaddr_un, sun_path) + strlen(path));
    close(fd);
}

static bool open_hypervisor(struct store *store)
{
    int port, rc = hv_open();

    if ( !rc )
    {
        port = hv_own_port();
        rc = port < 0 ? port : domain_introduce(store, 0, 0, port);
    }
    if ( rc )
        fprintf(stderr, "xenstored: cannot serve domains: %s\n", strerror(-rc));

    return !rc;
}

int main(int argc, char **argv)
{
    struct options options = { 0 };
    char default_pid_file[PATH_MAX];
    struct store store;
    int opt, ready_fd = -1, listener, stop_fd, rc;

    if ( !store_init(&store) )
        return 1;

    while ( (opt = getopt_long(argc, argv, "NF:E:S:W:t:A:M:Q:q:p:VDH",
                               long_options, NULL)) != -1 )
    {
        if ( opt == 'H' )
        {
            usage();
            return 0;
        }
        if ( !parse_option(&store, &options, opt) )
        {
            if ( opt != '?' )
                fprintf(stderr, "xenstored: bad value for option -%c: %s\n",
                        opt, optarg);
            return 2;
        }
    }
    store.trace = options.trace;
    store.priv_domid = options.priv_domid;

    if ( !options.foreground )
    {
        ready_fd = daemon_fork();
        if ( ready_fd < 0 )
            return 1;
    }
    openlog("xenstored", options.foreground ? LOG_PERROR : 0, LOG_DAEMON);

    mkdir(xs_daemon_rundir(), 0755);
    if ( !options.pid_file )
    {
        snprintf(default_pid_file, sizeof(default_pid_file), "%s/xenstored.pid",
                 xs_daemon_rundir());
        options.pid_file = default_pid_file;
    }
    if ( daemon_pid_file("xenstored", options.pid_file) < 0 )
        return 1;

    stop_fd = daemon_signals(&(int){ 0 });
    if ( !options.no_domains && !open_hypervisor(&store) )
        return 1;

    listener = socket_listen(xs_daemon_socket());
    if ( listener < 0 )
    {
        fprintf(stderr, "xenstored: %s: %s\n", xs_daemon_socket(),
                strerror(-listener));
        return 1;
    }

    if ( ready_fd >= 0 )
        daemon_ready(ready_fd);
    notify_systemd();

    rc = loop_run(&store, listener, stop_fd);
    unlink(xs_daemon_socket());
    unlink(options.pid_file);
    store_destroy(&store);

    return rc ? 1 : 0;
}
