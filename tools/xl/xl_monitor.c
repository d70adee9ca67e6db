/* SPDX-License-Identifier: MIT */
/* Start a domain that was made, and see to its end. */

/*
 * After the start xl lives on in the background for as long as the domain
 * does, because somebody has to act on on_poweroff, on_reboot and on_crash.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "xl.h"

#define LOG_DIR  "/var/log/xen"
#define DUMP_DIR "/var/lib/xen/dump"

/* --- the console --- */

/* Start the console program; it says by a byte that it is connected. */
static pid_t start_console(uint32_t domid)
{
    int fds[2];
    pid_t pid;
    char byte;

    if ( pipe(fds) )
    {
        perror("xl: pipe");
        return -1;
    }
    pid = fork();
    if ( pid < 0 )
        perror("xl: fork");
    else if ( !pid )
    {
        close(fds[0]);
        (void)libxl_console_exec(ctx, domid, 0, fds[1], NULL);
        _exit(EXIT_FAILURE);
    }
    close(fds[1]);
    while ( pid > 0 && read(fds[0], &byte, 1) < 0 && errno == EINTR )
        ;
    close(fds[0]);
    return pid;
}

static void wait_console(pid_t pid)
{
    int status;

    while ( pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR )
        ;
}

/* --- the background --- */

static void redirect_to_log(const char *name)
{
    char log[PATH_MAX];
    int fd;

    (void)mkdir(LOG_DIR, 0755);
    snprintf(log, sizeof(log), "%s/xl-%s.log", LOG_DIR, name);
    fd = open("/dev/null", O_RDONLY);
    if ( fd >= 0 )
        dup2(fd, STDIN_FILENO);
    fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    if ( fd < 0 )
        fd = open("/dev/null", O_WRONLY);
    if ( fd >= 0 )
    {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    if ( fd > STDERR_FILENO )
        close(fd);
}

/* > 0: we are the parent. 0: we are in the background now. */
pid_t into_background(const char *name)
{
    pid_t pid = fork();

    if ( pid < 0 )
        perror("xl: fork");
    if ( pid )
        return pid;
    setsid();
    signal(SIGPIPE, SIG_IGN);
    redirect_to_log(name);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if ( libxl_ctx_postfork(ctx) )
        _exit(EXIT_FAILURE);
    return 0;
}

/* --- the end of a domain --- */

static libxl_action_on_shutdown action_for(const libxl_domain_config *config,
                                           unsigned int reason)
{
    switch ( reason )
    {
    case SHUTDOWN_poweroff:
        return config->on_poweroff;
    case SHUTDOWN_reboot:
        return config->on_reboot;
    case SHUTDOWN_suspend:
        return LIBXL_ACTION_ON_SHUTDOWN_PRESERVE;
    case SHUTDOWN_crash:
        return config->on_crash;
    case SHUTDOWN_watchdog:
        return config->on_watchdog;
    case SHUTDOWN_soft_reset:
        return config->on_soft_reset;
    default:
        return LIBXL_ACTION_ON_SHUTDOWN_DESTROY;
    }
}

static int preserve(uint32_t domid, libxl_domain_config *config)
{
    char uuid[UUID_STR_LEN], *name;
    xen_domain_handle_t handle;
    uuid_t fresh;
    int n, rc;

    /* The old one keeps its memory but neither name nor uuid. */
    uuid_generate(fresh);
    uuid_unparse_lower(fresh, uuid);
    memcpy(handle, fresh, sizeof(handle));
    n = asprintf(&name, "%s-%s", config->c_info.name, uuid);
    if ( n < 0 )
        return ERROR_NOMEM;
    rc = libxl_domain_rename(ctx, domid, name);
    free(name);
    if ( !rc && xc_domain_sethandle(libxl_ctx_xch(ctx), domid, handle) )
        rc = ERROR_FAIL;
    return rc;
}

static void dump_core(uint32_t domid, const char *name)
{
    char file[PATH_MAX];

    (void)mkdir(DUMP_DIR, 0700);
    snprintf(file, sizeof(file), DUMP_DIR "/%s", name);
    printf("Dumping the core of domain %u to %s\n", domid, file);
    (void)libxl_domain_core_dump(ctx, domid, file);
}

/* Act on the end of the domain: 1 if it is to be started again. */
static int act_on_end(uint32_t domid, libxl_domain_config *config,
                      unsigned int reason)
{
    libxl_action_on_shutdown action = action_for(config, reason);
    bool again;

    printf("Domain %u has shut down, reason code %u 0x%x\n", domid, reason,
           reason);
    printf("Action for shutdown reason code %u is %s\n", reason,
           libxl_action_on_shutdown_to_string(action));
    switch ( action )
    {
    case LIBXL_ACTION_ON_SHUTDOWN_PRESERVE:
        return 0;
    case LIBXL_ACTION_ON_SHUTDOWN_RESTART_RENAME:
        return preserve(domid, config) ? 0 : 1;
    case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_DESTROY:
    case LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART:
        dump_core(domid, config->c_info.name);
        break;
    case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
        printf("Soft reset is not supported: the domain is destroyed\n");
        break;
    default:
        break;
    }
    again = action == LIBXL_ACTION_ON_SHUTDOWN_RESTART ||
            action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART;
    if ( again )
        (void)load_updated_config(domid, config);
    printf("Domain %u needs to be cleaned up: destroying the domain\n", domid);
    (void)libxl_domain_destroy(ctx, domid);
    return again;
}

int see_to_end(uint32_t domid, libxl_domain_config *config)
{
    libxl_event_type type;
    unsigned int reason = 0;
    int rc;

    for ( ;; )
    {
        printf("Waiting for domain %s (domid %u) to die [pid %ld]\n",
               config->c_info.name, domid, (long)getpid());
        rc = libxl_wait_domain_end(ctx, domid, &type, &reason);
        if ( rc )
            return EXIT_FAILURE;
        if ( type == LIBXL_EVENT_DOMAIN_DEATH )
        {
            printf("Domain %u has been destroyed.\n", domid);
            return EXIT_SUCCESS;
        }
        if ( !act_on_end(domid, config, reason) )
            return EXIT_SUCCESS;

        printf("Restarting domain \"%s\"\n", config->c_info.name);
        rc = libxl_domain_create_new(ctx, config, &domid);
        if ( !rc )
            rc = libxl_domain_unpause(ctx, domid);
        if ( rc )
        {
            printf("Failed to restart\n");
            return EXIT_FAILURE;
        }
    }
}

/* --- the start --- */

static void interrupted(int signo)
{
    libxl_abort(ctx);
}

/* A domain is created as a whole or not at all, whatever key is pressed. */
void catch_signals(bool catch)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = catch ? interrupted : SIG_DFL };
    size_t i;

    for ( i = 0; i < sizeof(signals) / sizeof(signals[0]); i++ )
        sigaction(signals[i], &action, NULL);
}

int start_domain(uint32_t domid, libxl_domain_config *config,
                 const struct start_options *o)
{
    pid_t console = -1, background;
    int rc = 0;

    if ( o->console )
        console = start_console(domid);
    if ( !o->paused )
        rc = libxl_domain_unpause(ctx, domid);
    if ( rc )
    {
        (void)libxl_domain_destroy(ctx, domid);
        wait_console(console);
        return EXIT_FAILURE;
    }

    if ( !o->no_wait && !o->foreground )
    {
        fflush(NULL);
        background = into_background(config->c_info.name);
        if ( !background )
            _exit(see_to_end(domid, config));
    }
    else if ( o->foreground )
        rc = see_to_end(domid, config);
    wait_console(console);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}
