/* SPDX-License-Identifier: MIT */
/* xl create: start a domain, show its console, see to its end. */

/*
 * After the start xl lives on in the background for as long as the domain
 * does, because somebody has to act on on_poweroff, on_reboot and on_crash.
 */

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cfg.h>

#include "xl.h"
#include "xl_cmds.h"

#define LOG_DIR "/var/log/xen"

struct create_options
{
    const char *file;
    bool paused, console, dry_run, quiet, foreground, no_wait;
    char **settings; /* more lines of configuration */
    int nr_settings;
};

/* ---- configuration
 * ----------------------------------------------------------- */

static struct cfg *read_config(const struct create_options *o)
{
    struct cfg *cfg = cfg_new(NULL, NULL);
    int i, rc = 0;

    if ( !cfg )
    {
        fprintf(stderr, "xl: out of memory\n");
        return NULL;
    }
    if ( o->file )
    {
        if ( !o->quiet )
            fprintf(stderr, "Parsing config from %s\n", o->file);
        rc = cfg_parse_file(cfg, o->file);
    }
    for ( i = 0; i < o->nr_settings && !rc; i++ )
        rc = cfg_parse(cfg, "command line", o->settings[i],
                       strlen(o->settings[i]));
    if ( rc )
    {
        fprintf(stderr, "Failed to parse config: no domain was created.\n");
        cfg_free(cfg);
        return NULL;
    }
    return cfg;
}

/* ---- the console
 * --------------------------------------------------------------- */

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

/* ---- the background
 * -------------------------------------------------------------- */

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
static pid_t into_background(const char *name)
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

/* ---- the end of a domain
 * ----------------------------------------------------------- */

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

/* Act on the end of the domain: 1 if it is to be started again. */
static int act_on_end(uint32_t domid, libxl_domain_config *config,
                      unsigned int reason)
{
    libxl_action_on_shutdown action = action_for(config, reason);

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
        printf("Core dumps are not supported: none is written\n");
        break;
    case LIBXL_ACTION_ON_SHUTDOWN_SOFT_RESET:
        printf("Soft reset is not supported: the domain is destroyed\n");
        break;
    default:
        break;
    }
    printf("Domain %u needs to be cleaned up: destroying the domain\n", domid);
    (void)libxl_domain_destroy(ctx, domid);
    return action == LIBXL_ACTION_ON_SHUTDOWN_RESTART ||
           action == LIBXL_ACTION_ON_SHUTDOWN_COREDUMP_RESTART;
}

static int see_to_end(uint32_t domid, libxl_domain_config *config)
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

/* ---- the command
 * ---------------------------------------------------------------------- */

static void interrupted(int signo)
{
    libxl_abort(ctx);
}

/* A domain is created as a whole or not at all, whatever key is pressed. */
static void set_handler(void (*handler)(int))
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action = { .sa_handler = handler };
    size_t i;

    for ( i = 0; i < sizeof(signals) / sizeof(signals[0]); i++ )
        sigaction(signals[i], &action, NULL);
}

static int start(const struct create_options *o, libxl_domain_config *config)
{
    pid_t console = -1, background;
    uint32_t domid;
    int rc;

    set_handler(interrupted);
    rc = libxl_domain_create_new(ctx, config, &domid);
    set_handler(SIG_DFL);
    if ( rc )
        return EXIT_FAILURE;
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

static int create(const struct create_options *o)
{
    struct cfg *cfg = read_config(o);
    libxl_domain_config config;
    int ret = EXIT_FAILURE;

    if ( !cfg )
        return EXIT_FAILURE;
    libxl_domain_config_init(&config);
    if ( !parse_domain_config(cfg, &config) )
        fprintf(stderr, "No domain was created.\n");
    else if ( o->dry_run )
    {
        print_config(-1, &config);
        ret = EXIT_SUCCESS;
    }
    else
    {
        need_context();
        apply_host_defaults(&config);
        ret = start(o, &config);
    }
    libxl_domain_config_dispose(&config);
    cfg_free(cfg);
    return ret;
}

int main_create(int argc, char **argv)
{
    static const struct option long_options[] = {
        { "defconfig", required_argument, NULL, 'f' },
        { "dryrun", no_argument, NULL, 'n' },
        { "quiet", no_argument, NULL, 'q' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    struct create_options o = { .dry_run = dryrun_only };
    int opt;

    while ( (opt = getopt_long(argc, argv, "hFf:npqced", long_options, NULL)) !=
            -1 )
        switch ( opt )
        {
        case 'f':
            o.file = optarg;
            break;
        case 'p':
            o.paused = true;
            break;
        case 'c':
            o.console = true;
            break;
        case 'n':
            o.dry_run = true;
            break;
        case 'q':
            o.quiet = true;
            break;
        case 'F':
            o.foreground = true;
            break;
        case 'e':
            o.no_wait = true;
            break;
        case 'd':
            break;
        case 'h':
            help(argv[0]);
            return EXIT_SUCCESS;
        default:
            fprintf(stderr, "option `%c' not supported.\n", optopt);
            return EXIT_FAILURE;
        }

    /* What has an equals sign is a setting; the rest is the file. */
    if ( optind < argc && !o.file && !strchr(argv[optind], '=') )
        o.file = argv[optind++];
    o.settings = argv + optind;
    o.nr_settings = argc - optind;
    if ( !o.file && !o.nr_settings )
    {
        fprintf(stderr, "'xl create' requires a configuration file.\n\n");
        help(argv[0]);
        return EXIT_FAILURE;
    }
    return create(&o);
}
